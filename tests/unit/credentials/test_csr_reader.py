"""Requests are taken as modems write them, and refused for anything the CA must not sign."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import csr as asn1_csr
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from station.credentials.csr import read_csr
from station.domain.faults import Fault
from tests.unit.credentials.conftest import CLEAN_ALGORITHM, MODEM_ALGORITHM, ModemMaker, Refused, with_null


def named(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])


@pytest.mark.parametrize("null", [True, False], ids=["with the modem's NULL", "clean"])
def test_a_request_is_read_in_both_forms(modem: ModemMaker, null: bool) -> None:
    der = modem.csr("nrf-352656100000001", null=null)
    csr = read_csr(der)
    assert csr.normalised is null
    assert csr.der is der
    assert csr.common_name == "nrf-352656100000001"
    assert csr.public_key == modem.key.public_key()
    assert csr.spki == modem.spki()


@pytest.mark.parametrize("length", [1, 8, 9, 63, 64])
def test_common_names_up_to_64_characters_fit_whatever_the_lengths_of_the_der(modem: ModemMaker, length: int) -> None:
    for null in (True, False):
        assert read_csr(modem.csr("x" * length, null=null)).common_name == "x" * length


def test_a_key_of_another_kind_is_refused(modem: ModemMaker, refused: Refused) -> None:
    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 2048),
    ):
        with refused("CRED-112"):
            read_csr(modem.csr(signer=key, null=False))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rsa", ["-pkeyopt", "rsa_keygen_bits:2048"]),
        ("rsa", ["-pkeyopt", "rsa_keygen_bits:4096"]),
        ("rsa-pss", ["-pkeyopt", "rsa_keygen_bits:2048"]),
        ("ec", ["-pkeyopt", "ec_paramgen_curve:P-384"]),
        ("ec", ["-pkeyopt", "ec_paramgen_curve:P-521"]),
        ("ed25519", []),
        ("ed448", []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_openssls_requests_of_another_kind_of_key_are_refused_for_the_key(
    tmp_path: Path, refused: Refused, kind: str, options: list[str]
) -> None:
    """Each is signed as its kind of key signs: that is no damage, and trying again would not help."""
    key = tmp_path / "key.pem"  # one for both digests: openssl takes seconds for the largest
    subprocess.run(["openssl", "genpkey", "-algorithm", kind, *options, "-out", key], check=True, capture_output=True)
    for digest in ("sha256", "sha384"):
        request = ["openssl", "req", "-new", "-key", key, f"-{digest}", "-subj", "/CN=x", "-outform", "DER"]
        der = subprocess.run(request, check=True, capture_output=True).stdout
        with refused("CRED-112"):
            read_csr(der)


def test_what_holds_no_key_at_all_can_not_be_read(modem: ModemMaker, refused: Refused) -> None:
    """A kind of key is only named where there is one."""
    der = modem.csr(null=False)
    at = der.index(modem.spki())
    for key in (b"\x04" + modem.spki()[1:], modem.spki()[:2] + b"\x04" + modem.spki()[3:], b"\x30\x59" + bytes(89)):
        with refused("CRED-111"):
            read_csr(der[:at] + key + der[at + len(key) :])
    for key in (b"\x30\x00", b"\x30\x02\x30\x00", b"\x30\x04\x30\x00\x04\x00"):  # and nothing follows it
        info = b"\x02\x01\x00\x30\x00" + key
        contents = b"\x30" + bytes([len(info)]) + info
        with refused("CRED-111"):
            read_csr(b"\x30" + bytes([len(contents)]) + contents)


def put_together(modem: ModemMaker, *, common_name: str = "x", spki: bytes | None = None) -> bytes:
    """A request the library would not build, signed in order by the modem's key."""
    info = asn1_csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": asn1_x509.Name.build({"common_name": common_name}),
            "subject_pk_info": asn1_keys.PublicKeyInfo.load(spki or modem.spki()),
            "attributes": [],
        }
    )
    signature = modem.key.sign(info.dump(), ec.ECDSA(hashes.SHA256()))
    request = {
        "certification_request_info": info,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    der: bytes = asn1_csr.CertificationRequest(request).dump()
    return der


def test_what_the_next_tests_put_together_is_a_request(modem: ModemMaker) -> None:
    assert read_csr(put_together(modem)).common_name == "x"


def test_an_rsa_key_in_a_request_signed_with_ecdsa_is_refused(modem: ModemMaker, refused: Refused) -> None:
    rsa_key = rsa.generate_private_key(65537, 2048).public_key()
    with refused("CRED-112"):
        read_csr(put_together(modem, spki=rsa_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)))


def test_a_p256_key_in_another_form_is_refused(modem: ModemMaker, refused: Refused) -> None:
    """One key, one hash: a compressed point is the same key under another SHA-256."""
    spki = modem.spki()
    point = bytes([2 + (spki[-1] & 1)]) + spki[27:59]
    compressed = bytes.fromhex("3039") + spki[2:23] + bytes.fromhex("032200") + point
    with refused("CRED-112"):
        read_csr(put_together(modem, spki=compressed))


