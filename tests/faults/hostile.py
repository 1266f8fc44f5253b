"""Everything that reads bytes from outside, as functions of bytes: what a fuzzer calls, and what may come of it.

A target may return anything or raise what it declares: a fault of a room, never a bug of ours, never another
exception. Time and memory are bounded by whoever drives it.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from station.ca.folder import read_files
from station.cloud.errors import read_errors
from station.cloud.replies import read_look, read_send
from station.cloud.team_answers import is_device, read_accepted, read_account, read_operation, read_page, says_absent
from station.cloud.wire import Reply
from station.credentials.attestation import read_attestation
from station.credentials.checks import check_keygen
from station.credentials.cose import read_cbor, read_sign1
from station.credentials.csr import read_csr
from station.credentials.jwt import check_device_jwt
from station.credentials.keygen import read_keygen
from station.credentials.pem import read_certificates
from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.image_application import check_application
from station.devices.image_modem import check_package
from station.devices.modem import Modem
from station.devices.nrfutil_messages import Transcript, devices_of, find_text, ports_of
from station.domain.faults import Bug, Fault
from station.domain.ids import DeviceId, DeviceUuid
from station.domain.line import ChipFamily
from station.domain.modem import CredentialType
from station.domain.secret import Secret
from station.evidence.forms import Broken
from station.evidence.verifier import verify_bundle
from station.host.strict_json import read_strict_json
from station.journal.notes import parse_checkpoint
from station.people.roll import People
from station.settings.loading import load_fixture, load_recipe, load_station

ROOT: Final = Path(__file__).parents[2]
NOON: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
_KEY: Final = ec.derive_private_key(7, ec.SECP256R1()).public_key()
_PATH: Final = Path("outside")


@dataclass(frozen=True, slots=True)
class Target:
    """One reader. ``read`` ends by returning, or by one of ``declared``; ``seeds`` are whole inputs to begin with."""

    name: str
    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    declared: tuple[type[BaseException], ...] = (Fault,)
    longest: int = 8192

    def check(self, data: bytes) -> bool:
        """Read ``data``; return whether it was taken, False where it was refused as declared. Raises anything else."""
        try:
            self.read(data)
        except Bug:
            raise
        except self.declared:
            return False
        return True


class Leap:
    """A clock on which no wait takes any time, as the wall sees it: deadlines pass as soon as nothing comes."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def wait(self, event: Event, seconds: float) -> bool:
        self._seconds += max(seconds, 0.001)
        return event.is_set()

    def pass_by(self, seconds: float) -> None:
        """Let time go on."""
        self._seconds += seconds


class Babble:
    """A port at which somebody says all of ``data``, a piece at every reading, whatever is asked."""

    address = "port"

    def __init__(self, data: bytes, clock: Leap) -> None:
        self._rest, self._clock = data, clock

    def read_some(self) -> bytes:
        piece = self.read_waiting()
        if not piece:
            self._clock.pass_by(0.05)
        return piece

    def read_waiting(self) -> bytes:
        # The first byte of a piece says how long it is: where an answer ends is the fuzzer's to choose.
        size = 1 + self._rest[0] if self._rest else 0
        piece, self._rest = self._rest[1:size], self._rest[size:]
        return piece

    def write(self, data: bytes) -> None:
        pass

    def close(self) -> None:
        pass


def talk(data: bytes, framing: AtHost | AtShell) -> None:
    """Ask a babbling modem everything that the line asks; each question stands for itself."""
    clock = Leap()
    modem = Modem(Channel(Babble(data, clock), framing, clock, patience=1.0))
    questions: tuple[Callable[[], object], ...] = (
        lambda: modem.connect(1.0),
        modem.identify,
        modem.list_credentials,
        lambda: modem.delete_credential(42, CredentialType.CLIENT_KEY),
        lambda: modem.generate_key(42, DeviceId("nrf-351358811120340")),
        lambda: modem.read_credential(42, CredentialType.CLIENT_CERT),
        lambda: modem.sign_jwt(42, audience="aud"),
        modem.attestation_token,
        modem.supply_millivolts,
        modem.power_off,
    )
    for question in questions:
        try:
            question()
        except Bug:
            raise
        except Fault:
            pass


def _pieces(*answers: str) -> bytes:
    return b"".join(bytes([min(255, len(answer))]) + answer.encode("latin-1")[:255] for answer in answers)


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("latin-1"))


def _cloud(data: bytes) -> None:
    status, body = 200 + int.from_bytes(data[:2], "big") % 400, data[2:]
    headers = {"retry-after": body[:20].decode("latin-1"), "date": body[-30:].decode("latin-1")}
    reply = Reply(status, headers, body)
    read_look(reply, NOON, Secret("a secret"))
    read_send(reply, NOON, Secret("a secret"))
    for read in (read_account, read_accepted, read_operation, read_page, says_absent):
        read(reply)
    is_device(reply, "nrf-351358811120340")
    read_errors(body, 1000)


def _nrfutil(data: bytes) -> None:
    told = Transcript("1050900144")
    for line in data.split(b"\n"):
        told.take(line)
    for device in devices_of(told.payloads):
        ports_of(device)
    find_text(told.payloads, "jlinkObFirmwareVersion")


