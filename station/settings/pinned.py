"""Files that a recipe names by their SHA-256, so that they can't change behind its back."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.x509 import BasicConstraints, ExtensionNotFound

from station.credentials.pem import CertificatePem, read_certificates, to_pem
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.host.files import read_bytes, sha256_of
from station.settings.faults import FILE_CHANGED


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file and the SHA-256 it had when the recipe was loaded."""

    path: Path
    sha256: Sha256

    def read(self) -> bytes:
        """Return the content, which has that SHA-256 still; raises SET-103 or HOST-101. Safe to repeat."""
        data = read_bytes(self.path)
        actual = sha256_of(data)
        if actual != self.sha256:
            raise FILE_CHANGED.fault(path=self.path, actual=actual, pinned=self.sha256)
        return data


def check_pin(path: Path, pin: Sha256) -> None:
    """Raise ``ValueError`` unless the file is there and has this SHA-256."""
    _require(path, _read(path), pin)


def read_root(path: Path, pin: Sha256) -> CertificatePem:
    """Return a root certificate file as a modem will hold it; ``pin`` is the SHA-256 of exactly that text.

    Raises ``ValueError`` for another SHA-256, for anything but CA certificates in it, or where it can't be read.
    Line ends don't count: a checkout on Windows may have changed them.
    """
    text = _read(path).decode("utf-8", "replace").replace("\r\n", "\n")
    text = text.strip("\n") + "\n"
    _require(path, text.encode(), pin)
    try:
        certificates = read_certificates(text, source=path)
    except Fault as fault:
        raise ValueError(fault.sentence) from None
    for certificate in certificates:
        try:
            constraints = certificate.extensions.get_extension_for_class(BasicConstraints).value
        except ExtensionNotFound:
            constraints = BasicConstraints(ca=False, path_length=None)
        if not constraints.ca:
            raise ValueError(f"{path} holds a certificate that is no CA: {certificate.subject.rfc4514_string()}")
    return to_pem(*certificates)


def _read(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file")  # a pipe would be waited for, for ever
    try:
        return read_bytes(path)
    except Fault as fault:
        raise ValueError(fault.sentence) from None


def _require(path: Path, data: bytes, pin: Sha256) -> None:
    actual = sha256_of(data)
    if actual != pin:
        raise ValueError(
            f"{path} has SHA-256 {actual}, but {pin} is pinned here. "
            "Put the right file there; if this file is the right one, write its SHA-256 here"
        )
