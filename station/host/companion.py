"""A program that runs beside this one and ends with it."""

import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Final, Self

from station.host.faults import PROGRAM_HUNG, PROGRAM_MISSING

_FLAGS: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


class Companion:
    """A child process that ends when its standard input does, so that it can't outlive this one, however this ends."""

    def __init__(self, command: Sequence[str], *, ready: str, timeout: float) -> None:
        """Start it; it is at work once it has said a line that begins with ``ready``. Raises HOST-109: nothing runs."""
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                # A Ctrl-C in the terminal is for this program, which then ends its companion in good order.
                start_new_session=sys.platform != "win32",
                # And no console window of its own beside a window that has none (Windows).
                creationflags=_FLAGS,
            )
        except OSError as error:
            raise PROGRAM_MISSING.fault(str(error), program=command[0]) from error
        self._program, self._ready, self._timeout = " ".join(command[:3]), ready, timeout
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, self._lines), daemon=True).start()

    def wait_ready(self) -> None:
        """Return when it is at work. Once. Raises HOST-108 or HOST-109; then nothing runs."""
        try:
            while line := self._lines.get(timeout=self._timeout):
                if line.startswith(self._ready):
                    return
        except queue.Empty:
            self.end()
            raise PROGRAM_HUNG.fault(program=self._program, seconds=self._timeout) from None
        self.end()
        raise PROGRAM_MISSING.fault(f"it ended with status {self._process.returncode}", program=self._program)

    def end(self) -> None:
        """Have it end, and return when it has. Safe to repeat."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def _read(stream: IO[str] | None, lines: "queue.SimpleQueue[str]") -> None:
    if stream is not None:
        with stream:
            for line in stream:
                lines.put(line)
    lines.put("")
