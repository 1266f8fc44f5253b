"""A child that speaks in lines: each line as it comes, a hard end, nothing left behind, nothing that fills memory."""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.faults import Cancelled, Fault
from station.host.clock import Deadline, Stop, SystemClock
from station.host.processes import Ending, run_lines

PYTHON = sys.executable
needs_pidfd = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs pidfd_open (Linux)")

# The grandchild's number is the first line; then the parent does as told.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
{then}
"""


def run(code: str, *arguments: str, seconds: float = 60, on_line: Callable[[bytes], None] = lambda _: None) -> Ending:
    command = [PYTHON, "-c", code, *arguments]
    return run_lines(command, deadline=Deadline(SystemClock(), seconds), stop=Stop(), on_line=on_line)


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


def test_lines_status_and_errors_pass_through_whole() -> None:
    lines: list[bytes] = []
    said = b"one\n\ntwo\r\n\xff\xfe\nno end"
    code = f"import sys; sys.stdout.buffer.write({said!r}); sys.stderr.write('e'); sys.exit(7)"
    assert run(code, on_line=lines.append) == Ending(7, b"e")
    assert lines == [b"one", b"", b"two", b"\xff\xfe", b"no end"]


def test_a_line_is_handed_on_while_the_child_still_runs() -> None:
    # The child ends only once its first line has been seen and answered.
    lines: list[bytes] = []
    thread = threading.get_ident()

    def look(line: bytes) -> None:
        assert threading.get_ident() == thread
        lines.append(line)
        os.kill(int(line), signal.SIGUSR1)

    code = (
        "import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]);"
        "print(os.getpid(), flush=True); signal.sigwait([signal.SIGUSR1])"
    )
    assert run(code, on_line=look).status == 0
    assert len(lines) == 1


def test_the_child_reads_what_it_is_given_and_nothing_more() -> None:
    lines: list[bytes] = []
    run_lines(
        [PYTHON, "-c", "import sys; print(len(sys.stdin.read()))"],
        deadline=Deadline(SystemClock(), 60),
        stop=Stop(),
        on_line=lines.append,
        data=b"x" * 300_000,
    )
    assert lines == [b"300000"]


@needs_pidfd
def test_the_deadline_kills_the_child_and_its_children() -> None:
    lines: list[bytes] = []

    class Hurried(SystemClock):
        def monotonic(self) -> float:
            return super().monotonic() + (1e6 if lines else 0.0)

    command = [PYTHON, "-c", PARENT.format(then="time.sleep(600)")]
    with pytest.raises(Fault, match="did not end within 60 s") as caught:
        run_lines(command, deadline=Deadline(Hurried(), 60), stop=Stop(), on_line=lines.append)
    assert caught.value.code == "HOST-109"
    assert ends(int(lines[0]))


def test_the_deadline_strikes_in_the_middle_of_a_flood_of_lines() -> None:
    with pytest.raises(Fault) as caught:
        run("while True: print('line')", seconds=0.7)
    assert caught.value.code == "HOST-109"


def test_a_child_that_closes_its_output_and_stays_is_killed_at_the_deadline() -> None:
    with pytest.raises(Fault) as caught:
        run("import os, time; os.close(1); os.close(2); time.sleep(600)", seconds=0.7)
    assert caught.value.code == "HOST-109"


@needs_pidfd
def test_a_stop_kills_the_child_and_its_children() -> None:
    stop, lines = Stop(), []

    def note(line: bytes) -> None:
        lines.append(line)
        stop.request()

    command = [PYTHON, "-c", PARENT.format(then="time.sleep(600)")]
    with pytest.raises(Cancelled):
        run_lines(command, deadline=Deadline(SystemClock(), 60), stop=stop, on_line=note)
    assert ends(int(lines[0]))


def test_after_a_stop_nothing_is_started() -> None:
    stop = Stop()
    stop.request()
    with pytest.raises(Cancelled):
        run_lines(["no-such-program"], deadline=Deadline(SystemClock(), 60), stop=stop, on_line=lambda _: None)


@needs_pidfd
def test_what_the_caller_raises_kills_the_child_and_its_children() -> None:
    lines: list[bytes] = []

    def refuse(line: bytes) -> None:
        lines.append(line)
        raise ValueError("not like this")

    with pytest.raises(ValueError, match="not like this"):
        run(PARENT.format(then="time.sleep(600)"), on_line=refuse)
    assert ends(int(lines[0]))


@needs_pidfd
def test_a_child_left_behind_by_a_normal_end_is_killed_and_holds_nothing_up() -> None:
    lines: list[bytes] = []
    assert run(PARENT.format(then=""), on_line=lines.append).status == 0
    assert ends(int(lines[0]))


@needs_pidfd
def test_a_left_behind_child_that_escaped_the_group_holds_nothing_up() -> None:
    lines: list[bytes] = []
    escaped = PARENT.replace('600)"]', '600)"], start_new_session=True')
    try:
        assert run(escaped.format(then="print('done')"), seconds=30, on_line=lines.append).status == 0
        assert lines[1:] == [b"done"]
    finally:
        os.kill(int(lines[0]), signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_child_that_somebody_else_kills_is_an_ending(number: signal.Signals) -> None:
    def kill(line: bytes) -> None:
        os.kill(int(line), number)

    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    assert run(code, on_line=kill).status == -number


def test_a_line_without_end_is_refused_before_it_fills_memory() -> None:
    code = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with pytest.raises(Fault) as caught:
        run(code)
    assert caught.value.code == "HOST-111"
    assert len(caught.value.detail) < 300


@pytest.mark.parametrize(("length", "fits"), [(1000, True), (1001, False)])
@pytest.mark.parametrize("end", ["", "\n"])
def test_the_longest_line_still_passes(length: int, fits: bool, end: str) -> None:
    lines: list[bytes] = []
    command = [PYTHON, "-c", f"print('x' * {length}, end={end!r})"]

    def listen() -> None:
        run_lines(command, deadline=Deadline(SystemClock(), 60), stop=Stop(), on_line=lines.append, line_limit=1000)

    if fits:
        listen()
        assert lines == [b"x" * length]
    else:
        with pytest.raises(Fault, match="HOST-111"):
            listen()
        assert not lines


def test_a_flood_of_errors_leaves_the_last_words() -> None:
    code = "import sys; [sys.stderr.write('x' * 65536) for _ in range(160)]; sys.stderr.write('the end'); print('done')"
    lines: list[bytes] = []
    ending = run(code, on_line=lines.append)
    assert len(ending.errors) == 64 * 1024
    assert ending.errors.endswith(b"xthe end")
    assert lines == [b"done"]


def test_a_slow_listener_slows_the_child_and_loses_nothing() -> None:
    lines: list[bytes] = []
    pause = threading.Event()

    def listen(line: bytes) -> None:
        lines.append(line)
        if len(lines) < 3:
            pause.wait(0.05)

    run("for n in range(5000): print(n)", on_line=listen)
    assert lines == [b"%d" % number for number in range(5000)]


@pytest.mark.parametrize("program", ["no-such-program", "null\0byte"])
def test_a_program_that_is_not_there_is_named(program: str) -> None:
    with pytest.raises(Fault) as caught:
        run_lines([program], deadline=Deadline(SystemClock(), 5), stop=Stop(), on_line=lambda _: None)
    assert caught.value.code == "HOST-108"
    assert program in caught.value.sentence


def test_nothing_stays_open_and_no_thread_stays_however_it_ends() -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("looks into /proc")
    run("pass")
    before, threads = len(list(folder.iterdir())), threading.active_count()
    run("print(1)")
    with pytest.raises(Fault):
        run("while True: print('line')", seconds=0.5)
    assert (len(list(folder.iterdir())), threading.active_count()) == (before, threads)
