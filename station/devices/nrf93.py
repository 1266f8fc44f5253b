"""An nRF93M1, command by command (its datasheet's cloud chapter; the vendor's guides and onboarding script).

It has a UUID and a cloud access key of its own, which it makes when it is first asked, and signs a registration token
for the account that it is told. It has no %KEYGEN and no %CMNG, and switches its radio on only when it is told to.
"""

import base64
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from station.credentials.keys import read_p256_spki
from station.credentials.registration import RegistrationToken, check_registration_token
from station.devices import questions
from station.devices.channel import Channel
from station.devices.faults import (
    CLOCK_REFUSED,
    NO_ANSWER,
    NO_IMEI,
    NOT_AN_NRF93M1,
    ODD_REPLY,
    OTHER_KEY,
)
from station.devices.firmware import read_firmware
from station.devices.modem import Timeouts
from station.devices.questions import Question, value_of
from station.devices.refusals import refusal_of
from station.devices.replies import Reply, VerdictKind
from station.domain.faults import Fault
from station.domain.ids import DeviceUuid, Imei, parse_device_uuid
from station.domain.modem import FirmwareFamily, ModemIdentity, Numbers, UuidSource
from station.host.clock import Clock, Stop

_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_DEVICE_UUID: Final = Question("AT%DEVICEUUID", re.compile(rf'%DEVICEUUID: "?({_UUID})"?'))
_ACCESS_KEY: Final = Question("AT%CLOUDACCESSKEY", re.compile(r'%CLOUDACCESSKEY: "?([A-Za-z0-9+/]{40,200}={0,2})"?'))
_TOKEN: Final = re.compile(
    r'%REGJWT: ?"?(?P<same>[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"?|%REGJWT:'
    r"|(?P<next>[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"
)
_CLOCK: Final = Question("AT+CCLK?", re.compile(r'\+CCLK: "((?:20)?\d\d/\d\d/\d\d,\d\d:\d\d:\d\d[+-]\d\d)"'))
_STAMP: Final = re.compile(r"(?:20)?(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)")
_TENANT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TRY_AGAIN: Final = frozenset({NO_ANSWER.code, ODD_REPLY.code})
_CLOCK_OFF: Final = timedelta(seconds=30)
"""What the module's clock may be off right after it was set: a lost answer's worth."""


