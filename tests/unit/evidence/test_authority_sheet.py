"""The sheet about a CA, read back: its fingerprints in fours, a code that scans to the root's, and no secret."""

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pypdf
import pytest
import segno

from station.domain.ids import Sha256
from station.evidence.pdf_authority import AuthoritySheet, authority_pdf, in_fours
from station.evidence.pdf_paper import PaperSize

ROOT, LINE = Sha256("0123456789abcdef" * 4), Sha256("fedcba9876543210" * 4)
BEGUN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SHEET = AuthoritySheet(
    name="Süd Works",
    station="line1-a",
    line="Line 1",
    folder="/srv/station/data/ca",
    passphrase_place="kept nowhere",
    created=BEGUN,
    root_end=BEGUN.replace(year=2056),
    line_end=BEGUN.replace(year=2046),
    root_sha256=ROOT,
    line_sha256=LINE,
    copies=("/media/stick/ca-01234567",),
    printed=BEGUN,
)


@pytest.mark.parametrize("size", list(PaperSize))
def test_everything_that_is_compared_stands_on_one_page(size: PaperSize) -> None:
    (page,) = pypdf.PdfReader(io.BytesIO(authority_pdf(SHEET, size))).pages
    text = page.extract_text()
    for groups in (*in_fours(ROOT), *in_fours(LINE)):
        assert groups in text
    for words in ("Süd Works", "line1-a", SHEET.folder, SHEET.copies[0], "kept nowhere", "2056-11-22", "2046-11-22"):
        assert words in text
    assert "Copy 2" in text


def test_groups_of_four_are_the_fingerprint() -> None:
    first, second = in_fours(ROOT)
    assert (first + second).replace(" ", "") == ROOT
    assert all(len(group) == 4 for line in (first, second) for group in line.split())


def test_the_code_is_that_of_the_root() -> None:
    (page,) = pypdf.PdfReader(io.BytesIO(authority_pdf(SHEET))).pages
    content = page.get_contents()
    assert content is not None
    number = rb"(-?[0-9.]+)"
    bars = re.findall(rb" ".join([number] * 4) + rb" re f", content.get_data())
    drawn = [tuple(map(float, bar)) for bar in bars]
    left, top = min(x for x, _, _, _ in drawn), max(y for _, y, _, _ in drawn)
    unit = abs(drawn[0][3])
    dark = {
        (round((top - y) / unit), round((x - left) / unit) + at)
        for x, y, width, _ in drawn
        for at in range(round(width / unit))
    }
    wanted = segno.make(f"sha256:{ROOT}", error="m", micro=False, boost_error=False).matrix
    assert dark == {(y, x) for y, row in enumerate(wanted) for x, one in enumerate(row) if one}


def test_equal_content_gives_equal_bytes() -> None:
    assert authority_pdf(SHEET) == authority_pdf(SHEET)
    assert authority_pdf(SHEET) != authority_pdf(replace(SHEET, root_sha256=LINE))
