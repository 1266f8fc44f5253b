"""Programs of other people judge what the CA makes: OpenSSL's strict verification, and DigiCert's linter."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_der_x509_certificate

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.credentials.pem import to_pem
from station.domain.ids import DeviceId
from tests.unit.ca.conftest import BORN, PASSPHRASE, HandClock, MemoryRegister, make_csr


class Made:
    """A CA and one leaf of it, as PEM files."""

    def __init__(self, folder: Path, ca: Path, clock: HandClock, device_id: str) -> None:
        self.root, self.line, self.leaf = ca / "root.pem", ca / "line.pem", folder / "leaf.pem"
        issuance = Authority.open(ca, PASSPHRASE, clock).issue(
            DeviceId(device_id), make_csr(device_id), MemoryRegister(clock)
        )
        assert issuance.der is not None
        self.leaf.write_text(to_pem(load_der_x509_certificate(issuance.der)))
        self.at = str(int(clock.now().timestamp()))


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, made_once: Path) -> Made:
    return Made(
        tmp_path_factory.mktemp("usual"), made_once, HandClock(BORN + timedelta(days=40)), "nrf-352656100000001"
    )


@pytest.fixture(scope="module")
def past_2049(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Ends in GeneralizedTime, clamped to its issuer's; the longest ID there is."""
    folder = tmp_path_factory.mktemp("long")
    create_authority(
        folder / "ca",
        PASSPHRASE,
        name="Ünïcode CA 株",
        clock=HandClock(),
        root_years=60,
        line_years=50,
        leaf_years=99,
    )
    return Made(folder, folder / "ca", HandClock(BORN + timedelta(days=1)), "x" * 64)


@pytest.fixture(params=["usual", "past_2049"])
def made(request: pytest.FixtureRequest) -> Made:
    found: Made = request.getfixturevalue(request.param)
    return found


def verify(made: Made, *, root: Path | None = None, purpose: str = "sslclient") -> subprocess.CompletedProcess[str]:
    command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-attime", made.at]
    command += ["-CAfile", str(root or made.root), "-untrusted", str(made.line), str(made.leaf)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def lint(program: str, *files: Path) -> tuple[int, list[object]]:
    """Return the exit status (the number of findings) and the findings."""
    command = [str(Path(sys.executable).with_name(program)), "lint", "-s", "NOTICE", "-f", "JSON", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout)["results"]


def test_openssl_verifies_the_chain_strictly(made: Made) -> None:
    done = verify(made)
    assert (done.returncode, done.stdout.strip()) == (0, f"{made.leaf}: OK"), done.stderr


def test_openssl_refuses_what_the_leaf_is_not_for(made: Made, past_2049: Made, usual: Made) -> None:
    """The controls: the same command says no to another purpose and to another root."""
    assert verify(made, purpose="sslserver").returncode != 0
    other = usual if made is past_2049 else past_2049
    assert verify(made, root=other.root).returncode != 0


def test_the_linter_finds_nothing_at_notice_level(made: Made) -> None:
    for certificate in (made.leaf, made.line, made.root):
        assert lint("lint_pkix_cert", certificate) == (0, []), certificate.name


def test_the_chain_linter_finds_nothing_at_notice_level(made: Made) -> None:
    for issuer, subject in ((made.line, made.leaf), (made.root, made.line)):
        assert lint("lint_pkix_signer_signee_cert_chain", issuer, subject) == (0, []), subject.name


def test_the_linters_do_find_something_where_there_is_something(usual: Made, past_2049: Made, tmp_path: Path) -> None:
    """The controls: a leaf without extensions, and an issuer that is not this leaf's."""
    key = tmp_path / "bare.key"
    bare = tmp_path / "bare.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", f"/CN={'x' * 60}", "-days", "9", "-keyout", str(key), "-out", str(bare)]
    command += ["-addext", "keyUsage=keyEncipherment"]
    subprocess.run(command, capture_output=True, check=True)
    assert lint("lint_pkix_cert", bare)[0] > 0
    assert lint("lint_pkix_signer_signee_cert_chain", past_2049.line, usual.leaf)[0] > 0


def test_a_leaf_fits_a_modem(made: Made) -> None:
    assert len(made.leaf.read_text()) <= 2048
