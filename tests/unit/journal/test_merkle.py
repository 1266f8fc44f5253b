"""The tree against Certificate Transparency's published vectors, the RFC's own definitions, and two other programs."""

import hashlib
from collections.abc import Sequence

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore._internal import merkle as sigstore_merkle

from station.journal.merkle import (
    EMPTY_ROOT,
    Growing,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    require_consistency,
    require_inclusion,
    root_at,
    root_of,
)

# certificate-transparency's merkletree tests (C++, Go, Python share them): eight leaves, their roots, and proofs.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f")]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf counted from 1, size) -> audit path
INCLUSION = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Kept:
    """A tree that keeps leaf hashes alone; complete subtrees are computed by the RFC's definition."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves

    def __call__(self, level: int, place: int) -> bytes:
        width = 1 << level
        below = self._leaves[place * width : (place + 1) * width]
        assert len(below) == width, "asked for a subtree that is not complete"
        return defined_root(below)


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


def defined_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_proof(m: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [defined_root(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*defined_proof(m, leaves[:k], whole), defined_root(leaves[k:])]
    return [*defined_proof(m - k, leaves[k:], False), defined_root(leaves[:k])]


def largest_power_below(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def told(hashes: Sequence[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def test_the_published_roots() -> None:
    assert root_of([]).hex() == EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tree = Growing()
    for size, (leaf, root) in enumerate(zip(LEAVES, ROOTS, strict=True), start=1):
        tree.add(leaf_hash(leaf))
        assert tree.root().hex() == root_of(LEAVES[:size]).hex() == root_at(size, Kept(LEAVES)).hex() == root


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_the_published_audit_paths(leaf: int, size: int) -> None:
    path = inclusion_path(leaf - 1, size, Kept(LEAVES))
    assert told(path) == INCLUSION[leaf, size]
    require_inclusion(leaf_hash(LEAVES[leaf - 1]), leaf - 1, size, path, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_the_published_consistency_proofs(first: int, second: int) -> None:
    path = consistency_path(first, second, Kept(LEAVES))
    assert told(path) == CONSISTENCY[first, second]
    require_consistency(first, second, bytes.fromhex(ROOTS[first - 1]), bytes.fromhex(ROOTS[second - 1]), path)


some_leaves = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


@given(some_leaves, st.data())
@settings(deadline=None, max_examples=150)
def test_it_is_what_the_rfc_defines(leaves: list[bytes], data: st.DataObject) -> None:
    size, node = len(leaves), Kept(leaves)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert root_of(leaves) == root_at(size, node) == defined_root(leaves)
    audit, proof = inclusion_path(index, size, node), consistency_path(first, size, node)
    assert audit == defined_path(index, leaves)
    assert proof == defined_proof(first, leaves)
    require_inclusion(leaf_hash(leaves[index]), index, size, audit, defined_root(leaves))
    require_consistency(first, size, defined_root(leaves[:first]), defined_root(leaves), proof)


@given(some_leaves, st.data())
@settings(deadline=None, max_examples=150)
def test_nothing_else_is_taken(leaves: list[bytes], data: st.DataObject) -> None:
    """Another leaf, place, size, root or path is refused; a path that is one hash longer, shorter or different too."""
    size, node = len(leaves), Kept(leaves)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, old = defined_root(leaves), defined_root(leaves[:first])
    audit, proof = inclusion_path(index, size, node), consistency_path(first, size, node)
    good = leaf_hash(leaves[index])
    other = data.draw(st.binary(min_size=32, max_size=32).filter(lambda one: one not in (*audit, *proof, root, old)))
    for path in spoilt(audit, other, data):
        with pytest.raises(ValueError, match="path"):
            require_inclusion(good, index, size, path, root)
    for path in spoilt(proof, other, data):
        with pytest.raises(ValueError, match=r"path|roots"):
            require_consistency(first, size, old, root, path)
    for leaf, place, among, under in (
        (other, index, size, root),
        (good, size, size, root),
        (good, -1, size, root),
        (good, index, size, other),
    ):
        with pytest.raises(ValueError, match=r"path|no leaf"):
            require_inclusion(leaf, place, among, audit, under)
    for before, after in ((other, root), (old, other)):
        with pytest.raises(ValueError, match=r"path|roots"):
            require_consistency(first, size, before, after, proof)


def spoilt(path: list[bytes], other: bytes, data: st.DataObject) -> list[list[bytes]]:
    found = [[*path, other], [other, *path]]
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        found += [path[:at] + path[at + 1 :], [*path[:at], other, *path[at + 1 :]]]
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 32, 33, 100])
def test_pymerkle_has_the_same_roots_and_takes_the_same_paths(size: int) -> None:
    leaves = [bytes([number]) * (number % 5) for number in range(size)]
    theirs, node = pymerkle.InmemoryTree(algorithm="sha256"), Kept(leaves)
    for leaf in leaves:
        theirs.append_entry(leaf)
    assert root_of(leaves) == theirs.get_root()
    for first in range(1, size + 1):
        assert theirs.get_root(first) == root_at(first, node)
    for index in range(size):
        # Their path begins with the leaf itself, and tells left and right beside it; ours is the RFC's.
        assert inclusion_path(index, size, node) == theirs.prove_inclusion(index + 1, size).path[1:]


@pytest.mark.parametrize("size", [1, 2, 3, 8, 13, 64, 65])
def test_sigstore_verifies_the_audit_paths(size: int) -> None:
    leaves = [bytes([number]) * 3 for number in range(size)]
    for index in range(size):
        path = inclusion_path(index, size, Kept(leaves))
        inner, border = sigstore_merkle._decomp_inclusion_proof(index, size)
        assert len(path) == inner + border
        found = sigstore_merkle._chain_inner(sigstore_merkle._hash_leaf(leaves[index]), path[:inner], index)
        assert sigstore_merkle._chain_border_right(found, path[inner:]) == root_of(leaves)


def test_what_cannot_be_asked_is_refused() -> None:
    for index, size in ((0, 0), (8, 8), (-1, 8)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_path(index, size, Kept(LEAVES))
    for first, second in ((0, 8), (8, 7)):
        with pytest.raises(ValueError, match="not consistent"):
            consistency_path(first, second, Kept(LEAVES))
    require_consistency(0, 8, EMPTY_ROOT, bytes.fromhex(ROOTS[7]), [])
    for old, path in ((node_hash(b"", b""), []), (EMPTY_ROOT, [EMPTY_ROOT])):
        with pytest.raises(ValueError, match="roots differ"):
            require_consistency(0, 8, old, bytes.fromhex(ROOTS[7]), path)