def _bundle(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        path.write_bytes(data)
        verify_bundle(path)


def _people(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.json"
        path.write_bytes(data)
        path.chmod(0o600)
        People(Path(folder), Leap())


def _ca(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        for number, part in enumerate(data.split(b"\0", 2)):
            (Path(folder) / ("ca.json", "root.pem", "line.pem")[number]).write_bytes(part)
        read_files(Path(folder))


def _recorded(*kinds: str) -> tuple[bytes, ...]:
    samples = json.loads((ROOT / "fixtures" / "recorded" / "modem-output.json").read_text(encoding="utf-8"))
    return tuple(one["text"].encode("latin-1") for one in samples if one["kind"] in kinds)


def _package() -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "firmware.update.image.digest.txt", "SHA256 of all ranges in ascending address order: " + "0" * 64
        )
        archive.writestr("firmware.update.image.segments.0.hex", ":020000040005F5\n:00000001FF\n")
        archive.writestr("91x1_ipc_dfu_signed_1.0.0.ihex", ":020000040005F5\n:00000001FF\n")
    return memory.getvalue()


def _files(*patterns: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern)))


_HEX = b":020000040000FA\n:10000000000004200101000000000000000000000000000000CA\n:00000001FF\n"
_TOKEN = b"eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJhdWQiLCJpc3MiOiJuUkY5MSJ9." + b"A" * 86
_BULK = json.dumps({"bulkOpsRequestId": "01HXYZ", "status": "SUCCEEDED", "endpoint": "/v1/devices"}).encode()
_NRFUTIL = b"".join(
    json.dumps(line).encode() + b"\n"
    for line in (
        {
            "type": "task_begin",
            "data": {"task": {"id": "1", "description": "x", "data": {"serialNumber": "1050900144"}}},
        },
        {"type": "task_progress", "data": {"progress": {"progressPercentage": 50, "step": 1, "amountOfSteps": 2}}},
        {"type": "task_end", "data": {"result": "fail", "error": {"code": 24, "description": "Protected"}}},
        {
            "type": "info",
            "data": {"devices": [{"serialNumber": "1", "serialPorts": [{"comName": "/dev/ttyACM0", "vcom": 0}]}]},
        },
    )
)
_ANSWERS = _pieces(
    "\r\nOK\r\n",
    "\r\n351358811120340\r\nOK\r\n",
    '%CMNG: 42,0,"' + "AB" * 32 + '"\r\nOK\r\n',
    '%KEYGEN: "abc.def"\r\nOK\r\n',
    "+CME ERROR: 514\r\n",
)


def targets() -> tuple[Target, ...]:
    """Return every reader of what comes from outside."""
    keygen = _recorded("keygen_csr", "keygen_pubkey", "keygen_csr_bad")
    listing = _recorded("cmng_list", "cmng_list_one", "cmng_list_bad")
    uuid, device = DeviceUuid("50363154-3932-44f0-8022-121b6401627d"), DeviceId("nrf-351358811120340")
    certificate = (ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_bytes()
    return (
        Target("keygen", _text(read_keygen), keygen),
        Target(
            "keygen-checked", _text(lambda text: check_keygen(text, device_id=device, uuid=uuid, sec_tag=42)), keygen
        ),
        Target("attestation", _text(read_attestation), _recorded("attesttoken")),
        Target(
            "cbor", read_cbor, (bytes.fromhex("d9d9f785085050363154"), b"\x9f\x01\xff", b"\xa1\x01\x26"), (ValueError,)
        ),
        Target(
            "cose", read_sign1, (bytes.fromhex("d28443a10126a10441215802") + b"ab\x58\x40" + bytes(64),), (ValueError,)
        ),
        Target("csr", read_csr, (bytes.fromhex("3082010a3081af020100302f312d302b06035504030c24"),)),
        Target("jwt", _text(lambda text: check_device_jwt(text, public_key=_KEY, audience="aud", now=NOON)), (_TOKEN,)),
        Target("pem", _text(read_certificates), (certificate, certificate * 2)),
        Target(
            "at-host",
            lambda data: talk(data, AtHost()),
            (_ANSWERS, *(_pieces(one.decode("latin-1")) for one in listing)),
        ),
        Target("at-shell", lambda data: talk(data, AtShell()), (_ANSWERS,)),
        Target(
            "cloud",
            _cloud,
            (b"\0\0" + _BULK, b"\0\1" + b'{"errors": ["[0]: no"]}', b"\1\0" + b'{"message": "x", "code": 1}'),
        ),
        Target("json", read_strict_json, (b'{"a": [1, 2.5, null, "x"]}', b"[" * 40), (ValueError,)),
        Target("nrfutil", _nrfutil, (_NRFUTIL,), (ValueError,)),
        Target("station-file", lambda data: load_station(_PATH, data), _files("config/station.toml")),
        Target("recipe", lambda data: load_recipe(_PATH, data), _files("config/recipes/*.toml")),
        Target("fixture", lambda data: load_fixture(_PATH, data, data=_PATH), _files("fixtures/*/fixture.toml")),
        Target("application-image", lambda data: check_application(data, _PATH), (_HEX,)),
        Target(
            "modem-package",
            lambda data: check_package(data, "mfw_nrf91x1_2.0.2.zip", _PATH, ChipFamily.NRF91X1),
            (_package(),),
        ),
        Target(
            "checkpoint",
            lambda data: parse_checkpoint(data.decode("utf-8", "replace")),
            (b"log\n3\n" + b"A" * 43 + b"=\n\n",),
            (ValueError,),
        ),
        Target("bundle", _bundle, (_package(),), (Broken,)),
        Target("people", _people, (b'{"version": 1, "salt": "00", "next": 1, "people": []}',)),
        Target("ca-folder", _ca, (b'{"name": "x"}\0' + certificate + b"\0" + certificate,)),
    )
