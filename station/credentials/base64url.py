"""Base64 as tokens carry it: RFC 4648 section 5, without padding."""

import base64
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def decode(text: str) -> bytes:
    """Return the bytes of ``text``, which has exactly one spelling: no padding, no white space, no spare bits.

    Raises ``ValueError`` with a clause that says why. Pure.
    """
    if not _ALPHABET.fullmatch(text):
        raise ValueError("it holds characters outside base64url")
    if len(text) % 4 == 1:
        raise ValueError("its base64url has an impossible length, so a part is missing")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError("its base64url ends in stray bits")
    return data


def encode(data: bytes) -> str:
    """Return ``data`` as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
