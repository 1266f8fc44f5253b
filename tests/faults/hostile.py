"""Everything that reads bytes from outside, as functions of bytes: what a fuzzer calls, and what may come of it.

A target may return anything or raise what it declares: a fault of a room, never a bug of ours, never another
exception. Time and memory are bounded by whoever drives it. Here: devices, tokens, the cloud, settings, images; in
:mod:`tests.faults.hostile_files` what lies in files and comes to the engine's door.
"""

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

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
from station.devices.nrfjprog_worker import read_progress
from station.devices.nrfutil_messages import Transcript, devices_of, find_text, ports_of
from station.domain.faults import Bug, Fault
from station.domain.ids import DeviceId, DeviceUuid
from station.domain.line import ChipFamily
from station.domain.modem import CredentialType
from station.domain.secret import Secret
from station.host.strict_json import read_strict_json
from station.journal.notes import parse_checkpoint
from station.settings.loading import load_fixture, load_recipe
from station.settings.reading import load_station
from station.settings.slot_text import change_slot
from tests.faults.hostile_clouds import cloud_targets
from tests.faults.hostile_devices import Babble, device_targets, nothing
from tests.faults.hostile_files import file_targets
from tests.faults.hostile_forms import NOON, OUTSIDE, ROOT, Leap, Target, files, given, recorded, text

__all__ = ["Target", "targets"]

_DEVICE: Final = DeviceId("nrf-352656100000001")
_UUID: Final = DeviceUuid("50503041-3539-3437-8022-121b64016270")
"""Of the modem whose answers are among the inputs."""


_POLITE: Final = (
    (b"AT+CGMI", b"Nordic Semiconductor ASA"),
    (b"AT+CGMM", b"nRF9151-LACA"),
    (b"AT%HWVERSION", b"%HWVERSION: nRF9151 LACA A0A"),
    (b"AT+CMEE=1", b""),
    (b"AT+CFUN=4", b""),
)


def _polite(data: bytes, prompt: bytes) -> bytes | None:
    """Answer as a modem does what only gets the talk going, so that the fuzzer's bytes answer the question itself."""
    said = next((answer for question, answer in _POLITE if question in data), None)
    return None if said is None else b"\r\n" + said + b"\r\nOK\r\n" + prompt


_QUESTIONS: Final[tuple[Callable[[Modem], object], ...]] = (
    lambda modem: modem.connect(1.0),
    lambda modem: modem.identify(),
    lambda modem: modem.list_credentials(),
    lambda modem: modem.delete_credential(42, CredentialType.CLIENT_KEY),
    lambda modem: modem.generate_key(42, _DEVICE),
    lambda modem: modem.read_credential(42, CredentialType.CLIENT_CERT),
    lambda modem: modem.sign_jwt(42, audience="aud"),
    lambda modem: modem.attestation_token(),
    lambda modem: modem.power_off(),
    lambda modem: modem.write_credential(42, CredentialType.ROOT_CA, "a\nb"),
)


def talk(data: bytes, framing: AtHost | AtShell) -> None:
    """Ask a babbling modem what the line asks; the first byte says what comes first, and whether it is polite."""
    clock, first = Leap(), data[0] if data else 0
    answer = partial(_polite, prompt=b"uart:~$ " if framing.shell else b"") if first & 0x80 else nothing
    port = Babble(data[1:], clock, answer)
    modem = Modem(Channel(port, framing, clock, patience=1.0))
    for number in range(1 + bool(first & 0x40)):  # the second is asked in whatever state the first one left
        try:
            _QUESTIONS[(first + number) % 0x40 % len(_QUESTIONS)](modem)
        except Bug:
            raise
        except Fault:
            pass


def _pieces(first: int, *answers: str) -> bytes:
    parts = (bytes([min(255, len(answer))]) + answer.encode("latin-1")[:255] for answer in answers)
    return bytes([first]) + b"".join(parts)


