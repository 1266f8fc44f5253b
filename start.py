#!/usr/bin/env python3
"""Set the station up and start it; the only thing to install first is Python 3.11 or later.

    python3 start.py demo            the whole line on simulated boards          (Windows: py start.py demo)
    python3 start.py desktop         the window; with --demo on simulated boards
    python3 start.py test            every check: ruff, mypy, pytest (words after it go to pytest)
    python3 start.py bench           how fast it is, beside its references       (--help: what it measures)
    python3 start.py <command> ...   any `station` command; `python3 start.py help` lists them
    python3 start.py lock            write the lock files anew (for developers; needs uv)

The first start makes `.venv` beside this file from `requirements.lock`, each file checked against its hash; a
set-up cut off, a changed lock, another Python or a moved folder is noticed. Two starts at once wait for each other.
Packages of the operating system are asked for only where they are missing: as root on Debian and Ubuntu they are
installed, else the one line that installs them is printed. pip's own configuration says where packages come from.

Exit codes: that of the command started (of `test`, the first check that failed); from start.py itself, with a
sentence: 2 not startable like this, 3 a package of the system is missing, 4 the set-up failed, 130 interrupted.
"""

# Standard library alone, and a syntax that older Pythons can read as far as the version check below.
from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

OLDEST = (3, 11)
USAGE, PACKAGES_MISSING, SET_UP_FAILED, INTERRUPTED = 2, 3, 4, 130

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-test.lock"
PROJECT = ROOT / "pyproject.toml"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
SUFFIX = ".exe" if os.name == "nt" else ""
PYTHON = SCRIPTS / f"python{SUFFIX}"
PIP = (PYTHON, "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")
STATION = SCRIPTS / f"station{SUFFIX}"
STAMP = VENV / "start.stamp"
SET_UP_LOCK = VENV / "start.lock"

# Published as source alone. It is built by the locked setuptools, without build isolation: isolation would fetch
# build tools that no hash covers. Everything else comes as a wheel or not at all, so nothing else can be built.
SOURCE_ONLY = "pynrfjprog"


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error
    """A sentence for the person at the keyboard, and the exit code."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def say(sentence: str) -> None:
    print(f"start.py: {sentence}", file=sys.stderr, flush=True)


class Need(NamedTuple):
    """A Debian package, what it is for, and whether what it brings is there already (however it got there)."""

    package: str
    purpose: str
    present: Callable[[], object]
    vital: bool = True  # without one that isn't, some tests can't run, and are listed


LINUX = sys.platform.startswith("linux")
# Debian keeps daemons such as mosquitto where an ordinary user's PATH doesn't look.
PROGRAM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), *(["/usr/sbin", "/sbin"] if LINUX else [])])
FONT_FOLDERS = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("~/.local/share/fonts")]
# What PySide6's wheels leave to the system, by the names that Qt has them loaded by. Wheels for Windows and macOS
# bring everything. From libxcb-cursor0 on: what Qt needs to show a window under X11.
QT_LIBRARIES = {
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libfreetype6": "libfreetype.so.6",
    "libglib2.0-0": "libgthread-2.0.so.0",
    "libbrotli1": "libbrotlidec.so.1",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
}
TEST_PROGRAMS = {"mosquitto": "mosquitto", "openssl": "openssl", "xvfb": "Xvfb", "xauth": "xauth", "xdotool": "xdotool"}


def has_library(name: str) -> bool:
    """Whether the loader takes it, which is what Qt will ask; so a broken file counts as missing."""
    with contextlib.suppress(OSError):
        return bool(ctypes.CDLL(name))
    return False


def has_font() -> bool:
    folders = map(os.path.expanduser, FONT_FOLDERS)  # unlike Path.expanduser, no error for an account without a home
    files = (name for folder in folders for _, _, names in os.walk(folder) for name in names)
    return any(name.lower().endswith((".ttf", ".otf", ".ttc")) for name in files)


def has_venv() -> bool:
    """Debian's bare python3 has `venv` but not the `ensurepip` behind it."""
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))


