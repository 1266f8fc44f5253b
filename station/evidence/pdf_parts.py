"""What a unit's and a batch's papers share: words for outcomes and times, what was used, and the checkpoint."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from station.domain.line import Outcome
from station.evidence.pdf_paper import Column, Face, Paper, grouped
from station.evidence.provenance import CoveringCheckpoint, Provenance

# Sign and word, so that neither colour nor a small print is needed to tell them apart.
_SIGNS: Final = {
    Outcome.PASSED: "\u2713",
    Outcome.FAILED: "\u2717",
    Outcome.ERROR: "!",
    Outcome.ABORTED: "\u2013",
    Outcome.QUARANTINED: "\u25a0",
}

_OF_THE_SOFTWARE: Final = {"commit": "Commit", "lock_sha256": "SHA-256 of its lock file"}
_OF_THE_COMPUTER: Final = ("host", "system", "release", "machine")


def outcome_text(outcome: Outcome | None) -> str:
    """Return an outcome with its sign; an attempt or step without one has not ended, or nobody knows how."""
    return "\u2026 no end recorded" if outcome is None else f"{_SIGNS[outcome]} {outcome.value}"


def moment_text(moment: datetime | None, *, fine: bool = False) -> str:
    """Return a time in UTC, to the second or (``fine``) the millisecond; "" for none."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(" ", "milliseconds" if fine else "seconds").removesuffix("+00:00")


def seconds_text(seconds: float | None) -> str:
    """Return a duration for people; "" for none."""
    return "" if seconds is None else f"{seconds:.2f} s"


def share_text(good: int, total: int) -> str:
    """Return a share of counted things; shows the counts, which say more."""
    return f"{good} of {total}" if not total else f"{good / total:.1%} ({good} of {total})"


def write_provenance(paper: Paper, used: Provenance) -> None:
    """Write which files, images and software it was made with, by hash."""
    paper.heading("Made with")
    columns = (Column("What", 0.2), Column("File", 0.19), Column("SHA-256", 0.61, Face.MONO))
    rows = [(f"{one.about}: file, pinned files", one.file, grouped(one.sha256)) for one in used.sheets]
    rows += [(f"{one.about}: as journaled", "", grouped(one.name)) for one in used.sheets]
    rows += [(one.used, one.file, grouped(one.sha256)) for one in used.pinned]
    if rows:
        paper.table(columns, rows)
    for one in used.software:
        paper.facts(list(_software(one.station, one.line, one.facts)))
    if not used.software:
        paper.paragraph("The journal holds no description of the software.")


def _software(station: str, line: str, facts: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    yield "Station, line", ", ".join(filter(None, (station, line))) or "not recorded"
    known = dict(facts)
    made = f"{known.pop('name', 'software')} {known.pop('version', '')}".strip()
    made += ", from a package with its own Python" if known.pop("frozen", "False") == "True" else ""
    yield "Software", made
    for key, what in _OF_THE_SOFTWARE.items():
        if told := known.pop(key, ""):
            yield what, grouped(told)
    computer = [known.pop(key) for key in _OF_THE_COMPUTER if key in known]
    if computer:
        yield "Computer", ", ".join(computer)
    if known:
        yield "With", ", ".join(f"{key} {value}" for key, value in known.items())


def write_checkpoint(paper: Paper, checkpoint: CoveringCheckpoint | None, newest: int) -> None:
    """Write the signed checkpoint that includes the record's newest entry, as text and QR code."""
    paper.heading("Checkpoint", keep=30.0 if checkpoint is None else 88.0)
    if checkpoint is None:
        paper.paragraph(
            f"No checkpoint has been signed since the newest entry of this record (entry {newest}). "
            "Until there is one, this paper can't be checked against the journal. Make one: station checkpoint"
        )
        return
    paper.paragraph(
        f"The station signed its journal at {checkpoint.size} entries; this record rests on entries up to {newest}. "
        "Keep this paper away from the station: a journal changed or cut off later can't be made to agree with it."
    )
    paper.code(checkpoint.note)
    paper.qr(
        checkpoint.note,
        "The QR code holds the checkpoint above, letter by letter (C2SP signed note). To check the journal or an "
        "exported bundle against it, put the text into a file and run: station verify BUNDLE --checkpoint FILE",
    )
