"""start.py, as far as it goes without a network: what is missing, what is ready, exit codes, signals."""

import ctypes
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import start
from station.cli import COMMANDS

DEBIAN_12 = {"ID": "debian", "VERSION_ID": "12"}


def need(package: str, *, there: bool, vital: bool = True) -> start.Need:
    return start.Need(package, "trial", lambda: there, vital)


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of three files and a finished .venv whose `station` answers with its words."""
    for name in ("LOCK", "TEST_LOCK", "PROJECT", "VENV", "PYTHON", "STATION", "STAMP", "SET_UP_LOCK", "SCRIPTS"):
        monkeypatch.setattr(start, name, tmp_path / getattr(start, name).relative_to(start.ROOT))
    monkeypatch.setattr(start, "ROOT", tmp_path)
    for path in (start.LOCK, start.TEST_LOCK, start.PROJECT):
        path.write_text(f"# {path.name}\n")
    start.SCRIPTS.mkdir(parents=True)
    for path in (start.PYTHON, start.STATION):
        path.touch()
    start.STAMP.write_text(json.dumps(start.wanted(with_tests=True)))
    return tmp_path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been installed, instead of installing it."""
    done: list[str] = []

    def install(_held: int, failure: str, *_command: str | Path) -> None:
        assert not start.STAMP.exists(), "a set-up that is cut off here would look finished"
        done.append(failure)

    def make_venv(_held: int) -> None:
        install(0, "all of .venv")

    monkeypatch.setattr(start, "install", install)
    monkeypatch.setattr(start, "make_venv", make_venv)
    return done


# --- the operating system's packages


def test_only_what_a_command_needs_is_asked_for() -> None:
    def asked(command: str, *, venv: bool = False) -> set[str]:
        return {found.package for found in start.needs_of(command, venv=venv)}

    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    assert asked("demo") == asked("batches") == asked("doctor") == set()
    assert asked("demo", venv=True) == {minor}
    if start.LINUX:
        assert {"libegl1", "fonts-dejavu-core"} <= asked("desktop") == asked("bench")
        assert asked("test") - asked("desktop") == {"mosquitto", "openssl", "xvfb", "xauth", "xdotool"}
    else:
        assert asked("desktop") == set()
        assert asked("test") == {"mosquitto", "openssl"}


@pytest.mark.parametrize(
    ("release", "name"),
    [
        (DEBIAN_12, "libglib2.0-0"),
        ({"ID": "debian", "VERSION_ID": "13"}, "libglib2.0-0t64"),
        ({"ID": "debian"}, "libglib2.0-0t64"),
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, "libglib2.0-0"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "libglib2.0-0t64"),
        ({"ID": "alpine", "VERSION_ID": "3.19.1"}, "libglib2.0-0"),
        ({}, "libglib2.0-0"),
    ],
)
def test_glib_has_the_release_s_name(release: dict[str, str], name: str) -> None:
    assert start.name_here("libglib2.0-0", release) == name
    assert start.name_here("libegl1", release) == "libegl1"


def test_a_library_is_there_when_the_loader_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not start.has_library("libno-such-thing.so.9")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: name)
    assert start.has_library("libno-such-thing.so.9")


def test_fonts_are_looked_for_in_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "FONT_FOLDERS", [tmp_path, tmp_path / "none"])
    (tmp_path / "truetype").mkdir()
    (tmp_path / "truetype/README").touch()
    assert not start.has_font()
    (tmp_path / "truetype/A.TTF").touch()
    assert start.has_font()


def test_nothing_missing_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_kw: pytest.fail("nothing is to be run"))
    start.provide([need("a", there=True)])


