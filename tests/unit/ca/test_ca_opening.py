"""A CA opens with the line's key alone, and only where every file belongs to it."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.ca.folder import read_files
from station.ca.keyfile import encrypt_key, read_key
from station.ca.profile import build_issuer, common_name_only
from station.credentials.pem import to_pem
from station.domain.ids import DeviceId
from station.domain.secret import Secret
from tests.unit.ca.conftest import BORN, PASSPHRASE, ROOT_PASSPHRASE, HandClock, MemoryRegister, Refused, make_csr


def describe(folder: Path, **change: object) -> None:
    path = folder / "ca.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA of the same name, passphrase and terms."""
    folder = tmp_path_factory.mktemp("another") / "ca"
    create_authority(
        folder, PASSPHRASE, name="Acme nRF91", clock=HandClock(), root_years=30, line_years=10, leaf_years=5
    )
    return folder


def test_it_signs_with_the_roots_key_away(folder: Path, clock: HandClock, register: MemoryRegister) -> None:
    (folder / "root.key").unlink()
    authority = Authority.open(folder, PASSPHRASE, clock)
    assert authority.issue(DeviceId("nrf-1"), make_csr("nrf-1"), register).der
    assert authority.chain_pem == (folder / "line.pem").read_text() + (folder / "root.pem").read_text()


def test_a_wrong_passphrase_is_refused(folder: Path, clock: HandClock, refused: Refused) -> None:
    for wrong in (Secret("correct horse battery stable"), ROOT_PASSPHRASE, Secret("")):
        with refused("CA-103", "line.key"):
            Authority.open(folder, wrong, clock)


@pytest.mark.parametrize("name", ["root.key", "line.key"])
def test_a_key_that_others_can_read_stops_it(folder: Path, clock: HandClock, refused: Refused, name: str) -> None:
    (folder / name).chmod(0o640)
    with refused("HOST-104", name):
        Authority.open(folder, PASSPHRASE, clock)


@pytest.mark.parametrize("name", ["ca.json", "root.pem", "line.pem", "line.key"])
def test_a_missing_or_unreadable_file_is_named(folder: Path, clock: HandClock, refused: Refused, name: str) -> None:
    (folder / name).unlink()
    with refused("HOST-101", name):
        Authority.open(folder, PASSPHRASE, clock)
    (folder / name).mkdir(mode=0o700)
    with refused("HOST-101", name):
        Authority.open(folder, PASSPHRASE, clock)


def test_another_cas_key_is_refused(folder: Path, another: Path, clock: HandClock, refused: Refused) -> None:
    shutil.copy2(another / "line.key", folder / "line.key")
    with refused("CA-104", "line.key is not the key of line.pem"):
        Authority.open(folder, PASSPHRASE, clock)


@pytest.mark.parametrize("name", ["root.pem", "line.pem"])
def test_another_cas_certificate_is_refused(
    folder: Path, another: Path, clock: HandClock, refused: Refused, name: str
) -> None:
    shutil.copy2(another / name, folder / name)
    with refused("CA-104", f"{name} is not the one in ca.json"):
        Authority.open(folder, PASSPHRASE, clock)


def replace_line(folder: Path, certificate: x509.Certificate) -> None:
    """Put another line certificate in, and have ca.json agree."""
    (folder / "line.pem").write_text(to_pem(certificate))
    describe(folder, line_sha256=certificate.fingerprint(hashes.SHA256()).hex())


def line_certificate(folder: Path, **other: object) -> x509.CertificateBuilder:
    files = read_files(folder)
    parts: dict[str, object] = {
        "subject": files.line.subject,
        "key": files.line_key,
        "issuer": files.root.subject,
        "authority": files.root_key,
        "path_length": 0,
        "not_before": BORN,
        "not_after": BORN + timedelta(days=365),
    }
    return build_issuer(**(parts | other))  # type: ignore[arg-type]


def test_a_line_certificate_the_root_signed_anew_is_taken(folder: Path, clock: HandClock) -> None:
    """The control for the next tests: what they change is all that is wrong there."""
    root_key = read_key(folder / "root.key", ROOT_PASSPHRASE)
    replace_line(folder, line_certificate(folder).sign(root_key, hashes.SHA256()))
    authority = Authority.open(folder, PASSPHRASE, clock)
    assert authority.chain[0].not_valid_after_utc == BORN + timedelta(days=365)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path_length": 1}, "does not follow the profile"),
        ({"authority": None}, "does not follow the profile"),
        ({"issuer": common_name_only("Somebody else")}, "not signed by the root"),
        ({"not_before": BORN - timedelta(days=1)}, "outlives"),
        ({"not_after": BORN + timedelta(days=365 * 40)}, "outlives"),
    ],
)
def test_a_line_certificate_off_the_profile_is_refused(
    folder: Path, clock: HandClock, refused: Refused, change: dict[str, object], reason: str
) -> None:
    root_key = read_key(folder / "root.key", ROOT_PASSPHRASE)
    replace_line(folder, line_certificate(folder, **change).sign(root_key, hashes.SHA256()))
    with refused("CA-104", reason):
        Authority.open(folder, PASSPHRASE, clock)


