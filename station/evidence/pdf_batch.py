"""A batch's report on paper: the order reconciled, yields, faults, times, people, every unit, and room to sign."""

from collections.abc import Iterator

from station.domain.line import CloudState, Outcome
from station.domain.ways import Way
from station.evidence.batch_record import RTY_MEANS, BatchRecord, BoardRecord, Times, cloud_counts
from station.evidence.pdf_paper import Column, Face, Paper, PaperSize
from station.evidence.pdf_parts import (
    moment_text,
    outcome_text,
    seconds_text,
    share_text,
    write_checkpoint,
    write_provenance,
)
from station.settings.way_rules import RULES

_TIMES = (
    Column("of", 0.09, right=True),
    Column("shortest", 0.11, right=True),
    Column("median", 0.11, right=True),
    Column("95 %", 0.11, right=True),
    Column("longest", 0.11, right=True),
)
_UNITS = (
    Column("No.", 0.045, right=True),
    Column("Device ID", 0.317, Face.MONO),
    Column("IMEI, board serial number", 0.14, Face.MONO),
    Column("Slot", 0.045, right=True),
    Column("Tries", 0.055, right=True),
    Column("Seconds", 0.078, right=True),
    Column("Outcome, cloud", 0.165),
    Column("Fault of the last attempt", 0.155),
)


def batch_pdf(record: BatchRecord, size: PaperSize = PaperSize.A4) -> bytes:
    """Return the batch's report as PDF. Equal records give equal bytes; names of people are not in it, only IDs."""
    row = record.row
    paper = Paper(
        size,
        title=f"Batch report {row.id}",
        head=record.provenance.station,
        foot=f"batch {row.id} \u00b7 as of journal entry {record.newest}, {moment_text(record.newest_at)} UTC",
        made=record.newest_at,
        subject=f"Report of batch {row.id}, product {row.product}",
    )
    passed = record.quantity.count(Outcome.PASSED)
    state = "CLOSED" if record.closed else "NOT CLOSED"
    paper.box(state, (f"Product {row.product}, {row.quantity} ordered", f"{passed} passed, {_reconciled(record)}"))
    _order(paper, record)
    _quantity(paper, record)
    _yields(paper, record)
    _faults(paper, record)
    _times(paper, record)
    _people(paper, record)
    write_provenance(paper, record.provenance)
    _units(paper, record)
    write_checkpoint(paper, record.checkpoint, record.newest)
    paper.heading("Signatures", keep=60.0)
    paper.signatures(("Line lead", "Quality assurance"))
    return paper.finish()


def _reconciled(record: BatchRecord) -> str:
    over = record.quantity.difference
    return f"quantity NOT reconciled ({over} more than ordered)" if over else "quantity reconciled"


def _order(paper: Paper, record: BatchRecord) -> None:
    row, closed = record.row, record.closed
    facts = [
        ("Product", row.product),
        ("Quantity ordered", str(row.quantity)),
        (
            "Armed",
            f"{moment_text(record.opened)} UTC" + (f", {len(record.armed)} times" if len(record.armed) > 1 else ""),
        ),
        ("Closed", f"{moment_text(record.closed_at)} UTC: {closed.reason}" if closed else "not closed"),
        ("Attempts made", str(record.attempts_made)),
        ("Cloud", ", ".join(f"{count} {name}" for name, count in cloud_counts(record)) or "nothing for the cloud"),
    ]
    quantities = list(dict.fromkeys(one.quantity for one in record.armed))
    if len(quantities) > 1:
        facts.insert(2, ("Ordered earlier", ", then ".join(map(str, quantities[:-1]))))
    labels = next((one.serials for one in reversed(record.armed) if one.serials), "")
    if labels:
        facts.append(("Labels", labels))
    if secure := list(dict.fromkeys(one.security for one in record.armed if one.security)):
        ways = dict.fromkeys(Way(one.way) for one in record.armed)
        facts.append(("Credentials", ", ".join(f"{RULES[way].title} ({way})" for way in ways)))
        facts.append(("How secure", " ".join(secure)))
    warnings = list(dict.fromkeys(text for one in record.armed for text in one.warnings))
    if warnings:
        facts.append(("Said when armed", " ".join(warnings)))
    paper.heading("Work order")
    paper.facts(facts)


