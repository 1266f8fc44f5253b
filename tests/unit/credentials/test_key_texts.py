"""Key files of the tools: one kind of key, its passphrase, and no word of either in a fault."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from station.credentials.key_files import is_encrypted, read_private_key, read_verifying_key
from station.domain.faults import Fault
from station.domain.secret import Secret
from tests.unit.credentials.conftest import Refused

KEY = ec.generate_private_key(ec.SECP256R1())
PHRASE = "a phrase of some length"


def pem(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = KEY,
    form: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption | None = None,
) -> Secret:
    return Secret(key.private_bytes(Encoding.PEM, form, lock or NoEncryption()).decode())


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_key_is_read_with_and_without_a_passphrase(form: PrivateFormat) -> None:
    plain, locked = pem(form=form), pem(form=form, lock=BestAvailableEncryption(PHRASE.encode()))
    assert (is_encrypted(plain), is_encrypted(locked)) == (False, True)
    for text, phrase in ((plain, None), (plain, Secret(PHRASE)), (locked, Secret(PHRASE))):
        assert read_private_key(text, phrase, "key.pem").private_numbers() == KEY.private_numbers()


def refusals() -> Iterator[tuple[Secret, Secret | None, str]]:
    locked = pem(lock=BestAvailableEncryption(PHRASE.encode()))
    yield locked, None, "CRED-153"
    yield locked, Secret("another phrase"), "CRED-153"
    yield Secret(locked.reveal().replace("\n", "\n!", 2)), Secret(PHRASE), "CRED-153"
    yield pem(ec.generate_private_key(ec.SECP384R1())), None, "CRED-152"
    yield pem(ed25519.Ed25519PrivateKey.generate()), None, "CRED-152"
    yield Secret(pem().reveal()[:80]), None, "CRED-152"
    yield Secret(""), None, "CRED-152"


@pytest.mark.parametrize(("text", "phrase", "code"), list(refusals()))
def test_anything_else_is_refused_without_a_word_of_it(text: Secret, phrase: Secret | None, code: str) -> None:
    with pytest.raises(Fault) as refused:
        read_private_key(text, phrase, "key.pem")
    assert refused.value.code == code
    told = f"{refused.value.sentence} {refused.value.detail} {refused.value.__cause__!r}"
    assert "key.pem" in told
    assert not [line for line in text.reveal().splitlines() if len(line) > 8 and line in told]
    assert phrase is None or phrase.reveal() not in told


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nrf-1")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=1))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_a_public_key_and_a_certificate_verify() -> None:
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for text in (public, certificate(), certificate() * 2):
        assert read_verifying_key(text, "it").public_numbers() == KEY.public_key().public_numbers()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (pem().reveal(), "holds a private key"),
        ("", "can't be read"),
        (certificate()[:200], "can't be read"),
        (
            ec.generate_private_key(ec.SECP384R1())
            .public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            "another kind",
        ),
    ],
)
def test_what_can_not_verify_is_refused(text: str, why: str, refused: Refused) -> None:
    with refused("CRED-154", why):
        read_verifying_key(text, "it")
