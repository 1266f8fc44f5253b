"""The doctor's look at the station's evidence: its key's public half, and what the second place has. Reads names."""

from pathlib import Path

from station.doctor.findings import Verdict, advice, ok
from station.evidence.checkpoints import look_at_places
from station.evidence.succession import origin_in_force


def judge_evidence(evidence: Path, origin: str, data: Path, second: Path | None) -> Verdict:
    """Return whether every kept checkpoint is away from this PC too; EVD-103 where the key's public half is lost."""
    waiting = look_at_places(evidence, origin_in_force(evidence, origin), data, second)
    if waiting:
        mend = "Bring the second place back, or correct `second_place`; the next checkpoint delivers all."
        return advice(waiting, mend)
    if second is None:
        return ok("No second place for checkpoints is named; keep copies away from this PC.")
    return ok("The second place has every checkpoint that is kept here.")
