"""A CA is made whole, private, and never over another; or nothing is left of it."""

import errno
import json
import os
import stat
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from station.ca.authority import Authority
from station.ca.creation import CreatedAuthority, create_authority, require_room
from station.ca.folder import read_files
from station.ca.keyfile import read_key
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.folders import create_whole
from tests.unit.ca.conftest import BORN, PASSPHRASE, ROOT_PASSPHRASE, HandClock, Refused

FILES = {"ca.json", "root.pem", "root.key", "line.pem", "line.key"}


def create(folder: Path, **other: object) -> CreatedAuthority:
    terms: dict[str, object] = {
        "name": "Acme nRF91",
        "clock": HandClock(),
        "root_years": 30,
        "line_years": 10,
        "leaf_years": 5,
    }
    return create_authority(folder, PASSPHRASE, **(terms | other))  # type: ignore[arg-type]


def test_everything_is_there_and_its_owners_alone(made_once: Path) -> None:
    assert {path.name for path in made_once.iterdir()} == FILES
    if sys.platform != "win32":
        assert stat.S_IMODE(made_once.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in made_once.iterdir()} == {0o600}
    assert [path.name for path in made_once.parent.iterdir()] == ["ca"]


def test_validities_and_path_lengths_are_as_configured(made_once: Path) -> None:
    files = read_files(made_once)
    for certificate, years, path_length in ((files.root, 30, 1), (files.line, 10, 0)):
        assert certificate.not_valid_before_utc == BORN
        assert certificate.not_valid_after_utc == BORN.replace(year=2026 + years) - timedelta(seconds=1)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert constraints.critical
        assert constraints.value == x509.BasicConstraints(ca=True, path_length=path_length)
        key = certificate.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"
    files.root.verify_directly_issued_by(files.root)
    files.line.verify_directly_issued_by(files.root)
    assert files.root.subject.rfc4514_string() == "CN=Acme nRF91 Root CA"
    assert files.line.subject.rfc4514_string() == "CN=Acme nRF91 Line CA"
    assert files.root.serial_number != files.line.serial_number


def test_the_ca_certificates_carry_these_extensions_and_no_more(made_once: Path) -> None:
    files = read_files(made_once)
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    root_identifier = x509.SubjectKeyIdentifier.from_public_key(files.root_key)
    for certificate, key, path_length, more in (
        (files.root, files.root_key, 1, []),
        (files.line, files.line_key, 0, [(False, x509.AuthorityKeyIdentifier(root_identifier.digest, None, None))]),
    ):
        assert [(one.critical, one.value) for one in certificate.extensions] == [
            (True, x509.BasicConstraints(ca=True, path_length=path_length)),
            (True, usage),
            (False, x509.SubjectKeyIdentifier.from_public_key(key)),
            *more,
        ]


def test_each_key_has_its_own_passphrase(made_once: Path, refused: Refused) -> None:
    files = read_files(made_once)
    assert read_key(made_once / "root.key", ROOT_PASSPHRASE).public_key() == files.root_key
    assert read_key(made_once / "line.key", PASSPHRASE).public_key() == files.line_key
    with refused("CA-103"):
        read_key(made_once / "root.key", PASSPHRASE)


def test_what_the_ceremony_writes_down_is_what_opens(tmp_path: Path) -> None:
    made = create(tmp_path / "deep" / "er" / "ca")
    authority = Authority.open(made.folder, PASSPHRASE, HandClock())
    assert (authority.fingerprint, authority.root_fingerprint) == (made.line_sha256, made.root_sha256)
    assert authority.root_fingerprint == authority.chain[1].fingerprint(hashes.SHA256()).hex()
    assert (authority.chain[0].not_valid_after_utc, authority.chain[1].not_valid_after_utc) == (
        made.line_end,
        made.root_end,
    )
    assert authority.name == made.name == "Acme nRF91"
    # One passphrase for both, where only one is given.
    assert read_key(made.folder / "root.key", PASSPHRASE).public_key() == authority.chain[1].public_key()
    description = json.loads((made.folder / "ca.json").read_text(encoding="utf-8"))
    assert (description["version"], description["profile"], description["leaf_years"]) == (1, "1", 5)


@pytest.mark.parametrize(
    ("terms", "code", "reason"),
    [
        ({"name": ""}, "CA-107", "name"),
        ({"name": "x" * 51}, "CA-107", "name"),
        ({"name": " x"}, "CA-107", "name"),
        ({"name": "a\nb"}, "CA-107", "name"),
        ({"root_years": 0}, "CA-107", "1 to 100"),
        ({"line_years": -1}, "CA-107", "1 to 100"),
        ({"leaf_years": 101}, "CA-107", "1 to 100"),
        ({"root_years": 9}, "CA-107", "outlive"),
        ({"root_passphrase": Secret("short")}, "CA-102", "12"),
        ({"clock": HandClock(datetime(1970, 1, 1, tzinfo=BORN.tzinfo))}, "CA-205", "1970"),
        ({"clock": HandClock(datetime(2200, 1, 1, tzinfo=BORN.tzinfo))}, "CA-205", "2200"),
    ],
)
def test_wrong_terms_are_refused_and_nothing_is_left(
    tmp_path: Path, refused: Refused, terms: dict[str, object], code: str, reason: str
) -> None:
    with refused(code, reason):
        create(tmp_path / "ca", **terms)
    assert not list(tmp_path.iterdir())


