"""Evidence and backups that anybody may have made, as functions of bytes: see :mod:`tests.faults.hostile`."""

import io
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NoReturn

import apsw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.evidence.backup_archive import CHECKPOINT, JOURNAL, PEOPLE, Backup, Description, Member, write_backup
from station.evidence.forms import Broken, read_json, read_key
from station.evidence.station_key import VERIFIER_FILE, StationKey
from station.evidence.story import UNREADABLE, Story, read_authorities
from station.evidence.summary import Summary
from station.evidence.verifier import verify_bundle, verify_journal
from station.journal.agreement import find_disagreement, take_entry
from station.journal.codec import as_json, decode, microseconds
from station.journal.notes import VerifierKey, read_checkpoint
from station.journal.packing import pack_leaf, unpack_leaf
from station.journal.replay import Replay
from station.restoring import Chosen, Faces, restore_backup
from station.updates.manifest import Package, SignedButOddError, read_manifest, write_manifest
from tests.faults.hostile_forms import (
    NOON,
    STATION_KEY,
    Target,
    backed_up,
    given,
    in_folder,
    patch,
    patched,
    private,
    text,
)
from tests.unit.evidence.tampering import unpack


def _changed(data: bytes) -> None:
    """Verify a bundle with places written over: whatever is another byte, and is taken, was not verified."""
    genuine = given("bundle.zip")
    changed = patched(genuine, data)
    private("b.zip", verify_bundle)(changed)
    if changed != genuine:
        raise AssertionError("another bundle is taken for the one that was signed")


def _story(data: bytes) -> None:
    """Follow a bundle's entries, as though each were under its root: whoever has a key can make any of them."""
    members = unpack(given("bundle.zip"))
    story, summary = Story(read_authorities(members["ca-chain.pem"].decode(), ())), Summary()
    try:
        with story:
            for number, leaf in enumerate(patched(members["events.jsonl"], data).splitlines()):
                entry = read_json(leaf, f"entry {number}")
                story.feed(entry)
                summary.feed(entry)
            summary.text(read_key(members["station.vkey"].decode()), 99, bytes(32))
    except UNREADABLE as error:  # as the verifier does
        raise Broken(repr(error)[:100]) from None


def _one_entry(data: bytes) -> None:
    """The same for the place of one entry: its first byte says which."""
    members = unpack(given("bundle.zip"))
    story, summary = Story(read_authorities(members["ca-chain.pem"].decode(), ())), Summary()
    leaves = members["events.jsonl"].splitlines()
    leaves[data[0] % len(leaves) if data else 0] = data[1:]
    try:
        with story:
            for leaf in leaves:
                entry = read_json(leaf, "entry")
                story.feed(entry)
                summary.feed(entry)
    except UNREADABLE as error:
        raise Broken(repr(error)[:100]) from None


@cache
def _packed() -> bytes:
    """Return the record's journal with its leaves stored as today's station stores them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        path.write_bytes(backed_up()[JOURNAL])
        with closing(apsw.Connection(str(path))) as db:
            (rule,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_stays'").fetchall()
            db.execute("DROP TRIGGER event_stays")
            rows: Any = db.execute("SELECT leaf, seq FROM event").fetchall()
            db.executemany("UPDATE event SET leaf = ? WHERE seq = ?", [(pack_leaf(leaf), seq) for leaf, seq in rows])
            db.execute(str(rule[0]))
        return path.read_bytes()


def _journal(folder: Path, data: bytes) -> None:
    """Verify a journal of which pages were written over; the first byte says how thoroughly, and how it is stored."""
    path, how = folder / "journal.db", data[0] if data else 0
    path.write_bytes(patched(_packed() if how & 2 else backed_up()[JOURNAL], data[1:]))
    verify_journal(path, key=backed_up()[VERIFIER_FILE].decode(), quick=bool(how & 1))


def _tables(folder: Path, data: bytes) -> None:
    path = folder / "journal.db"
    path.write_bytes(patched(_packed(), data))
    if (found := find_disagreement(path)) is not None:
        raise Broken(found.sentence)


_HOMES: Final = {"station": "station.toml", "data": "data", "ca": "data/ca", "evidence": "data/evidence"}
_ENTRIES: Final = 77
"""In the record among the inputs."""


def _leaf(data: bytes) -> None:
    entry = decode(data)
    microseconds(entry.at)
    as_json(entry)


def _replayed(data: bytes) -> None:
    """Make the tables of one entry that nothing came before."""
    number = data[data.find(b'"seq":') + 6 :].partition(b",")[0]
    if not number.isdigit() or len(number) > 9:
        raise Broken("no entry at all")
    with closing(Replay()) as anew:
        take_entry(anew, int(number), (0, "", None, None, None), data)


@cache
def _signer() -> StationKey:
    private = Ed25519PrivateKey.from_private_bytes(STATION_KEY)
    return StationKey(VerifierKey.of("nrf91-station/T1", private), private)


def _manifest(data: bytes) -> None:
    """Read a list for updates that its key has signed, whatever it says; the first byte: or that it has not."""
    note = data[1:]
    if data[:1] != b"\0":
        note = _signer().sign_note(f"{note.decode('utf-8', 'replace')}\n").encode()
    read_manifest(note, read_key(_signer().verifier.text()))


@cache
def _listed() -> bytes:
    """Return a list for updates as it stands in a folder."""
    package = Package("0.2.0", "nrf91-station_0.2.0-1_amd64.deb", 91_000_000, Sha256("ab" * 32), "-")
    return write_manifest([package], _signer())


def _backup(folder: Path, data: bytes) -> None:
    path = folder / "backup.zip"
    path.write_bytes(data)
    with Backup(path) as backup:
        for name in backup.names:
            backup.extract(name, io.BytesIO())


def _restore(folder: Path, data: bytes) -> None:
    """Restore a backup that is sound as a zip, whoever made it: of one member the content, or of one the name."""
    genuine = backed_up()
    names = sorted(genuine)
    members: dict[str, Member] = dict(genuine)
    data = data.ljust(2, b"\7")
    chosen, how, rest = names[data[0] % len(names)], data[1], data[2:]
    home = rest.decode("utf-8", "replace")
    homes, rewrite = dict(_HOMES), {}
    match how % 8:
        case 0 if chosen == JOURNAL:
            members[chosen] = patched(genuine[chosen], rest)
        case 1:
            members[home] = members.pop(chosen)
        case 2:
            members[home] = b"more"
        case 3:
            homes[("station", "data", "ca", "evidence")[data[0] % 4]] = home
        case 4:
            rewrite = {"data": home, "ca.folder": home}
        case 5:
            members[chosen] = patched(genuine[chosen], rest)
        case 6:
            members[chosen] = rest
        case _:
            pass
    described = Description("T1", _signer().origin, NOON.isoformat(), "x", _ENTRIES, homes, rewrite)
    path = folder / "backup.zip"
    try:
        with path.open("xb") as file:
            write_backup(file, members, described, _signer())
    except (ValueError, OSError):
        return  # no backup can be written with such a name
    with suppress(_AskedError):
        restore_backup(Chosen(path, folder / "new", "it burnt"), Faces(_asked, _asked, _asked))


class _AskedError(Exception):
    """Everything was shown to be sound, and somebody is asked: as far as a backup's bytes go."""


