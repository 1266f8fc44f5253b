"""Going back to the station before: as long as nothing was written since its journal's format was changed.

A newer station keeps the journal as it was in ``before-VERSION/`` of the data folder, and migrates. Until its first
entry both say the same, so this older one loses nothing by putting the copy in the journal's place.
"""

import shutil
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO, Final

import apsw

from station.domain.faults import Fault
from station.host.files import clear_unfinished, replace_large_file, sync_folder
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME, connect, connect_traceless, database_fault, format_of
from station.journal.schema import APPLICATION_ID, MIGRATIONS

BEFORE: Final = "before-"
"""How the folders of such copies are named, with the version behind it that was about to migrate."""


def step_back(folder: Path, *, vfs: str | None = None) -> bool:
    """Put the journal of ``folder`` back as it was before it was migrated; False where that would lose anything.

    Then not a byte was changed. For the folder's owner; a power cut leaves the one or the other, whole. Safe to repeat.
    The copy is read whole: some minutes for a million entries. Raises HOST-102, HOST-103, JRN-101 to JRN-103.
    ``vfs`` as in :func:`station.journal.database.open_for_writing`.
    """
    path = folder / FILE_NAME
    copy = next((one for one in sorted(folder.glob(f"{BEFORE}*/{FILE_NAME}")) if _says_all(one, path)), None)
    if copy is None:
        return False
    try:
        with closing(connect(path, vfs)) as newer:
            # The log goes into the file and away: it must never meet the other one.
            if newer.pragma("journal_mode", "delete") != "delete":
                return False
    except apsw.BusyError:  # somebody reads it: the same
        return False
    except apsw.Error as error:
        raise database_fault(error, path) from error

    clear_unfinished(path)  # by kills in here, each as large as the journal

    def write(into: BinaryIO) -> None:
        with copy.open("rb") as file:
            shutil.copyfileobj(file, into)

    sync_folder(folder)  # else a power cut could keep the older file and bring back the newer one's log
    replace_large_file(path, write)
    return True


def _says_all(copy: Path, newer: Path) -> bool:
    """Return whether ``copy`` is whole, of a format that is known here, and has the very entries of ``newer``.

    Whole anew: since it was kept its disk may have spoilt it, or somebody else have put it there.
    """
    question = "SELECT seq, leaf FROM event ORDER BY seq"
    try:
        with closing(connect_traceless(copy)) as one, closing(connect_traceless(newer)) as other:
            if one.pragma("application_id") != APPLICATION_ID or not 0 < format_of(one) <= len(MIGRATIONS):
                return False
            if any(here != there for here, there in zip_longest(one.execute(question), other.execute(question))):
                return False
        return find_disagreement(copy) is None
    except (apsw.Error, Fault):
        return False  # a newer format may tell its entries otherwise, and then nobody here can say
