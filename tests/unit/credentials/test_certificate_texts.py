"""Certificates as text: what is taken from files, and what a modem is given."""

import base64
import hashlib
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from station.credentials.pem import der_to_pem, read_certificates, stored_sha256, to_pem
from tests.unit.credentials.conftest import Refused

DAY = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = (Path(__file__).parents[3] / "fixtures" / "recorded" / "amazon-root-ca-1.pem").read_text(encoding="ascii")


def test_several_certificates_keep_their_order_and_one_line_end() -> None:
    found = read_certificates(TEXT + "\r\n" + TEXT.replace("\n", "\r\n"))
    assert len(found) == 2
    pem = to_pem(*found)
    assert pem == TEXT * 2
    assert read_certificates(pem) == found
    assert der_to_pem(found[0].public_bytes(Encoding.DER)) == TEXT


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no certificate"),
        ("\n\n", "no certificate"),
        (f"Amazon Root CA 1\n{TEXT}", "line 1"),
        (f"{TEXT}# the end\n", "line 21"),
        (TEXT.replace("\n", " "), "line 1"),
        (TEXT.replace("\n", "\\n"), "line 1"),
        (TEXT.replace("-----END", "----END"), "line 1"),
        (TEXT.replace("BEGIN CERTIFICATE", "BEGIN TRUSTED CERTIFICATE"), "line 1"),
        (TEXT[:-60], "line 1"),
        (f"\ufeff{TEXT}", "line 1"),
        (TEXT.replace("MIID", "MI ID"), "line 1"),
        (TEXT * 60, "longer than"),
    ],
)
def test_any_other_text_is_refused_with_the_place(refused: Refused, text: str, reason: str) -> None:
    with refused("CRED-141", reason) as caught:
        read_certificates(text, source="roots/amazon.pem")
    assert caught.value.sentence.startswith("roots/amazon.pem is no clean certificate file")


def test_a_block_that_holds_no_certificate_is_refused(refused: Refused) -> None:
    with refused("CRED-141"):
        read_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def test_a_certificate_of_which_a_part_cannot_be_read_is_refused_at_once(refused: Refused) -> None:
    """The library reads most parts only when they are asked for, wherever that is."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(5).not_valid_before(DAY).not_valid_after(DAY)
    for oid in ("1.2.3.4.5", "1.2.3.4.6"):
        builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"x"), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("abc")]), critical=False)
    whole = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    for part, damage in (("06042a030406", "06042a030405"), ("8203616263", "8303616263"), ("8203616263", "8503616263")):
        damaged = whole.replace(bytes.fromhex(part), bytes.fromhex(damage))
        assert damaged != whole
        lines = textwrap.wrap(base64.b64encode(damaged).decode(), 64)
        with refused("CRED-141"):
            read_certificates("\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""]))


def test_a_private_key_in_the_file_is_refused_and_quoted_nowhere(refused: Refused) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in (TEXT + secret, secret + TEXT, secret):
        with refused("CRED-142") as caught:
            read_certificates(text)
        assert secret.splitlines()[1] not in str(caught.value)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=60))
def test_a_stored_hash_is_over_the_bytes_as_stored(content: str) -> None:
    data = content.encode()
    assert stored_sha256(content, "\n") == hashlib.sha256(data).hexdigest()
    assert stored_sha256(content, "\r\n") == hashlib.sha256(b"\r\n".join(data.split(b"\n"))).hexdigest()


def test_content_with_its_own_carriage_returns_is_no_content_for_a_modem() -> None:
    with pytest.raises(ValueError, match="LF"):
        stored_sha256("a\r\n", "\r\n")


def test_a_name_in_a_string_type_of_another_part_is_refused(refused: Refused) -> None:
    der = base64.b64decode("".join(TEXT.splitlines()[1:-1]))
    country = bytes.fromhex("0603550406")
    changed = der.replace(country + b"\x13\x02US", country + b"\x03\x02\x00S")
    assert changed != der
    block = textwrap.fill(base64.b64encode(changed).decode("ascii"), 64)
    with refused("CRED-141"):
        read_certificates(f"-----BEGIN CERTIFICATE-----\n{block}\n-----END CERTIFICATE-----\n")
