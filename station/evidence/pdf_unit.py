"""A unit's record on paper: who it is, what was done to it and by whom, what was proven, and how to check that."""

from collections.abc import Iterator

from station.domain.ids import EventSeq
from station.domain.line import Outcome
from station.domain.ways import CredentialKind
from station.evidence.certificate_text import certificate_facts, certificate_pem
from station.evidence.handed import TOKENS, find_handed, handed_facts, way_text
from station.evidence.pdf_paper import Column, Paper, PaperSize, grouped
from station.evidence.pdf_parts import moment_text, outcome_text, seconds_text, write_checkpoint, write_provenance
from station.evidence.proofs import read_proofs
from station.evidence.provenance import CoveringCheckpoint, Provenance
from station.evidence.unit_record import AttemptRecord, StepRecord, UnitRecord, cloud_words, number_text

_STEPS = (
    Column("#", 0.035, right=True),
    Column("Step", 0.155),
    Column("Began (UTC)", 0.115),
    Column("Seconds", 0.08, right=True),
    Column("Tries", 0.055, right=True),
    Column("Outcome", 0.115),
    Column("Observed", 0.365),
    Column("Entry", 0.08, right=True),
)
_MEASURED = (
    Column("Step", 0.25),
    Column("Measured", 0.25),
    Column("Value", 0.12, right=True),
    Column("Unit", 0.1),
    Column("Lowest", 0.1, right=True),
    Column("Highest", 0.1, right=True),
    Column("Judged", 0.08),
)
# Long, and said in words or printed elsewhere.
_ELSEWHERE = frozenset({"keygen", "csr", "access_key", "measurements"}) | TOKENS


def unit_pdf(
    record: UnitRecord, used: Provenance, checkpoint: CoveringCheckpoint | None, size: PaperSize = PaperSize.A4
) -> bytes:
    """Return the unit's record as PDF. Equal records give equal bytes; names of people are not in it, only IDs."""
    unit = record.unit
    newest, newest_at = record.newest
    paper = Paper(
        size,
        title=f"Unit record {unit.device_id}",
        head=used.station,
        foot=f"batch {unit.batch} \u00b7 as of journal entry {newest}, {moment_text(newest_at)} UTC",
        made=newest_at,
        subject=f"Record of unit {unit.device_id}, batch {unit.batch}",
    )
    last = record.attempts[-1] if record.attempts else None
    where = f"attempt {last.number or len(record.attempts)} of {unit.attempts}, slot {last.slot}" if last else ""
    when = f"{moment_text(last.closed)} UTC" if last and last.closed else "not ended"
    paper.box(outcome_text(unit.outcome).upper(), (unit.device_id, f"{where}, {when}"))
    _identity(paper, record)
    _faults(paper, last)
    _proofs(paper, record)
    _timeline(paper, record)
    _certificates(paper, record)
    for attempt in record.attempts:
        _attempt(paper, attempt, len(record.attempts))
    write_provenance(paper, used)
    write_checkpoint(paper, checkpoint, newest)
    return paper.finish()


def _identity(paper: Paper, record: UnitRecord) -> None:
    unit = record.unit
    named = next((one.identity for one in reversed(record.attempts) if one.identity is not None), None)
    paper.heading("Unit")
    facts = [("Device ID", unit.device_id), ("IMEI", unit.imei), ("Device UUID", unit.uuid or "not known")]
    if named is not None:
        facts[2] = (
            "Device UUID",
            f"{unit.uuid} (from {named.uuid_source})" if unit.uuid and named.uuid_source else facts[2][1],
        )
        facts += [("Model, hardware", ", ".join(filter(None, (named.model, named.hardware))))]
        facts += [("Modem firmware", named.modem_firmware)]
    facts += [
        ("Board serial number", unit.serial or "none scanned"),
        ("Batch", unit.batch),
        ("Attempts", str(unit.attempts)),
        ("Cloud", cloud_words(unit.cloud)),
    ]
    if record.attempts:
        facts.append(("Credentials", way_text(record.attempts[-1].way)))
    if unit.rework:
        facts.append(("Rework", "declared: one more attempt is allowed"))
    paper.facts(facts)


def _faults(paper: Paper, last: AttemptRecord | None) -> None:
    if last is None or last.fault is None:
        return
    paper.heading("Why it did not pass")
    paper.facts(_fault_facts(last))


def _fault_facts(attempt: AttemptRecord) -> list[tuple[str, str]]:
    fault = attempt.fault
    if fault is None:
        return []
    detail = [("For the engineer", fault.detail)] if fault.detail else []
    return [("Fault", f"{fault.code}: {fault.sentence}"), *detail]


def _proofs(paper: Paper, record: UnitRecord) -> None:
    paper.heading("What exactly was proven")
    proofs = read_proofs(record.attempts)
    passed = record.unit.outcome is Outcome.PASSED
    if not passed:
        paper.paragraph("The unit has not passed; this is what its last attempt showed before it ended.")
    paper.points([grouped(one) for one in proofs] or ["nothing"])