def _asked(*_: object) -> NoReturn:
    raise _AskedError


def evidence_targets() -> tuple[Target, ...]:
    """Return the readers of evidence."""
    bundle = given("bundle.zip")
    members = unpack(bundle)
    leaves = tuple(members["events.jsonl"].splitlines())
    size = len(bundle)
    verifier = VerifierKey.read(members["station.vkey"].decode())
    keys = sorted(backed_up())
    at = {name: bytes([number]) for number, name in enumerate(keys)}
    said, signed = _listed().partition(b"\n")[0], b"\0" + _listed()
    return (
        Target("bundle", private("b.zip", verify_bundle), (bundle, bundle[:4096], bundle[-600:]), (Broken,)),
        Target(
            "bundle-changed",
            _changed,
            (b"", patch(size - 10, b"\0"), patch(60, b'{"a'), patch(3000, b"x" * 32)),
            (Broken,),
            share=0.1,
        ),
        Target("entries-changed", _story, (b"", patch(200, b'"'), patch(5000, b"9999")), (Broken,), 512, 0.03),
        Target(
            "entry",
            _one_entry,
            tuple(bytes([number]) + leaf for number, leaf in enumerate(leaves) if number % 3 == 0),
            (Broken,),
            share=0.03,
        ),
        Target("journal", in_folder(_journal), (b"\0", b"\2", b"\3" + patch(4200, b"\0" * 8)), (Broken,), 512, 0.03),
        Target(
            "journal-tables",
            in_folder(_tables),
            (b"", patch(4200, b"\0" * 8), patch(9000, b"x")),
            (Fault, Broken),
            512,
            0.01,
        ),
        Target("backup", in_folder(_backup), (_zipped(),), share=0.1),
        Target(
            "restore",
            in_folder(_restore),
            (
                at[JOURNAL] + b"\7",
                at[JOURNAL] + b"\0" + patch(4200, b"\0"),
                at[PEOPLE] + b"\6" + b"{}",
                at[CHECKPOINT] + b"\6log\n1\nx\n",
                at["ca/line.pem"] + b"\6\xff",
                at["files/station.toml"] + b"\4data2",
                at["files/station.toml"] + b"\6\xff",
                at["files/fixture.toml"] + b"\2files/data/journal.db",
                at["files/fixture.toml"] + b"\3../x",
            ),
            (Fault, Broken),
            512,
            0.003,
        ),
        Target(
            "signed-note",
            lambda data: read_checkpoint(data.decode("utf-8", "replace"), verifier),
            (members["checkpoint.txt"],),
            (ValueError,),
        ),
        Target("journal-entry", _leaf, leaves, share=0.5),
        Target("packed-leaf", unpack_leaf, tuple(map(pack_leaf, leaves)), (ValueError,)),
        Target("entry-replayed", _replayed, leaves, (Broken,), share=0.03, takes_all=True),
        Target("updates", _manifest, (b"1" + said, b"1" + said[:-2], signed, signed[:-9]), (SignedButOddError, Broken)),
        Target("verifier-key", text(VerifierKey.read), (members["station.vkey"].strip(),), (ValueError,)),
    )


def _zipped() -> bytes:
    """Return a small backup; nothing of it is a journal, and nothing asks for one before it is whole."""
    memory = io.BytesIO()
    key = f"{_signer().verifier.text()}\n".encode()
    described = Description("T1", _signer().origin, "2026", "x", 1, _HOMES)
    write_backup(memory, {VERIFIER_FILE: key, CHECKPOINT: b"x", "files/station.toml": b"a"}, described, _signer())
    return memory.getvalue()
