"""No child outlives this program: a parent that is really killed takes its child and its grandchild along."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.processes import run_program

ROOT = Path(__file__).parents[3]
PYTHON = sys.executable
needs_pidfd = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")

# Its grandchild and it tell their numbers into a file, whole, and stay.
CHILD = """
import os, subprocess, sys, time
grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + ".new", "w") as file:
    file.write(f"{os.getpid()} {grandchild.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
print("here", flush=True)
time.sleep(600)
"""
# A station: another thread than the main one runs the child, and the test kills all of it.
PARENT = """
import sys, threading
from station.host.clock import Deadline, Stop, SystemClock
from station.host.processes import run_lines, run_program

command = [sys.executable, "-c", sys.argv[2], sys.argv[3]]
def tell(line):
    print(line.decode(), flush=True)
def lines():
    run_lines(command, deadline=Deadline(SystemClock(), 600), stop=Stop(), on_line=tell)
def program():
    run_program(command, timeout=600)
thread = threading.Thread(target={"lines": lines, "program": program}[sys.argv[1]])
thread.start()
thread.join()
"""


def handle_of(process_id: int) -> int | None:
    """Return a handle that tells the process's end; None where it has ended."""
    try:
        return os.pidfd_open(process_id)
    except ProcessLookupError:
        return None


def require_end(handle: int | None) -> None:
    if handle is not None:
        try:
            assert select.select([handle], [], [], 10)[0]
        finally:
            os.close(handle)


@needs_pidfd
@pytest.mark.parametrize("runner", ["lines", "program"])
def test_a_station_that_is_killed_takes_child_and_grandchild_along(tmp_path: Path, runner: str) -> None:
    note = tmp_path / "numbers"
    station = subprocess.Popen([PYTHON, "-c", PARENT, runner, CHILD, str(note)], cwd=ROOT, stdout=subprocess.PIPE)
    with station:
        try:
            assert station.stdout is not None
            if runner == "lines":
                assert station.stdout.readline() == b"here\n"
            else:
                wait_for(note)
            handles = [handle_of(int(number)) for number in note.read_text().split()]
            assert None not in handles
        finally:
            station.send_signal(signal.SIGKILL)
    for handle in handles:
        require_end(handle)


def wait_for(path: Path) -> None:
    """Return once the file is there; gives up after a minute of looking, which only a defect makes it do."""
    nobody, _write = os.pipe()
    try:
        assert any(path.exists() or select.select([nobody], [], [], 0.05)[0] for _ in range(1200))
    finally:
        os.close(nobody)
        os.close(_write)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_child_gets_no_signals_ignored_no_files_and_no_group_that_another_run_would_not() -> None:
    # What stands between may not be seen: SIGPIPE ends it as always, and nothing but the three streams is open.
    code = (
        "import os, signal, sys;"
        "print(sorted(int(name) for name in os.listdir('/proc/self/fd'))[:-1]);"
        "print([line for line in open('/proc/self/status') if line.startswith('SigIgn')][0].split()[1])"
    )
    finished = run_program([PYTHON, "-I", "-S", "-c", code], timeout=30)
    opened, ignored = finished.output.decode().split("\n")[:2]
    assert opened == "[0, 1, 2]"
    # The interpreter itself ignores these two; `env` shows what it was given.
    given = run_program(["grep", "SigIgn", "/proc/self/status"], timeout=30).output.split()[1]
    assert int(given, 16) & ((1 << (signal.SIGPIPE - 1)) | (1 << (signal.SIGXFSZ - 1))) == 0
    assert int(ignored, 16) >= int(given, 16)


@needs_pidfd
def test_a_program_that_waits_for_all_its_children_has_none_but_its_own() -> None:
    code = """
import os
try:
    os.wait()
except ChildProcessError:
    print("none")
"""
    assert run_program([PYTHON, "-c", code], timeout=30).output == b"none\n"


def test_arguments_that_are_no_text_arrive_byte_for_byte() -> None:
    odd = os.fsdecode(b"\xff\xfe ' $HOME \n") if os.name == "posix" else "ä ' %PATH%"
    code = "import os, sys; sys.stdout.buffer.write(os.fsencode(sys.argv[1]))"
    assert run_program([PYTHON, "-c", code, odd], timeout=30).output == os.fsencode(odd)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are another thing there")
def test_a_program_that_may_not_be_started_says_why(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    with pytest.raises(Fault, match="HOST-108") as caught:
        run_program([str(program)], timeout=30)
    assert "Permission denied" in caught.value.detail
    assert str(program) in caught.value.sentence


def test_a_folder_that_is_not_there_is_a_program_that_can_not_be_started(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="HOST-108"):
        run_program([PYTHON, "-c", "pass"], timeout=30, folder=tmp_path / "none")
