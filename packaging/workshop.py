"""Where packages are made: a copy of one commit, and an environment with exactly what the lock files name.

Nothing is ever written into the source tree but below its ignored folders ``build`` and ``dist``.
"""

import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("packaging/build.lock", "requirements.lock")
"""In this order: the first has setuptools, which what comes as source is built with."""


class Refusal(Exception):  # noqa: N818 -- it is an answer, not an error
    """A sentence for whoever builds: why no package can be made like this."""


def say(sentence: str) -> None:
    """Tell whoever builds what happens now."""
    sys.stderr.write(f"build: {sentence}\n")
    sys.stderr.flush()


def run(*command: str | Path, folder: Path | None = None, extra: dict[str, str] | None = None) -> str:
    """Run to the end and return what it printed. Raises Refusal, with its last words, where it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**os.environ, **(extra or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Refusal(f"{Path(command[0]).name} failed ({done.returncode}):\n{done.stdout[-4000:]}")
    return done.stdout


@dataclass(frozen=True)
class Workshop:
    """One build's folder: ``source`` (the commit's files), ``wheel``, ``tree`` (what PyInstaller makes)."""

    folder: Path
    as_it_is: bool
    """Take files that are not committed too: for whoever works on the packages; never for what is handed out."""

    @property
    def source(self) -> Path:
        """The copy that everything is built from."""
        return self.folder / "source"

    @property
    def tree(self) -> Path:
        """The program as PyInstaller makes it."""
        return self.folder / "tree" / "nrf91-station"

    @cached_property
    def version(self) -> str:
        """Of the program: ``pyproject.toml`` says it, and nothing else does."""
        return str(tomllib.loads((self.source / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])

    @cached_property
    def commit(self) -> str:
        """The commit that is built."""
        return run("git", "-C", self.source, "rev-parse", "HEAD").strip()

    @cached_property
    def epoch(self) -> str:
        """When the commit was made: the time that everything in the packages has."""
        return run("git", "-C", self.source, "log", "-1", "--format=%ct").strip()

    @cached_property
    def python(self) -> Path:
        """The Python of the environment that packages are made in; made where it isn't there yet."""
        return environment(self.source, self.folder.parent / "environments")

    @property
    def settings(self) -> dict[str, str]:
        """Variables that make the tools write the same bytes each time."""
        return {"SOURCE_DATE_EPOCH": self.epoch, "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def begin(self) -> None:
        """Have a fresh copy of the commit that is checked out. Raises Refusal where files differ from it."""
        edited = run("git", "-C", ROOT, "status", "--porcelain").strip()
        if edited and not self.as_it_is:
            raise Refusal(f"these files are not as committed (--as-it-is builds all the same):\n{edited}")
        clear(self.folder)
        self.folder.mkdir(parents=True)
        # Line ends as they are committed: the same files, and the same hash of the lock, on either system.
        run("git", "clone", "-q", "-c", "core.autocrlf=false", ROOT, self.source)
        if edited:
            say("FOR TRIAL ONLY: files that are not committed are in it.")
            names = run("git", "-C", ROOT, "ls-files", "-z", "-c", "-o", "--exclude-standard").split("\0")
            for name in filter(None, names):
                _take(ROOT / name, self.source / name)

    def make_wheel(self) -> Path:
        """Build the wheel from the copy and return it."""
        words = ["-I", "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps", "--no-index"]
        out = self.folder / "wheel"
        run(self.python, *words, "--no-build-isolation", "-w", out, self.source, extra=self.settings)
        (wheel,) = out.glob("*.whl")
        return wheel

    def make_tree(self, wheel: Path) -> Path:
        """Freeze the station as its wheel brings it, and return the folder with its executable."""
        words = ["-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps", "--no-index"]
        run(self.python, *words, "--force-reinstall", wheel)
        spec = self.source / "packaging" / "pyinstaller" / "station.spec"
        places = ("--distpath", self.tree.parent, "--workpath", self.folder / "work")
        words = ["-I", "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
        said = run(self.python, *words, *places, spec, folder=self.folder, extra=self.settings)
        for line in filter(None, said.splitlines()):
            say(f"PyInstaller: {line}")
        return self.tree


def environment(source: Path, where: Path) -> Path:
    """Return the Python of an environment with what the lock files name, by hash; made once for each set of them."""
    parts = [(source / name).read_bytes() for name in LOCKS]
    parts.append(f"{sys.implementation.cache_tag} {platform.python_version()} {platform.machine()} {where}".encode())
    folder = where / hashlib.sha256(b"".join(parts)).hexdigest()[:16]
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / "done").exists():
        return python
    say("making the environment that packages are built in (once; a minute or two).")
    shutil.rmtree(folder, ignore_errors=True)
    run(sys.executable, "-I", "-m", "venv", folder)
    # pynrfjprog alone comes as source, and is built by the locked setuptools: as in start.py.
    words = ["-I", "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    words += ["--only-binary", ":all:", "--no-binary", "pynrfjprog", "--no-build-isolation"]
    for name in LOCKS:
        run(python, *words, "-r", source / name)
    (folder / "done").touch()
    return python


def clear(folder: Path) -> None:
    """Delete ``folder`` with all that is in it, also git's own files, which nobody may write to: Windows minds that."""
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IWRITE)
    shutil.rmtree(folder, ignore_errors=True)


def same_files(first: Path, second: Path) -> list[str]:
    """Return what differs between two folders: names, and those of files whose bytes or rights do."""
    here, there = (_digests(folder) for folder in (first, second))
    return sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))


def _digests(folder: Path) -> dict[str, tuple[int, str]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(folder).as_posix()] = (0, str(path.readlink()))
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[path.relative_to(folder).as_posix()] = (path.stat().st_mode, digest)
    return found


def _take(path: Path, to: Path) -> None:
    if path.is_file():
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, to)
    else:  # deleted, and that not committed
        to.unlink(missing_ok=True)
