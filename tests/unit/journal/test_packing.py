"""How leaves are stored: whatever was packed comes back byte for byte, and nothing else comes out of a row."""

import base64
import gzip
import hashlib
import re
import shutil
import sqlite3
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.evidence.forms import Broken
from station.evidence.verifier import verify_journal
from station.host.clock import SystemClock
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.database import FILE_NAME
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.merkle import root_of
from station.journal.packing import _DICTIONARIES, _LONGEST_PACKED, _SHORTEST_PACKED, pack_leaf, unpack_leaf
from station.journal.records import Records
from tests.stored_leaves import legible

V3 = Path(__file__).with_name("formats") / "journal-v3.db.gz"
V3_ENTRIES = 343
DICTIONARY = _DICTIONARIES[b"\1"]


def stored_in(folder: Path) -> list[bytes]:
    db = sqlite3.connect(folder / FILE_NAME)
    rows = db.execute("SELECT leaf FROM event ORDER BY seq").fetchall()
    db.close()
    return [bytes(leaf) for (leaf,) in rows]


def store(folder: Path, stored: dict[int, bytes]) -> None:
    """Have the rows of these entries hold this, past the station."""
    db = sqlite3.connect(folder / FILE_NAME)
    with db:
        ((rule,),) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_stays'")
        db.execute("DROP TRIGGER event_stays")
        db.executemany("UPDATE event SET leaf = ? WHERE seq = ?", [(leaf, seq) for seq, leaf in stored.items()])
        db.execute(rule)
    db.close()


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal that format 3's own code wrote (twelve units, built, onboarded and checked), in today's format."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / FILE_NAME).write_bytes(gzip.decompress(V3.read_bytes()))
    with Journal(folder, SystemClock()):
        pass
    assert len(stored_in(folder)) == V3_ENTRIES
    return folder


@pytest.fixture(scope="module")
def packed(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same entries, stored as today's station stores them."""
    folder = Path(shutil.copytree(plain, tmp_path_factory.mktemp("packed") / "data"))
    store(folder, {seq: pack_leaf(leaf) for seq, leaf in enumerate(stored_in(plain), start=1)})
    return folder


@pytest.fixture
def copy(packed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(packed, tmp_path / "copy"))


# --- Bytes -----------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=1200), st.integers(0, 80))
def test_whatever_is_packed_comes_back(rest: bytes, times: int) -> None:
    leaf = b"{" + rest * times
    stored = pack_leaf(leaf)
    assert unpack_leaf(stored) == leaf
    assert stored == leaf or (stored[0] == 1 and len(stored) < len(leaf))
    if not _SHORTEST_PACKED <= len(leaf) <= _LONGEST_PACKED:
        assert stored == leaf


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65535, 65536, 65537])
def test_leaves_of_any_length_come_back(size: int) -> None:
    leaf = b"{".ljust(size, b"a")
    assert unpack_leaf(pack_leaf(leaf)) == leaf
    assert (pack_leaf(leaf) == leaf) == (size not in (256, 257, 65535, 65536))


def test_it_is_deflate_with_a_preset_dictionary_and_nothing_else(plain: Path) -> None:
    """Read by another reader than the station's: one byte, then the stream."""
    found = 0
    for leaf in stored_in(plain):
        stored = pack_leaf(leaf)
        if stored != leaf:
            assert zlib.decompressobj(-15, zdict=DICTIONARY).decompress(stored[1:]) == leaf
            found += 1
    assert found > 150


def test_what_a_line_writes_takes_less_than_half(plain: Path) -> None:
    leaves = [leaf for leaf in stored_in(plain) if len(leaf) >= _SHORTEST_PACKED]
    assert sum(len(pack_leaf(leaf)) for leaf in leaves) < 0.45 * sum(map(len, leaves))


def test_the_dictionary_is_what_it_was_when_it_was_released() -> None:
    """Changed by one byte, it would make every journal unreadable that was written with it."""
    digest = "4b69110247576d16d2864dc894e4beb9e42f10f70e895fc833d85b2bdb3e23c9"
    assert hashlib.sha256(DICTIONARY).hexdigest() == digest


def test_nothing_of_any_unit_is_in_the_dictionary() -> None:
    """No number, hash or key: the one hash is that of nRF Cloud's root, which every unit gets."""
    assert re.findall(rb"[0-9a-f]{12,}", DICTIONARY) == [
        b"2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
    ]
    assert not re.findall(rb"[0-9]{9,}", DICTIONARY.replace(b"2c43952ee9e000ff2acc", b""))


