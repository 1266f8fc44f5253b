"""Opens the exported tables in LibreOffice and compares them cell by cell; a command, not a test.

    python -m tests.campaigns.spreadsheet_in_libreoffice [FOLDER]

FOLDER holds exported ``*.csv`` files; without one, a batch with everything in it and hostile texts is written and
exported first. Each file is opened by ``soffice --headless`` as a double click would (comma, UTF-8, types guessed) and
saved twice: as XLSX, whose cells must hold exactly the file's texts, no formula and no date, and numbers where the
file's are bare; and as CSV again, which must read as before. Ends with status 1 at the first difference.
"""

import csv
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from station.domain.faults import FaultRecord
from station.domain.line import Outcome
from station.evidence.exports import export_batch
from station.evidence.spreadsheet import read_cell
from station.journal.leaves import Leaves
from station.journal.records import Records
from tests.unit.evidence.written_batch import BATCH, MUTE, WrittenBatch, open_journal

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
GUESSING = "CSV:44,34,76,1,,0,false,true,false,false,false,-1"
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\uff1dA1", "\t=1", "\r\n=1",
    "'=1", "00123", "1E5", "3.59E+14", "1/2", "MAR1", "TRUE",
    "a;=1+1", 'quote " and ,comma', "\u202eabc", "\x00\x07", "測試 \U0001f525", "שלום", " x " * 3000, "\\u{41}",
    '=HYPERLINK("http://example.invalid","x")', "#REF!", "50%", "$5", "2026-11-22",
)  # fmt: skip


def main() -> int:
    """Compare, say how many cells were, and return the exit status."""
    if shutil.which("soffice") is None:
        sys.stdout.write("soffice is not installed (Debian: apt-get install libreoffice-calc)\n")
        return 2
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _exported(scratch)
        files = sorted(folder.glob("*-units.csv")) + sorted(folder.glob("*-steps.csv"))
        files += sorted(folder.glob("*-measurements.csv"))
        for path in files:
            problem = _compare(path, scratch)
            if problem:
                sys.stdout.write(f"{path.name}: {problem}\n")
                return 1
    return 0 if files else 2


def _exported(scratch: Path) -> Path:
    folder = scratch / "exported"
    folder.mkdir()
    with open_journal(scratch / "data") as journal:
        batch = WrittenBatch(journal, scratch / "data")
        batch.arm(40)
        batch.good(1, serial="0012345678901234567")
        batch.good(2, tries=2, serial="1E10")
        batch.nameless(Outcome.FAILED, 3, MUTE, serial="=1+1")
        for text in HOSTILE:
            batch.bad(Outcome.FAILED, FaultRecord("LINE-132", text, text), slot=1)
        batch.finish()
    with Records(scratch / "data") as records, Leaves(scratch / "data") as leaves:
        export_batch(records, leaves, BATCH, folder)
    return folder


def _compare(path: Path, scratch: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    sheet = list(_cells(_convert(path, "xlsx", scratch)))
    if len(sheet) != len(rows):
        return f"{len(rows)} rows became {len(sheet)}"
    numbers = 0
    for at, (row, cells) in enumerate(zip(rows, sheet, strict=True), start=1):
        for name, text in zip(rows[0], row, strict=True):
            kind, value = cells.get(rows[0].index(name), ("", ""))
            bare = at > 1 and _is_number(text)
            numbers += bare
            if kind == "formula" or (kind == "n" and not bare) or (bare and float(value or "nan") != float(text)):
                return f"row {at}, {name}: {text!r} became {kind} {value!r}"
            if not bare and (value != text or (at > 1 and read_cell(value) != read_cell(text))):
                return f"row {at}, {name}: {text!r} became {value!r}"
    with _convert(path, "csv", scratch).open(encoding="utf-8-sig", newline="") as file:
        if (again := list(csv.reader(file, strict=True))) != rows:
            changed = next((a, b) for a, b in zip(rows, again, strict=True) if a != b)
            return f"saved again it differs: {changed}"
    sys.stdout.write(
        f"{path.name}: {len(rows) - 1} rows, {sum(map(len, rows))} cells alike, {numbers} of them numbers\n"
    )
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _convert(path: Path, form: str, scratch: Path) -> Path:
    out = scratch / form
    target = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false" if form == "csv" else form
    profile = f"-env:UserInstallation=file://{scratch}/profile"
    subprocess.run(
        ["soffice", profile, "--headless", f"--infilter={GUESSING}", "--convert-to", target, "--outdir", out, path],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return out / f"{path.stem}.{form}"


def _cells(path: Path) -> Iterator[dict[int, tuple[str, str]]]:
    """Yield a workbook's rows: column to (kind, value). Read with the standard library: XLSX is XML in a zip."""
    with zipfile.ZipFile(path) as archive:
        # Written a moment ago by the program that is being tried, from our own file.
        strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 -- trusted, see above
        shared = ["".join(part.text or "" for part in one.iter(f"{SPACE}t")) for one in strings.iter(f"{SPACE}si")]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 -- trusted, see above
    for row in sheet.iter(f"{SPACE}row"):
        cells = {}
        for cell in row.iter(f"{SPACE}c"):
            kind, value = cell.get("t", "n"), cell.findtext(f"{SPACE}v") or ""
            if cell.find(f"{SPACE}f") is not None:
                kind = "formula"
            cells[_column(cell.get("r", ""))] = (kind, shared[int(value)] if kind == "s" else value)
        yield cells


def _column(place: str) -> int:
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


if __name__ == "__main__":
    sys.exit(main())
