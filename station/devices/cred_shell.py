"""A board whose firmware makes its own key in a credentials shell, ``nrf_cloud_cred`` (sdk-nrf, nRF Cloud library).

The key is made in the platform's key store (PSA), persistent and never given away; one at a time, under one security
tag. Certificates go the way of the TLS credentials shell.
"""

import base64
import re
import secrets
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.csr import Csr, read_csr
from station.credentials.faults import CSR_SUBJECT_REFUSED
from station.credentials.keys import read_p256_spki, spki_of
from station.devices.faults import ALREADY_THERE, KEYGEN_FAILED, NOT_FOUND, ODD_REPLY, OTHER_KEY, REFUSED
from station.devices.replies import Reply, VerdictKind
from station.devices.shell import Ends
from station.devices.tls_shell import TlsShell
from station.domain.faults import Fault
from station.domain.ids import parse_device_id
from station.domain.modem import CredentialType

_MADE: Final = re.compile(r"Generated device key in sec tag (\d{1,10})")
_EXISTS: Final = re.compile(r"Key already exists in sec tag \d{1,10}\. Use 'delete' to remove it first\.")
_NOT_MADE: Final = re.compile(r"Key generation failed: (-?\d{1,5})")
_DELETED: Final = re.compile(r"Deleted device key in sec tag \d{1,10}")
_NOT_DELETED: Final = re.compile(r"Key deletion failed: -?\d{1,5}")
_CSR: Final = re.compile(r"CSR: ([A-Za-z0-9+/]{4,1400}={0,2})")
_CSR_DONE: Final = re.compile(r"CSR generation complete")
_NO_CSR: Final = re.compile(
    r"CSR generation failed: (-?\d{1,5})|Base64 encoding failed: -?\d{1,5}|Failed to get device id: -?\d{1,5} .*"
)
_PUBLIC: Final = re.compile(r"PUBKEY: ([A-Za-z0-9+/]{4,200}={0,2})")
_PUBLIC_DONE: Final = re.compile(r"Public key export complete")
_NO_PUBLIC: Final = re.compile(r"Public key export failed: -?\d{1,5}|Base64 encoding failed: -?\d{1,5}")
_BAD_TAG: Final = r"Invalid sec tag: .*"
_EIO: Final = "-5"
"""What the firmware says of a CSR by a key that is not there, as of any other failure of the key store."""


