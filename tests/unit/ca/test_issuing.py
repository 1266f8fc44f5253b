"""One certificate for one device and key, whatever crashes, repeats or runs at once."""

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.ca.authority import Authority
from station.ca.register import Issuance, IssuanceState
from station.domain.faults import Bug, Fault
from station.domain.ids import DeviceId, Sha256
from tests.unit.ca.conftest import BORN, PASSPHRASE, HandClock, MemoryRegister, Refused, make_csr

ID = DeviceId("nrf-352656100000001")


def leaf_of(issuance: Issuance) -> x509.Certificate:
    assert issuance.der is not None
    return x509.load_der_x509_certificate(issuance.der)


def test_a_leaf_is_what_was_recorded_for_it(authority: Authority, register: MemoryRegister, clock: HandClock) -> None:
    csr = make_csr(ID)
    issuance = authority.issue(ID, csr, register)
    leaf = leaf_of(issuance)

    assert register.calls == ["intend", "complete"]
    assert register.find(ID, csr.spki_sha256) == issuance
    assert issuance.state is IssuanceState.ACTIVE
    assert issuance.issuer == authority.chain[0].fingerprint(hashes.SHA256()).hex() == authority.fingerprint
    assert f"{leaf.serial_number:x}" == issuance.serial
    assert leaf.subject.rfc4514_string() == f"CN={ID}"
    assert leaf.public_key() == csr.public_key
    assert (leaf.not_valid_before_utc, leaf.not_valid_after_utc) == (issuance.not_before, issuance.not_after)
    assert issuance.not_before == clock.now() - timedelta(hours=1)
    assert issuance.not_after == issuance.not_before.replace(year=2031) - timedelta(seconds=1)
    leaf.verify_directly_issued_by(authority.chain[0])


def test_repeating_returns_the_same_certificate(
    authority: Authority, register: MemoryRegister, clock: HandClock
) -> None:
    csr = make_csr(ID)
    first = authority.issue(ID, csr, register)
    clock.pass_time(3600)
    assert authority.issue(ID, csr, register) is first
    assert register.calls == ["intend", "complete"]


def test_repeating_needs_no_right_clock(authority: Authority, register: MemoryRegister, clock: HandClock) -> None:
    """Nothing is signed, so a wrong clock does not stop a unit whose certificate exists."""
    csr = make_csr(ID)
    first = authority.issue(ID, csr, register)
    clock.jump(-10 * 86400)
    assert authority.issue(ID, csr, register) is first


def test_serials_are_random_and_fit_twenty_octets(authority: Authority, register: MemoryRegister) -> None:
    serials = set()
    for number in range(40):
        device = DeviceId(f"nrf-{number}")
        serials.add(int(authority.issue(device, make_csr(device), register).serial, 16))
    assert len(serials) == 40
    assert all(0 < serial < 2**159 for serial in serials)
    assert max(serials).bit_length() > 150


class CrashesAt(MemoryRegister):
    """A register whose process dies before or after it wrote."""

    crash: tuple[str, str] = ("", "")

    def intend(self, issuance: Issuance) -> None:
        self._die("intend", "before")
        super().intend(issuance)
        self._die("intend", "after")

    def complete(self, issuance: Issuance) -> None:
        self._die("complete", "before")
        super().complete(issuance)
        self._die("complete", "after")

    def _die(self, *point: str) -> None:
        if self.crash == point:
            self.crash = ("", "")
            raise KeyboardInterrupt


