"""Every command's good way and its bad input: a sentence and an exit code, and never a traceback."""

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from functools import partial

import pytest
from rich.console import Console

from station.domain.events import (
    AttemptClosed,
    AttemptOpened,
    BatchArmed,
    ReworkDeclared,
    UnitIdentified,
    UploadDecided,
)
from station.domain.ids import AttemptId, BatchId, DeviceId, EventSeq, Imei, SlotNumber
from station.domain.line import Outcome
from station.host.clock import Stop
from station.host.files import replace_file
from station.journal.journal import Journal
from station.journal.records import Records
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import PASSPHRASE, STAFF, Line
from tests.line.processes import call, call_station
from tests.line.typing_hands import terminal

RUN = ("run", "--batch", "WO-9", "--product", "tracker", "--quantity", "1")
POST = "POST /v1/devices"
PASSPHRASE_LINE = 'passphrase = { file = "passphrase" }'


@pytest.fixture
def passed(line: Line) -> Line:
    """A station with two finished units that no cloud has seen."""
    for slot in (1, 2):
        line.bench.insert_described(slot, {"serial": f"B{slot}"})
    assert line.run(2, upload=False).all_passed
    return line


def device(line: Line, serial: str = "B1") -> str:
    return str(line.board(serial)["uuid"])


def take_away(line: Line, folder: str, pattern: str) -> None:
    for file in (line.folder / folder).glob(pattern):
        file.unlink()


def spoil(line: Line, file: str, text: str) -> None:
    (line.folder / file).write_text(text)


def edit(line: Line, file: str, old: str, new: str) -> None:
    text = (line.folder / file).read_text()
    assert old in text
    spoil(line, file, text.replace(old, new))


