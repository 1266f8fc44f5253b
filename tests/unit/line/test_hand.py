"""The journal in several hands at once: each entry names the person in whose hand it was written."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.domain.events import SignedOut
from station.domain.faults import Fault
from station.domain.ids import EventSeq
from station.host.clock import SystemClock
from station.journal.codec import Entry
from station.journal.journal import Journal
from station.line.hand import Hand


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "data", SystemClock()) as journal:
        journal.open_session({"station": "T1"}, "station")
        yield journal


def entries(journal: Journal) -> list[Entry]:
    with journal.records() as records:
        return list(records.entries_from(EventSeq(1)))


def left(who: str, reason: str = "r") -> SignedOut:
    return SignedOut(person=who, reason=reason)


def test_an_entry_is_by_whoever_is_named_else_by_whoever_entered(journal: Journal) -> None:
    journal.commit(left("a"))
    journal.commit(left("b"), left("c"), by="p2")
    journal.work_for("p1")
    journal.commit(left("d"))
    journal.keep("a thing", {"of": "p3"}, by="p3")
    journal.commit(left("e"), by="")
    assert [one.by for one in entries(journal)][2:] == ["station", "p2", "p2", "p1", "p3", ""]


def test_several_hands_write_at_once_and_none_for_another(journal: Journal) -> None:
    people, each = ("p1", "p2", "p3", "p4", "p5", "p6"), 40
    together = threading.Barrier(len(people))

    def work(who: str) -> None:
        hand = Hand(journal, who)
        together.wait()
        for number in range(each):
            if number % 7 == 3:
                journal.work_for("somebody else")
            hand.commit(left(who, str(number)), left(who, f"{number} again"))
            hand.keep("a thing", {"of": who, "number": number})

    threads = [threading.Thread(target=work, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [one for one in entries(journal) if isinstance(one.event, SignedOut)]
    assert len(made) == len(people) * each * 2
    assert [one for one in made if isinstance(one.event, SignedOut) and one.event.person != one.by] == []
    kept = [one for one in entries(journal) if one.event.kind == "context" and one.by != "station"]
    assert {one.by: [other.by for other in kept].count(one.by) for one in kept} == dict.fromkeys(people, each)


def test_a_hand_may_write_for_somebody_else_and_is_refused_like_anybody(journal: Journal) -> None:
    hand = Hand(journal, "p1")
    hand.commit(left("a"), by="p2")
    hand.commit(left("b"))
    assert [one.by for one in entries(journal)][-2:] == ["p2", "p1"]
    with hand.records() as records:
        assert records.last_seq() == len(entries(journal))
    journal.close()
    with pytest.raises(Fault):
        hand.commit(left("c"))
