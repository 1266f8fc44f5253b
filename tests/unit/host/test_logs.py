"""Log lines are JSON, private, rotated and free of secrets; and no test's logging reaches the next."""

import json
import logging
import os
import stat
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.logs import Logs
from station.host.redaction import Redactor


class StoppedClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 6, 0, 0, 5, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def wait(self, event: threading.Event, seconds: float) -> bool:
        raise NotImplementedError


@pytest.fixture
def redactor() -> Redactor:
    redactor = Redactor()
    redactor.add(Secret("planted-secret"))
    return redactor


@pytest.fixture
def logs(tmp_path: Path, redactor: Redactor) -> Iterator[Logs]:
    with Logs(tmp_path / "logs", "engine", redactor=redactor, clock=StoppedClock()) as logs:
        yield logs


def lines(logs: Logs) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logs.path.read_text(encoding="utf-8").splitlines()]


def test_a_structlog_event_is_one_json_line_with_time_level_and_logger(logs: Logs) -> None:
    structlog.get_logger("station.line").info("step finished", slot=3, detail="two\nlines", tags=("a",))
    assert lines(logs) == [
        {
            "at": "2026-11-22T06:00:00.000005+00:00",
            "level": "info",
            "logger": "station.line",
            "thread": threading.current_thread().name,
            "event": "step finished",
            "slot": 3,
            "detail": "two\nlines",
            "tags": ["a"],
        }
    ]


@pytest.mark.announces("so", "went wrong")
def test_every_level_is_named_and_an_exception_is_told_of(logs: Logs) -> None:
    log = structlog.get_logger("x")
    for name in ("info", "warning", "error", "critical"):
        getattr(log, name)("so")
    try:
        raise ValueError("lost")
    except ValueError:
        log.exception("went wrong")
    assert [line["level"] for line in lines(logs)] == ["info", "warning", "error", "critical", "error"]
    assert lines(logs)[-1]["exception"].endswith("ValueError: lost")


def test_a_logger_that_is_kept_writes_nothing_once_the_log_is_closed(logs: Logs) -> None:
    kept = structlog.get_logger("x").bind(slot=1)
    kept.info("before")
    logs.close()
    kept.info("behind")
    assert [line["event"] for line in lines(logs)] == ["before"]
    assert logs.lost == 1


def test_a_library_that_uses_logging_lands_in_the_same_file(logs: Logs) -> None:
    logging.getLogger("urllib3").info("GET %s", "/v1/account")
    (line,) = lines(logs)
    assert (line["logger"], line["event"]) == ("urllib3", "GET /v1/account")


def test_context_bound_in_this_thread_is_on_every_line(logs: Logs) -> None:
    with structlog.contextvars.bound_contextvars(slot=7):
        structlog.get_logger("x").info("inside")
    structlog.get_logger("x").info("outside")
    assert [line.get("slot") for line in lines(logs)] == [7, None]


def test_the_level_holds_for_both_kinds(tmp_path: Path, redactor: Redactor) -> None:
    with Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock(), level="error") as logs:
        structlog.get_logger("x").info("no")
        logging.getLogger("x").info("no")
        assert lines(logs) == []


