"""Verify what a station has exported, without the station: this one file, Python 3.11 or later, and `cryptography`.

    python verify.py BUNDLE.zip|DATA_FOLDER|journal.db [--key VKEY|FINGERPRINT|FILE] [--checkpoint FILE] [--ca SHA256]

Exit code 0: everything holds, and a key or checkpoint that you gave vouches for it. 1: it does not; the first place
where it breaks is said. 2: it could not be read, or was called wrongly. 3: nothing breaks, but not all is shown, and
the last line says what: it is signed by a key that nothing you gave vouches for, so that anybody could have made it;
entries of a journal behind its last checkpoint are signed by nothing yet (that checkpoint's own entry, which can't be
in it, is let be); the CA's certificates are not beside a journal, so that no unit's was checked; a bundle holds no
proof from a checkpoint that you gave.

Formats: leaves are RFC 8785 JSON without fractions, in an RFC 6962 tree; checkpoints are C2SP tlog-checkpoints
(c2sp.org/tlog-checkpoint, c2sp.org/signed-note, Ed25519); the zip has one form (see `read_archive`).
What it can't show: that the station left out a whole attempt of a unit from a bundle (verify the journal for that), and
the modem's own COSE signature, whose key only the chip's maker knows. All memory is bounded: entries go line by line.
"""

import argparse
import hashlib
import mmap
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import (
    LONGEST_LINE,
    Archive,
    Broken,
    Key,
    choose_key,
    join,
    node_hash,
    open_note,
    plain,
    read_checkpoint,
    read_file,
    read_given,
    read_json,
    require,
    root_by_path,
    roots_by_path,
    unhex,
)
from station.evidence.story import UNREADABLE, Story, read_authorities
from station.evidence.summary import Summary

NOBODY = Key("nobody's key", bytes(32)), False
MANIFEST = "nrf91-station evidence manifest v1"


@dataclass
class Verdict:
    """What holds, in plain words, a line each.

    ``vouched``: a key or a checkpoint that was given from outside says whose it is. ``gaps``: what is not shown.
    """

    findings: list[str]
    vouched: bool
    gaps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.findings = [plain(line) for line in self.findings]

    @property
    def exit_code(self) -> int:
        return 0 if self.vouched and not self.gaps else 3

    @property
    def sentence(self) -> str:
        unknown = ", but nothing you gave vouches for the key: anybody could have made this"
        said = "EVERYTHING HOLDS" if self.vouched else "EVERYTHING HOLDS IN ITSELF"
        more = [gap.replace(", but ", ", and ") for gap in self.gaps[1:]]
        return plain("".join([said, *self.gaps[:1], *more, "" if self.vouched else unknown, "."]))


# --- A bundle --------------------------------------------------------------------------------------------------------


