"""A copy of the journal for a backup, taken while it may be written to, and the look that shows a copy to be whole."""

from contextlib import closing
from pathlib import Path

import apsw

from station.domain.faults import Fault
from station.evidence.forms import Broken
from station.evidence.succession import eras_of, signer_of
from station.evidence.verifier import verify_journal
from station.journal.agreement import find_disagreement
from station.journal.database import FILE_NAME, database_fault, open_for_reading
from station.journal.leaves import Leaves
from station.journal.notes import VerifierKey, parse_checkpoint, read_checkpoint


def copy_journal(data: Path, into: Path) -> Path:
    """Return a copy of a data folder's journal in the folder ``into``: one moment of it, in one file of its own.

    By SQLite's own backup: whoever writes goes on meanwhile. Raises JRN-101, JRN-102, JRN-106.
    """
    path = into / FILE_NAME
    path.touch(mode=0o600)
    with closing(open_for_reading(data)) as source:
        try:
            with closing(apsw.Connection(str(path))) as copy:
                with copy.backup("main", source, "main") as work:
                    work.step(-1)  # all pages under one lock: no commit comes in between
                copy.pragma("journal_mode", "delete")
        except apsw.Error as error:
            raise database_fault(error, path) from error
    return path


def journal_size(folder: Path) -> int:
    """Return how many entries a copy has. Raises JRN-1xx."""
    with Leaves(folder) as leaves:
        return leaves.size()


def find_flaw(folder: Path, note: str, line: str, size: int) -> str:
    """Return in words what is wrong with the copy of a journal in ``folder``, "" where it is whole.

    That is: SQLite's own check, every table as its entries make it, ``size`` entries, the first of them those that
    ``note`` was signed for with the key of ``line``, and every checkpoint in it. Some minutes for a million entries.
    """
    try:
        found = find_disagreement(folder / FILE_NAME)
        if found is not None:
            return found.sentence
        verifier = VerifierKey.read(line)
        with Leaves(folder) as leaves:
            signed = read_checkpoint(note, signer_of(eras_of(leaves, verifier), parse_checkpoint(note).size))
            if leaves.size() != size:
                return f"it has {leaves.size()} entries, and {size} are told of"
            if signed.size > size or leaves.tree().root(signed.size) != signed.root:
                return f"it is not the one that the checkpoint of {signed.size} entries was signed for"
        verify_journal(folder / FILE_NAME, key=line, quick=True)
    except Fault as fault:
        return f"{fault.code} {fault.sentence}"
    except (Broken, ValueError) as error:
        return str(error)
    return ""
