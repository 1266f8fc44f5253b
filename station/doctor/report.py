"""The doctor's findings for people in a terminal, and for programs as JSON lines."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from station.doctor.findings import Finding, State

TROUBLED: Final = 4
"""The command line's exit code for a station at fault."""

_WIDEST: Final = 110
_MARK_WIDTH: Final = 13
_ABOUT_WIDTH: Final = 16
_PLACES_SHOWN: Final = 4

# Never colour alone: every state has a word and a mark of its own; the second mark is for terminals without Unicode.
_MARKS: Final = {
    State.OK: ("✔", "+", "green"),
    State.ADVICE: ("!", "!", "yellow"),
    State.TROUBLE: ("✘", "x", "bold red"),
    State.UNKNOWN: ("?", "?", "magenta"),
    State.NOT_CHECKED: ("–", "-", "dim"),
}


def print_findings(findings: Sequence[Finding], *, as_json: bool, console: Console | None = None) -> int:
    """Print the findings and return the exit code: 0 where there is no TROUBLE, else 4.

    As JSON: one object a line on standard output, a finding each, with everything that is known about it.
    """
    if as_json:
        for one in findings:
            sys.stdout.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
        sys.stdout.flush()
    else:
        console = console or Console()
        unicode = shows_unicode(console)
        shown = findings if unicode else [_in_ascii(one) for one in findings]
        console.print(draw_findings(shown, unicode=unicode), width=min(console.width, _WIDEST))
    return TROUBLED if any(one.state is State.TROUBLE for one in findings) else 0


def draw_findings(findings: Sequence[Finding], *, unicode: bool = True) -> RenderableType:
    """Return the picture: sections, a row for each finding (one for all slots that are alike), and the sum. Pure."""
    parts: list[RenderableType] = []
    counts: Counter[State] = Counter()
    for section, rows in groupby(findings, lambda one: one.section):
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(width=_MARK_WIDTH, no_wrap=True)
        table.add_column(width=_ABOUT_WIDTH)
        table.add_column(ratio=1, overflow="fold")
        for alike in merge(list(rows)):
            mark, plain, style = _MARKS[alike[0].state]
            counts[alike[0].state] += 1
            table.add_row(
                Text(f"{mark if unicode else plain} {alike[0].state}", style),
                _about(alike),
                _text(alike, "→" if unicode else "->"),
            )
        parts += [Text(section, "bold"), Padding(table, (0, 0, 1, 0))]
    return Group(*parts, _sum(counts, unicode=unicode))


def merge(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return the findings in groups: those of several slots that read the same go together. Pure."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for place, one in enumerate(findings):
        key: tuple[object, ...] = (place,)
        if one.slot is not None:
            key = (one.id, one.state, one.seen, one.mend, one.code)
        groups.setdefault(key, []).append(one)
    return list(groups.values())


def count_slots(numbers: Sequence[int]) -> str:
    """Return ``slots 1-4, 7`` for the numbers of slots. Pure."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    texts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"slot{'s' if len(numbers) > 1 else ''} {', '.join(texts)}"


def _about(alike: Sequence[Finding]) -> Text:
    slots = [one.slot for one in alike if one.slot is not None]
    return Text(f"{count_slots(slots)} {alike[0].about}" if slots else alike[0].about)


def _text(alike: Sequence[Finding], arrow: str) -> Text:
    one = alike[0]
    text = Text(one.seen)
    if one.state is not State.OK:
        text.append(f"\n{arrow} {one.mend}", "bold")
        places = list(dict.fromkeys(each.where for each in alike if each.where and one.state is not State.NOT_CHECKED))
        more = "" if len(places) <= _PLACES_SHOWN else f" and {len(places) - _PLACES_SHOWN} more"
        notes = [one.code, ", ".join(places[:_PLACES_SHOWN]) + more, one.detail]
        if any(notes):
            text.append("\n" + "; ".join(note for note in notes if note), "dim")
    return text


def _sum(counts: Counter[State], *, unicode: bool) -> Text:
    text = Text("   ".join(_counted(counts, unicode)))
    if counts[State.TROUBLE]:
        text.append("\nMend what is marked TROUBLE first, from the top, then look again. Nothing was changed.")
    elif counts[State.UNKNOWN]:
        text.append("\nNo trouble was found, but not everything could be told. Nothing was changed.")
    else:
        text.append("\nNo trouble was found. Nothing was changed.")
    return text


def _counted(counts: Counter[State], unicode: bool) -> Iterator[str]:
    for state in (State.TROUBLE, State.ADVICE, State.UNKNOWN, State.NOT_CHECKED, State.OK):
        if counts[state]:
            yield f"{_MARKS[state][0 if unicode else 1]} {counts[state]} {state}"


def _in_ascii(one: Finding) -> Finding:
    """Return the same with marks in place of what a terminal without Unicode would break off at."""
    texts = {name: getattr(one, name) for name in ("where", "seen", "mend", "detail")}
    return replace(one, **{name: text.encode("ascii", "replace").decode() for name, text in texts.items()})


def shows_unicode(console: Console) -> bool:
    """Return whether the terminal's encoding has the marks."""
    return console.encoding.lower().startswith("utf")