def _cloud(data: bytes) -> None:
    status, body = 200 + int.from_bytes(data[:2], "big") % 400, data[2:]
    headers = {"retry-after": body[:20].decode("latin-1"), "date": body[-30:].decode("latin-1")}
    reply = Reply(status, headers, body)
    read_look(reply, NOON, Secret("a secret"))
    read_send(reply, NOON, Secret("a secret"))
    for read in (read_account, read_accepted, read_operation, read_page, says_absent):
        read(reply)
    is_device(reply, "nrf-351358811120340")


def _nrfutil(data: bytes) -> None:
    told = Transcript("1050900144")
    for line in data.split(b"\n"):
        told.take(line)
    for device in devices_of(told.payloads):
        ports_of(device)
    find_text(told.payloads, "jlinkObFirmwareVersion")


def _hex(data: bytes) -> str:
    """Return a HEX file with these bytes at 0."""
    rows = []
    for at in range(0, len(data), 16):
        row = bytes([len(data[at : at + 16])]) + at.to_bytes(2, "big") + b"\0" + data[at : at + 16]
        rows.append(f":{row.hex()}{-sum(row) % 256:02x}".upper())
    return "\n".join([*rows, ":00000001FF", ""])


_STARTS: Final = bytes.fromhex("00000420090000000000000000000000") * 2
"""A stack in the RAM, a start within what is there."""


def _package(name: str = "91x1_ipc_dfu_signed_1.0.0.ihex") -> bytes:
    memory, hexadecimal = io.BytesIO(), _hex(_STARTS)
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        digest = "SHA256 of all ranges in ascending address order: " + "0" * 64
        archive.writestr("firmware.update.image.digest.txt", digest)
        archive.writestr("firmware.update.image.segments.0.hex", hexadecimal)
        archive.writestr(name, hexadecimal)
    return memory.getvalue()


_BULK = json.dumps(
    {"bulkOpsRequestId": "01HXYZABCDEFGHJKMNPQRSTVWX", "status": "SUCCEEDED", "endpoint": "/v1/devices"}
).encode()
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


_CBOR: Final = (b"\xa1\x01\x26", b"\x82\x43abc\x1a\x00\x01\x00\x00", b"\x9f\x01\xff")


def _answers() -> tuple[bytes, ...]:
    keygen, token = given("keygen.txt").decode(), given("jwt.txt").decode()
    polite = {
        1: ("mfw_nrf91x1_2.0.2\r\nOK\r\n", '+CGSN: "351358811120340"\r\nOK\r\n'),
        2: ('%CMNG: 42,0,"' + "AB" * 32 + '"\r\nOK\r\n',),
        3: ("+CME ERROR: 513\r\n",),
        4: (f'%KEYGEN: "{keygen[:200]}', f'{keygen[200:400]}"\r\nOK\r\n'),
        5: ('%CMNG: 42,1,"' + "AB" * 32 + '","-----BEGIN', ' X-----\n"\r\nOK\r\n'),
        6: (f'%JWT: "{token}"\r\nOK\r\n',),
        7: ('%ATTESTTOKEN: "2dn3.abc"\r\nOK\r\n',),
        8: ("%XVBAT: 3700\r\nOK\r\n",),
        9: ("OK\r\n",),
    }
    rude = _pieces(0x40, "\r\nOK\r\n", "Nordic Semiconductor ASA\r\nOK\r\n", "*** Booting Zephyr ***\r\n", "Ready\r\n")
    return (rude, *(_pieces(0x80 + number, *answers) for number, answers in polite.items()))


def targets() -> tuple[Target, ...]:
    """Return every reader of what comes from outside."""
    return (*_of_devices(), *device_targets(), *_of_the_cloud(), *cloud_targets(), *_of_settings(), *file_targets())