class Nrf93m1:
    """One conversation on one open port; not thread-safe: one slot's thread owns it.

    All that is asked here may be asked again, and is, once, where an answer was lost or damaged: what the module makes
    at a first question it gives at the second. ``clock`` is the station's.
    """

    def __init__(self, channel: Channel, clock: Clock, timeouts: Timeouts | None = None) -> None:
        self._channel = channel
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._errors_since: int | None = None

    @property
    def restarts(self) -> int:
        """Grows whenever the board is seen to restart in this conversation."""
        return self._channel.restarts

    def connect(self, seconds: float, stop: Stop | None = None) -> None:
        """Return once the modem answers, at most ``seconds`` from now; also after a reset. Raises AT-102."""
        self._channel.synchronise(seconds, stop)

    def close(self) -> None:
        """Give the port back. Safe to repeat."""
        self._channel.close()

    def power_off(self) -> None:
        """Return once the modem is at minimum functionality (+CFUN=0, as it starts). Safe to repeat."""
        self._do("AT+CFUN=0", "switch off", self._timeouts.power_off)

    def identify(self) -> ModemIdentity:
        """Return who this is. Raises AT-306 for another modem, AT-302 for an unknown firmware, AT-305 without IMEI.

        Asking makes the UUID where the module has none yet, and is safe to repeat.
        """
        text = self._tell(questions.FIRMWARE, "tell its firmware")
        firmware = read_firmware(text)
        if firmware.family is not FirmwareFamily.NRF93M1:
            raise NOT_AN_NRF93M1.fault(text=text)
        return ModemIdentity(
            imei=self._imei(text),
            uuid=self.device_uuid(),
            uuid_source=UuidSource.DEVICE_UUID,
            model=self._tell(questions.MODEL, "tell its model"),
            hardware=None,
            firmware=firmware,
        )

    def numbers(self, before: ModemIdentity) -> Numbers:
        """Return what tells whether this still is who was identified ``before``, and no more. Raises AT-305."""
        imei = self._imei(f"{before.firmware.text} before")
        return Numbers(imei, self.device_uuid() if imei == before.imei else None)

    def device_uuid(self) -> DeviceUuid:
        """Return the device's UUID, by which the cloud knows it (%DEVICEUUID); it is made at the first call."""
        return parse_device_uuid(self._tell(_DEVICE_UUID, "tell its UUID", self._timeouts.keygen))

    def access_key(self) -> bytes:
        """Return the public half of the cloud access key (SubjectPublicKeyInfo, DER) (%CLOUDACCESSKEY).

        The module makes the key at the first call, never gives the private half away, and there is only one. AT-104
        where what it says is no P-256 key.
        """
        text = self._tell(_ACCESS_KEY, "tell its cloud access key", self._timeouts.keygen)
        try:
            spki = base64.b64decode(text, validate=True)
            read_p256_spki(spki)
        except ValueError as error:
            raise ODD_REPLY.fault(str(error), command=_ACCESS_KEY.command) from error
        return spki

    def set_clock(self, now: datetime) -> None:
        """Give the modem the time (+CCLK, in UTC) and read it back; AT-244 where it then tells another. Safe to repeat.

        The vendor's guide writes the year with four digits, the modem tells it with two: both are tried.
        """
        told, why = now.astimezone(UTC), ""
        for form in ("%y/%m/%d,%H:%M:%S", "%Y/%m/%d,%H:%M:%S"):
            command = f'AT+CCLK="{told.strftime(form)}+00"'
            reply = self._ask(command, None, self._timeouts.look)
            found = self._told_time()
            if reply.ok and found is not None and abs(found - self._clock.now()) <= _CLOCK_OFF:
                return
            why = f"it answers {reply.verdict.text} and then says {found or 'none'}"
            told = self._clock.now().astimezone(UTC)
        raise CLOCK_REFUSED.fault(why=why)

    def registration_token(self, tenant: str, spki: bytes | None = None) -> RegistrationToken:
        """Return a fresh registration token for the account ``tenant``, verified (%REGJWT). Safe to repeat.

        By the access key ``spki`` (AT-240 where the module tells another now), or by the one that it tells now. The
        clock is set first. Before it the module signs a one-time name in the account's place, so that what is
        known of its key is known from now, and not from a token that somebody kept. Raises CRED-131 to CRED-136.
        """
        spki = spki or self.access_key()
        self.prove_key(0, spki)
        return self._sign(tenant, spki)

    def prove_key(self, sec_tag: int, spki: bytes) -> str:
        """Return how the modem showed that it holds the private half of ``spki``: it signed a one-time name.

        ``sec_tag`` means nothing here: there is one key. Ask for the account's own token behind it, never before.
        AT-240 where the modem's access key is another.
        """
        del sec_tag
        if self.access_key() != spki:
            raise OTHER_KEY.fault("%CLOUDACCESSKEY tells another")
        self.set_clock(self._clock.now())
        self._sign(str(uuid.uuid4()), spki)
        return "a registration token for a one-time account, verified with the cloud access key"

    def _sign(self, tenant: str, spki: bytes) -> RegistrationToken:
        if not _TENANT.fullmatch(tenant):
            raise ValueError(f"{tenant!r} is no account")
        device = self.device_uuid()
        command = f'AT%REGJWT="{tenant}"'
        reply = self._ask(command, _TOKEN, self._timeouts.sign, secret=True)
        self._require_ok(reply, "AT%REGJWT", "sign a registration token")
        found = (_TOKEN.fullmatch(line) for line in reply.lines)
        tokens = {match["same"] or match["next"] for match in found if match and (match["same"] or match["next"])}
        if len(tokens) != 1:
            raise ODD_REPLY.fault(f"{len(tokens)} tokens", command="AT%REGJWT")
        key = read_p256_spki(spki)
        return check_registration_token(tokens.pop(), public_key=key, uuid=device, tenant=tenant, now=self._clock.now())

    def _told_time(self) -> datetime | None:
        reply = self._ask(_CLOCK.command, _CLOCK.answer, self._timeouts.look)
        stamps = [match[1] for line in reply.lines if (match := _CLOCK.answer.fullmatch(line))]
        match = _STAMP.fullmatch(stamps[0]) if len(stamps) == 1 else None
        if match is None:
            return None
        year, month, day, hour, minute, second, zone = (int(part) for part in match.groups())
        try:
            local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            return None
        return local - timedelta(minutes=15 * zone)

    def _imei(self, firmware: str) -> Imei:
        reply = self._ask(questions.IMEI.command, questions.IMEI.answer, self._timeouts.look)
        if not reply.ok and reply.verdict.kind is not VerdictKind.LOST:
            raise NO_IMEI.fault(firmware)
        self._require_ok(reply, questions.IMEI.command, "tell its IMEI")
        return Imei(value_of(reply, questions.IMEI.answer, questions.IMEI.command))

    def _tell(self, question: Question, action: str, timeout: float | None = None) -> str:
        reply = self._channel.take_told(question)
        if reply is None:
            reply = self._ask(question.command, question.answer, timeout or self._timeouts.look)
        self._require_ok(reply, question.command, action)
        return value_of(reply, question.answer, question.command)

    def _do(self, command: str, action: str, timeout: float) -> None:
        self._require_ok(self._ask(command, None, timeout), command, action)

    def _ask(self, command: str, expect: re.Pattern[str] | None, timeout: float, *, secret: bool = False) -> Reply:
        """Ask, and once more where the answer was lost, or nothing of it could be read."""
        for last in (False, True):
            try:
                self._enable_errors()
                reply = self._channel.command(command, timeout=timeout, expect=expect, secret=secret)
            except Fault as fault:
                if last or fault.code not in _TRY_AGAIN:
                    raise
                continue
            if last or not reply.ok or expect is None or reply.lines:
                break
        return reply

    def _enable_errors(self) -> None:
        """Have the modem say why it refuses (+CMEE=1; off after every start)."""
        if self._errors_since != self._channel.restarts:
            self._require_ok(self._channel.command("AT+CMEE=1", timeout=self._timeouts.look), "AT+CMEE=1", "say errors")
            self._errors_since = self._channel.restarts

    def _require_ok(self, reply: Reply, command: str, action: str) -> None:
        if not reply.ok:
            raise refusal_of(reply.verdict, command=command, action=action, framing=self._channel.framing.name)
