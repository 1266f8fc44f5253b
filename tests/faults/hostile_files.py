"""What lies in files, and what comes to the engine's door, as functions of bytes: see :mod:`tests.faults.hostile`."""

import hashlib
import json
import os
import textwrap
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from station.ca.backup import read_facts
from station.ca.folder import read_files, read_former
from station.credentials.pem import read_certificates
from station.doctor.udev import parse_rules
from station.domain.faults import Fault
from station.domain.ids import BatchId, SlotNumber, UnitId
from station.domain.secret import Secret
from station.engine.commands import Arm, Export, Request, Scan, SignIn
from station.engine.pushes import Beat
from station.engine.results import Answer, Failed
from station.engine.whereabouts import Whereabouts, read_whereabouts, write_whereabouts
from station.engine.wire import (
    GREETING,
    LONGEST,
    BeyondLimitsError,
    decode_reply,
    decode_request,
    encode_answer,
    encode_push,
    encode_request,
)
from station.evidence.backup_archive import PEOPLE
from station.evidence.forms import Broken
from station.evidence.story import read_authorities
from station.host.local_socket import LocalConnection, admit, greet
from station.host.redaction import Redactor
from station.host.secrets import FileSecret, resolve_secret
from station.line.serials import SerialRange
from station.people.roll import People, skip_numbers
from station.settings.pinned import read_root
from station.settings.recipe import DeviceIdRule
from station.signing_in import read_sign_in
from tests.faults.hostile_evidence import evidence_targets
from tests.faults.hostile_forms import (
    ROOT,
    Leap,
    Target,
    backed_up,
    in_folder,
    private,
    text,
)

_KEY: Final = bytes(range(32))


# --- The CA, people, secrets ------------------------------------------------------------------------------------------


def _authority(folder: Path, data: bytes) -> None:
    """Read a CA's folder in which one certificate is ``data``, and the description fits it: a wizard was led there."""
    genuine = backed_up()
    which = ("root", "line")[data[0] & 1] if data else "root"
    lines = textwrap.wrap(b64encode(data[1:]).decode("ascii"), 64)
    pem = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
    described = json.loads(genuine["ca/ca.json"]) | {f"{which}_sha256": hashlib.sha256(data[1:]).hexdigest()}
    for name in ("root", "line"):
        (folder / f"{name}.pem").write_bytes(pem.encode() if name == which else genuine[f"ca/{name}.pem"])
    (folder / "ca.json").write_text(json.dumps(described), encoding="utf-8")
    former = folder / "former"
    former.mkdir()
    (former / "one.pem").write_text(pem, encoding="utf-8")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: read_facts(folder),
        lambda: read_former(folder),
        lambda: read_authorities(pem, ()),
        lambda: read_root(folder / f"{which}.pem", hashlib.sha256(pem.encode()).hexdigest()),  # type: ignore[arg-type]
    )
    for attempt in attempts:
        try:
            attempt()
        except (Fault, Broken):
            pass
        except ValueError as error:
            if attempt is not attempts[-1]:  # what a recipe pins is looked at while pydantic listens
                raise AssertionError(repr(error)) from error


def _ca(folder: Path, data: bytes) -> None:
    for number, part in enumerate(data.split(b"\0", 2)):
        (folder / ("ca.json", "root.pem", "line.pem")[number]).write_bytes(part)
    read_files(folder)


def _people(path: Path) -> None:
    content = path.read_bytes()
    people = People(path.parent, Leap())
    for person in people.all:
        people.whose(person.name or "")
    for person in people.all[:3]:
        try:
            people.disable(person.id)
        except Fault as fault:
            if fault.code.startswith("HOST"):
                raise AssertionError(fault) from fault
    skip_numbers(content, path, 100)


# --- The engine's door ------------------------------------------------------------------------------------------------


def _door(data: bytes) -> None:
    """Knock at the engine's door, and at a face's, with bytes of which nobody knows what they are."""
    for meet in (admit, greet):
        here, there = os.pipe(), os.pipe()
        with (
            open(here[1], "wb", closefd=True) as says,  # noqa: PTH123 -- a descriptor
            open(there[0], "rb", closefd=True),  # noqa: PTH123 -- a descriptor
            closing(_Both(here[0], there[1])) as both,
        ):
            says.write(data[:60_000])
            says.close()
            connection = LocalConnection(both, None)
            try:
                meet(connection, _KEY, GREETING)
            except (OSError, EOFError):
                continue


class _Both:
    """Two pipes as one connection."""

    def __init__(self, read: int, write: int) -> None:
        self._in, self._out = Connection(read, writable=False), Connection(write, readable=False)

    def send_bytes(self, buf: bytes) -> None:
        self._out.send_bytes(buf)

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        return self._in.recv_bytes(maxlength)

    def poll(self, timeout: float | None = 0.0) -> bool:
        return self._in.poll(timeout)

    def close(self) -> None:
        self._in.close()
        self._out.close()


