"""The command that makes the documentation's pictures, in its short form: a picture comes, and shows the line."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from PySide6.QtGui import QImage

from station.desktop.theme import LOOKS, Mood
from tests.line.harness import ROOT
from tests.line.processes import child_environment

SCREENS = ROOT / "docs" / "screens"
MOST_BYTES = 6 * 2**20


def test_a_picture_of_the_line_is_made(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "docs" / "screens.py"), "--short", str(tmp_path)],
        env=os.environ | child_environment({"QT_QPA_PLATFORM": "offscreen"}),
        timeout=110,
        check=True,
    )
    (path,) = tmp_path.glob("*.png")
    image = QImage(str(path))
    assert (image.width(), image.height()) == (1280, 720)
    pixels = Counter(image.pixelColor(x, y).name().upper() for x in range(0, 1280, 4) for y in range(0, 720, 4))
    for mood in (Mood.PASSED, Mood.FAILED):
        assert pixels[LOOKS[mood].paper.upper()] > sum(pixels.values()) * 0.05, (mood, pixels.most_common(5))


def test_the_documentation_shows_pictures_that_are_there() -> None:
    shown = {
        line.partition("](")[2].partition(")")[0]
        for page in ("README.md", "docs/screens.md", "docs/technician.md")
        for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
        if line.startswith("![") and line.endswith(".png)")
    }
    assert shown
    assert all((ROOT / name).is_file() or (ROOT / "docs" / name).is_file() for name in shown), shown
    assert sum(path.stat().st_size for path in SCREENS.glob("*.png")) < MOST_BYTES
