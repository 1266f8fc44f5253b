"""A program that lives on when this one ends: started anew (never forked off), with nothing of this one's but its word.

It says on its first line how the start went; from then on nobody listens.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from station.host.faults import NOT_ENDED, PROGRAM_HUNG, PROGRAM_MISSING
from station.host.program import source_folder

_MOST_LINES: Final = 200
_NO_SUCH_PROCESS: Final = 87
"""How Windows says so: ERROR_INVALID_PARAMETER, of OpenProcess."""
_FLAGS: Final = getattr(subprocess, "CREATE_NO_WINDOW", 0) | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


def start_detached(
    command: Sequence[str], *, timeout: float, begins: str, environment: Mapping[str, str] | None = None
) -> str:
    """Start ``command`` in a session of its own and return the first line of its output that begins with ``begins``.

    Raises HOST-108 where it can't be started, or ends without a word (the detail has its last ones); HOST-109 when
    it says nothing for ``timeout`` seconds: it is ended then. Not safe to repeat unless the program is.
    """
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Where this program's own modules are found, whatever folder it was started from.
            cwd=source_folder(),
            env={**os.environ, **(environment or {})},
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=sys.platform != "win32",
            # No console of ours, so that closing that window or Ctrl-C in it does not reach it (Windows).
            creationflags=_FLAGS,
        )
    except (OSError, ValueError) as error:
        raise PROGRAM_MISSING.fault(str(error), program=command[0]) from error
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()
    last: list[str] = []
    threading.Thread(target=_listen, args=(process, begins, heard, last), name="detached", daemon=True).start()
    try:
        line = heard.get(timeout=timeout)
    except queue.Empty:
        process.kill()
        raise PROGRAM_HUNG.fault(program=" ".join(command[:3]), seconds=f"{timeout:.0f}") from None
    if not line:
        raise PROGRAM_MISSING.fault("".join(last)[-2000:], program=" ".join(command[:3]))
    return line


def ask_to_end(process: int) -> None:
    """Send a program of this user the signal to end (on Windows: end it). Nothing where it is gone. Safe to repeat.

    Raises HOST-119 where it is another user's.
    """
    try:
        os.kill(process, signal.SIGTERM)
    except ProcessLookupError:
        return
    except OSError as error:
        if getattr(error, "winerror", 0) == _NO_SUCH_PROCESS:
            return
        raise NOT_ENDED.fault(str(error), process=process) from error


def let_go() -> None:
    """Say nothing any more to whoever started this program: its output goes nowhere from now on."""
    with suppress(OSError, ValueError):  # whoever started it is gone
        sys.stdout.flush()
        sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (1, 2):
        os.dup2(null, standard)
    os.close(null)


def _listen(process: "subprocess.Popen[str]", begins: str, heard: "queue.SimpleQueue[str]", last: list[str]) -> None:
    for line in process.stdout or ():
        if line.startswith(begins):
            heard.put(line.strip())
            break
        last.append(line)
        del last[:-_MOST_LINES]
    else:
        heard.put("")
    if process.stdout is not None:
        process.stdout.close()
    process.wait()  # this program is its parent as long as it lives: nothing of it stays in the table of processes
