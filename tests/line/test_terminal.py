"""The station at a terminal: passphrases that are asked for, the live picture, and the demo."""

import contextlib
import json
import os
import pty
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from station.host.clock import Deadline, SystemClock
from tests.line.harness import Line
from tests.line.processes import PATIENCE, STATION, Process, child_environment

SECRET = "a passphrase typed by a person"
# With the blank behind it: only then does the terminal no longer echo, and what was typed before is thrown away.
ASKED, AGAIN = "CA passphrase: ", "Repeat for confirmation: "


class Terminal:
    """A program that believes a person sits in front of it."""

    def __init__(self, *typed: object) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [*STATION, *map(str, typed)],
            env=child_environment({"TERM": "xterm", "COLUMNS": "160", "LINES": "40"}),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.shown = ""
        self._looked_at = 0

    def read_until(self, text: str) -> None:
        """Return when ``text`` is shown behind what was already looked at."""
        deadline = Deadline(SystemClock(), PATIENCE)
        while (at := self.shown.find(text, self._looked_at)) < 0:
            assert not deadline.passed(), self.shown
            assert self._read(deadline.left()), self.shown
        self._looked_at = at + len(text)

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._master, text.encode() + b"\n")

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while self._read(PATIENCE):
            pass
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # nobody has the other side open any more
            return False
        self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(data)


@contextlib.contextmanager
def terminal(line: Line, *typed: object) -> Iterator[Terminal]:
    opened = Terminal(*typed, "--station", line.station_file)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
def asked(line: Line) -> Line:
    """A station whose file does not say where the CA's passphrase is, and that has no CA yet."""
    text = line.station_file.read_text()
    line.station_file.write_text(text.replace('passphrase = { file = "passphrase" }', 'folder = "new-ca"'))
    return line


def test_the_passphrase_is_asked_for_twice_and_never_shown_and_then_once_a_run(asked: Line) -> None:
    with terminal(asked, "ca", "init") as first:
        first.read_until(ASKED)
        first.type(SECRET)
        first.read_until(AGAIN)
        first.type("something else")
        first.read_until("Error")
        first.read_until(ASKED)
        first.type(SECRET)
        first.read_until(AGAIN)
        first.type(SECRET)
        assert first.end() == 0, first.shown
        assert "root SHA-256" in first.shown
        assert SECRET not in first.shown
    asked.bench.insert_described(1, {"serial": "B1"})
    run = ("run", "--batch", "WO-1", "--product", "tracker", "--quantity", 1)
    with terminal(asked, *run) as wrong:
        wrong.read_until(ASKED)
        wrong.type("something else")
        assert wrong.end() == 4
        assert "CA-103" in wrong.shown
    assert asked.bench.describe_log("B1") == []
    with terminal(asked, *run) as right:
        right.read_until(ASKED)
        right.type(SECRET)
        right.read_until("tracker · batch WO-1 · test")
        assert right.end() == 0, right.shown
        assert "100.0% (1 of 1)" in right.shown
        assert SECRET not in right.shown
    assert {device["device_id"] for device in asked.cloud_truth()["devices"]} == {asked.board("B1")["uuid"]}


def test_a_passphrase_too_weak_is_refused(asked: Line) -> None:
    with terminal(asked, "ca", "init") as first:
        for prompt in (ASKED, AGAIN):
            first.read_until(prompt)
            first.type("abc")
        assert first.end() == 4
        assert "CA-102" in first.shown
    assert not (asked.folder / "new-ca").exists()


def test_two_demos_in_one_folder_pass(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    for number, how in (("001", "--headless"), ("002", "--json")):
        what = ("demo", "--fast", how, "--units", 4, "--slots", 3, "--folder", folder)
        with Process([*STATION, *what]) as demo:
            assert demo.end() == 0, (demo.lines[-5:], demo.errors)
        if how == "--json":
            summary = demo.events()[-1]
            assert (summary["event"], summary["batch"], summary["all_passed"]) == ("summary", f"demo-{number}", True)
            assert summary["cloud"] == {"onboarded": 4}
        else:
            assert "first-pass yield" in "\n".join(demo.lines)
    bench = folder / "data" / "bench" / "bench.json"
    assert not bench.exists()  # the bench ended in good order, too
    assert json.loads((folder / "runs").read_text()) == 2