def test_no_secret_is_written_whoever_logs_it(logs: Logs) -> None:
    structlog.get_logger("x").info("sent planted-secret", header={"Authorization": "Bearer abcdefgh"})
    logging.getLogger("x").info("sent %s", "planted-secret")
    try:
        local = "planted-secret"
        raise ValueError(f"refused {local}")
    except ValueError:
        structlog.get_logger("x").info("failed", exc_info=True)
        logging.getLogger("x").info("failed", exc_info=True)
    text = logs.path.read_text(encoding="utf-8")
    assert "planted-secret" not in text
    assert "abcdefgh" not in text
    assert [("ValueError: refused ***" in line.get("exception", "")) for line in lines(logs)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_the_file_is_private_from_its_creation_and_stays_so_when_rotated(
    tmp_path: Path, redactor: Redactor, umask: int
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    before = os.umask(umask)
    try:
        with Logs(folder, "engine", redactor=redactor, clock=StoppedClock(), max_mebibytes=1, keep=2):
            for _ in range(5):
                structlog.get_logger("x").info("x" * 600_000)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"engine.log": 0o600, "engine.log.1": 0o600, "engine.log.2": 0o600}


def test_a_file_is_filled_to_its_limit_and_no_line_goes_beyond(tmp_path: Path, redactor: Redactor) -> None:
    folder = tmp_path / "logs"
    for _ in range(2):  # what is there already counts too
        with Logs(folder, "engine", redactor=redactor, clock=StoppedClock(), max_mebibytes=1, keep=9):
            for number in range(200):
                structlog.get_logger("x").info("é" * 3_000, number=number)
    sizes = [path.stat().st_size for path in folder.iterdir()]
    assert len(sizes) == 3
    assert all(size <= 2**20 for size in sizes)
    assert sorted(sizes)[1] > 2**20 - 7_000
    lines = [line for path in folder.iterdir() for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 400


def test_the_file_is_never_open_to_others_not_even_at_first(
    tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    monkeypatch.setattr(os, "fchmod", lambda _handle, _mode: None)
    try:
        with Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock()) as logs:
            assert stat.S_IMODE(logs.path.stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_file_that_others_could_read_becomes_private(tmp_path: Path, redactor: Redactor) -> None:
    path = tmp_path / "engine.log"
    path.touch(mode=0o644)
    with Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_in_the_files_place_is_refused(tmp_path: Path, redactor: Redactor) -> None:
    (tmp_path / "engine.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Fault, match="can't be written") as caught:
        Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock())
    assert caught.value.code == "HOST-102"
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_counted_and_stops_nothing(logs: Logs, capsys: pytest.CaptureFixture[str]) -> None:
    (handler,) = (each for each in logging.getLogger().handlers if getattr(each, "baseFilename", "") == str(logs.path))
    assert isinstance(handler, logging.FileHandler)
    handler.stream.close()
    handler.stream = Path("/dev/full").open("w", encoding="utf-8", buffering=1)  # noqa: SIM115 -- the handler closes it
    structlog.get_logger("x").info("planted-secret is lost")
    assert logs.lost == 1
    logs.close()
    assert capsys.readouterr().err == ""


@pytest.mark.announces("uncaught exception")
def test_an_uncaught_exception_is_logged_and_shown_without_the_secret(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        raise ValueError("holds planted-secret")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (line,) = lines(logs)
    assert (line["level"], line["logger"]) == ("critical", "station.uncaught")
    assert "ValueError: holds ***" in line["exception"]
    shown = capsys.readouterr().err
    assert "ValueError: holds ***" in shown
    assert str(logs.path) in shown


@pytest.mark.announces("uncaught exception")
def test_an_uncaught_exception_of_a_thread_is_logged_with_its_name(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("holds planted-secret")

    thread = threading.Thread(target=fail, name="slot-3")
    thread.start()
    thread.join()
    (line,) = lines(logs)
    assert line["in_thread"] == "slot-3"
    assert "planted-secret" not in json.dumps(line) + capsys.readouterr().err


def test_ctrl_c_is_no_mistake_of_ours(
    tmp_path: Path, redactor: Redactor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    with Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock()) as logs:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert lines(logs) == []
    assert "KeyboardInterrupt" in capsys.readouterr().err


def test_closing_puts_everything_back(tmp_path: Path, redactor: Redactor) -> None:
    root = logging.getLogger()

    def state() -> tuple[object, ...]:
        return (
            list(root.handlers),
            root.level,
            sys.excepthook,
            threading.excepthook,
            structlog.is_configured(),
            structlog.get_config()["logger_factory"],
        )

    structlog.reset_defaults()
    before = state()
    logs = Logs(tmp_path, "engine", redactor=redactor, clock=StoppedClock())
    assert state() != before
    logs.close()
    logs.close()
    assert state() == before
    root.info("nobody hears this")
    assert lines(logs) == []


def test_logging_inside_logging_restores_the_outer_one(tmp_path: Path, redactor: Redactor) -> None:
    with Logs(tmp_path, "outer", redactor=redactor, clock=StoppedClock()) as outer:
        with Logs(tmp_path, "inner", redactor=redactor, clock=StoppedClock()):
            pass
        structlog.get_logger("x").info("heard")
        assert [line["event"] for line in lines(outer)] == ["heard"]