def test_the_dictionary_has_the_frame_of_every_key_at_each_place_of_a_base64_group() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    frame = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)[:-64]
    for place in range(3):
        text = base64.b64encode(bytes(place) + frame)
        whole = text[-(-place * 8 // 6) : (place + len(frame)) * 8 // 6]
        assert whole in DICTIONARY


LEAF = b'{"at":"2026-11-23T07:47:31.777906+00:00","body":{"results":{"written":[0,1]}}}' * 8


def raw(leaf: bytes) -> bytes:
    stream = zlib.compressobj(9, zlib.DEFLATED, -13, zdict=DICTIONARY)
    return stream.compress(leaf) + stream.flush()


DAMAGED = {
    "nothing": b"",
    "an unknown dictionary": b"\2" + raw(LEAF),
    "no dictionary": raw(LEAF),
    "zlib's own frame": zlib.compress(LEAF),
    "the marker alone": b"\1",
    "cut off": pack_leaf(LEAF)[:-1],
    "cut in the middle": pack_leaf(LEAF)[: len(pack_leaf(LEAF)) // 2],
    "something behind it": pack_leaf(LEAF) + b"\0",
    "twice": pack_leaf(LEAF) + pack_leaf(LEAF)[1:],
    "no leaf": b"\1" + raw(b"no leaf" * 99),
    "an empty leaf": b"\1" + raw(b""),
    "packed twice": b"\1" + raw(pack_leaf(LEAF)),
    "too long": b"\1" + raw(b"{".ljust(_LONGEST_PACKED + 1, b"a")),
    "a bomb": b"\1" + raw(b"{" + bytes(64 * 1024 * 1024)),
    "no deflate": b"\1" + b"\xff" * 99,
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_no_station_stored_is_refused_and_fills_no_memory(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"it (can't be unpacked|is stored in a way)"):
        unpack_leaf(DAMAGED[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1024 * 1024


# --- Journals --------------------------------------------------------------------------------------------------------


def test_how_leaves_are_stored_shows_nowhere(plain: Path, packed: Path) -> None:
    """Both journals have the same entries, tree, tables and verdict."""
    assert stored_in(plain) != stored_in(packed)
    assert sum(leaf[:1] == b"\1" for leaf in stored_in(packed)) > 150
    assert not any(leaf[:1] == b"\1" for leaf in stored_in(plain))
    with Leaves(plain) as one, Leaves(packed) as other:
        before = [leaf for _, leaf in one.stream(V3_ENTRIES)]
        assert before == stored_in(plain)
        assert (
            before == [leaf for _, leaf in other.stream(V3_ENTRIES)] == [other.leaf(n + 1) for n in range(V3_ENTRIES)]
        )
        for kind in ("upload-settled", "context"):
            assert one.of_kind(kind) == other.of_kind(kind) != []
        for size in (1, 255, 256, 300, V3_ENTRIES):
            assert one.tree().root(size) == other.tree().root(size) == root_of(before[:size])
    with Records(plain) as told, Records(packed) as read:
        assert list(told.entries_from(EventSeq(1))) == list(read.entries_from(EventSeq(1)))
        units = told.find_units("")
        assert len(units) == 12
        for unit in units:
            assert told.entries_about(unit.id) == read.entries_about(unit.id)
            assert told.certificates_of(unit.device_id) == read.certificates_of(unit.device_id) != []
            assert told.standing_certificates(unit.device_id) == read.standing_certificates(unit.device_id) != []
    for folder in (plain, packed):
        assert find_disagreement(folder) is None
        assert find_disagreement_about(folder, [unit.id for unit in units]) is None
        assert find_disagreement_about(folder, batch=units[0].batch) is None
    assert verify_journal(plain).findings == verify_journal(packed).findings


def test_a_station_packs_what_it_writes_and_leaves_what_was_there(plain: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(plain, tmp_path / "data"))
    before = stored_in(folder)
    with Journal(folder, SystemClock()) as journal:
        journal.open_session({"line": "a" * 300, "software": {"version": "1"}}, "p1")
        journal.catch_up()
    after = stored_in(folder)
    assert after[:V3_ENTRIES] == before
    assert [leaf[:1] for leaf in after[V3_ENTRIES:]] == [b"\1", b"{", b"{"], "a long context, and two short entries"
    assert find_disagreement(folder) is None


def test_what_is_stored_plain_may_stay_so_in_any_format(packed: Path, plain: Path, tmp_path: Path) -> None:
    """As format 3 left it, or somebody's tool: the leaf is what counts."""
    folder = Path(shutil.copytree(packed, tmp_path / "data"))
    leaves = stored_in(plain)
    store(folder, {seq: leaves[seq - 1] for seq in range(1, V3_ENTRIES, 2)})
    assert find_disagreement(folder) is None
    assert verify_journal(folder).findings == verify_journal(plain).findings


@pytest.mark.parametrize("name", [*DAMAGED, "another entry's"])
def test_a_damaged_row_is_found_by_whoever_reads_it(copy: Path, name: str) -> None:
    with Records(copy) as records:
        unit = records.find_units("")[3]
        finished = [one.seq for one in records.entries_of(unit.last_attempt) if one.event.kind == "step-finished"]
    seq, stored = finished[2], stored_in(copy)
    assert seq < 256
    assert stored[seq - 1][:1] == b"\1"
    store(copy, {seq: (DAMAGED | {"another entry's": stored[finished[3] - 1]})[name]})
    for found in (find_disagreement(copy), find_disagreement_about(copy, [unit.id])):
        assert found is not None
        assert f"entry {seq}" in found.sentence or "can't be" in found.sentence
    for quick in (True, False):
        with pytest.raises(Broken, match=rf"entry {seq}"):
            verify_journal(copy, quick=quick)
    if name not in DAMAGED:
        return
    with Records(copy) as records, Leaves(copy) as leaves:
        asked: list[Callable[[], object]] = [
            lambda: records.entry(seq),
            lambda: list(records.entries_from(seq)),
            lambda: leaves.leaf(seq),
            lambda: list(leaves.stream(seq)),
            lambda: leaves.tree().root(255),
        ]
        for ask in asked:
            with pytest.raises(Fault) as caught:
                ask()
            assert caught.value.code == "JRN-103"


def test_no_sql_looks_into_a_leaf() -> None:
    """It would see packed ones; released migrations look at formats that have none."""
    package = Path(__file__).parents[3] / "station"
    looks = re.compile(r"(?i)(cast|json_\w+)\(leaf\b")
    looking = {path.name for path in package.rglob("*.py") if looks.search(path.read_text("utf-8"))}
    assert looking == {"schema.py"}


def test_a_search_for_secrets_sees_into_packed_leaves(plain: Path, packed: Path) -> None:
    """Which the tests of all that is written down rely on."""
    said = b"COSE signature not verified"
    assert said in (plain / FILE_NAME).read_bytes()
    assert said not in (packed / FILE_NAME).read_bytes()
    assert said in legible(packed / FILE_NAME)
