"""The people's file: who gets in, who doesn't, and that no name, PIN or badge stays that must not."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.faults import DISK_FULL
from station.people.rights import Method, Role
from station.people.roll import MOST_WRONG, Cost, People, Person

PIN, OTHER, WRONG = "582914", "830275", "112233"
CHEAP = Cost(kibibytes=8, passes=1)


class HandClock:
    """A clock that a hand moves."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return 0.0

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.wall += timedelta(seconds=seconds)
        return event.is_set()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def people(tmp_path: Path, clock: HandClock) -> People:
    made = People(tmp_path, clock, CHEAP)
    made.found("Edith", Secret(PIN), frozenset({Role.CA_KEEPER}))
    made.add("Otto", Secret(OTHER), frozenset({Role.OPERATOR}), "0004711")
    return made


def reopened(people: People, clock: HandClock, **more: Any) -> People:
    return People(people.path.parent, clock, CHEAP, **more)


def code(act: Any) -> str:
    with pytest.raises(Fault) as refused:
        act()
    return refused.value.code


def test_a_name_or_a_badge_and_a_pin_let_somebody_in(people: People, clock: HandClock) -> None:
    for roll in (people, reopened(people, clock)):
        by_name = roll.sign_in(" otto ", Secret(OTHER))
        by_badge = roll.sign_in("0004711", Secret(OTHER))
        assert (by_name.id, by_name.method) == ("p2", Method.NAME)
        assert by_name.roles == {Role.OPERATOR}
        assert (by_badge.id, by_badge.method) == ("p2", Method.BADGE)
        assert roll.sign_in("p1", Secret(PIN), Method.FILE).method is Method.FILE
    assert by_name.signed_in.wall == clock.now()
    assert people.sign_in("EDITH", Secret(PIN)).roles == {Role.ENGINEER, Role.CA_KEEPER}


@pytest.mark.parametrize("who", ["Otto", "0004711", "Nobody", "", "  ", "0004712", "p9", "\udcff"])
def test_a_wrong_pin_and_an_unknown_name_sound_the_same(people: People, who: str) -> None:
    with pytest.raises(Fault) as refused:
        people.sign_in(who, Secret(WRONG))
    fault = refused.value
    assert (fault.code, fault.detail) == ("PPL-101", "")
    assert fault.sentence == (
        "That name or badge and that PIN don't belong together. Try again; after 5 wrong PINs the person is locked."
    )


