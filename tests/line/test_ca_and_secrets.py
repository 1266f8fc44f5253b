"""A CA that can't sign and secrets that are none: nothing is begun, or nothing is signed, and no board suffers."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from station.ca.creation import create_authority
from station.domain.faults import StationFault
from station.domain.line import Outcome, StepKind
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.host.files import replace_file
from station.journal.records import Records
from tests.line.harness import PASSPHRASE, Line
from tests.line.trial import Trial, advises, prepare
from tests.stored_leaves import legible

WRONG = "correct horse battery stapler"


class Later(SystemClock):
    """The clock of this PC in some time."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


def _readable_by_group(path: Path) -> None:
    path.chmod(0o640)


def _unreadable(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)  # even root can't read that


def _no_text(path: Path) -> None:
    replace_file(path, b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe")


def _empty(path: Path) -> None:
    replace_file(path, b"\n")


def _wrong(path: Path) -> None:
    replace_file(path, WRONG.encode())


def _cut(path: Path) -> None:
    replace_file(path, path.read_bytes()[:200])


SPOILED: dict[str, tuple[str, Callable[[Path], None], str, str]] = {
    "a passphrase the group can read": ("passphrase", _readable_by_group, "HOST-104", "chmod 600"),
    "an API key the group can read": ("api-key", _readable_by_group, "HOST-104", "chmod 600"),
    "a CA key the group can read": ("data/ca/line.key", _readable_by_group, "HOST-104", "chmod 600"),
    "a passphrase nobody can read": ("passphrase", _unreadable, "HOST-101", "Check that it exists"),
    "a passphrase that is not there": ("passphrase", Path.unlink, "HOST-101", "Check that it exists"),
    "a passphrase that is no text": ("passphrase", _no_text, "HOST-101", "Check that it exists"),
    "an empty passphrase": ("passphrase", _empty, "HOST-106", "Write it into that file"),
    "the wrong passphrase": ("passphrase", _wrong, "CA-103", "Type it again"),
    "a damaged CA key": ("data/ca/line.key", _cut, "CA-103", "restore it from the backup"),
    "a missing CA certificate": ("data/ca/line.pem", Path.unlink, "HOST-101", "Check that it exists"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_nothing_is_begun_without_sound_secrets(line: Line, name: str) -> None:
    file, spoil, code, told = SPOILED[name]
    prepare(line)
    path = line.folder / file
    sound = path.read_bytes()
    line.bench.insert_described(1, {"serial": "WAITS"})
    spoil(path)
    with pytest.raises(StationFault, match=code) as refused:
        Trial(line)
    assert told in refused.value.sentence
    assert advises(refused.value.sentence)
    for secret in (PASSPHRASE, WRONG, line.cloud.api_key):
        assert secret not in str(refused.value)
    assert line.bench.describe_log("WAITS") == []
    with Records(line.folder / "data") as records:
        assert (records.open_attempts(), records.find_units("")) == ([], [])
    if path.is_dir():
        path.rmdir()
    replace_file(path, sound)
    line.bench.remove(1)
    with Trial(line) as trial:
        assert trial.put({"serial": "WAITS"}).passed


def test_an_ended_ca_signs_nothing_and_a_new_one_goes_on(line: Line) -> None:
    prepare(line, cloud=False)
    folder, lasting = line.folder / "data" / "ca", line.folder / "lasting"
    shutil.move(folder, lasting)
    create_authority(
        folder, Secret(PASSPHRASE), name="Test Works", clock=line.clock, root_years=3, line_years=2, leaf_years=1
    )
    line.clock = Later(timedelta(days=2 * 365 + 30))
    with Trial(line) as trial:
        end = trial.put({"serial": "UNSIGNED"})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.ERROR, "CA-204", StepKind.SIGN), end
        assert "have a new CA made" in end.sentence
        assert end.latched
        (unit,) = trial.records.units_of(trial.batch)
        assert trial.records.certificates_of(unit.device_id) == []
        assert trial.records.tally(trial.batch).first_total == 0
    shutil.rmtree(folder)
    shutil.move(lasting, folder)
    line.bench.remove(1)
    with Trial(line) as trial:
        assert trial.records.latched_slots() == {1: "CA-204"}
        trial.acknowledge()
        assert trial.put({"serial": "UNSIGNED"}).passed


def test_no_secret_is_in_anything_the_station_wrote(line: Line) -> None:
    prepare(line)
    with Trial(line) as trial:
        assert trial.put({"serial": "A"}).passed
        trial.take_out()
        assert trial.put({"serial": "B", "faults": {"commands": [{"do": "other-key", "match": "KEYGEN"}]}}).code
    own = {line.folder / "passphrase", line.folder / "api-key"}
    for file in (Path(at) / name for at, _, names in os.walk(line.folder) for name in names):
        if file not in own and file.is_file() and file.name != "bench.json":  # the bench announces its cloud's key
            data = legible(file)
            for secret in (PASSPHRASE, line.cloud.api_key):
                assert secret.encode() not in data, file
