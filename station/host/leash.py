"""Becomes a child of this program on POSIX, and leaves a watcher: when this program ends, however, so does the child.

Run as a file: ``leash.py LIFE TOLD COMMAND...``. LIFE is the number of an open pipe whose other end the station alone
holds, and never writes to: where it ends, the station has ended, and the watcher kills the process group, grandchildren
and itself too. (Linux's PR_SET_PDEATHSIG would reach the child alone, and strike as soon as the thread that started it
ends.) On the pipe TOLD the reason is told when the command can't be started; else it is closed empty.

The command takes this process's place: number, group, streams and status are its own. The watcher is nobody's child, so
that a command that waits for its children doesn't wait for it, and ends with the group when the command has ended.
Every operation of every slot starts one, so nothing is imported that takes time without need: not even ``typing``.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Leave the watcher, and become the command."""
    station, told = int(sys.argv[1]), int(sys.argv[2])
    command = sys.argv[3:]
    try:
        if os.fork() == 0:
            if os.fork() == 0:
                _watch(station, told)
            os._exit(0)
        os.wait()
        for pipe in (station, told):
            os.set_inheritable(pipe, False)
        # This interpreter ignores both, and what is ignored stays so in the command.
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 -- no shell is what is wanted
    except OSError as error:
        os.write(told, (error.strerror or str(error)).encode())
    os._exit(127)


def _watch(station: int, told: int) -> NoReturn:
    os.close(told)
    # Else the station would wait for this one's copies of the streams that the command has closed.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.read(station, 1)
    os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main()