@pytest.mark.parametrize(
    "typed",
    [
        ("nonsense",),
        ("run",),
        ("run", "--batch", "WO 9", "--product", "tracker", "--quantity", "1"),
        ("run", "--batch", "[/x]", "--product", "tracker", "--quantity", "1"),
        ("run", "--batch", "WO-9", "--product", "tracker", "--quantity", "0"),
        ("run", "--batch", "WO-9", "--product", "tracker", "--quantity", "many"),
        (*RUN, "--speed", "9"),
        ("decide", "x", "perhaps", "--reason", "r"),
        ("correct-clock", "0", "1", "--reason", "r"),
        ("upload", "--patience", "long"),
        ("units", "x", "y"),
        ("ca", "destroy"),
        ("demo", "--slots", "33"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_2(line: Line, typed: tuple[str, ...]) -> None:
    code, shown, errors = call_station(line, *typed)
    assert (code, shown) == (2, "")
    assert "Traceback" not in errors
    assert "Usage" in errors


@pytest.mark.parametrize(
    ("typed", "spoilt", "says"),
    [
        (("units",), lambda line: line.station_file.unlink(), "HOST-101"),
        (("units",), lambda line: spoil(line, "station.toml", "schema = "), "SET-101"),
        (("units",), lambda line: edit(line, "station.toml", "schema = 1", "schema = 1\nlines = 3"), "SET-102"),
        (("units",), lambda line: edit(line, "station.toml", '"Test line"', '"[/x] :key:"\nnope = 1'), "SET-102"),
        (("units",), lambda line: take_away(line, "data", "journal.db*"), "JRN-106"),
        (("units",), lambda line: spoil(line, "data/journal.db", "no database, this"), "JRN-103"),
        (("upload",), lambda line: edit(line, "station.toml", 'data = "data"', 'data = "api-key"'), "HOST-10"),
        (("upload",), lambda line: (line.folder / "api-key").chmod(0o644), "HOST-104"),
        (("upload",), lambda line: (line.folder / "api-key").unlink(), "HOST-101"),
        (("upload",), lambda line: replace_file(line.folder / "api-key", b"a key with blanks"), "CLD-102"),
        (("decide", "x", "hold", "--reason", "r"), lambda _: None, "LINE-162"),
        (("rework", "[/x]", "--reason", "r"), lambda _: None, "LINE-162"),
        (("correct-clock", "7", "5", "--reason", "r"), lambda _: None, "LINE-164"),
        (("correct-clock", "1", "999", "--reason", "r"), lambda _: None, "LINE-164"),
        (("ca", "init"), lambda _: None, "CA-101"),
        (("ca", "show"), lambda line: shutil.rmtree(line.folder / "data" / "ca"), "LINE-174"),
        (RUN, lambda line: shutil.rmtree(line.folder / "data" / "ca"), "LINE-174"),
        (RUN, lambda line: (line.folder / "data" / "ca" / "line.key").unlink(), "HOST-101"),
        (RUN, lambda line: replace_file(line.folder / "passphrase", b"not the right one"), "CA-103"),
        (RUN, lambda line: edit(line, "station.toml", PASSPHRASE_LINE, ""), "LINE-172"),
        (RUN, lambda line: replace_file(line.folder / "passphrase", b"short"), "HOST-106"),
        (RUN, lambda line: (line.folder / "recipes" / "tracker.toml").unlink(), "LINE-171"),
        (RUN, lambda line: edit(line, "recipes/tracker.toml", "2c43", "ffff"), "SET-102"),
        ((*RUN, "--fixture", "nowhere"), lambda _: None, "HOST-101"),
        ((*RUN, "--fixture", "[/x]"), lambda _: None, "HOST-101"),
        (RUN, lambda line: edit(line, "fixture.toml", "number = 2", "number = 1"), "SET-102"),
        (RUN, lambda line: replace_file(line.folder / "api-key", b"no-key-of-this-cloud"), "LINE-152"),
        (RUN, lambda line: line.write(cloud='team = "somebody-elses"'), "LINE-151"),
        (RUN, lambda line: line.cloud.stop(), "LINE-153"),
    ],
)
def test_what_the_station_cannot_do_is_4_and_a_sentence(
    line: Line, typed: tuple[str, ...], spoilt: Callable[[Line], object], says: str
) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    spoilt(line)
    code, shown, errors = call_station(line, *typed)
    assert (code, shown) == (4, "")
    assert errors.startswith(says)
    assert "Traceback" not in errors
    assert line.bench.describe_log("B1") == []
    assert line.cloud.truth()["posts"] == []


def test_units_are_found_by_each_of_their_numbers(passed: Line) -> None:
    board = passed.board("B1")
    for text in (board["uuid"], board["uuid"][:20], board["imei"]):
        code, shown, _ = call_station(passed, "units", text, "--json")
        (row,) = [json.loads(one) for one in shown.splitlines()]
        assert (code, row["device_id"], row["outcome"], row["cloud"]) == (0, board["uuid"], "passed", "waiting")
        assert call_station(passed, "units", row["certificate"])[0] == 0
    code, shown, _ = call_station(passed, "units")
    assert all(device(passed, serial) in shown for serial in ("B1", "B2"))
    assert call_station(passed, "units", "--batch", "WO-1", "--json")[1].count("\n") == 2
    assert call_station(passed, "units", "no such unit")[0] == 1


def flat(errors: str) -> str:
    """What a box says, without its frame and line ends."""
    return " ".join(errors.translate(dict.fromkeys(map(ord, "│╭╮╰╯─"))).split())


@pytest.mark.parametrize(
    ("batch", "says"),
    [
        ("WO-2", "There is no batch 'WO-2'. Near to it: WO-1."),
        ("wo-1", "There is no batch 'wo-1'. Near to it: WO-1."),
        ("quite another", "There is no batch 'quite another'. The newest: WO-1."),
        ("[/x]", "There is no batch '[/x]'. The newest: WO-1."),
    ],
)
def test_a_batch_that_never_was_is_a_wrong_command_line(passed: Line, batch: str, says: str) -> None:
    for typed in (
        ("units", "--batch", batch),
        ("units", "--batch", batch, "--json"),
        ("export", "batch", batch),
    ):
        code, shown, errors = call_station(passed, *typed)
        assert (code, shown) == (2, "")
        assert says in flat(errors)


def test_where_no_batch_ever_was_that_is_said(line: Line) -> None:
    call_station(line, "upload")  # makes the journal
    code, _, errors = call_station(line, "units", "--batch", "WO-1")
    assert code == 2
    assert "There is no batch 'WO-1'. The journal has no batch yet." in flat(errors)


def test_a_batch_of_which_nothing_passed_is_no_wrong_command_line(line: Line) -> None:
    stop = Stop()
    stop.request()
    line.run(1, stop=stop, upload=False)
    code, shown, errors = call_station(line, "export", "batch", "WO-1", "--form", "onboard-csv", "--to", line.folder)
    assert (code, shown, errors) == (1, "", "No unit of batch WO-1 has passed.\n")
    assert call_station(line, "units", "--batch", "WO-1")[:2] == (1, "There is no unit yet.\n")


def test_a_mistake_of_ours_leaves_a_trace_without_secrets(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own mistake is had by breaking what it prints with, after the passphrase was read."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"no pen to write {PASSPHRASE} with, nor Bearer {line.cloud.api_key}")

    shutil.rmtree(line.folder / "data" / "ca")
    monkeypatch.setattr("tempfile.tempdir", str(line.folder))
    with monkeypatch.context() as context:
        real = Console.print
        calls = iter([broken])
        context.setattr(Console, "print", lambda self, *args, **more: next(calls, partial(real, self))(*args, **more))
        code, shown, errors = call_station(line, "ca", "init")
    assert (code, shown) == (4, "")
    assert errors.startswith("LINE-901")
    (trace,) = line.folder.glob("station-mistake-*.txt")
    assert str(trace) in errors
    text = trace.read_text()
    assert "in ca_init" in text
    assert "RuntimeError: no pen to write *** with, nor Bearer ***" in text
    for secret in (PASSPHRASE, line.cloud.api_key):
        assert secret not in text + errors
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_upload_is_0_when_all_is_there_and_says_so_once_more(passed: Line) -> None:
    code, shown, errors = call_station(passed, "upload", "--json")
    assert (code, errors) == (0, "")
    told = {"event": "outbox", "counts": {"onboarded": 2}, "blocked": "", "stuck": ""}
    assert json.loads(shown.splitlines()[-1]) == told
    assert call_station(passed, "upload")[:2] == (0, "2 onboarded\n")
    assert len(passed.cloud_truth()["posts"]) == 1


def test_upload_shows_what_it_does_and_waits_for(passed: Line) -> None:
    for status in (429, 503):
        passed.cloud.fail(Fault("GET /v1/bulk-ops*", Do.STATUS, status=status, headers={"Retry-After": "1"}, times=2))
    code, shown, _ = call_station(passed, "upload")
    assert code == 0
    said = [line.split(" ", 1)[1] for line in shown.splitlines()]
    request = said[1].removeprefix("the cloud took 2 units and works on them (request ").removesuffix(")")
    assert said == [
        "sending 2 units",
        f"the cloud took 2 units and works on them (request {request})",
        "An upload is asked about again in 1 s: the cloud answered HTTP 429",
        "An upload is asked about again in 1 s: the cloud answered HTTP 503",
        "cloud: 2 onboarded",
        "onboarded",
    ]


def test_upload_passes_on_the_journal_s_entries_as_json(passed: Line) -> None:
    passed.cloud.fail(Fault("GET /v1/bulk-ops*", Do.STATUS, status=429, headers={"Retry-After": "1"}))
    code, shown, errors = call_station(passed, "upload", "--json")
    assert (code, errors) == (0, "")
    events = [json.loads(line) for line in shown.splitlines()]
    kinds = ["upload-prepared", "upload-sending", "upload-accepted", "told", "upload-settled", "outbox"]
    others = ("account-confirmed", "checkpoint-made")  # the team was asked; the batch closed without a checkpoint
    assert [event["event"] for event in events if event["event"] not in others] == kinds
    assert next(event for event in events if event["event"] == "told")["code"] == "CLD-WAIT"


def test_upload_is_1_when_the_cloud_refused_some_and_a_person_decides(passed: Line) -> None:
    words = "[1]: no [/bold] idea :key:"
    passed.cloud.switch(row_errors={device(passed): words})
    assert call_station(passed, "upload")[0] == 1
    code, shown, _ = call_station(passed, "outbox")
    assert code == 0
    assert words in shown
    assert device(passed) in shown
    assert json.loads(call_station(passed, "outbox", "--json")[1]) == {
        "device_id": device(passed),
        "state": "refused",
        "reason": words,
    }
    passed.cloud.switch(row_errors={})
    lena = ("--sign-in", passed.sign_in_file("lena"))
    typed = ("decide", device(passed), "send-again", "--reason", "it is one of ours", *lena)
    assert call_station(passed, *typed)[:2] == (0, f"{device(passed)}: send-again\n")
    assert call_station(passed, "upload")[0] == 0
    code, _, errors = call_station(passed, *typed)
    assert code == 4
    assert errors.startswith("LINE-161")
    assert len(passed.cloud_truth()["devices"]) == 2
    with Records(passed.folder / "data") as records:
        entries = list(records.entries_from(EventSeq(1)))
    (decision,) = [entry.event for entry in entries if isinstance(entry.event, UploadDecided)]
    assert (decision.operator, decision.reason) == ("p2", "it is one of ours")


def test_upload_is_4_when_some_have_to_wait(passed: Line) -> None:
    passed.cloud.fail(Fault(POST, Do.STATUS, status=429, headers={"Retry-After": "600"}))
    code, shown, _ = call_station(passed, "upload", "--patience", "0.5")
    assert code == 4
    assert "CLD-WAIT" in shown
    assert "2 sending" in shown


def test_upload_is_4_when_the_key_is_refused_and_says_it_once(passed: Line) -> None:
    replace_file(passed.folder / "api-key", b"no-key-of-this-cloud")
    code, shown, errors = call_station(passed, "upload")
    assert code == 4
    assert (shown + errors).count("LINE-152") == 1
    replace_file(passed.folder / "api-key", passed.cloud.api_key.encode())
    assert call_station(passed, "upload")[0] == 0
    assert [post["answered"] for post in passed.cloud_truth()["posts"]] == [202]


def test_a_declared_rework_lets_a_finished_board_be_built_once_more(passed: Line) -> None:
    typed = ("rework", device(passed), "--reason", "a scratch", "--sign-in", passed.sign_in_file("lena"))
    with terminal(passed, *typed) as asked:
        asked.read_until("A second person must agree to declare a rework of a finished unit.")
        asked.read_until("Second person: name or badge: ")
        asked.type("quinn")
        asked.read_until("PIN: ")
        asked.type(STAFF["quinn"][0])
        assert asked.end() == 0, asked.shown
        assert f"{device(passed)} may be built once more." in asked.shown
        assert STAFF["quinn"][0] not in asked.shown
    with Records(passed.folder / "data") as records:
        entries = list(records.entries_from(EventSeq(1)))
        (declared,) = [entry.event for entry in entries if isinstance(entry.event, ReworkDeclared)]
        assert (declared.operator, declared.second, declared.reason) == ("p2", "p4", "a scratch")
    summary = passed.run(1, batch="WO-2")
    assert [unit.name for unit in summary.units if unit.outcome == "passed"] == [device(passed)]
    with Records(passed.folder / "data") as records:
        states = [row.state for row in records.certificates_of(summary.units[0].name)]  # type: ignore[arg-type]  # its device ID
    assert sorted(states) == ["active", "superseded"]


def test_a_rework_that_never_began_is_seen_and_withdrawn_and_its_unit_goes_to_the_cloud(passed: Line) -> None:
    passed.rework(device(passed))
    code, shown, _ = call_station(passed, "outbox", "--json")
    other, seen = (json.loads(line) for line in shown.splitlines())
    assert (code, seen["device_id"], seen["state"]) == (0, device(passed), "rework-declared")
    assert (other["device_id"], other["state"]) == (device(passed, "B2"), "waiting")
    assert "not begun: build it again, or: station rework --withdraw" in seen["reason"]
    assert call_station(passed, "upload")[0] == 0
    sent = [one["device_id"] for one in passed.cloud_truth()["devices"]]
    assert sent == [device(passed, "B2")], "what is to be built again is not sent"
    shown = " ".join(call_station(passed, "outbox")[1].split())
    assert "not begun" in shown
    assert "Nothing waits" not in shown
    typed = ("rework", "--withdraw", device(passed), "--reason", "sold as it is")
    with terminal(passed, *typed, "--sign-in", passed.sign_in_file("lena")) as asked:
        asked.read_until("A second person must agree to withdraw a declared rework.")
        asked.read_until("Second person: name or badge: ")
        asked.type("quinn")
        asked.read_until("PIN: ")
        asked.type(STAFF["quinn"][0])
        assert asked.end() == 0, asked.shown
        assert f"{device(passed)}: its rework is withdrawn." in asked.shown
    assert "rework" not in call_station(passed, "outbox")[1]
    assert call_station(passed, "upload")[0] == 0
    sent = [one["device_id"] for one in passed.cloud_truth()["devices"]]
    assert sorted(sent) == sorted([device(passed), device(passed, "B2")])


def test_a_corrected_clock_is_told(passed: Line) -> None:
    code, shown, _ = call_station(passed, "correct-clock", "1", "3", "--reason", "the battery was empty")
    assert (code, shown) == (0, "The times of entries 1 to 3 no longer count.\n")


def test_the_ca_shows_what_its_certificates_are(line: Line) -> None:
    code, shown, _ = call_station(line, "ca", "show")
    folder = line.open().value.ca_folder
    command = ["openssl", "x509", "-in", str(folder / "root.pem"), "-noout", "-fingerprint", "-sha256"]
    openssl = subprocess.run(command, check=True, capture_output=True, text=True).stdout.partition("=")[2]
    assert code == 0
    assert openssl.strip().replace(":", "").lower() in shown.replace(" ", "")


def test_the_version_is_told() -> None:
    code, shown, _ = call("--version")
    assert code == 0
    assert re.fullmatch(r"nrf91-station \S+\ncommit \S+\nrequirements\.lock [0-9a-f]{64}\n", shown)


def test_more_units_than_a_person_reads_are_cut_with_a_word(line: Line) -> None:
    """And to a program, or of one batch, all are shown."""
    many = 1001
    with Journal(line.folder / "data", line.clock) as journal:
        journal.open_session({"station": "T1"}, "tester")
        name = journal.keep("recipe", {"product": "p"})
        batch = BatchId("WO-1")
        armed = BatchArmed(
            batch=batch,
            product="p",
            recipe=name,
            fixture=name,
            quantity=many,
            operator="Anna",
            team_id="",
            cloud_confirmed=True,
        )
        (begin,) = journal.commit(armed)
        events: list[AttemptOpened | UnitIdentified | AttemptClosed] = []
        for number in range(many):
            attempt = AttemptId(begin + 1 + 3 * number)
            identified = UnitIdentified(
                attempt=attempt,
                device_id=DeviceId(f"dev-{number}"),
                imei=Imei(f"{350000000000000 + number}"),
                uuid=None,
                uuid_source=None,
                serial=None,
                model="nRF9151-LACA",
                hardware=None,
                modem_firmware="mfw_nrf91x1_2.0.2",
            )
            events.append(AttemptOpened(batch=batch, slot=SlotNumber(1), recipe=name, serial=None))
            events.append(identified)
            events.append(AttemptClosed(attempt=attempt, outcome=Outcome.PASSED, for_cloud=False))
        journal.commit(*events)
    code, shown, errors = call_station(line, "units")
    assert (code, shown.count("dev-")) == (0, many - 1)
    assert errors == "Only the first 1000 are shown: write more of an identifier, or name a batch.\n"
    for typed in (("units", "--json"), ("units", "--batch", "WO-1"), ("units", "dev", "--batch", "WO-1")):
        code, shown, errors = call_station(line, *typed)
        assert (code, shown.count("dev-"), errors) == (0, many, "")
    assert call_station(line, "units", "dev-7", "--batch", "WO-1", "--json")[1].count("\n") == 111
