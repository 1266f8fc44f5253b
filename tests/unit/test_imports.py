"""The rooms of docs/architecture.md and the rules that keep them habitable, held by reading the source.

Each rule is a function from a parsed module to what it breaks. `PERMITTED` is the only way round a rule: one module,
one thing, one reason; an entry that nothing needs any more fails too.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "station"
LONGEST = 400

# A room imports from lower floors alone, never from its own: equipment rooms state a protocol, and `app` joins them.
FLOORS = [
    {"domain"},
    {"host", "software", "exit_codes", "loading"},
    {"credentials"},
    {"devices", "ca", "cloud", "journal", "people", "settings", "simulator"},
    {"line", "evidence", "probes"},
    {"outfit", "named_cloud", "updates"},
    {"opened"},
    {"app"},
    {"doctor", "console", "outlet", "typed_commands", "own_key"},
    {"signed_record", "interrupts"},
    {"running", "options", "exporting", "backing_up", "restoring", "demo_bench"},
    {"uploading", "sentences", "signing_in"},
    {"demo", "practice", "given", "connected", "cloud_deleting"},
    {"people_commands", "evidence_commands", "batch_commands", "backup_commands", "outbox_commands"},
    {"update_commands", "jwt_commands", "token_commands", "credential_commands", "cloud_commands", "claim_commands"},
    {"unit_commands", "verify_commands"},
    {"engine"},
    {"desktop"},
    {"line_commands", "ca_commands", "starting_commands"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# The line reaches the simulator over the wires that a fixture or station file names, so nobody imports it.
UNIMPORTABLE = {"simulator"}

QT = {"PySide6", "shiboken6", "PyQt5", "PyQt6", "PySide2", "pyqtgraph", "qtpy", "qasync"}

# What only station/host may touch: each has a counterpart there that can be faked, timed out or cut off.
SEAM = {
    "subprocess": "host.processes",
    "os.system": "host.processes",
    "os.popen": "host.processes",
    "os.fork": "host.processes",
    "os.fsync": "host.files",
    "os.fdatasync": "host.files",
    "os.replace": "host.files",
    "os.rename": "host.files",
    "time.time": "host.clock",
    "time.time_ns": "host.clock",
    "time.sleep": "host.clock",
    "datetime.datetime.now": "host.clock",
    "datetime.datetime.utcnow": "host.clock",
    "datetime.datetime.today": "host.clock",
    "datetime.date.today": "host.clock",
}

# (module, what it may do) -> why. Keep it small: a rule with many exceptions is no rule.
PERMITTED: dict[tuple[str, str], str] = {}


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule broken at one place."""

    module: str
    line: int
    what: str  # what is used: the key of PERMITTED
    rule: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}: {self.rule}"


