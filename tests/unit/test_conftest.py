"""The accounting in tests/conftest.py, tried on small suites of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_TESTS = Path(__file__).parents[1]
_HEAD = "import logging\nimport pytest\nimport structlog\n\nBOUND = structlog.get_logger().bind(slot=1)\n\n"

# Each way in which a check can be there and not run.
NOT_RUN = {
    "skip": "def test_a():\n    pytest.skip('no broker')",
    "marker": "@pytest.mark.skip(reason='no broker')\ndef test_a(): pass",
    "condition": "@pytest.mark.skipif(True, reason='no broker')\ndef test_a(): pass",
    "module": "pytest.skip('no broker', allow_module_level=True)",
    "fixture": "@pytest.fixture\ndef broker():\n    pytest.skip('no broker')\n\ndef test_a(broker): pass",
    "xfail": "@pytest.mark.xfail(reason='no broker')\ndef test_a():\n    assert False",
}
# Each way in which a warning can be logged.
LOUD = {
    "root": "logging.warning('port lost')",
    "formatted": "logging.getLogger('a.b').error('port %s', 'lost')",
    "unpropagated": "logger = logging.getLogger('c'); logger.propagate = False; logger.error('port lost')",
    "replaced": "logging.basicConfig(force=True, handlers=[]); logging.getLogger('d').critical('port lost')",
    "structlog": "structlog.get_logger().warning('port lost')",
    "bound": "BOUND.error('port lost')",
    "native": (
        "structlog.configure(processors=[structlog.processors.JSONRenderer()],"
        " logger_factory=structlog.PrintLoggerFactory()); structlog.get_logger().warning('port lost')"
    ),
    "configured": (
        "structlog.configure(logger_factory=structlog.stdlib.LoggerFactory(),"
        " wrapper_class=structlog.stdlib.BoundLogger); structlog.get_logger().warning('port lost')"
    ),
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with this project's conftest and an empty list of allowed skips."""
    shutil.copy(_TESTS / "conftest.py", tmp_path)
    (tmp_path / "allowed_skips.toml").write_text("")
    return tmp_path


def write_test(suite: Path, name: str, code: str) -> None:
    (suite / f"test_{name}.py").write_text(f"{_HEAD}\n{code}\n")


def run_suite(suite: Path, *words: str, ci: bool = True) -> tuple[int, str]:
    # As in a PC that keeps no bytecode, and keeps none of ours: this suite's lies in its own folder.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    inherited["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=suite,
        env={**inherited, "CI": "true" if ci else "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("ci", [True, False])
def test_a_check_that_did_not_run_is_listed_and_fails_in_ci(suite: Path, ci: bool) -> None:
    for name, test in NOT_RUN.items():
        write_test(suite, name, test)
    write_test(suite, "good", "def test_a(): pass")
    code, output = run_suite(suite, ci=ci)
    assert code == (1 if ci else 0)
    assert "5 x no broker" in output
    assert "1 x expected to fail: no broker" in output
    forbidden = output.partition("in CI these must run")[2]
    assert [name for name in NOT_RUN if f"test_{name}.py" in forbidden] == (list(NOT_RUN) if ci else [])


@pytest.mark.parametrize(
    ("pattern", "code"), [(r"^test_skip\.py::test_a", 0), ("no broker$", 0), ("no fixture", 1)], ids=str
)
def test_an_entry_allows_by_node_id_or_reason(suite: Path, pattern: str, code: int) -> None:
    (suite / "allowed_skips.toml").write_text(f"[[allowed]]\npattern = '{pattern}'\nreason = 'none here'\n")
    write_test(suite, "skip", NOT_RUN["skip"])
    assert run_suite(suite)[0] == code


def test_deselected_is_not_run(suite: Path) -> None:
    write_test(suite, "two", "def test_a(): pass\ndef test_b(): pass")
    code, output = run_suite(suite, "-k", "test_a")
    assert code == 1
    assert "deselected" in output


def test_neither_half_of_a_run_misses_the_others_tests_and_the_smaller_reads_its_own_files_alone(suite: Path) -> None:
    write_test(suite, "two", "def test_a(): pass\n@pytest.mark.alone\ndef test_b(): pass")
    for half in ("alone", "not alone"):
        code, output = run_suite(suite, "-m", half)
        assert (code, "1 passed" in output, "every check ran" in output) == (0, True, True), output
        assert run_suite(suite, "-m", half, "-k", "test_c")[0] == pytest.ExitCode.NO_TESTS_COLLECTED
    write_test(suite, "more", "@pytest.mark.alone\ndef test_c(): pass")
    code, output = run_suite(suite, "-m", "alone", "-k", "test_c")
    assert (code, "deselected (-k" in output) == (1, True), "what -k leaves out has no other half"
    (suite / "test_unread.py").write_text("raise OSError('read')")
    assert run_suite(suite, "-m", "alone")[0] == 0
    assert run_suite(suite, "-m", "not alone")[0] != 0


def test_what_tests_start_is_compiled_once(suite: Path) -> None:
    (suite / "told.py").write_text("")
    start = "subprocess.run([sys.executable, '-c', 'import told'], check=True)"
    write_test(suite, "child", f"def test_a():\n    import subprocess, sys\n    {start}")
    assert run_suite(suite)[0] == 0
    assert list((suite / ".pytest_cache" / "bytecode").rglob("told.*.pyc"))


def test_a_stopped_run_lists_what_it_did_not_reach(suite: Path) -> None:
    write_test(suite, "two", "def test_a():\n    assert False\ndef test_b(): pass")
    code, output = run_suite(suite, "-x")
    assert code == 1
    assert "1 x not reached" in output
    assert "every check ran" not in output


@pytest.mark.parametrize("words", [["--collect-only"], ["no_such_file.py"]], ids=" ".join)
def test_what_did_not_run_at_all_is_not_called_complete(suite: Path, words: list[str]) -> None:
    write_test(suite, "good", "def test_a(): pass")
    assert "every check ran" not in run_suite(suite, *words)[1]


@pytest.mark.parametrize("entry", ["pattern = 'x9'", "pattern = 'x9'\nreason = ' '", "pattern = '.*'\nreason = 'lazy'"])
def test_a_careless_entry_is_refused(suite: Path, entry: str) -> None:
    (suite / "allowed_skips.toml").write_text(f"[[allowed]]\n{entry}\n")
    assert run_suite(suite)[0] == pytest.ExitCode.USAGE_ERROR


def test_each_unannounced_warning_fails_its_test(suite: Path) -> None:
    for name, line in LOUD.items():
        write_test(suite, name, f"def test_a():\n    {line}\n")
        write_test(suite, f"{name}_other", f"@pytest.mark.announces('disk full')\ndef test_a():\n    {line}\n")
    code, output = run_suite(suite)
    assert code == 1
    failed = {line.split()[1] for line in output.splitlines() if line.startswith("ERROR test_")}
    assert failed == {f"test_{name}{end}.py::test_a" for name in LOUD for end in ("", "_other")}
    assert output.count("logged without being announced") >= len(failed)


def test_announced_warnings_and_quiet_lines_pass(suite: Path) -> None:
    for name, line in LOUD.items():
        write_test(suite, name, f"@pytest.mark.announces('port lost')\ndef test_a():\n    {line}\n")
    quiet = "logging.getLogger().setLevel(0); logging.info('a'); structlog.get_logger().info('b')"
    write_test(suite, "quiet", f"def test_a():\n    {quiet}\n")
    code, output = run_suite(suite)
    assert code == 0
    assert "every check ran" in output
