"""A backup goes on, on another PC perhaps: declared by an engineer and a second person, as a log of its own.

Everything is verified before anything is there; what is made comes to be whole, at once, or not at all.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.app import Station
from station.domain.events import Restored
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.evidence.backup_archive import CHECKPOINT, FILES, JOURNAL, PEOPLE, Backup
from station.evidence.backup_journal import find_flaw
from station.evidence.checkpoints import FOLDER as CHECKPOINTS
from station.evidence.checkpoints import newest_size
from station.evidence.eras import LOST
from station.evidence.faults import BACKUP_DAMAGED, BACKUP_FOREIGN, NO_ROOM, SETTINGS_UNFIT
from station.evidence.forms import Broken, choose_key, read_file, read_given
from station.evidence.station_key import create_station_key
from station.evidence.succession import successor_of
from station.evidence.verifier import verify_journal
from station.host.faults import FILE_UNREADABLE
from station.host.files import create_file, make_private_folder, sha256_of_file
from station.host.folders import move_into_place, working_folder
from station.journal.notes import VerifierKey, parse_checkpoint
from station.line.takeover import doubt_uploads, give_up_serials
from station.opened import Opened, open_station
from station.own_key import own_key_passphrase
from station.people.rights import Actor, Right
from station.people.roll import skip_numbers
from station.settings.reading import load_station
from station.signed_record import SignedRecord

NUMBERS_LEFT_OUT: Final = 100
"""People's numbers that nobody gets: the PC before may have given them since the backup."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be restored, where to, why; ``key`` and ``kept`` (checkpoints) are what somebody kept elsewhere."""

    path: Path
    into: Path
    reason: str
    key: str = ""
    kept: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Faces:
    """How people are asked: who restores, who agrees, and for a passphrase of the new key that is kept nowhere yet."""

    sign_in: Callable[[Station], Actor]
    agree: Callable[[Station, Actor], Actor | None]
    passphrase: Callable[[Fault], Secret]


@dataclass(frozen=True, slots=True)
class Done:
    """A station that was restored. ``told`` are sentences for whoever goes on with it."""

    station_file: Path
    key: VerifierKey
    event: Restored
    told: tuple[str, ...]


def restore_backup(chosen: Chosen, faces: Faces, opening: Callable[[Path], Opened] = open_station) -> Done:
    """Make the station anew in a folder that is not there or empty.

    Raises BAK-101 to BAK-103, BAK-106, BAK-107, PPL-1xx, HOST-1xx, and then nothing is there. Not while the PC before
    works on: nobody can know that here.
    """
    into = Path(chosen.into).absolute()
    require_room(into)
    with Backup(chosen.path) as backup:
        make_private_folder(into.parent)
        with working_folder(into.parent, into.name) as made:
            folder = made / "station"
            folder.mkdir(mode=0o700)
            _lay(backup, folder)
            _require_sound(backup, chosen, folder)
            done = _declare(backup, chosen, faces, opening(folder / backup.described.homes["station"]))
            require_room(into)
            move_into_place(folder, into)
    station_file = into / backup.described.homes["station"]
    return Done(station_file, done.key, done.event, done.told)


def require_room(into: Path) -> None:
    """Return where ``into`` is not there, or an empty folder; raises BAK-106. Looks only."""
    if into.is_symlink() or (into.exists() and (not into.is_dir() or any(into.iterdir()))):
        raise NO_ROOM.fault(folder=into)


def _lay(backup: Backup, folder: Path) -> None:
    """Put every member in its place."""
    homes = backup.described.homes
    data = folder / homes["data"]
    for name in backup.names:
        first, _, rest = name.partition("/")
        place = {
            "files": folder / rest,
            "ca": folder / homes["ca"] / rest,
            CHECKPOINTS: data / CHECKPOINTS / rest,
            "elsewhere": folder / name,
        }.get(first)
        if name in (JOURNAL, PEOPLE):
            place = data / name
        if place is None:
            continue  # the old key's public half and the last checkpoint are in the journal's own entries
        make_private_folder(place.parent)
        if place.exists():
            raise BACKUP_DAMAGED.fault(path=backup.path, reason=f"{name} has the place of another file")
        if name == JOURNAL:
            place.touch(mode=0o600, exist_ok=False)
            with place.open("r+b") as file:
                backup.extract(name, file)
        elif name == PEOPLE:
            create_file(place, skip_numbers(backup.read(name), backup.path, NUMBERS_LEFT_OUT))
        elif name == f"{FILES}{homes['station']}":
            create_file(place, _rewritten(backup))
        else:
            create_file(place, backup.read(name))


def _rewritten(backup: Backup) -> bytes:
    """Return the station file; keys that were absolute paths get relative ones. Raises BAK-107."""
    name, wanted = f"{FILES}{backup.described.homes['station']}", dict(backup.described.rewrite)
    if not wanted:
        return backup.read(name)
    table, lines = "", list[str]()
    for line in backup.text(name).splitlines(keepends=True):
        header = re.match(r"\s*\[\s*([A-Za-z0-9_.-]+)\s*\]", line)
        table = f"{header[1]}." if header else table
        found = re.match(r"\s*([A-Za-z0-9_-]+)\s*=", line)
        place = wanted.pop(f"{table}{found[1]}", None) if found else None
        lines.append(line if place is None or found is None else f'{found[1]} = "{place}"\n')
    if wanted:
        raise SETTINGS_UNFIT.fault(reason=f"{', '.join(wanted)} stands in no line of its own")
    return "".join(lines).encode()


