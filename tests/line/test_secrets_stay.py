"""Planted secrets: after a day on which everything goes wrong, they are in no file, no line and no error."""

import base64
import json
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from station.host.files import replace_file
from station.simulator.cloud_faults import Do, Fault
from station.simulator.cloud_world import Team
from tests.line.harness import Line
from tests.line.processes import Process, call_station, run_station, start_run
from tests.line.test_recovery import CRASH_AT
from tests.stored_leaves import legible

KEY = "Planted~Key+of/the=Line.8461-do_not_show"
PASSPHRASE = "Planted phrase: Ünï & <the> 'CA' 7730!"
PIN = "730418265973"


def forms(secret: str) -> set[bytes]:
    """Return every form in which somebody could still read it, or a half of it, which is as bad."""
    data = secret.encode()
    return whole_forms(secret) | {data[: len(data) // 2], data[len(data) // 2 :]}


def whole_forms(secret: str) -> set[bytes]:
    """Return every form in which somebody could still read it."""
    data = secret.encode()
    found = {data, data.hex().encode(), data.hex().upper().encode(), json.dumps(secret)[1:-1].encode()}
    found |= {quote(data, safe="").encode(), repr(data)[2:-1].encode(), data[::-1], secret.encode("utf-16-le")}
    for offset in range(3):  # in base64 it looks different at each place in a longer text
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"\0" * offset + data)[4:-4])
    return found


def traces(where: dict[str, bytes]) -> list[str]:
    return [
        f"{name}: {form!r}"
        for name, content in where.items()
        for form in forms(KEY) | forms(PASSPHRASE) | whole_forms(PIN)
        if form in content
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): legible(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def planted(line: Line) -> Line:
    """A station with these secrets, which writes down all that it can."""
    ours = line.cloud.world.teams[0]
    line.cloud.world.teams = (Team(ours.team_id, ours.name, (KEY,)), *line.cloud.world.teams[1:])
    line.write(slots=3)
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    replace_file(line.folder / "passphrase", PASSPHRASE.encode())
    shutil.rmtree(line.folder / "data" / "ca")
    return line


def misbehave(line: Line) -> None:
    """Have the cloud say the key back, refuse it, and break off in all kinds of places."""
    said = json.dumps({"code": 50000, "message": f"The token Bearer {KEY} is odd. What is {KEY}?"})
    post = "POST /v1/devices"
    line.cloud.fail(Fault(post, Do.STATUS, status=429, headers={"Retry-After": "0"}, body=said))
    line.cloud.fail(Fault(post, Do.CLOSE_DONE))
    line.cloud.fail(Fault("GET /v1/bulk-ops-requests/*", Do.REDIRECT))
    line.cloud.fail(Fault("GET /v1/bulk-ops-requests", Do.STATUS, status=500, body=said, times=2))
    line.cloud.fail(Fault("GET /v1/bulk-ops-requests", Do.CLOSE_MID_ANSWER, times=1))


def test_no_planted_secret_is_anywhere_after_a_bad_day(planted: Line) -> None:
    line = planted
    told: dict[str, bytes] = {}

    def keep(name: str, lines: Iterable[str]) -> None:
        told[name] = "\n".join(lines).encode()

    def at_once(name: str, code: int, *typed: str) -> None:
        ended, shown, errors = call_station(line, *typed)
        assert ended == code, errors
        keep(name, (shown, errors))

    at_once("ca init", 0, "ca", "init")
    otto, wrong = line.folder / "otto.sign-in", line.folder / "wrong.sign-in"
    replace_file(otto, f"otto\n{PIN}\n".encode())
    replace_file(wrong, f"{PIN}\n{PIN}\n".encode())  # typed where the name belongs
    at_once("people reset", 0, "people", "reset", "otto", "--pin-from", str(otto))
    at_once("wrong name", 4, "upload", "--sign-in", str(wrong))
    at_once("no engineer", 4, "release", "--reason", "r", "--sign-in", str(otto))
    replace_file(wrong, f"{PIN}\n".encode())
    at_once("no sign-in file", 4, "upload", "--sign-in", str(wrong))
    wrong.unlink()
    run = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", "3")
    # A key that the cloud refuses, and one that no header can carry; a passphrase that does not open the CA.
    line.cloud.fail(Fault("GET /v1/account", Do.STATUS, status=401, body=json.dumps({"message": f"no: {KEY}"})))
    at_once("refused", 4, *run)
    for file, secret in (("api-key", f"{KEY} {KEY}"), ("api-key", f"{KEY}\n{KEY}"), ("passphrase", f"{PASSPHRASE}x")):
        right = (line.folder / file).read_bytes()
        replace_file(line.folder / file, secret.encode())
        at_once(f"wrong {file}", 4, *run)
        replace_file(line.folder / file, right)
    (line.folder / "api-key").chmod(0o644)
    at_once("open to others", 4, *run)
    (line.folder / "api-key").chmod(0o600)
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace('{ file = "api-key" }', f'"{KEY}"'))
    at_once("in the station file", 4, *run)
    line.station_file.write_text(text)
    # Boards that fail, a process that is killed, a cloud that misbehaves, and a person who stops the line.
    broken = {"commands": [{"do": "wrong-digest", "match": "%KEYGEN", "times": 0}]}
    for slot, faults in ((1, {}), (2, {}), (3, broken)):
        line.bench.insert_described(slot, {"serial": f"B{slot}", "faults": faults})
    with Process([sys.executable, CRASH_AT, line.station_file, "WO-1", 3, "certificate-issued"]) as killed:
        assert killed.end() == -signal.SIGKILL, killed.errors
    keep("killed", killed.lines + killed.errors)
    misbehave(line)
    with start_run(line, 3, "--sign-in", otto) as ran:
        ran.hear_event("upload-unclear")
        ran.signal(signal.SIGINT)
        assert ran.end() == 130, ran.errors
    keep("run", ran.lines + ran.errors)
    line.cloud.heal()
    at_once("upload", 0, "upload")
    with run_station(line, "doctor", "--json") as doctor:
        doctor.end()
    keep("doctor", doctor.lines + doctor.errors)
    for name in ("units", "outbox"):
        at_once(name, 0, name)

    files = files_of(line.folder)
    # The search finds what is there: the places where these secrets belong.
    assert {found.partition(":")[0] for found in traces(files)} == {"api-key", "passphrase", "otto.sign-in"}
    assert traces(told) == []
    assert {"data/journal.db", "data/logs/station.log"} <= set(files)
    assert line.cloud_truth()["leaks"] == []
    log = files["data/logs/station.log"].decode()
    assert '"level": "debug"' in log
    assert "***" in log
    # Whoever knows the address of a body's file can read it: the cloud asks for no key there.
    assert "provision_devices" not in log


def test_no_child_program_inherits_a_secret_s_variable(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.write(station='[evidence]\npassphrase = { env = "EVIDENCE_PHRASE" }\n')
    monkeypatch.setenv("EVIDENCE_PHRASE", PASSPHRASE)
    opened = line.open()
    place = opened.value.evidence.passphrase
    assert place is not None
    assert opened.secret(place, "evidence passphrase").reveal() == PASSPHRASE
    assert opened.secret_variables() == {"EVIDENCE_PHRASE"}
