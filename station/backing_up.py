"""Backups: one file with all that another PC needs to go on, by whom they may be made, and shown to hold before named.

Below every face, as exports are: none of them can forget the gate, the intent or the look at what was written.
"""

from dataclasses import dataclass
from pathlib import Path

from station.app import Station
from station.domain.events import Exported, ExportIntended
from station.domain.faults import Fault
from station.domain.ids import Sha256
from station.evidence.backup_archive import CHECKPOINT, JOURNAL, PEOPLE, Backup, Description, write_backup
from station.evidence.backup_contents import gather
from station.evidence.backup_journal import copy_journal, find_flaw, journal_size
from station.evidence.faults import COPY_UNTRUE
from station.evidence.station_key import VERIFIER_FILE
from station.host.faults import DISK_FULL, FILE_UNREADABLE, FILE_UNWRITABLE
from station.host.files import create_large_file, make_private_folder, read_bytes, sha256_of_file
from station.host.folders import working_folder
from station.journal.codec import iso
from station.people.rights import Actor, Right
from station.signed_record import SignedRecord
from station.software import software_version

_FORM = "backup"


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that was read back from the disk and holds. ``left_out`` says what is not in it."""

    path: Path
    sha256: Sha256
    size: int
    """Entries of its journal."""
    left_out: tuple[str, ...]
    elsewhere: tuple[str, ...]
    waiting: tuple[str, ...]


class BackupDesk:
    """Writes backups into one folder for one person, also while the line runs. For one thread.

    Asks the gate (BACKUP), journals the intent, makes a checkpoint, writes, reads back, names the file, journals its
    hash. A failure anywhere leaves no file of that name. Repeating it makes another one: the journal has grown.
    """

    def __init__(
        self, station: Station, actor: Actor, folder: Path, reason: str = "", *, record: SignedRecord | None = None
    ) -> None:
        """``record`` is what makes this station's checkpoints, where something does already."""
        self._station, self._actor, self._folder, self._reason = station, actor, folder, reason
        self._record = record or SignedRecord(station)

    def write(self) -> Written:
        """Return the backup. Raises PPL-111, BAK-104, BAK-105, HOST-101 to HOST-103, HOST-110, EVD-1xx, JRN-1xx."""
        self._station.gate.require(self._actor, Right.BACKUP)
        settings, journal, by = self._station.opened.settings, self._station.journal, self._actor.id
        make_private_folder(self._folder)
        intended = ExportIntended(what="the station", form=_FORM, units=(), operator=by, reason=self._reason)
        journal.commit(intended, by=by)
        kept = self._record.checkpoint_for("a backup", by=by)
        contents = gather(settings)
        members = contents.members
        members[CHECKPOINT] = kept.note.encode()
        members[VERIFIER_FILE] = f"{self._record.key.verifier.text()}\n".encode()
        # Before the journal: what people's file lacks then, the journal tells; never the other way round.
        members[PEOPLE] = read_bytes(self._station.people.path)
        with working_folder(self._folder, _FORM) as place:
            members[JOURNAL] = copy_journal(self._record.data, place)
            size = journal_size(place)
            described = Description(
                station=settings.value.station_id,
                origin=self._record.key.origin,
                made=iso(self._station.opened.clock.now()),
                software=software_version(),
                size=size,
                homes=contents.homes,
                rewrite=contents.rewrite,
                elsewhere=contents.elsewhere,
                left_out=tuple(contents.left_out),
            )
            path = self._folder / f"{settings.value.station_id}-{size}.backup.zip"
            create_large_file(
                path, lambda file: write_backup(file, members, described, self._record.key), self._require_whole
            )
        digest = sha256_of_file(path)
        exported = Exported(what="the station", form=_FORM, sha256=digest, operator=by, reason=self._reason)
        journal.commit(exported, by=by)
        return Written(path, digest, size, described.left_out, tuple(described.elsewhere.values()), tuple(kept.waiting))

    def _require_whole(self, path: Path) -> None:
        try:
            with Backup(path) as backup, working_folder(self._folder, _FORM) as place:
                with (place / JOURNAL).open("xb") as file:
                    backup.extract(JOURNAL, file)
                size, key = backup.described.size, backup.key.line
                flaw = find_flaw(place, backup.text(CHECKPOINT), key, size)
        except Fault as fault:
            if fault.code in (DISK_FULL.code, FILE_UNWRITABLE.code, FILE_UNREADABLE.code):
                raise
            raise COPY_UNTRUE.fault(fault.detail, reason=fault.sentence, folder=self._record.data) from fault
        if flaw:
            raise COPY_UNTRUE.fault(reason=flaw, folder=self._record.data)