@pytest.mark.parametrize("call", ["intend", "complete"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_after_any_crash_the_same_serial_is_completed(
    authority: Authority, clock: HandClock, call: str, when: str
) -> None:
    register, csr = CrashesAt(clock), make_csr(ID)
    register.crash = (call, when)
    with pytest.raises(KeyboardInterrupt):
        authority.issue(ID, csr, register)
    left = register.find(ID, csr.spki_sha256)
    clock.pass_time(86400)

    issuance = authority.issue(ID, csr, register)
    assert register.calls == ["intend", "complete"]
    if left is None:
        assert (call, when) == ("intend", "before")
    else:
        assert (issuance.serial, issuance.not_before, issuance.not_after) == (
            left.serial,
            left.not_before,
            left.not_after,
        )
    assert len(register.rows) == 1
    assert leaf_of(issuance).public_key() == csr.public_key


def test_nothing_is_released_where_the_register_refuses(
    authority: Authority, register: MemoryRegister, refused: Refused
) -> None:
    authority.issue(ID, make_csr(ID), register)
    with refused("REG-1"):
        authority.issue(ID, make_csr(ID), register)
    key = ec.generate_private_key(ec.SECP256R1())
    other, third = DeviceId("nrf-2"), DeviceId("nrf-3")
    authority.issue(other, make_csr(other, key), register)
    with refused("REG-2"):
        authority.issue(third, make_csr(third, key), register)
    assert len(register.rows) == 2


def test_of_two_threads_with_one_key_one_certificate_comes_out(authority: Authority, clock: HandClock) -> None:
    register, csr = MemoryRegister(clock), make_csr(ID)
    ready = threading.Barrier(8)
    ders: set[bytes | None] = set()
    codes: set[str] = set()

    def work() -> None:
        ready.wait()
        try:
            ders.add(authority.issue(ID, csr, register).der)
        except Fault as fault:
            codes.add(fault.code)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ders) == 1
    assert codes <= {"REG-1", "REG-2", "REG-3"}
    assert authority.issue(ID, csr, register).der in ders


@pytest.mark.parametrize("named", ["nrf-352656100000002", "x", "Nrf-352656100000001"])
def test_a_csr_with_another_common_name_is_refused_before_anything_is_written(
    authority: Authority, register: MemoryRegister, refused: Refused, named: str
) -> None:
    with refused("CRED-115"):
        authority.issue(ID, make_csr(named), register)
    assert not register.rows


def test_an_id_that_is_none_is_a_bug(authority: Authority, register: MemoryRegister, refused: Refused) -> None:
    with refused("CA-902") as caught:
        authority.issue(DeviceId("no id"), make_csr("no id"), register)
    assert isinstance(caught.value, Bug)
    assert not register.rows


def test_a_key_that_was_given_up_is_not_certified_again(
    authority: Authority, register: MemoryRegister, refused: Refused
) -> None:
    csr = make_csr(ID)
    register.supersede(authority.issue(ID, csr, register))
    with refused("CA-212"):
        authority.issue(ID, csr, register)
    # A new key of the same device is.
    assert authority.issue(ID, make_csr(ID), register).state is IssuanceState.ACTIVE


@pytest.mark.parametrize("change", [{"issuer": Sha256("0" * 64)}, {"profile": "2"}])
def test_an_intent_of_another_ca_or_profile_is_not_completed(
    authority: Authority, register: MemoryRegister, refused: Refused, change: dict[str, str]
) -> None:
    csr = make_csr(ID)
    done = authority.issue(ID, csr, register)
    register.rows[ID, csr.spki_sha256] = replace(done, state=IssuanceState.INTENDED, der=None, **change)  # type: ignore[arg-type]
    with refused("CA-211"):
        authority.issue(ID, csr, register)


def test_an_active_certificate_of_an_earlier_ca_is_returned(authority: Authority, register: MemoryRegister) -> None:
    csr = make_csr(ID)
    done = authority.issue(ID, csr, register)
    register.rows[ID, csr.spki_sha256] = replace(done, issuer=Sha256("0" * 64))
    assert authority.issue(ID, csr, register).der == done.der


def test_a_recorded_certificate_of_another_device_or_key_is_noticed(
    authority: Authority, register: MemoryRegister, refused: Refused
) -> None:
    mine, other = make_csr(ID), DeviceId("nrf-2")
    done = authority.issue(ID, mine, register)
    theirs = authority.issue(other, make_csr(other), register)
    for wrong in (theirs.der, b"", None, b"\x30\x00", (done.der or b"")[:-1]):
        register.rows[ID, mine.spki_sha256] = replace(done, der=wrong)
        with refused("CA-213", ID):
            authority.issue(ID, mine, register)
    register.rows[ID, mine.spki_sha256] = replace(done, serial=theirs.serial)
    with refused("CA-213"):
        authority.issue(ID, mine, register)


def test_a_wrong_clock_signs_nothing_and_writes_nothing(
    authority: Authority, register: MemoryRegister, clock: HandClock, refused: Refused
) -> None:
    authority.issue(DeviceId("nrf-0"), make_csr("nrf-0"), register)
    right = clock.now()
    for code, wall in (
        ("CA-201", BORN - timedelta(seconds=1)),
        ("CA-202", right - timedelta(seconds=1)),
        ("CA-203", right + timedelta(seconds=200)),
        ("CA-203", right.replace(year=2099)),
    ):
        clock.wall = wall
        with refused(code):
            authority.issue(ID, make_csr(ID), register)
    assert register.calls == ["intend", "complete"]
    clock.wall = right
    assert authority.issue(ID, make_csr(ID), register).not_before == right - timedelta(hours=1)


def test_one_bad_timestamp_does_not_stop_the_line_for_good(
    made_once: Path, register: MemoryRegister, clock: HandClock, refused: Refused
) -> None:
    """The clock runs wild while an intent is written, and is mended; a correction of that entry lets signing go on."""
    right = clock.now()
    clock.wall = right.replace(year=2028)
    authority = Authority.open(made_once, PASSPHRASE, clock)  # the station is started on that day
    crashing = CrashesAt(clock, register.rows, register.entries)
    crashing.crash = ("intend", "after")
    csr = make_csr(ID)
    with pytest.raises(KeyboardInterrupt):
        authority.issue(ID, csr, crashing)
    intended = register.find(ID, csr.spki_sha256)
    assert intended is not None
    wrong = register.entries[-1]

    clock.wall = right
    with refused("CA-202", "2028"):
        authority.issue(ID, csr, register)
    register.correct(wrong)
    issuance = authority.issue(ID, csr, register)
    # The serial stays; a certificate that begins in two years would be of no use.
    assert issuance.serial == intended.serial
    assert issuance.not_before == right - timedelta(hours=1)
    assert leaf_of(issuance).not_valid_before_utc == issuance.not_before


def test_an_ended_ca_opens_but_does_not_sign(
    authority: Authority, register: MemoryRegister, clock: HandClock, refused: Refused
) -> None:
    end = authority.chain[0].not_valid_after_utc
    clock.pass_time((end - clock.now()).total_seconds())
    late = authority.issue(ID, make_csr(ID), register)
    assert late.not_after == end
    clock.pass_time(1)
    with refused("CA-204", "2036-11-22"):
        authority.issue(DeviceId("nrf-2"), make_csr("nrf-2"), register)


def test_a_leaf_neither_begins_before_nor_ends_after_its_issuer(made_once: Path) -> None:
    young = HandClock(BORN + timedelta(seconds=5))
    issuance = Authority.open(made_once, PASSPHRASE, young).issue(ID, make_csr(ID), MemoryRegister(young))
    assert issuance.not_before == BORN

    old = HandClock(BORN + timedelta(days=9 * 365))
    authority = Authority.open(made_once, PASSPHRASE, old)
    issuance = authority.issue(ID, make_csr(ID), MemoryRegister(old))
    assert issuance.not_after == authority.chain[0].not_valid_after_utc < issuance.not_before.replace(year=2040)


def test_a_key_that_does_not_sign_right_releases_nothing(
    authority: Authority, register: MemoryRegister, refused: Refused
) -> None:
    """A token that answers with another key's signature, or a bit fallen over in memory."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    odd = Authority(authority._files, stranger, HandClock(BORN + timedelta(hours=2)))
    csr = make_csr(ID)
    with refused("CA-901", "signature"):
        odd.issue(ID, csr, register)
    left = register.find(ID, csr.spki_sha256)
    assert left is not None
    assert left.der is None


def test_two_keys_of_one_device_have_two_identifiers(authority: Authority, register: MemoryRegister) -> None:
    csr = make_csr(ID)
    leaf = leaf_of(authority.issue(ID, csr, register))
    identifier = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert identifier == x509.SubjectKeyIdentifier.from_public_key(csr.public_key)
    spki = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == csr.spki
