"""An nRF91 modem, command by command (AT command manual; at-commands reference)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from station.credentials.attestation import read_attestation
from station.credentials.pem import stored_sha256
from station.devices import questions
from station.devices.channel import Channel
from station.devices.faults import ALREADY_THERE, KEY_STORED_DIFFERENTLY, NO_ANSWER, NO_IMEI, ODD_REPLY
from station.devices.firmware import read_firmware
from station.devices.framing import Newline, label_of
from station.devices.questions import Question, value_of
from station.devices.refusals import ABSENT, ACTIVE, LOW_POWER, PRESENT, refusal_of
from station.devices.replies import Reply, VerdictKind
from station.domain.faults import Fault
from station.domain.ids import DeviceId, DeviceUuid, Imei, Sha256, parse_device_uuid, parse_sha256
from station.domain.modem import CredentialType, ModemIdentity, Numbers, StoredCredential, UuidSource
from station.domain.secret import Secret
from station.host.clock import Stop

_ROW = re.compile(r'%CMNG: ?(\d{1,10}), ?(\d{1,5})(?:, ?"([0-9A-Fa-f]{64})")?')
_KEYGEN = re.compile(r'%KEYGEN: "([!#-~]+)"')
_JWT = re.compile(r'%JWT: "([!#-~]+)"')
_CLIENT_KEY: Final = int(CredentialType.CLIENT_KEY)
_KNOWN_TYPES: Final = frozenset(map(int, CredentialType))
_SECRET_TYPES: Final = frozenset(
    {
        CredentialType.CLIENT_KEY,
        CredentialType.PSK,
        CredentialType.ENDORSEMENT_KEY,
        CredentialType.OWNERSHIP_KEY,
        CredentialType.ASSET_ENCRYPTION_KEY,
    }
)
_REPLACEABLE_TYPES: Final = frozenset(
    {CredentialType.ROOT_CA, CredentialType.CLIENT_CERT, CredentialType.PSK, CredentialType.PSK_IDENTITY}
)
_TRY_AGAIN: Final = frozenset({NO_ANSWER.code, ODD_REPLY.code})
_OFFLINE_MODES: Final = frozenset({"0", "4"})
"""What +CFUN tells where %CMNG and %KEYGEN may change credentials (at-commands reference, sections 1 and 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds until a command counts as unanswered. Nordic publishes no durations: these are wide."""

    look: float = 5.0
    listing: float = 10.0
    offline: float = 20.0
    power_off: float = 40.0
    write: float = 15.0
    keygen: float = 60.0
    sign: float = 20.0


class Modem:
    """One conversation on one open port; not thread-safe: one slot's thread owns it.

    Commands that only look are asked once more when their answer was lost or damaged; nothing else is. Every fault
    can be asked with :func:`station.devices.faults.is_outcome_unknown`. What changes credentials switches the modem
    offline first, unless it says that it is, and +CMEE=1 is set before anything else and again after a restart.
    """

    def __init__(self, channel: Channel, timeouts: Timeouts | None = None) -> None:
        self._channel = channel
        self._timeouts = timeouts or Timeouts()
        self._errors_since: int | None = None
        self._offline_since: int | None = None

    @property
    def stored_newline(self) -> Newline:
        """What this framing stores for each LF of a credential: the stored bytes' SHA-256 is over these."""
        return self._channel.framing.stored_newline

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart in this conversation: what it had not stored may be gone."""
        return self._channel.restarts

    def connect(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the modem answers, at most ``seconds`` from now; also after a reset. Raises AT-102."""
        self._channel.synchronise(seconds, stop)

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        self._channel.close()

    def enable_errors(self) -> None:
        """Have the modem say why it refuses (+CMEE=1; off after every start). Safe to repeat."""
        reply = self._channel.command("AT+CMEE=1", timeout=self._timeouts.look)
        self._require_ok(reply, "AT+CMEE=1", "give error numbers")
        self._errors_since = self._channel.restarts

    def deactivate(self) -> None:
        """Switch the modem offline (+CFUN=4): only then it changes credentials. Safe to repeat."""
        self._do("AT+CFUN=4", "go offline", self._timeouts.offline)
        self._offline_since = self._channel.restarts

    def power_off(self) -> None:
        """Return once the modem has stored everything and is off (+CFUN=0); only then cut its power. Safe to repeat."""
        self._do("AT+CFUN=0", "switch off", self._timeouts.power_off)
        self._offline_since = self._channel.restarts

    def identify(self) -> ModemIdentity:
        """Return who this is. Raises AT-301 or AT-302 for a firmware that is none, AT-305 without IMEI. Pure.

        The UUID comes from %DEVICEUUID, else from the body of %ATTESTTOKEN, else it is None until %KEYGEN tells it.
        """
        firmware = read_firmware(self._tell(questions.FIRMWARE, "tell its firmware"))
        imei = self._tell_or_none(questions.IMEI)
        if imei is None:
            raise NO_IMEI.fault(firmware.text)
        uuid, source = self._find_uuid()
        return ModemIdentity(
            imei=Imei(imei),
            uuid=uuid,
            uuid_source=source,
            model=self._tell(questions.MODEL, "tell its model"),
            hardware=self._tell_or_none(questions.HARDWARE),
            firmware=firmware,
        )

    def numbers(self, before: ModemIdentity) -> Numbers:
        """Return what tells whether this still is who was identified ``before``, and no more. Raises AT-305. Pure.

        The UUID is asked for where there is one to compare it with, and the IMEI does not tell already.
        """
        imei = self._tell_or_none(questions.IMEI)
        if imei is None:
            raise NO_IMEI.fault(f"{before.firmware.text} before")
        same = imei == before.imei and before.uuid is not None
        return Numbers(Imei(imei), self._find_uuid()[0] if same else None)

    def firmware_text(self) -> str:
        """Return what +CGMR says, whatever it is. Pure."""
        return self._tell(questions.FIRMWARE, "tell its firmware")

    def list_credentials(
        self, sec_tag: int | None = None, kind: CredentialType | None = None
    ) -> tuple[StoredCredential, ...]:
        """Return what is stored, complete or not at all: all, under one tag, or one item; ``kind`` needs ``sec_tag``.

        Nothing there is an empty tuple. A digest is what the modem says, true or not (``lists_true_hashes``). A row
        that can't be read is AT-104, for a list that lacks one would prove an absence. Pure (%CMNG=1).
        """
        wanted = [str(int(part)) for part in (sec_tag, kind) if part is not None]
        command = ",".join(["AT%CMNG=1", *wanted])
        reply = self._look(command, _ROW, self._timeouts.listing, whole=True)
        self._require_ok(reply, command, "list its credentials")
        rows = [match for line in reply.lines if (match := _ROW.fullmatch(line))]
        found = tuple(
            StoredCredential(int(row[1]), _kind_of(int(row[2])), parse_sha256(row[3]) if row[3] else None)
            for row in rows
        )
        foreign = [row for row in found if sec_tag not in (None, row.sec_tag) or kind not in (None, row.type)]
        if foreign or len({(row.sec_tag, row.type) for row in found}) != len(found):
            raise ODD_REPLY.fault(f"{len(found)} rows, {len(foreign)} not asked for", command=command)
        return found

    def delete_credential(self, sec_tag: int, kind: CredentialType) -> bool:
        """Return True once the item is deleted, False where none was there (%CMNG=3). Safe to repeat."""
        command = f"AT%CMNG=3,{sec_tag},{int(kind)}"
        reply = self._change(command, self._timeouts.write)
        if _is_number(reply, ABSENT):
            return False
        self._require_ok(reply, command, f"delete {_place(sec_tag, kind)}")
        return True

    def generate_key(self, sec_tag: int, common_name: DeviceId | None) -> str:
        """Have the modem make a key that never leaves it; return the text between the quotes, unchecked (%KEYGEN).

        ``common_name`` None: the CSR is named by the UUID. Not safe to repeat: AT-219 where a key is. Where the
        fault's outcome is unknown the key may be there, and its CSR can't be had again: list, delete, start over.
        """
        name = f',"CN={common_name}"' if common_name is not None else ""
        command = f"AT%KEYGEN={sec_tag},{_CLIENT_KEY},0{name}"
        reply = self._change(command, self._timeouts.keygen, _KEYGEN)
        self._require_ok(reply, command, f"make {_place(sec_tag, CredentialType.CLIENT_KEY)}")
        return value_of(reply, _KEYGEN, command)

    def generate_public_key(self, sec_tag: int) -> str:
        """As :meth:`generate_key`, but the answer is about the bare public key, without a CSR (%KEYGEN, content 1)."""
        command = f"AT%KEYGEN={sec_tag},{_CLIENT_KEY},1"
        reply = self._change(command, self._timeouts.keygen, _KEYGEN)
        self._require_ok(reply, command, f"make {_place(sec_tag, CredentialType.CLIENT_KEY)}")
        return value_of(reply, _KEYGEN, command)

    def write_credential(self, sec_tag: int, kind: CredentialType, content: str) -> None:
        """Store ``content`` (ASCII, LF line ends) in place of what is there; read back before believing it (%CMNG=0).

        Safe to repeat: a modem that does not overwrite has certificates and pre-shared keys deleted first, but never
        a private key (AT-219).
        """
        command = f'AT%CMNG=0,{sec_tag},{int(kind)},"{content}"'
        secret = kind in _SECRET_TYPES
        reply = self._change(command, self._timeouts.write, secret=secret)
        if _is_number(reply, PRESENT) and kind in _REPLACEABLE_TYPES:
            self.delete_credential(sec_tag, kind)
            reply = self._change(command, self._timeouts.write, secret=secret)
        self._require_ok(reply, label_of(command), f"store {_place(sec_tag, kind)}")

    def listed_hashes(self, content: str) -> frozenset[Sha256]:
        """Return the digest under which a listing shows ``content`` (LF line ends), where it tells true ones. Pure."""
        return frozenset({stored_sha256(content, self.stored_newline)})

    def write_key(self, sec_tag: int, key: Secret) -> None:
        """Store a private key that the station made (PKCS #8 PEM, LF line ends); None: no listing tells that it is it.

        The modem lists a digest of a form of its own, so only a signature (%JWT) shows what is stored. Not safe to
        repeat: AT-219 where a key is. Where the outcome is unknown it may be there: list, delete, make another.
        """
        if any(self.list_credentials(sec_tag, CredentialType.CLIENT_KEY)):
            action = f"store {_place(sec_tag, CredentialType.CLIENT_KEY)}"
            raise ALREADY_THERE.fault(action=action)
        self.write_credential(sec_tag, CredentialType.CLIENT_KEY, key.reveal())
        if not any(self.list_credentials(sec_tag, CredentialType.CLIENT_KEY)):
            raise KEY_STORED_DIFFERENTLY.fault(f"no private key in security tag {sec_tag}")

    def read_credential(self, sec_tag: int, kind: CredentialType) -> str:
        """Return the stored content, byte for byte as far as the framing lets it through (%CMNG=2). Pure."""
        command = f"AT%CMNG=2,{sec_tag},{int(kind)}"
        head = re.compile(rf'%CMNG: ?{sec_tag}, ?{int(kind)}, ?"[0-9A-Fa-f]*", ?"')
        secret = kind in _SECRET_TYPES
        reply = self._look(command, head, self._timeouts.listing, whole=True, quoted=True, secret=secret)
        self._require_ok(reply, command, f"read {_place(sec_tag, kind)}")
        if reply.content is None or len(reply.lines) != 1 or not reply.content.isascii():
            raise ODD_REPLY.fault("no quoted ASCII text", command=command)
        return self._channel.framing.restore(reply.content)

    def set_clock(self, now: datetime) -> None:
        """Give the modem the time (+CCLK, in UTC); it needs one for tokens that expire. Safe to repeat."""
        stamp = now.astimezone(UTC).strftime("%y/%m/%d,%H:%M:%S")
        self._do(f'AT+CCLK="{stamp}+00"', "take the time", self._timeouts.look)

    def sign_jwt(self, sec_tag: int, *, audience: str, subject: str | None = None, seconds: int = 0) -> str:
        """Return a token signed by the private key in ``sec_tag``, unchecked (%JWT); it is never shown.

        ``seconds`` 0: it has no times in it and needs no clock. Pure: nothing changes in the modem.
        """
        command = f'AT%JWT=0,{seconds},"{subject or ""}","{audience}",{sec_tag},{_CLIENT_KEY}'
        reply = self._look(command, _JWT, self._timeouts.sign, secret=True)
        self._require_ok(reply, label_of(command), f"sign with the key in security tag {sec_tag}")
        return value_of(reply, _JWT, label_of(command))

    def attestation_token(self, challenge: bytes | None = None) -> str:
        """Return the text between %ATTESTTOKEN's quotes, unchecked; it is never shown. Pure; no two are alike.

        ``challenge`` is 16 bytes that stand in the token where else the modem's own nonce does; AT-210 or AT-211 from
        a modem that takes none.
        """
        question = questions.ATTESTATION
        command = question.command if challenge is None else f'{question.command}="{challenge.hex()}"'
        reply = self._look(command, question.answer, self._timeouts.sign, secret=True)
        self._require_ok(reply, question.command, "attest itself")
        return value_of(reply, question.answer, question.command)

    def _find_uuid(self) -> tuple[DeviceUuid | None, UuidSource | None]:
        if (text := self._tell_or_none(questions.DEVICE_UUID)) is not None:
            return parse_device_uuid(text), UuidSource.DEVICE_UUID
        question = questions.ATTESTATION
        reply = self._look(question.command, question.answer, self._timeouts.sign, secret=True)
        if _is_refusal(reply):
            return None, None
        self._require_ok(reply, question.command, "attest itself")
        return read_attestation(value_of(reply, question.answer, question.command)).uuid, UuidSource.ATTESTATION

    def _tell(self, question: Question, action: str) -> str:
        reply = self._ask(question)
        self._require_ok(reply, question.command, action)
        return value_of(reply, question.answer, question.command)

    def _tell_or_none(self, question: Question) -> str | None:
        """Return None where the modem refuses: it does not know the question, or has no answer."""
        reply = self._ask(question)
        if _is_refusal(reply):
            return None
        self._require_ok(reply, question.command, "tell about itself")
        return value_of(reply, question.answer, question.command)

    def _ask(self, question: Question) -> Reply:
        told = self._channel.take_told(question)
        return told if told is not None else self._look(question.command, question.answer, self._timeouts.look)

    def _do(self, command: str, action: str, timeout: float) -> None:
        self._require_ok(self._run(command, timeout), command, action)

    def _change(
        self, command: str, timeout: float, expect: re.Pattern[str] | None = None, *, secret: bool = False
    ) -> Reply:
        """Have the modem change credentials, offline; again where it refuses because its firmware switched it on.

        What is refused so (518) was not begun, so that the second time is the first.
        """
        if self._offline_since != self._channel.restarts:
            self._go_offline()
        reply = self._run(command, timeout, expect, secret=secret)
        if _is_number(reply, ACTIVE):
            self.deactivate()
            reply = self._run(command, timeout, expect, secret=secret)
        return reply

    def _go_offline(self) -> None:
        """Leave the modem offline: where it says that it is, it isn't told to, for that takes it up to a second."""
        if self._says_offline():
            self._offline_since = self._channel.restarts
        else:
            self.deactivate()

    def _says_offline(self) -> bool:
        if self._channel.framing.shell:
            return False  # the question ends with "?"
        try:
            return self._tell_or_none(questions.MODE) in _OFFLINE_MODES
        except Fault as fault:
            if fault.code != ODD_REPLY.code:
                raise
            return False

    def _run(
        self, command: str, timeout: float, expect: re.Pattern[str] | None = None, *, secret: bool = False
    ) -> Reply:
        if self._errors_since != self._channel.restarts:
            self.enable_errors()
        return self._channel.command(command, timeout=timeout, expect=expect, secret=secret)

    def _look(
        self,
        command: str,
        expect: re.Pattern[str],
        timeout: float,
        *,
        whole: bool = False,
        quoted: bool = False,
        secret: bool = False,
    ) -> Reply:
        """Ask, and once more where the answer was lost or (``whole``: in any part) damaged."""
        if self._errors_since != self._channel.restarts:
            self.enable_errors()
        for last in (False, True):
            try:
                reply = self._channel.command(command, timeout=timeout, expect=expect, quoted=quoted, secret=secret)
            except Fault as fault:
                if last or fault.code not in _TRY_AGAIN:
                    raise
                continue
            damaged = reply.ok and (bool(reply.odd) if whole else not reply.lines)
            if not damaged:
                return reply
        label = label_of(command)
        raise ODD_REPLY.fault("" if secret else "; ".join(map(repr, reply.odd))[:300], command=label)

    def _require_ok(self, reply: Reply, command: str, action: str) -> None:
        if reply.ok:
            return
        detail = self._supply_detail() if _is_number(reply, LOW_POWER) else ""
        framing = self._channel.framing.name
        raise refusal_of(reply.verdict, command=label_of(command), action=action, framing=framing, detail=detail)

    def _supply_detail(self) -> str:
        """Return what the modem measures. Asked once: a modem that refuses that too may do so for the same reason."""
        question = questions.SUPPLY
        try:
            reply = self._look(question.command, question.answer, self._timeouts.look)
            if not reply.ok:
                return "supply unknown: the modem refuses to measure it"
            return f"supply {value_of(reply, question.answer, question.command)} mV"
        except Fault as fault:
            return f"supply unknown: {fault.code}"


def _is_number(reply: Reply, number: int) -> bool:
    return reply.verdict.kind is VerdictKind.CME and reply.verdict.number == number


def _is_refusal(reply: Reply) -> bool:
    return reply.verdict.kind in (VerdictKind.ERROR, VerdictKind.CME, VerdictKind.CMS)


def _kind_of(number: int) -> int:
    return CredentialType(number) if number in _KNOWN_TYPES else number


def _place(sec_tag: int, kind: CredentialType) -> str:
    return f"the {kind.name.lower().replace('_', ' ')} in security tag {sec_tag}"
