"""What was measured, as a table for people and as JSON for programs."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tests.benchmarks.figure import Row, Scale, Verdict

Rows = Mapping[str, Sequence[Row] | str]
"""By figure: its rows, or why it could not be measured."""
_STYLES = {
    Verdict.MET: "green",
    Verdict.AT_FLOOR: "yellow",
    Verdict.MISSED: "red",
    Verdict.UNMEASURED: "red",
    Verdict.SHOWN: "",
}


def number(value: float) -> str:
    """Return three significant digits, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def ratio_text(row: Row) -> str:
    """Return how it stands to its reference: ``0.97``, ``1/24.8``, ``9.3``."""
    if row.ratio is None:
        return ""
    return f"1/{1 / row.ratio:.1f}" if 0 < row.ratio < 0.1 else number(row.ratio)


def verdict_text(row: Row) -> str:
    """Return whether it was met; where not, the floor beneath it."""
    if row.verdict in (Verdict.MET, Verdict.SHOWN, Verdict.UNMEASURED):
        return str(row.verdict)
    if row.floor is None or row.above_floor is None:
        return f"{row.verdict}; no floor was measured"
    return f"{row.verdict}: {row.above_floor:.2f} times from {number(row.floor)} {row.unit} ({row.beneath})"


def table_of(found: Rows, scale: Scale) -> Group:
    """Return the table, and beneath it what there is to say about its rows."""
    title = "" if scale is Scale.FULL else f"{scale} sizes: no figures to be quoted"
    table = Table("figure", "measured", "reference, same run", "ratio", "at least", "", title=title, show_lines=False)
    notes = []
    for name, rows in found.items():
        if isinstance(rows, str):
            table.add_row(name, "not measured", Text(rows), style="red")
            continue
        for row in rows:
            reference = "" if row.reference is None else f"{number(row.reference)} {row.unit}: "
            verdict = Text(verdict_text(row), style=_STYLES[row.verdict])
            measured = f"{number(row.measured)} {row.unit}"
            # As text: a bracket in what a figure says is no markup.
            cells = (row.what, measured, reference + row.against, ratio_text(row), row.asked)
            table.add_row(*map(Text, cells), verdict)
            notes += [Text(f"{row.what.strip()}: {row.note}")] if row.note else []
    return Group(table, *notes)


def as_json(found: Rows, scale: Scale, place: Mapping[str, object]) -> dict[str, object]:
    """Return everything, samples included, as JSON values. ``place``: what was told of where it was measured."""
    figures: dict[str, object] = {}
    for name, rows in found.items():
        if isinstance(rows, str):
            figures[name] = {"not measured": rows}
            continue
        figures[name] = [
            asdict(row) | {"ratio": row.ratio, "above_floor": row.above_floor, "verdict": str(row.verdict)}
            for row in rows
        ]
    machine = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": str(scale),
        "machine": machine,
        "scratch": dict(place),
        "figures": figures,
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 -- a device's text, read line by line
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