class CredShell(TlsShell):
    """As :class:`TlsShell`, with a key that the board makes itself and never gives away.

    There is no %JWT here: that the board holds a key is shown by a CSR for a name made up just now.
    """

    def make_key(self, sec_tag: int) -> None:
        """Have the board make a P-256 key under ``sec_tag`` (``keygen``). Not safe to repeat: AT-219 where a key is.

        AT-223 where it failed to, also because it has one under another tag. Where the outcome is unknown the key may
        be there: :meth:`has_key` tells, and its CSR can be had at any time.
        """
        command = f"nrf_cloud_cred keygen {sec_tag}"
        ends = Ends(_MADE, re.compile(f"{_EXISTS.pattern}|{_NOT_MADE.pattern}|{_BAD_TAG}"))
        reply = self._shell.run(command, ends, timeout=self._timeouts.keygen)
        said = reply.verdict.text
        if _EXISTS.fullmatch(said):
            raise ALREADY_THERE.fault(said, action=f"make the client key in security tag {sec_tag}")
        if _NOT_MADE.fullmatch(said):
            raise KEYGEN_FAILED.fault(said)
        self._require_ok(reply, command, f"make the client key in security tag {sec_tag}")
        made = _MADE.fullmatch(said)
        if made is None or int(made[1]) != sec_tag:
            raise ODD_REPLY.fault(repr(said), command=command)

    def has_key(self, sec_tag: int) -> bool:
        """Return whether a key of the board's own is under ``sec_tag``: whether it can sign a CSR. Pure."""
        reply = self._ask_csr(sec_tag, _fresh_name())
        if not reply.ok and not _is_absent(reply):
            raise _no_csr(reply)
        return reply.ok

    def request(self, sec_tag: int, common_name: str | None = None) -> Csr:
        """Return a CSR by the key under ``sec_tag``, its own signature verified (``csr``). Pure; AT-213 without a key.

        ``common_name`` None: the board names itself as it would to the cloud. CRED-113 where the CSR names another.
        """
        if common_name is not None:
            parse_device_id(common_name)
        reply = self._ask_csr(sec_tag, common_name)
        if _is_absent(reply):
            raise NOT_FOUND.fault(reply.verdict.text, action=f"sign with the key in security tag {sec_tag}")
        if not reply.ok:
            raise _no_csr(reply)
        csr = read_csr(_decode(reply, _CSR, "nrf_cloud_cred csr"))
        if common_name is not None and csr.common_name != common_name:
            raise CSR_SUBJECT_REFUSED.fault(reason=f"it names {csr.common_name!r}, asked for was {common_name!r}")
        return csr

    def public_key(self, sec_tag: int) -> bytes | None:
        """Return the public key under ``sec_tag`` (SubjectPublicKeyInfo, DER); None where the firmware can't tell it.

        Pure (``pubkey``, which needs CONFIG_NRF_CLOUD_CREDENTIALS_KEYGEN_VERIFY; a CSR tells the same). AT-213 without
        a key.
        """
        command = f"nrf_cloud_cred pubkey {sec_tag}"
        ends = Ends(_PUBLIC_DONE, re.compile(f"{_NO_PUBLIC.pattern}|{_BAD_TAG}"), quietly=True)
        reply = self._look(command, ends, self._timeouts.sign, _PUBLIC, optional=True)
        if reply.verdict.kind is VerdictKind.ERROR:
            raise NOT_FOUND.fault(reply.verdict.text, action=f"tell the key in security tag {sec_tag}")
        if not reply.ok or not reply.verdict.text:
            return None
        try:
            point = _decode(reply, _PUBLIC, command)
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except ValueError as error:
            raise ODD_REPLY.fault(str(error), command=command) from error
        return spki_of(key)

    def prove_key(self, sec_tag: int, spki: bytes) -> str:
        """Return how the board showed that it holds the private key of ``spki``: by a CSR for a name made up just now.

        AT-240 where another key signed it, AT-213 where none is there, ``ValueError`` for no P-256 key. Pure.
        """
        read_p256_spki(spki)
        name = _fresh_name()
        csr = self.request(sec_tag, name)
        if csr.spki != spki:
            raise OTHER_KEY.fault(f"security tag {sec_tag}: {csr.spki_sha256}")
        return "a certificate request for a one-time name, verified with the certificate's public key"

    def delete_key(self, sec_tag: int) -> None:
        """Leave no key that the board made under ``sec_tag`` (``delete``). Safe to repeat."""
        command = f"nrf_cloud_cred delete {sec_tag}"
        ends = Ends(_DELETED, re.compile(f"{_NOT_DELETED.pattern}|{_BAD_TAG}"))
        reply = self._shell.run(command, ends, timeout=self._timeouts.write)
        self._require_ok(reply, command, f"delete the client key in security tag {sec_tag}")

    def delete_credential(self, sec_tag: int, kind: CredentialType) -> bool:
        """As :meth:`TlsShell.delete_credential`; of client keys also the one that the board made. Safe to repeat."""
        if kind is not CredentialType.CLIENT_KEY:
            return super().delete_credential(sec_tag, kind)
        own = self.has_key(sec_tag)
        if own:
            self.delete_key(sec_tag)
        return super().delete_credential(sec_tag, kind) or own

    def _ask_csr(self, sec_tag: int, common_name: str | None) -> Reply:
        command = f"nrf_cloud_cred csr {sec_tag}"
        line = command if common_name is None else f'{command} "CN={common_name}"'
        ends = Ends(_CSR_DONE, re.compile(f"{_NO_CSR.pattern}|{_BAD_TAG}"))
        reply = self._look(line, ends, self._timeouts.sign, _CSR, optional=True)
        if reply.verdict.kind is VerdictKind.NOT_PASSED_ON:
            self._require_ok(reply, command, "make a certificate request")
        return reply

    @property
    def _option(self) -> str:
        return "CONFIG_TLS_CREDENTIALS_SHELL and CONFIG_NRF_CLOUD_CREDENTIALS_KEYGEN_SHELL"


def _is_absent(reply: Reply) -> bool:
    return reply.verdict.text.endswith(f"CSR generation failed: {_EIO}")


def _no_csr(reply: Reply) -> Fault:
    return REFUSED.fault(
        reply.verdict.text, action="make a certificate request", number=reply.verdict.text[-4:].strip(": ")
    )


def _fresh_name() -> str:
    return f"proof-{secrets.token_hex(16)}"


def _decode(reply: Reply, shape: re.Pattern[str], command: str) -> bytes:
    values = {match[1] for line in reply.lines if (match := shape.fullmatch(line))}
    if len(values) != 1:
        raise ODD_REPLY.fault(f"{len(values)} answers", command=command)
    try:
        return base64.b64decode(values.pop(), validate=True)
    except ValueError as error:
        raise ODD_REPLY.fault(str(error), command=command) from error
