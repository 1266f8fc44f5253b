"""The commands ``cred`` and ``nrf_cloud_cred`` of a simulated application, and what they say, word for word.

Sources: zephyr tls_credentials_shell.c; sdk-nrf nrf_cloud_credentials_shell.c and nrf_cloud_credentials_keygen.c.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Final

from station.domain.modem import CredentialType
from station.simulator.board import Board
from station.simulator.faults import CommandFault, Do, Trait
from station.simulator.keys import KeyKind, KeyPair, build_csr, read_attributes
from station.simulator.request import Reply
from station.simulator.shell_firmware import split_line
from station.simulator.store import MEMORY_FULL, Item, Refused
from station.simulator.timings import Timings

DEFAULT_TAG: Final = 16842753
"""nrf_cloud_sec_tag_get(): the one whose key an application registers when it starts."""
BUFFER: Final = 4096
"""CONFIG_TLS_CREDENTIALS_SHELL_CRED_BUF_SIZE of this application; 2048 where nobody set it."""
_HIGHEST_KEY: Final = 0x3FFFFFFF
_LONGEST_CSR: Final = 512
_ENOENT, _EIO, _ENOMEM, _EINVAL, _ENOTSUP = -2, -5, -12, -22, -134

_NAMES: Final = {
    "CA": (CredentialType.ROOT_CA, "CA_CERT"),
    "SERV": (CredentialType.CLIENT_CERT, "SERVER_CERT"),
    "CLIENT": (CredentialType.CLIENT_CERT, "SERVER_CERT"),
    "PK": (CredentialType.CLIENT_KEY, "PRIVATE_KEY"),
    "PSK": (CredentialType.PSK, "PRE_SHARED_KEY"),
    "PSK_ID": (CredentialType.PSK_IDENTITY, "PRE_SHARED_KEY_ID"),
}
_COMPACT: Final = {
    CredentialType.ROOT_CA: "CA",
    CredentialType.CLIENT_CERT: "SERV",
    CredentialType.CLIENT_KEY: "PK",
    CredentialType.PSK: "PSK",
    CredentialType.PSK_IDENTITY: "PSK_ID",
}


class _Said(Exception):  # noqa: N818 -- an answer of the shell, no error of ours
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class CredCommands:
    """The application's commands from one boot to the next; its slot's thread alone uses it."""

    def __init__(self, board: Board, timings: Timings, *, makes_keys: bool) -> None:
        self._board = board
        self._timings = timings
        self._makes_keys = makes_keys
        self._buffer = ""
        self._registered = {tag for tag in (DEFAULT_TAG,) if self._own_key(tag) is not None}
        self.logged: list[str] = []
        """Log lines that the commands have left behind; whoever prints them empties this."""

    def knows(self, word: str) -> bool:
        """Return whether ``word`` is one of these commands."""
        return word == "cred" or (word == "nrf_cloud_cred" and self._makes_keys)

    def execute(self, command: str, fault: CommandFault | None = None) -> Reply:
        """Run a line of the shell and return what it prints; ``fault`` bends the work where it is one that does."""
        words = [word.decode("latin-1") for word in split_line(command.encode("latin-1"))]
        span = self._timings.command
        with self._board.lock:
            try:
                match words:
                    case ["cred", "buf", "clear"]:
                        text = self._clear()
                    case ["cred", "buf", chunk]:
                        text = self._fill(chunk)
                    case ["cred", "add", tag, kind, backend, form, *data] if len(data) <= 1:
                        span = self._timings.write
                        text = self._add(tag, kind, backend, form, data, fault)
                    case ["cred", "del", tag, kind]:
                        span = self._timings.write
                        text = self._delete(tag, kind, fault)
                    case ["cred", "list", *filters] if len(filters) <= 2:
                        text = self._list(filters)
                    case ["nrf_cloud_cred", "keygen", *tags] if len(tags) <= 1:
                        span = self._timings.keygen
                        text = self._keygen(_key_tag(tags), fault)
                    case ["nrf_cloud_cred", "csr", *rest] if len(rest) <= 2:
                        span = self._timings.sign
                        text = self._csr(_key_tag(rest[:1]), rest[1:], fault)
                    case ["nrf_cloud_cred", "pubkey", *tags] if len(tags) <= 1:
                        text = self._pubkey(_key_tag(tags))
                    case ["nrf_cloud_cred", "delete", *tags] if len(tags) <= 1:
                        text = self._delete_key(_key_tag(tags))
                    case _:
                        text = f"{words[0]} - {'TLS Credentials Commands' if words[0] == 'cred' else 'nRF Cloud'}\n"
            except _Said as said:
                text = said.text
            except Refused:  # the store behind it, whatever it was asked for
                text = self.refuse(None, command).information
        return Reply(text, "", span.draw(self._board.rng))

    def refuse(self, code: int | None, command: str = "") -> Reply:
        """Return what ``command`` says when it fails without having done anything; ``code`` an errno, or none."""
        number = -abs(code) if code else _EIO
        match command.split():
            case ["cred", "add", tag, kind, *_]:
                text = (
                    _error(f"Failed to add TLS credential with sectag {tag} and type {_long(kind)}. Error: {number}")
                    + "."
                )
            case ["cred", "del", tag, kind, *_]:
                text = _error(
                    f"Deleting TLS credential with sectag {tag} and type {_long(kind)} failed with error: {number}."
                )
            case ["nrf_cloud_cred", verb, *_]:
                names = {"keygen": "Key generation", "csr": "CSR generation", "pubkey": "Public key export"}
                text = _error(f"{names.get(verb, 'Key deletion')} failed: {number}")
            case _:
                text = _error(f"Error: {number}")
        return Reply(text, "", self._timings.command.draw(self._board.rng))

    # cred

    def _clear(self) -> str:
        self._buffer = ""
        return "Credential buffer cleared.\n"

    def _cleared(self) -> str:
        """Clear the buffer as other commands do: with a word only where something was in it."""
        return self._clear() if self._buffer else ""

    def _fill(self, chunk: str) -> str:
        if len(self._buffer) + len(chunk) >= BUFFER:
            room = _error(
                "Not enough room in credential buffer for provided data. "
                "Increase CONFIG_TLS_CREDENTIALS_SHELL_CRED_BUF_SIZE."
            )
            raise _Said(room + self._cleared())
        self._buffer += chunk
        return f"Stored {len(chunk)} bytes.\n"

    def _add(
        self, tag_text: str, kind_text: str, backend: str, form: str, data: Sequence[str], fault: CommandFault | None
    ) -> str:
        said = ""
        try:
            tag = _tag(tag_text)
            kind, name = _kind(kind_text)
            if backend.lower() != "default":
                raise _Said(_error(f"{backend} is not a valid backend."))
            if form.lower() not in ("bin", "bint", "str", "strt"):
                raise _Said(_error(f"{form} is not a valid storage format."))
            if data:
                said = self._cleared() + self._fill(data[0])
            stored = self._take_buffer(tag, kind, name, binary=form.lower().startswith("bin"))
            length = len(stored) + form.lower().endswith("t")
            self._put(tag, kind, name, stored, length, fault)
            said += f"Added TLS credential of type {name}, sectag {tag}, and length {length} bytes.\n"
        except _Said as refusal:
            said += refusal.text
        return said + self._cleared()

    def _take_buffer(self, tag: int, kind: CredentialType, name: str, *, binary: bool) -> bytes:
        if not self._buffer:
            raise _Said(_error("Please provide a credential to add."))
        if self._find(tag, kind) is not None:
            raise _Said(_error(f"TLS credential with sectag {tag} and type {name} already exists."))
        if not binary:
            return self._buffer.encode("latin-1")
        try:
            return base64.b64decode(self._buffer, validate=True)
        except binascii.Error:
            raise _Said(_error(f"Could not decode input from base64, error: {_EINVAL}")) from None

    def _put(
        self, tag: int, kind: CredentialType, name: str, content: bytes, length: int, fault: CommandFault | None
    ) -> None:
        if fault is not None and fault.do is Do.IGNORE_WRITE:
            return
        if fault is not None and fault.do is Do.CORRUPT_WRITE:
            at = content.find(b"\n") + 10
            content = content[:at] + (b"B" if content[at : at + 1] == b"A" else b"A") + content[at + 1 :]
        digest = hashlib.sha256(content + bytes(length - len(content))).hexdigest().upper()
        try:
            self._board.store.put_text(tag, kind, content, digest)
            self._board.store.flush()
        except Refused as refused:
            number = _ENOMEM if refused.code == MEMORY_FULL else _EIO
            # The full stop stands behind the line end in the original too.
            text = f"Failed to add TLS credential with sectag {tag} and type {name}. Error: {number}"
            raise _Said(_error(text) + ".") from None

    def _delete(self, tag_text: str, kind_text: str, fault: CommandFault | None) -> str:
        tag, (kind, name) = _tag(tag_text), _kind(kind_text)
        if self._find(tag, kind) is None:
            raise _Said(_error(f"There is no TLS credential with sectag {tag} and type {name}."))
        if fault is None or fault.do is not Do.IGNORE_DELETE:
            self._board.store.delete(tag, kind)
            self._board.store.flush()
        return f"Deleted TLS credential with sectag {tag} and type {name}.\n"

    def _list(self, filters: Sequence[str]) -> str:
        tag = _tag(filters[0]) if filters and filters[0].lower() != "any" else None
        kind = _kind(filters[1])[0] if len(filters) > 1 and filters[1].lower() != "any" else None
        rows = []
        for item in self._board.store.listed(tag, kind):
            if item.type not in _COMPACT or (item.key is not None and not item.content and kind is not None):
                continue
            own = item.key is not None and not item.content
            if own and item.sec_tag not in self._registered:
                continue
            # Of a key in the key store the shell has the number alone, four bytes.
            digest = hashlib.sha256(item.sec_tag.to_bytes(4, "little")).digest() if own else bytes.fromhex(item.sha256)
            compact = "PK_PSA" if own else _COMPACT[CredentialType(item.type)]
            rows.append(f"{item.sec_tag},{compact},{base64.b64encode(digest).decode('ascii')},0\n")
        return "".join(rows) + f"{len(rows)} credentials found.\n"

    def _find(self, tag: int, kind: CredentialType) -> Item | None:
        item = self._board.store.find(tag, kind)
        return item if item is not None and item.content else None

    # nrf_cloud_cred

    def _keygen(self, tag: int, fault: CommandFault | None) -> str:
        if not 0 < tag <= _HIGHEST_KEY:
            raise _Said(_error(f"Key generation failed: {_EINVAL}"))
        if self._registered - {tag}:
            raise _Said(_error(f"Key generation failed: {_ENOTSUP}"))
        if self._board.store.find(tag, CredentialType.CLIENT_KEY) is not None:
            raise _Said(_warning(f"Key already exists in sec tag {tag}. Use 'delete' to remove it first."))
        if Trait.FULL_STORE in self._board.plan.traits:
            raise _Said(_error(f"Key generation failed: {_EIO}"))
        kinds = {Do.RSA_KEY: KeyKind.RSA, Do.P384_KEY: KeyKind.P384}
        key = KeyPair.generate(kinds.get(fault.do, KeyKind.P256) if fault is not None else KeyKind.P256)
        self._board.store.put_key(tag, CredentialType.CLIENT_KEY, key)
        self._board.store.flush()
        self._board.counters.keys_generated += 1
        self._registered.add(tag)
        self.logged.append(f"nrf_cloud_credentials_keygen: Generated device key in sec tag {tag}")
        return f"Generated device key in sec tag {tag}\n"

    def _csr(self, tag: int, subjects: Sequence[str], fault: CommandFault | None) -> str:
        key = self._own_key(tag)
        if key is None:
            self.logged.append("nrf_cloud_credentials_keygen: mbedtls_pk_wrap_psa failed: -0x0088")
            raise _Said(_error(f"CSR generation failed: {_EIO}"))
        try:
            subject = read_attributes(subjects[0]) if subjects else (("CN", f"nrf-{self._board.imei}"),)
        except ValueError:
            raise _Said(_error(f"CSR generation failed: {_EINVAL}")) from None
        do = fault.do if fault is not None else None
        if do is Do.OTHER_CN:
            subject = (("CN", (fault.text if fault else "") or "nrf-350000000000000"),)
        if do in (Do.OTHER_KEY, Do.OTHER_DEVICE_CSR):
            key = KeyPair.generate()
        request = build_csr(key, subject, key_usage=None, null_parameters=False, broken_signature=do is Do.BROKEN_CSR)
        if len(request) > _LONGEST_CSR:
            raise _Said(_error(f"CSR generation failed: {_EIO}"))
        text = base64.b64encode(request).decode("ascii")
        if do is Do.TRUNCATED:
            text = text[: len(text) * 2 // 3]
        return f"CSR: {text}\nCSR generation complete\n"

    def _pubkey(self, tag: int) -> str:
        key = self._own_key(tag)
        if key is None:
            raise _Said(_error(f"Public key export failed: {_EIO}"))
        point = base64.b64encode(key.spki[-65:]).decode("ascii")
        return f"PUBKEY: {point}\nPublic key export complete\n"

    def _delete_key(self, tag: int) -> str:
        if not 0 < tag <= _HIGHEST_KEY:
            raise _Said(_error(f"Key deletion failed: {_EINVAL}"))
        if self._own_key(tag) is not None:
            self._board.store.delete(tag, CredentialType.CLIENT_KEY)
            self._board.store.flush()
        self._registered.discard(tag)
        return f"Deleted device key in sec tag {tag}\n"

    def _own_key(self, tag: int) -> KeyPair | None:
        item = self._board.store.find(tag, CredentialType.CLIENT_KEY)
        return item.key if item is not None and not item.content else None


def _tag(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise _Said(_error(f"{text} is not a valid sectag."))
    return int(text)


def _kind(text: str) -> tuple[CredentialType, str]:
    if text.upper() not in _NAMES:
        raise _Said(_error(f"{text} is not a valid credential type."))
    return _NAMES[text.upper()]


def _long(kind: str) -> str:
    return _NAMES.get(kind.upper(), (None, "INVALID"))[1]


def _key_tag(words: Sequence[str]) -> int:
    if not words:
        return DEFAULT_TAG
    try:
        return int(words[0], 0)
    except ValueError:
        raise _Said(_error(f"Invalid sec tag: {words[0]}")) from None


def _error(text: str) -> str:
    return f"\x1b[1;31m{text}\n\x1b[m"


def _warning(text: str) -> str:
    return f"\x1b[1;33m{text}\n\x1b[m"
