"""Keys at rest: strongly encrypted, readable by their owner alone, opened by any tool with the passphrase."""

import base64
import subprocess
import unicodedata
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from station.ca.keyfile import check_passphrase, encrypt_key, read_key
from station.domain.faults import Fault
from station.domain.secret import Secret
from tests.unit.ca.conftest import PASSPHRASE, Refused


@pytest.fixture(scope="session")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def sealed(key: ec.EllipticCurvePrivateKey) -> bytes:
    return encrypt_key(key, PASSPHRASE)


@pytest.fixture
def path(tmp_path: Path, sealed: bytes) -> Path:
    path = tmp_path / "a.key"
    path.touch(mode=0o600)
    path.write_bytes(sealed)
    return path


def test_what_was_sealed_opens(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    assert read_key(path, PASSPHRASE).private_numbers() == key.private_numbers()


def test_openssl_opens_it_and_sees_scrypt_and_aes(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """A CA's key must be usable without this program."""
    command = ["openssl", "pkey", "-in", str(path), "-passin", "stdin", "-outform", "DER"]
    done = subprocess.run(command, input=PASSPHRASE.reveal().encode() + b"\n", capture_output=True, check=True)
    opened = load_der_private_key(done.stdout, None)
    assert isinstance(opened, ec.EllipticCurvePrivateKey)
    assert opened.private_numbers() == key.private_numbers()
    wrong = subprocess.run(command, input=b"correct horse battery stapl\n", capture_output=True, check=False)
    assert wrong.returncode != 0
    seen = subprocess.run(["openssl", "asn1parse", "-in", str(path)], capture_output=True, check=True, text=True).stdout
    for part in (":PBES2", ":scrypt", ":4000", ":aes-256-cbc"):
        assert part in seen


def test_each_file_has_its_own_salt(key: ec.EllipticCurvePrivateKey, sealed: bytes) -> None:
    assert encrypt_key(key, PASSPHRASE) != sealed


@pytest.mark.parametrize("text", ["", "x", "correct horse battery", "Correct horse battery staple", "ü" * 5000])
def test_a_wrong_passphrase_is_refused_and_told_nowhere(path: Path, refused: Refused, text: str) -> None:
    with refused("CA-103", str(path)) as caught:
        read_key(path, Secret(text))
    if text:
        assert text not in str(caught.value).replace(str(path), "").split("[")[-1]


def test_a_passphrase_typed_on_another_system_opens_it_too(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path = tmp_path / "a.key"
    path.touch(mode=0o600)
    path.write_bytes(encrypt_key(key, Secret("Prüfstandsschlüssel 7")))
    other = unicodedata.normalize("NFD", "Prüfstandsschlüssel 7")
    assert other != "Prüfstandsschlüssel 7"
    assert read_key(path, Secret(other)).private_numbers() == key.private_numbers()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "at least 12"),
        ("elevenchars", "at least 12"),
        ("x" * 1001, "longer than 1000"),
        ("ü" * 501, "longer than 1000"),
        (" twelve chars", "space"),
        ("twelve chars ", "space"),
        ("twelve chars\n", "space"),
        ("twelve\tchars", "space"),
        ("abababababab", "repeats"),
    ],
)
def test_a_passphrase_that_protects_nothing_is_refused(refused: Refused, text: str, reason: str) -> None:
    with refused("CA-102", reason):
        check_passphrase(Secret(text))


@pytest.mark.parametrize(
    "text", ["twelve chars", "correct horse battery staple", "Prüfstandsschlüssel 7", "x1y2" * 250]
)
def test_other_passphrases_are_taken(text: str) -> None:
    check_passphrase(Secret(text))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o602])
def test_a_file_that_others_can_touch_is_refused(path: Path, refused: Refused, mode: int) -> None:
    path.chmod(mode)
    with refused("HOST-104", f"chmod 600 {path}"):
        read_key(path, PASSPHRASE)


def test_a_file_that_is_not_there_or_is_none_is_told(path: Path, refused: Refused) -> None:
    with refused("HOST-101", "other.key"):
        read_key(path.with_name("other.key"), PASSPHRASE)
    folder = path.with_name("folder")
    folder.mkdir(mode=0o700)
    with refused("HOST-101", "folder"):
        read_key(folder, PASSPHRASE)


def test_a_key_in_the_clear_is_refused_and_quoted_nowhere(
    path: Path, refused: Refused, key: ec.EllipticCurvePrivateKey
) -> None:
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        clear = key.private_bytes(Encoding.PEM, form, NoEncryption())
        path.write_bytes(clear)
        with refused("CA-106") as caught:
            read_key(path, PASSPHRASE)
        assert clear.decode().splitlines()[1] not in str(caught.value)


def test_a_key_of_another_kind_is_refused(path: Path, refused: Refused) -> None:
    encryption = BestAvailableEncryption(PASSPHRASE.reveal().encode())
    for other in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        with refused("CA-104", "P-256"):
            read_key(path, PASSPHRASE)


def test_a_key_that_openssl_encrypted_opens_too(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    encryption = BestAvailableEncryption(PASSPHRASE.reveal().encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    assert read_key(path, PASSPHRASE).private_numbers() == key.private_numbers()


def test_damage_is_told_as_such(path: Path, refused: Refused, sealed: bytes) -> None:
    lines = sealed.decode().splitlines()
    for damaged in (
        "",
        "\n".join(lines[:-1]),
        "\n".join(lines[:2] + lines[3:]),
        "\n".join([lines[0], lines[-1]]),
        sealed.decode().replace(lines[1][:20], "A" * 20),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        sealed.decode()[1:],
    ):
        path.write_text(damaged)
        with pytest.raises(Fault, match=r"CA-10[36]"):
            read_key(path, PASSPHRASE)
    path.write_bytes(b"\xff\xfe" + sealed)
    with refused("HOST-101"):
        read_key(path, PASSPHRASE)


def test_every_flipped_byte_of_the_parameters_is_told_as_such(path: Path, sealed: bytes) -> None:
    """The KDF's numbers and names in front: a damaged one must not end in an error nobody declared."""
    der = bytearray(base64.b64decode("".join(sealed.decode().splitlines()[1:-1])))
    kdf_numbers = der.index(bytes.fromhex("02024000"))
    for at in (0, 1, 5, 8, 17, 25, 35, kdf_numbers, kdf_numbers + 1, kdf_numbers + 3, kdf_numbers + 6, 70, 100):
        damaged = bytearray(der)
        damaged[at] ^= 0x05
        body = base64.encodebytes(bytes(damaged)).decode()
        path.write_text(f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}-----END ENCRYPTED PRIVATE KEY-----\n")
        with pytest.raises(Fault, match="CA-103"):
            read_key(path, PASSPHRASE)
