"""Verify what a station has exported, without the station: this one file, Python 3.11 or later, and `cryptography`.

    python verify.py BUNDLE.zip|DATA_FOLDER|journal.db [--key VKEY|FINGERPRINT|FILE] [--checkpoint FILE] ...
                     [--ca SHA256|FILE] ... [--quick]

Exit code 0: everything holds, and a key or checkpoint that you gave vouches for it. 1: it does not; the first place
where it breaks is said. 2: it could not be read, or was called wrongly: a --key or --ca that is none, and no file
either. 3: nothing breaks, but not all is shown, and the last line says what: it is signed by a key that nothing you
gave vouches for, so that anybody could have made it; beside a journal lies no evidence/station.vkey, and you gave no
verifier line but a fingerprint or nothing, so that no signature was looked at; entries of a journal behind its last
checkpoint are signed by nothing yet (those of a few kinds, which tell nothing of how a unit was built, are let be, and
counted: see HARMLESS); the CA's certificates are not beside a journal, so that no unit's was checked; a bundle holds no
proof from a checkpoint that you gave.

With --quick a journal's entries are held against their checkpoints, and what they say is not looked at: no unit's
steps, no certificate, no modem's proof. Exit code 0 then says no more than that, and the last line does too.

Formats: leaves are RFC 8785 JSON without fractions, in an RFC 6962 tree; checkpoints are C2SP tlog-checkpoints
(c2sp.org/tlog-checkpoint, c2sp.org/signed-note, Ed25519); the zip has one form (see `read_archive`).
Of a journal it looks at the signed entries alone: not at the tables made of them, nor at the file's format number.
What it can't show: that the station left out a whole attempt of a unit from a bundle (verify the journal for that), and
the modem's own COSE signature, whose key only the chip's maker knows. All memory is bounded: entries go line by line.
"""

import argparse
import hashlib
import mmap
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.eras import SUCCESSOR, Eras, find_signer
from station.evidence.forms import (
    Archive,
    Broken,
    choose_key,
    join,
    leaf_of,
    node_hash,
    open_database,
    open_note,
    plain,
    read_checkpoint,
    read_file,
    read_given,
    read_given_ca,
    read_given_key,
    read_json,
    read_key,
    require,
    root_by_path,
    roots_by_path,
    unhex,
)
from station.evidence.story import UNREADABLE, Story, read_authorities
from station.evidence.summary import Summary
from station.evidence.verdict import UNSIGNED, Verdict, say_behind, say_files, say_quick

MANIFEST = "nrf91-station evidence manifest v1"


# --- A bundle --------------------------------------------------------------------------------------------------------


