"""What the tests promise beyond passing: nothing is skipped unseen, and nothing warns unannounced.

A skip, an expected failure, a deselected test and one that a stopped run never reached are all checks that did not
run. They are listed at the end by reason; with CI=true each must match an entry of `allowed_skips.toml`, or the run
fails. `-m "not alone"` and `-m alone` are the two halves of one run (`start.py test`): neither misses the other's.
"""

import gc
import logging
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

# Until all tests are collected: what comes to be meanwhile stays, and looking through it took a third of
# that time, in every process of a run.
gc.disable()

# Half of what hypothesis draws where a test does not say how many: a run of everything is to be short.
settings.register_profile("short", settings(), max_examples=50)
settings.load_profile("short")

_ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.toml")
_SHOWN_PER_REASON = 5
_ALONE, _TOGETHER = "alone", "not alone"
"""The two halves of a run of everything, as -m has them."""
_STRUCTLOG_LOUD = frozenset({"warn", "warning", "err", "error", "exception", "critical", "fatal"})


def read_allowed_skips(path: Path) -> list[re.Pattern[str]]:
    """The patterns of `path`; raises pytest.UsageError for an entry without a reason, or one that allows anything."""
    patterns = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("allowed", []):
        if set(entry) != {"pattern", "reason"} or not all(str(part).strip() for part in entry.values()):
            raise pytest.UsageError(f"{path.name}: an entry has a pattern and a reason, this one: {entry}")
        pattern = re.compile(entry["pattern"])
        if pattern.search("some/file.py::some_name: whatever"):
            raise pytest.UsageError(f"{path.name}: {entry['pattern']!r} would allow nearly anything")
        patterns.append(pattern)
    return patterns


@dataclass(slots=True, eq=False)  # pytest keeps plugins in sets
class SkipAccounting:
    """A pytest plugin: every check that did not run, by reason; in CI the run fails if one isn't allowed to."""

    allowed: Sequence[re.Pattern[str]]
    in_ci: bool
    halved: bool = False
    """Whether this run is one half of a run of everything: what it leaves out is the other one's."""
    not_run: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    reached: set[str] = field(default_factory=set)
    handed_out: set[str] = field(default_factory=set)
    """What the workers of a run in several processes collected; in one process the session has it."""

    def forbidden(self) -> list[str]:
        """Those that no entry allows, as `node id: reason`, the text that patterns are searched in."""
        texts = [f"{node}: {reason}" for reason, nodes in self.not_run.items() for node in nodes]
        return [text for text in texts if not any(pattern.search(text) for pattern in self.allowed)]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.reached.add(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:  # a whole module: importorskip, or a skip at its top
            self._count(report)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        for item in items:
            if self.halved and not item.config.option.keyword and not item.config.option.deselect:
                continue
            self.not_run["deselected (-k, -m or --deselect)"].append(item.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self.handed_out.update(ids)

    # First, because pytest's own reporter prints the summary from this hook, and returns the exit status after it.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # the process that hands out the tests accounts for all of them
        if not session.config.option.collectonly:
            there = [item.nodeid for item in session.items] or sorted(self.handed_out)
            missed = [node for node in there if node.partition("@")[0] not in self.reached and node not in self.reached]
            self.not_run.update({"not reached: the run was stopped": missed} if missed else {})
        if self.in_ci and session.exitstatus == pytest.ExitCode.OK and self.forbidden():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
        if not self.not_run:
            if self.reached and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
                terminalreporter.write_line("every check ran")
            return
        terminalreporter.section("checks that could not run")
        for reason, nodes in self.not_run.items():
            terminalreporter.write_line(f"{len(nodes)} x {reason}")
            for node in nodes[:_SHOWN_PER_REASON]:
                terminalreporter.write_line(f"    {node}")
            if len(nodes) > _SHOWN_PER_REASON:
                terminalreporter.write_line(f"    and {len(nodes) - _SHOWN_PER_REASON} more")
        forbidden = self.forbidden() if self.in_ci else []
        if forbidden:
            terminalreporter.section(f"in CI these must run, or stand in {_ALLOWED_SKIPS.name}", red=True)
            for text in forbidden:
                terminalreporter.write_line(text)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if hasattr(report, "wasxfail"):
            reason = f"expected to fail: {report.wasxfail}"
        elif isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped: ")
        else:
            reason = str(report.longrepr)
        self.not_run[reason].append(report.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "announces(*parts): the test logs warnings, each containing one of these parts")
    config.addinivalue_line("markers", "xdist_group(name): in a run in several processes, these stay in one")
    # What tests start is compiled once, not anew each time: also where the environment forbids it beside the sources.
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.rootpath / ".pytest_cache" / "bytecode"))
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    halved = config.option.markexpr in (_ALONE, _TOGETHER)
    config.pluginmanager.register(SkipAccounting(read_allowed_skips(_ALLOWED_SKIPS), in_ci, halved), "skip-accounting")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files without such a test unread where only those that measure run: to read all takes longer than they."""
    name = collection_path.name
    if config.option.markexpr != _ALONE or not (name.startswith("test_") and name.endswith(".py")):
        return None
    return None if b"mark.alone" in collection_path.read_bytes() else True


def pytest_collection_finish() -> None:
    """Look for garbage again, but no more among what the tests themselves are made of."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if "vendor" in item.path.parts:  # they share an environment that the first of them makes
            item.add_marker(pytest.mark.xdist_group("vendor"))


@pytest.fixture(autouse=True)
def no_unannounced_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that logs at WARNING or above, unless `@pytest.mark.announces("part of it")` says it will.

    Listens where records are made, not by a handler: code under test may replace the handlers, and a logger that
    does not propagate never reaches the root's. structlog is heard on that way, and also before it is configured.
    """
    announced = [part for marker in request.node.iter_markers("announces") for part in marker.args]
    heard: list[str] = []
    make_record = logging.getLogRecordFactory()

    def listen(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        if record.levelno >= logging.WARNING:
            heard.append(f"{record.levelname} {record.name}: {record.getMessage()}")
        return record

    def overhear(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if method in _STRUCTLOG_LOUD:
            heard.append(f"{method.upper()} structlog: {dict(event)}")
        return event

    heard_of: list[list[Any]] = []

    def be_heard() -> None:
        # In place, because loggers that exist already hold this very list.
        processors: list[Any] = structlog.get_config()["processors"]
        if overhear not in processors:
            processors.insert(0, overhear)
            heard_of.append(processors)

    configure = structlog.configure

    def configured(*args: Any, **kwargs: Any) -> None:
        configure(*args, **kwargs)
        be_heard()

    be_heard()
    structlog.configure = configured
    logging.setLogRecordFactory(listen)
    yield
    logging.setLogRecordFactory(make_record)
    structlog.configure = configure
    for processors in heard_of:
        if overhear in processors:
            processors.remove(overhear)
    unannounced = [line for line in heard if not any(part in line for part in announced)]
    if unannounced:
        pytest.fail("logged without being announced:\n" + "\n".join(unannounced), pytrace=False)
