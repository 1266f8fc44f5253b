"""DER and base64url, written here and not borrowed from the station, so that the two don't share a mistake."""

import base64


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one DER element: ``tag``, the length in its shortest form, the joined ``parts`` (X.690 section 10.1)."""
    value = b"".join(parts)
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value


def sequence(*parts: bytes) -> bytes:
    """Return a DER SEQUENCE of ``parts``."""
    return tlv(0x30, *parts)


def oid(dotted: str) -> bytes:
    """Return a DER OBJECT IDENTIFIER (X.690 section 8.19)."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | (arc & 0x7F))
        content += bytes(reversed(digits))
    return tlv(0x06, bytes(content))


def named_bits(bits: str) -> bytes:
    """Return a DER BIT STRING of ``bits`` ("111010000", bit 0 first) without trailing zeros, as named lists have it."""
    kept = bits.rstrip("0")
    unused = -len(kept) % 8
    value = int(kept + "0" * unused, 2).to_bytes((len(kept) + unused) // 8, "big") if kept else b""
    return tlv(0x03, bytes((unused,)), value)


def b64url(data: bytes) -> str:
    """Return ``data`` in base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
