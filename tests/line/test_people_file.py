"""The people's file is held against the journal: who is in it otherwise than the journal says gets no further."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from station.app import Station
from station.ca.creation import create_authority
from station.doctor.examination import State, examine
from station.domain.events import AuthorityCreated, AuthorityIntended, PersonChanged, SignInRefused
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.files import replace_file
from station.journal.codec import Entry
from station.line.desk import Desk
from station.people.rights import Actor, Method, Role
from tests.line.harness import PASSPHRASE, STAFF, Line
from tests.line.processes import call_station

QA = frozenset({Role.QA})
LEAD = frozenset({Role.LINE_LEAD})
Rows = dict[str, dict[str, Any]]


def pin(who: str) -> Secret:
    return Secret(STAFF[who][0])


def code(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as refused:
        act()
    return refused.value.code


def rewrite(line: Line, how: Callable[[Rows], object]) -> None:
    """Write the people's file as somebody with the station's own account may."""
    path = line.folder / "data" / "people.json"
    content = json.loads(path.read_text())
    rows = {row["name"]: row for row in content["people"]}
    how(rows)
    content["people"] = list(rows.values())
    content["next"] = 1 + max(int(row["id"][1:]) for row in rows.values())
    replace_file(path, json.dumps(content).encode())


def _ghost(rows: Rows) -> None:
    rows["ghost"] = {**rows["otto"], "id": "p7", "name": "ghost", "roles": ["line-lead"]}


TAMPERED: dict[str, tuple[str, Secret, Callable[[Rows], object], str]] = {
    "another role": ("otto", pin("otto"), lambda rows: rows["otto"].update(roles=["engineer"]), "p3 is engineer in it"),
    "enabled again": ("quinn", pin("quinn"), lambda rows: rows["quinn"].update(disabled=False), "p4 may sign in by it"),
    "a PIN of one's own": (
        "lena",
        pin("otto"),
        lambda rows: rows["lena"].update(pin=rows["otto"]["pin"]),
        "p2 has another PIN or badge",
    ),
    "a badge of one's own": (
        "lena",
        pin("lena"),
        lambda rows: rows["lena"].update(badge="ab" * 32),
        "p2 has another PIN or badge",
    ),
    "nobody": ("ghost", pin("otto"), _ghost, "p7 is in it, and the journal does not know"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_whoever_is_not_as_the_journal_says_signs_in_nowhere_and_it_shows(line: Line, name: str) -> None:
    who, typed, how, told = TAMPERED[name]
    with Station(line.open(), "a test") as station:
        station.desk.disable(line.actor(), "quinn", reason="left")
    rewrite(line, how)
    with Station(line.open(), "a test") as station:
        with pytest.raises(Fault) as refused:
            station.sign_in(who, typed)
        assert refused.value.code == "PPL-139"
        assert told in refused.value.sentence
        person = station.people.person(who)
        (last,) = [entry.event for entry in station.records.entries_of_kind(SignInRefused.kind)]
        assert last == SignInRefused(person=person.id, code="PPL-139")
        # Everybody else works on, and nobody makes it true by a change.
        assert station.sign_in("edith", pin("edith")).id == "p1"
        acts: tuple[Callable[[], object], ...] = (
            lambda: station.desk.reset(line.actor(), who, Secret("381746"), reason="r", second=line.second()),
            lambda: station.desk.set_roles(line.actor(), who, QA, reason="r", second=line.actor(who="p9")),
        )
        assert [code(act) for act in acts] == ["PPL-139", "PPL-139"]
    rows = [json.loads(text) for text in call_station(line, "people", "list", "--json")[1].splitlines()]
    assert [row["id"] for row in rows if row["changed_outside"]] == [person.id]
    assert "PPL-139" in call_station(line, "people", "list")[1]
    found = [one for one in examine(line.station_file, clock=line.clock) if one.id == "people"]
    assert [(one.state, one.code) for one in found] == [(State.TROUBLE, "PPL-139")]
    assert told in found[0].seen
    with Station(line.open(), "a test") as station:
        station.desk.forget(line.actor(), who, reason="somebody wrote into the file")
    found = [one for one in examine(line.station_file, clock=line.clock) if one.id == "people"]
    assert [one.state for one in found] == [State.OK]


def test_a_service_that_only_the_file_knows_runs_nothing(line: Line) -> None:
    rewrite(line, lambda rows: rows["otto"].update(roles=["service"]))
    with Station(line.open(), "a test") as station:
        assert code(lambda: station.desk.sign_in_service("otto")) == "PPL-139"
        assert station.desk.sign_in_service("robot").id == "p6"
        assert [one.event for one in station.records.entries_of_kind(SignInRefused.kind)] == [
            SignInRefused(person="p3", code="PPL-139")
        ]


def test_whom_only_the_file_lacks_still_has_to_be_asked(line: Line) -> None:
    rewrite(line, lambda rows: [rows.pop(name) for name in ("lena", "quinn", "carl")])
    with Station(line.open(), "a test") as station:
        assert not station.desk.is_alone(line.actor(), "otto")
        assert code(lambda: station.desk.set_roles(line.actor(), "otto", QA, reason="r")) == "PPL-113"


def test_wrong_pins_are_no_change_from_outside(line: Line) -> None:
    with Station(line.open(), "a test") as station:
        for _ in range(5):
            assert code(lambda: station.sign_in("otto", Secret("112233"))) == "PPL-101"
    rewrite(line, lambda rows: rows["otto"].update(wrong=0, locked_until=None))
    with Station(line.open(), "a test") as station:
        assert station.sign_in("otto", pin("otto")).id == "p3"


def test_people_of_an_older_station_sign_in_and_their_roles_count(line: Line) -> None:
    with Station(line.open(), "a test") as station:
        for entry in station.records.entries_of_kind(PersonChanged.kind):
            assert isinstance(entry.event, PersonChanged)
            station.journal.commit(replace(entry.event, proof=""))
    with Station(line.open(), "a test") as station:
        assert station.sign_in("lena", pin("lena")).id == "p2"
    rewrite(line, lambda rows: rows["lena"].update(roles=["engineer"]))
    with Station(line.open(), "a test") as station:
        assert code(lambda: station.sign_in("lena", pin("lena"))) == "PPL-139"


def _cut_off(line: Line, change: Callable[[Desk, Actor], object]) -> Path:
    """Leave what a kill leaves between a change's entry and its file's name."""
    path = line.folder / "data" / "people.json"
    before = path.read_bytes()
    with Station(line.open(), "a test") as station:
        change(station.desk, line.actor())
    left = path.with_name(".people.json.abc.new")
    replace_file(left, path.read_bytes())
    replace_file(path, before)
    return left


def test_a_change_that_was_cut_off_behind_its_entry_is_finished(line: Line) -> None:
    left = _cut_off(line, lambda desk, actor: desk.reset(actor, "otto", Secret("381746")))
    with Station(line.open(), "a test") as station:
        assert station.sign_in("otto", Secret("381746")).id == "p3"
        assert not left.exists()
    left = _cut_off(line, lambda desk, actor: desk.forget(actor, "robot", reason="r"))
    with Station(line.open(), "a test") as station:
        assert station.people.person("p6").name is None
    assert b"robot" not in (line.folder / "data" / "people.json").read_bytes()
    assert not left.exists()


def test_what_was_never_recorded_is_not_finished_but_dropped(line: Line) -> None:
    path = line.folder / "data" / "people.json"
    before = path.read_bytes()
    rewrite(line, lambda rows: rows["otto"].update(roles=["engineer"]))
    replace_file(path.with_name(".people.json.abc.new"), path.read_bytes())
    replace_file(path.with_name(".people.json.abd.new"), before[:100])
    replace_file(path, before)
    with Station(line.open(), "a test") as station:
        assert station.sign_in("otto", pin("otto")).roles == {Role.OPERATOR}
    assert not list(path.parent.glob(".people*"))
    assert path.read_bytes() == before


def test_who_was_made_alone_vouches_for_nobody(line: Line) -> None:
    (line.folder / "data" / "people.json").unlink()
    with Station(line.open(), "a test") as station:
        founder = station.found("Edith", pin("edith"), frozenset(), anew=True)
        me = station.actor
        first = station.desk.add(me, "Anna", Secret("381746"), LEAD, reason="r")

        def anna() -> Actor:
            return station.sign_in("Anna", Secret("381746"))

        second = station.desk.add(me, "Berta", Secret("381747"), LEAD, reason="r", second=anna())
        assert [station.desk.was_alone(one) for one in (founder, first, second)] == [True, True, True]
        berta = station.sign_in("Berta", Secret("381747"))
        station.desk.reset(me, "Anna", Secret("381746"), reason="r", second=berta)
        station.desk.reset(me, "p7", pin("edith"), reason="r", second=anna())
    rows = [json.loads(text) for text in call_station(line, "people", "list", "--json")[1].splitlines()]
    assert [row["name"] for row in rows if row["made_alone"]] == ["Edith", "Anna", "Berta"]


def _ca_of_its_own(line: Line) -> Path:
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace("[ca]\n", '[ca]\nfolder = "new-ca"\n'))
    return line.folder / "new-ca"


def _make_ca(line: Line, folder: Path) -> None:
    create_authority(
        folder, Secret(PASSPHRASE), name="Test Works", clock=line.clock, root_years=3, line_years=2, leaf_years=1
    )


def test_a_ca_is_intended_before_anything_of_it_is_there(line: Line) -> None:
    folder = _ca_of_its_own(line)
    seen: list[tuple[str, bool]] = []
    with Station(line.open(), "a test") as station:
        station.feed.listen(
            lambda notice: seen.append((notice.event.kind, folder.exists())) if isinstance(notice, Entry) else None
        )
        station.enter(line.actor(Role.CA_KEEPER, who="p5"))
        made = station.create_ca(Secret(PASSPHRASE))
        (intent,) = station.records.entries_of_kind(AuthorityIntended.kind)
        assert (intent.event, intent.by) == (AuthorityIntended(name=made.name, operator="p5"), "p5")
        assert code(lambda: station.create_ca(Secret(PASSPHRASE))) == "CA-101"
        assert len(station.records.entries_of_kind(AuthorityIntended.kind)) == 1
    assert seen[:2] == [("authority-intended", False), ("authority-created", True)]


def test_a_ca_whose_making_was_cut_off_is_recorded_at_the_next_start(line: Line) -> None:
    folder = _ca_of_its_own(line)
    intent = AuthorityIntended(name="Test Works", operator="p5")

    def created() -> list[AuthorityCreated]:
        with Station(line.open(), "a test") as station:
            entries = station.records.entries_of_kind(AuthorityCreated.kind)
            assert {entry.by for entry in entries} <= {"station"}
            return [entry.event for entry in entries if isinstance(entry.event, AuthorityCreated)]

    with Station(line.open(), "a test") as station:
        station.journal.commit(intent, by="p5")
    assert created() == []  # nothing was made
    _make_ca(line, folder)
    (found,) = created()
    assert (found.name, found.operator, found.found) == ("Test Works", "p5", True)
    assert created() == [found]
    with Station(line.open(), "a test") as station:
        assert station.open_ca(actor=line.actor()).fingerprint
        station.journal.commit(intent, by="p5")
    assert created() == [found]  # that one is recorded


def test_a_ca_that_nobody_intended_is_no_entry(line: Line) -> None:
    _make_ca(line, _ca_of_its_own(line))
    with Station(line.open(), "a test") as station:
        assert station.records.entries_of_kind(AuthorityCreated.kind) == []


def test_a_damaged_ca_behind_an_intent_keeps_nobody_from_working(line: Line) -> None:
    folder = _ca_of_its_own(line)
    _make_ca(line, folder)
    (folder / "root.pem").write_text("no certificate")
    with Station(line.open(), "a test") as station:
        station.journal.commit(AuthorityIntended(name="Test Works", operator="p5"), by="p5")
    with Station(line.open(), "a test") as station:
        assert station.records.entries_of_kind(AuthorityCreated.kind) == []
        assert station.sign_in("edith", pin("edith"), Method.FILE).id == "p1"
        assert code(lambda: station.open_ca(actor=line.actor())) == "CRED-141"