def test_an_unknown_name_is_as_much_work_as_a_wrong_pin(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: each is one argon2id of the same cost."""
    done: list[tuple[int, int]] = []
    real = people._argon(b"\0" * 16).__class__

    class Counting:
        def __init__(self, **cost: Any) -> None:
            self._argon = real(**cost)
            self._cost = (cost["memory_cost"], cost["iterations"])

        def derive_phc_encoded(self, text: bytes) -> str:
            done.append(self._cost)
            return self._argon.derive_phc_encoded(text)

        @staticmethod
        def verify_phc_encoded(text: bytes, hashed: str) -> None:
            memory, passes, _ = hashed.split("$")[3].split(",")
            done.append((int(memory[2:]), int(passes[2:])))
            real.verify_phc_encoded(text, hashed)

    monkeypatch.setattr("station.people.roll.Argon2id", Counting)
    for who in ("Otto", "Nobody"):
        assert code(lambda who=who: people.sign_in(who, Secret(WRONG))) == "PPL-101"
    assert done == [(8, 1), (8, 1)]


def test_five_wrong_pins_lock_for_longer_each_time_and_a_right_one_ends_it(people: People, clock: HandClock) -> None:
    for _ in range(MOST_WRONG):
        assert code(lambda: people.sign_in("Otto", Secret(WRONG))) == "PPL-101"
    waits = []
    for _ in range(8):
        roll = reopened(people, clock)  # a new program knows it, too
        (otto,) = [one for one in roll.all if one.id == "p2"]
        assert otto.locked_until is not None
        waits.append((otto.locked_until - clock.wall).total_seconds())
        clock.wall = otto.locked_until - timedelta(seconds=0.001)
        assert code(lambda roll=roll: roll.sign_in("Otto", Secret(OTHER))) == "PPL-102"
        assert roll.sign_in("Edith", Secret(PIN)).id == "p1"  # nobody else is locked
        clock.wall = otto.locked_until
        assert code(lambda roll=roll: roll.sign_in("Otto", Secret(WRONG))) == "PPL-101"
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    clock.wall += timedelta(hours=1)
    roll = reopened(people, clock)
    assert roll.sign_in("Otto", Secret(OTHER)).id == "p2"
    assert code(lambda: roll.sign_in("Otto", Secret(WRONG))) == "PPL-101"
    assert roll.sign_in("Otto", Secret(OTHER)).id == "p2"


def test_a_new_pin_ends_a_lock_and_the_old_one(people: People) -> None:
    for _ in range(MOST_WRONG):
        code(lambda: people.sign_in("Otto", Secret(WRONG)))
    people.reset("otto", Secret("774411"), "0009999")
    assert code(lambda: people.sign_in("Otto", Secret(OTHER))) == "PPL-101"
    assert people.sign_in("0009999", Secret("774411")).id == "p2"
    assert code(lambda: people.sign_in("0004711", Secret("774411"))) == "PPL-101"


def test_a_disabled_person_hears_it_only_with_the_right_pin(people: People) -> None:
    people.disable("Otto")
    assert code(lambda: people.sign_in("Otto", Secret(WRONG))) == "PPL-101"
    assert code(lambda: people.sign_in("Otto", Secret(OTHER))) == "PPL-103"
    assert code(lambda: people.sign_in("0004711", Secret(OTHER))) == "PPL-101"  # the badge is free again
    people.add("Olga", Secret("774411"), frozenset({Role.OPERATOR}), "0004711")


def test_a_forgotten_name_is_in_no_file_and_its_number_is_nobody_elses(people: People, clock: HandClock) -> None:
    before = people.path.read_text()
    assert "Otto" in before
    forgotten = people.forget("Otto")
    assert (forgotten.id, forgotten.name, forgotten.pin, forgotten.badge) == ("p2", None, "", "")
    for path in people.path.parent.iterdir():
        assert "Otto" not in path.read_text()
    for who in ("Otto", "p2", "0004711", ""):
        assert code(lambda who=who: people.sign_in(who, Secret(OTHER))) == "PPL-101"
    assert reopened(people, clock).add("Otto", Secret(OTHER), frozenset({Role.OPERATOR})).id == "p3"


def test_neither_pin_nor_badge_is_in_the_file_or_in_a_repr(people: People) -> None:
    shown = people.path.read_text() + repr(people.all)
    for secret in (PIN, OTHER, "0004711"):
        assert secret not in shown
    assert "argon2id" not in repr(people.all)
    assert people.path.stat().st_mode & 0o077 == 0
    hashes = [row["pin"] for row in json.loads(people.path.read_text())["people"]]
    people.reset("Otto", Secret(PIN))
    assert json.loads(people.path.read_text())["people"][1]["pin"] not in hashes  # the same PIN looks different


@pytest.mark.parametrize(
    "pin", ["", "123", "1234567890123", "1111", "4321", "56789", "12a4", "12 34", "١٢٣٥", "-1234", "1234\n"]
)
def test_a_weak_pin_is_refused(people: People, pin: str) -> None:
    assert code(lambda: people.add("Olga", Secret(pin), frozenset({Role.OPERATOR}))) == "PPL-123"
    assert len(people.all) == 2


@pytest.mark.parametrize("name", ["", " ", "-x", "a" * 49, "a\nb", "a\x1b[2J", "p7", "P7", "<b>", "a\u202eb", "ｐ7"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(people: People, name: str) -> None:
    assert code(lambda: people.add(name, Secret("774411"), frozenset({Role.OPERATOR}))) == "PPL-121"


@pytest.mark.parametrize("name", ["otto", "OTTO", " Otto", "Zoe\u0308", "ZO\u00cb"])
def test_names_that_look_alike_are_one(people: People, name: str) -> None:
    people.add("Zo\u00eb", Secret("774411"), frozenset({Role.OPERATOR}))
    assert code(lambda: people.add(name, Secret("774411"), frozenset({Role.OPERATOR}))) == "PPL-122"


def test_a_badge_is_one_persons(people: People) -> None:
    again = [lambda: people.add("Olga", Secret("774411"), frozenset({Role.QA}), "0004711 ")]
    again.append(lambda: people.reset("Edith", Secret("774411"), "0004711"))
    assert [code(act) for act in again] == ["PPL-124", "PPL-124"]
    people.reset("Otto", Secret("774411"), "0004711")  # one's own is no trouble
    people.add("Olga", Secret("774411"), frozenset({Role.QA}), "   ")
    assert code(lambda: people.sign_in("", Secret("774411"))) == "PPL-101"


@pytest.mark.parametrize("how", ["disable", "forget", "set_roles"])
def test_the_last_engineer_stays(people: People, how: str) -> None:
    more = (frozenset({Role.OPERATOR}),) if how == "set_roles" else ()
    assert code(lambda: getattr(people, how)("Edith", *more)) == "PPL-126"
    people.set_roles("Otto", frozenset({Role.ENGINEER}))
    assert isinstance(getattr(people, how)("Edith", *more), Person)
    assert code(lambda: getattr(people, how)("Otto", *more)) == "PPL-126"


def test_a_service_is_nobody_else_and_signs_in_by_no_pin(people: People) -> None:
    assert code(lambda: people.add("bot", None, frozenset({Role.SERVICE, Role.ENGINEER}))) == "PPL-121"
    assert code(lambda: people.add("bot", None, frozenset({Role.OPERATOR}))) == "PPL-123"
    people.add("bot", None, frozenset({Role.SERVICE}))
    actor = people.service("bot")
    assert (actor.id, actor.method) == ("p3", Method.SERVICE)
    assert actor.roles == {Role.SERVICE}
    assert code(lambda: people.sign_in("bot", Secret(""))) == "PPL-101"
    assert code(lambda: people.service("Edith")) == "PPL-133"
    assert code(lambda: people.service("nobody")) == "PPL-125"
    people.disable("bot")
    assert code(lambda: people.service("bot")) == "PPL-103"


def test_what_can_not_be_recorded_does_not_happen(people: People) -> None:
    before = people.path.read_bytes()

    def full(_person: Person) -> None:
        raise DISK_FULL.fault(path="journal.db")

    acts: list[Any] = [
        lambda: people.add("Olga", Secret("774411"), frozenset({Role.QA}), record=full),
        lambda: people.disable("Otto", record=full),
        lambda: people.forget("Otto", record=full),
        lambda: people.reset("Otto", Secret("774411"), record=full),
        lambda: people.set_roles("Otto", frozenset({Role.QA}), record=full),
    ]
    for act in acts:
        with pytest.raises(Fault, match=r"journal\.db"):
            act()
    assert people.path.read_bytes() == before
    assert list(people.path.parent.iterdir()) == [people.path]
    assert people.sign_in("Otto", Secret(OTHER)).roles == {Role.OPERATOR}
    assert people.add("Olga", Secret("774411"), frozenset({Role.QA})).id == "p3"


def test_nobody_is_there_before_the_first_and_a_second_first_is_refused(tmp_path: Path, clock: HandClock) -> None:
    empty = People(tmp_path, clock, CHEAP)
    assert code(lambda: empty.sign_in("Edith", Secret(PIN))) == "PPL-127"
    assert not list(tmp_path.iterdir())
    empty.found("Edith", Secret(PIN), frozenset())
    assert code(lambda: empty.found("Otto", Secret(OTHER), frozenset())) == "PPL-128"


def test_a_lost_file_is_noticed_and_its_numbers_are_given_to_nobody(people: People, clock: HandClock) -> None:
    people.path.unlink()
    roll = reopened(people, clock, highest=2)
    assert code(lambda: roll.found("Mallory", Secret(PIN), frozenset())) == "PPL-138"
    assert roll.found("Mallory", Secret(PIN), frozenset(), anew=True).id == "p3"


def test_a_file_from_the_backup_gives_no_number_twice(people: People, clock: HandClock) -> None:
    old = people.path.read_bytes()
    assert people.add("Olga", Secret("774411"), frozenset({Role.QA})).id == "p3"
    people.path.write_bytes(old)
    roll = reopened(people, clock, highest=3)
    assert roll.add("Mallory", Secret("774411"), frozenset({Role.QA})).id == "p4"


def test_a_newer_file_is_left_alone(people: People, clock: HandClock) -> None:
    content = json.loads(people.path.read_text())
    people.path.write_text(json.dumps({**content, "version": 2}))
    before = people.path.read_bytes()
    assert code(lambda: reopened(people, clock)) == "PPL-132"
    assert people.path.read_bytes() == before


def test_a_file_that_others_can_read_is_refused(people: People, clock: HandClock) -> None:
    people.path.chmod(0o640)
    assert code(lambda: reopened(people, clock)) == "HOST-104"


def _spoil(content: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    return {**content, key: value}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "q1"),
        ("id", "p2"),
        ("id", "p0"),
        ("id", "p99"),
        ("id", 1),
        ("name", {}),
        ("name", "\ud800"),
        ("roles", ["king"]),
        ("roles", None),
        ("disabled", "false"),
        ("wrong", "many"),
        ("locked_until", "tomorrow"),
        ("locked_until", "2026-11-22T08:00:00"),
        ("pin", "1234"),
        ("pin", None),
        ("badge", 7),
    ],
)
def test_a_damaged_person_is_told_and_nobody_gets_in(people: People, clock: HandClock, key: str, value: object) -> None:
    content = json.loads(people.path.read_text())
    content["people"][0][key] = value
    people.path.write_text(json.dumps(content))
    assert code(lambda: reopened(people, clock)) == "PPL-131"


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", '{"version": 1}', '{"version": "1"}', "{", '{"version": true}', "[" * 100_000),
        '{"version": 1, "salt": "00", "next": 1e999, "people": []}',
    ],
)
def test_a_damaged_file_is_told(people: People, clock: HandClock, text: str) -> None:
    people.path.write_text(text)
    assert code(lambda: reopened(people, clock)) == "PPL-131"


@given(cut=st.integers(0, 2000), junk=st.text(max_size=4))
def test_a_file_that_was_cut_or_written_over_gives_a_fault_or_people(
    tmp_path_factory: pytest.TempPathFactory, cut: int, junk: str
) -> None:
    folder, clock = tmp_path_factory.mktemp("roll"), HandClock()
    whole = People(folder, clock, CHEAP)
    whole.found("Edith", Secret(PIN), frozenset())
    text = whole.path.read_text()
    at = cut % len(text)
    whole.path.write_text(text[:at] + junk + text[at + len(junk) :] if junk else text[:at])
    said = ""
    try:
        People(folder, clock, CHEAP)
    except Fault as fault:
        said = fault.code
    assert said in ("", "PPL-131", "PPL-132")
