"""Every command's good way and its bad input: a sentence and an exit code, and never a traceback."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from station.domain.events import ReworkDeclared, UploadDecided
from station.domain.ids import EventSeq
from station.host.files import replace_file
from station.journal.records import Records
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import Line
from tests.line.processes import call, call_station

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
        (("units",), lambda _: None, "JRN-106"),
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
    assert call_station(passed, "units", "--batch", "WO-2")[0] == 1
    assert call_station(passed, "units", "no such unit")[0] == 1


def test_upload_is_0_when_all_is_there_and_says_so_once_more(passed: Line) -> None:
    code, shown, errors = call_station(passed, "upload", "--json")
    assert (code, errors) == (0, "")
    assert json.loads(shown.splitlines()[-1]) == {"event": "outbox", "counts": {"onboarded": 2}, "blocked": ""}
    assert call_station(passed, "upload")[:2] == (0, "2 onboarded\n")
    assert len(passed.cloud_truth()["posts"]) == 1


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
    typed = ("decide", device(passed), "send-again", "--reason", "it is one of ours", "--operator", "Anna")
    assert call_station(passed, *typed)[:2] == (0, f"{device(passed)}: send-again\n")
    assert call_station(passed, "upload")[0] == 0
    code, _, errors = call_station(passed, *typed)
    assert code == 4
    assert errors.startswith("LINE-161")
    assert len(passed.cloud_truth()["devices"]) == 2
    with Records(passed.folder / "data") as records:
        entries = list(records.entries_from(EventSeq(1)))
    (decision,) = [entry.event for entry in entries if isinstance(entry.event, UploadDecided)]
    assert (decision.operator, decision.reason) == ("Anna", "it is one of ours")


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
    code, shown, _ = call_station(passed, "rework", device(passed), "--reason", "a scratch", "--operator", "Anna")
    assert (code, shown) == (0, f"{device(passed)} may be built once more.\n")
    with Records(passed.folder / "data") as records:
        entries = list(records.entries_from(EventSeq(1)))
        (declared,) = [entry.event for entry in entries if isinstance(entry.event, ReworkDeclared)]
        assert (declared.operator, declared.reason) == ("Anna", "a scratch")
    summary = passed.run(1, batch="WO-2")
    assert [unit.name for unit in summary.units if unit.outcome == "passed"] == [device(passed)]
    with Records(passed.folder / "data") as records:
        states = [row.state for row in records.certificates_of(summary.units[0].name)]  # type: ignore[arg-type]  # its device ID
    assert sorted(states) == ["active", "superseded"]


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
    assert re.fullmatch(r"nrf91-station \S+\n", shown)
