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
        """Start it and wait for a line that begins with ``ready``. Raises HOST-108 or HOST-109; then nothing runs."""
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
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process.stdout, lines), daemon=True).start()
        self.ready_line = self._wait(lines, ready, timeout, command)

    def _wait(self, lines: "queue.SimpleQueue[str]", ready: str, timeout: float, command: Sequence[str]) -> str:
        try:
            while line := lines.get(timeout=timeout):
                if line.startswith(ready):
                    return line.strip()
        except queue.Empty:
            self.end()
            raise PROGRAM_HUNG.fault(program=" ".join(command[:3]), seconds=timeout) from None
        self.end()
        raise PROGRAM_MISSING.fault(f"it ended with status {self._process.returncode}", program=" ".join(command[:3]))

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
