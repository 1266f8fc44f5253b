"""Checkpoints of the journal as C2SP writes them: a signed note that anybody's reader understands.

Formats: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, Ed25519 signatures (type 0x01). Three lines of text
(origin, size, root), an empty one, then signature lines ``— name base64(key id || signature)``.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,128}")
_LONGEST: Final = 65536


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tree as it was: ``size`` leaves, under this ``root``, in the log called ``origin``."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name it signs under, as QA keeps it: ``name+key id+base64``."""

    name: str
    public: bytes
    """32 bytes."""

    @classmethod
    def of(cls, name: str, key: Ed25519PrivateKey) -> Self:
        """Return the key that checks what ``key`` signs as ``name``; ValueError for a name no note can carry."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} can't name a key: no spaces, no plus sign, 1 to 128 characters")
        return cls(name, key.public_key().public_bytes_raw())

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the key that :meth:`text` wrote; ValueError for anything else."""
        name, plus, rest = text.strip().partition("+")
        number, plus_too, encoded = rest.partition("+")
        data = _base64(encoded)
        if not (plus and plus_too and _NAME.fullmatch(name) and len(data) == 33 and data[:1] == _ED25519):
            raise ValueError("this is no Ed25519 verifier key (name+key id+base64)")
        key = cls(name, data[1:])
        if number != key.key_id.hex():
            raise ValueError("the verifier key's id doesn't fit its key")
        return key

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, type, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the 32 bytes, in groups of four for reading aloud."""
        digest = hashlib.sha256(self.public).hexdigest()
        return " ".join(digest[at : at + 4] for at in range(0, 64, 4))

    def text(self) -> str:
        """Return the key on one line."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


def sign_checkpoint(checkpoint: Checkpoint, name: str, key: Ed25519PrivateKey) -> str:
    """Return the checkpoint as a note signed under ``name``. Equal checkpoints give equal notes."""
    verifier, text = VerifierKey.of(name, key), checkpoint.text()
    signature = base64.b64encode(verifier.key_id + key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def read_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """Return what the note says, once ``key`` signed it; ValueError with what is wrong.

    Signature lines of others are let be (a witness may have added one); a line under this key's name and id that
    doesn't verify is refused, whatever else stands there.
    """
    text, lines = _split(note)
    signed = False
    for line in lines:
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        data = _base64(encoded)
        if dash != "\u2014" or not _NAME.fullmatch(name) or len(data) < 5:
            raise ValueError("a signature line can't be read")
        if name != key.name or data[:4] != key.key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
        except InvalidSignature:
            raise ValueError(f"the signature of {name} doesn't hold") from None
        signed = True
    if not signed:
        raise ValueError(f"no signature of {key.name} with this key")
    return parse_checkpoint(text)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return what a note's text says, whoever signed it; ValueError for anything but a checkpoint. Pure."""
    lines = text.partition("\n\n")[0].rstrip("\n").split("\n")
    if len(lines) < 3 or not lines[0] or not re.fullmatch(r"0|[1-9]\d{0,17}", lines[1]):
        raise ValueError("this is no checkpoint: origin, size and root, a line each")
    root = _base64(lines[2])
    if len(root) != 32:
        raise ValueError("the checkpoint's root is no SHA-256")
    return Checkpoint(lines[0], int(lines[1]), root)


def _split(note: str) -> tuple[str, list[str]]:
    if len(note) > _LONGEST or not note.endswith("\n") or "\r" in note:
        raise ValueError("this is no signed note")
    text, gap, signatures = note.rpartition("\n\n")
    lines = signatures[:-1].split("\n")
    if not gap or not signatures or not all(lines):
        raise ValueError("this is no signed note: text, an empty line, signature lines")
    return text + "\n", lines


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""
