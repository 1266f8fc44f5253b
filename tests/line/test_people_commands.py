"""The commands about people, and how a command knows who gives it: prompts that show no PIN, files, services."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from station.domain.events import ActionRefused, Event, PersonChanged, SettingsReleased, SignedIn, SignInRefused
from station.domain.ids import EventSeq
from station.host.files import replace_file
from station.journal.records import Records
from tests.line.harness import STAFF, Line
from tests.line.processes import STATION, Process, call_station, run_station, start_run
from tests.line.test_run_command import acknowledge
from tests.line.typing_hands import Terminal, terminal
from tests.stored_leaves import legible

WHO, PIN = "Name or badge: ", "PIN: "
RUN = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 1)
WEAK = {"commands": [{"do": "cme", "code": 528, "match": "%CMNG=0"}]}


@pytest.fixture
def bare(line: Line) -> Line:
    """A station on which nobody works yet."""
    for path in (line.folder / "data").glob("*.*"):
        path.unlink()
    return line


def events(line: Line, *kinds: type[Event]) -> list[Event]:
    with Records(line.folder / "data") as records:
        return [entry.event for entry in records.entries_from(EventSeq(1)) if isinstance(entry.event, kinds)]


def codes(line: Line) -> list[tuple[str, str]]:
    return [(one.person, one.fault.code) for one in events(line, ActionRefused) if isinstance(one, ActionRefused)]


def no_pin_in(line: Line, shown: Iterable[str]) -> None:
    told = "\n".join(shown)
    for path in line.folder.rglob("*"):
        if path.is_file() and path.suffix != ".sign-in" and "bench" not in path.parts:
            told += path.read_bytes().decode("latin-1")
    assert [pin for pin, _ in STAFF.values() if pin and pin in told] == []


def sign_in(at: Terminal, who: str, pin: str | None = None) -> None:
    at.read_until(WHO)
    at.type(who)
    at.read_until(PIN)
    at.type(pin or STAFF[who][0])


def test_init_makes_the_first_engineer_the_key_and_releases_what_is_there(bare: Line) -> None:
    (bare.folder / "recipes" / "broken.toml").write_text("schema = 7\n")
    with terminal(bare, "init", "--role", "ca-keeper", sign_in=False) as asked:
        asked.read_until("Name of the first engineer: ")
        asked.type("Edith")
        asked.read_until("New PIN for Edith: ")
        asked.type("582914")
        asked.read_until("Repeat for confirmation: ")
        asked.type("582914")
        assert asked.end() == 0, asked.shown
    assert "p1 is Edith: ca-keeper, engineer." in asked.shown
    for what in ("station test (station.toml)", "fixture test (fixture.toml)", "recipe tracker (tracker.toml)"):
        assert f"released: {what}" in asked.shown
    assert "not released: SET-102" in asked.shown
    key = (bare.folder / "data" / "evidence" / "station.vkey").read_text().strip()
    assert key in asked.shown
    assert "582914" not in asked.shown
    changed = [one for one in events(bare, PersonChanged) if isinstance(one, PersonChanged)]
    assert [(one.person, one.change, one.operator) for one in changed] == [("p1", "founded", "p1")]
    assert len(events(bare, SettingsReleased)) == 3
    # An operator can begin at once; and there is no second beginning.
    code, _, errors = call_station(bare, "init", "--sign-in", bare.sign_in_file("otto"))
    assert (code, errors[:7]) == (4, "PPL-128")
    pin = ("--pin-from", bare.sign_in_file("otto"))
    assert call_station(bare, "people", "add", "otto", "--role", "operator", *pin)[:2] == (0, "p2 is otto: operator.\n")
    bare.bench.insert_described(1, {"serial": "B1"})
    with run_station(bare, *RUN, "--headless", "--sign-in", bare.sign_in_file("otto")) as run:
        assert run.end() == 0, run.errors


def test_a_beginning_that_was_cut_off_is_begun_once_more(bare: Line) -> None:
    with terminal(bare, "init", sign_in=False) as cut:
        cut.read_until("Name of the first engineer: ")
        cut.type("Edith")
        cut.read_until("New PIN for Edith: ")
        assert cut.leave_with("\x03") == 130
    replace_file(bare.folder / "weak", b"Edith\n1111\n")
    code, _, errors = call_station(bare, "init", "--sign-in", bare.folder / "weak")
    assert (code, errors[:7]) == (4, "PPL-123")
    assert call_station(bare, "init", "--sign-in", bare.sign_in_file("edith"))[0] == 0
    changed = [one for one in events(bare, PersonChanged) if isinstance(one, PersonChanged)]
    assert [(one.person, one.change) for one in changed] == [("p1", "founded")]


def test_nothing_is_done_before_init(bare: Line) -> None:
    code, shown, errors = call_station(bare, *RUN)
    assert (code, shown, errors[:7]) == (4, "", "PPL-127")
    assert "station init" in errors


def test_people_that_are_lost_are_begun_anew_and_it_shows(line: Line) -> None:
    assert call_station(line, "people", "disable", "quinn", "--reason", "left")[0] == 0
    (line.folder / "data" / "people.json").unlink()
    code, _, errors = call_station(line, "init", "--sign-in", line.sign_in_file("otto"))
    assert (code, errors[:7]) == (4, "PPL-138")
    code, shown, _ = call_station(line, "init", "--anew", "--sign-in", line.sign_in_file("otto"))
    assert (code, shown.splitlines()[0][:10]) == (0, "p7 is otto")
    last = events(line, PersonChanged)[-1]
    assert isinstance(last, PersonChanged)
    assert last.change == "founded anew"


def new_pin(at: Terminal, whose: str, pin: str) -> None:
    for prompt in (f"New PIN for {whose}: ", "Repeat for confirmation: "):
        at.read_until(prompt)
        at.type(pin)


def second(at: Terminal, who: str, reason: str) -> None:
    at.read_until("Reason: ")
    at.type(reason)
    at.read_until("Second person: name or badge: ")
    at.type(who)
    at.read_until(PIN)
    at.type(STAFF[who][0])


def test_people_are_added_changed_listed_and_forgotten_by_prompts_that_show_no_pin(line: Line) -> None:
    shown = []
    adding = ("people", "add", "--role", "operator", "--role", "qa", "--badge")
    for pin, ends in (("1111", 4), ("735501", 0)):
        with terminal(line, *adding, sign_in=False) as add:
            sign_in(add, "edith")
            add.read_until("Name: ")
            add.type("Olga")
            new_pin(add, "Olga", pin)
            add.read_until("Badge: ")
            add.type("0004711")
            second(add, "lena", "a new colleague")
            assert add.end() == ends, add.shown
            shown.append(add.shown)
    assert "PPL-123" in shown[0]
    assert "p7 is Olga: operator, qa." in shown[1]
    with terminal(line, "people", "reset", "p7", sign_in=False) as reset:
        sign_in(reset, "edith")
        new_pin(reset, "p7", "735502")
        second(reset, "quinn", "it was forgotten")
        assert reset.end() == 0, reset.shown
        shown.append(reset.shown)
    with terminal(line, "upload", sign_in=False) as upload:
        sign_in(upload, "0004711", "735502")
        assert "LINE-182" in upload.shown or upload.end() == 4  # by badge; nothing is released here yet
        shown.append(upload.shown)
    last = events(line, SignedIn)[-1]
    assert isinstance(last, SignedIn)
    assert (last.person, last.method) == ("p7", "badge and PIN")
    with terminal(line, "people", "roles", "olga", "--role", "line-lead", "--reason", "a better job") as roles:
        roles.read_until("Second person: name or badge: ")
        roles.type("lena")
        roles.read_until(PIN)
        roles.type(STAFF["lena"][0])
        assert roles.end() == 0, roles.shown
        assert "p7: line-lead." in roles.shown
    rows = [json.loads(text) for text in call_station(line, "people", "list", "--json")[1].splitlines()]
    expected = {"id": "p7", "name": "Olga", "roles": ["line-lead"], "state": "active", "made_alone": False}
    expected["changed_outside"] = ""
    assert rows[-1] == expected
    assert "Olga" in call_station(line, "people", "list")[1]
    why = ("--reason", "left")
    assert call_station(line, "people", "disable", "p7", *why)[:2] == (0, "p7 can sign in no more.\n")
    assert call_station(line, "people", "forget", "p7", *why)[:2] == (0, "p7 has no name here any more.\n")
    table = call_station(line, "people", "list")[1]
    assert "Olga" not in table
    assert "(forgotten)" in table
    changed = [one for one in events(line, PersonChanged) if isinstance(one, PersonChanged) and one.person == "p7"]
    assert [(one.change, one.reason, one.second, one.alone) for one in changed] == [
        ("added", "a new colleague", "p2", False),
        ("new PIN", "it was forgotten", "p4", False),
        ("other roles", "a better job", "p2", False),
        ("disabled", "left", "", False),
        ("forgotten", "left", "", False),
    ]
    for path in line.folder.rglob("*"):
        assert not path.is_file() or b"Olga" not in legible(path), path
    for pin in ("735501", "735502"):
        assert not [text for text in shown if pin in text]
    no_pin_in(line, shown)


def test_an_engineer_makes_a_second_person_alone_only_where_nobody_else_is_and_it_shows(bare: Line) -> None:
    assert call_station(bare, "init", "--sign-in", bare.sign_in_file("edith"))[0] == 0

    def add(who: str, role: str, *more: str) -> tuple[int, str, str]:
        return call_station(bare, "people", "add", "--role", role, "--pin-from", bare.sign_in_file(who), *more)

    def alone() -> list[str]:
        rows = [json.loads(text) for text in call_station(bare, "people", "list", "--json")[1].splitlines()]
        return [row["name"] for row in rows if row["made_alone"]]

    assert alone() == ["edith"]
    code, shown, _ = add("otto", "operator")
    assert (code, shown) == (0, "p2 is otto: operator.\n")
    code, shown, errors = add("lena", "line-lead")
    assert (code, shown, errors[:7]) == (4, "", "PPL-112")
    code, shown, _ = add("lena", "line-lead", "--reason", "the first line lead")
    assert code == 0
    assert shown.startswith("p3 is lena: line-lead.\nNobody was there who could be the second person")
    assert alone() == ["edith", "lena"]
    assert "made without a second person" in call_station(bare, "people", "list")[1]
    # From now on there is somebody: nothing of that kind is done without her.
    own = str(bare.sign_in_file("edith"))
    for words in (("roles", "otto", "--role", "qa"), ("reset", "edith", "--pin-from", own)):
        code, shown, errors = call_station(bare, "people", *words, "--reason", "I want to")
        assert (code, shown, errors[:7]) == (4, "", "PPL-113"), words
    assert add("quinn", "qa", "--reason", "audits")[2][:7] == "PPL-113"
    # She is the only one, so her own new PIN is given alone.
    typed = ("people", "reset", "lena", "--pin-from", str(bare.sign_in_file("lena")))
    assert call_station(bare, *typed)[2][:7] == "PPL-112"
    assert call_station(bare, *typed, "--reason", "forgotten")[0] == 0
    with terminal(bare, "people", "reset", "edith", "--reason", "a spy", sign_in=False) as reset:
        sign_in(reset, "edith")
        new_pin(reset, "edith", "735502")
        reset.read_until("Second person: name or badge: ")
        reset.type("lena")
        reset.read_until(PIN)
        reset.type(STAFF["lena"][0])
        assert reset.end() == 0, reset.shown
    # The first engineer made lena alone, so her consent vouches for nobody.
    assert "The second person was made without one" in reset.shown
    assert alone() == ["edith", "lena"]
    assert codes(bare) == [("p1", code) for code in ("PPL-112", "PPL-113", "PPL-113", "PPL-113", "PPL-112")]


@pytest.mark.parametrize(
    "typed",
    [
        ("people", "add", "Olga", "--role", "qa", "--pin-from", "otto.sign-in"),
        ("people", "disable", "otto", "--reason", "r"),
        ("people", "roles", "otto", "--role", "engineer"),
        ("people", "forget", "otto", "--reason", "r"),
        ("people", "reset", "otto", "--pin-from", "otto.sign-in"),
        ("release", "--reason", "I say so"),
        ("correct-clock", "1", "1", "--reason", "I say so"),
    ],
    ids=lambda typed: " ".join(typed[:2]),
)
def test_who_is_no_engineer_is_told_who_is(line: Line, typed: tuple[str, ...]) -> None:
    before = (line.folder / "data" / "people.json").read_bytes()
    words = [str(line.folder / word) if word.endswith(".sign-in") else word for word in typed]
    code, shown, errors = call_station(line, *words, "--sign-in", line.sign_in_file("lena"))
    assert (code, shown, errors[:7]) == (4, "", "PPL-111")
    assert "These may: engineer" in errors
    assert codes(line) == [("p2", "PPL-111")]
    assert (line.folder / "data" / "people.json").read_bytes() == before


def test_a_person_at_a_terminal_is_asked_again_and_then_no_more(line: Line) -> None:
    with terminal(line, "correct-clock", 1, 2, "--reason", "the battery", sign_in=False) as wrong:
        sign_in(wrong, "edith", "112233")
        wrong.read_until("don't belong together")
        sign_in(wrong, "nobody here", "112233")
        wrong.read_until("don't belong together")
        sign_in(wrong, "edith")
        assert wrong.end() == 0, wrong.shown
    assert "112233" not in wrong.shown
    with terminal(line, "upload", sign_in=False) as wrong:
        for _ in range(3):
            sign_in(wrong, "edith", "112233")
        assert wrong.end() == 4
    assert wrong.shown.count("PPL-101") == 1
    refused = [one.person for one in events(line, SignInRefused) if isinstance(one, SignInRefused)]
    assert refused == ["p1", "", "p1", "p1", "p1"]


def test_a_lock_holds_for_the_next_command_too(line: Line) -> None:
    replace_file(line.folder / "wrong", b"otto\n112233\n")
    said = [call_station(line, "upload", "--sign-in", line.folder / "wrong")[2][:7] for _ in range(5)]
    assert said == ["PPL-101"] * 5
    code, _, errors = call_station(line, "upload", "--sign-in", line.sign_in_file("otto"))
    assert (code, errors[:7]) == (4, "PPL-102")
    pin = ("--pin-from", line.sign_in_file("otto"))
    assert call_station(line, "people", "reset", "otto", *pin)[0] == 0
    line.release()
    assert call_station(line, "upload", "--sign-in", line.sign_in_file("otto"))[0] == 0


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        (b"otto\n619403\n", 0o640, "HOST-104"),
        (b"otto\n", 0o600, "PPL-134"),
        (b"otto\n619403\n\nmore", 0o600, "PPL-134"),
        (b"\n619403\n", 0o600, "PPL-134"),
        (b"\xff\n619403\n", 0o600, "HOST-101"),
        (None, 0, "HOST-101"),
    ],
    ids=["others can read it", "no PIN", "too long", "no name", "no text", "none"],
)
def test_a_sign_in_file_is_two_lines_for_its_owners_eyes(
    line: Line, content: bytes | None, mode: int, code: str
) -> None:
    path = line.folder / "me"
    if content is not None:
        replace_file(path, content)
        path.chmod(mode)
    ended, _, errors = call_station(line, "upload", "--sign-in", path)
    assert (ended, errors[: len(code)]) == (4, code)
    assert "619403" not in errors


def test_nobody_is_asked_where_nobody_is(line: Line) -> None:
    with Process([*STATION, "upload", "--station", line.station_file]) as upload:
        upload.leave()
        assert upload.end() == 4
    assert upload.errors[0][:8] == "PPL-135 "
    with run_station(line, "rework", "x", "--reason", "r", "--sign-in", line.sign_in_file("lena")) as rework:
        rework.leave()
        assert rework.end() == 4
    assert rework.errors[0][:8] == "LINE-162"


def test_a_second_person_is_typed_and_never_a_file(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    (unit,) = line.run(1, upload=False).units
    typed = ("rework", unit.name, "--reason", "a scratch", "--sign-in", line.sign_in_file("lena"))
    code, _, errors = call_station(line, *typed)
    assert (code, errors[:7]) == (4, "PPL-113")
    with terminal(line, *typed) as same:
        same.read_until("Second person: name or badge: ")
        same.type("lena")
        same.read_until(PIN)
        same.type(STAFF["lena"][0])
        assert same.end() == 4
    assert "PPL-114" in same.shown
    with terminal(line, *typed[:-1], line.sign_in_file("otto")) as refused:
        assert refused.end() == 4
    assert "PPL-111" in refused.shown
    assert "second person" not in refused.shown.lower()
    assert codes(line) == [("p2", "PPL-113"), ("p2", "PPL-114"), ("p3", "PPL-111")]
    no_pin_in(line, [same.shown, refused.shown, errors])


def test_a_headless_run_is_the_named_services(line: Line) -> None:
    line.write(station='[people]\nservice = "robot"\n', slots=1)
    line.release()
    line.bench.insert_described(1, {"serial": "B1"})
    code, _, errors = call_station(line, *RUN, "--headless", "--reason", "r", "--sign-in", line.sign_in_file("edith"))
    assert code == 2
    assert "station release" in " ".join(errors.split())
    with terminal(line, *RUN, "--headless", sign_in=False) as run_alone:
        assert run_alone.end() == 0, run_alone.shown
    last = [one for one in events(line, SignedIn) if isinstance(one, SignedIn)][-1]
    assert (last.person, last.roles, last.method) == ("p6", ("service",), "headless")
    with Records(line.folder / "data") as records:
        assert {entry.by for entry in records.entries_from(EventSeq(1))} == {"station", "p1", "p6"}


@pytest.mark.parametrize(
    ("service", "code"),
    [("", "PPL-136"), ("edith", "PPL-133"), ("carla", "PPL-125")],
    ids=["none", "a person", "unknown"],
)
def test_a_headless_run_takes_a_service(line: Line, service: str, code: str) -> None:
    if service:
        line.write(station=f'[people]\nservice = "{service}"\n')
    line.release()
    with terminal(line, *RUN, "--headless", sign_in=False) as run:
        assert run.end() == 4
    assert code in run.shown


def test_settings_that_changed_stop_a_headless_run_with_a_sentence(line: Line) -> None:
    line.write(station='[people]\nservice = "robot"\n', slots=1)
    line.release()
    with (line.folder / "recipes" / "tracker.toml").open("a") as recipe:
        recipe.write("# another word\n")
    with terminal(line, *RUN, "--headless", sign_in=False) as run:
        assert run.end() == 4
    assert "Changed since it was released: recipe tracker (tracker.toml)." in run.shown
    assert codes(line) == [("p6", "LINE-181")]
    code, shown, errors = call_station(line, "release", "--reason", "a comment")
    assert (code, errors) == (0, "")
    assert shown.startswith("released: recipe tracker (tracker.toml), SHA-256 ")
    assert call_station(line, "release", "--reason", "again")[1] == "Nothing has changed since the last release.\n"
    line.bench.insert_described(1, {"serial": "B1"})
    with terminal(line, *RUN, "--headless", sign_in=False) as run:
        assert run.end() == 0, run.shown


def test_an_engineer_at_a_terminal_is_asked_why(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    with terminal(line, *RUN, sign_in=False) as run:
        sign_in(run, "edith")
        run.read_until("never released here: recipe tracker (tracker.toml)")
        run.read_until("Looked at; why: ")
        run.type("the first batch")
        assert run.end() == 0, run.shown
    released = [one for one in events(line, SettingsReleased) if isinstance(one, SettingsReleased)]
    assert {(one.operator, one.reason) for one in released} == {("p1", "the first batch")}
    assert len(released) == 3


def test_a_slot_is_let_loose_by_whose_pin_was_typed_for_it(line: Line) -> None:
    line.write(slots=1)
    line.bench.insert_described(1, {"serial": "B1", "faults": WEAK})
    with start_run(line, 1, "--sign-in", line.sign_in_file("edith")) as run:
        run.hear_event("slot-latched", slot=1)
        line.bench.remove(1)
        acknowledge(run, "ack 1 looked at it", "otto")
        run.hear_error("These may: engineer, line-lead")
        acknowledge(run, "ack 1 looked at it", "robot")
        run.hear_error("don't belong together")
        run.say("ack 1 looked at it")
        run.hear_error("write your name or badge")
        run.say("")
        run.hear_error("Left as it is.")
        run.say("ack 9 looked at it")
        run.hear_error("Not understood")
        acknowledge(run, "ack 1 looked at it", "lena")
        told = run.hear_event("slot-acknowledged")
        assert (told["operator"], told["reason"]) == ("p2", "looked at it")
        run.hear_event("slot", slot=1, state="empty")
        line.bench.insert_described(1, {"serial": "B1"})
        assert run.end() == 0, run.errors
    assert codes(line) == [("p3", "PPL-111")]
    no_pin_in(line, [*run.lines, *run.errors])


@pytest.mark.parametrize("how", [(), ("--headless",)], ids=["under the picture", "plain lines"])
def test_a_pin_typed_while_the_line_runs_is_never_shown(line: Line, how: tuple[str, ...]) -> None:
    line.write(slots=1)
    line.release()
    line.bench.insert_described(1, {"serial": "B1", "faults": WEAK})
    with terminal(line, *RUN, *how) as run:
        run.read_until("AT-228")
        line.bench.remove(1)
        run.type("ack 1 looked at it")
        run.read_until("write your name or badge")
        run.type("lena")
        run.read_until("it is not shown")
        run.press(STAFF["lena"][0])
        if not how:
            run.read_until("> ••••••\r")
        run.press("\n")
        run.read_until("Slot 1 may work again.")
        line.bench.insert_described(1, {"serial": "B1"})
        assert run.end() == 0, run.shown
    no_pin_in(line, [run.shown])


def test_the_demo_signs_itself_in(tmp_path: Path) -> None:
    what = ("demo", "--fast", "--headless", "--units", 1, "--slots", 1, "--folder", tmp_path)
    with Process([*STATION, *what]) as demo:
        assert demo.end() == 0, demo.errors
    for file in ("engineer.sign-in", "operator.sign-in"):
        path = tmp_path / file
        assert path.stat().st_mode & 0o077 == 0
    with Records(tmp_path / "data") as records:
        entries = list(records.entries_from(EventSeq(1)))
    assert {entry.by for entry in entries} == {"station", "p1", "p2"}
    assert next(entry.by for entry in entries if entry.event.kind == "batch-armed") == "p2"
    pin = (tmp_path / "operator.sign-in").read_text().splitlines()[1]
    assert pin not in "".join(map(repr, entries))