def verify_bundle(
    path: Path, *, key: str = "", kept: Sequence[str] = (), ca: Sequence[str] = (), chain: str = ""
) -> Verdict:
    """Return what holds of a bundle, or raise Broken. ``key``: a line, hash or file; ``kept``: checkpoints' texts.

    ``ca``: SHA-256s of the CAs that certificates have to lead up to one of; ``chain``: further CAs' certificates, PEM.
    """
    with path.open("rb") as file:
        require(path.stat().st_size, "the file is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _verify(Archive(data), key, kept, ca, chain)
            except Broken:
                raise
            except UNREADABLE as error:
                raise Broken(f"something in it can't be read ({error!r:.100})") from None


def _verify(archive: Archive, given: str, kept: Sequence[str], ca: Sequence[str], chain: str) -> Verdict:
    manifest = read_json(archive.text("manifest.json").encode(), "manifest.json")
    key = read_key(archive.text("station.vkey"))
    if not SUCCESSOR.fullmatch(key.name):  # a restored record has several, and its entries name them
        choose_key(key.line, given)
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
    story, summary = Story(read_authorities(archive.text("ca-chain.pem") + chain, ca), ca), Summary()
    with story:
        eras = Eras(key, read_entries(archive, size, root, story, summary))
    vouched = eras.vouched(given)
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
    yours = " (the one you gave)" if vouched == len(eras.all) - 1 else ""
    said.append(f"signed by: {key.name}, fingerprint {key.fingerprint}{yours}")
    joined, gaps, ours = join_earlier(archive, eras, (size, root), kept)
    vouched = max(vouched, ours)
    gaps += eras.say_unvouched(vouched)
    return Verdict([*said, *eras.findings, *joined, *story.findings()], vouched >= 0, gaps, pace=story.pace)


def join_earlier(
    archive: Archive, eras: Eras, now: tuple[int, bytes], kept: Sequence[str]
) -> tuple[list[str], list[str], int]:
    """Return what is shown of earlier checkpoints, the bundle's own and those that were kept, and what is not.

    Then the place of the last era of which one was kept, -1 for none.
    """
    own = [archive.text("earlier-checkpoint.txt")] if "earlier-checkpoint.txt" in archive.members else []
    known, said = {now[0]: now[1]}, list[str]()
    read = [eras.read(note, "the earlier checkpoint") for note in kept]
    gaps = [lost for *_, lost in read if lost]
    theirs = [(old, root) for old, root, _, lost in read if not lost]
    for old, root, _, lost in [eras.read(note, "earlier-checkpoint.txt") for note in own]:
        require(not lost, lost.removeprefix(", but "))
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
    return said, gaps, max((at for _, _, at, lost in read if not lost), default=-1)


def read_entries(
    archive: Archive, size: int, root: bytes, story: Story, summary: Summary
) -> list[tuple[int, dict[str, object]]]:
    """Tell both of a bundle's entries, each shown to be in the tree; return those that declare a restore."""
    last, restored = 0, list[tuple[int, dict[str, object]]]()
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
        if entry["kind"] == "restored":
            restored.append((last, entry["body"]))
    return restored


def read_pem(text: str) -> list[bytes]:
    """Return the certificates in ``text`` as DER."""
    found = x509.load_pem_x509_certificates(text.encode()) if text else []
    return [one.public_bytes(Encoding.DER) for one in found]


# --- A whole journal -------------------------------------------------------------------------------------------------


def verify_journal(
    path: Path,
    *,
    key: str = "",
    kept: Sequence[str] = (),
    ca: Sequence[str] = (),
    chain: str = "",
    quick: bool = False,
) -> Verdict:
    """Return what holds of a data folder or its journal.db, or raise Broken; ``quick`` doesn't read into the entries.

    Beside it are looked for: evidence/station.vkey (without it a line given as ``key`` is the key; without that too,
    no signature is checked, and that is a gap), checkpoints/*.txt, and the CAs' certificates: ca/line.pem,
    ca/root.pem, ca/former/*.pem; ``chain`` gives further ones (PEM). Changes nothing; the station may write meanwhile.
    OSError where there is no journal, or ``key`` is none.
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
    folder: Path, file: Path, key: str, kept: Sequence[str], ca: Sequence[str], chain: str, quick: bool
) -> Verdict:
    given = read_given_key(key)
    issuers = [one for one in (folder / "ca" / "line.pem", folder / "ca" / "root.pem") if one.exists()]
    issuers += sorted((folder / "ca" / "former").glob("*.pem"))
    authorities = read_authorities("\n".join([*(read_file(one) for one in issuers), chain]), ca) or None
    story = None if quick else Story(authorities, ca)
    # Files first: what they were signed for is in the journal already.
    notes = [(read_file(one), str(one)) for one in sorted((folder / "checkpoints").glob("*.txt"))]
    with (
        story or nullcontext(),
        closing(open_database(file)) as db,
    ):
        db.execute("BEGIN")
        forms = db.execute("SELECT type, rootpage > 0 FROM sqlite_schema WHERE lower(name) = 'event'").fetchall()
        # A view may go on for ever.
        require(forms == [("table", 1)], "the journal can't be read: its entries lie in no table")
        told, restored = _read_rare(db.execute(_NOTES)), _read_rare(db.execute(_RESTORED))
        signer = find_signer(folder / "evidence" / "station.vkey", given, told, restored)
        eras = Eras(signer, restored)
        vouched = eras.vouched(given) if signer.public else -1
        read = [(*eras.read(note, where), where) for note, where in notes]
        read += [(*eras.read(note, "your checkpoint"), "your checkpoint") for note in kept]
        signed = [(old, root, where) for old, root, _, lost, where in read if not lost]
        named = [(*read_checkpoint(body["note"], eras.at(seq), f"entry {seq}"), f"entry {seq}") for seq, body in told]
        signed += named
        signed += [(*read_checkpoint(note, one, where), where) for note, one, where in eras.notes]
        rows = db.execute("SELECT seq, kind, leaf FROM event ORDER BY seq")
        rare = {f"entry {seq}" for seq, _ in [*told, *restored]}
        size, roots, behind = _read_leaves(rows, {one[0] for one in signed}, rare, story)
    require(size, "there is not one entry in the journal")
    for (seq, body), (old, root, _) in zip(told, named, strict=True):
        agree = (body["size"], body["root"]) == (old, root.hex())
        require(agree, f"entry {seq} says another size or root than the checkpoint in it")
    for old, root, where in signed:
        require(old <= size, f"{where} has {old} entries, the journal only {size}: rolled back, or its end cut off")
        require(roots[old] == root, f"the first {old} entries are not those of {where}: something was changed")
    last = max((one[0] for one in signed), default=0)
    said = [f"entries: {size}, without a gap, root {roots[size].hex()}"]
    said += eras.say_checkpoints(len(signed))
    many = f"{size - last} entr{'y' if size - last == 1 else 'ies'}"
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(behind.items()))
    said.append(f"behind the last checkpoint: {many}" + (f", which nothing signs yet: {kinds}" if kinds else ""))
    kept_behind = (last, f"entry {last + 1}") in {(old, where) for old, _, where in signed}
    gaps, remarks = say_behind(size, last, behind, kept_behind)
    gaps += [lost for _, _, _, lost, _ in read if lost]
    vouched = max([vouched, *(at for _, _, at, lost, _ in read[len(notes) :] if signer.public and not lost)])
    gaps += eras.say_unvouched(vouched) if signer.public else [UNSIGNED]
    gone = {one[:2] for one in named} - {one[:2] for one in read[: len(notes)]}
    remarks += say_files(len(gone), folder / "checkpoints") if file.name == "journal.db" else []  # none beside a copy
    holds = bool(signed) and vouched >= 0
    if story is None:
        return Verdict(said, holds, gaps, [*remarks, say_quick(bool(signer.public))], quick=True)
    said += story.findings()
    if story.authorities is None and story.count["certificates"]:
        gaps.append(", but no certificate was checked: the CA's own (ca/line.pem, ca/root.pem) are not there")
    return Verdict(said, holds, gaps, remarks, pace=story.pace)


# The journal's index of rare kinds is taken for its own condition alone, word for word.
_RARELY = """SELECT seq, leaf FROM event WHERE kind = '{}' AND kind NOT IN
('step-intended', 'step-finished', 'attempt-opened', 'attempt-closed', 'unit-identified',
'certificate-intended', 'certificate-issued') ORDER BY seq"""
_NOTES, _RESTORED = _RARELY.format("checkpoint-made"), _RARELY.format("restored")
_HIDING = re.compile(rb'"kind":"(checkpoint-made|restored)","mono_us":')


def _read_rare(rows: Iterable[tuple[int, bytes]]) -> list[tuple[int, Any]]:
    """Return what the entries of one kind say; an index that leads back to earlier ones would have no end."""
    found = list[tuple[int, Any]]()
    for seq, stored in rows:
        require(not found or seq > found[-1][0], "the journal's index leads back to an earlier entry")
        found.append((seq, read_json(leaf_of(seq, stored), f"entry {seq}")["body"]))
    return found


def _read_leaves(
    rows: Iterable[tuple[int, str, bytes]], wanted: set[int], rare: set[str], story: Story | None
) -> tuple[int, dict[int, bytes], Counter[str]]:
    """Return how many leaves there are, the roots at the wanted sizes and at the end, and the kinds behind the last."""
    peaks, roots, number, sha256 = list[bytes](), dict[int, bytes](), 0, hashlib.sha256
    last, behind = max(wanted, default=0), Counter[str]()
    for seq, kind, stored in rows:
        number += 1
        require(seq == number, f"entry {number} is missing")
        leaf = leaf_of(number, stored)
        hashed, left = sha256(b"\x00" + leaf).digest(), number - 1
        while left & 1:
            hashed, left = node_hash(peaks.pop(), hashed), left >> 1
        peaks.append(hashed)
        if number in wanted:
            roots[number] = join(peaks)
        if story or number > last:  # what no checkpoint signs is taken at its own word, not at its row's
            entry = read_json(leaf, f"entry {seq}")
            require((entry.get("seq"), entry.get("kind")) == (seq, kind), f"entry {seq} stands in another's place")
        else:
            require(b'"seq":%d,"session":' % seq in leaf[-64:], f"entry {seq} stands in another's place")
        if story:
            story.feed(entry)
        if number > last:
            behind[kind] += 1
        found = _HIDING.search(leaf[-130:])
        hidden = found and f"entry {seq}" not in rare
        what = "a checkpoint" if found and found[1] == b"checkpoint-made" else "a restore"
        require(not hidden, f"entry {seq} is {what} that the journal's index hides")
    roots[number] = join(peaks)
    return number, roots, behind


# --- The command -----------------------------------------------------------------------------------------------------


def main(words: Sequence[str] | None = None) -> int:
    """Return the exit code; see the beginning of this file."""
    parser = argparse.ArgumentParser(description="Verify a bundle, a data folder or a journal without the station.")
    parser.add_argument("path", type=Path, help="the bundle, the data folder, or its journal.db")
    parser.add_argument("--key", default="", help="the station's verifier key, its fingerprint, or a file with either")
    parser.add_argument("--checkpoint", type=Path, action="append", default=[], help="a checkpoint that you kept")
    told = "SHA-256 of a CA's root or line certificate, or a file with it (PEM); of several, any may have signed"
    parser.add_argument("--ca", action="append", default=[], help=told)
    parser.add_argument("--quick", action="store_true", help="of a journal: entries and signatures, not what they say")
    given = parser.parse_args(words)
    try:
        verdict = verify(given.path, key=given.key, checkpoints=given.checkpoint, ca=given.ca, quick=given.quick)
    except Broken as broken:
        _tell(f"BROKEN: {broken}")
        return 1
    except OSError as error:
        _tell(f"can't be read: {plain(str(error))}")
        return 2
    _tell(*verdict.findings, verdict.sentence)
    sys.stderr.write(f"{verdict.pace}\n" if verdict.pace else "")
    return verdict.exit_code


def _tell(*lines: str) -> None:
    """Print, on a console that has not every letter too."""
    coding = sys.stdout.encoding or "utf-8"
    sys.stdout.writelines(f"{line.encode(coding, 'backslashreplace').decode(coding)}\n" for line in lines)


def verify(
    path: Path, *, key: str = "", checkpoints: Sequence[Path] = (), ca: Sequence[str] = (), quick: bool = False
) -> Verdict:
    """Return what holds of a bundle, a data folder or a journal, or raise Broken, or OSError for what isn't there.

    ``ca``: fingerprints of CAs, or files with their certificates. ``quick`` is for a journal: a bundle is read whole.
    """
    kept, key = [read_given(one).rstrip("\n") + "\n" for one in checkpoints], read_given_key(key)
    named, chain = list[str](), ""
    for one in ca:
        pem = f"{read_given(Path(one))}\n" if Path(one).is_file() else ""
        named += _fingerprints(pem, one) if pem else [read_given_ca(one)]
        chain += pem
    if path.is_dir() or path.suffix == ".db":
        return verify_journal(path, key=key, kept=kept, ca=named, chain=chain, quick=quick)
    verdict = verify_bundle(path, key=key, kept=kept, ca=named, chain=chain)
    verdict.remarks += ["A bundle is always read whole, also with --quick."] if quick else []
    return verdict


def _fingerprints(pem: str, where: str) -> list[str]:
    try:
        found = [hashlib.sha256(one).hexdigest() for one in read_pem(pem)]
    except UNREADABLE:
        found = []
    if not found:  # nothing named would be anything allowed
        raise OSError(f"{where} holds no certificates (PEM) that can be read")
    return found


if __name__ == "__main__":
    raise SystemExit(main())
