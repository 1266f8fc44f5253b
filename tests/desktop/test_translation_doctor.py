"""The doctor in the reader's language: what it says is still what is translated, and a fault keeps both its halves."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from station.ca.faults import CLOCK_BEFORE_CA
from station.desktop import doctor_words
from station.desktop.doctor_words import TEXTS, tell, tell_finding
from station.doctor.findings import Finding, State, judge_fault
from station.doctor.pc import judge_user

PACKAGE = Path(doctor_words.__file__).parents[1]


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[QTranslator]:
    translator = QTranslator()
    assert translator.load("station_zh_CN", str(PACKAGE / "desktop" / "translations"))
    qapp.installTranslator(translator)
    yield translator
    qapp.removeTranslator(translator)


def finding(seen: str, mend: str, code: str = "") -> Finding:
    return Finding("Clock", "clock.time", "time", None, "", State.TROUBLE, seen, mend, code, "")


def test_every_text_is_still_one_of_the_doctors() -> None:
    """A sentence that the doctor says otherwise today is dead weight here: change it with the doctor's."""
    said = {
        node.value
        for path in (PACKAGE / "doctor").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    whole = "\n".join(said)
    for text in TEXTS:
        for literal, _, _, _ in Formatter().parse(text):
            # The doctor puts some of them together from clauses.
            assert all(clause.strip(" .;,") in whole for clause in literal.split(", and so")), text


def test_findings_are_told_in_chinese(chinese: QTranslator) -> None:
    assert chinese is not None
    for text in TEXTS:
        if "{" not in text and text not in ("CA", "API"):
            assert tell(text) != text, text
    assert tell("/srv/line is open to other users (mode 755).") == "/srv/line 对其他用户开放（模式 755）。"
    assert tell(judge_user().seen) != judge_user().seen


def test_a_fault_that_the_doctor_cut_in_two_is_told_in_two(chinese: QTranslator) -> None:
    assert chinese is not None
    [verdict] = judge_fault(CLOCK_BEFORE_CA.fault(now="2026-01-01 00:00:00 UTC", begin="2026-02-01 00:00:00 UTC"))
    seen, mend = tell_finding(finding(verdict.seen, verdict.mend, verdict.code))
    assert seen == "本机时钟为 2026-01-01 00:00:00 UTC，但 CA 从 2026-02-01 00:00:00 UTC 才开始有效。"
    assert mend == "请校准时钟；在此之前不签发任何证书。"


def test_what_is_not_known_is_shown_as_the_doctor_has_it() -> None:
    one = finding("A sentence nobody knows.", "Do something nobody knows.", "XYZ-1")
    assert tell_finding(one) == (one.seen, one.mend)
