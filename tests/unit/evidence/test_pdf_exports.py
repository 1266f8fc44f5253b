"""The papers, read back with another reader (pypdf): all that was recorded is on them, whole, and nothing else."""

import io
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
import segno
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault, FaultRecord
from station.domain.line import Outcome, StepKind
from station.evidence.batch_record import FTT_MEANS, read_batch
from station.evidence.exports import export_batch, export_selection
from station.evidence.pdf_batch import batch_pdf
from station.evidence.pdf_paper import Column, Face, Paper, PaperSize
from station.evidence.visible_text import restore
from station.journal.leaves import Leaves
from station.journal.records import Records
from tests.unit.evidence.written_batch import BATCH, MUTE, WEAK, WrittenBatch, everything, open_journal

CHOSEN = ("01", "06", "07")
"""Of these units a paper of their own is made."""
ROOT = Path(__file__).parents[3]
MADE = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("journal")
    for _ in everything(folder):
        pass
    export(folder, folder)
    return folder


@pytest.fixture
def written(tmp_path: Path) -> Iterator[WrittenBatch]:
    with open_journal(tmp_path) as journal:
        yield WrittenBatch(journal, tmp_path)


def export(data: Path, folder: Path, size: PaperSize = PaperSize.A4) -> list[Path]:
    with Records(data) as records, Leaves(data) as leaves:
        written = export_batch(records, leaves, BATCH, folder, size)
        for unit in [one for one in records.units_of(BATCH) if one.imei[-2:] in CHOSEN]:
            written += export_selection(records, leaves, [unit], folder, f"unit-{unit.device_id}", size)
    return written


def pages(data: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data), strict=True).pages]


def squeezed(text: str) -> str:
    """Return the text without any white space: where lines break is the layout's business."""
    return "".join(one for one in restore("".join(text.split())) if not one.isspace())


def unit_paper(folder: Path, number: int) -> str:
    data = (folder / f"unit-50353257-3033-42bf-8033-{number:012x}.pdf").read_bytes()
    return squeezed(" ".join(pages(data)))


def one_paper(text: str) -> bytes:
    paper = Paper(PaperSize.A4, title="t", head="h", foot="f", made=MADE, subject="s")
    paper.facts([("name", text)])
    paper.table((Column("a", 0.7), Column("b", 0.3, Face.MONO)), [(text, "b")])
    paper.paragraph(text)
    return paper.finish()


def test_batch_report_shows_the_order_and_every_unit(exported: Path) -> None:
    text = squeezed(" ".join(pages((exported / f"batch-{BATCH}.pdf").read_bytes())))
    for row in (
        "LabelsSN-001..SN-012",
        "passed6",
        "failed2",
        "error1",
        "quarantined1",
        "aborted1",
        "notstarted1",
        "Sum12",
        "Difference0",
    ):
        assert row in text
    for number in range(1, 11):
        assert f"50353257-3033-42bf-8033-{number:012x}" in text
    assert squeezed(FTT_MEANS.partition(": ")[2]) in text
    assert squeezed(MUTE.sentence) in text
    assert "62.5%(5of8)" in text


def test_unit_record_shows_hashes_whole_and_in_groups(exported: Path) -> None:
    raw = " ".join(pages((exported / f"unit-50353257-3033-42bf-8033-{1:012x}.pdf").read_bytes()))
    assert " ".join(["abababab"] * 8) in " ".join(raw.split())
    with Records(exported) as records:
        unit = records.units_of(BATCH)[0]
        row = records.active_certificate(unit.device_id)
        assert row is not None
    text = unit_paper(exported, 1)
    for whole in (row.serial, row.spki_sha256, row.issuer, unit.imei, "-----ENDCERTIFICATE-----"):
        assert whole in text


def test_times_are_utc_and_say_so_once(exported: Path) -> None:
    text = unit_paper(exported, 1)
    assert re.search(r"attempt1of1,slot1,2026-11-2208:00:0\dUTC", text)
    assert "+00:00" not in text


def test_failed_unit_says_why_and_what_was_measured(exported: Path) -> None:
    text = unit_paper(exported, 7)
    assert squeezed(f"{WEAK.code}: {WEAK.sentence}") in text
    assert squeezed("power 31.25 dBm 20 24.5 OUTSIDE") in text
    assert "Theunithasnoactivecertificate." in text


def test_reworked_unit_shows_both_attempts_and_who_agreed(exported: Path) -> None:
    text = unit_paper(exported, 6)
    assert squeezed("rework declared by p3 and p4: antenna replaced") in text
    assert "Attempt1of2" in text
    assert "Attempt2of2" in text
    assert "Anothercertificate,superseded" in text


