"""What a tile asks somebody to do, word for word: faces translate these, and nothing else stands in a prompt."""

from typing import Final

from station.domain.line import SlotState
from station.engine.pushes import Tile

PUT_IN: Final = "Put a board in"
PUT_IN_AND_SAY: Final = "Put a board in, then confirm"
SCAN: Final = "Scan the board"
TAKE_OUT: Final = "Take the board out"
CALL_LEAD: Final = "Call a line lead"
CALL_ENGINEER: Final = "Call the engineer"
PAUSED: Final = "Paused: no new boards"

ALL: Final = (PUT_IN, PUT_IN_AND_SAY, SCAN, TAKE_OUT, CALL_LEAD, CALL_ENGINEER, PAUSED)


def prompt_for(tile: Tile, *, scans: bool, sees: bool, paused: bool, runs: bool) -> str:
    """Return what is asked of somebody at this slot, "" for nothing. Pure.

    ``scans``: labels are scanned. ``sees``: the slot sees a board come and go. ``runs``: a batch is on the line.
    """
    match tile.state:
        case SlotState.LATCHED:
            return CALL_LEAD
        case SlotState.DONE:
            return TAKE_OUT
        case SlotState.EMPTY if paused:
            return PAUSED
        case SlotState.EMPTY if scans:
            return SCAN
        case SlotState.EMPTY:
            return PUT_IN if sees else PUT_IN_AND_SAY
        case SlotState.STOPPED if runs and tile.code:
            return CALL_ENGINEER
        case _:
            return ""
