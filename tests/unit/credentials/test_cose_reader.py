"""CBOR is taken in its one deterministic form, COSE_Sign1 in the one shape modems write."""

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as st

from station.credentials.cose import Binding, CoseSign1, SigningKey, find_binding, read_cbor, read_sign1
from tests.unit.credentials.conftest import ModemMaker

ES256 = bytes.fromhex("a10126")


@pytest.mark.parametrize(
    "encoded",
    [
        "1801",  # 1 in two bytes
        "0101",  # something follows
        "5f4100ff",  # indefinite bytes
        "9f01ff",  # indefinite list
        "a201010102",  # a key twice
        "a202010101",  # keys out of order
        "c100",  # a date
        "c24101",  # a big number
        "d8236128",  # a broken regular expression
        "c5821b7fffffffffffffff03",  # a number too big to hold
        "d81c81d81d00",  # a list that holds itself
        "d9d9f701",  # self-described, where that is not expected
        "818181818100",  # too deep
        "5b7fffffffffffffff",  # longer than memory
        "61ff",  # no UTF-8
        "",
    ],
)
def test_other_cbor_is_refused(encoded: str) -> None:
    with pytest.raises(ValueError, match=r"CBOR|tag|deterministic"):
        read_cbor(bytes.fromhex(encoded))


@given(st.binary(max_size=80))
@example(b"\xd8\x20\x61a")
@example(b"\xc4\x82\x1b\x7f\xff\xff\xff\xff\xff\xff\xff\x03")
@example(b"\xf9\x7e\x00")
def test_cbor_that_reads_is_the_only_spelling_of_its_value(data: bytes) -> None:
    try:
        value = read_cbor(data)
    except ValueError:
        return
    assert cbor2.dumps(value, canonical=True) == data


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.binary(max_size=9) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 99), inner, max_size=3),
        max_leaves=4,
    )
)
def test_deterministic_cbor_is_read_as_the_library_wrote_it(value: object) -> None:
    try:
        read = read_cbor(cbor2.dumps(value, canonical=True))
    except ValueError as error:
        assert "nesting" in str(error)  # noqa: PT017 -- the one reason hypothesis may run into
        return
    assert read == value


def test_long_cbor_is_refused_unread() -> None:
    with pytest.raises(ValueError, match="longer"):
        read_cbor(cbor2.dumps(bytes(1100)))


def sign1(*parts: object) -> bytes:
    return b"\xd2" + cbor2.dumps(list(parts))


GOOD = (ES256, {4: b"\x21"}, b"payload", bytes(64))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (cbor2.dumps(list(GOOD)), "no COSE_Sign1"),
        (b"\xd1" + cbor2.dumps(list(GOOD)), "no COSE_Sign1"),
        (b"\xd2" + sign1(*GOOD), "tag"),
        (sign1(*GOOD[:3]), "four parts"),
        (sign1(*GOOD, b""), "four parts"),
        (sign1({1: -7}, *GOOD[1:]), "ES256"),
        (sign1(bytes.fromhex("a10127"), *GOOD[1:]), "ES256"),
        (sign1(bytes.fromhex("a1013822"), *GOOD[1:]), "ES256"),  # ES384
        (sign1(b"", *GOOD[1:]), "ES256"),
        (sign1(ES256, {}, *GOOD[2:]), "names no key"),
        (sign1(ES256, {4: -2}, *GOOD[2:]), "names no key"),
        (sign1(ES256, {4: b"\x21", 5: b""}, *GOOD[2:]), "names no key"),
        (sign1(ES256, {5: b"\x21"}, *GOOD[2:]), "names no key"),
        (sign1(ES256, {4: b"\x20"}, *GOOD[2:]), "unknown key"),
        (sign1(ES256, {4: b"\xf9\xc0\x00"}, *GOOD[2:]), "unknown key"),  # -2.0
        (sign1(ES256, {4: b"\x38\x01"}, *GOOD[2:]), "deterministic"),  # -2 in two bytes
        (sign1(*GOOD[:2], "payload", GOOD[3]), "payload is no byte string"),
        (sign1(*GOOD[:3], bytes(63)), "64 bytes"),
        (sign1(*GOOD[:3], bytes(65)), "64 bytes"),
        (sign1(*GOOD[:3], "s" * 64), "64 bytes"),
        (sign1(*GOOD) + b"\0", "bytes follow"),
    ],
)
def test_other_shapes_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_sign1(data)


@pytest.mark.parametrize(("kid", "key"), [(-2, SigningKey.IDENTITY), (-4, SigningKey.NORDIC_BASE_PRODUCTION)])
def test_the_named_key_is_told(modem: ModemMaker, kid: int, key: SigningKey) -> None:
    assert read_sign1(modem.sign1(b"payload", kid=kid)).kid is key


def test_each_way_to_sign_is_told_apart(modem: ModemMaker) -> None:
    public = modem.identity.public_key()
    plain, aside = modem.sign1(b"payload"), modem.sign1(b"payload", aad=b"body")
    detached, rfc = modem.sign1(None, aad=b"body"), modem.sign1(None, signed=b"body")
    found = [find_binding(read_sign1(data), public, b"body") for data in (plain, aside, detached, rfc)]
    assert found == [Binding.PAYLOAD, Binding.EXTERNAL, Binding.EXTERNAL, Binding.PAYLOAD]
    # All but the first cover the body itself.
    found = [find_binding(read_sign1(data), public, b"other") for data in (plain, aside, detached, rfc)]
    assert found == [Binding.PAYLOAD, None, None, None]


def test_a_detached_signature_over_nothing_binds_nothing(modem: ModemMaker) -> None:
    signed_nothing = read_sign1(modem.sign1(None, aad=b"", signed=None))
    assert find_binding(signed_nothing, modem.identity.public_key(), b"body") is None


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\1" * 32])
def test_impossible_signatures_do_not_hold(modem: ModemMaker, signature: bytes) -> None:
    cose = CoseSign1(SigningKey.IDENTITY, b"payload", signature)
    assert find_binding(cose, modem.identity.public_key(), b"body") is None


def test_a_key_of_another_curve_verifies_nothing(modem: ModemMaker) -> None:
    cose = read_sign1(modem.sign1(b"payload"))
    assert find_binding(cose, ec.generate_private_key(ec.SECP384R1()).public_key(), b"body") is None
