"""The vendor's ``create_proxy_jwt`` (nrfcloud-utils 3.3.1) and ``station jwt service-token`` make the same token.

The same claims from the same key, and each is verified by the other side: the vendor's by ``station jwt verify``, the
station's by the JWT library in the vendor's own environment.
"""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from station.host.files import replace_file
from tests.line.processes import call

pytestmark = [pytest.mark.vendor, pytest.mark.timeout(1200)]  # the first one installs the clients

TEAM, DEVICE = "12345678-9abc-4def-8123-456789abcdef", "nrf-355025930000000"
DECODE = """
import json, jwt, sys
key, token, team = open(sys.argv[1]).read(), sys.stdin.read().strip(), sys.argv[2]
print(json.dumps([jwt.get_unverified_header(token), jwt.decode(token, key, algorithms=["ES256"], audience=team)]))
"""


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A service key, and its public half beside it."""
    made = ec.generate_private_key(ec.SECP256R1())
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    replace_file(tmp_path / "service.pem", private)
    replace_file(tmp_path / "service.pub", public)
    return tmp_path / "service.pem"


def run(*command: object, text: str = "") -> tuple[int, str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def of_the_vendor(vendor_python: Path, key: Path, *more: object) -> str:
    code, said = run(
        vendor_python, "-m", "nrfcloud_utils.create_proxy_jwt", "--key", key, "--team-id", TEAM, *map(str, more)
    )
    found = re.search(r"JWT: (eyJ\S+)", said)
    assert code == 0, said
    assert found, said
    return found[1]


def of_the_station(key: Path, *more: object) -> str:
    code, said, errors = call("jwt", "service-token", "--key", key, "--team", TEAM, *more)
    assert code == 0, errors
    assert "deprecated" in errors
    assert "2026-07-01" in errors
    found = re.search(r"^eyJ\S+$", said, re.MULTILINE)
    assert found, said
    return found[0]


def read_there(vendor_python: Path, key: Path, token: str) -> Any:
    code, said = run(vendor_python, "-c", DECODE, key.with_suffix(".pub"), TEAM, text=token)
    assert code == 0, said
    return json.loads(said)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ((), ()),
        (("--dev-id", DEVICE), ("--device", DEVICE)),
        (("--days-valid", 7), ("--days", 7)),
        (("--days-valid", 0, "--dev-id", DEVICE), ("--days", 0, "--device", DEVICE)),
    ],
    ids=["the team's", "one device's", "seven days", "for ever"],
)
def test_both_claim_the_same_and_verify_each_other(
    vendor_python: Path, key: Path, theirs: tuple[object, ...], ours: tuple[object, ...]
) -> None:
    made_there, made_here = of_the_vendor(vendor_python, key, *theirs), of_the_station(key, *ours)
    (there_header, there), (here_header, here) = (
        read_there(vendor_python, key, token) for token in (made_there, made_here)
    )
    assert here_header == there_header == {"alg": "ES256", "typ": "JWT"}
    assert here.keys() == there.keys()
    for claims in (here, there):
        assert (claims["aud"], claims.get("sub")) == (TEAM, DEVICE if "--device" in ours else None)
        if "exp" in claims:
            days = (claims["exp"] - datetime.now(UTC).timestamp()) / 86400
            assert days == pytest.approx(7 if 7 in ours else 30, abs=0.01)
    for token in (made_there, made_here):
        verify = ("jwt", "verify", token, "--public-key", key.with_suffix(".pub"), "--aud")
        code, said, errors = call(*verify, TEAM)
        assert (code, "It holds" in said) == (0, True), errors
        code, said, errors = call(*verify, "another team")
        assert (code, "not for 'another team'" in said + errors) == (1, True), errors