def name_here(package: str, release: dict[str, str]) -> str:
    """GLib's package has a new name since Debian 13 and Ubuntu 24.04; elsewhere it answers to the old one."""
    renamed_in = {"debian": 13.0, "ubuntu": 24.04}.get(release.get("ID", ""))
    if package != "libglib2.0-0" or renamed_in is None:
        return package
    return f"{package}t64" if float(release.get("VERSION_ID", "inf")) >= renamed_in else package


def needs_of(command: str, *, venv: bool) -> list[Need]:
    """What `command` needs of the system, all at once: who isn't root is sent to sudo once, not twice."""
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    needs = [Need(f"{minor}-venv", "making .venv", has_venv)] if venv else []
    if LINUX and command in ("desktop", "test", "bench"):
        needs += [Need(package, "Qt", partial(has_library, name)) for package, name in QT_LIBRARIES.items()]
        # Without any font Qt runs, and draws every letter as an empty box.
        needs.append(Need("fonts-dejavu-core", "letters on the screen", has_font))
    if command == "test":
        for package, name in TEST_PROGRAMS.items():
            if LINUX or package in ("mosquitto", "openssl"):
                needs.append(Need(package, "tests", partial(shutil.which, name, path=PROGRAM_PATH), vital=False))
    return needs


def wait_for_apt(lists: Path = Path("/var/lib/apt/lists/lock"), patience_s: float = 300) -> None:
    """No other apt is at the package lists; `update` gives up at once, and a fresh PC updates by itself at first."""
    if sys.platform != "win32":
        with contextlib.suppress(FileNotFoundError), lists.open("r+b") as file:
            _wait_until(partial(_try_lock, file.fileno(), fcntl.lockf), "another apt is at work", patience_s)


