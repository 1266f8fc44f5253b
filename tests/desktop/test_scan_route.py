"""Where a scan goes, without any window."""

from hypothesis import given
from hypothesis import strategies as some

from station.desktop.scan_route import Chosen, Deliver, Nowhere, ScanRoute, Unknown
from station.domain.ids import SlotNumber
from station.domain.line import SlotState
from station.engine.pushes import Tile


def slots(*states: SlotState) -> list[Tile]:
    return [Tile(slot=SlotNumber(number), state=state) for number, state in enumerate(states, 1)]


EMPTY, RUNNING, LATCHED = SlotState.EMPTY, SlotState.RUNNING, SlotState.LATCHED


def route(*states: SlotState) -> ScanRoute:
    made = ScanRoute()
    made.begin(slots(*states))
    return made


def test_labels_go_to_the_slots_that_wait_one_after_the_other() -> None:
    made = route(RUNNING, EMPTY, EMPTY)
    assert made.take("TRK-1") == Deliver(SlotNumber(2), "TRK-1")
    assert made.take("TRK-2") == Deliver(SlotNumber(3), "TRK-2")
    assert made.take("TRK-3") == Nowhere("TRK-3")


def test_a_trigger_pulled_twice_gives_one_slot_one_label() -> None:
    made = route(EMPTY, EMPTY)
    assert made.take("TRK-1") == made.take("TRK-1") == Deliver(SlotNumber(1), "TRK-1")
    assert made.next == 2


def test_a_slots_code_or_number_chooses_it_for_one_label() -> None:
    made = route(EMPTY, EMPTY, EMPTY)
    for code in ("SLOT-3", "slot-03", "3", " 3 "):
        assert made.take(code) == Chosen(SlotNumber(3))
    assert made.take("TRK-1") == Deliver(SlotNumber(3), "TRK-1")
    assert made.take("TRK-2") == Deliver(SlotNumber(1), "TRK-2")


def test_a_slot_that_is_not_there_takes_nothing() -> None:
    made = route(EMPTY)
    assert made.take("SLOT-9") == Unknown("SLOT-9")
    assert made.take("SLOT-0") == Unknown("SLOT-0")
    assert made.chosen is None


def test_a_slot_that_began_waits_for_its_next_label_when_it_is_empty_again() -> None:
    made = route(EMPTY)
    made.take("TRK-1")
    made.update(slots(RUNNING))
    assert made.given == {}
    assert made.next is None
    made.update(slots(EMPTY))
    assert made.take("TRK-2") == Deliver(SlotNumber(1), "TRK-2")


def test_a_refused_label_frees_its_slot() -> None:
    made = route(EMPTY)
    made.take("WRONG")
    made.refused(SlotNumber(1))
    assert made.take("TRK-1") == Deliver(SlotNumber(1), "TRK-1")


@given(
    some.lists(some.tuples(some.sampled_from(["A", "B", "C", "1", "2", "SLOT-3"]), some.sampled_from([EMPTY, RUNNING])))
)
def test_no_two_slots_ever_hold_one_label(scans: list[tuple[str, SlotState]]) -> None:
    made = route(EMPTY, EMPTY, EMPTY)
    for text, state in scans:
        made.take(text)
        labels = list(made.given.values())
        assert len(labels) == len(set(labels))
        made.update([Tile(slot=SlotNumber(1), state=state)])
