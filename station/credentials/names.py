"""The only kind of name that a unit's request and certificate have: one common name (RFC 5280 section 4.1.2.4)."""

from typing import Final

from station.credentials import der

LONGEST: Final = 64
"""Characters (RFC 5280 appendix A.1, ub-common-name)."""

_START_LENGTH: Final = 13


def encode_common_name(text: str) -> bytes:
    """Return the DER of CN=``text``, a UTF8String of at most 64 bytes."""
    data = text.encode("utf-8")
    return _start(der.UTF8_STRING, len(data)) + data


def read_common_name(name: bytes) -> str:
    """Return the text of a name that is one CN of 1 to 64 characters. Raises ``ValueError`` with a clause."""
    length = len(name) - _START_LENGTH
    tag = name[_START_LENGTH - 2] if length > 0 else 0
    # A name this short has one spelling only, whichever of the two string types it uses.
    if (
        tag not in (der.UTF8_STRING, der.PRINTABLE_STRING)
        or len(name) >= 0x80
        or name[:_START_LENGTH] != _start(tag, length)
    ):
        raise ValueError("it is not one common name (CN)")
    try:
        text = name[_START_LENGTH:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError("its common name (CN) is no text") from error
    if len(text) > LONGEST:
        raise ValueError(f"its common name (CN) has {len(text)} characters, more than {LONGEST}")
    return text


def _start(tag: int, length: int) -> bytes:
    """Return all of a name before its text: Name, RDN, attribute and type inside one another, then the text's tag."""
    outer = (der.SEQUENCE, length + 11, der.SET, length + 9, der.SEQUENCE, length + 7)
    return bytes((*outer, 0x06, 3, 0x55, 4, 3, tag, length))