def test_a_line_certificate_another_key_or_hash_signed_is_refused(
    folder: Path, clock: HandClock, refused: Refused
) -> None:
    root_key = read_key(folder / "root.key", ROOT_PASSPHRASE)
    builder = line_certificate(folder)
    replace_line(folder, builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()))
    with refused("CA-104", "not signed by the root"):
        Authority.open(folder, PASSPHRASE, clock)
    replace_line(folder, builder.sign(root_key, hashes.SHA384()))
    with refused("CA-104", "not signed by the root"):
        Authority.open(folder, PASSPHRASE, clock)


def test_keys_of_other_kinds_are_refused(folder: Path, clock: HandClock, refused: Refused) -> None:
    root_key = read_key(folder / "root.key", ROOT_PASSPHRASE)
    p384 = ec.generate_private_key(ec.SECP384R1())
    kept = (folder / "line.key").read_bytes()
    (folder / "line.key").write_bytes(encrypt_key(p384, PASSPHRASE))
    with refused("CA-104", "P-256"):
        Authority.open(folder, PASSPHRASE, clock)
    (folder / "line.key").write_bytes(kept)

    foreign = (
        x509.CertificateBuilder()
        .subject_name(common_name_only("x"))
        .issuer_name(read_files(folder).root.subject)
        .serial_number(1)
        .not_valid_before(BORN)
        .not_valid_after(BORN + timedelta(days=1))
    )
    rsa_key = rsa.generate_private_key(65537, 2048)
    replace_line(folder, foreign.public_key(rsa_key.public_key()).sign(root_key, hashes.SHA256()))
    with refused("CA-104", "no elliptic curve key"):
        Authority.open(folder, PASSPHRASE, clock)
    replace_line(folder, foreign.public_key(p384.public_key()).sign(root_key, hashes.SHA256()))
    with refused("CA-104", "not EC P-256"):
        Authority.open(folder, PASSPHRASE, clock)


def test_a_root_that_is_none_is_refused(folder: Path, another: Path, clock: HandClock, refused: Refused) -> None:
    """A root certificate that another root signed: no anchor."""
    other_root_key = read_key(another / "root.key", PASSPHRASE)
    files = read_files(folder)
    crossed = build_issuer(
        subject=files.root.subject,
        key=files.root_key,
        issuer=read_files(another).root.subject,
        authority=None,
        path_length=1,
        not_before=BORN,
        not_after=BORN + timedelta(days=365 * 30),
    ).sign(other_root_key, hashes.SHA256())
    (folder / "root.pem").write_text(to_pem(crossed))
    describe(folder, root_sha256=crossed.fingerprint(hashes.SHA256()).hex())
    with refused("CA-104", "root.pem is not signed by itself"):
        Authority.open(folder, PASSPHRASE, clock)


def test_a_certificate_file_with_more_or_less_in_it_is_refused(
    folder: Path, clock: HandClock, refused: Refused
) -> None:
    line = (folder / "line.pem").read_text()
    for text, code in (
        (line * 2, "CA-104"),
        ("", "CRED-141"),
        (line[:-40], "CRED-141"),
        (line + (folder / "line.key").read_text(), "CRED-142"),
        ("é", "HOST-101"),
    ):
        (folder / "line.pem").write_text(text, encoding="utf-8")
        with refused(code, "line.pem"):
            Authority.open(folder, PASSPHRASE, clock)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2}, "CA-105"),
        ({"version": "1"}, "CA-105"),
        ({"profile": "2"}, "CA-105"),
        ({"leaf_years": 0}, "CA-104"),
        ({"leaf_years": 101}, "CA-104"),
        ({"leaf_years": "5"}, "CA-104"),
        ({"leaf_years": True}, "CA-104"),
        ({"more": 1}, "CA-104"),
        ({"root_sha256": "0" * 64}, "CA-104"),
        ({"line_sha256": "0" * 64}, "CA-104"),
        ({"line_sha256": "0"}, "CA-104"),
        ({"name": None}, "CA-104"),
    ],
)
def test_a_description_that_is_another_or_wrong_is_refused(
    folder: Path, clock: HandClock, refused: Refused, change: dict[str, object], code: str
) -> None:
    describe(folder, **change)
    with refused(code, str(folder)):
        Authority.open(folder, PASSPHRASE, clock)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"{" * 9999, b" " * 70000])
def test_a_description_that_is_none_is_refused(folder: Path, clock: HandClock, refused: Refused, data: bytes) -> None:
    (folder / "ca.json").write_bytes(data)
    with refused("HOST-101" if len(data) > 65536 else "CA-104"):
        Authority.open(folder, PASSPHRASE, clock)


def test_nothing_in_the_folder_is_written_by_opening(folder: Path, clock: HandClock) -> None:
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    Authority.open(folder, PASSPHRASE, clock)
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


def test_the_key_is_shown_by_nothing(authority: Authority, folder: Path) -> None:
    key = read_key(folder / "line.key", PASSPHRASE)
    digits = f"{key.private_numbers().private_value:x}"
    shown = repr(authority) + str(vars(authority))
    assert digits not in shown
    assert PASSPHRASE.reveal() not in shown
    assert authority.chain[0].public_bytes(Encoding.DER)
