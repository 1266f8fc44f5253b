"""The station as a process of its own: started, listened to line by line, stopped or killed by its ID."""

import contextlib
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from types import TracebackType
from typing import IO, Any, Self
from unittest import mock

import pytest

from station.cli import main
from tests.line.harness import ROOT, Line

PATIENCE = 60.0
"""Seconds after which a line that does not come is a failure; on a busy PC a start alone takes some."""

STATION = (sys.executable, "-c", "from station.cli import main; main()")


def child_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return what a child of these tests has for its environment."""
    inherited = {name: value for name, value in os.environ.items() if name != "STATION_FILE"}
    # Started dozens of times: compiled once, not anew each time.
    kept = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(ROOT / ".pytest_cache" / "bytecode")}
    return {**inherited, **kept, "PYTHONPATH": str(ROOT), **more}


class Process:
    """One program; its output comes as lines. What still runs at the end of the ``with`` is killed."""

    def __init__(self, command: Iterable[object], *, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=child_environment(environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._error_queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=_read, args=(self._process.stdout, self.lines, self._queue), daemon=True),
            threading.Thread(target=_read, args=(self._process.stderr, self.errors, self._error_queue), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):  # what was not written any more
                    stream.close()

    def say(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def leave(self) -> None:
        """Close its standard input: nobody is there to type any more."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def hear(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """Return the next JSON line that is ``wanted``; those before it are passed over."""
        while (line := self._next(self._queue, seconds)) is not None:
            value: dict[str, Any] = json.loads(line)
            if wanted(value):
                return value
        raise AssertionError(f"it ended before: {self.lines[-3:]} {self.errors}")

    def hear_event(self, event: str, **fields: object) -> dict[str, Any]:
        """Return the next line of this event with these fields."""
        return self.hear(lambda value: value["event"] == event and fields.items() <= value.items())

    def hear_text(self, text: str) -> str:
        """Return the next line of standard output that holds ``text``."""
        return self._hear_text(self._queue, text)

    def hear_error(self, text: str) -> str:
        """Return the next line of standard error that holds ``text``."""
        return self._hear_text(self._error_queue, text)

    def _hear_text(self, lines: "queue.SimpleQueue[str | None]", text: str) -> str:
        while (line := self._next(lines, PATIENCE)) is not None:
            if text in line:
                return line
        raise AssertionError(f"it ended before: {self.lines[-3:]} {self.errors}")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def close_output(self) -> None:
        """Go away as a reader: what it writes from now on finds nobody."""
        assert self._process.stdout is not None
        # The descriptor itself, since the reading thread is inside the file object.
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, self._process.stdout.fileno())
        os.close(null)

    def kill(self) -> None:
        """Have it end like in a power cut, if it still runs; return when it has."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE)

    def end(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; return the exit code. All of its lines are in ``lines`` and ``errors`` then."""
        code = self._process.wait(seconds)
        for thread in self._threads:
            thread.join(seconds)
        return code

    def events(self) -> list[dict[str, Any]]:
        """Return all lines as JSON values: each must be one."""
        return [json.loads(line) for line in self.lines]

    @staticmethod
    def _next(lines: "queue.SimpleQueue[str | None]", seconds: float) -> str | None:
        try:
            return lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"nothing for {seconds} s") from None


SIGNED = (
    *("run", "upload", "decide", "rework", "correct-clock", "ca init", "release", "people", "export", "checkpoint"),
    "close",
)


def signed(line: Line, arguments: tuple[object, ...], who: str = "edith") -> list[object]:
    """Return a command with who gives it, where it takes that and says nothing of it; a run with a reason, too."""
    words = [str(word) for word in arguments]
    name = " ".join(words[:2]) if words[:1] == ["ca"] else words[0]
    if name not in SIGNED or words[:2] == ["people", "list"] or "--sign-in" in words:
        return list(arguments)
    reason = ["--reason", "a test"] if name == "run" and "--headless" not in words and "--reason" not in words else []
    return [*arguments, *reason, "--sign-in", line.sign_in_file(who)]


def run_station(line: Line, *arguments: object, environment: Mapping[str, str] | None = None) -> Process:
    """Start a command of the station."""
    return Process([*STATION, *signed(line, arguments), "--station", line.station_file], environment=environment)


def call_station(line: Line, *arguments: object) -> tuple[int, str, str]:
    """Run a short command in this process; return its exit code, standard output and standard error."""
    return call(*signed(line, arguments), "--station", line.station_file)


def call(*arguments: object) -> tuple[int, str, str]:
    """The same, without a station file."""
    output, errors = io.StringIO(), io.StringIO()
    typed = ["station", *map(str, arguments)]
    with (
        mock.patch.object(sys, "argv", typed),
        redirect_stdout(output),
        redirect_stderr(errors),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code, output.getvalue(), errors.getvalue()


def start_run(line: Line, quantity: int, *more: object, batch: str = "WO-1", product: str = "tracker") -> Process:
    """Start ``station run --headless --json``, with settings that an engineer has released."""
    what = ("--batch", batch, "--product", product, "--quantity", quantity)
    line.release(product)
    return run_station(line, "run", *what, "--headless", "--json", *more)


def _read(stream: IO[str] | None, into: list[str], lines: "queue.SimpleQueue[str | None]") -> None:
    with contextlib.suppress(ValueError):  # closed while it was read
        for line in stream or ():
            into.append(line.rstrip("\n"))
            lines.put(line)
    lines.put(None)
