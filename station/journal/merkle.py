"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1) over the journal's leaves. Pure; SHA-256 throughout.

A tree of ``size`` leaves is told by a function ``node(level, index)``: the hash of the complete subtree of ``2**level``
leaves that begins at leaf ``index * 2**level``. Whoever keeps such nodes keeps the tree.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

Node = Callable[[int, int], bytes]
"""The hash of a complete subtree, by its level (0: a leaf) and its place among those of its level."""

EMPTY_ROOT: Final = hashlib.sha256().digest()
"""The root of no leaves at all."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash under which a leaf hangs in the tree."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A root that grows leaf by leaf, keeping one hash for each bit of its size."""

    __slots__ = ("_peaks", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        """Go on from ``size`` leaves, whose complete subtrees from left to right have these hashes; else from none."""
        if len(peaks) != size.bit_count():
            raise ValueError(f"{len(peaks)} peaks are not those of {size} leaves")
        self.size = size
        self._peaks: list[bytes] = list(peaks)

    def add(self, hashed: bytes) -> None:
        """Take the next leaf's hash."""
        size, peaks = self.size, self._peaks
        while size & 1:
            hashed = node_hash(peaks.pop(), hashed)
            size >>= 1
        peaks.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        return join(self._peaks)


def join(peaks: Sequence[bytes]) -> bytes:
    """Return the root whose complete subtrees, from left to right, have these hashes."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves as they are."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    return tree.root()


def root_at(size: int, node: Node) -> bytes:
    """Return the root of the first ``size`` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path that shows leaf ``index`` in the tree of ``size`` leaves (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low = middle
    return path[::-1]


def consistency_path(first: int, second: int, node: Node) -> list[bytes]:
    """Return what shows that ``second`` leaves begin with the same ``first`` ones (RFC 6962 section 2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"a tree of {second} leaves is not consistent with one of {first}")
    path: list[bytes] = []
    low, high, whole = 0, second, True
    while first < high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_range_hash(middle, high, node))
            high = middle
        else:
            path.append(_range_hash(low, middle, node))
            low, whole = middle, False
    if not whole:
        path.append(_range_hash(low, high, node))
    return path[::-1]


def require_inclusion(hashed: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Raise ``ValueError`` unless the path shows the leaf at ``index`` under ``root`` (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    place, last, found = index, size - 1, hashed
    for sibling in path:
        if last == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last or found != root:
        raise ValueError("the path doesn't lead to the root")


def require_consistency(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> None:
    """Raise ``ValueError`` unless the tree under ``new`` begins with that under ``old`` (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        raise ValueError(f"{second} leaves can't begin with {first}")
    if first in (0, second):
        if path or (old != new if first == second else old != EMPTY_ROOT):
            raise ValueError("the roots differ")
        return
    rest = [*([old] if first & (first - 1) == 0 else []), *path]
    if not rest:
        raise ValueError("the path is too short")
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise ValueError("the path is too long")
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    if last or before != old or after != new:
        raise ValueError("the path doesn't join the two roots")


def _split(count: int) -> int:
    """Return the largest power of two below ``count`` (of two or more)."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(low: int, high: int, node: Node) -> bytes:
    """Return the hash over the leaves from ``low`` up to, not with, ``high``, as the RFC's MTH splits them."""
    peaks: list[bytes] = []
    while low < high:
        level = min((low & -low).bit_length() - 1 if low else high.bit_length(), (high - low).bit_length() - 1)
        peaks.append(node(level, low >> level))
        low += 1 << level
    return join(peaks)
