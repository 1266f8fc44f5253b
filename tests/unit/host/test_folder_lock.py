"""One process owns a folder; the next is refused and told who; a killed owner leaves nothing behind."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.lock import FolderLock

HOLDER = """
import sys
from pathlib import Path
from station.host.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]), "the engine")
print("holding", flush=True)
sys.stdin.read()
"""


def start_holder(folder: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "holding\n"
    return process


def test_a_second_process_is_refused_and_told_who(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        with pytest.raises(Fault, match=rf"the engine, process {holder.pid} of ") as caught:
            FolderLock(tmp_path, "a command")
        assert caught.value.code == "HOST-105"
        assert str(tmp_path) in caught.value.sentence
        holder.communicate()
    FolderLock(tmp_path, "a command").release()


def test_a_killed_owner_frees_the_folder_and_its_name_is_gone(tmp_path: Path) -> None:
    with start_holder(tmp_path) as holder:
        holder.kill()
        holder.communicate()
    with FolderLock(tmp_path, "the next one"), pytest.raises(Fault, match="the next one, process") as caught:
        FolderLock(tmp_path, "a third")
    assert "the engine" not in caught.value.sentence


def test_a_second_lock_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with FolderLock(tmp_path, "the engine"), pytest.raises(Fault, match=f"process {os.getpid()} of"):
        FolderLock(tmp_path, "again")


def test_releasing_frees_the_folder_and_is_safe_to_repeat(tmp_path: Path) -> None:
    first = FolderLock(tmp_path, "first")
    first.release()
    with FolderLock(tmp_path, "second"):
        first.release()  # must not close what the second one holds
        with pytest.raises(Fault, match="second, process"):
            FolderLock(tmp_path, "third")


def test_a_refusal_leaves_the_owners_lock_whole(tmp_path: Path) -> None:
    with FolderLock(tmp_path, "the engine"):
        for _ in range(2):
            with pytest.raises(Fault, match="the engine, process"):
                FolderLock(tmp_path, "again")


def test_a_childs_life_does_not_prolong_the_lock(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path, "the engine")
    command = [sys.executable, "-c", "import sys; print('running', flush=True); sys.stdin.read()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, close_fds=False) as child:
        # Its first line shows that it has begun; until then the kernel may still be closing what it inherited.
        assert child.stdout
        child.stdout.read(1)
        lock.release()
        FolderLock(tmp_path, "the next").release()
        child.communicate()


def test_an_owner_who_has_only_just_taken_the_folder_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FolderLock(tmp_path, "the engine") as first:
        words = (tmp_path / ".lock").read_text()
        (tmp_path / ".lock").write_text("")  # as it is between taking and writing
        monkeypatch.setattr("time.sleep", lambda _seconds: (tmp_path / ".lock").write_text(words))
        with pytest.raises(Fault, match=f"the engine, process {os.getpid()} of"):
            FolderLock(tmp_path, "a command")
        first.release()
    assert (tmp_path / ".lock").read_text() == ""  # the next owner is not taken for this one


def test_the_folder_and_the_lock_are_private(tmp_path: Path) -> None:
    with FolderLock(tmp_path / "data", "the engine"):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data", tmp_path / "data" / ".lock")]
    assert modes == [0o700, 0o600]


def test_a_lock_that_cannot_be_made_is_a_fault_and_no_owner(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with pytest.raises(Fault, match="can't be written") as caught:
        FolderLock(tmp_path, "the engine")
    assert caught.value.code == "HOST-102"
