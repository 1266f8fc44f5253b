"""Programs that live on: their one word is heard, or why there was none."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.detached import ask_to_end, start_detached


def run(code: str, timeout: float = 30.0) -> str:
    return start_detached([sys.executable, "-I", "-S", "-c", code], timeout=timeout, begins="ready")


def test_its_first_word_is_heard_and_it_lives_on_in_a_session_of_its_own(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "import os, sys; print('noise'); print('ready', os.getpid(), os.getsid(0), flush=True);"
        f"os.close(1); open({str(fifo)!r}).read(); open({str(tmp_path / 'done')!r}, 'w').close()"
    )
    _, process, session = run(code).split()
    assert process == session != str(os.getsid(0))
    with fifo.open("w"):  # returns once it waits there: it lives
        pass
    ended = threading.Event()
    threading.Timer(20, ended.set).start()
    while not (tmp_path / "done").exists():
        assert not ended.wait(0.01)


def test_one_that_ends_without_a_word_is_quoted() -> None:
    with pytest.raises(Fault) as caught:
        run("raise SystemExit('no such thing')")
    assert caught.value.code == "HOST-108"
    assert "no such thing" in caught.value.detail


def test_one_that_can_not_be_started_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        start_detached([str(tmp_path / "nothing")], timeout=5, begins="ready")
    assert caught.value.code == "HOST-108"


def test_one_that_says_nothing_is_ended(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os, signal; open({str(note)!r}, 'w').write(str(os.getpid())); signal.pause()"
    with pytest.raises(Fault) as caught:
        run(code, timeout=2.0)
    assert caught.value.code == "HOST-109"
    with pytest.raises(ProcessLookupError):  # noqa: PT012 -- killed by then, and reaped a moment later
        for _ in range(1000):
            os.kill(int(note.read_text()), 0)
            threading.Event().wait(0.01)


def test_a_signal_to_our_group_does_not_reach_it() -> None:
    _, process = run("import os, signal; print('ready', os.getpid(), flush=True); os.close(1); signal.pause()").split()
    assert os.getpgid(int(process)) != os.getpgid(0)
    os.kill(int(process), signal.SIGKILL)


def test_a_program_that_may_not_be_ended_is_told_and_one_that_is_gone_is_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system's own refusals, of another user's process and of none."""
    said: list[tuple[int, int]] = []

    def kill(process: int, number: int) -> None:
        said.append((process, number))
        raise PermissionError if process == 4711 else ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    with pytest.raises(Fault) as refused:
        ask_to_end(4711)
    assert (refused.value.code, "4711" in refused.value.sentence) == ("HOST-119", True)
    ask_to_end(4712)
    assert said == [(4711, signal.SIGTERM), (4712, signal.SIGTERM)]
