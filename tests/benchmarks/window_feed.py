"""What an engine tells a window while units are built: endless, and different each time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from station.domain.ids import BatchId, DeviceId, SlotNumber, UnitId
from station.domain.line import CloudState, Outcome, SlotState
from station.engine.commands import PROTOCOL
from station.engine.pushes import AtLines, Changed, Happened, Header, Push, Tile, Welcome
from station.journal.codec import iso

STEPS = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
EXCHANGES = 16
"""About as many commands as a tracker's credentials take, each with its answer."""
_BEGIN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def welcome(slots: int) -> Welcome:
    """Return a line of so many empty slots."""
    tiles = tuple(Tile(slot=SlotNumber(slot), state=SlotState.EMPTY) for slot in range(1, slots + 1))
    return Welcome(protocol=PROTOCOL, version="1", process=1, station_file="", data="", header=_header(0), tiles=tiles)


def pushes_of(number: int, slots: int) -> Iterator[Push]:
    """Yield what is told while unit ``number`` is built: every step, its end, what its modem said."""
    slot, at = SlotNumber(number % slots + 1), iso(_BEGIN + timedelta(seconds=number))
    device = DeviceId(f"50343956-3037-4a83-804a-{number:012x}")
    common = {"slot": slot, "device_id": device, "attempt": number, "since": at, "steps": len(STEPS)}
    for index, step in enumerate(STEPS):
        tile = Tile(state=SlotState.RUNNING, step=step, step_index=index, **common)  # type: ignore[arg-type]  # by name
        yield Changed(tiles=(tile,))
    for exchange in range(EXCHANGES):
        yield AtLines(slot=slot, lines=((at, ">", f"AT%CMNG=1,{number},{exchange}"), (at, "<", "OK")))
    bad = number % 50 == 7
    outcome = Outcome.FAILED if bad else Outcome.PASSED
    code, sentence = ("AT-305", f"The modem of board {number} has no IMEI.") if bad else ("", "")
    end = Tile(
        state=SlotState.DONE,
        outcome=outcome,
        code=code,
        sentence=sentence,
        seconds=52.0,
        prompt="Take the board out",
        **common,  # type: ignore[arg-type]  # by name
    )
    yield Changed(tiles=(end,), header=_header(number))
    yield Happened(
        number=number, at=at, about=outcome.value, slot=slot, unit=UnitId(number + 1), code=code, sentence=sentence
    )


def _header(done: int) -> Header:
    return Header(
        station="station-7",
        line="Line 3",
        run="running",
        batch=BatchId("WO-1"),
        product="tracker",
        quantity=1_000_000,
        done=done,
        outcomes={"passed": done - done // 50, "failed": done // 50},
        first_passed=done - done // 50,
        first_total=done,
        uploads={CloudState.WAITING: done % 100},
    )
