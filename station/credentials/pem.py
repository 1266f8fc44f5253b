"""Certificates as text, and how a modem counts that text."""

import hashlib
import re
import ssl
from typing import Literal, NewType

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from station.credentials.faults import PEM_HOLDS_KEY, PEM_UNREADABLE
from station.domain.ids import Sha256

CertificatePem = NewType("CertificatePem", str)
"""One certificate or several: PEM blocks with LF line ends, one LF after the last END line, nothing else."""

_LIMIT = 64 * 1024
_UNREADABLE = (
    *(ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension),
    x509.UnsupportedGeneralNameType,
    TypeError,  # a name's part in a string type that the library allows for other parts only
)
"""What the library raises for a certificate that can't be read."""
_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----\n((?:[A-Za-z0-9+/]{1,64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n)-----END CERTIFICATE-----\n"
)


def read_certificates(pem: str, *, source: object = "The certificate text") -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM text, at least one, in their order.

    CRLF line ends, blank lines between blocks and a missing last line end are taken; any other text outside the
    blocks is not, because a modem would be given it too. ``source`` names the text in a fault: its file, say.
    Raises CRED-141, or CRED-142 where a private key is in it. Pure.
    """
    if "PRIVATE KEY-----" in pem:
        raise PEM_HOLDS_KEY.fault(source=source)  # without detail: it would be the key
    try:
        return tuple(_read(block) for block in _blocks(pem))
    except _UNREADABLE as error:
        raise PEM_UNREADABLE.fault(f"{len(pem)} characters: {pem[:200]!r}", source=source, reason=error) from error


def _read(block: str) -> x509.Certificate:
    """Return a certificate of which every part can be read: the library reads most of them when they are asked for."""
    one = x509.load_pem_x509_certificate(block.encode("ascii"))
    _ = one.public_key(), one.subject, one.issuer, one.extensions, one.not_valid_before_utc, one.not_valid_after_utc
    return one


def _blocks(pem: str) -> list[str]:
    if len(pem) > _LIMIT:
        raise ValueError(f"it is longer than {_LIMIT} characters")
    text = pem.replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    blocks, at = [], 0
    while at < len(text):
        if text[at] == "\n":
            at += 1
            continue
        block = _BLOCK.match(text, at)
        if block is None:
            raise ValueError(f"line {text.count(chr(10), 0, at) + 1} does not begin a whole certificate")
        blocks.append(block.group())
        at = block.end()
    if not blocks:
        raise ValueError("no certificate is in it")
    return blocks


def to_pem(*certificates: x509.Certificate) -> CertificatePem:
    """Return the certificates as the text to write to a modem: LF line ends, one LF after each END line."""
    return CertificatePem(
        "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates)
    )


def der_to_pem(der: bytes) -> CertificatePem:
    """Return one DER certificate as :func:`to_pem` does, without reading it: whoever takes the text reads it. Pure."""
    return CertificatePem(ssl.DER_cert_to_PEM_cert(der))


def stored_sha256(content: str, newline: Literal["\n", "\r\n"]) -> Sha256:
    """Return the SHA-256 that %CMNG=1 lists for ``content`` (LF line ends) once it is stored with ``newline``.

    Measured: the modem hashes exactly the bytes between the quotes; at_shell stores CRLF for LF (at-commands
    reference sections 2 and 4). Raises ``ValueError`` where ``content`` has a carriage return of its own. Pure.
    """
    if "\r" in content:
        raise ValueError("content for a modem has LF line ends only")
    return Sha256(hashlib.sha256(content.replace("\n", newline).encode("utf-8")).hexdigest())
