"""Leaves are what the library's own builder makes of the same profile, and a leaf that is not is noticed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from station.ca.profile import LeafPlan, LeafTemplate, build_issuer, common_name_only, last_second, leaf_validity
from tests.unit.ca.conftest import BORN

ISSUER_KEY = ec.generate_private_key(ec.SECP256R1())
LEAF_KEY = ec.generate_private_key(ec.SECP256R1())
SPKI = LEAF_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ISSUER_NAME = common_name_only("Acme nRF91 Line CA")
ISSUER = build_issuer(
    subject=ISSUER_NAME,
    key=ISSUER_KEY.public_key(),
    issuer=common_name_only("Acme nRF91 Root CA"),
    authority=ec.generate_private_key(ec.SECP256R1()).public_key(),
    path_length=0,
    not_before=BORN,
    not_after=BORN.replace(year=2060),
).sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
TEMPLATE = LeafTemplate(ISSUER, ISSUER_KEY.public_key())
PLAN = LeafPlan("nrf-1", SPKI, 0x1234567890, BORN, BORN.replace(year=2036))

EXTENSIONS: list[tuple[x509.ExtensionType, bool]] = [
    (x509.BasicConstraints(ca=False, path_length=None), True),
    (x509.KeyUsage(True, False, False, False, False, False, False, False, False), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    (x509.AuthorityKeyIdentifier.from_issuer_public_key(ISSUER_KEY.public_key()), False),
    (x509.SubjectKeyIdentifier.from_public_key(LEAF_KEY.public_key()), False),
]


def library_leaf(
    plan: LeafPlan,
    *,
    extensions: list[tuple[x509.ExtensionType, bool]] = EXTENSIONS,
    issuer: x509.Name = ISSUER_NAME,
    subject: x509.Name | None = None,
    key: ec.EllipticCurvePublicKey = LEAF_KEY.public_key(),  # noqa: B008 -- a value that never changes
    signer: ec.EllipticCurvePrivateKey = ISSUER_KEY,
    algorithm: hashes.HashAlgorithm = hashes.SHA256(),  # noqa: B008 -- a value that never changes
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or common_name_only(plan.common_name))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(plan.serial)
        .not_valid_before(plan.not_before)
        .not_valid_after(plan.not_after)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(signer, algorithm)  # type: ignore[arg-type]


MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(9998, 1, 1)).map(lambda t: t.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001


@given(
    name=st.text(alphabet="ABCXYZabcxyz0189_-", min_size=1, max_size=64),
    serial=st.integers(1, 2**159 - 1),
    begin=MOMENTS,
    length=st.timedeltas(timedelta(0), timedelta(days=366 * 100)),
)
def test_every_leaf_is_byte_for_byte_the_librarys(name: str, serial: int, begin: datetime, length: timedelta) -> None:
    end = (
        min(begin + timedelta(seconds=int(length.total_seconds())), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        if begin.year < 9890
        else begin
    )
    plan = LeafPlan(name, SPKI, serial, begin, end)
    assert TEMPLATE.encode(plan) == library_leaf(plan).tbs_certificate_bytes
    assert TEMPLATE.find_fault(TEMPLATE.sign(plan, ISSUER_KEY), plan) is None


@pytest.mark.parametrize("begin", ["2049-12-31 23:59:59", "2050-01-01 00:00:00", "2050-12-31 23:59:59"])
def test_the_form_of_a_time_changes_with_2050(begin: str) -> None:
    moment = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    plan = LeafPlan("nrf-1", SPKI, 1, moment, moment + timedelta(seconds=1))
    assert TEMPLATE.encode(plan) == library_leaf(plan).tbs_certificate_bytes


def test_the_librarys_own_leaf_passes_the_check() -> None:
    """The control for the next test: what it changes is all that is wrong there."""
    assert TEMPLATE.find_fault(library_leaf(PLAN).public_bytes(Encoding.DER), PLAN) is None


def without(number: int) -> list[tuple[x509.ExtensionType, bool]]:
    return EXTENSIONS[:number] + EXTENSIONS[number + 1 :]


def instead(number: int, value: x509.ExtensionType, critical: bool) -> list[tuple[x509.ExtensionType, bool]]:
    return [*EXTENSIONS[:number], (value, critical), *EXTENSIONS[number + 1 :]]


OTHER = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        *(
            (lambda number=number: library_leaf(PLAN, extensions=without(number)), "key or extensions")
            for number in range(5)
        ),
        *(
            (
                lambda number=number: library_leaf(
                    PLAN, extensions=instead(number, EXTENSIONS[number][0], not EXTENSIONS[number][1])
                ),
                "key or extensions",
            )
            for number in range(5)
        ),
        (
            lambda: library_leaf(PLAN, extensions=instead(0, x509.BasicConstraints(ca=True, path_length=None), True)),
            "key or extensions",
        ),
        (
            lambda: library_leaf(
                PLAN,
                extensions=instead(1, x509.KeyUsage(True, False, False, False, False, True, False, False, False), True),
            ),
            "key or extensions",
        ),
        (
            lambda: library_leaf(
                PLAN, extensions=instead(2, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            ),
            "key or extensions",
        ),
        (
            lambda: library_leaf(
                PLAN, extensions=instead(4, x509.SubjectKeyIdentifier.from_public_key(OTHER.public_key()), False)
            ),
            "key or extensions",
        ),
        (
            lambda: library_leaf(
                PLAN, extensions=[*EXTENSIONS, (x509.SubjectAlternativeName([x509.DNSName("x")]), False)]
            ),
            "key or extensions",
        ),
        (lambda: library_leaf(PLAN, extensions=EXTENSIONS[::-1]), "key or extensions"),
        (lambda: library_leaf(PLAN, key=OTHER.public_key()), "key or extensions"),
        (lambda: library_leaf(PLAN, issuer=common_name_only("Somebody else")), "issuer"),
        (lambda: library_leaf(PLAN, subject=common_name_only("nrf-2")), "subject"),
        (
            lambda: library_leaf(
                PLAN,
                subject=x509.Name(
                    [
                        x509.NameAttribute(NameOID.COMMON_NAME, "nrf-1"),
                        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x"),
                    ]
                ),
            ),
            "subject",
        ),
        (
            lambda: library_leaf(LeafPlan("nrf-1", SPKI, PLAN.serial + 1, PLAN.not_before, PLAN.not_after)),
            "serial number",
        ),
        (
            lambda: library_leaf(
                LeafPlan("nrf-1", SPKI, PLAN.serial, PLAN.not_before, PLAN.not_after + timedelta(seconds=1))
            ),
            "validity",
        ),
        (lambda: library_leaf(PLAN, signer=OTHER), "signature"),
        (lambda: library_leaf(PLAN, algorithm=hashes.SHA384()), "algorithm"),
    ],
)
def test_a_leaf_that_deviates_is_noticed(make: Callable[[], x509.Certificate], wrong: str) -> None:
    assert TEMPLATE.find_fault(make().public_bytes(Encoding.DER), PLAN) == wrong


def test_a_wrong_count_of_unused_bits_is_noticed() -> None:
    """Where the signature's last bit is 0 the library takes it for one bit less, and verifies it all the same."""
    leaf = next(leaf for leaf in iter(lambda: TEMPLATE.sign(PLAN, ISSUER_KEY), b"") if not leaf[-1] & 1)
    at = leaf.rindex(b"\x00\x30", 0, len(leaf) - 66)
    damaged = leaf[:at] + b"\x01" + leaf[at + 1 :]
    assert x509.load_der_x509_certificate(damaged).tbs_certificate_bytes == TEMPLATE.encode(PLAN)
    assert TEMPLATE.find_fault(damaged, PLAN) == "encoding"