def test_proofs_are_those_of_the_steps_and_no_others(exported: Path, written: WrittenBatch) -> None:
    assert squeezed("key: digest and UUID match; COSE signature not verified") in unit_paper(exported, 1)
    written.arm(1)
    attempt = written.open(1)
    written.identify(attempt, 1)
    results = {"jwt": "verified with the certificate's public key"}
    written.step(attempt, 0, StepKind.PROVE, "Prove key", Outcome.FAILED, fault=WEAK, results=results)
    written.close(attempt, Outcome.FAILED, WEAK)
    export(written.folder, written.folder)
    assert "themodemholdstheprivatekey" not in unit_paper(written.folder, 1)


def test_every_page_is_numbered_and_says_what_it_is_of(exported: Path) -> None:
    for path in exported.glob("*.pdf"):
        made = pages(path.read_bytes())
        for number, text in enumerate(made, start=1):
            assert f"page {number} of {len(made)}" in text
            assert f"batch {BATCH}" in text
            assert "Station 7 · Line B" in text


def test_checkpoint_is_on_paper_as_text_and_as_a_code(exported: Path) -> None:
    with Leaves(exported) as leaves:
        (note,) = leaves.checkpoints()
    data = (exported / f"batch-{BATCH}.pdf").read_bytes()
    assert squeezed(note) in squeezed(" ".join(pages(data)))
    # The code's dark runs, counted in the page's drawing, are those of the note's code.
    last = pypdf.PdfReader(io.BytesIO(data)).pages[-1].get_contents()
    assert last is not None
    rows = [bytes(row) for row in segno.make(note, error="m", micro=False, boost_error=False).matrix]
    runs = sum(len(re.findall(rb"\x01+", row)) for row in rows)
    assert last.get_data().count(b" re f\n") == runs


def test_without_a_checkpoint_the_paper_says_so(written: WrittenBatch) -> None:
    written.arm(1)
    written.good()
    export(written.folder, written.folder)
    assert "Nocheckpointhasbeensigned" in unit_paper(written.folder, 1)


