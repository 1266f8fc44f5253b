"""Faults said in the reader's language: every sentence is recognised, whatever its fields hold, and never lost."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTranslator
from PySide6.QtWidgets import QApplication

from station.desktop import fault_words, tile_words, words
from station.desktop.fault_phrases import PHRASES
from station.desktop.fault_words import FRAMES, ROOMS, TEMPLATES, TOLD, recover, say, told
from station.desktop.record_words import certificate_fact
from station.desktop.tile_lines import PIECE
from station.domain.faults import FaultRecord
from station.domain.ids import (
    AttemptId,
    BatchId,
    CertSerial,
    DeviceId,
    EventSeq,
    Imei,
    Sha256,
    SlotNumber,
    UnitId,
    UploadId,
)
from station.domain.line import CloudState, SlotState
from station.domain.modem import CredentialType
from station.domain.upload_events import RowSettled
from station.engine.pushes import Tile
from station.evidence.certificate_text import certificate_facts
from station.evidence.unit_record import CertificateRecord, HandDeletion
from station.journal.rows import UnitRow, UploadRow
from station.line import way_arming
from station.line.outbox_words import tell_late, tell_left_over, tell_wait
from station.line.steps import STEPS
from station.people.faults import NOT_ALLOWED
from station.people.rights import Right

PACKAGE = Path(fault_words.__file__).parents[1]
TRANSLATIONS = Path(fault_words.__file__).parent / "translations"

PLAIN = st.text("abcxyz0123456789/", min_size=1, max_size=12).filter(lambda text: text not in PHRASES)
"""Text that no sentence has in itself: what it was filled with can be told for sure."""
ANY = st.text(max_size=40) | st.sampled_from(["", "{why}", "{", "}", ": ", ". ", "a board", "。"])


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[QTranslator]:
    translator = QTranslator()
    assert translator.load("station_zh_CN", str(TRANSLATIONS))
    qapp.installTranslator(translator)
    yield translator
    qapp.removeTranslator(translator)


def names_of(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


ALL = sorted({*TEMPLATES.values(), *(one for told in TOLD.values() for one in told), *FRAMES, *PHRASES})


def test_every_room_is_asked() -> None:
    """The simulator is a program of its own, whose faults no window shows; domain declares none."""
    here = {room.__name__ for room in ROOMS}
    there = {f"station.{path.parent.name}.faults" for path in PACKAGE.glob("*/faults.py")}
    assert there - here == {"station.simulator.faults", "station.domain.faults"}


def test_no_field_is_formatted() -> None:
    """That would be lost on the way back from the sentence to its fields."""
    for template in ALL:
        assert not any(spec or conversion for _, _, spec, conversion in Formatter().parse(template)), template


@given(st.data())
def test_what_a_sentence_was_filled_with_is_found_again(data: st.DataObject) -> None:
    template = data.draw(st.sampled_from(ALL))
    fields = {name: data.draw(PLAIN, name) for name in names_of(template)}
    if template == "{problems}":
        return
    assert recover(template, template.format(**fields)) == fields


@given(st.sampled_from(ALL), st.data())
def test_a_recovered_sentence_is_the_same_whatever_it_holds(template: str, data: st.DataObject) -> None:
    sentence = template.format(**{name: data.draw(ANY, name) for name in names_of(template)})
    fields = recover(template, sentence)
    if fields is None:
        # A field that comes twice must be found the same twice; odd text can hide that, and the sentence stays English.
        assert len(set(names_of(template))) < len(names_of(template))
        return
    assert template.format(**fields) == sentence


@given(st.sampled_from(sorted(TEMPLATES)), st.data())
def test_without_a_translation_nothing_is_changed(code: str, data: st.DataObject) -> None:
    template = TEMPLATES[code]
    sentence = template.format(**{name: data.draw(ANY, name) for name in names_of(template)})
    assert say(code, sentence) == sentence


@given(code=st.sampled_from(["", "LINE-ARM", "XYZ-999", *TEMPLATES]), sentence=st.text())
def test_what_nothing_knows_stays_as_it_came(code: str, sentence: str) -> None:
    assert say(code, sentence) == sentence


@pytest.mark.parametrize("code", sorted(TEMPLATES))
def test_every_fault_is_said_in_chinese_with_its_fields(code: str, chinese: QTranslator) -> None:
    template = TEMPLATES[code]
    fields = {name: f"«{number}»" for number, name in enumerate(names_of(template))}
    english = template.format(**fields)
    said = say(code, english)
    if template == "{problems}":
        assert said == english  # the lines of a settings file, each with its own words
        return
    assert said == str(chinese.translate("Fault", template)).format(**fields)
    assert any("一" <= letter <= "鿿" or letter == "：" for letter in said)
    assert all(field in said for field in fields.values())
    assert told(FaultRecord(code, english, ""), " ") == f"{code} {said}"


def test_the_stations_own_words_in_a_field_are_said_too(chinese: QTranslator) -> None:
    assert chinese is not None
    for right in Right:
        fault = NOT_ALLOWED.fault(person="p3", roles="operator, qa", action=right, allowed="engineer, line-lead")
        said = say(fault.code, fault.sentence)
        assert not any(word in said for word in ("operator", "engineer", "line-lead", right.value)), said
        assert "操作员, 质检" in said
        assert "工程师, 线长" in said
    refused = "The modem refused to store the client key in security tag 42 (error 514). "
    refused += "Start the board once more; if it happens again, put it aside."
    said = say("AT-201", refused)
    assert "client" not in said
    assert "42" in said
    assert "514" in said


def test_what_came_of_a_fault_is_said_before_it(chinese: QTranslator) -> None:
    assert chinese is not None
    inside = say("JRN-102", TEMPLATES["JRN-102"])
    assert inside != TEMPLATES["JRN-102"]
    for frame in FRAMES:
        said = say("JRN-102", frame.format(sentence=TEMPLATES["JRN-102"]))
        assert said.endswith(inside)
        assert said.isascii() is False
        assert frame.partition("{")[0].strip() not in said


def told_literals() -> Iterator[tuple[str, str]]:
    """Every ``Told("CODE", "a sentence")`` of the station's sources."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Told" and len(node.args) == 2:
                code, sentence = node.args
                if not isinstance(code, ast.Constant) or not isinstance(sentence, ast.Constant):
                    continue
                if isinstance(code.value, str) and isinstance(sentence.value, str):  # the cloud has a Told of its own
                    yield code.value, sentence.value


