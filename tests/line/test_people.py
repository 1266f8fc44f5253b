"""People at the line: whatever is written is by somebody who may; the journal knows by whom, and who was refused."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from station.app import Station
from station.domain.events import (
    ActionRefused,
    AttemptOpened,
    AuthorityCreated,
    Event,
    PersonChanged,
    ReworkDeclared,
    ReworkWithdrawn,
    SessionOpened,
    SettingsReleased,
    SignedIn,
    SignedOut,
    SignInRefused,
    SlotAcknowledged,
)
from station.domain.faults import Fault
from station.domain.ids import BatchId, EventSeq, SlotNumber
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.host.clock import Stop
from station.host.files import sha256_of
from station.journal.codec import Entry
from station.line.batch_run import LineRules
from station.line.decisions import correct_clock, decide_uploads, declare_rework, withdraw_rework
from station.people.rights import Actor, Method, Right, Role
from tests.line.harness import STAFF, Line
from tests.line.trial import Trial, prepare

E = TypeVar("E", bound=Event)


@pytest.fixture
def station(line: Line) -> Iterator[Station]:
    with Station(line.open(), "a test") as opened:
        yield opened


def code(act: Callable[[], object]) -> str:
    with pytest.raises(Fault) as refused:
        act()
    return refused.value.code


def entries(station: Station) -> list[Entry]:
    return list(station.records.entries_from(EventSeq(1)))


def events(station: Station, kind: type[E]) -> list[E]:
    return [entry.event for entry in entries(station) if isinstance(entry.event, kind)]


def pin(who: str) -> Secret:
    return Secret(STAFF[who][0])


def test_entries_name_whoever_entered_and_before_that_the_station(station: Station) -> None:
    station.enter(station.sign_in("otto", pin("otto")))
    station.journal.keep("a thing", {"of": "otto's"})
    station.enter(station.sign_in("lena", pin("lena"), Method.FILE))
    station.journal.keep("a thing", {"of": "lena's"})
    mine = [one for one in entries(station) if one.session == entries(station)[-1].session]
    assert [(one.by, one.event.kind) for one in mine] == [
        ("station", "session-opened"),
        ("p3", "signed-in"),
        ("p3", "context"),
        ("p2", "signed-in"),
        ("p2", "context"),
    ]
    first, second = events(station, SignedIn)
    assert (first.person, first.roles, first.method) == ("p3", ("operator",), "name and PIN")
    assert (second.person, second.roles, second.method) == ("p2", ("line-lead",), "private file")


def test_whoever_entered_leaves_with_the_session(line: Line) -> None:
    with Station(line.open(), "a test") as opened:
        opened.enter(line.actor(Role.OPERATOR, who="p3"))
    opened.close()  # safe to repeat
    with line.open().records() as records:
        kinds = [entry.event for entry in records.entries_from(EventSeq(1))]
    assert [one for one in kinds if isinstance(one, SignedOut)] == [SignedOut(person="p3", reason="the session ended")]


def test_who_can_not_sign_in_is_journaled_without_what_was_typed(station: Station) -> None:
    typed = [("otto", "640031"), ("Mallory-9", "640032"), ("p5", "640033")]
    for who, wrong in typed:
        assert code(partial(station.sign_in, who, Secret(wrong))) == "PPL-101"
    assert events(station, SignInRefused) == [
        SignInRefused(person="p3", code="PPL-101"),
        SignInRefused(person="", code="PPL-101"),
        SignInRefused(person="p5", code="PPL-101"),
    ]
    for entry in entries(station):
        assert not [text for pair in typed for text in (*pair[1:], "Mallory") if text in repr(entry)]


def test_nothing_is_done_for_nobody(line: Line, station: Station) -> None:
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    acts: list[Callable[[], object]] = [
        lambda: station.arm(BatchId("WO-1"), opened.recipe("tracker"), opened.fixture(), 1, cloud),
        lambda: station.outbox(cloud),
        lambda: station.create_ca(Secret("a passphrase that is long")),
        lambda: station.release("why"),
    ]
    assert [code(act) for act in acts] == ["PPL-137"] * 4


@pytest.mark.parametrize(("role", "who"), [(Role.QA, "p4"), (Role.CA_KEEPER, "p5")])
def test_who_may_not_run_neither_arms_nor_uploads_nor_runs(line: Line, station: Station, role: Role, who: str) -> None:
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    recipe, fixture = opened.recipe("tracker"), opened.fixture()
    station.enter(line.actor())
    armed = station.arm(BatchId("WO-1"), recipe, fixture, 1, cloud, "a test")
    stop = Stop()
    engine = station.build_run(armed, station.open_ca(), fixture, recipe, None, stop, LineRules())
    stop.request()  # if it ran all the same, it would at least not wait for boards
    somebody = station.enter(line.actor(role, who=who))
    acts: list[Callable[[], object]] = [
        lambda: station.arm(BatchId("WO-2"), recipe, fixture, 1, cloud, "a test"),
        lambda: station.outbox(cloud),
        lambda: engine.run(somebody),
    ]
    assert [code(act) for act in acts] == ["PPL-111"] * 3
    assert station.records.batch_names() == ["WO-1"]
    refused = events(station, ActionRefused)
    assert [(one.person, one.action, one.fault.code) for one in refused] == [
        (who, "run a batch", "PPL-111"),
        (who, "upload finished units", "PPL-111"),
        (who, "run a batch", "PPL-111"),
    ]
    assert all("These may: " in one.fault.sentence for one in refused)


WEAK = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}


def test_only_somebody_who_may_and_says_why_lets_a_latched_slot_go(line: Line) -> None:
    prepare(line, cloud=False)
    with Trial(line) as trial:
        assert trial.put({"serial": "B1", "faults": WEAK}).latched
        slot = SlotNumber(1)
        engine = trial.engine
        old = line.actor(Role.LINE_LEAD, who="p2")
        old = replace(old, signed_in=replace(old.signed_in, monotonic=old.signed_in.monotonic - 601))
        assert code(lambda: engine.acknowledge(slot, line.actor(Role.OPERATOR, who="p3"), "looked")) == "PPL-111"
        service = line.actor(Role.SERVICE, who="p6", method=Method.SERVICE)
        assert code(lambda: engine.acknowledge(slot, service, "looked")) == "PPL-111"
        assert code(lambda: engine.acknowledge(slot, line.actor(Role.LINE_LEAD, who="p2"), " ")) == "PPL-112"
        assert code(lambda: engine.acknowledge(slot, old, "looked")) == "PPL-116"
        assert trial.records.latched_slots()
        engine.acknowledge(slot, line.actor(Role.LINE_LEAD, who="p2"), " looked ")
        assert not trial.records.latched_slots()
        trial.wait_empty()
        (done,) = events(trial.station, SlotAcknowledged)
        assert (done.operator, done.reason) == ("p2", "looked")
        refused = [(one.person, one.fault.code) for one in events(trial.station, ActionRefused)]
        assert refused == [("p3", "PPL-111"), ("p6", "PPL-111"), ("p2", "PPL-112"), ("p2", "PPL-116")]
        line.bench.remove(1)


def test_the_station_file_says_how_old_a_pin_may_be(line: Line) -> None:
    line.write(station="[people]\nidle_minutes = 30\n")
    with Station(line.open(), "a test") as station:
        actor = line.actor()
        earlier = replace(actor.signed_in, monotonic=actor.signed_in.monotonic - 29 * 60)
        station.gate.require(replace(actor, signed_in=earlier), Right.CORRECT_CLOCK, "why")
        earlier = replace(actor.signed_in, monotonic=actor.signed_in.monotonic - 31 * 60)
        with pytest.raises(Fault, match="30 min"):
            station.gate.require(replace(actor, signed_in=earlier), Right.CORRECT_CLOCK, "why")


def test_whoever_was_never_on_the_roll_may_nothing_whatever_a_sign_in_says(line: Line, station: Station) -> None:
    stranger = line.actor(Role.ENGINEER, Role.LINE_LEAD, who="p77")
    assert code(lambda: station.gate.require(stranger, Right.RUN)) == "PPL-125"
    assert not station.gate.stands(stranger)
    (refused,) = events(station, ActionRefused)
    assert (refused.person, refused.fault.code) == ("p77", "PPL-125")


def test_decisions_take_the_role_the_reason_and_the_second_person(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    (unit,) = line.run(1, upload=False).units
    with Station(line.open(), "a test") as station:
        gate, records = station.gate, station.records
        lead, operator = line.actor(Role.LINE_LEAD, who="p2"), line.actor(Role.OPERATOR, who="p3")
        first, held = EventSeq(1), CloudState.HELD

        def rework(actor: Actor, reason: str, second: Actor | None) -> str:
            return code(lambda: declare_rework(gate, records, unit.name, actor, reason, second))

        assert code(lambda: decide_uploads(gate, records, [unit.name], held, operator, "why")) == "PPL-111"
        assert code(lambda: decide_uploads(gate, records, [unit.name], held, lead, "")) == "PPL-112"
        assert code(lambda: correct_clock(gate, records, first, first, lead, "why")) == "PPL-111"
        assert rework(operator, "why", lead) == "PPL-111"
        assert rework(lead, "", line.actor()) == "PPL-112"
        assert rework(lead, "why", None) == "PPL-113"
        assert rework(lead, "why", operator) == "PPL-113"
        assert rework(lead, "why", line.actor(Role.LINE_LEAD, who="p2")) == "PPL-114"
        asked = line.actor(Role.ENGINEER)
        old = replace(asked, signed_in=replace(asked.signed_in, monotonic=asked.signed_in.monotonic - 61))
        assert rework(lead, "why", old) == "PPL-115"
        said = [one.fault.code for one in events(station, ActionRefused)]
        assert said == [
            *("PPL-111", "PPL-112", "PPL-111", "PPL-111", "PPL-112"),
            *("PPL-113", "PPL-113", "PPL-114", "PPL-115"),
        ]
        declare_rework(gate, records, unit.name, lead, "why", asked)
        assert rework(lead, "why", asked) == "PPL-117"
        again = replace(asked, signed_in=line.actor().signed_in)
        assert code(lambda: declare_rework(gate, records, "no such", lead, "why", again)) == "LINE-162"
        assert rework(lead, "why", again) == "PPL-117"  # of what came to nothing too
        assert len(events(station, ReworkDeclared)) == 1

        def withdraw(actor: Actor, reason: str, second: Actor | None) -> str:
            return code(lambda: withdraw_rework(gate, records, unit.name, actor, reason, second))

        assert withdraw(operator, "why", lead) == "PPL-111"
        assert withdraw(lead, "", line.actor()) == "PPL-112"
        assert withdraw(lead, "why", None) == "PPL-113"
        assert withdraw(lead, "why", line.actor(Role.LINE_LEAD, who="p2")) == "PPL-114"
        assert withdraw(lead, "why", asked) == "PPL-117"  # who agreed to the rework has not agreed to this
        assert not events(station, ReworkWithdrawn)
        asked = replace(asked, signed_in=line.actor().signed_in)
        withdraw_rework(gate, records, unit.name, lead, " sold as it is ", asked)
        (withdrawn,) = events(station, ReworkWithdrawn)
        assert (withdrawn.operator, withdrawn.second, withdrawn.reason) == (lead.id, asked.id, "sold as it is")
        asked = replace(asked, signed_in=line.actor().signed_in)
        assert withdraw(lead, "why", asked) == "JRN-207"


def test_only_a_ca_keeper_makes_the_ca_and_that_is_recorded(line: Line) -> None:
    line.write(station="", cloud="")
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace("[ca]\n", '[ca]\nfolder = "new-ca"\n'))
    passphrase = Secret("a passphrase that is long")
    with Station(line.open(), "a test") as station:
        station.enter(line.actor(Role.ENGINEER, Role.LINE_LEAD))
        assert code(lambda: station.create_ca(passphrase)) == "PPL-111"
        assert not (line.folder / "new-ca").exists()
        station.enter(line.actor(Role.CA_KEEPER, who="p5"))
        made = station.create_ca(passphrase)
        (event,) = events(station, AuthorityCreated)
    assert (event.operator, event.root_sha256, event.line_sha256) == ("p5", made.root_sha256, made.line_sha256)


def test_changed_settings_build_nothing_before_an_engineer_says_why(line: Line) -> None:
    def arm(actor: Actor, reason: str = "") -> None:
        opened = line.open()
        with Station(opened, "a test") as station:
            station.enter(actor)
            station.arm(BatchId("WO-1"), opened.recipe("tracker"), opened.fixture(), 1, None, reason)

    operator = line.actor(Role.OPERATOR, who="p3")
    assert code(lambda: arm(operator)) == "LINE-182"
    assert code(lambda: arm(operator, "I say so")) == "LINE-182"
    assert code(lambda: arm(line.actor(Role.LINE_LEAD, who="p2"), "I say so")) == "LINE-182"
    assert code(lambda: arm(line.actor())) == code(lambda: arm(line.actor(), " \n")) == "LINE-182"
    arm(line.actor(), "the first")
    arm(operator)
    before = {}
    for name in ("station.toml", "fixture.toml"):
        path = line.folder / name
        before[name] = sha256_of(path.read_bytes())
        path.write_text(path.read_text() + "# a word\n")
        with pytest.raises(Fault) as refused:
            arm(operator)
        assert (refused.value.code, f"({name})" in refused.value.sentence) == ("LINE-181", True)
        assert "engineer (station release)" in refused.value.sentence
        arm(line.actor(), f" a word in {name} ")
        arm(operator)
    line.recipe("other")
    with Station(line.open(), "a test") as station:
        station.enter(operator)
        assert [one.name for one in station.unreleased(line.open().recipe("other"))] == ["other"]
        released = events(station, SettingsReleased)
        refused_events = events(station, ActionRefused)
    assert [(one.about, one.name) for one in released] == [
        ("station", "test"),
        ("recipe", "tracker"),
        ("fixture", "test"),
        ("station", "test"),
        ("fixture", "test"),
    ]
    assert [one.before for one in released] == [None, None, None, before["station.toml"], before["fixture.toml"]]
    assert (released[3].operator, released[3].reason) == ("p1", "a word in station.toml")
    assert [(one.person, one.action) for one in refused_events] == [
        (who, "change the settings") for who in ("p3", "p3", "p2", "p1", "p1", "p3", "p3")
    ]


def test_a_changed_station_file_uploads_nothing(line: Line) -> None:
    line.release()
    line.station_file.write_text(line.station_file.read_text() + "# another cloud, perhaps\n")
    opened = line.open()
    cloud = opened.cloud()
    assert cloud is not None
    with Station(opened, "a test") as station:
        station.enter(line.actor(Role.OPERATOR, who="p3"))
        assert code(lambda: station.outbox(cloud)) == "LINE-181"


def test_people_are_managed_by_an_engineer_and_the_journal_has_ids_alone(line: Line, station: Station) -> None:
    desk, engineer, lead = station.desk, line.actor(), line.actor(Role.LINE_LEAD, who="p2")
    why, who = "a new colleague", "Wilhelmina"
    acts: list[Callable[[Actor], object]] = [
        lambda actor: desk.add(
            actor, who, Secret("381746"), frozenset({Role.QA}), "BADGE-77", reason=why, second=line.second()
        ),
        lambda actor: desk.set_roles(actor, who, frozenset({Role.OPERATOR}), reason=why),
        lambda actor: desk.reset(actor, who, Secret("381747"), "BADGE-78"),
        lambda actor: desk.disable(actor, who, reason="left"),
        lambda actor: desk.forget(actor, who, reason="left"),
    ]
    for act in acts:
        assert code(partial(act, lead)) == "PPL-111"
        act(engineer)
    changes = [one for one in events(station, PersonChanged) if one.person == "p7"]
    assert len({one.proof for one in changes}) == 4  # only other roles are no other PIN or badge
    assert [replace(one, proof="") for one in changes] == [
        PersonChanged(person="p7", change="added", roles=("qa",), operator="p1", reason=why, second="p2"),
        PersonChanged(person="p7", change="other roles", roles=("operator",), operator="p1", reason=why),
        PersonChanged(person="p7", change="new PIN and badge", roles=("operator",), operator="p1"),
        PersonChanged(person="p7", change="disabled", roles=("operator",), operator="p1", reason="left"),
        PersonChanged(person="p7", change="forgotten", roles=("operator",), operator="p1", reason="left"),
    ]
    assert len(events(station, ActionRefused)) == 5
    station.close()
    for path in line.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in (b"Wilhelmina", b"BADGE-7", b"381746", b"381747") if word in content], path


def test_to_take_away_who_may_agree_takes_a_reason(line: Line, station: Station) -> None:
    desk, engineer = station.desk, line.actor()
    operator = frozenset({Role.OPERATOR})
    assert code(lambda: desk.set_roles(engineer, "lena", operator)) == "PPL-112"
    assert code(lambda: desk.disable(engineer, "quinn")) == code(lambda: desk.forget(engineer, "carl")) == "PPL-112"
    assert not desk.is_alone(engineer, "otto")
    desk.set_roles(engineer, "lena", operator, reason="r")
    desk.disable(engineer, "quinn", reason="r")
    assert not desk.is_alone(engineer, "otto")
    desk.forget(engineer, "carl", reason="r")
    # Whoever is disabled or forgotten can't be the second person, and a service never could.
    assert desk.is_alone(engineer, "otto")
    desk.set_roles(engineer, "otto", frozenset({Role.QA}), reason="nobody else is left")
    last = events(station, PersonChanged)[-1]
    assert (last.person, last.alone, last.second) == ("p3", True, "")


def test_two_sessions_give_no_number_twice_whatever_became_of_the_file(line: Line) -> None:
    path = line.folder / "data" / "people.json"
    old = path.read_bytes()
    for name, number in (("Olga", "p7"), ("Mallory", "p8")):
        with Station(line.open(), "a test") as station:
            added = station.desk.add(line.actor(), name, Secret("381746"), frozenset({Role.OPERATOR}))
        assert added.id == number
        path.write_bytes(old)
    path.unlink()
    with Station(line.open(), "a test") as station:
        assert code(lambda: station.found("Mallory", Secret("381746"), frozenset())) == "PPL-138"
        assert station.found("Mallory", Secret("381746"), frozenset(), anew=True).id == "p9"
        last = [one.change for one in events(station, PersonChanged)][-3:]
        assert last == ["added", "added", "founded anew"]


def test_an_attempt_names_what_is_the_same_for_all_of_its_slot(line: Line) -> None:
    line.release()
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    assert line.run(2, upload=False).all_passed
    with line.open().records() as records:
        opened = [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, AttemptOpened)]
        contexts = {one.slot: records.context(one.context) for one in opened if one.context is not None}
        found = [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, SessionOpened)]
        session = records.context(found[-1].context)
    fixture = line.open().fixture()
    assert sorted(contexts) == [1, 2]
    for slot, context in contexts.items():
        assert context is not None
        expected = {
            "slot": slot,
            "fixture": "test",
            "fixture_file": fixture.sha256,
            "port": str(line.folder / "data" / f"bench/slot{slot}"),
            "programmer": "simulated",
            "probe": f"simulated {slot}",
            "presence": "port",
            "power": "none",
            "product": "tracker",
            "batch": "WO-1",
            "operator": "p1",
            "roles": ["ca-keeper", "engineer", "line-lead"],
        }
        assert {key: context[key] for key in expected} == expected
    assert session is not None
    assert session["clock"] in ("synchronised", "not synchronised", "unknown")
    software = session["software"]
    assert isinstance(software, dict)
    assert {"commit", "lock_sha256"} <= software.keys()


def test_two_who_sign_in_at_once_are_both_counted(line: Line, station: Station) -> None:
    """Acknowledging and signing in may come from two threads; no wrong PIN is lost."""
    together = threading.Barrier(2)

    def try_it() -> None:
        together.wait()
        code(lambda: station.sign_in("otto", Secret("640031")))

    threads = [threading.Thread(target=try_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (otto,) = [one for one in station.people.all if one.id == "p3"]
    assert otto.wrong == 2
    assert len(events(station, SignInRefused)) == 2
    del line
