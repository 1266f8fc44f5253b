"""The commands of IT's page do what it says: each that a test can run is run, in the order of the page."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from station.settings.reading import load_station
from station.software import version_text
from station.updates.looking import own_kind
from tests.line.harness import ROOT, Line
from tests.line.processes import STATION, child_environment

PAGE = (ROOT / "docs" / "it.md").read_text(encoding="utf-8")
NOT_ALONE = {"restore"}
"""Takes two people at a terminal; its own tests do that."""


def documented(program: str) -> list[list[str]]:
    """The words behind this program of each command that stands in a line of its own, once."""
    lines = dict.fromkeys(re.findall(rf"^    {re.escape(program)} (.+)$", PAGE, re.MULTILINE))
    return [shlex.split(line) for line in lines]


def run(line: Line, words: list[str], *command: str) -> tuple[int, str]:
    done = subprocess.run(
        [*command, *words],
        cwd=line.folder,
        env=child_environment({"STATION_FILE": str(line.station_file)}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_its_commands_do_what_the_page_says(line: Line) -> None:
    line.write()
    line.recipe()
    line.hire()
    share = line.folder / "share"
    share.mkdir()
    (share / f"station-99.2.0{own_kind()}").write_bytes(b"package")
    key = ""
    for words in documented("python packaging/manifest.py"):
        code, said = run(line, words, sys.executable, str(ROOT / "packaging" / "manifest.py"))
        assert code == 0, said
        key = key or said.strip()
    line.write(station=f'[updates]\nfolder = "share"\n{key}\n')
    ran = set()
    for words in documented("station"):
        if words[0] in NOT_ALONE:
            continue
        mine = [line.folder / "backups" if word.startswith("/mnt") else word for word in words]
        more = [*mine, "--sign-in", line.sign_in_file("edith")] if words[0] == "backup" else mine
        code, said = run(line, [str(word) for word in more], *STATION)
        match words[0]:
            case "--version":
                assert (code, said.strip()) == (0, version_text())
            case "doctor":
                assert "This PC" in said
                assert "99.2.0" in said
            case "updates":
                assert code == 0
                assert "99.2.0" in said
            case "backup":
                assert code == 0, said
                assert len(list((line.folder / "backups").glob("*.backup.zip"))) == 1
                shutil.rmtree(line.folder / "backups")
            case "engine":
                assert (code, said.split()[0]) == (4, "ENG-101"), said  # none runs here
        ran.add(words[0])
    assert ran == {"--version", "doctor", "updates", "backup", "engine"}


def test_the_settings_on_the_page_are_settings(tmp_path: Path) -> None:
    (table,) = re.findall(r"^    (\[updates\]\n(?:    .+\n)+)", PAGE, re.MULTILINE)
    told = tomllib.loads(table.replace("\n    ", "\n"))
    text = (ROOT / "config" / "station.toml").read_text(encoding="utf-8").replace('"../', f'"{ROOT}/')
    path = tmp_path / "station.toml"
    path.write_text(f"{text}\n{table}".replace("\n    ", "\n"), encoding="utf-8")
    updates = load_station(path).value.updates
    assert updates is not None
    assert updates.key == told["updates"]["key"]
