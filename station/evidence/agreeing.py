"""What `station verify` shows of a whole journal beyond its signed entries: that its tables say the same as these.

Beside the verifier, not in it: this is the station's own code run again, and no stranger can check it by reading.
"""

from pathlib import Path

from station.domain.faults import Fault
from station.evidence.forms import Broken
from station.journal.agreement import find_disagreement
from station.journal.faults import ABSENT, DAMAGED, TOO_NEW


def agreement_findings(path: Path) -> list[str]:
    """Return in words that a data folder's (or a journal.db's) tables follow from its entries; [] of a bundle.

    Raises Broken with the first place where they don't; OSError where there is no journal, or a newer station's, whose
    tables this one doesn't know; JRN-101. For a million entries about a minute. Writes nothing there.
    """
    if not (path.is_dir() or path.suffix == ".db"):
        return []
    try:
        found = find_disagreement(path)
    except Fault as fault:
        if fault.code == DAMAGED.code:
            raise Broken(fault.sentence) from fault
        if fault.code == ABSENT.code:
            raise OSError(fault.sentence) from fault
        if fault.code == TOO_NEW.code:
            raise OSError(f"{fault.sentence} What is signed can be verified all the same: with --quick.") from fault
        raise
    if found is not None:
        raise Broken(f"the journal's tables don't say what its entries say: {found.sentence}")
    return ["tables: what screens and exports read follows from the entries, row by row"]
