"""The station's own signing key: Ed25519, apart from the CA's, and the only thing that signs checkpoints and exports.

It vouches for nothing by itself: whoever verifies must have its fingerprint from somewhere else than this PC.
"""

import unicodedata
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from station.ca.keyfile import check_passphrase, encrypt_key
from station.domain.secret import Secret
from station.evidence.faults import KEY_ABSENT, KEY_DISAGREES, KEY_EXISTS, KEY_PASSPHRASE
from station.host.files import read_bytes, read_private_text
from station.host.folders import create_whole
from station.journal.notes import Checkpoint, VerifierKey, sign_checkpoint

KEY_FILE: Final = "station.key"
VERIFIER_FILE: Final = "station.vkey"


@dataclass(frozen=True, slots=True)
class StationKey:
    """The opened key. Its private half shows in no repr."""

    verifier: VerifierKey
    private: Ed25519PrivateKey = field(repr=False)

    @property
    def origin(self) -> str:
        """The log's name, which is also the name that the key signs under."""
        return self.verifier.name

    def sign_checkpoint(self, checkpoint: Checkpoint) -> str:
        """Return the checkpoint as a signed note. Equal checkpoints give equal notes."""
        return sign_checkpoint(checkpoint, self.origin, self.private)

    def sign(self, data: bytes) -> bytes:
        """Return the key's 64-byte signature of ``data`` (RFC 8032; equal data gives equal bytes)."""
        return self.private.sign(data)

    def sign_note(self, text: str) -> str:
        """Return ``text``, whose last line ends, as a signed note (C2SP). Equal texts give equal notes."""
        signature = b64encode(self.verifier.key_id + self.sign(text.encode())).decode("ascii")
        return f"{text}\n\u2014 {self.origin} {signature}\n"


def create_station_key(folder: Path, origin: str, passphrase: Secret | None = None) -> VerifierKey:
    """Make the key in ``folder``: PKCS#8, for its owner alone from the moment it exists; all of it, or nothing.

    With a passphrase it is encrypted as the CA's keys are. The verifier key's fingerprint is what to print and keep
    away from this PC. Raises EVD-101 (there is one), EVD-103 (a name no note can carry), CA-102 (passphrase), HOST-102
    or HOST-103. Repeating it after success is refused.
    """
    key = Ed25519PrivateKey.generate()
    try:
        verifier = VerifierKey.of(origin, key)
    except ValueError as error:
        raise KEY_DISAGREES.fault(folder=folder, reason=error) from error
    if passphrase is None:
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    else:
        check_passphrase(passphrase)
        private = encrypt_key(key, passphrase)
    files = {KEY_FILE: private, VERIFIER_FILE: f"{verifier.text()}\n".encode("ascii")}

    def check(made: Path) -> None:
        open_station_key(made, origin, passphrase)

    if not create_whole(folder, files, check):
        raise KEY_EXISTS.fault(folder=folder)
    return verifier


def open_station_key(folder: Path, origin: str, passphrase: Secret | None = None) -> StationKey:
    """Return the key in ``folder``, which signs as ``origin``.

    Raises EVD-102 (none), EVD-103 (another name, or the files differ), EVD-104 (passphrase), HOST-104 (others can read
    it), HOST-101. Safe to repeat.
    """
    path = folder / KEY_FILE
    if not path.exists():
        raise KEY_ABSENT.fault(folder=folder)
    text = read_private_text(path)
    if "PRIVATE KEY" not in text:
        raise KEY_DISAGREES.fault(folder=folder, reason=f"{KEY_FILE} is no private key")
    encrypted = "ENCRYPTED" in text.partition("\n")[0]
    if encrypted and not passphrase:
        raise KEY_PASSPHRASE.fault("no passphrase", path=path)
    if not encrypted and passphrase:
        raise KEY_DISAGREES.fault(folder=folder, reason=f"{KEY_FILE} is not encrypted; a passphrase is named for it")
    secret = unicodedata.normalize("NFC", passphrase.reveal()).encode() if passphrase else None
    try:
        key = load_pem_private_key(text.encode("utf-8"), secret)
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError) as error:
        raise KEY_PASSPHRASE.fault(type(error).__name__, path=path) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KEY_DISAGREES.fault(folder=folder, reason=f"{KEY_FILE} is no Ed25519 key")
    verifier = read_verifier_key(folder)
    if verifier.name != origin:
        raise KEY_DISAGREES.fault(folder=folder, reason=f"it signs as {verifier.name}, the station file says {origin}")
    if verifier.public != key.public_key().public_bytes_raw():
        raise KEY_DISAGREES.fault(folder=folder, reason=f"{VERIFIER_FILE} belongs to another key")
    return StationKey(verifier, key)


def read_verifier_key(folder: Path) -> VerifierKey:
    """Return the public half, for printing: no passphrase is needed. Raises HOST-101 or EVD-103. Safe to repeat."""
    try:
        return VerifierKey.read(read_bytes(folder / VERIFIER_FILE, 4096).decode("ascii"))
    except ValueError as error:
        raise KEY_DISAGREES.fault(folder=folder, reason=f"{VERIFIER_FILE}: {error}") from error
