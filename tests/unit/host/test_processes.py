"""A child process ends when it should, takes its children with it, and can't fill memory."""

import os
import select
import sys
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.processes import run_program

PYTHON = sys.executable

# The grandchild says its name, then both wait far longer than the test.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "w").write(str(child.pid))
print("started", flush=True)
{then}
"""


def ends(process_id: int) -> bool:
    """Return whether a process ends within ten seconds, or has ended. A killed one takes the kernel a moment."""
    try:
        handle = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


def test_output_errors_status_and_input_pass_through_whole() -> None:
    code = (
        "import sys; d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[::-1]); sys.stderr.write('e'); sys.exit(7)"
    )
    data = bytes(range(256)) * 1000
    finished = run_program([PYTHON, "-c", code], timeout=30, data=data)
    assert (finished.status, finished.output, finished.errors) == (7, data[::-1], b"e")


def test_folder_and_environment_are_the_childs(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ['ADDED'], 'PATH' in os.environ)"
    finished = run_program([PYTHON, "-c", code], timeout=30, folder=tmp_path, environment={"ADDED": "yes"})
    assert finished.output.decode().split() == [str(tmp_path), "yes", "True"]


def test_no_shell_reads_the_arguments() -> None:
    finished = run_program([PYTHON, "-c", "import sys; print(sys.argv[1])", "$HOME; echo * `id`"], timeout=30)
    assert finished.output == b"$HOME; echo * `id`\n"


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(Fault, match="no-such-program") as caught:
        run_program(["no-such-program"], timeout=1)
    assert caught.value.code == "HOST-108"


def test_a_program_that_does_not_read_its_input_is_no_fault() -> None:
    finished = run_program([PYTHON, "-c", "print('done')"], timeout=30, data=b"x" * 1_000_000)
    assert finished.output == b"done\n"


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")
def test_a_timeout_kills_the_program_and_its_children(tmp_path: Path) -> None:
    note = tmp_path / "child"
    with pytest.raises(Fault, match=r"did not end within 1\.5 s") as caught:
        run_program([PYTHON, "-c", PARENT.format(then="time.sleep(600)"), str(note)], timeout=1.5)
    assert caught.value.code == "HOST-109"
    assert ends(int(note.read_text()))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")
def test_a_child_left_behind_by_a_normal_end_is_killed_and_holds_nothing_up(tmp_path: Path) -> None:
    note = tmp_path / "child"
    finished = run_program([PYTHON, "-c", PARENT.format(then=""), str(note)], timeout=30)
    assert (finished.status, finished.output) == (0, b"started\n")
    assert ends(int(note.read_text()))


def test_a_flood_is_cut_and_the_program_still_ends() -> None:
    code = "import sys; [sys.stdout.buffer.write(b'x' * 65536) for _ in range(160)]; print('end', file=sys.stderr)"
    finished = run_program([PYTHON, "-c", code], timeout=60)
    assert len(finished.output) == 1024 * 1024
    assert finished.errors == b"end\n"


def test_nothing_stays_open_however_it_ends() -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("looks into /proc")
    before = len(list(folder.iterdir()))
    run_program([PYTHON, "-c", "pass"], timeout=30, data=b"x" * 1_000_000)
    with pytest.raises(Fault):
        run_program([PYTHON, "-c", "import time; time.sleep(600)"], timeout=0.2)
    assert len(list(folder.iterdir())) == before
