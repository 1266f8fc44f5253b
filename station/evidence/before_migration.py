"""The journal as it was, kept beside it before a newer station changes its format: shown to be whole, or no change."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from station.domain.faults import Fault
from station.evidence.backup_journal import copy_journal
from station.evidence.faults import NOT_KEPT
from station.host.files import make_private_folder, sha256_of_file, sync_folder
from station.host.folders import clear_working_folders, move_into_place, working_folder
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME
from station.journal.going_back import BEFORE
from station.software import software_version

_WORK: Final = "before"
"""How the hidden folder is named in which a copy is made: each is as large as the journal."""


def keep_before(data: Path) -> Path:
    """Return the folder in ``data`` that holds a copy of its journal, private to its owner, and shown to be whole.

    ``before-VERSION``, this station's version; with a number behind it where another copy is there already: none is
    ever overwritten. Whole is what :func:`station.journal.agreement.find_disagreement` finds no fault with. For the
    folder's owner. Raises BAK-108; then nothing is left. Safe to repeat: the same journal is kept once, and what a kill
    left of a copy goes before the next is made.
    """
    clear_working_folders(data, _WORK)
    try:
        with working_folder(data, _WORK) as place:
            made = place / "copy"
            make_private_folder(made)
            copy = copy_journal(data, made)
            found = find_disagreement(copy)
            if found is not None:
                raise NOT_KEPT.fault(reason=found.sentence)
            digest = sha256_of_file(copy)
            for folder in _names(data):
                if not folder.exists():
                    move_into_place(made, folder)
                    return folder
                if (folder / FILE_NAME).is_file() and sha256_of_file(folder / FILE_NAME) == digest:
                    sync_folder(data)  # whoever was killed behind its renaming did not
                    return folder
    except Fault as fault:
        if fault.code == NOT_KEPT.code:
            raise
        raise NOT_KEPT.fault(f"{fault.code} {fault.detail}", reason=fault.sentence.rstrip(".")) from fault
    raise AssertionError("there is always another number")


def _names(data: Path) -> Iterator[Path]:
    name = f"{BEFORE}{software_version()}"
    yield data / name
    yield from (data / f"{name}.{number}" for number in count(2))