@lru_cache(maxsize=1)  # the rules take module by module, each several times
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree))


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module of the package; `name` is dotted, a package's own `__init__` has the package's name."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        return [*self.name.split("."), ""][1]

    def imports(self) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
        """Every dotted name that the module may import, wherever it stands, with `import_module("...")`.

        `from a import b` gives `a.b`, as `b` may be a module.
        """
        for node in _nodes(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node, f"{self._origin(node)}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Call) and _last_name(node.func) in ("import_module", "__import__") and node.args:
                target = node.args[0]
                known = isinstance(target, ast.Constant) and isinstance(target.value, str)
                yield node, target.value if known else "a computed name"  # type: ignore[attr-defined]

    def uses(self) -> Iterator[tuple[ast.expr, str]]:
        """Every `a.b.c` by the full name of what it reaches, whatever alias it was imported under."""
        origins = dict(self._bound_names())
        for node in _nodes(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                head, rest = _dotted(node)
                if head in origins:
                    yield node, f"{origins[head]}.{rest}".rstrip(".")

    def _bound_names(self) -> Iterator[tuple[str, str]]:
        for node in _nodes(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
            elif isinstance(node, ast.ImportFrom):
                yield from ((alias.asname or alias.name, f"{self._origin(node)}.{alias.name}") for alias in node.names)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.name.split(".") if self.path.name == "__init__.py" else self.name.split(".")[:-1]
        base = here[: len(here) - node.level + 1]
        return ".".join([*base, *filter(None, [node.module])])


def _dotted(node: ast.expr) -> tuple[str, str]:
    """Return `a` and `b.c` of `a.b.c`; an empty head where it begins with anything but a name.

    Of `a.b().c` that is nothing: its `a.b` is looked at by itself.
    """
    rest: list[str] = []
    while isinstance(node, ast.Attribute):
        rest.insert(0, node.attr)
        node = node.value
    return node.id if isinstance(node, ast.Name) else "", ".".join(rest)


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def read_package(package: Path) -> list[Module]:
    modules = []
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        modules.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    return modules


def broken_floors(module: Module) -> Iterator[Breach]:
    if module.room and module.room not in FLOOR:
        yield Breach(module.name, 1, module.room, "this room is in no floor; give it one here and in the architecture")
        return
    for node, name in module.imports():
        package, room = [*name.split("."), ""][:2]
        if name == "a computed name":
            yield Breach(module.name, node.lineno, name, "an import that can't be read can't be judged")
        if package != "station" or room == module.room:
            continue
        if not module.room:
            yield Breach(module.name, node.lineno, name, "the package itself imports no room")
        elif room in UNIMPORTABLE:
            yield Breach(module.name, node.lineno, f"station.{room}", "it is reached over wires alone")
        elif room not in FLOOR:
            yield Breach(module.name, node.lineno, name, "no such room")
        elif FLOOR[room] >= FLOOR[module.room]:
            yield Breach(module.name, node.lineno, f"station.{room}", "imports point down only")


def stray_qt(module: Module) -> Iterator[Breach]:
    for node, name in module.imports():
        if name.split(".")[0] in QT and module.room != "desktop":
            yield Breach(module.name, node.lineno, name.split(".")[0], "Qt stays in station.desktop")


def passed_seam(module: Module) -> Iterator[Breach]:
    if module.room == "host":
        return
    found = [(node, name) for node, name in module.imports() if name.split(".")[0] == "subprocess"]
    for node, name in [*found, *module.uses()]:
        touched = next((part for part in SEAM if name == part or name.startswith(f"{part}.")), None)
        if touched:
            yield Breach(module.name, node.lineno, touched, f"goes through station.{SEAM[touched]}")
    # pathlib's replace and rename take one argument; those of text, dates and dataclasses never do.
    for call in _nodes(module.tree):
        match call:
            case ast.Call(func=ast.Attribute(attr="replace" | "rename" as name), args=[_], keywords=[]):
                yield Breach(module.name, call.lineno, f"Path.{name}", "goes through station.host.files")


def bad_manners(module: Module) -> Iterator[Breach]:
    for node in _nodes(module.tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield Breach(module.name, node.lineno, "bare except", "name what is expected")
        if isinstance(node, ast.Call) and _last_name(node.func) in ("readline", "read_until"):
            yield Breach(module.name, node.lineno, _last_name(node.func), "reads byte by byte; read what has arrived")
    for node, name in module.uses():
        if (
            name == "sys.exit"
            and module.room not in ("cli", "sentences", "__main__")
            and not module.name.endswith("__main__")
        ):
            yield Breach(module.name, node.lineno, name, "only the command line ends the process")


def too_long(module: Module) -> Iterator[Breach]:
    lines = len(module.path.read_text(encoding="utf-8").splitlines())
    if lines > LONGEST:
        yield Breach(module.name, LONGEST, f"{lines} lines", f"at most {LONGEST}")


RULES = [broken_floors, stray_qt, passed_seam, bad_manners, too_long]


def breaches(package: Path) -> list[Breach]:
    return list(dict.fromkeys(breach for module in read_package(package) for rule in RULES for breach in rule(module)))


def test_every_module_keeps_the_rules_and_every_permission_is_needed_and_reasoned() -> None:
    everything = breaches(PACKAGE)
    found = [breach for breach in everything if (breach.module, breach.what) not in PERMITTED]
    assert not found, "\n" + "\n".join(map(str, found))
    assert not PERMITTED.keys() - {(breach.module, breach.what) for breach in everything}
    assert all(len(reason) > 20 for reason in PERMITTED.values())


# The test of the test: one synthetic module a case, and what must be said of it ("" when it is in order).
CASES = [
    ("line/a.py", "from station.journal import journal", ""),
    ("line/a.py", "import station.line.steps", ""),
    ("line/a.py", "import station.app", "imports point down only"),
    ("line/a.py", "from station import evidence", "imports point down only"),
    ("ca/a.py", "from station.journal.records import Record", "imports point down only"),
    ("ca/a.py", "from ..journal import records", "imports point down only"),
    ("ca/a.py", "from . import faults", ""),
    ("ca/__init__.py", "from .faults import x", ""),
    ("ca/__init__.py", "from ..journal import x", "imports point down only"),
    ("ca/a.py", "def f():\n    import station.cloud", "imports point down only"),
    ("ca/a.py", "import importlib\nimportlib.import_module('station.cloud')", "imports point down only"),
    ("ca/a.py", "from importlib import import_module\nimport_module('station.' + 'cloud')", "can't be read"),
    ("domain/a.py", "from station.host import clock", "imports point down only"),
    ("app.py", "import station.simulator.board", "over wires"),
    ("cli.py", "from station.simulator import board", "over wires"),
    ("simulator/a.py", "from station.credentials import csr\nfrom station.host import clock", ""),
    ("simulator/a.py", "from station.devices import modem", "imports point down only"),
    ("__init__.py", "from station.domain import ids", "imports no room"),
    ("attic/a.py", "", "in no floor"),
    ("line/a.py", "import station.attic", "no such room"),
    ("line/a.py", "from PySide6.QtCore import QObject", "Qt stays"),
    ("evidence/a.py", "import pyqtgraph as pg", "Qt stays"),
    ("desktop/a.py", "from PySide6 import QtCore", ""),
    ("line/a.py", "import subprocess", "host.processes"),
    ("line/a.py", "from subprocess import run", "host.processes"),
    ("line/a.py", "import os as o\no.fsync(1)", "host.files"),
    ("line/a.py", "from os import replace as swap\nswap('a', 'b')", "host.files"),
    ("line/a.py", "from pathlib import Path\nPath('a').replace('b')", "host.files"),
    ("line/a.py", "'a'.replace('b', 'c')", ""),
    ("line/a.py", "from dataclasses import replace\nreplace(1)", ""),
    ("line/a.py", "import time\nkey = time.time", "host.clock"),
    ("line/a.py", "from time import sleep\nsleep(1)", "host.clock"),
    ("line/a.py", "import time\ntime.monotonic()", ""),
    ("line/a.py", "import datetime as dt\ndt.datetime.now(dt.UTC)", "host.clock"),
    ("line/a.py", "from datetime import datetime\ndatetime.now()", "host.clock"),
    ("host/a.py", "import subprocess, time\ntime.sleep(1)", ""),
    ("devices/a.py", "def f(port): return port.readline()", "byte by byte"),
    ("devices/a.py", "def f(port): return port.read_until(b'OK')", "byte by byte"),
    ("devices/a.py", "try:\n    pass\nexcept:\n    pass", "name what is expected"),
    ("line/a.py", "import sys\nsys.exit(1)", "command line"),
    ("cli.py", "import sys\nsys.exit(1)", ""),
    ("line/a.py", "\n" * LONGEST + "a = 1", "at most"),
    ("line/a.py", "\n" * (LONGEST - 1) + "a = 1", ""),
]


@pytest.mark.parametrize(("path", "code", "said"), CASES)
def test_a_bad_module_is_caught(tmp_path: Path, path: str, code: str, said: str) -> None:
    package = tmp_path / "station"
    module = package / path
    module.parent.mkdir(parents=True)
    module.write_text(code, encoding="utf-8")
    found = [str(breach) for breach in breaches(package)]
    assert bool(found) == bool(said), found
    assert all(said in breach for breach in found)
