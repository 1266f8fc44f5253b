"""The Batch page without an engine: what it asks for, what it locks, and sums that add up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from station.desktop.batch_page import BatchPage
from station.desktop.batch_reading import Shelf, read_shelf
from station.desktop.equation import Equation
from station.domain.events import BatchArmed
from station.domain.ids import BatchId, Sha256
from station.engine.commands import Arm, CloseBatch, Pause, ShowProduct
from station.engine.pushes import Header
from station.engine.results import Armed, Failed, Image, Product, Reconciliation
from station.host.clock import SystemClock
from station.journal.journal import Journal
from tests.desktop.line_rig import Around, change, shown, welcome

SHA = Sha256("b44a33f81ab1a1e8e3732dea37ba18b5d7b2b3407217b1f22f2054dc6ce9d93d")


def product(**more: Any) -> Product:
    fields: dict[str, Any] = {
        "product": "tracker",
        "file": "/recipes/tracker.toml",
        "sha256": SHA,
        "images": (Image(name="app.hex", file="/images/app.hex", sha256=SHA),),
        "steps": ("flash", "identify", "functional test"),
        "scans_labels": False,
        "for_cloud": True,
    }
    return Product(**(fields | more))


@pytest.fixture
def around(tmp_path: Path) -> Around:
    """A station with two recipes and one batch that is not closed."""
    made = Around(tmp_path)
    for name in ("tracker", "tracker-tested"):
        (made.opened.value.recipes / f"{name}.toml").write_text("", encoding="utf-8")
    made.opened.value.data.mkdir(mode=0o700)
    with Journal(made.opened.value.data, SystemClock()) as journal:
        journal.open_session({}, "nobody")
        journal.commit(
            BatchArmed(
                batch=BatchId("WO-7"),
                product="tracker",
                recipe=journal.keep("recipe", {}),
                fixture=journal.keep("fixture", {}),
                quantity=50,
                operator="p1",
                team_id="",
                cloud_confirmed=True,
            )
        )
    return made


@pytest.fixture
def page(around: Around, qtbot: QtBot) -> Iterator[BatchPage]:
    made = BatchPage(around.surroundings)
    with shown(around, made):
        made.welcome(welcome([], run="idle"))
        qtbot.waitUntil(lambda: made.close_card.batches.count() == 1 and bool(around.asked), timeout=20_000)
        yield made


def answer(around: Around, **more: Any) -> None:
    """Answer the newest question about a product."""
    _, done, _ = around.last(ShowProduct)
    done(product(**more))


def test_recipe_images_and_steps_are_shown_with_their_hashes(page: BatchPage, around: Around) -> None:
    answer(around)
    text = "\n".join(page.facts.texts)
    assert text.count("b44a33f8 1ab1a1e8 e3732dea 37ba18b5 d7b2b340 7217b1f2 2f2054dc 6ce9d93d") == 2
    assert "1 Flash the application › 2 Identify the modem › 3 functional test" in text
    assert "as an engineer released them" in page.facts.said.words


def test_a_work_order_is_armed_as_typed(page: BatchPage, around: Around, qtbot: QtBot) -> None:
    answer(around)
    page.scanned("WO-8")
    page.form.quantity.setValue(25)
    QTest.keyClick(page.form.batch, Qt.Key.Key_Return)
    command, done, _ = around.last(Arm)
    assert command == Arm(batch=BatchId("WO-8"), product="tracker", quantity=25)
    assert not page.form.arm.isEnabled(), "no second press"
    with qtbot.waitSignal(page.go_to) as led:
        done(Armed(batch=BatchId("WO-8"), warnings=("Team as last confirmed.",)))
    assert led.args == ["line"]
    assert page.now.warnings.whole == "Team as last confirmed."


def test_whoever_went_to_another_page_while_the_batch_was_armed_stays_there(
    page: BatchPage, around: Around, qtbot: QtBot
) -> None:
    answer(around)
    page.scanned("WO-8")
    QTest.keyClick(page.form.batch, Qt.Key.Key_Return)
    _, done, _ = around.last(Arm)
    page.hide()
    with qtbot.assertNotEmitted(page.go_to):
        done(Armed(batch=BatchId("WO-8"), warnings=()))


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "ä"])
def test_a_batch_without_a_sound_name_is_not_sent(page: BatchPage, around: Around, name: str) -> None:
    answer(around)
    page.form.batch.setMaxLength(100)
    page.form.batch.setText(name)
    page.form.arm.click()
    assert not any(isinstance(command, Arm) for command in around.commands)
    assert "Give the batch its name" in page.form.said.words


def test_unreleased_settings_take_an_engineers_reason_and_the_ca_its_passphrase(
    page: BatchPage, around: Around
) -> None:
    answer(around, unreleased=("recipe tracker.toml",), passphrase_asked=True)
    assert "recipe tracker.toml" in page.facts.said.words
    form = page.form
    form.batch.setText("WO-8")
    form.arm.click()
    assert "passphrase" in form.said.words
    QTest.keyClicks(form.passphrase, "correct horse")
    form.arm.click()
    assert "engineer" in form.said.words
    QTest.keyClicks(form.reason, "looked at it")
    form.arm.click()
    command, _, failed = around.last(Arm)
    assert (command.reason, command.passphrase.reveal()) == ("looked at it", "correct horse")
    assert "correct horse" not in repr(command)
    failed(Failed(code="CA-204", sentence="That is not the passphrase."))
    assert "CA-204" in form.said.words
    assert form.passphrase.text() == ""
    assert form.arm.isEnabled()


def test_only_what_the_product_needs_can_be_typed(page: BatchPage, around: Around) -> None:
    answer(around)
    assert [field.isReadOnly() for field in (page.form.serials, page.form.reason, page.form.passphrase)] == [True] * 3
    page.form.products.setCurrentText("tracker-tested")
    answer(around, product="tracker-tested", scans_labels=True)
    assert not page.form.serials.isReadOnly()


def test_the_last_open_batch_goes_on_in_one_press(page: BatchPage, around: Around) -> None:
    answer(around)
    page.now._go_on.click()
    answer(around)
    command, _, _ = around.last(Arm)
    assert command == Arm(batch=BatchId("WO-7"), product="tracker", quantity=50)


def test_going_on_asks_first_for_what_only_a_person_has(page: BatchPage, around: Around) -> None:
    answer(around)
    page.now._go_on.click()
    answer(around, passphrase_asked=True)
    assert not any(isinstance(command, Arm) for command in around.commands)
    assert page.form.batch.text() == "WO-7"
    assert page.form.passphrase.hasFocus()


def test_all_is_locked_while_a_batch_is_on_the_line(page: BatchPage, around: Around) -> None:
    answer(around, passphrase_asked=True)
    page.form.passphrase.setText("correct horse")
    header = Header(run="running", batch=BatchId("WO-7"), product="tracker", quantity=50, done=45)
    page.changed(change(header=header))
    for field in (page.form.products, page.form.batch, page.form.quantity, page.form.arm):
        assert not field.isEnabled()
    assert page.form.passphrase.text() == ""
    assert (page.form.batch.text(), page.form.quantity.value()) == ("WO-7", 50)
    assert not page.close_card.do.isEnabled(), "the batch on the line is stopped first"
    page.scanned("WO-9")
    assert page.form.batch.text() == "WO-7"
    page.now._pause.click()
    assert around.commands[-1] == Pause()
    assert "45 of 50 done" in page.now.facts.whole
    page.changed(change(header=Header(run="idle")))
    assert page.form.arm.isEnabled()


def test_a_batch_is_closed_for_a_reason_and_added_up(page: BatchPage, around: Around) -> None:
    close = page.close_card
    assert close.equation.sentence == "50 ordered = 0 passed + 0 failed + 50 not started"
    close.do.click()
    assert "Say first why" in close.said.words
    QTest.keyClicks(close.reason, "cut short")
    QTest.keyClick(close.reason, Qt.Key.Key_Return)
    command, done, _ = around.last(CloseBatch)
    assert command == CloseBatch(batch=BatchId("WO-7"), reason="cut short")
    done(
        Reconciliation(
            batch=BatchId("WO-7"),
            quantity=50,
            outcomes={"passed": 41, "failed": 3, "error": 8},
            not_started=0,
            beyond=2,
        )
    )
    assert close.equation.sentence == "50 ordered = 41 passed + 3 failed + 8 error + 0 not started – 2 beyond the order"
    assert close.equation.adds_up
    assert close.batches.findText("WO-7") < 0


def test_what_a_person_typed_is_forgotten_with_the_person(page: BatchPage, around: Around) -> None:
    answer(around, passphrase_asked=True, unreleased=("x",))
    page.form.passphrase.setText("correct horse")
    page.form.reason.setText("why")
    page.person_changed(None)
    assert (page.form.passphrase.text(), page.form.reason.text()) == ("", "")


def test_a_product_that_cannot_be_built_says_why(page: BatchPage, around: Around) -> None:
    _, _, failed = around.last(ShowProduct)
    failed(Failed(code="SET-102", sentence="The recipe is wrong.", detail="line 3"))
    assert "SET-102" in page.facts.said.words
    assert "line 3" in "\n".join(page.facts.texts)


def test_an_answer_about_another_product_comes_too_late(page: BatchPage, around: Around) -> None:
    _, done, _ = around.last(ShowProduct)
    page.form.products.setCurrentText("tracker-tested")
    done(product())
    assert page.form.product is None


def test_products_are_found_where_there_is_no_journal_yet(tmp_path: Path) -> None:
    around = Around(tmp_path)
    (around.opened.value.recipes / "b.toml").write_text("", encoding="utf-8")
    (around.opened.value.recipes / "a.toml").write_text("", encoding="utf-8")
    assert read_shelf(around.opened) == Shelf(("a", "b"), ())


@pytest.mark.usefixtures("qapp")
@given(
    counts=some.dictionaries(
        some.sampled_from(["passed", "failed", "error", "quarantined", "aborted"]), some.integers(0, 999)
    ),
    ordered=some.integers(1, 3000),
)
def test_every_sum_that_is_right_says_so(
    tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int], ordered: int
) -> None:
    around = Around(tmp_path_factory.getbasetemp())
    equation = Equation(around.surroundings)
    around.background.end()  # nothing is read here; its threads would stay, two an example
    rest = ordered - sum(counts.values())
    equation.show_sum(ordered, [*counts.items(), ("not started", rest)])
    assert equation.adds_up
    equation.show_sum(ordered, [*counts.items(), ("not started", rest + 1)])
    assert not equation.adds_up
