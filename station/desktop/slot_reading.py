"""One attempt's steps, read from the journal."""

from station.desktop.slot_steps import AttemptSteps, StepRow
from station.domain.events import AttemptClosed, AttemptOpened, StepFinished, StepIntended
from station.domain.ids import AttemptId, Sha256
from station.domain.line import StepKind
from station.journal.records import Records
from station.line.steps import STEPS
from station.opened import Opened


def read_attempt(opened: Opened, attempt: AttemptId) -> AttemptSteps:
    """Return the attempt as it is now. Reads the journal: for a thread that nobody waits for."""
    with opened.records() as records:
        rows: dict[int, StepRow] = {}
        closed = False
        for entry in records.entries_of(attempt):
            match entry.event:
                case AttemptOpened(recipe=recipe):
                    rows = {index: StepRow(index, name) for index, name in enumerate(_planned(records, recipe))}
                case StepIntended(index=index, name=name):
                    rows[index] = StepRow(index, name, begun=entry.at)
                case StepFinished() as ended:
                    rows[ended.index] = _ended(rows.get(ended.index), ended)
                case AttemptClosed():
                    closed = True
                case _:
                    pass
    return AttemptSteps(attempt, tuple(rows[index] for index in sorted(rows)), closed)


def _ended(row: StepRow | None, ended: StepFinished) -> StepRow:
    return StepRow(
        ended.index,
        row.name if row else STEPS[ended.step].title,
        begun=row.begun if row else None,
        outcome=ended.outcome,
        milliseconds=ended.milliseconds,
        tries=ended.tries,
        code=ended.fault.code if ended.fault else "",
        sentence=ended.fault.sentence if ended.fault else "",
        observed=tuple((name, _shown(value)) for name, value in ended.results.items()),
    )


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _planned(records: Records, recipe: Sha256) -> list[str]:
    """Return the names of the steps that the recipe has; nothing where the journal's copy does not read like that."""
    content = (records.context(recipe) or {}).get("content")
    steps = content.get("steps") if isinstance(content, dict) else None
    if not isinstance(steps, list):
        return []
    return [_name(step) for step in steps if isinstance(step, dict)]


def _name(step: dict[str, object]) -> str:
    known = {kind.value for kind in StepKind}
    do = str(step.get("do", ""))
    return str(step["name"]) if step.get("name") else STEPS[StepKind(do)].title if do in known else do