def test_a_short_passphrase_is_refused_and_nothing_is_left(tmp_path: Path, refused: Refused) -> None:
    with refused("CA-102", "at least 12"):
        create_authority(
            tmp_path / "ca", Secret("x"), name="a", clock=HandClock(), root_years=3, line_years=2, leaf_years=1
        )
    assert not list(tmp_path.iterdir())


def test_nothing_is_ever_overwritten(folder: Path, tmp_path: Path, refused: Refused) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with refused("CA-101", str(folder)):
        create(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    empty, file, link = tmp_path / "empty", tmp_path / "file", tmp_path / "link"
    empty.mkdir()
    file.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for taken in (empty, file, link):
        with refused("CA-101"):
            create(taken)
    assert not list(empty.iterdir())
    assert file.read_text() == "mine"
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"ca", "empty", "file", "link"}


def test_a_leap_day_has_an_end(tmp_path: Path) -> None:
    born = BORN.replace(year=2028, month=2, day=29)
    made = create(tmp_path / "ca", clock=HandClock(born), root_years=3, line_years=1)
    assert made.root_end == born.replace(year=2031, month=2, day=28) - timedelta(seconds=1)


DATA = {"one": b"1" * 5000, "two": b"2", "three": b"3"}


def failing(monkeypatch: pytest.MonkeyPatch, at: int, number: int) -> None:
    """Let the `at`-th call of any that can find the disk full or gone fail so."""
    calls = 0

    def wrap(real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == at:
                raise OSError(number, os.strerror(number), "disk")
            return real(*args, **named)

        return call

    for name in ("fsync", "open", "mkdir", "rename", "replace", "link"):
        monkeypatch.setattr(os, name, wrap(getattr(os, name)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
def test_wherever_the_disk_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    code = "HOST-103" if number in (errno.ENOSPC, errno.EDQUOT) else "HOST-102"
    folder = tmp_path / "ca"
    for at in range(1, 100):
        with monkeypatch.context() as patch:
            failing(patch, at, number)
            try:
                create_whole(folder, DATA, lambda _: None)
                break
            except Fault as fault:
                found = fault.code
        assert found == code
        assert not list(tmp_path.iterdir()), f"something is left after failure {at}"
    assert at > 15  # so many places were tried
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == DATA


def test_a_full_disk_while_a_ca_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    with monkeypatch.context() as patch:
        failing(patch, 12, errno.ENOSPC)
        with refused("HOST-103", "disk is full"):
            create(tmp_path / "ca")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("looked wrong"), OSError(errno.ENOSPC, "full")])
def test_whatever_ends_it_nothing_is_left(tmp_path: Path, error: BaseException) -> None:
    def check(made: Path) -> None:
        assert {path.name for path in made.iterdir()} == set(DATA)
        raise error

    with pytest.raises(BaseException, match=r"HOST-103|looked wrong|^$"):
        create_whole(tmp_path / "ca", DATA, check)
    assert not list(tmp_path.iterdir())


def test_not_even_an_empty_folder_is_replaced(tmp_path: Path, refused: Refused) -> None:
    """A rename alone would do that, without a word."""
    folder, link = tmp_path / "ca", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(tmp_path / "nowhere")
    for taken in (folder, link):
        assert not create_whole(taken, DATA, lambda _: None)
        with refused("CA-101"):
            create(taken)
    assert not list(folder.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"ca", "link"}


def test_another_that_was_quicker_wins(tmp_path: Path) -> None:
    folder = tmp_path / "ca"

    def check(_: Path) -> None:
        folder.mkdir()
        (folder / "theirs").write_text("theirs")

    assert not create_whole(folder, DATA, check)
    assert [path.name for path in folder.iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["ca"]


def test_room_for_a_ca_is_looked_for_without_leaving_anything(tmp_path: Path) -> None:
    require_room(tmp_path / "not" / "there yet" / "ca")
    require_room(tmp_path / "ca")
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_said_before_anybody_is_asked_for_a_passphrase(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    for name, code in (
        ("there", "CA-101"),
        ("file", "CA-101"),
        ("gone", "CA-101"),
        ("file/ca", "HOST-102"),
        ("gone/ca", "HOST-102"),
    ):
        with refused(code, str(tmp_path / name)):
            require_room(tmp_path / name)