def provide(needs: Sequence[Need]) -> None:
    """All of `needs` are there afterwards, or a Refusal says how to get them."""
    missing = [need for need in needs if not need.present()]
    if not missing:
        return
    release: dict[str, str] = {}
    with contextlib.suppress(OSError):
        release = platform.freedesktop_os_release()
    packages = [name_here(need.package, release) for need in missing]
    purposes = ", ".join(dict.fromkeys(need.purpose for need in missing))
    if not LINUX or shutil.which("apt-get") is None:
        sentence = f"missing, for {purposes}: what Debian calls {', '.join(packages)}. Install it as one does here"
        if any(need.vital for need in missing):
            raise Refusal(PACKAGES_MISSING, f"{sentence}, then start again.")
        say(f"{sentence}; going on without.")
        return
    # An update that fails is not the end: the lists may be good enough, and the install says so if not.
    steps = [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]]
    by_hand = "; ".join(" ".join(step) for step in steps)
    if sys.platform != "win32" and os.geteuid() != 0:
        as_root = "sudo sh" if shutil.which("sudo") else "su"  # a bare Debian has no sudo
        print(f"{as_root} -c '{by_hand}'", flush=True)
        raise Refusal(PACKAGES_MISSING, f"packages for {purposes} are missing. Run the line above, then start again.")
    say(f"installing, for {purposes}: {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wait_for_apt()
    for command in steps:
        patient = [*command, "-q", "-o", "DPkg::Lock::Timeout=300"]  # another apt at work is waited for
        result = subprocess.run(patient, env=quiet, stdout=subprocess.DEVNULL, check=False)
    importlib.invalidate_caches()
    still = [need.package for need in missing if not need.present()]
    if result.returncode != 0 or still:
        sentence = f"apt-get could not install {' '.join(still or packages)}."
        raise Refusal(SET_UP_FAILED, f"{sentence} Run this by hand, then start again: {by_hand}")


def wanted(with_tests: bool) -> dict[str, str]:
    """The stamp of a .venv that has everything. A part that differs is installed anew; with "base", all of it."""
    python = f"{sys.implementation.cache_tag} {platform.machine()} {VENV}"  # a venv can't be moved: its path counts
    parts = {"base": LOCK.read_bytes() + python.encode(), "project": PROJECT.read_bytes()}
    if with_tests:
        parts["test"] = TEST_LOCK.read_bytes()
    return {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}


def stamped() -> dict[str, str]:
    """The stamp of .venv as it is; empty for one that is missing, half made or damaged."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and PYTHON.exists() and STATION.exists() else {}


def is_ready(with_tests: bool) -> bool:
    return wanted(with_tests).items() <= stamped().items()


@contextlib.contextmanager
def one_at_a_time() -> Iterator[int]:
    """Only one start.py is inside; the system opens the lock again when its holder dies. Yields the open file."""
    VENV.mkdir(exist_ok=True)
    with SET_UP_LOCK.open("a+b") as file:
        _wait_until(partial(_try_lock, file.fileno()), "another start.py is setting up")
        yield file.fileno()


def _wait_until(done: Callable[[], bool], what: str, patience_s: float = float("inf")) -> None:
    if not done():
        say(f"{what}; waiting for it.")
        begun = time.monotonic()
        while not done() and time.monotonic() - begun < patience_s:
            time.sleep(0.2)


def _try_lock(descriptor: int, posix_way: Callable[[int, int], None] | None = None) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            (posix_way or fcntl.flock)(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def install(held: int, failure: str, *command: str | Path) -> None:
    """Run the venv's maker or its pip. It inherits the lock: if start.py is killed, the next one waits for it."""
    inherited = () if os.name == "nt" else (held,)
    # -I: a PYTHONPATH or user packages of this account must not decide what gets installed.
    if subprocess.run([command[0], "-I", "-m", *command[1:]], pass_fds=inherited, cwd=ROOT, check=False).returncode:
        raise Refusal(SET_UP_FAILED, f"{failure} (the reason stands above). The next start begins again.")


def install_locked(held: int, lock: Path) -> None:
    only_wheels = ("--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "--no-build-isolation")
    failure = f"pip, which needs the network, could not install what {lock.name} names"
    install(held, failure, *PIP, *only_wheels, "--require-hashes", "-r", lock)


def make_venv(held: int) -> None:
    """An empty `.venv`, then setuptools, then all the rest: a source package needs setuptools to be there first."""
    if Path(sys.prefix) == VENV:
        raise Refusal(USAGE, ".venv has to be made anew, which its own Python can't do; start with the system's.")
    say("making .venv (once; half a minute or more).")
    for path in VENV.iterdir():
        if path != SET_UP_LOCK:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    install(held, "Python could not make .venv", sys.executable, "venv", VENV)
    pin = re.search(r"^setuptools==.*?(?=^\S|\Z)", LOCK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if pin is None:
        raise Refusal(SET_UP_FAILED, f"{LOCK.name} is damaged: it does not name setuptools.")
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder, LOCK.name)  # the name that a failure would give
        tools.write_text(pin.group(), encoding="utf-8")
        install_locked(held, tools)
    install_locked(held, LOCK)


def set_up(with_tests: bool) -> None:
    """`.venv` holds what the lock files name, and this project. Safe to repeat and to interrupt."""
    if is_ready(with_tests):
        return
    with one_at_a_time() as held:
        if is_ready(with_tests):
            return
        want, have = wanted(with_tests), stamped()
        # The stamp comes back last: what is cut off from here on leaves none, and is made anew from the ground.
        STAMP.unlink(missing_ok=True)
        if have.get("base") != want["base"]:
            make_venv(held)
            have = {}
        if have.get("project") != want["project"]:
            # --no-index: all it needs is in .venv already, so nothing may be fetched.
            itself = ("--no-index", "--no-deps", "--no-build-isolation", "--editable", ROOT)
            install(held, "pip could not install the station itself", *PIP, *itself)
        if with_tests and have.get("test") != want["test"]:
            say("installing the test tools (once).")
            install_locked(held, TEST_LOCK)
        STAMP.write_text(json.dumps({**have, **want}), encoding="utf-8")


def run(command: Sequence[str | Path], folder: Path | None = None, environment: dict[str, str] | None = None) -> int:
    """The child's exit code. Ctrl-C reaches the child from the terminal itself; start.py only waits for its end."""
    return wait_for(subprocess.Popen(command, cwd=folder, env=environment))


def wait_for(process: subprocess.Popen[bytes]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


def start_station(words: Sequence[str]) -> int:
    """Become `station <words>`, so that every signal reaches it; where a process can't become another, wait for it."""
    if os.name == "nt":
        signal.signal(signal.SIGINT, lambda *_: None)
        return run([STATION, *words])
    return os.execv(STATION, [str(STATION), *words])  # noqa: S606 - a list of words, no shell wanted


@contextlib.contextmanager
def compiled_ahead(environment: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Have the tests compiled meanwhile, which else each of five processes does; yields what waits for that."""
    command: list[str | Path] = [PYTHON, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    ahead = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield partial(wait_for, ahead)
    finally:
        ahead.kill()
        ahead.wait()


def test(words: Sequence[str]) -> int:
    """All checks run, also after one failed; tests/conftest.py lists what could not run, and in CI judges it."""
    # Bytecode where tests/conftest.py has it too: beside the sources it might be forbidden.
    ours = {"QT_QPA_PLATFORM": "offscreen", "PYTHONPYCACHEPREFIX": str(ROOT / ".pytest_cache" / "bytecode")}
    environment = {**ours, **os.environ, "PATH": PROGRAM_PATH, "PYTHONDONTWRITEBYTECODE": ""}
    checks = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["mypy"],
        # Most tests wait for something: five at a time keep two cores at work. What measures has the PC to itself.
        "pytest": ["pytest", *(words or ("-n", "5", "--dist", "loadgroup", "-m", "not alone"))],
        **({} if words else {"pytest, measuring": ["pytest", "-m", "alone"]}),
    }
    codes, stopped, ended = dict[str, int](), list[int](), 128 + signal.SIGTERM
    signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    with contextlib.nullcontext(int) if words else compiled_ahead(environment) as wait_for_it:
        for name, command in checks.items():
            say(f"{name} ...")
            if name != "pytest" or (wait_for_it() != ended and not stopped):
                codes[name] = run([PYTHON, "-m", *command], ROOT, environment)
            if codes.setdefault(name, ended) == ended or stopped:
                break
    say(", ".join(f"{name} {'failed' if code else 'passed'}" for name, code in codes.items()))
    return next((code for code in codes.values() if code), 0)


def bench(words: Sequence[str]) -> int:
    """Measure; relative paths among the words are the caller's, so the folder stays as it is."""
    paths = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return run([PYTHON, "-m", "tests.benchmarks", *words], environment={**os.environ, "PYTHONPATH": paths})


def start(command: str, words: Sequence[str]) -> int:
    if command == "lock":
        return run([sys.executable, ROOT / "packaging" / "lock.py", *words])
    own = {"test": test, "bench": bench}.get(command)
    provide(needs_of(command, venv=not is_ready(own is not None)))
    set_up(with_tests=own is not None)
    if own is not None:
        return own(words)
    return start_station(["--help"] if command == "help" else [command, *words])


def main(words: Sequence[str]) -> int:
    if sys.version_info < OLDEST:
        say(f"Python 3.11 or later is needed; this is {platform.python_version()} ({sys.executable}).")
        return USAGE
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if words else USAGE
    try:
        return start(words[0], words[1:])
    except Refusal as refusal:
        say(str(refusal))
        return refusal.code
    except KeyboardInterrupt:
        say("interrupted; the next start begins again where it must.")
        return INTERRUPTED
    except OSError as error:
        say(f"the set-up failed: {error}. If a file is in use, close the station's windows; then start again.")
        return SET_UP_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