def test_equal_records_are_equal_bytes(exported: Path, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in exported.glob("*.[pc]*") if path.suffix in (".pdf", ".csv")}
    again = (
        "import sys; from pathlib import Path; from tests.unit.evidence.test_pdf_exports import export; "
        "export(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    # Another process with another hash seed: no set's order gets into a file.
    env = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"}
    subprocess.run([sys.executable, "-c", again, str(exported), str(tmp_path)], check=True, cwd=ROOT, env=env)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert len(first) == 5 + 4 * len(CHOSEN)


def test_letter_paper_is_letter(exported: Path, tmp_path: Path) -> None:
    export(exported, tmp_path, PaperSize.LETTER)
    for path in tmp_path.glob("*.pdf"):
        box = pypdf.PdfReader(path).pages[0].mediabox
        assert (round(box.width), round(box.height)) == (612, 792)


def test_selection_has_one_table_and_a_paper_each(exported: Path, tmp_path: Path) -> None:
    with Records(exported) as records, Leaves(exported) as leaves:
        units = records.units_of(BATCH)[:2]
        made = export_selection(records, leaves, units, tmp_path, "selection")
    papers = [path for path in made if path.suffix == ".pdf"]
    assert [unit.device_id for unit in units] == [path.stem.removeprefix("unit-") for path in papers]
    table = (tmp_path / "selection-units.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(table) == 3
    assert sorted(made) == sorted(tmp_path.iterdir())


def test_nothing_is_overwritten(exported: Path) -> None:
    with pytest.raises(Fault, match="HOST-110"):
        export(exported, exported)


def test_no_text_reaches_over_the_edge(exported: Path) -> None:
    for path in exported.glob("*.pdf"):
        for page in pypdf.PdfReader(path).pages:
            places: list[tuple[float, float]] = []

            def note(text: str, _cm: object, at: list[float], *_font: object, into: list[Any] = places) -> None:
                if text.strip():
                    into.append((at[4], at[5]))

            page.extract_text(visitor_text=note)
            assert places
            assert all(30 < x < float(page.mediabox.width) - 30 for x, _ in places)
            assert all(25 < y < float(page.mediabox.height) - 25 for _, y in places)


def test_word_wider_than_the_paper_is_broken() -> None:
    paper = Paper(PaperSize.A4, title="t", head="h", foot="f", made=MADE, subject="s")
    paper.paragraph("m" * 1000, face=Face.MONO)
    paper.table((Column("a", 0.5), Column("b", 0.5, Face.MONO)), [("a", "m" * 1000)])
    page = pypdf.PdfReader(io.BytesIO(paper.finish())).pages[0]
    ends: list[float] = []

    def note(text: str, _cm: object, at: list[float], _font: object, size: float) -> None:
        ends.extend(at[4] + len(line) * 0.602 * size for line in text.split() if line.strip("m") == "")

    page.extract_text(visitor_text=note)
    assert len(ends) > 20
    assert max(ends) < float(page.mediabox.width) - 30


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=12, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\u00a0"), min_size=1, max_size=120))
def test_any_text_is_on_paper_whole(text: str) -> None:
    wanted = "".join(one for one in text if not one.isspace())
    found = squeezed(" ".join(pages(one_paper(text))))
    # Right-to-left letters stand in the order of sight, so letters are counted, not compared in order.
    assert not Counter(wanted * 3) - Counter(found)


@pytest.mark.parametrize(
    "text",
    [
        "測試失敗",
        "\U0001f525 hot \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "a\u202egnp.exe",
        "x\x00\x07y",
        "\\u{41} as typed",
        "é" * 300,
        "Ωµ½ ± 5 °C ≤ ∞ Привет Ελλάδα",
        "שלום עולם",
        "مرحبا",
    ],
)  # fmt: skip
def test_hostile_sentence_is_on_the_units_paper(written: WrittenBatch, text: str) -> None:
    written.arm(1)
    written.bad(Outcome.FAILED, FaultRecord("LINE-132", f"it said {text} then", text))
    export(written.folder, written.folder)
    found = unit_paper(written.folder, 1)
    wanted = "".join(f"it said {text} then".split())
    if any("\u0590" <= one <= "\u06ff" for one in text):
        assert not Counter(wanted) - Counter(found)
    else:
        assert wanted in found
    (sheet,) = [page for page in pages((written.folder / f"batch-{BATCH}.pdf").read_bytes()) if "Units" in page][:1]
    assert "\u202e" not in sheet


def test_sentence_of_ten_thousand_characters_runs_over_pages(written: WrittenBatch) -> None:
    words = [f"word{number}" for number in range(1300)]
    written.arm(1)
    written.bad(Outcome.FAILED, FaultRecord("LINE-132", " ".join(words), "x" * 10_000))
    export(written.folder, written.folder)
    for name in (f"batch-{BATCH}", f"unit-50353257-3033-42bf-8033-{1:012x}"):
        made = pages((written.folder / f"{name}.pdf").read_bytes())
        found = Counter(re.findall(r"word\d+", " ".join(made)))
        assert set(words) <= set(found), name
    assert len(made) > 3


@pytest.mark.parametrize("count", [1, 24, 300])
def test_long_table_repeats_its_head_on_every_page(written: WrittenBatch, count: int) -> None:
    written.arm(count)
    for number in range(count):
        attempt = written.open(number % 8 + 1)
        written.identify(attempt, number + 1)
        written.close(attempt, Outcome.ABORTED)
    with Records(written.folder) as records, Leaves(written.folder) as leaves:
        made = pages(batch_pdf(read_batch(records, leaves, BATCH)))
    holding = [text for text in made if re.search(r"50353257-3033-42bf-8033-", text)]
    assert all("Device ID" in text for text in holding)
    found = re.findall(r"8033-([0-9a-f]{12})", " ".join(made))
    assert [int(one, 16) for one in found] == list(range(1, count + 1))


def test_qr_code_that_is_too_much_says_so() -> None:
    paper = Paper(PaperSize.A4, title="t", head="h", foot="f", made=MADE, subject="s")
    paper.qr("x" * 4000, "a caption")
    assert "too long for a QR code" in pages(paper.finish())[0]


def test_settings_of_the_station_are_in_no_export(written: WrittenBatch) -> None:
    place = "vault-of-the-passphrase-7431"  # where secrets lie is nobody's business outside either
    settings = {"content": {"ca": {"passphrase": {"file": place}}, "cloud": {"api_key": {"file": place}}}}
    written.journal.open_session({"station": "Station 7", "line": "Line B", "settings": settings}, "p1")
    written.arm(1)
    written.good()
    for path in export(written.folder, written.folder):
        data = path.read_bytes()
        text = squeezed(" ".join(pages(data))) if path.suffix == ".pdf" else data.decode()
        assert place not in text
        assert place.encode() not in data