def test_a_point_off_the_curve_is_refused(modem: ModemMaker, refused: Refused) -> None:
    spki = modem.spki()
    with refused("CRED-111"):
        read_csr(put_together(modem, spki=spki[:-1] + bytes([spki[-1] ^ 1])))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (named(), "not one common name"),
        (named((NameOID.ORGANIZATION_NAME, "x")), "not one common name"),
        (named((NameOID.COMMON_NAME, "x"), (NameOID.ORGANIZATION_NAME, "y")), "not one common name"),
        (named((NameOID.COMMON_NAME, "x"), (NameOID.COMMON_NAME, "y")), "not one common name"),
        (
            x509.Name(
                [
                    x509.RelativeDistinguishedName(
                        [x509.NameAttribute(NameOID.COMMON_NAME, "x"), x509.NameAttribute(NameOID.SURNAME, "y")]
                    )
                ]
            ),
            "not one common name",
        ),
        (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x", x509.name._ASN1Type.BMPString)]), "not one"),
    ],
)
def test_a_subject_that_is_not_one_common_name_is_refused(
    modem: ModemMaker, refused: Refused, name: x509.Name, reason: str
) -> None:
    with refused("CRED-113", reason):
        read_csr(modem.csr_for(name))


@pytest.mark.parametrize(("length", "reason"), [(65, "65 characters"), (114, "114 characters"), (115, "not one")])
def test_a_common_name_past_64_characters_is_refused_without_a_warning(
    modem: ModemMaker, refused: Refused, length: int, reason: str
) -> None:
    with refused("CRED-113", reason):
        read_csr(put_together(modem, common_name="x" * length))


def test_characters_are_counted_not_bytes(modem: ModemMaker, refused: Refused) -> None:
    assert read_csr(put_together(modem, common_name="é" * 57)).common_name == "é" * 57
    with refused("CRED-113", "no text"):
        read_csr(put_together(modem, common_name="ÿ").replace("ÿ".encode(), b"\xff\xfe"))


def test_a_request_signed_by_another_key_is_refused(modem: ModemMaker, refused: Refused) -> None:
    theirs = ec.generate_private_key(ec.SECP256R1())
    stranger = modem.csr(signer=theirs, null=False)
    spki = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with refused("CRED-114"):
        read_csr(stranger.replace(spki, modem.spki()))


def test_every_flipped_bit_of_what_is_signed_is_noticed(modem: ModemMaker) -> None:
    der = modem.csr()
    end = der.index(MODEM_ALGORITHM)
    for at in range(end):
        changed = bytearray(der)
        changed[at] ^= 0x04
        with pytest.raises(Fault, match="CRED-11"):
            read_csr(bytes(changed))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda der: der[:0], "missing"),
        (lambda der: der[:1], "missing"),
        (lambda der: der[:-1], "end is missing"),
        (lambda der: der + b"\0", "follows"),
        (lambda der: b"\x31" + der[1:], "no certificate request"),
        (lambda der: b"\x30\x80" + der[2:] + b"\0\0", "impossible length"),
        (lambda der: b"\x30\x82\x00" + der[2:], "impossible length"),
        (lambda der: der[:1] + b"\x84\0\0" + der[1:], "impossible length"),
        (lambda der: der + bytes(4097), "longer than 4096"),
        (lambda der: der.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1), "version"),
    ],
)
def test_damaged_bytes_are_refused_with_the_reason(
    modem: ModemMaker, refused: Refused, damage: Any, reason: str
) -> None:
    with refused("CRED-111", reason):
        read_csr(damage(modem.csr()))


@pytest.mark.parametrize(
    "algorithm",
    [
        "300a06082a8648ce3d040303",  # SHA-384
        "300906072a8648ce3d0401",  # SHA-1
        "300b06082a8648ce3d04030205",  # a NULL without its length
        "300d06092a864886f70d01010b0500",  # RSA
        "",
    ],
)
def test_any_other_signature_algorithm_is_refused(modem: ModemMaker, refused: Refused, algorithm: str) -> None:
    clean = modem.csr(null=False)
    contents = clean[3:].replace(CLEAN_ALGORITHM, bytes.fromhex(algorithm))
    assert contents != clean[3:]
    with refused("CRED-111", "ECDSA and SHA-256"):
        read_csr(b"\x30\x81" + bytes([len(contents)]) + contents)


def test_a_null_where_der_has_none_is_not_forgiven_elsewhere(modem: ModemMaker, refused: Refused) -> None:
    """Only the one NULL modems write is left out: the rest stays under strict DER."""
    der = modem.csr()
    twice = with_null(b"\x30\x81" + bytes([len(der[3:])]) + der[3:].replace(b"\x05\x00\x03", b"\x05\x00\x05\x00\x03"))
    with refused("CRED-111"):
        read_csr(twice)


def test_extensions_are_not_even_read(modem: ModemMaker) -> None:
    """A request may ask for anything; nothing of it is looked at, so nothing of it can reach a certificate."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(named((NameOID.COMMON_NAME, "x")))
    greedy = builder.add_extension(x509.BasicConstraints(ca=True, path_length=9), critical=True)
    csr = read_csr(with_null(greedy.sign(modem.key, hashes.SHA256()).public_bytes(Encoding.DER)))
    assert csr.common_name == "x"
    assert not [part for part in csr.__slots__ if "extension" in part]
