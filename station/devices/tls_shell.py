"""A board whose firmware has Zephyr's TLS credentials shell, ``cred`` (zephyr tls_credentials_shell.c).

Credentials go there as base64 of their text, in pieces that fit the shell's line, into a buffer; ``cred add`` stores
the buffer's text with a NUL behind it. A listing shows the SHA-256 of what is stored, in base64.
"""

import base64
import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.faults import (
    ALREADY_THERE,
    KEY_STORED_DIFFERENTLY,
    NO_ANSWER,
    ODD_REPLY,
    REFUSED,
    SHELL_BUFFER_SMALL,
    SHELL_COMMAND_MISSING,
    STORE_FULL,
    TEXT_UNSENDABLE,
)
from station.devices.modem import Modem, Timeouts
from station.devices.protocols import ShellIdentity
from station.devices.replies import Reply, VerdictKind
from station.devices.shell import Ends, Shell
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.domain.modem import CredentialType, ModemIdentity, Numbers, StoredCredential
from station.domain.secret import Secret
from station.host.clock import Stop

CHUNK: Final = 48
"""Characters of base64 in one line: a multiple of 4, and with its command below the 64 bytes of the shell's ring."""

_TYPES: Final[Mapping[CredentialType, str]] = MappingProxyType(
    {
        CredentialType.ROOT_CA: "CA",
        CredentialType.CLIENT_CERT: "SERV",
        CredentialType.CLIENT_KEY: "PK",
        CredentialType.PSK: "PSK",
        CredentialType.PSK_IDENTITY: "PSK_ID",
    }
)
_KINDS: Final[Mapping[str, CredentialType]] = MappingProxyType(
    {name: kind for kind, name in _TYPES.items()} | {"PK_PSA": CredentialType.CLIENT_KEY}
)
"""``PK_PSA`` is a key in the platform's own key store, of which the shell holds the number alone."""
_ROW: Final = re.compile(r"(\d{1,10}),([A-Z_]{2,20}),([A-Za-z0-9+/]{43}=|ERROR|N/A),(-?\d{1,10})")
_COUNT: Final = re.compile(r"(\d{1,6}) credentials found\.")
_CLEARED: Final = re.compile(r"Credential buffer cleared\.")
_ADDED: Final = re.compile(r"Added TLS credential of type [A-Z_]+, sectag (\d{1,10}), and length (\d{1,7}) bytes\.")
_NO_ROOM: Final = re.compile(r"Not enough room in credential buffer for provided data\..*")
_EXISTS: Final = re.compile(r"TLS credential with sectag \d+ and type [A-Z_]+ already exists\.")
_FULL: Final = re.compile(
    r"No reference slot available, cannot copy credential to heap\..*|Not enough heap for TLS credential of size \d+\."
    r"|Failed to add TLS credential with sectag \d+ and type [A-Z_]+\. Error: -(?:12|28)"
)
_FAILED: Final = re.compile(
    r"Failed to add TLS credential with sectag \d+ and type [A-Z_]+\. Error: (-?\d+)"
    r"|Could not decode input from base64, error: (-?\d+)|Please provide a credential to add\."
    r"|.* is not a valid (?:sectag|credential type|backend|storage format)\."
)
_REFUSED_ADD: Final = re.compile("|".join(f"(?:{one.pattern})" for one in (_EXISTS, _FULL, _FAILED)))
_DELETED: Final = re.compile(r"Deleted TLS credential with sectag \d+ and type [A-Z_]+\.")
_ABSENT: Final = re.compile(r"There is no TLS credential with sectag \d+ and type [A-Z_]+\.")
_NOT_DELETED: Final = re.compile(
    r"Deleting TLS credential with sectag \d+ and type [A-Z_]+ failed with error: (-?\d+)\."
)
_HARDWARE: Final = re.compile(r"ID: 0x([0-9A-Fa-f]{8,64})")
_SYSTEM: Final = re.compile(r"Zephyr version ([!-~]{1,60})")
_NUMBER: Final = re.compile(r"-?\d+(?=\D*\Z)")

