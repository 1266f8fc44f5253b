"""Nothing of the station changes a file past the one seam: only there can crash tests and power cuts be in the way."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "station"
SEAM = {"host/files.py", "host/folders.py"}
METHODS = {"write_text", "write_bytes", "rename", "hardlink_to", "symlink_to", "unlink", "rmdir", "touch", "mkdir"}
OF_OS = {"open", "remove", "unlink", "link", "symlink", "mkdir", "makedirs", "truncate", "rename", "replace", "rmdir"}
OF_SHUTIL = {"rmtree", "copy", "copy2", "copyfile", "copytree", "move"}
OF_TEMPFILE = {"mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile"}

PERMITTED = {
    ("journal/database.py", "touch"): "SQLite's own file, made private before SQLite opens it; the VFS is its seam",
    ("host/lock.py", "os.open"): "the lock file: held, never read as a record",
    ("host/logs.py", "os.open"): "the engineer's log: a lost line of it loses no record",
    ("host/mistakes.py", "tempfile.mkstemp"): "a mistake's own file, for a person to send",
    ("host/local_socket.py", "tempfile.mkdtemp"): "a place for a socket, gone with the process",
    ("host/local_socket.py", "unlink"): "a socket, gone with the process",
    ("host/local_socket.py", "shutil.rmtree"): "a place for a socket, gone with the process",
    ("host/detached.py", "os.open"): "the null device",
    ("host/leash.py", "os.open"): "the null device",
    ("outlet.py", "os.open"): "the null device",
    ("ca/creation.py", "tempfile.mkdtemp"): "a trial whether there is room, taken away at once",
    ("ca/creation.py", "rmdir"): "a trial whether there is room, taken away at once",
    ("devices/images.py", "tempfile.mkdtemp"): "names that a probe's library can read, gone with the process",
    ("devices/images.py", "shutil.rmtree"): "names that a probe's library can read, gone with the process",
    ("people/roll.py", "unlink"): "what a crash left unfinished, once it is looked at; one that comes back is again",
    ("doctor/data.py", "unlink"): "the doctor's own trial file",
    ("desktop/sounds.py", "write_bytes"): "a sound, made anew by every window",
    ("evidence/backup_journal.py", "touch"): "in a hidden folder that nothing reads, gone when the backup is written",
    ("backing_up.py", "open"): "in a hidden folder that nothing reads, gone when its look is over",
    ("restoring.py", "open"): "in a hidden folder that the seam syncs whole before it gets its name",
    ("restoring.py", "touch"): "in a hidden folder that the seam syncs whole before it gets its name",
    ("restoring.py", "mkdir"): "in a hidden folder that the seam syncs whole before it gets its name",
    ("engine/whereabouts.py", "unlink"): "where the engine listens, gone with the process",
}


def changes(tree: ast.Module) -> Iterator[str]:
    """Yield what a module calls that changes a file."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        match call.func:
            case ast.Attribute(ast.Name("os"), name) if name in OF_OS:
                yield f"os.{name}"
            case ast.Attribute(ast.Name("shutil"), name) if name in OF_SHUTIL:
                yield f"shutil.{name}"
            case ast.Attribute(ast.Name("tempfile"), name) if name in OF_TEMPFILE:
                yield f"tempfile.{name}"
            # Text is replaced by two, a dataclass by names: a path alone by one.
            case ast.Attribute(_, "replace") if len(call.args) == 1 and not call.keywords:
                yield "replace"
            case ast.Attribute(_, "open") if _writes(call, 0):
                yield "open"
            case ast.Name("open") if _writes(call, 1):
                yield "open"
            case ast.Attribute(_, name) if name in METHODS:
                yield name
            case _:
                pass
    for node in ast.walk(tree):
        # Handed over to be called later.
        match node:
            case ast.Attribute(ast.Name("shutil"), name) if name in OF_SHUTIL:
                yield f"shutil.{name}"
            case _:
                pass


def _writes(call: ast.Call, place: int) -> bool:
    modes = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    texts = [one.value for one in modes if isinstance(one, ast.Constant)]
    return any(isinstance(mode, str) and bool(set(mode) & set("wax+")) for mode in texts)


def test_files_are_changed_by_the_seam_alone() -> None:
    found = set[tuple[str, str]]()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if name not in SEAM and not name.startswith("simulator/"):
            found |= {(name, what) for what in changes(ast.parse(path.read_text(encoding="utf-8")))}
    assert found - PERMITTED.keys() == set(), "go through station.host.files, or say here why that need not be"
    assert PERMITTED.keys() - found == set(), "what is permitted and not done any more"


def test_the_search_finds_what_it_looks_for() -> None:
    bad = (
        "import os, shutil, tempfile\n"
        "path.write_text('x')\npath.replace(other)\nos.replace(a, b)\nopen(p, 'w')\np.open(mode='ab')\n"
        "shutil.rmtree(p)\ntempfile.mkstemp()\np.unlink()\n"
    )
    wanted = {
        "write_text",
        "replace",
        "os.replace",
        "open",
        "shutil.rmtree",
        "tempfile.mkstemp",
        "unlink",
    }
    assert set(changes(ast.parse(bad))) == wanted
    good = (
        "text.replace('a', 'b')\nreplace(one, name=2)\nopen(p)\np.open('rb')\nserver.open()\narchive.open(name, 'w')\n"
    )
    assert set(changes(ast.parse(good))) == set()
