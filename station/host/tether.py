"""Children that end with this process, however it ends: with all that they have started, and without a moment's gap.

A probe's program that outlived a killed station would go on flashing while the next one looks at the board.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from station.host.program import is_packaged, own_command

if sys.platform == "win32":
    from station.host.job import CREATE_SUSPENDED, Job


class Tethered:
    """A child with pipes for its streams. Whoever starts it calls :meth:`kill`, also after a normal end."""

    def __init__(self, command: Sequence[str], folder: Path | None, environment: Mapping[str, str]) -> None:
        """Raises ``OSError`` or ``ValueError`` where it can't be started; then nothing runs. No shell is involved."""
        if sys.platform == "win32":
            self._job = Job()
            try:
                self.process = self._start_in_job(command, folder, environment)
            except BaseException:
                self._job.close()
                raise
        else:
            # Nothing is ever written to it: this end closes when this process ends, and the leash sees that.
            seen, self._life = os.pipe()
            try:
                self.process = _start_on_leash(command, folder, environment, seen)
            except BaseException:
                os.close(self._life)
                raise
            finally:
                os.close(seen)

    if sys.platform == "win32":

        def _start_in_job(
            self, command: Sequence[str], folder: Path | None, environment: Mapping[str, str]
        ) -> "subprocess.Popen[bytes]":
            # Not one moment outside of the job, no console window for each operation, and no Ctrl-C from this one's.
            flags = CREATE_SUSPENDED | subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=environment,
                creationflags=flags,
            )
            try:
                self._job.take(process.pid)
            except BaseException:
                process.kill()
                _reap(process)
                raise
            return process

    def has_ended(self) -> bool:
        """Return whether it has ended; not necessarily what it has started."""
        if sys.platform == "win32":
            return self.process.poll() is not None
        # Left unreaped: until kill has struck, its number must not become somebody else's group.
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def kill(self) -> None:
        """End it and all that it has started, and return when it is gone. Once."""
        if sys.platform == "win32":
            self._job.kill()
            self.process.wait()
            self._job.close()
        else:
            # It is no error that everything in the group has ended.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            os.close(self._life)


if sys.platform != "win32":

    def _leash() -> list[str]:
        if is_packaged():
            return own_command("station.host.leash")
        # As a file, without what any other start of Python looks for: every operation of every slot is one.
        return [sys.executable, "-I", "-S", str(Path(__file__).with_name("leash.py"))]

    def _start_on_leash(
        command: Sequence[str], folder: Path | None, environment: Mapping[str, str], seen: int
    ) -> "subprocess.Popen[bytes]":
        trouble, told = os.pipe()
        with os.fdopen(trouble, "rb") as pipe:
            try:
                process = subprocess.Popen(
                    [*_leash(), str(seen), str(told), *command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=folder,
                    env=environment,
                    # A group of its own: killing reaches grandchildren, and a Ctrl-C in the terminal does not.
                    start_new_session=True,
                    pass_fds=(seen, told),
                )
            finally:
                os.close(told)
            why = pipe.read().decode("utf-8", "replace")
        if why:
            os.killpg(process.pid, signal.SIGKILL)
            _reap(process)
            raise OSError(why)
        return process


def _reap(process: "subprocess.Popen[bytes]") -> None:
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
