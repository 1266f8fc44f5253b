"""The few pieces of DER that certificates and key files are put together from (ITU-T X.690)."""

SEQUENCE = 0x30
SET = 0x31
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13


def element(tag: int, contents: bytes) -> bytes:
    """Return one element of less than 64 KiB; ``tag`` is its first byte (no tag from 31 on)."""
    length = len(contents)
    if length < 0x80:
        return bytes((tag, length)) + contents
    if length < 0x100:
        return bytes((tag, 0x81, length)) + contents
    return bytes((tag, 0x82, length >> 8, length & 0xFF)) + contents


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of whole elements."""
    return element(SEQUENCE, b"".join(parts))


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER in as few bytes as it needs."""
    return element(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the contents of the element at ``at`` begin and end.

    Raises ``ValueError`` where it does not end inside ``data``, or its length is spelled in another way than DER's.
    """
    begin = at + 2
    if len(data) < begin:
        raise ValueError("a part of it is missing")
    length = data[at + 1]
    if length >= 0x80:
        more = length - 0x80
        begin += more
        length = int.from_bytes(data[at + 2 : begin], "big")
        if more not in (1, 2) or length < (0x80, 0x100)[more - 1]:
            raise ValueError("a part of it has an impossible length")
    end = begin + length
    if end > len(data):
        raise ValueError("its end is missing")
    return begin, end