def _frames(data: bytes) -> None:
    """Read frames as the engine does, until the other side is gone or says too much at once."""
    read, write = os.pipe()
    with open(write, "wb", closefd=True) as says:  # noqa: PTH123 -- a descriptor
        says.write(data[:60_000])
    with closing(Connection(read, writable=False)) as plain:
        connection = LocalConnection(plain, None)
        while True:
            try:
                message = connection.receive(LONGEST)
            except (OSError, EOFError):
                return
            with suppress(Fault, BeyondLimitsError):
                decode_request(message)


def _whereabouts(folder: Path, data: bytes) -> None:
    path = folder / "engine.json"
    path.write_bytes(data.replace(b"FOLDER", str(folder.resolve()).encode()))
    path.chmod(0o600)
    found = read_whereabouts(folder)
    if found is None:
        raise Broken("nothing says where an engine is")
    os.fsencode(found.address)  # what everybody does with it
    write_whereabouts(folder, found)
    if read_whereabouts(folder) != found:
        raise AssertionError(found)


def _written_whereabouts() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        write_whereabouts(path, Whereabouts("/run/x", _KEY, 77, "2026-01-01T00:00:00+00:00"))
        return (path / "engine.json").read_bytes().replace(str(path.resolve()).encode(), b"FOLDER")


def _requests() -> tuple[bytes, ...]:
    commands = (
        Arm(batch=BatchId("B"), product="p", quantity=3, reason="r"),
        SignIn(who="a", pin=Secret("582914")),
        Scan(slot=SlotNumber(1), label="A1"),
        Export(folder="/x", units=(UnitId(1), UnitId(2)), forms=("bundle",)),
    )
    return tuple(encode_request(Request(number=7, command=command)) for command in commands)


def _framed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


# --- All of it --------------------------------------------------------------------------------------------------------


def file_targets() -> tuple[Target, ...]:
    """Return the readers of files, and of the engine's door."""
    return (*evidence_targets(), *_of_folders(), *_of_the_engine())


def _of_folders() -> tuple[Target, ...]:
    genuine = backed_up()
    ders = [b"\0" + _der(genuine["ca/root.pem"]), b"\1" + _der(genuine["ca/line.pem"])]
    ders.append(b"\0" + _der((ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_bytes()))
    rule = DeviceIdRule(scheme="serial", pattern="[A-Z0-9-]{4,20}")
    rules = (ROOT / "packaging").rglob("*.rules")
    return (
        Target("people", private("people.json", _people), (genuine[PEOPLE],), share=0.2),
        Target(
            "ca-folder",
            in_folder(_ca),
            (_together(genuine),),
            share=0.3,
        ),
        Target("ca-certificate", in_folder(_authority), tuple(ders), longest=2048, share=0.3, takes_all=True),
        Target("sign-in-file", private("sign-in", read_sign_in), (b"Ann\n582914\n",), share=0.5),
        Target(
            "secret-file",
            private("secret", lambda path: resolve_secret(FileSecret(path), "it", redactor=Redactor())),
            (b"correct horse\n",),
            share=0.5,
        ),
        Target(
            "udev-rules",
            text(lambda rules: parse_rules("x", rules)),
            tuple(one.read_bytes() for one in rules),
            takes_all=True,
        ),
        Target("serial-range", text(lambda said: SerialRange.read(said, rule, "p")), (b"SN-0001..SN-0100",)),
        Target("label", text(rule.read_label), (b"SN-0001",)),
    )


def _together(genuine: dict[str, bytes]) -> bytes:
    return b"\0".join(genuine[f"ca/{name}"] for name in ("ca.json", "root.pem", "line.pem"))


def _der(pem: bytes) -> bytes:
    return read_certificates(pem.decode())[0].public_bytes(Encoding.DER)


def _of_the_engine() -> tuple[Target, ...]:
    requests = _requests()
    replies = (
        encode_answer(Answer(number=7, result=Failed(code="A-1", sentence="no", detail=""))),
        encode_push(Beat(at="2026-01-01T00:00:00+00:00", idle_seconds=None)),
    )
    return (
        Target("engine-request", decode_request, requests, (Fault, BeyondLimitsError)),
        Target("engine-reply", decode_reply, replies),
        Target("engine-frames", _frames, tuple(_framed(one) * 2 for one in requests), share=0.5, takes_all=True),
        Target("engine-door", _door, (_framed(GREETING + bytes(32)), _framed(bytes(64))), share=0.5, takes_all=True),
        Target("engine-whereabouts", in_folder(_whereabouts), (_written_whereabouts(),), (Fault, Broken), share=0.2),
    )
