"""How a unit was built: its recipe as the journal kept it, and what a step of an attempt left."""

from station.domain.events import StepFinished
from station.domain.ids import AttemptId, Sha256
from station.domain.line import Outcome, StepKind
from station.domain.ways import Way
from station.journal.codec import Entry
from station.journal.records import Records


def content_of(records: Records, recipe: Sha256) -> dict[str, object]:
    """Return a recipe's content by the name of its context; empty where the journal has none. Looks only."""
    content = (records.context(recipe) or {}).get("content")
    return content if isinstance(content, dict) else {}


def way_of(records: Records, recipe: Sha256) -> Way:
    """Return the way of a recipe by the name of its context; the first one where it names none. Looks only."""
    return Way(str(content_of(records, recipe).get("way", Way.CERTIFICATE)))


def step_passed(records: Records, attempt: AttemptId, step: StepKind) -> tuple[Entry, dict[str, object]] | None:
    """Return the last entry by which a step of the attempt passed, and its results; None where it never did.

    Looks only.
    """
    for entry in reversed(records.entries_of(attempt)):
        event = entry.event
        if isinstance(event, StepFinished) and event.step is step and event.outcome is Outcome.PASSED:
            return entry, event.results
    return None
