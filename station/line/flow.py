"""A slot's states and what leads from one to the next: the table that the slot obeys and the documentation shows."""

from typing import Final

from station.domain.line import RepeatClass, SlotState
from station.line.steps import STEPS

FLOW: Final[dict[SlotState, dict[SlotState, str]]] = {
    SlotState.STOPPED: {
        SlotState.EMPTY: "the batch is armed",
        SlotState.LATCHED: "the batch is armed, an old fault is not acknowledged",
    },
    SlotState.EMPTY: {
        SlotState.RUNNING: "a board is loaded, and the batch has a place for it",
        SlotState.LATCHED: "the slot's own work broke",
        SlotState.STOPPED: "the batch is complete, or the line stops",
    },
    SlotState.RUNNING: {
        SlotState.DONE: "the attempt's end is in the journal",
        SlotState.LATCHED: "the station or the fixture is at fault",
    },
    SlotState.DONE: {
        SlotState.EMPTY: "the board is taken out",
        SlotState.LATCHED: "the slot's own work broke",
        SlotState.STOPPED: "the batch is complete, or the line stops",
    },
    SlotState.LATCHED: {
        SlotState.EMPTY: "somebody acknowledged it",
        SlotState.STOPPED: "the batch is complete, or the line stops",
    },
}

_CRASH: Final[dict[RepeatClass, str]] = {
    RepeatClass.PURE: "run again",
    RepeatClass.IDEMPOTENT: "run again from the step's start",
    RepeatClass.PROBE_FIRST: "look first: adopt what matches the journal, else redo",
    RepeatClass.ONE_WAY: "never repeat; what can't be proven is quarantined",
    RepeatClass.HUMAN: "ask again",
}


def draw_states() -> str:
    """Return the slot's states as a Mermaid diagram. Pure."""
    lines = ["stateDiagram-v2", f"    [*] --> {SlotState.STOPPED}"]
    lines += [f"    {state} --> {then}: {why}" for state, ways in FLOW.items() for then, why in ways.items()]
    return "\n".join(lines)


def draw_steps() -> str:
    """Return the step table as Markdown. Pure."""
    rows = ["| step | changes | repeat class | when a crash left only its intent |", "| --- | --- | --- | --- |"]
    for kind, spec in STEPS.items():
        repeat = spec.repeat if kind != "command" else "as its recipe says"
        rows.append(f"| `{kind}` | {spec.changes or 'nothing'} | {repeat} | {spec.after_crash} |")
    return "\n".join(rows)


def draw_repeat_classes() -> str:
    """Return the repeat classes as Markdown. Pure."""
    rows = ["| repeat class | on restart |", "| --- | --- |"]
    return "\n".join(rows + [f"| {repeat} | {text} |" for repeat, text in _CRASH.items()])
