"""The doctor in a process of its own, for whoever must not wait for it or be broken by it; and its report as text."""

import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Final

from station.doctor.faults import DOCTOR_SILENT
from station.doctor.findings import Finding, State
from station.doctor.report import TROUBLED, count_slots, merge
from station.host.processes import run_program
from station.host.program import own_command

PATIENCE: Final = 600.0
"""Seconds: a cloud that never answers is asked three times."""


def run_doctor(station: Path, fixture: Path | None = None, *, timeout: float = PATIENCE) -> tuple[Finding, ...]:
    """Return what ``station doctor`` finds, run as a child process. Raises DOC-101, HOST-108, HOST-109. Repeatable."""
    command = own_command("station", "doctor", "--json", "--station", str(station))
    command += ["--fixture", str(fixture)] if fixture is not None else []
    ended = run_program(command, timeout=timeout)
    if ended.status not in (0, TROUBLED):
        raise DOCTOR_SILENT.fault(f"status {ended.status}: {ended.errors[-2000:].decode('utf-8', 'replace')}")
    return read_findings(ended.output)


def read_findings(lines: bytes) -> tuple[Finding, ...]:
    """Return the findings that ``station doctor --json`` printed. Raises DOC-101 for anything else. Pure."""
    try:
        values = [json.loads(line) for line in lines.decode().splitlines() if line.strip()]
        return tuple(Finding(**{**value, "state": State(value["state"])}) for value in values)
    except (ValueError, KeyError, TypeError) as error:
        raise DOCTOR_SILENT.fault(type(error).__name__) from error


def worst(findings: tuple[Finding, ...]) -> State:
    """Return what matters most of all: TROUBLE, then UNKNOWN, ADVICE, NOT CHECKED, OK. Pure."""
    order = (State.TROUBLE, State.UNKNOWN, State.ADVICE, State.NOT_CHECKED)
    return next((state for state in order if any(one.state is state for one in findings)), State.OK)


def report_text(findings: tuple[Finding, ...], heading: str) -> str:
    """Return everything that was found as plain text, for a message to whoever helps. Pure."""
    counts = Counter(one.state for one in findings)
    lines = [heading, ", ".join(f"{counts[state]} {state}" for state in State if counts[state]), ""]
    for section, rows in groupby(findings, lambda one: one.section):
        lines.append(f"== {section}")
        for alike in merge(list(rows)):
            one = alike[0]
            slots = [each.slot for each in alike if each.slot is not None]
            about = f"{count_slots(slots)} {one.about}" if slots else one.about
            lines.append(f"{one.state:<12} {about}: {one.seen}")
            if one.state is not State.OK:
                places = ", ".join(dict.fromkeys(each.where for each in alike if each.where))
                lines += [f"{'':12} -> {one.mend}"]
                lines += [f"{'':12} {note}" for note in (one.code, places, one.detail) if note]
    return "\n".join(lines) + "\n"
