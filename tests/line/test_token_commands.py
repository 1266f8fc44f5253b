"""``station token parse``: any text of a modem, explained by a command that needs no station."""

import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.devices.at_host import AtHost
from station.devices.channel import Channel
from station.devices.modem import Modem
from station.devices.ports import PortSettings, open_port
from station.host.files import replace_file
from tests.line.harness import ROOT, Line
from tests.line.processes import STATION, call, child_environment

SAMPLES = json.loads((ROOT / "fixtures" / "recorded" / "modem-output.json").read_text(encoding="utf-8"))
KEYGEN, CHANGED, CUT = (
    next(one for one in SAMPLES if one["kind"] == kind and one.get("notes", "").startswith("NEGATIVE") == negative)
    for kind, negative in (("keygen_csr", False), ("keygen_csr", True), ("keygen_csr_bad", True))
)


def identity_file(folder: Path, key: ec.EllipticCurvePublicKey) -> Path:
    path = folder / "identity.pem"
    replace_file(path, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def test_a_genuine_text_is_explained_line_by_line() -> None:
    code, shown, errors = call("token", "parse", KEYGEN["text"])
    assert (code, errors) == (0, "")
    for part in (
        "certificate request (%KEYGEN",
        KEYGEN["parsed"]["subject"],
        "digital signature, content commitment, key encipherment, key agreement",
        f"{KEYGEN['parsed']['sha256']}, as the COSE payload says",
        "not verified",
        "-----BEGIN CERTIFICATE REQUEST-----",
        "-----BEGIN PUBLIC KEY-----",
    ):
        assert part in shown


def test_what_must_not_be_believed_ends_with_1_and_what_can_not_be_read_with_4() -> None:
    code, shown, errors = call("token", "parse", CHANGED["text"])
    assert code == 1
    assert "NOT as the COSE payload says" in shown
    assert errors.startswith("Not to be believed: the COSE payload vouches for ")
    assert (*call("token", "parse", CUT["text"])[:2],) == (4, "")
    code, shown, errors = call("token", "parse", "gibberish!")
    assert (code, shown, errors[:8]) == (4, "", "CRED-151")
    assert call("token", "parse")[0] == 2


def test_json_has_all_of_it() -> None:
    code, shown, _ = call("token", "parse", KEYGEN["text"], "--json")
    found = json.loads(shown)
    assert code == 0
    assert (found["sec_tag"], found["digest_matches"]) == (KEYGEN["parsed"]["cose"]["sectag"], True)
    assert found["request"]["own_signature"] is True
    assert found["request"]["subject"] == KEYGEN["parsed"]["subject"]


@pytest.mark.parametrize("profile", ["nrf9160", "nrf9151"])
def test_a_connected_modems_own_attestation_is_verified_by_its_identity_key(
    line: Line, tmp_path: Path, profile: str
) -> None:
    line.bench.insert_described(1, {"serial": "B1", "profile": profile})
    modem = Modem(Channel(open_port(PortSettings(line.bench.port_address(1)), line.clock), AtHost(), line.clock))
    try:
        modem.connect(5)
        token = modem.attestation_token()
        uuid = modem.identify().uuid
    finally:
        modem.close()
    identity = line.bench.board("B1").identity
    own = identity_file(tmp_path, ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), identity.spki[-65:]))
    command = [*STATION, "token", "parse", "-", "--identity-key", str(own), "--json"]
    done = subprocess.run(
        command, input=token.encode(), capture_output=True, env=child_environment({}), check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["uuid"], found["signature"][:5]) == (uuid, "holds")
    assert found["device"].lower().startswith(profile)
    other = identity_file(tmp_path, ec.generate_private_key(ec.SECP256R1()).public_key())
    code, shown, errors = call("token", "parse", token, "--identity-key", other)
    assert code == 1
    assert "does not hold" in shown
    assert "not by that identity key" in errors


def test_an_identity_key_that_is_none_is_refused(tmp_path: Path) -> None:
    replace_file(tmp_path / "key.pem", b"nothing")
    code, _, errors = call("token", "parse", KEYGEN["text"], "--identity-key", tmp_path / "key.pem")
    assert (code, errors[:8]) == (4, "CRED-154")
