"""The CA's folder: what lies in it, and whether it belongs together."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from station.ca.faults import FILES_DISAGREE, VERSION_UNKNOWN
from station.ca.profile import is_signed_by, issuer_extensions
from station.credentials.pem import read_certificates
from station.domain.ids import Sha256
from station.host.faults import FILE_UNREADABLE
from station.host.files import read_bytes, require_private, sha256_of

DESCRIPTION: Final = "ca.json"
ROOT_CERTIFICATE: Final = "root.pem"
ROOT_KEY: Final = "root.key"
"""Needed to make another line CA only: take it offline once it is safe in two places."""
LINE_CERTIFICATE: Final = "line.pem"
LINE_KEY: Final = "line.key"
FORMER: Final = "former"
"""A folder with the certificates (PEM) of CAs that signed for this station before."""

_LIMIT: Final = 64 * 1024


class Description(BaseModel):
    """What ``ca.json`` says. The certificates say the rest; their hashes tie the files together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    profile: Literal["1"]
    name: str
    created: datetime
    leaf_years: int = Field(ge=1, le=100, strict=True)
    root_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    line_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class AuthorityFiles:
    """A CA's public part, checked to belong together."""

    description: Description
    root: x509.Certificate
    line: x509.Certificate
    root_key: ec.EllipticCurvePublicKey
    line_key: ec.EllipticCurvePublicKey
    root_sha256: Sha256
    line_sha256: Sha256


def read_files(folder: Path) -> AuthorityFiles:
    """Return the CA's public part; no passphrase is needed, and the root's key file may be away.

    Every certificate is held against the profile and the description. Raises HOST-101, HOST-104 (a key that
    others can read), CA-104, CA-105 or CRED-141. Safe to repeat.
    """
    description = _read_description(folder)
    for name in (ROOT_KEY, LINE_KEY):
        if (folder / name).exists():
            require_private(folder / name)
    root, line = _read_certificate(folder / ROOT_CERTIFICATE), _read_certificate(folder / LINE_CERTIFICATE)
    root_sha256, line_sha256 = (sha256_of(one.public_bytes(Encoding.DER)) for one in (root, line))
    root_key, line_key = root.public_key(), line.public_key()
    if not isinstance(root_key, ec.EllipticCurvePublicKey) or not isinstance(line_key, ec.EllipticCurvePublicKey):
        raise FILES_DISAGREE.fault(folder=folder, reason="a certificate holds no elliptic curve key")
    files = AuthorityFiles(description, root, line, root_key, line_key, root_sha256, line_sha256)
    wrong = _find_disagreement(files)
    if wrong is not None:
        raise FILES_DISAGREE.fault(f"root {root_sha256}, line {line_sha256}", folder=folder, reason=wrong)
    return files


def read_former(folder: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates of CAs that signed here before this one: all PEM files in its ``former`` folder.

    They sign nothing any more; their units' records need them. Raises HOST-101 or CRED-141. Safe to repeat.
    """
    found = list[x509.Certificate]()
    for path in sorted((folder / FORMER).glob("*.pem")):
        found += read_certificates(read_bytes(path, _LIMIT).decode("utf-8", "replace"))
    return tuple(found)


def _find_disagreement(files: AuthorityFiles) -> str | None:
    root, line = files.root, files.line
    checks = {
        f"{ROOT_CERTIFICATE} is not the one in {DESCRIPTION}": files.root_sha256 == files.description.root_sha256,
        f"{LINE_CERTIFICATE} is not the one in {DESCRIPTION}": files.line_sha256 == files.description.line_sha256,
        f"{ROOT_CERTIFICATE} is not signed by itself": root.issuer == root.subject
        and is_signed_by(root, files.root_key),
        f"{LINE_CERTIFICATE} is not signed by the root": line.issuer == root.subject
        and is_signed_by(line, files.root_key),
        "a key is not EC P-256": all(isinstance(key.curve, ec.SECP256R1) for key in (files.root_key, files.line_key)),
        f"{ROOT_CERTIFICATE} does not follow the profile": list(root.extensions)
        == issuer_extensions(files.root_key, path_length=1, authority=None),
        f"{LINE_CERTIFICATE} does not follow the profile": list(line.extensions)
        == issuer_extensions(files.line_key, path_length=0, authority=files.root_key),
        f"{LINE_CERTIFICATE} outlives the root": root.not_valid_before_utc <= line.not_valid_before_utc
        and line.not_valid_after_utc <= root.not_valid_after_utc,
    }
    return next((what for what, holds in checks.items() if not holds), None)


def _read_description(folder: Path) -> Description:
    path = folder / DESCRIPTION
    try:
        return Description.model_validate_json(read_bytes(path, _LIMIT))
    except ValidationError as error:
        versions = {("version",), ("profile",)}
        if any(part["loc"] in versions and part["type"] == "literal_error" for part in error.errors()):
            raise VERSION_UNKNOWN.fault(str(error), folder=folder) from error
        raise FILES_DISAGREE.fault(str(error), folder=folder, reason=f"{DESCRIPTION} can't be read") from error


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        certificates = read_certificates(read_bytes(path, _LIMIT).decode("ascii"), source=path)
    except UnicodeDecodeError as error:
        raise FILE_UNREADABLE.fault("not ASCII", path=path) from error
    if len(certificates) != 1:
        raise FILES_DISAGREE.fault(folder=path.parent, reason=f"{path.name} holds {len(certificates)} certificates")
    return certificates[0]