def test_what_the_engine_tells_word_for_word_is_known() -> None:
    found = dict(told_literals())
    assert len(found) >= 3
    for code, sentence in found.items():
        assert sentence in TOLD.get(code, ()), (code, sentence)


def test_what_the_outbox_tells_is_known() -> None:
    counts: list[dict[str, int]] = [{CloudState.WAITING: 1}, {CloudState.WAITING: 2, CloudState.SENDING: 1}]
    said = [("LINE-146", tell_left_over(count, stuck)) for count in counts for stuck in ("", "no route to the host.")]
    for state in ("prepared", "accepted", "unclear"):
        upload = UploadRow(UploadId(1), state, Sha256("0" * 64), (), frozenset(), None, 1, None, None, "")
        waits = tell_wait(upload, 5.0, "no route to the host")
        said.append((waits.code, waits.sentence))
    board = UnitRow(
        UnitId(1), BatchId("WO-1"), DeviceId("nrf-1"), Imei("351516178794624"), None, None, None, None, None, 1,
        AttemptId(1), False, CloudState.ONBOARDED,
    )  # fmt: skip
    late = tell_late(board, RowSettled(UnitId(1), CloudState.REFUSED, "no such tag"))
    for code, sentence in [*said, (late.code, late.sentence)]:
        assert any(recover(template, sentence) is not None for template in TOLD[code]), (code, sentence)


def test_what_arming_says_of_a_way_is_known() -> None:
    said = [one for name, one in vars(way_arming).items() if name.isupper() and isinstance(one, str)]
    assert len(said) >= 6
    assert [one for one in said if one not in TOLD["LINE-ARM"]] == []


@pytest.mark.parametrize("found", [True, False, None])
@pytest.mark.parametrize(("kind", "what"), [(CredentialType.CLIENT_KEY, "私钥"), (CredentialType.CLIENT_CERT, "证书")])
def test_what_was_deleted_by_hand_is_told_in_chinese(
    kind: CredentialType, what: str, found: bool | None, chinese: QTranslator
) -> None:
    assert chinese is not None
    gone = HandDeletion(EventSeq(7), datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC), "p2", kind, found)
    record = CertificateRecord(CertSerial("7"), "active", "leaf", Sha256("0" * 64), Sha256("0" * 64), None, (gone,))
    (state, name, *_) = [certificate_fact(*fact) for fact in certificate_facts(record)]
    assert state == ("State", "有效，但可能不能使用" if found is None else "有效，但不能使用")
    assert name[0] == "手动删除"
    assert name[1].startswith("p2 于 2026-11-22 08:00:05 UTC ")
    assert f"删除{what}" in name[1].replace("了", "")
    assert "device" not in name[1]


def test_a_tiles_own_sentence_is_told_in_chinese(chinese: QTranslator) -> None:
    assert chinese is not None
    tile = Tile(slot=SlotNumber(1), state=SlotState.DONE, code="AT-305", sentence=TEMPLATES["AT-305"])
    assert tile_words.fault_words(tile) == "AT-305 此调制解调器没有 IMEI。请将此板放到一边。"


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_a_sentence_is_cut_into_pieces_without_loss(text: str) -> None:
    line = " ".join(text.split())
    assert "".join(PIECE.findall(line)) == line


def test_chinese_folds_between_letters_and_never_before_a_full_stop() -> None:
    pieces = PIECE.findall("端口 /dev/ttyACM3 被占用（终端）。请关闭。 Put it aside.")
    assert "".join(pieces).startswith("端口 /dev/ttyACM3")
    assert "/dev/ttyACM3 " in pieces
    assert "Put " in pieces
    assert all(piece[0] not in "，。）；：" for piece in pieces)
    assert all(piece.strip()[-1] not in "（“" for piece in pieces)
    assert len(pieces) > 12


def test_a_step_is_said_by_kind_and_by_the_journals_title(chinese: QTranslator) -> None:
    assert chinese is not None
    for kind, spec in STEPS.items():
        assert words.step(spec.title) == words.step(kind.value) == words.of(kind)
        assert any("一" <= letter <= "鿿" for letter in words.step(spec.title))
    assert words.step("functional test") == "functional test"
