"""The doctor as a child process: what it printed comes back whole, and a broken one is a sentence."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from station.doctor.findings import Finding, State
from station.doctor.reading import read_findings, report_text, run_doctor, worst
from station.domain.faults import Fault

PORT = Finding("Fixture", "slot.port", "port", 1, "/dev/a", State.TROUBLE, "It is away.", "Plug it in.", "DEV-101", "x")
FINE = Finding("This PC", "pc.qt", "Qt", None, "", State.OK, "PySide6 6.11 – fine.", "", "", "")
ASIDE = Finding("Cloud", "cloud", "cloud", None, "", State.UNKNOWN, "No answer.", "Look again.", "", "")
ALL = (FINE, PORT, Finding(**{**asdict(PORT), "slot": 2, "where": "/dev/b"}), ASIDE)


def printed(*findings: Finding) -> bytes:
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in findings).encode()


def test_what_was_printed_is_read_back() -> None:
    assert read_findings(printed(*ALL)) == ALL


@pytest.mark.parametrize("output", [b"Traceback", b'{"state": "OK"}', b"[1]", b"\xff", printed(FINE) + b"{"])
def test_anything_else_is_a_fault(output: bytes) -> None:
    with pytest.raises(Fault) as raised:
        read_findings(output)
    assert raised.value.code == "DOC-101"


def test_trouble_counts_most_and_order_least() -> None:
    assert worst(ALL) is State.TROUBLE
    assert worst((FINE, ASIDE)) is State.UNKNOWN
    assert worst((FINE,)) is State.OK
    assert worst(()) is State.OK


def test_the_report_has_everything_and_slots_that_are_alike_once() -> None:
    text = report_text(ALL, "station.toml")
    assert text.startswith("station.toml\n")
    assert text.count("It is away.") == 1
    for words in ("slots 1-2 port", "Plug it in.", "DEV-101", "/dev/a, /dev/b", "2 TROUBLE", "== Cloud"):
        assert words in text


def test_a_station_that_is_not_there_is_found_out_in_another_process(tmp_path: Path) -> None:
    findings = run_doctor(tmp_path / "none.toml")
    assert worst(findings) is State.TROUBLE
    assert any(one.id == "settings.station" and one.code == "HOST-101" for one in findings)
