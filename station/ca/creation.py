"""How a CA comes to be: once, whole, and never over another one."""

import errno
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from station.ca.authority import Authority
from station.ca.faults import ALREADY_THERE, CLOCK_IMPLAUSIBLE, TERMS_REFUSED
from station.ca.folder import (
    DESCRIPTION,
    LINE_CERTIFICATE,
    LINE_KEY,
    ROOT_CERTIFICATE,
    ROOT_KEY,
    Description,
    read_files,
)
from station.ca.keyfile import check_passphrase, encrypt_key, read_key
from station.ca.profile import PROFILE_VERSION, build_issuer, common_name_only, last_second
from station.credentials.pem import to_pem
from station.domain.ids import Sha256
from station.domain.secret import Secret
from station.host.clock import Clock
from station.host.faults import DISK_FULL, FILE_UNWRITABLE
from station.host.files import sha256_of
from station.host.folders import create_whole

_PLAUSIBLE: Final = range(2025, 2200)
"""Years in which this program may be used; an empty clock battery says 1970 or 2000."""

_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class CreatedAuthority:
    """What the ceremony writes down."""

    folder: Path
    name: str
    root_sha256: Sha256
    line_sha256: Sha256
    root_end: datetime
    line_end: datetime


def create_authority(
    folder: Path,
    passphrase: Secret,
    *,
    name: str,
    clock: Clock,
    root_years: int,
    line_years: int,
    leaf_years: int,
    root_passphrase: Secret | None = None,
) -> CreatedAuthority:
    """Make a root and one line CA in ``folder``: EC P-256, files readable by their owner alone, all or nothing.

    ``passphrase`` opens the line's key, and the root's too unless ``root_passphrase`` is given. A leaf is valid for
    ``leaf_years``, but never beyond the line CA. What was made is opened once, by the code that will open it every
    day, before it is moved into place.

    Raises CA-101 (the folder exists), CA-102 (passphrase), CA-107 (name or years), CA-205 (clock), HOST-102 or
    HOST-103 (disk); then nothing is left. Repeating it after success is refused (CA-101).
    """
    require_room(folder)  # before the slow part; create_whole looks again
    for one in (passphrase, root_passphrase or passphrase):
        check_passphrase(one)
    _check_terms(name, root_years, line_years, leaf_years)
    begin = clock.now().replace(microsecond=0)
    if begin.year not in _PLAUSIBLE:
        raise CLOCK_IMPLAUSIBLE.fault(now=begin.isoformat())

    root_key, line_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root, line = _build(name, begin, root_key, line_key, root_years, line_years)
    files = {
        ROOT_CERTIFICATE: to_pem(root).encode("ascii"),
        ROOT_KEY: encrypt_key(root_key, root_passphrase or passphrase),
        LINE_CERTIFICATE: to_pem(line).encode("ascii"),
        LINE_KEY: encrypt_key(line_key, passphrase),
        DESCRIPTION: _describe(name, begin, leaf_years, root, line),
    }

    def check(made: Path) -> None:
        Authority.open(made, passphrase, clock)
        read_key(made / ROOT_KEY, root_passphrase or passphrase)

    if not create_whole(folder, files, check):
        raise ALREADY_THERE.fault(folder=folder)
    made = read_files(folder)
    return CreatedAuthority(
        folder, name, made.root_sha256, made.line_sha256, root.not_valid_after_utc, line.not_valid_after_utc
    )


def require_room(folder: Path) -> None:
    """Raise where no CA can be made in ``folder``: for before somebody is asked for a passphrase. Leaves nothing.

    CA-101 where it is there already; HOST-102 or HOST-103 where nothing can be put beside it. Safe to repeat.
    """
    if folder.exists() or folder.is_symlink():
        raise ALREADY_THERE.fault(folder=folder)
    there = next(parent for parent in folder.parents if parent.exists() or parent.is_symlink())
    try:
        # Rights alone don't tell: a full disk, or one mounted to be read, only shows when something is made.
        Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".try", dir=there)).rmdir()
    except OSError as error:
        spec = DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else FILE_UNWRITABLE
        raise spec.fault(str(error), path=folder) from error


def _check_terms(name: str, root_years: int, line_years: int, leaf_years: int) -> None:
    reason = None
    if not 1 <= len(name) <= 50 or not name.isprintable() or name != name.strip():
        reason = "its name needs 1 to 50 characters that show, without a space at either end"
    elif not all(1 <= years <= _LONGEST for years in (root_years, line_years, leaf_years)):
        reason = f"each validity is 1 to {_LONGEST} years"
    elif line_years > root_years:
        reason = "the line CA would outlive the root"
    if reason is not None:
        raise TERMS_REFUSED.fault(f"{name!r}: {root_years}, {line_years}, {leaf_years} years", reason=reason)


def _build(
    name: str,
    begin: datetime,
    root_key: ec.EllipticCurvePrivateKey,
    line_key: ec.EllipticCurvePrivateKey,
    root_years: int,
    line_years: int,
) -> tuple[x509.Certificate, x509.Certificate]:
    root_name, root_public = common_name_only(f"{name} Root CA"), root_key.public_key()
    root = build_issuer(
        subject=root_name,
        key=root_public,
        issuer=root_name,
        authority=None,
        path_length=1,
        not_before=begin,
        not_after=last_second(begin, root_years),
    )
    line = build_issuer(
        subject=common_name_only(f"{name} Line CA"),
        key=line_key.public_key(),
        issuer=root_name,
        authority=root_public,
        path_length=0,
        not_before=begin,
        not_after=last_second(begin, line_years),
    )
    return root.sign(root_key, hashes.SHA256()), line.sign(root_key, hashes.SHA256())


def _describe(name: str, begin: datetime, leaf_years: int, root: x509.Certificate, line: x509.Certificate) -> bytes:
    return (
        Description(
            version=1,
            profile=PROFILE_VERSION,
            name=name,
            created=begin,
            leaf_years=leaf_years,
            root_sha256=sha256_of(root.public_bytes(Encoding.DER)),
            line_sha256=sha256_of(line.public_bytes(Encoding.DER)),
        )
        .model_dump_json(indent=2)
        .encode("utf-8")
        + b"\n"
    )