def _quantity(paper: Paper, record: BatchRecord) -> None:
    counted = record.quantity
    paper.heading("Quantity reconciliation", keep=60.0)
    columns = (
        Column("", 0.4),
        Column("Boards", 0.15, right=True),
        Column("of these, said who they are", 0.225, right=True),
        Column("never said who they are", 0.225, right=True),
    )
    rows = [
        (
            outcome_text(outcome),
            str(counted.count(outcome)),
            str(counted.named.get(outcome, 0)),
            str(counted.nameless.get(outcome, 0)),
        )
        for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.QUARANTINED, Outcome.ABORTED)
    ]
    if counted.in_work:
        rows.append(("in work, no end recorded", str(counted.in_work), "", ""))
    rows.append(("not started", str(counted.not_started), "", ""))
    rows.append(("Sum", str(counted.started + counted.not_started), "", ""))
    rows.append(("In (ordered)", str(counted.ordered), "", ""))
    rows.append(("Difference", str(counted.difference), "", ""))
    paper.table(columns, rows, bold_last=True)
    if counted.difference:
        nameless = sum(counted.nameless.values())
        why = (
            f" Boards that never said who they are: {nameless}; one of them may have come again as another unit, "
            "and is counted twice then."
            if nameless
            else ""
        )
        paper.paragraph(
            f"NOT RECONCILED: {counted.difference} more than ordered.{why} Count the boards.", face=Face.BOLD
        )


def _yields(paper: Paper, record: BatchRecord) -> None:
    paper.heading("Yield", keep=40.0)
    columns = (Column("Yield", 0.3), Column("", 0.2, right=True), Column("What it means", 0.5))
    rows = [(one.name, share_text(one.good, one.total), _after(one.means)) for one in record.yields]
    rolled = "" if record.rolled is None else f"{record.rolled:.1%}"
    rows.append(("Rolled throughput yield (RTY)", rolled, _after(RTY_MEANS)))
    paper.table(columns, rows)


def _after(means: str) -> str:
    return means.partition(": ")[2]


def _faults(paper: Paper, record: BatchRecord) -> None:
    paper.heading("Faults, most frequent first")
    if not record.faults:
        paper.paragraph("No attempt ended with a fault.")
        return
    columns = (
        Column("Code", 0.11),
        Column("Said most often", 0.53),
        Column("Attempts", 0.1, right=True),
        Column("Share", 0.12, right=True),
        Column("Cumulative", 0.14, right=True),
    )
    paper.table(
        columns,
        [
            (one.code, one.sentence, str(one.count), f"{one.share:.1%}", f"{one.cumulative:.1%}")
            for one in record.faults
        ],
    )


def _times(paper: Paper, record: BatchRecord) -> None:
    paper.heading("Times", keep=40.0)
    paper.paragraph("Seconds, of attempts and steps that passed; 95 % by the nearest rank.")
    head = Column("", 0.47)
    rows = [("Whole attempt", *_figures(record.cycle))]
    rows += [
        (f"Slot {slot} ({made} attempt{'' if made == 1 else 's'})", *_figures(times))
        for slot, made, times in record.slots
    ]
    paper.table((head, *_TIMES), rows)
    columns = (Column("Step", 0.27), Column("passed at first try", 0.2, right=True), *_TIMES)
    steps = [(one.name, share_text(one.at_once, one.judged), *_figures(one.times)) for one in record.steps]
    if steps:
        paper.table(columns, steps)


def _figures(times: Times | None) -> tuple[str, ...]:
    if times is None:
        return ("0", "", "", "", "")
    return str(times.count), *(f"{one:.3f}" for one in (times.shortest, times.middle, times.p95, times.longest))


def _people(paper: Paper, record: BatchRecord) -> None:
    paper.heading("People, by ID")
    paper.facts([(who, did) for who, did in record.people])


def _units(paper: Paper, record: BatchRecord) -> None:
    paper.heading("Units")
    if not record.boards:
        paper.paragraph("No board was touched.")
        return
    paper.table(_UNITS, list(_unit_rows(record)))


def _unit_rows(record: BatchRecord) -> Iterator[tuple[str, ...]]:
    for number, board in enumerate(record.boards, start=1):
        last = board.last
        yield (
            str(number),
            *_names(board),
            str(last.slot),
            str(len(board.attempts)),
            seconds_text(last.seconds).removesuffix(" s"),
            ", ".join(filter(None, (outcome_text(board.outcome), _cloud(board), _elsewhere(board)))),
            f"{last.fault.code}: {last.fault.sentence}" if last.fault else "",
        )


def _names(board: BoardRecord) -> tuple[str, str]:
    if board.unit is None:
        return f"never said who it is (attempt {board.last.id})", board.last.serial or ""
    return board.unit.device_id, " ".join(filter(None, (board.unit.imei, board.unit.serial)))


def _elsewhere(board: BoardRecord) -> str:
    """Return how the unit stands now, "" where that is as what this batch counts it, by its last attempt here."""
    unit = board.unit
    if unit is None or (unit.outcome, unit.last_attempt) == (board.outcome, board.last.id):
        return ""
    return f"now {outcome_text(unit.outcome)} (batch {unit.batch})"


def _cloud(board: BoardRecord) -> str:
    return "" if board.unit is None or board.unit.cloud is CloudState.NONE else board.unit.cloud.value
