"""What a tile says: one glance's mood and word, and the sentences behind it. Pure but for the language."""

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from station.desktop import words
from station.desktop.fault_words import told
from station.desktop.theme import Mood
from station.domain.line import Outcome, SlotState
from station.engine.pushes import Tile

translate = QCoreApplication.translate

_OUTCOMES = {
    Outcome.PASSED: Mood.PASSED,
    Outcome.FAILED: Mood.FAILED,
    Outcome.ERROR: Mood.ERROR,
    Outcome.ABORTED: Mood.ABORTED,
    Outcome.QUARANTINED: Mood.QUARANTINED,
}


def mood_of(tile: Tile) -> Mood:
    """Return what the tile shows: the last result stays until the next board is at work, or somebody must come."""
    match tile.state:
        case SlotState.RUNNING:
            return Mood.RUNNING
        case SlotState.LATCHED:
            # What is to be done with the board says more than that the slot waits too.
            return Mood.QUARANTINED if tile.outcome is Outcome.QUARANTINED else Mood.ERROR
        case SlotState.EMPTY | SlotState.DONE | SlotState.STOPPED:
            if tile.outcome is not None:
                return _OUTCOMES[tile.outcome]
            return Mood.STOPPED if tile.state is SlotState.STOPPED else Mood.EMPTY


def band_of(tile: Tile) -> Mood | None:
    """Return what the slot itself is while a result is still shown: free for the next board, or off. None: neither."""
    if tile.outcome is None:
        return None
    return {SlotState.EMPTY: Mood.EMPTY, SlotState.STOPPED: Mood.STOPPED}.get(tile.state)


def state_word(mood: Mood) -> str:
    """Return the mood's one word, short enough for the smallest tile."""
    match mood:
        case Mood.EMPTY:
            return translate("SlotTile", "EMPTY")
        case Mood.RUNNING:
            return translate("SlotTile", "RUN")
        case Mood.PASSED:
            return translate("SlotTile", "PASS")
        case Mood.FAILED:
            return translate("SlotTile", "FAIL")
        case Mood.ERROR:
            return translate("SlotTile", "ERROR")
        case Mood.QUARANTINED:
            return translate("SlotTile", "HOLD")
        case Mood.ABORTED:
            return translate("SlotTile", "ABORT")
        case Mood.STOPPED:
            return translate("SlotTile", "OFF")


def unit_words(tile: Tile) -> str:
    """Return which board it is, as far as that is known."""
    if tile.device_id and tile.label and tile.label != tile.device_id:
        return f"{tile.label} · {tile.device_id}"
    return tile.device_id or tile.label


def step_words(tile: Tile) -> str:
    """Return the running step: which of how many, and its name."""
    if tile.state is not SlotState.RUNNING:
        return ""
    if not tile.step:
        return translate("SlotTile", "Starting")
    name = step_name(tile.step)
    if not tile.steps:
        return name
    number = min(tile.step_index + 1, tile.steps)
    return translate("SlotTile", "{number}/{steps} {step}").format(number=number, steps=tile.steps, step=name)


def step_name(name: str) -> str:
    """Return the step in the reader's language; one that the recipe named itself keeps its name."""
    return words.step(name)


def prompt_words(tile: Tile) -> str:
    """Return what somebody is asked to do here."""
    return words.prompt(tile.prompt)


def elapsed(tile: Tile, now: datetime) -> float | None:
    """Return how long the attempt takes, or took; None where there is none."""
    if tile.state is SlotState.RUNNING:
        if not tile.since:
            return None
        return max(0.0, (now - datetime.fromisoformat(tile.since)).total_seconds())
    return tile.seconds


def clock_words(seconds: float | None) -> str:
    """Return a span as it is read on a clock: 0:07, 12:30, 1:02:03."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def progress(tile: Tile) -> float:
    """Return how much of the attempt's steps is done, 0 to 1."""
    if tile.state is not SlotState.RUNNING or not tile.steps:
        return 0.0
    return min(1.0, max(0.0, (tile.step_index + min(1.0, max(0.0, tile.fraction))) / tile.steps))


def fault_words(tile: Tile) -> str:
    """Return the fault as code and sentence."""
    return told(tile, " ")


def headline(tile: Tile) -> str:
    """Return the tile's name for a screen reader: slot, word, and the sentence that goes with it."""
    said = translate("SlotTile", "Slot {number}: {word}").format(number=tile.slot, word=state_word(mood_of(tile)))
    more = fault_words(tile) or (unit_words(tile) if tile.state is not SlotState.RUNNING else "")
    return f"{said}, {more}" if more else said


def whole_text(tile: Tile) -> str:
    """Return everything that the tile knows, a line each: nothing that was cut on it is missing here."""
    lines = [headline(tile), unit_words(tile), step_words(tile), prompt_words(tile)]
    taken = clock_words(tile.seconds)
    if taken:
        lines.append(translate("SlotTile", "Took {time}").format(time=taken))
    said: list[str] = []
    for line in lines:
        if line and not any(line in other for other in said):
            said.append(line)
    return "\n".join(said)