def _of_devices() -> tuple[Target, ...]:
    keygen = (given("keygen.txt"), *recorded("keygen_csr", "keygen_pubkey", "keygen_csr_bad"))
    listing = recorded("cmng_list", "cmng_list_one", "cmng_list_bad")
    certificate = (ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_bytes()
    key = load_der_public_key(given("jwt.spki"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    talks = (*_answers(), *(_pieces(0x82, *one.decode("latin-1").splitlines(keepends=True)) for one in listing))
    return (
        Target("keygen", text(read_keygen), keygen),
        Target(
            "keygen-checked",
            text(lambda answer: check_keygen(answer, device_id=_DEVICE, uuid=_UUID, sec_tag=16842753)),
            keygen,
        ),
        Target("attestation", text(read_attestation), (given("attestation.txt"), *recorded("attesttoken"))),
        Target(
            "cbor", read_cbor, (b"\xa1\x01\x26", b"\x82\x43abc\x1a\x00\x01\x00\x00", b"\x9f\x01\xff"), (ValueError,)
        ),
        Target("cose", read_sign1, (given("cose.bin"),), (ValueError,)),
        Target("csr", read_csr, (given("csr.der"),)),
        Target(
            "jwt",
            text(lambda token: check_device_jwt(token, public_key=key, audience="aud", now=NOON)),
            (given("jwt.txt"),),
        ),
        Target("pem", text(read_certificates), (certificate, certificate * 2)),
        Target("at-host", lambda data: talk(data, AtHost()), talks, share=0.5, takes_all=True),
        Target("at-shell", lambda data: talk(data, AtShell()), talks, share=0.5, takes_all=True),
        Target("nrfutil", _nrfutil, (_NRFUTIL,), (ValueError,), takes_all=True),
        Target(
            "nrfjprog-log",
            text(read_progress),
            (b'x {"progress": {"progressPercentage": 50, "step": 1, "amountOfSteps": 2}}',),
            takes_all=True,
        ),
        Target("application-image", lambda data: check_application(data, OUTSIDE), (_hex(_STARTS).encode(),)),
        Target(
            "modem-package",
            lambda data: check_package(data, "mfw_nrf91x1_2.0.2.zip", OUTSIDE, ChipFamily.NRF91X1),
            (_package(), _package("manifest.json")),
        ),
    )


def _of_the_cloud() -> tuple[Target, ...]:
    new, old = b'{"errors": ["[0]: no", "[3]: no"]}', rb'"Number of errors: 2 (1-based)]: {\"bad\":[1,4]}."'
    return (
        Target(
            "cloud",
            _cloud,
            (b"\0\0" + _BULK, b"\0\1" + new, b"\1\0" + b'{"message": "x", "code": 1}'),
            takes_all=True,
        ),
        Target("error-file", lambda data: read_errors(data, 1000), (new, old), takes_all=True),
        Target("json", read_strict_json, (b'{"a": [1, 2.5, null, "x"]}', b"[" * 40), (ValueError,)),
        Target(
            "checkpoint",
            lambda data: parse_checkpoint(data.decode("utf-8", "replace")),
            (b"log\n3\n" + b"A" * 43 + b"=\n\n",),
            (ValueError,),
        ),
    )


def _of_settings() -> tuple[Target, ...]:
    recipes = ROOT / "config" / "recipes" / "outside.toml"  # what a recipe pins lies beside it
    return (
        Target(
            "station-file",
            lambda data: load_station(ROOT / "config" / "outside.toml", data),
            files("config/station.toml"),
            share=0.2,
        ),
        Target("recipe", lambda data: load_recipe(recipes, data), files("config/recipes/*.toml"), share=0.1),
        Target(
            "fixture",
            lambda data: load_fixture(OUTSIDE, data, data=OUTSIDE),
            files("fixtures/*/fixture.toml"),
            share=0.3,
        ),
        Target(
            "slot-text",
            text(lambda toml: change_slot(toml, 1, {"port": "/dev/ttyACM1", "probe": None}, OUTSIDE)),
            files("fixtures/*/fixture.toml"),
            share=0.3,
        ),
    )
