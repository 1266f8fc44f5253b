"""Checkpoints: what was signed of the journal, kept where a rolled-back or changed copy can't take it along.

Each is in the journal, in the data folder's `checkpoints`, and in a second place away from this PC. The station never
signs two that don't continue each other: before each, it proves the new one consistent with those that it can see.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from station.domain.events import BatchClosed, CheckpointMade
from station.domain.faults import Fault
from station.domain.ids import BatchId, Sha256
from station.evidence.faults import CHANGED, FOREIGN_CHECKPOINT, KEY_DISAGREES, NOTHING_TO_SIGN, ROLLED_BACK
from station.evidence.station_key import KEY_FILE, VERIFIER_FILE, StationKey, read_verifier_key
from station.evidence.succession import Era, eras_of, signer_of
from station.host.faults import FILE_UNREADABLE
from station.host.files import create_file, make_private_folder, read_bytes, replace_file
from station.journal.codec import decode
from station.journal.faults import DAMAGED
from station.journal.journal import Journal
from station.journal.leaves import Leaves
from station.journal.merkle import Growing, leaf_hash, require_consistency
from station.journal.notes import Checkpoint, VerifierKey, read_checkpoint
from station.journal.tree import Tree

FOLDER: Final = "checkpoints"
_DAILY: Final = timedelta(days=1)
_LONGEST: Final = 65536


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that is kept. ``waiting`` says what the second place did not take yet; () when all is there."""

    checkpoint: Checkpoint
    note: str
    path: Path
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint that was signed earlier, and where it was found, in words."""

    checkpoint: Checkpoint
    where: str


def make_checkpoint(
    journal: Journal, key: StationKey, data: Path, second: Path | None, reason: str, by: str | None = None
) -> Kept:
    """Sign the journal as it is now, and keep that: as an event (by ``by``), as a file, and in the second place.

    Before anything is signed, it is shown to continue the last kept checkpoint and the newest in each place, and its
    root to be that of the entries themselves, read anew from the last checkpoint on. A second
    place that can't be reached is no fault: what waits is said, and delivered by the next call or
    :func:`deliver`. Raises EVD-111 (rolled back), EVD-112 (changed), EVD-113 (another key's), EVD-114 (empty),
    HOST-102, JRN-1xx. Repeating it makes another checkpoint. One at a time.
    """
    with Leaves(data) as leaves:
        size, tree = leaves.size(), leaves.tree()
        if not size:
            raise NOTHING_TO_SIGN.fault()
        new = Checkpoint(key.origin, size, tree.root(size))
        for known in _newest(leaves, key.verifier, data, second):
            _require_continues(tree, known, new)
        if _grown_root(leaves, tree, key.verifier, size) != new.root:
            raise DAMAGED.fault("tree", path=data, why="its stored tree is not that of its entries")
    note = key.sign_checkpoint(new)
    journal.commit(CheckpointMade(size=size, root=Sha256(new.root.hex()), note=note, reason=reason), by=by)
    waiting = deliver(key.verifier, data, second)
    return Kept(new, note, data / FOLDER / _file_name(new), waiting)


def deliver(verifier: VerifierKey, data: Path, second: Path | None) -> tuple[str, ...]:
    """Put every checkpoint of the journal where it belongs; return in words what the second place did not take.

    Nothing there is ever overwritten, and the second place's folder is not made: a share that is not mounted must not
    look like one. Raises EVD-112 or EVD-113 where another checkpoint has its name, HOST-102 for the data folder. Safe
    to repeat; for a timer, and the doctor.
    """
    with Leaves(data) as leaves:
        make_private_folder(data / FOLDER)
        eras = eras_of(leaves, verifier)
        _put_all(data / FOLDER, leaves, eras)
        if second is None or not (sizes := leaves.checkpoint_sizes()):
            return ()
        away = _why_away(second)
        if away:
            return (f"{len(sizes)} checkpoints wait: {away}",)
        try:
            _put_all(second, leaves, eras)
        except Fault as fault:
            if fault.code in (CHANGED.code, FOREIGN_CHECKPOINT.code, DAMAGED.code):
                raise
            return (f"Checkpoints wait: the second place {second} doesn't take them ({fault.detail or fault.code}).",)
    return ()


def is_due(data: Path, now: datetime) -> bool:
    """Return whether a day has passed since the last checkpoint and something was written behind it.

    Where the last one is from the future, a clock was ahead, and nobody knows how long ago it was: then too.
    """
    with Leaves(data) as leaves:
        last, size = leaves.last_checkpoint(), leaves.size()
        if last is None:
            return size > 0
        made = decode(leaves.leaf(last[0]))
        return size > last[0] and not timedelta() <= now - made.at < _DAILY


def uncovered_batch(data: Path) -> BatchId | None:
    """Return the last batch that was closed behind the newest checkpoint: the station died between the two."""
    with Leaves(data) as leaves:
        sizes, closed = leaves.checkpoint_sizes(), leaves.of_kind(BatchClosed.kind)
        if not closed or (sizes and closed[-1][0] <= sizes[-1]):
            return None
        event = decode(closed[-1][1]).event
        return event.batch if isinstance(event, BatchClosed) else None


def check_continues(verifier: VerifierKey, data: Path, second: Path | None) -> None:
    """Return once the journal continues the newest checkpoint of each place, by its stored tree: quick at any size.

    For every start; `station verify` reads all entries. Raises EVD-111, EVD-112, EVD-113, or JRN-103 where an entry is
    missing. Safe to repeat.
    """
    with Leaves(data) as leaves:
        size, tree = leaves.size(), leaves.tree()
        try:
            now = Checkpoint(verifier.name, size, tree.root(size))
        except ValueError as error:
            raise DAMAGED.fault(str(error), path=data, why="an entry is missing") from error
        for known in _newest(leaves, verifier, data, second):
            _require_continues(tree, known, now)


def guard_start(evidence: Path, origin: str, data: Path, second: Path | None) -> None:
    """Return once the journal continues what the station ever signed, as its key in ``evidence`` says.

    Where nothing shows that it has signed or could, there is nothing to look at. Raises EVD-103 where something does
    and the key's public half is away: without it a roll-back wouldn't show. Else as :func:`check_continues`.
    """
    if not (evidence / VERIFIER_FILE).exists():
        _require_nothing_signed(evidence, _trace(evidence, origin, data, second) or _trace_in_journal(data))
        return
    check_continues(read_verifier_key(evidence), data, second)


def look_at_places(evidence: Path, origin: str, data: Path, second: Path | None) -> str:
    """Return in words what the second place lacks of the checkpoints kept here, "" for nothing: by names alone.

    Opens no journal and writes nothing: for the doctor. Raises EVD-103 as :func:`guard_start`.
    """
    if not (evidence / VERIFIER_FILE).exists():
        _require_nothing_signed(evidence, _trace(evidence, origin, data, second))
    if second is None:
        return ""
    if away := _why_away(second):
        return f"{away[0].upper()}{away[1:]}"
    count = len(_paths(data / FOLDER, origin).keys() - _paths(second, origin).keys())
    return f"{count} checkpoints are not in the second place {second} yet." if count else ""


def newest_size(folder: Path, origin: str) -> int:
    """Return the size of the newest checkpoint of this log in a folder, by names alone; 0 where there is none."""
    return max(_paths(folder, origin), default=0)


def _require_nothing_signed(evidence: Path, trace: str | None) -> None:
    if trace is not None:
        reason = (
            f"{VERIFIER_FILE} is not there, but {trace} is. Nothing is written until it is back: put it there from "
            "where its line is kept, or from a backup"
        )
        raise KEY_DISAGREES.fault(folder=evidence, reason=reason)


def _trace(evidence: Path, origin: str, data: Path, second: Path | None) -> str | None:
    """Return in words which file shows that the station has a key or has signed."""
    if (evidence / KEY_FILE).exists():
        return f"its private half {KEY_FILE}"
    for folder in (data / FOLDER, second):
        if folder is not None and (paths := _paths(folder, origin)):
            return f"the checkpoint {paths[max(paths)]}"
    return None


def _trace_in_journal(data: Path) -> str | None:
    with Leaves(data) as leaves:
        made = leaves.of_kind(CheckpointMade.kind)
    return f"the checkpoint of the journal's entry {made[-1][0]}" if made else None


def _require_continues(tree: Tree, known: Known, new: Checkpoint) -> None:
    old = known.checkpoint
    if old.size > new.size:
        raise ROLLED_BACK.fault(size=new.size, where=known.where, known=old.size)
    try:
        path = tree.consistency(old.size, new.size)
        require_consistency(old.size, new.size, old.root, new.root, path)
    except ValueError as error:
        raise CHANGED.fault(str(error), where=known.where, known=old.size) from error


def _grown_root(leaves: Leaves, tree: Tree, verifier: VerifierKey, size: int) -> bytes:
    """Return the root of the first ``size`` entries by the entries themselves, from the last signed root on."""
    grown, last = Growing(), leaves.last_checkpoint()
    if last is not None:
        where = f"the journal's entry {last[0]}"
        signed = _read_last(last, eras_of(leaves, verifier)).checkpoint
        try:
            grown = Growing(signed.size, tree.peaks(signed.size))
        except ValueError as error:
            raise CHANGED.fault(str(error), where=where, known=signed.size) from error
        if grown.root() != signed.root:  # what a signed root is made of is as good as signed
            raise CHANGED.fault("peaks", where=where, known=signed.size)
    for seq, leaf in leaves.stream(size, after=grown.size):
        if seq != grown.size + 1:
            break
        grown.add(leaf_hash(leaf))
    if grown.size != size:
        raise DAMAGED.fault(f"no event {grown.size + 1}", path="journal", why="an entry is missing")
    return grown.root()


def _newest(leaves: Leaves, verifier: VerifierKey, data: Path, second: Path | None) -> Iterator[Known]:
    last, eras = leaves.last_checkpoint(), eras_of(leaves, verifier)
    if last is not None:
        yield _read_last(last, eras)
    for folder in (data / FOLDER, second):
        if folder is not None and (paths := _paths(folder, verifier.name)):
            found = _look_at(paths[max(paths)], max(paths), verifier)
            if isinstance(found, Known):  # deliver says what a share doesn't give
                yield found


def _read_last(last: tuple[int, str], eras: tuple[Era, ...]) -> Known:
    # A checkpoint's entry stands behind what it was signed for, and in a backup's last one that is still the backup.
    seq, note = last
    return _read(note, f"the journal's entry {seq}", signer_of(eras, seq))


def _look_at(path: Path, size: int, verifier: VerifierKey) -> Known | str:
    """Return the checkpoint in a file that is named for ``size``, or in words that a share didn't give it."""
    try:
        found = _read_file(path, verifier)
    except Fault as fault:
        if fault.code != FILE_UNREADABLE.code:
            raise
        return f"The checkpoint {path} can't be read."
    # The newest is chosen by name: an older one under a higher name would hide what came between.
    if found.checkpoint.size != size:
        raise FOREIGN_CHECKPOINT.fault(where=path, reason=f"the one in it is of {found.checkpoint.size} entries")
    return found


def _paths(folder: Path, origin: str) -> dict[int, Path]:
    """Return the checkpoints of this log in a folder, by size; none where it is away."""
    pattern = re.compile(re.escape(_stem(origin)) + r"-(0|[1-9]\d{0,17})\.txt")
    try:
        found = {path: pattern.fullmatch(path.name) for path in folder.iterdir()}
    except OSError:
        return {}  # what can't be seen is said by deliver
    return {int(match[1]): path for path, match in found.items() if match}


def _why_away(second: Path) -> str:
    """Return in words why the second place can't be looked into, "" where it can: a share fails in many ways."""
    try:
        next(second.iterdir(), None)
    except (FileNotFoundError, NotADirectoryError):
        return f"the second place {second} is not there."
    except OSError as error:
        return f"the second place {second} can't be looked into ({error.strerror})."
    return ""


def _read_file(path: Path, verifier: VerifierKey) -> Known:
    try:
        return _read(read_bytes(path, _LONGEST).decode("utf-8"), str(path), verifier)
    except UnicodeDecodeError as error:
        raise FOREIGN_CHECKPOINT.fault(where=path, reason="it is no text") from error


def _read(note: str, where: str, verifier: VerifierKey) -> Known:
    try:
        checkpoint = read_checkpoint(note, verifier)
    except ValueError as error:
        raise FOREIGN_CHECKPOINT.fault(where=where, reason=error) from error
    if checkpoint.origin != verifier.name:
        raise FOREIGN_CHECKPOINT.fault(where=where, reason=f"it is of the log {checkpoint.origin}")
    return Known(checkpoint, where)


def _put_all(folder: Path, leaves: Leaves, eras: tuple[Era, ...]) -> None:
    """Write what is missing. Of what is there, the newest alone is read: `station verify` reads them all."""
    sizes = leaves.checkpoint_sizes()
    for era in eras:
        there, own = _paths(folder, era.verifier.name), [size for size in sizes if era.has(size)]
        for size in own:
            if size in there and size != own[-1]:
                continue
            note = leaves.checkpoint(size)
            wanted = _read(note, "the journal", era.verifier).checkpoint
            if wanted.size != size:
                raise DAMAGED.fault(f"checkpoint {size}", path=folder.parent, why="a checkpoint is not in its place")
            if size not in there:
                _put(folder / _file_name(wanted), note.encode("utf-8"))
            # A witness may have added its signature; what was signed must be the same.
            elif _read_file(there[size], era.verifier).checkpoint != wanted:
                raise CHANGED.fault(where=there[size], known=size)


def _put(path: Path, data: bytes) -> None:
    try:
        create_file(path, data, private=False)
    except Fault:
        if path.name in _names(path.parent):  # two wrote it at the same moment, or it is something else
            raise
        # Not every share has hard links; only this station writes files of its name.
        replace_file(path, data, private=False)


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError as error:
        raise FILE_UNREADABLE.fault(str(error), path=folder) from error


def _file_name(checkpoint: Checkpoint) -> str:
    return f"{_stem(checkpoint.origin)}-{checkpoint.size}.txt"


def _stem(origin: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", origin)