def _certificates(paper: Paper, record: UnitRecord) -> None:
    others = [one for one in find_handed(record) if one.kind is not CredentialKind.CERTIFICATE]
    for one in reversed(others):
        paper.heading("What the cloud is handed" if one is others[-1] else "What it was handed before", keep=50.0)
        paper.facts(handed_facts(one))
    if others and not record.certificates:
        return
    active = record.active
    paper.heading("Certificate")
    if active is None:
        paper.paragraph("The unit has no active certificate.")
    else:
        paper.facts(certificate_facts(active))
        paper.code(certificate_pem(active))
    for other in record.certificates:
        if other is not active:
            paper.heading(f"Another certificate, {other.state}", small=True, keep=70.0)
            paper.facts(certificate_facts(other))


def _attempt(paper: Paper, attempt: AttemptRecord, count: int) -> None:
    paper.heading(f"Attempt {attempt.number or '?'} of {count}: {outcome_text(attempt.outcome)}", keep=44.0)
    facts = [
        ("Opened, closed (UTC)", f"{moment_text(attempt.opened, fine=True)} to {_closed(attempt)}"),
        ("Batch, slot, entry", f"{attempt.batch}, slot {attempt.slot}, entry {attempt.id}"),
        ("Signed in", attempt.by or "nobody recorded"),
        *_fault_facts(attempt),
    ]
    if attempt.adopts is not None:
        facts.append(("Carries on", f"the work of attempt {attempt.adopts}, which was interrupted"))
    paper.facts([*facts, *_context(attempt)])
    if attempt.steps:
        paper.table(_STEPS, [_step(step) for step in attempt.steps])
    measured = [(step, one) for step in attempt.steps for one in step.measurements]
    if measured:
        paper.heading("Measured", small=True)
        rows = [
            (
                step.name,
                one.name,
                number_text(one.value),
                one.unit,
                _limit(one.low),
                _limit(one.high),
                _judged(one.inside),
            )
            for step, one in measured
        ]
        paper.table(_MEASURED, rows)


def _closed(attempt: AttemptRecord) -> str:
    if attempt.closed is None:
        return "not ended"
    return f"{moment_text(attempt.closed, fine=True)}, {seconds_text(attempt.seconds)}"


def _context(attempt: AttemptRecord) -> Iterator[tuple[str, str]]:
    """Return what stood at the slot. Batch, slot and operator stand above it already."""
    said = {"batch": attempt.batch, "slot": attempt.slot, "operator": attempt.by}
    shown = {key: one for key, one in attempt.context.items() if key not in said or str(said[key]) != str(one)}
    named = {key: one for key, one in shown.items() if isinstance(one, str) and grouped(one) != one}
    if rest := "; ".join(_told({key: one for key, one in shown.items() if key not in named})):
        yield "Equipment", rest
    for key, one in named.items():
        yield key.replace("_", " ").capitalize(), grouped(str(one))


def _limit(value: float | None) -> str:
    return number_text(value) or "none"


def _judged(inside: bool) -> str:
    return "inside" if inside else "OUTSIDE"


def _step(step: StepRecord) -> tuple[str, ...]:
    shown = {key: value for key, value in step.results.items() if key not in _ELSEWHERE and value != step.name}
    observed = grouped("; ".join(_told(shown)))
    if step.fault is not None:
        observed = f"{step.fault.code}: {step.fault.sentence}" + (f"; {observed}" if observed else "")
    return (
        str(step.index + 1),
        step.name,
        moment_text(step.began, fine=True).partition(" ")[2],
        "" if step.milliseconds is None else f"{step.milliseconds / 1000:.3f}",
        str(step.tries),
        outcome_text(step.outcome),
        observed,
        str(step.seq),
    )


def _told(values: dict[str, object]) -> Iterator[str]:
    for key, value in values.items():
        match value:
            case None | "" | [] | {}:
                continue
            case bool():
                yield f"{key.replace('_', ' ')}: {'yes' if value else 'no'}"
            case dict():
                yield from _told({f"{key} {inner}": one for inner, one in value.items()})
            case list():
                yield f"{key.replace('_', ' ')}: {', '.join(map(str, value))}"
            case _:
                yield f"{key.replace('_', ' ')}: {value}"


def _timeline(paper: Paper, record: UnitRecord) -> None:
    """Write everything in the order in which it happened; steps are with their attempt."""
    told = [(one.seq, one.at, one.by, one.text) for one in record.happenings]
    for number, attempt in enumerate(record.attempts, start=1):
        name = f"attempt {attempt.number or number}"
        told.append((EventSeq(attempt.id), attempt.opened, attempt.by, f"{name} begins in slot {attempt.slot}"))
        if attempt.closed is not None:
            why = f" ({attempt.fault.code})" if attempt.fault else ""
            text = f"{name} ends: {outcome_text(attempt.outcome)}{why}"
            told.append((attempt.newest, attempt.closed, attempt.by, text))
    columns = (Column("When (UTC)", 0.2), Column("Who", 0.12), Column("What", 0.59), Column("Entry", 0.09, right=True))
    paper.heading("Timeline", keep=30.0)
    paper.table(
        columns, [(moment_text(at, fine=True), by, grouped(what), str(seq)) for seq, at, by, what in sorted(told)]
    )
