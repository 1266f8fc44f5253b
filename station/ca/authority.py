"""The CA at work: it opens with the line's key alone, and signs one leaf for one device and key, once."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from station.ca.faults import BEGUN_ELSEWHERE, CALL_WRONG, FILES_DISAGREE, KEY_GIVEN_UP, LEAF_WRONG, RECORD_WRONG
from station.ca.folder import LINE_CERTIFICATE, LINE_KEY, AuthorityFiles, read_files
from station.ca.guard import ClockGuard
from station.ca.keyfile import read_key
from station.ca.profile import PROFILE_VERSION, LeafPlan, LeafTemplate, common_name_only, leaf_validity
from station.ca.register import Issuance, IssuanceRegister, IssuanceState
from station.credentials.csr import Csr
from station.credentials.faults import CN_DIFFERS
from station.credentials.keys import spki_of
from station.credentials.pem import CertificatePem, to_pem
from station.domain.ids import CertSerial, DeviceId, Sha256, parse_device_id
from station.domain.secret import Secret
from station.host.clock import Clock


class Authority:
    """A CA that can sign. Used from any thread; the key stays in memory while it lives."""

    def __init__(self, files: AuthorityFiles, key: ec.EllipticCurvePrivateKey, clock: Clock) -> None:
        """Take a line key that belongs to ``files``; any implementation of the key will do (a token's, say)."""
        self._files: Final = files
        self._key: Final = key
        self._template: Final = LeafTemplate(files.line, files.line_key)
        # Read once: the library decodes a certificate's fields anew at every look.
        self._begin: Final = files.line.not_valid_before_utc
        self._end: Final = files.line.not_valid_after_utc
        self.guard: Final = ClockGuard(clock, not_before=self._begin, not_after=self._end)

    @staticmethod
    def open(folder: Path, passphrase: Secret, clock: Clock) -> "Authority":
        """Return the CA in ``folder``, opened with the line's key; the root's key file may be away.

        Raises what :func:`station.ca.folder.read_files` and :func:`station.ca.keyfile.read_key` raise, and CA-104
        where key and certificate differ. An ended CA opens; it does not sign. Safe to repeat.
        """
        files = read_files(folder)
        key = read_key(folder / LINE_KEY, passphrase)
        if spki_of(key.public_key()) != spki_of(files.line_key):
            reason = f"{LINE_KEY} is not the key of {LINE_CERTIFICATE}"
            raise FILES_DISAGREE.fault(folder=folder, reason=reason)
        return Authority(files, key, clock)

    @property
    def name(self) -> str:
        """The name the CA was given."""
        return self._files.description.name

    @property
    def chain(self) -> tuple[x509.Certificate, x509.Certificate]:
        """The line's certificate, which signs the leaves, and the root's."""
        return self._files.line, self._files.root

    @property
    def chain_pem(self) -> CertificatePem:
        """The chain as text, the line's certificate first."""
        return to_pem(*self.chain)

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the line certificate's DER: the issuer, as the register names it."""
        return self._files.line_sha256

    @property
    def root_fingerprint(self) -> Sha256:
        """SHA-256 of the root certificate's DER: what a ceremony reads aloud."""
        return self._files.root_sha256

    def issue(self, device_id: DeviceId, csr: Csr, register: IssuanceRegister) -> Issuance:
        """Return the one certificate of this device and key, signing it where it is not signed yet.

        Safe to repeat: an active certificate is returned as it is, whoever issued it; an intent that a crash
        left behind is completed under its own serial number. The intent is durable before anything is signed and the
        certificate before it is returned. From two threads at once for one key, the register refuses the later intent.

        Raises CRED-115 (the CSR names another device), CA-201 to CA-204 (the clock), CA-211 to CA-213 (the register
        holds something else), CA-901 (the leaf came out wrong), and the register's own faults.
        """
        if csr.common_name != device_id:
            raise CN_DIFFERS.fault(found=repr(csr.common_name), expected=device_id)
        known = register.find(device_id, csr.spki_sha256)
        if known is not None and known.state is IssuanceState.ACTIVE:
            return _confirm(known, device_id, csr)
        # The entry's time first: one written in between would look like the future.
        latest = register.latest_entry()
        now = self.guard.check(latest)
        if known is None:
            intent = self._intend(device_id, csr, now)
            register.intend(intent)
        else:
            intent = self._resume(known, now)
        done = intent.completed(self._sign(intent, csr))
        register.complete(done)
        return done

    def _intend(self, device_id: DeviceId, csr: Csr, now: datetime) -> Issuance:
        try:
            parse_device_id(device_id)
        except ValueError as error:
            raise CALL_WRONG.fault(reason=error) from error
        not_before, not_after = self._validity(now)
        return Issuance(
            device_id=device_id,
            spki_sha256=csr.spki_sha256,
            serial=CertSerial(f"{x509.random_serial_number():x}"),
            issuer=self.fingerprint,
            profile=PROFILE_VERSION,
            not_before=not_before,
            not_after=not_after,
            state=IssuanceState.INTENDED,
            der=None,
        )

    def _resume(self, known: Issuance, now: datetime) -> Issuance:
        """Return the intent to complete: the same serial number, and the same validity unless that can't be right."""
        if known.state is not IssuanceState.INTENDED:
            raise KEY_GIVEN_UP.fault(f"serial {known.serial}")
        if known.issuer != self.fingerprint or known.profile != PROFILE_VERSION:
            raise BEGUN_ELSEWHERE.fault(f"issuer {known.issuer}, profile {known.profile}")
        if self._begin <= known.not_before <= now < known.not_after <= self._end:
            return known
        # The clock was wrong when the intent was written, and has been corrected since.
        not_before, not_after = self._validity(now)
        return replace(known, not_before=not_before, not_after=not_after)

    def _validity(self, now: datetime) -> tuple[datetime, datetime]:
        years = self._files.description.leaf_years
        return leaf_validity(now, years, issuer_begin=self._begin, issuer_end=self._end)

    def _sign(self, intent: Issuance, csr: Csr) -> bytes:
        serial = int(intent.serial, 16)
        plan = LeafPlan(intent.device_id, csr.spki, serial, intent.not_before, intent.not_after)
        leaf = self._template.sign(plan, self._key)
        wrong = self._template.find_fault(leaf, plan)
        if wrong is not None:
            raise LEAF_WRONG.fault(f"serial {intent.serial}: {leaf.hex()}", reason=f"its {wrong}")
        return leaf


def _confirm(known: Issuance, device_id: DeviceId, csr: Csr) -> Issuance:
    """Return a recorded certificate once it is seen to be for this device and key."""
    try:
        leaf = x509.load_der_x509_certificate(known.der or b"")
        right = leaf.subject == common_name_only(device_id) and leaf.public_key() == csr.public_key
    except (ValueError, x509.InvalidVersion) as error:
        raise RECORD_WRONG.fault(f"serial {known.serial}: {error}", device_id=device_id) from error
    if not right or f"{leaf.serial_number:x}" != known.serial:
        raise RECORD_WRONG.fault(f"serial {known.serial}", device_id=device_id)
    return known