def test_every_flipped_byte_of_a_leaf_is_noticed() -> None:
    leaf = TEMPLATE.sign(PLAN, ISSUER_KEY)
    for at in range(len(leaf)):
        damaged = bytearray(leaf)
        damaged[at] ^= 0x01
        try:
            wrong = TEMPLATE.find_fault(bytes(damaged), PLAN)
        except ValueError:
            continue
        assert wrong is not None, f"byte {at}"


@pytest.mark.parametrize(
    ("now", "years", "begin", "end"),
    [
        ("2026-12-01 12:00:00.9", 5, "2026-12-01 11:00:00", "2031-12-01 10:59:59"),
        ("2026-11-22 06:30:00", 5, "2026-11-22 06:00:00", "2031-11-22 05:59:59"),  # not before the issuer
        ("2028-02-29 12:00:00", 1, "2028-02-29 11:00:00", "2029-02-28 10:59:59"),
        ("2028-02-29 12:00:00", 4, "2028-02-29 11:00:00", "2032-02-29 10:59:59"),
        ("2033-01-01 00:00:00", 5, "2032-12-31 23:00:00", "2036-11-22 05:59:59"),  # not after the issuer
    ],
)
def test_a_leafs_life_lies_inside_its_issuers(now: str, years: int, begin: str, end: str) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    found = leaf_validity(at(now), years, issuer_begin=BORN, issuer_end=at("2036-11-22 05:59:59"))
    assert found == (at(begin), at(end))


def test_the_last_year_there_is_ends_it() -> None:
    assert last_second(datetime(9990, 5, 1, tzinfo=UTC), 100).year == 9999