OPTION: Final = "CONFIG_TLS_CREDENTIALS_SHELL"


class TlsShell:
    """One conversation on one open port; not thread-safe: one slot's thread owns it.

    What only looks, and what only fills the shell's buffer, is asked once more when its answer was lost or damaged;
    nothing else is. Every fault can be asked with :func:`station.devices.faults.is_outcome_unknown`.
    """

    def __init__(self, shell: Shell, timeouts: Timeouts | None = None) -> None:
        self._shell = shell
        self._timeouts = timeouts or Timeouts()

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart in this conversation."""
        return self._shell.restarts

    def connect(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the shell answers, at most ``seconds`` from now; also after a reset. Raises AT-102 or AT-151."""
        self._shell.synchronise(seconds, stop)

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        self._shell.close()

    def identify(self) -> ShellIdentity:
        """Return what can be known of the board, by the commands that its firmware happens to have. Looks only.

        Raises the modem's faults where there is a modem (AT-30x), but not for one that is missing.
        """
        hardware = self._tell("hwinfo devid", _HARDWARE)
        system = self._tell("kernel version", _SYSTEM)
        with self._modem() as modem:
            identity = modem.identify() if modem is not None else None
        return ShellIdentity(identity, hardware.lower() if hardware else None, system)

    def numbers(self, before: ModemIdentity) -> Numbers | None:
        """Return what the modem says, as far as it tells whether this still is ``before``; None where there is none."""
        with self._modem() as modem:
            return modem.numbers(before) if modem is not None else None

    @contextlib.contextmanager
    def _modem(self) -> Iterator[Modem | None]:
        """Have the modem on the same port, where the shell has the command for it."""
        if not self._has("at"):
            yield None
            return
        channel = Channel(self._shell.port, AtShell(), self._shell.clock, transcript=self._shell.transcript)
        try:
            yield Modem(channel, self._timeouts)
        finally:
            self._shell.leave()

    def listed_hashes(self, content: str) -> frozenset[Sha256]:
        """Return the digests that a listing may show for ``content``. Pure.

        With its NUL, as Zephyr's own stores hold it; without, where an nRF91 modem is the store behind the shell.
        """
        data = content.encode("ascii")
        return frozenset(Sha256(hashlib.sha256(text).hexdigest()) for text in (data + b"\0", data))

    def list_credentials(
        self, sec_tag: int | None = None, kind: CredentialType | None = None
    ) -> tuple[StoredCredential, ...]:
        """Return what is stored, complete or not at all: all, under one tag, or one item; ``kind`` needs ``sec_tag``.

        The digest is None where the board can't make one. ``CLIENT_KEY`` stands twice under a tag that has both a key
        that was written and one of the board's own. Pure (``cred list``).
        """
        command = " ".join(["cred list", *([str(sec_tag)] if sec_tag is not None else [])])
        reply = self._look(command, Ends(done=_COUNT), self._timeouts.listing, _ROW)
        count = _COUNT.fullmatch(reply.verdict.text)
        rows = [match for line in reply.lines if (match := _ROW.fullmatch(line))]
        places = {(row[1], row[2]) for row in rows}
        if count is None or int(count[1]) != len(rows) or len(places) != len(rows):
            raise ODD_REPLY.fault(f"{len(rows)} rows, {reply.verdict.text!r}", command=command)
        if sec_tag is not None and any(int(row[1]) != sec_tag for row in rows):
            raise ODD_REPLY.fault("rows that were not asked for", command=command)
        found = tuple(
            StoredCredential(int(row[1]), _KINDS[row[2]], _digest_of(row[3]) if row[2] != "PK_PSA" else None)
            for row in rows
            if row[2] in _KINDS
        )
        return tuple(row for row in found if kind in (None, row.type))

    def delete_credential(self, sec_tag: int, kind: CredentialType) -> bool:
        """Return True once the item is deleted, False where none was there (``cred del``). Safe to repeat."""
        command = f"cred del {sec_tag} {_name(kind)}"
        refused = re.compile(f"(?:{_ABSENT.pattern})|(?:{_NOT_DELETED.pattern})")
        reply = self._shell.run(command, Ends(_DELETED, refused), timeout=self._timeouts.write)
        if _ABSENT.fullmatch(reply.verdict.text):
            return False
        self._require_ok(reply, command, f"delete {_place(sec_tag, kind)}")
        return True

    def write_credential(self, sec_tag: int, kind: CredentialType, content: str) -> None:
        """Store ``content`` (ASCII, LF line ends) in place of what is there; list it before believing it.

        The shell never overwrites, so what is there is deleted first; but never a private key (AT-219). Safe to repeat.
        """
        if kind in (CredentialType.CLIENT_KEY, CredentialType.PSK):
            raise ValueError("a secret is written by write_key")
        reply = self._store(sec_tag, kind, content, secret=False)
        if _EXISTS.fullmatch(reply.verdict.text):
            self.delete_credential(sec_tag, kind)
            reply = self._store(sec_tag, kind, content, secret=False)
        self._require_added(reply, sec_tag, kind, len(content))

    def write_key(self, sec_tag: int, key: Secret) -> Sha256 | None:
        """Store ``key`` (PKCS #8 PEM, LF line ends); return the digest under which it is listed, compared with its own.

        None where the board says that it can't make digests. AT-241 where another digest is listed: something else is
        stored, or the store behind the shell is an nRF91 modem's, which does not tell a private key's own. Not safe to
        repeat: AT-219 where a key is. Where the outcome is unknown the key may be there: list, delete, make another.
        """
        kind = CredentialType.CLIENT_KEY
        if any(self.list_credentials(sec_tag, kind)):
            # Before anything of the key goes over the wire; a board's own key (PK_PSA) would stand beside it, too.
            raise ALREADY_THERE.fault("found before it was sent", action=f"store {_place(sec_tag, kind)}")
        reply = self._store(sec_tag, kind, key.reveal(), secret=True)
        self._require_added(reply, sec_tag, kind, len(key.reveal()))
        rows = self.list_credentials(sec_tag, kind)
        if len(rows) != 1:
            raise KEY_STORED_DIFFERENTLY.fault(f"{len(rows)} private keys in security tag {sec_tag}")
        listed = rows[0].sha256
        if listed is not None and listed not in self.listed_hashes(key.reveal()):
            raise KEY_STORED_DIFFERENTLY.fault(f"security tag {sec_tag}: another digest is listed")
        return listed

    def _store(self, sec_tag: int, kind: CredentialType, content: str, *, secret: bool) -> Reply:
        """Fill the buffer and have it added once; return what the shell said to that."""
        if not content.isascii() or "\0" in content or "\r" in content:
            raise TEXT_UNSENDABLE.fault(what="a character that is not ASCII, a NUL or a CR", framing="cred_shell")
        encoded = base64.b64encode(content.encode("ascii")).decode("ascii")
        try:
            self._fill_twice(encoded, secret=secret)
            command = f"cred add {sec_tag} {_name(kind)} DEFAULT bint"
            return self._shell.run(command, Ends(_ADDED, _REFUSED_ADD), timeout=self._timeouts.write)
        except Fault:
            if secret:
                # Half a key must not stay in the shell's buffer; where nobody answers, a restart forgets it.
                with contextlib.suppress(Fault):
                    self._clear_buffer()
            raise

    def _fill_twice(self, encoded: str, *, secret: bool) -> None:
        """Have ``encoded`` in the buffer, whole; from the start once more where an answer was lost on the way."""
        try:
            self._fill(encoded, secret=secret)
        except Fault as fault:
            if fault.code not in (NO_ANSWER.code, ODD_REPLY.code):
                raise
            self._fill(encoded, secret=secret)

    def _fill(self, encoded: str, *, secret: bool) -> None:
        self._clear_buffer()
        for at in range(0, len(encoded), CHUNK):
            chunk = encoded[at : at + CHUNK]
            ends = Ends(re.compile(rf"Stored {len(chunk)} bytes\."), _NO_ROOM)
            if secret:
                reply = self._shell.run("cred buf", ends, timeout=self._timeouts.look, hidden=chunk)
            else:
                reply = self._shell.run(f"cred buf {chunk}", ends, timeout=self._timeouts.look)
            if _NO_ROOM.fullmatch(reply.verdict.text):
                raise SHELL_BUFFER_SMALL.fault(f"at {at} of {len(encoded)} characters of base64", length=len(encoded))
            self._require_ok(reply, "cred buf", "take a credential")

    def _clear_buffer(self) -> None:
        # Older shells say nothing where nothing was in it.
        reply = self._shell.run("cred buf clear", Ends(_CLEARED, quietly=True), timeout=self._timeouts.look)
        self._require_ok(reply, "cred buf clear", "take a credential")

    def _require_added(self, reply: Reply, sec_tag: int, kind: CredentialType, length: int) -> None:
        action, said = f"store {_place(sec_tag, kind)}", reply.verdict.text
        if _EXISTS.fullmatch(said):
            raise ALREADY_THERE.fault(said, action=action)
        if _FULL.fullmatch(said):
            raise STORE_FULL.fault(said, action=action)
        self._require_ok(reply, "cred add", action)
        added = _ADDED.fullmatch(said)
        if added is None or (int(added[1]), int(added[2])) != (sec_tag, length + 1):
            raise ODD_REPLY.fault(f"{said!r} for {length} characters", command="cred add")

    def _tell(self, command: str, answer: re.Pattern[str]) -> str | None:
        """Return what a command says that the firmware may or may not have; None where it hasn't."""
        reply = self._look(command, Ends(quietly=True), self._timeouts.look, answer, optional=True)
        values = {match[1] for line in reply.lines if (match := answer.fullmatch(line))}
        return values.pop() if len(values) == 1 else None

    def _has(self, command: str) -> bool:
        reply = self._look(command, Ends(quietly=True), self._timeouts.look, None, optional=True)
        return reply.verdict.text != f"{command}: command not found"

    def _look(
        self, command: str, ends: Ends, timeout: float, expect: re.Pattern[str] | None, *, optional: bool = False
    ) -> Reply:
        """Ask, and once more where the answer was lost or in any part damaged."""
        for last in (False, True):
            try:
                reply = self._shell.run(command, ends, timeout=timeout, expect=expect)
            except Fault as fault:
                if last or fault.code not in (NO_ANSWER.code, ODD_REPLY.code):
                    raise
                continue
            if not reply.odd:
                if not optional:
                    self._require_ok(reply, command, "answer")
                return reply
        raise ODD_REPLY.fault("; ".join(map(repr, reply.odd))[:300], command=command)

    def _require_ok(self, reply: Reply, command: str, action: str) -> None:
        if reply.ok:
            return
        said = reply.verdict.text
        if reply.verdict.kind is VerdictKind.NOT_PASSED_ON:
            word = " ".join(command.split()[:2])
            raise SHELL_COMMAND_MISSING.fault(said, command=word, option=self._option)
        number = _NUMBER.search(said)
        raise REFUSED.fault(f"{command} -> {said}", action=action, number=number[0] if number else "none")

    @property
    def _option(self) -> str:
        return OPTION


def _digest_of(text: str) -> Sha256 | None:
    if text in ("ERROR", "N/A"):
        return None
    return Sha256(base64.b64decode(text).hex())


def _name(kind: CredentialType) -> str:
    if kind not in _TYPES:
        raise ValueError(f"a credentials shell has no {kind!r}")
    return _TYPES[kind]


def _place(sec_tag: int, kind: CredentialType) -> str:
    return f"the {kind.name.lower().replace('_', ' ')} in security tag {sec_tag}"