def verify_bundle(path: Path, *, key: str = "", kept: Sequence[str] = (), ca: str = "") -> Verdict:
    """Return what holds of a bundle, or raise Broken. ``key``: a line, hash or file; ``kept``: checkpoints' texts."""
    with path.open("rb") as file:
        require(path.stat().st_size, "the file is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _verify(Archive(data), key, kept, ca)
            except Broken:
                raise
            except UNREADABLE as error:
                raise Broken(f"something in it can't be read ({error!r:.100})") from None


def _verify(archive: Archive, given: str, kept: Sequence[str], ca: str) -> Verdict:
    manifest = read_json(archive.text("manifest.json").encode(), "manifest.json")
    key, vouched = choose_key(archive.text("station.vkey"), given)
    digest = archive.members["manifest.json"][2]
    signed = open_note(archive.text("manifest.sig"), key, "manifest.sig", alone=True)
    require(signed == f"{MANIFEST}\n{key.name}\n{digest}\n", "manifest.sig was made for another manifest")
    members = {name: sha256 for name, (_, _, sha256) in archive.members.items()}
    require(list(members)[:2] == ["manifest.json", "manifest.sig"], "the manifest does not come first")
    listed = list(members.items())[2:]
    for name, sha256 in listed:
        require(manifest["members"].get(name) == sha256, f"{name} is not what the manifest says")
    require(listed == sorted(manifest["members"].items()), "a member is missing or out of its order")

    size, root = read_checkpoint(archive.text("checkpoint.txt"), key, "checkpoint.txt")
    story, summary = Story(read_authorities(archive.text("ca-chain.pem"), ca), ca), Summary()
    read_entries(archive, size, root, story, summary)
    require(story.count["entries"], "there is not one entry in it")
    require(story.count["entries"] == manifest["entries"], "there are fewer or more entries than the manifest says")
    require(not story.open, f"attempt {next(iter(story.open), 0)} has no end")
    require(sorted(story.devices) == manifest["units"], "the units are not those that the manifest names")
    pem = archive.text("certificates.pem")
    shown = [hashlib.sha256(one).hexdigest() for one in read_pem(pem)]
    require(shown == [one[2] for one in story.standing.values()], "certificates.pem holds others than the entries")
    drawn = hashlib.sha256(summary.text(key, size, root).encode()).hexdigest()
    require(members.get("summary.txt") == drawn, "summary.txt does not say what the entries say")

    said = [f"entries: {story.count['entries']}, each in its one form and under the root of {size} entries"]
    said.append(f"signed by: {key.name}, fingerprint {key.fingerprint}" + (" (the one you gave)" if vouched else ""))
    joined, gaps = join_earlier(archive, key, (size, root), kept)
    return Verdict([*said, *joined, *story.findings()], vouched or bool(kept), gaps)


def join_earlier(
    archive: Archive, key: Key, now: tuple[int, bytes], kept: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return what is shown of earlier checkpoints, the bundle's own and those that were kept, and what is not."""
    own = [archive.text("earlier-checkpoint.txt")] if "earlier-checkpoint.txt" in archive.members else []
    known, said, gaps = {now[0]: now[1]}, list[str](), list[str]()
    theirs = [read_checkpoint(note, key, "the earlier checkpoint") for note in kept]
    for old, root in [read_checkpoint(note, key, "earlier-checkpoint.txt") for note in own]:
        require(old <= now[0], f"the checkpoint in it has {old} entries, the export only {now[0]}")
        proof = unhex(archive.text("consistency.txt").split()) if old < now[0] else []
        holds = roots_by_path(old, now[0], root, proof) == (root, now[1]) and not proof
        require(holds, f"this does not continue the checkpoint of {old} entries: changed, or rolled back")
        known[old] = root
        said += [] if (old, root) in theirs else [f"consistent with the checkpoint of {old} entries that is in it"]
    for old, root in dict.fromkeys(theirs):
        few = f"the checkpoint that you kept has {old} entries, this only {now[0]}: older, or rolled back"
        require(old <= now[0], few)
        same = known.get(old, root) == root
        require(same, f"this does not continue the checkpoint of {old} entries: changed, or rolled back")
        if old in known:
            said.append(f"consistent with the checkpoint of {old} entries that you kept")
        else:
            gaps.append(f", but no proof from the checkpoint of {old} entries is in here: export with --since it")
    return said, gaps


def read_entries(archive: Archive, size: int, root: bytes, story: Story, summary: Summary) -> None:
    """Tell both of a bundle's entries, each shown to be in the tree."""
    last = 0
    for leaf, proof in zip_longest(archive.lines("events.jsonl"), archive.lines("proofs.txt"), fillvalue=b""):
        entry, (number, *path) = (
            read_json(leaf, f"the entry behind {last} in events.jsonl"),
            proof.decode("latin-1").split(" "),
        )
        sound = isinstance(entry.get("seq"), int) and last < entry["seq"] <= size and number == str(entry["seq"])
        require(sound, f"the entry behind {last}: it or its proof is out of order")
        last, nodes = entry["seq"], unhex(path)
        found = root_by_path(leaf, last - 1, size, nodes)
        require(found == root and not nodes, f"entry {last} is not the one under the checkpoint's root")
        story.feed(entry)
        summary.feed(entry)


def read_pem(text: str) -> list[bytes]:
    """Return the certificates in ``text`` as DER."""
    found = x509.load_pem_x509_certificates(text.encode()) if text else []
    return [one.public_bytes(Encoding.DER) for one in found]


# --- A whole journal -------------------------------------------------------------------------------------------------


def verify_journal(
    path: Path, *, key: str = "", kept: Sequence[str] = (), ca: str = "", chain: str = "", quick: bool = False
) -> Verdict:
    """Return what holds of a data folder or its journal.db, or raise Broken; ``quick`` doesn't read into the entries.

    Beside it are looked for: evidence/station.vkey, checkpoints/*.txt, and (unless ``chain`` gives the CA's
    certificates as PEM) ca/line.pem and ca/root.pem. Changes nothing; the station may write meanwhile. OSError where
    there is no journal.
    """
    folder = path if path.is_dir() else path.parent
    file = path / "journal.db" if path.is_dir() else path
    with file.open("rb"):  # for the sentence: SQLite's does not say why
        pass
    try:
        return _verify_journal(folder, file, key, kept, ca, chain, quick)
    except Broken:
        raise
    except (sqlite3.Error, *UNREADABLE) as error:
        raise Broken(f"the journal can't be read: {error!s:.200}") from None


def _verify_journal(
    folder: Path, file: Path, key: str, kept: Sequence[str], ca: str, chain: str, quick: bool
) -> Verdict:
    own = folder / "evidence" / "station.vkey"
    there = read_file(own) if own.exists() else key
    signer, vouched = choose_key(there, key) if there else NOBODY
    issuers = [one for one in (folder / "ca" / "line.pem", folder / "ca" / "root.pem") if one.exists()]
    authorities = read_authorities(chain or "".join(read_file(one) for one in issuers), ca) or None
    story = None if quick else Story(authorities, ca)
    # Whoever writes to it keeps a log beside it; without one, nothing is written, not even a lock. A log that nobody
    # has open has no index: SQLite would write one there, unless the file is its alone.
    logged, alone = Path(f"{file}-wal").exists(), not Path(f"{file}-shm").exists() and sys.platform != "win32"
    way = ("mode=ro&vfs=unix-none" if alone else "mode=ro") if logged else "mode=ro&immutable=1"
    # Files first: what they were signed for is in the journal already.
    notes = [(read_file(one), str(one)) for one in sorted((folder / "checkpoints").glob("*.txt"))]
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?{way}", uri=True, isolation_level=None)) as db:
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
        db.execute(f"PRAGMA locking_mode = {'EXCLUSIVE' if alone else 'NORMAL'}")
        db.execute("BEGIN")
        told = [(seq, read_json(leaf, f"entry {seq}")["body"]) for seq, leaf in db.execute(_NOTES)]
        notes += [(body["note"], f"entry {seq}") for seq, body in told]
        signed = [(*read_checkpoint(note, signer, where), where) for note, where in notes]
        signed += [(*read_checkpoint(note, signer, "your checkpoint"), "your checkpoint") for note in kept]
        rows = db.execute("SELECT seq, kind, leaf FROM event ORDER BY seq")
        size, roots = _read_leaves(rows, {one[0] for one in signed}, {where for _, where in notes}, story)
    require(size, "there is not one entry in the journal")
    for (seq, body), (old, root, _) in zip(told, signed[len(notes) - len(told) :], strict=False):
        agree = (body["size"], body["root"]) == (old, root.hex())
        require(agree, f"entry {seq} says another size or root than the checkpoint in it")
    for old, root, where in signed:
        require(old <= size, f"{where} has {old} entries, the journal only {size}: rolled back, or its end cut off")
        require(roots[old] == root, f"the first {old} entries are not those of {where}: something was changed")
    last = max((one[0] for one in signed), default=0)
    said = [f"entries: {size}, without a gap, root {roots[size].hex()}"]
    said.append(f"checkpoints: {len(signed)}, all of this journal and of {signer.name}, {signer.fingerprint}")
    said.append(f"behind the last checkpoint: {size - last} entries, which nothing signs yet")
    gaps = _gaps(size, last, (last, f"entry {last + 1}") in {(old, where) for old, _, where in signed})
    if story and story.authorities is None and story.count["certificates"]:
        gaps.append(", but no certificate was checked: the CA's own (ca/line.pem, ca/root.pem) are not there")
    return Verdict([*said, *(story.findings() if story else [])], bool(signed) and (vouched or bool(kept)), gaps)


def _gaps(size: int, last: int, kept_behind: bool) -> list[str]:
    """Return that entries are signed by nothing. The one that keeps the last checkpoint can't be under it."""
    behind = size - last
    if behind == 0 or (behind == 1 and kept_behind):
        return []
    if not last:
        return [f", but nothing signs any of its {size} entries"]
    many = "1 entry behind it is" if behind == 1 else f"{behind} entries behind it are"
    return [f" up to entry {last}; {many} signed by nothing yet"]


# The journal's index of rare kinds is taken for its own condition alone, word for word.
_NOTES = """SELECT seq, leaf FROM event WHERE kind = 'checkpoint-made' AND kind NOT IN
('step-intended', 'step-finished', 'attempt-opened', 'attempt-closed', 'unit-identified',
'certificate-intended', 'certificate-issued') ORDER BY seq"""


def _read_leaves(
    rows: Iterable[tuple[int, str, bytes]], wanted: set[int], notes: set[str], story: Story | None
) -> tuple[int, dict[int, bytes]]:
    """Return how many leaves there are, and the roots at the wanted sizes and at the end."""
    peaks, roots, number, sha256 = list[bytes](), dict[int, bytes](), 0, hashlib.sha256
    for seq, kind, leaf in rows:
        number += 1
        require(seq == number, f"entry {number} is missing")
        hashed, left = sha256(b"\x00" + leaf).digest(), number - 1
        while left & 1:
            hashed, left = node_hash(peaks.pop(), hashed), left >> 1
        peaks.append(hashed)
        if number in wanted:
            roots[number] = join(peaks)
        if story:
            entry = read_json(leaf, f"entry {seq}")
            require((entry.get("seq"), entry.get("kind")) == (seq, kind), f"entry {seq} stands in another's place")
            story.feed(entry)
        else:
            require(b'"seq":%d,"session":' % seq in leaf[-64:], f"entry {seq} stands in another's place")
        hidden = b'"kind":"checkpoint-made","mono_us":' in leaf[-130:] and f"entry {seq}" not in notes
        require(not hidden, f"entry {seq} is a checkpoint that the journal's index hides")
    roots[number] = join(peaks)
    return number, roots


# --- The command -----------------------------------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code; see the beginning of this file."""
    parser = argparse.ArgumentParser(description="Verify a bundle, a data folder or a journal without the station.")
    parser.add_argument("path", type=Path, help="the bundle, the data folder, or its journal.db")
    parser.add_argument("--key", default="", help="the station's verifier key, its fingerprint, or a file with either")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="a checkpoint that you kept")
    parser.add_argument("--ca", default="", help="SHA-256 of the CA's root or line certificate")
    given = parser.parse_args(words)
    try:
        verdict = verify(given.path, key=given.key, checkpoints=given.checkpoint, ca=given.ca)
    except Broken as broken:
        _tell(f"BROKEN: {broken}")
        return 1
    except OSError as error:
        _tell(f"can't be read: {plain(str(error))}")
        return 2
    _tell(*verdict.findings, verdict.sentence)
    return verdict.exit_code


def _tell(*lines: str) -> None:
    """Print, on a console that has not every letter too."""
    coding = sys.stdout.encoding or "utf-8"
    sys.stdout.writelines(f"{line.encode(coding, 'backslashreplace').decode(coding)}\n" for line in lines)


def verify(path: Path, *, key: str = "", checkpoints: Sequence[Path] = (), ca: str = "") -> Verdict:
    """Return what holds of a bundle, a data folder or a journal, or raise Broken, or OSError for what isn't there."""
    kept = [read_given(one).rstrip("\n") + "\n" for one in checkpoints]
    whole = path.is_dir() or path.suffix == ".db"
    fingerprint = "".join(ca.split()).replace(":", "").lower()
    return (verify_journal if whole else verify_bundle)(path, key=key, kept=kept, ca=fingerprint)


if __name__ == "__main__":
    raise SystemExit(main())
