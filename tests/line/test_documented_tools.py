"""The commands of the engineer's page about tools do what it says: each is run, as it stands there."""

import re
import shlex
import subprocess
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from station.devices.at_host import AtHost
from station.devices.channel import Channel
from station.devices.modem import Modem
from station.devices.ports import PortSettings, open_port
from station.domain.modem import CredentialType
from station.host.files import replace_file
from tests.line.harness import ROOT, Line
from tests.line.processes import STATION, child_environment
from tests.line.truth import TAG, held

WITHOUT_STATION = ("jwt service-token", "token parse")
SIGNED = ("credentials delete", "cloud certificate", "cloud delete")


def documented() -> list[list[str]]:
    """The words of every command line in the section, in their order."""
    page = (ROOT / "docs" / "engineer.md").read_text(encoding="utf-8")
    section = page.partition("\n## Tools for one device\n")[2].partition("\n## ")[0]
    return [
        shlex.split(line, comments=True) for line in re.findall(r"^    python3 start\.py (.+)$", section, re.MULTILINE)
    ]


def test_every_documented_command_does_what_it_says(line: Line) -> None:
    boards = [line.bench.insert_described(slot, {"serial": f"B{slot}"}) for slot in (1, 2)]
    line.bench.remove(2)
    line.run(1)
    line.bench.insert(2, line.bench.board("B2"))
    _prepare(line)
    ran = []
    for words in documented():
        code, shown, errors = _run(line, words, str(boards[0]["uuid"]))
        assert code == 0, f"{' '.join(words)}: {shown} {errors}"
        ran.append(" ".join(words[:2]))
    assert set(ran) == {
        *("credentials list", "credentials delete", "jwt create", "jwt verify", "jwt service-token"),
        *("cloud device", "cloud assistance", "cloud certificate", "cloud delete", "token parse"),
    }
    assert (line.folder / "made" / "dev-1.key.pem").exists()
    assert held(line, "B2") == {}
    assert line.cloud_truth()["leaks"] == []


def _run(line: Line, words: list[str], device_id: str) -> tuple[int, str, str]:
    """Run one, as a shell would in the station's folder, for the device of that ID."""
    source = target = None
    while len(words) > 2 and words[-2] in ("<", ">"):
        if words[-2] == "<":
            source = line.folder / words[-1]
        else:
            target = line.folder / words[-1]
        words = words[:-2]
    name = " ".join(words[:2])
    more = [] if name in WITHOUT_STATION else ["--station", str(line.station_file)]
    more += ["--sign-in", str(line.sign_in_file("edith"))] if name in SIGNED else []
    command = [*STATION, *(device_id if word == "ID" else word for word in words), *more]
    done = subprocess.run(
        command,
        cwd=line.folder,
        env=child_environment({}),
        input=source.read_bytes() if source else b"",
        capture_output=True,
        timeout=60,
        check=False,
    )
    if target:
        replace_file(target, done.stdout)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def _prepare(line: Line) -> None:
    """Put what the page calls "yours" into the station's folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    for name in ("key.pem", "service.pem"):
        replace_file(line.folder / name, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    replace_file(line.folder / "code", b"a-code-1234")
    point = line.bench.board("B1").identity.spki[-65:]
    identity = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    _write_public(line.folder / "identity.pem", identity)
    with closing(_modem(line, 1)) as modem:
        replace_file(line.folder / "attestation", modem.attestation_token().encode())
    with closing(_modem(line, 2)) as modem:
        root = (ROOT / "config" / "roots" / "amazon-root-ca-1.pem").read_text(encoding="ascii")
        modem.write_credential(TAG, CredentialType.ROOT_CA, root)


def _modem(line: Line, slot: int) -> Modem:
    modem = Modem(Channel(open_port(PortSettings(line.bench.port_address(slot)), line.clock), AtHost(), line.clock))
    modem.connect(5)
    return modem


def _write_public(path: Path, key: ec.EllipticCurvePublicKey) -> None:
    replace_file(path, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