def _require_sound(backup: Backup, chosen: Chosen, folder: Path) -> None:
    """Return once the journal holds as a whole, with its certificates, and is what was kept elsewhere."""
    described, note = backup.described, backup.text(CHECKPOINT)
    data = folder / described.homes["data"]
    flaw = find_flaw(data, note, backup.key.line, described.size)
    if flaw:
        raise BACKUP_DAMAGED.fault(path=backup.path, reason=flaw)
    try:
        choose_key(backup.key.line, chosen.key)
        kept = [read_given(one).rstrip("\n") + "\n" for one in chosen.kept]
    except OSError as error:
        raise FILE_UNREADABLE.fault(str(error), path=error.filename or "the key or checkpoint you gave") from error
    except Broken as error:
        raise BACKUP_FOREIGN.fault(path=backup.path, reason=error) from error
    try:
        certificates = (path for path in sorted((folder / described.homes["ca"]).rglob("*.pem")) if path.is_file())
        chain = "".join(f"{read_file(path)}\n" for path in certificates)
        verdict = verify_journal(data / JOURNAL, key=backup.key.line, kept=kept, chain="" if _beside(backup) else chain)
    except Broken as error:
        spec = BACKUP_FOREIGN if kept else BACKUP_DAMAGED
        raise spec.fault(path=backup.path, reason=error) from error
    lost = [gap for gap in verdict.gaps if LOST in gap]
    if lost:
        raise BACKUP_FOREIGN.fault(path=backup.path, reason="".join(lost).removeprefix(", but "))
    station = folder / described.homes["station"]
    try:
        value = load_station(station).value
    except Fault as fault:
        raise SETTINGS_UNFIT.fault(fault.detail, reason=fault.sentence) from fault
    meant = {"data": value.data, "ca": value.ca_folder, "evidence": value.evidence_folder}
    for name, place in meant.items():
        if place != folder / described.homes[name]:
            raise SETTINGS_UNFIT.fault(reason=f"{name} would be in {place}")


def _beside(backup: Backup) -> bool:
    homes = backup.described.homes
    return homes["ca"] == f"{homes['data']}/ca"


def _declare(backup: Backup, chosen: Chosen, faces: Faces, opened: Opened) -> Done:
    """Have the journal say that it goes on here, and sign that with the key of its new log."""
    value, described = opened.value, backup.described
    try:
        passphrase = own_key_passphrase(opened)
    except Fault as fault:
        passphrase = faces.passphrase(fault)
    origin, note = successor_of(backup.key.name), backup.text(CHECKPOINT)
    with Station(opened, "restoring a backup", restoring=True) as line:
        actor = faces.sign_in(line)
        second = faces.agree(line, actor)
        line.gate.require(actor, Right.RESTORE, chosen.reason, second)
        key = create_station_key(value.evidence_folder, origin, passphrase)
        batches = [row for name in line.records.batch_names() if (row := line.records.batch(name)) and not row.closed]
        event = Restored(
            backup=sha256_of_file(backup.path),
            made=described.made,
            size=described.size,
            before=backup.key.name,
            key_before=backup.key.line,
            checkpoint=note,
            origin=origin,
            key=key.text(),
            operator=actor.id,
            second=second.id if second is not None else "",
            reason=chosen.reason.strip(),
            batches=tuple(row.id for row in batches),
        )
        doubts, bodies, doubted = doubt_uploads(line.records)
        line.journal.commit(event, *give_up_serials(line.records), *doubts, bodies=bodies, by=actor.id)
        size = parse_checkpoint(note).size
        kept = SignedRecord(line, passphrase).checkpoint_for(
            f"restored: goes on from {size} entries of {event.before}", by=actor.id
        )
        told = [
            *(_tell_batch(line, row.id, row.quantity) for row in batches),
            *_tell_uploads(doubted),
            *_tell_lost(opened, event),
            *_tell_files(backup, chosen.into),
            *kept.waiting,
        ]
    return Done(opened.settings.path, key, event, tuple(told))


def _tell_batch(line: Station, batch: BatchId, quantity: int) -> str:
    ended = sum(line.records.tally(batch).outcomes.values())
    return (
        f"Batch {batch} is open: {ended} of {quantity} boards had ended when the backup was made. Boards that were "
        "built for it afterwards are not in this record: put them aside, and count before you go on with it."
    )


def _tell_uploads(doubted: int) -> Sequence[str]:
    return [f"{doubted} units were on their way to the cloud: it is asked about each before anything is sent."] * bool(
        doubted
    )


def _tell_lost(opened: Opened, event: Restored) -> Sequence[str]:
    second = opened.value.evidence.second_place
    newest = newest_size(second, event.before) if second is not None else 0
    if newest <= event.size:
        return []
    return [
        f"The second place {second} has a checkpoint of {newest} entries of {event.before}: entries {event.size + 1} "
        f"to {newest} were written after the backup and are lost. Keep that checkpoint; QA will ask."
    ]


def _tell_files(backup: Backup, into: Path) -> Sequence[str]:
    described = backup.described
    told = [f"{into / name} belongs to {place}: put it there." for name, place in described.elsewhere.items()]
    if described.rewrite:
        keys = ", ".join(described.rewrite)
        told.append(f"The station file's {keys} are relative paths now: look at it, then: station release --reason …")
    return [*told, *(f"Not in the backup: {text}." for text in described.left_out)]
