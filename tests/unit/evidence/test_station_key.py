"""The station's own key: private from the moment it exists, one only, and opened only as what it is."""

import stat
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.evidence.station_key import (
    KEY_FILE,
    VERIFIER_FILE,
    create_station_key,
    open_station_key,
    read_verifier_key,
)

ORIGIN = "nrf91-station/T1"
PASSPHRASE = Secret("correct horse battery staple")


def refused(code: str, *given: object) -> Fault:
    with pytest.raises(Fault) as caught:
        open_station_key(*given)  # type: ignore[arg-type]
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_what_is_made_opens_and_signs(tmp_path: Path, passphrase: Secret | None) -> None:
    made = create_station_key(tmp_path / "evidence", ORIGIN, passphrase)
    opened = open_station_key(tmp_path / "evidence", ORIGIN, passphrase)
    assert opened.verifier == made == read_verifier_key(tmp_path / "evidence")
    assert opened.origin == ORIGIN
    Ed25519PublicKey.from_public_bytes(made.public).verify(opened.sign(b"data"), b"data")
    text = (tmp_path / "evidence" / KEY_FILE).read_bytes()
    read = load_pem_private_key(text, passphrase.reveal().encode() if passphrase else None)
    assert isinstance(read, Ed25519PrivateKey)
    assert (b"ENCRYPTED" in text) == (passphrase is not None)
    assert "PrivateKey" not in repr(opened)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guards the profile folder, not the file's mode")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    create_station_key(folder, ORIGIN)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    (folder / KEY_FILE).chmod(0o640)
    refused("HOST-104", folder, ORIGIN)


def test_there_is_one_only(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    made = create_station_key(folder, ORIGIN)
    with pytest.raises(Fault) as caught:
        create_station_key(folder, ORIGIN)
    assert caught.value.code == "EVD-101"
    assert read_verifier_key(folder) == made
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence"]


def test_a_bad_name_or_passphrase_leaves_nothing(tmp_path: Path) -> None:
    for origin, passphrase, code in (("two words", None, "EVD-103"), (ORIGIN, Secret("short"), "CA-102")):
        with pytest.raises(Fault) as caught:
            create_station_key(tmp_path / "evidence", origin, passphrase)
        assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    refused("EVD-102", folder, ORIGIN)
    create_station_key(folder, ORIGIN, PASSPHRASE)
    refused("EVD-104", folder, ORIGIN)
    fault = refused("EVD-104", folder, ORIGIN, Secret("another horse entirely"))
    assert "horse" not in str(fault)
    refused("EVD-103", folder, "nrf91-station/T2", PASSPHRASE)
    other = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / KEY_FILE).write_bytes(other)
    assert "not encrypted" in refused("EVD-103", folder, ORIGIN, PASSPHRASE).sentence
    assert "another key" in refused("EVD-103", folder, ORIGIN).sentence
    (folder / VERIFIER_FILE).write_text("nothing")
    refused("EVD-103", folder, ORIGIN)
    (folder / KEY_FILE).write_text("nothing")
    assert "no private key" in refused("EVD-103", folder, ORIGIN).sentence
