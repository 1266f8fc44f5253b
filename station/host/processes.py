"""Child processes with a hard end: at their deadline, at a stop, and with this program, however it ends."""

import contextlib
import os
import queue
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.host.clock import Deadline, Stop
from station.host.faults import LINE_TOO_LONG, PROGRAM_HUNG, PROGRAM_MISSING
from station.host.tether import Tethered

_OUTPUT_LIMIT = 1024 * 1024
_ERRORS_KEPT: Final = 64 * 1024
"""Bytes of a line-speaking child's stderr that are kept: its last words."""
_LINES_AHEAD: Final = 16
"""Lines that wait while the caller is busy; then the child waits too."""
_SLICE: Final = 0.1
"""Seconds between two looks at the deadline and the stop."""
_EMPTY_SLICES: Final = 10
"""After the child's end: how often nothing may come before nothing more is expected."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a child process left: exit status and at most 1 MiB of each output."""

    status: int
    output: bytes
    errors: bytes


def run_program(
    command: Sequence[str],
    *,
    timeout: float,
    data: bytes = b"",
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> Finished:
    """Run ``command`` to its end, feeding ``data``; after ``timeout`` seconds it and its children die (HOST-109).

    They die with this program too, also when that is killed. No shell is involved. Output past 1 MiB a stream is read
    and dropped, so a flood can't fill memory. ``environment`` is added to this process's own, of which the variables in
    ``without`` are left out. Raises HOST-108 when it can't be started. Not safe to repeat unless the program is.
    """
    child = _start(command, folder, environment, without)
    process = child.process
    output, errors = bytearray(), bytearray()
    threads = [
        threading.Thread(target=_drain, args=(process.stdout, output), daemon=True),
        threading.Thread(target=_drain, args=(process.stderr, errors), daemon=True),
        threading.Thread(target=_feed, args=(process.stdin, data), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        raise PROGRAM_HUNG.fault(program=command[0], seconds=timeout) from error
    finally:
        # Also after a normal end: a grandchild may still hold the pipes.
        child.kill()
        for thread in threads:
            thread.join(5)
    return Finished(status, bytes(output), bytes(errors))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a line-speaking child ended: its exit status (POSIX: minus the signal that killed it) and its last words."""

    status: int
    errors: bytes
    """The last 64 KiB of its stderr."""


def run_lines(
    command: Sequence[str],
    *,
    deadline: Deadline,
    stop: Stop,
    on_line: Callable[[bytes], None],
    data: bytes = b"",
    environment: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    folder: Path | None = None,
    line_limit: int = 262144,
) -> Ending:
    """Run ``command`` to its end and hand every line of its output to ``on_line`` as it comes.

    ``on_line`` is called in the caller's thread, without the line's end (LF or CR LF); what stands behind the last
    line's end is a line too. While it works, at most 16 lines wait and then the child does, so nothing piles up.

    Raises HOST-108 when the child can't be started, HOST-109 at the deadline, ``Cancelled`` soon after ``stop``,
    HOST-111 for a line longer than ``line_limit`` bytes, and whatever ``on_line`` raises. However this ends, the child
    is reaped and nothing of its process group lives on; it dies with this program too, also when that is killed. A
    child that somebody else kills is an :class:`Ending`. No shell is involved; ``environment`` and ``without`` as in
    :func:`run_program`. Not safe to repeat unless the program is.
    """
    stop.check()
    seconds = f"{deadline.left():.0f}"
    child = _start(command, folder, environment, without)
    process = child.process
    lines: queue.Queue[bytes | None] = queue.Queue(_LINES_AHEAD)
    unwanted = threading.Event()
    errors = bytearray()
    threads = [
        threading.Thread(target=_split, args=(process.stdout, lines, line_limit, unwanted), daemon=True),
        threading.Thread(target=_keep_last, args=(process.stderr, errors), daemon=True),
        threading.Thread(target=_feed, args=(process.stdin, data), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        for line in _lines(child, lines, stop, deadline):
            if len(line) > line_limit:
                raise LINE_TOO_LONG.fault(repr(line[:200]), program=command[0])
            on_line(line)
    except TimeoutError:
        raise PROGRAM_HUNG.fault(program=command[0], seconds=seconds) from None
    finally:
        unwanted.set()
        child.kill()
        for thread in threads:
            # Ends at once, but where a grandchild left the group and keeps the pipe: that can't be waited for.
            thread.join(1)
    return Ending(process.returncode, bytes(errors))


def _lines(child: Tethered, lines: "queue.Queue[bytes | None]", stop: Stop, deadline: Deadline) -> Iterator[bytes]:
    """Yield lines until the output is at its end and the child too; raise ``TimeoutError`` at the deadline."""
    empty, more = 0, True
    while more or not child.has_ended():
        stop.check()
        if deadline.passed():
            raise TimeoutError
        if not more:
            # It closed its output and has a moment to end.
            stop.event.wait(_SLICE / 10)
            continue
        try:
            line = lines.get(timeout=min(_SLICE, deadline.left()))
        except queue.Empty:
            if child.has_ended():
                empty += 1
                more = empty < _EMPTY_SLICES
            continue
        if line is None:
            more = False
        else:
            yield line


def _start(
    command: Sequence[str], folder: Path | None, environment: Mapping[str, str] | None, without: Collection[str]
) -> Tethered:
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    try:
        return Tethered(command, folder, inherited | dict(environment or {}))
    except (OSError, ValueError) as error:
        raise PROGRAM_MISSING.fault(str(error), program=command[0]) from error


def _drain(stream: object, into: bytearray) -> None:
    with stream as pipe:  # type: ignore[attr-defined]  # Popen's pipes are BufferedReaders
        while chunk := pipe.read1(65536):
            into += chunk[: max(0, _OUTPUT_LIMIT - len(into))]


def _feed(stream: object, data: bytes) -> None:
    # A program need not read what it is given; closing tells it the end, and fails the same way.
    with contextlib.suppress(OSError):
        stream.write(data)  # type: ignore[attr-defined]
    with contextlib.suppress(OSError):
        stream.close()  # type: ignore[attr-defined]


def _split(stream: object, lines: "queue.Queue[bytes | None]", limit: int, unwanted: threading.Event) -> None:
    buffer = b""
    with stream as pipe:  # type: ignore[attr-defined]  # as in _drain
        while len(buffer) <= limit and (chunk := pipe.read1(65536)):
            *whole, buffer = (buffer + chunk).split(b"\n")
            for line in whole:
                _put(lines, line.removesuffix(b"\r"), unwanted)
        if buffer:
            _put(lines, buffer.removesuffix(b"\r"), unwanted)
        _put(lines, None, unwanted)


def _put(lines: "queue.Queue[bytes | None]", line: bytes | None, unwanted: threading.Event) -> None:
    while not unwanted.is_set():
        with contextlib.suppress(queue.Full):
            lines.put(line, timeout=_SLICE)
            return


def _keep_last(stream: object, into: bytearray) -> None:
    with stream as pipe:  # type: ignore[attr-defined]  # as in _drain
        while chunk := pipe.read1(65536):
            into += chunk
            del into[: max(0, len(into) - _ERRORS_KEPT)]