@pytest.mark.skipif(sys.platform == "win32", reason="apt is of Debian")
class TestApt:
    @pytest.fixture
    def ran(self, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
        """apt-get's calls, which succeed; the person is root."""
        calls: list[list[str]] = []

        def run(command: list[str], **kw: object) -> subprocess.CompletedProcess[str]:
            assert isinstance(kw["env"], dict)
            assert kw["env"]["DEBIAN_FRONTEND"] == "noninteractive"
            calls.append(command)
            return subprocess.CompletedProcess(command, 0)

        monkeypatch.setattr(start, "LINUX", True)
        monkeypatch.setattr(start, "wait_for_apt", lambda: None)
        monkeypatch.setattr(platform, "freedesktop_os_release", lambda: DEBIAN_12)
        monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}")
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        monkeypatch.setattr(subprocess, "run", run)
        return calls

    @pytest.mark.parametrize(("sudo", "as_root"), [(True, "sudo sh"), (False, "su")], ids=["sudo", "su"])
    def test_whoever_is_not_root_gets_one_line(
        self,
        sudo: bool,
        as_root: str,
        ran: list[list[str]],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}" if name != "sudo" or sudo else None)
        with pytest.raises(start.Refusal) as refusal:
            start.provide([need("libglib2.0-0", there=False), need("b", there=False), need("c", there=True)])
        assert refusal.value.code == 3
        both = "apt-get update; apt-get install -y --no-install-recommends libglib2.0-0 b"
        assert capsys.readouterr().out == f"{as_root} -c '{both}'\n"
        assert not ran

    def test_root_installs_what_is_missing_and_says_so(
        self, ran: list[list[str]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        there = iter([False, True])
        start.provide([start.Need("a", "trial", lambda: next(there)), need("b", there=True)])
        assert [command[1] for command in ran] == ["update", "install"]
        assert "a" in ran[1]
        assert "b" not in ran[1]
        assert "installing, for trial: a" in capsys.readouterr().err

    def test_what_apt_did_not_bring_is_named(self, ran: list[list[str]]) -> None:
        with pytest.raises(start.Refusal, match=r"could not install a\. Run this by hand") as refusal:
            start.provide([need("a", there=False)])
        assert refusal.value.code == 4
        assert len(ran) == 2

    def test_another_apt_is_waited_for(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        lists = tmp_path / "lock"
        start.wait_for_apt(lists)  # no list was ever fetched
        lists.touch()
        start.wait_for_apt(lists)
        assert not capsys.readouterr().err
        holder = (
            "import fcntl, sys\nwith open(sys.argv[1], 'r+b') as file:\n"
            "    fcntl.lockf(file, fcntl.LOCK_EX); print('in', flush=True); sys.stdin.read()\n"
        )
        command = [sys.executable, "-c", holder, str(lists)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
            assert other.stdin is not None
            assert other.stdout is not None
            assert other.stdout.readline() == "in\n"
            start.wait_for_apt(lists, patience_s=1)
            assert capsys.readouterr().err.count("another apt is at work") == 1
            leaving = threading.Timer(0.3, other.stdin.close)
            leaving.start()
            start.wait_for_apt(lists)
            leaving.join()
            assert other.wait(20) == 0

    def test_without_apt_a_vital_one_stops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "which", lambda _name, **_: None)
        with pytest.raises(start.Refusal, match="what Debian calls a, b") as refusal:
            start.provide([need("a", there=False), need("b", there=False, vital=False)])
        assert refusal.value.code == 3


def test_without_apt_the_rest_is_said_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(start, "LINUX", False)
    start.provide([need("a", there=False, vital=False)])
    assert "going on without" in capsys.readouterr().err


# --- .venv


def test_a_finished_venv_is_left_alone(repo: Path, installed: list[str]) -> None:
    start.set_up(with_tests=True)
    assert not installed
    assert repo.is_dir()


def change(name: str) -> Callable[[], object]:
    return lambda: getattr(start, name).write_text("changed")


def remove(name: str) -> Callable[[], object]:
    return lambda: getattr(start, name).unlink()


ALL = ["all of .venv", "pip could not install the station itself"]
TOOLS = ["pip, which needs the network, could not install what requirements-test.lock names"]


@pytest.mark.parametrize(
    ("damage", "anew"),
    [
        (change("LOCK"), [*ALL, *TOOLS]),
        (change("PROJECT"), ALL[1:]),
        (change("TEST_LOCK"), TOOLS),
        (change("STAMP"), [*ALL, *TOOLS]),
        (lambda: start.STAMP.write_text("[1]"), [*ALL, *TOOLS]),
        (remove("STAMP"), [*ALL, *TOOLS]),
        (remove("PYTHON"), [*ALL, *TOOLS]),
        (remove("STATION"), [*ALL, *TOOLS]),
        (lambda: shutil.rmtree(start.VENV), [*ALL, *TOOLS]),
    ],
    ids=["lock", "project", "test lock", "stamp", "odd stamp", "cut off", "no python", "no station", "no venv"],
)
@pytest.mark.usefixtures("repo")
def test_what_changed_is_installed_anew(damage: Callable[[], object], anew: list[str], installed: list[str]) -> None:
    damage()
    assert not start.is_ready(with_tests=True)
    start.set_up(with_tests=True)
    assert installed == anew
    assert json.loads(start.STAMP.read_text()) == start.wanted(with_tests=True)


@pytest.mark.usefixtures("repo")
def test_the_test_tools_come_when_tests_do(installed: list[str]) -> None:
    start.STAMP.write_text(json.dumps(start.wanted(with_tests=False)))
    start.set_up(with_tests=False)
    assert not installed
    start.set_up(with_tests=True)
    assert installed == TOOLS
    start.TEST_LOCK.write_text("changed")
    start.set_up(with_tests=False)
    assert installed == TOOLS


@pytest.mark.usefixtures("repo")
def test_another_python_or_place_is_another_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    before = start.wanted(with_tests=False)["base"]
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    other = start.wanted(with_tests=False)["base"]
    monkeypatch.setattr(start, "VENV", start.VENV.with_name("elsewhere"))
    assert len({before, other, start.wanted(with_tests=False)["base"]}) == 3


@pytest.mark.usefixtures("repo")
def test_a_failed_installation_leaves_no_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    start.PROJECT.write_text("changed")
    monkeypatch.setattr(start, "PIP", (sys.executable, "no_such_module"))
    with pytest.raises(start.Refusal, match="could not install the station itself") as refusal:
        start.set_up(with_tests=False)
    assert refusal.value.code == 4
    assert not start.stamped()


@pytest.mark.usefixtures("repo")
def test_a_half_made_venv_is_emptied_first(monkeypatch: pytest.MonkeyPatch) -> None:
    (start.VENV / "half").mkdir()
    (start.VENV / "half/made").touch()
    found: list[set[str]] = []
    monkeypatch.setattr(start, "install", lambda *_: found.append({path.name for path in start.VENV.iterdir()}))
    start.STAMP.unlink()
    with pytest.raises(start.Refusal, match="does not name setuptools"):
        start.set_up(with_tests=False)
    assert found == [{start.SET_UP_LOCK.name}]


@pytest.mark.usefixtures("repo")
def test_two_at_once_wait_for_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    holder = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import start; from pathlib import Path\n"
        "start.VENV = Path(sys.argv[2]); start.SET_UP_LOCK = start.VENV / 'start.lock'\n"
        "with start.one_at_a_time():\n    print('in', flush=True); time.sleep(1)\n"
    )
    command = [sys.executable, "-c", holder, str(Path(start.__file__).parent), str(start.VENV)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        begun = time.monotonic()
        with start.one_at_a_time():
            waited = time.monotonic() - begun
    assert waited > 0.5
    assert capsys.readouterr().err.count("waiting for it") == 1


# --- the command line


def test_no_word_is_usage_and_help_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main([]) == 2
    assert start.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "python3 start.py demo" in shown
    named = re.findall(r"^ +python3 start\.py ([a-z]+) ", shown, re.MULTILINE)
    assert set(named) - {"test", "bench", "lock"} <= set(COMMANDS)


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(start, "OLDEST", (99, 0))
    assert start.main(["demo"]) == 2
    assert "or later is needed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code"),
    [(start.Refusal(3, "so it is"), 3), (KeyboardInterrupt(), 130), (OSError("disk full"), 4)],
    ids=["refusal", "interrupt", "system"],
)
def test_every_end_is_a_sentence(
    raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(start, "start", fail)
    assert start.main(["demo"]) == code
    assert capsys.readouterr().err.startswith("start.py: ")


STATION = """\
import os, sys, time

try:
    print(*sys.argv[1:], os.getcwd(), flush=True)
    time.sleep(30 if "wait" in sys.argv else 0)
except KeyboardInterrupt:
    sys.exit(9)
sys.exit(5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="scripts start by themselves on POSIX alone")
class TestStation:
    @pytest.fixture
    def trial(self, repo: Path) -> Path:
        """A copy of start.py with a finished .venv, whose `station` is a script; gives the copy."""
        copy = shutil.copy(start.__file__, repo)
        start.STATION.write_text(f"#!{sys.executable}\n{STATION}", encoding="utf-8")
        start.STATION.chmod(0o755)
        return Path(copy)

    def test_words_folder_and_exit_code_are_passed_on(self, trial: Path, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        command = [sys.executable, str(trial), "journal", "--all"]
        done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, timeout=30, check=False)
        assert (done.returncode, done.stderr) == (5, "")
        assert done.stdout == f"journal --all {elsewhere}\n"

    def test_an_interrupt_reaches_it(self, trial: Path) -> None:
        with subprocess.Popen([sys.executable, str(trial), "wait"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("wait")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 9


def test_the_bench_is_found_from_anywhere_and_relative_paths_stay_the_caller_s(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    for folder in (elsewhere, repo / "tests" / "benchmarks"):
        folder.mkdir(parents=True)
    said = "import os, sys; print(os.getcwd(), *sys.argv[1:]); sys.exit(7)"
    (repo / "tests" / "benchmarks" / "__main__.py").write_text(said, encoding="utf-8")
    monkeypatch.setattr(start, "PYTHON", Path(sys.executable))
    monkeypatch.chdir(elsewhere)
    out = elsewhere / "out"
    with out.open("w") as file:
        run = subprocess.Popen

        def popen(command: list[str], **more: object) -> "subprocess.Popen[bytes]":
            return run(command, stdout=file, **more)  # type: ignore[call-overload, no-any-return]  # as given

        monkeypatch.setattr(subprocess, "Popen", popen)
        assert start.bench(["--json", "a.json"]) == 7
    assert out.read_text().split() == [str(elsewhere), "--json", "a.json"]


def fake_checks(monkeypatch: pytest.MonkeyPatch, codes: list[int], ends: int = 0) -> list[tuple[str, dict[str, str]]]:
    ran: list[tuple[str, dict[str, str]]] = []
    left = iter(codes)

    def run(command: list[str], _folder: Path, environment: dict[str, str]) -> int:
        ran.append((" ".join(map(str, command[2:])), environment))
        return next(left)

    class Ahead:
        def __init__(self, command: list[str], **how: Any) -> None:
            assert "--collect-only" in command
            ran.append(("compile", how["env"]))

        def wait(self) -> int:
            ran.append(("wait for it", {}))
            return ends

        def kill(self) -> None:
            ran.append(("end it", {}))

    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(subprocess, "Popen", Ahead)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return ran


def test_all_checks_run_and_the_first_failure_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = fake_checks(monkeypatch, [0, 1, 2, 0])
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    assert start.test(["-k", "some"]) == 1
    assert [command for command, _ in ran] == ["ruff check .", "ruff format --check .", "mypy", "pytest -k some"]
    assert all(environment["QT_QPA_PLATFORM"] == "offscreen" for _, environment in ran)
    assert "ruff check passed, ruff format failed, mypy failed, pytest passed" in capsys.readouterr().err


def test_without_words_every_test_runs_once_and_what_measures_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = fake_checks(monkeypatch, [0, 0, 0, 0, 0])
    assert start.test([]) == 0
    together, alone = [command for command, _ in ran if command.startswith("pytest")]
    assert together.endswith("-m not alone")
    assert alone == "pytest -m alone"


def test_while_other_checks_run_the_tests_are_compiled_where_pytest_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    ran = fake_checks(monkeypatch, [0, 0, 0, 0, 0])
    assert start.test([]) == 0
    order = [" ".join(command.split()[:2]) for command, _ in ran]
    assert order == [
        *("compile", "ruff check", "ruff format", "mypy", "wait for", "pytest -n"),
        *("pytest -m", "end it", "wait for"),
    ]
    for command, environment in ran:
        if command.startswith(("compile", "pytest")):
            assert environment["PYTHONDONTWRITEBYTECODE"] == ""
            assert environment["PYTHONPYCACHEPREFIX"] == str(start.ROOT / ".pytest_cache" / "bytecode")


def test_a_sigterm_while_the_compiling_is_waited_for_ends_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = fake_checks(monkeypatch, [0, 0, 0], -signal.SIGTERM)
    assert start.test([]) == 128 + signal.SIGTERM
    assert not any(command.startswith("pytest") for command, _ in ran)


def test_an_interrupt_while_the_compiling_is_waited_for_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = fake_checks(monkeypatch, [0, 0, 0], 130)
    on = dict[int, Any]()
    monkeypatch.setattr(signal, "signal", on.__setitem__)
    waiting = start.wait_for

    def wait_for(process: Any) -> int:
        on[signal.SIGINT](signal.SIGINT, None)
        return waiting(process)

    monkeypatch.setattr(start, "wait_for", wait_for)
    assert start.test([]) != 0
    assert not any(command.startswith("pytest") for command, _ in ran)


def test_what_compiles_ahead_ends_with_a_check_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = fake_checks(monkeypatch, [])
    with pytest.raises(StopIteration):
        start.test([])
    assert [command for command, _ in ran] == ["compile", "ruff check .", "end it", "wait for it"]


def test_a_platform_of_one_s_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    ran = fake_checks(monkeypatch, [0, 0, 0, 0, 0])
    assert start.test([]) == 0
    assert ran[0][1]["QT_QPA_PLATFORM"] == "xcb"
