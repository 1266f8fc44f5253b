"""The program is started again, and finds what is shipped with it, from source and from a package alike.

A package is stood in for by this Python with ``sys.frozen`` set, which is all that tells one: no PyInstaller is needed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from station.host import program
from station.host.program import PARTS, own_command, packaged_work, restore_environment, shipped

ROOT = Path(__file__).parents[3]

PACKAGED = """
import os, sys
sys.frozen = True
from station.__main__ import main
try:
    main()
finally:
    print(os.environ.get("LD_LIBRARY_PATH"), [name for name in os.environ if name.startswith("_PYI_")])
"""


def packaged(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program as its packaged self would be, with what its starter sets."""
    started = {
        "LD_LIBRARY_PATH": "/package",
        "LD_LIBRARY_PATH_ORIG": "/before",
        "_PYI_ARCHIVE_FILE": "/package/station",
    }
    return subprocess.run(
        [sys.executable, "-c", PACKAGED, *words],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **started},
    )


def test_a_part_is_started_by_the_python_that_runs() -> None:
    done = subprocess.run(own_command("station", "--version"), capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.startswith("nrf91-station ")
    with pytest.raises(ValueError, match="no part"):
        own_command("json.tool")


def test_a_package_starts_its_console_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "station-window.exe"))
    command = own_command("station.simulator", "--slots", "1")
    assert command[1:] == ["-m", "station.simulator", "--slots", "1"]
    assert Path(command[0]).parent == tmp_path
    assert Path(command[0]).stem == "station"


@pytest.mark.parametrize("part", PARTS)
def test_a_packaged_program_does_what_it_is_started_again_for(part: str) -> None:
    assert packaged_work(own_command(part, "a", "--b")[1:]) == (part, ["a", "--b"])


@pytest.mark.parametrize("words", [[], ["run"], ["-m"], ["-m", "json.tool"], ["absent.py"], ["--version"]])
def test_other_words_are_the_command_lines(words: list[str]) -> None:
    assert packaged_work(words) is None


def test_a_packaged_program_is_the_command_line_in_the_users_environment() -> None:
    for words in (["--version"], ["-m", "station", "--version"]):
        done = packaged(*words)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("nrf91-station ")
        assert done.stdout.endswith("/before []\n")


def test_a_packaged_program_runs_a_part_and_a_recipes_own_script() -> None:
    bench = packaged("-m", "station.simulator", "--help")
    assert bench.returncode == 0, bench.stderr
    assert "--folder" in bench.stdout
    script = ROOT / "config" / "recipes" / "functional_test.py"
    done = packaged(str(script), text=json.dumps({"port": "COM7"}))
    assert done.returncode == 0, done.stderr
    assert json.JSONDecoder().raw_decode(done.stdout)[0]["outcome"] == "passed"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has jobs instead of a leash")
def test_a_packaged_leash_becomes_its_command() -> None:
    life, told = os.pipe(), os.pipe()
    with os.fdopen(life[1], "wb"), os.fdopen(told[0], "rb") as trouble:
        done = subprocess.run(
            [sys.executable, "-c", PACKAGED, "-m", "station.host.leash", str(life[0]), str(told[1]), "echo", "it"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=ROOT,
            pass_fds=(life[0], told[1]),
            start_new_session=True,
        )
        os.close(life[0])
        os.close(told[1])
        assert trouble.read() == b""
    assert (done.returncode, done.stdout) == (0, "it\n")


def test_a_variable_that_was_not_set_is_not_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/package")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    restore_environment()
    assert "LD_LIBRARY_PATH" not in os.environ


def test_what_is_shipped_is_found_in_the_source_tree_and_in_a_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert shipped("config", "recipes", "tracker.toml").is_file()
    assert shipped("fixtures", "simulated", "fixture.toml").is_file()
    inside = tmp_path / "station" / "_shipped" / "config"
    inside.mkdir(parents=True)
    monkeypatch.setattr(program, "_PACKAGE", tmp_path / "station")
    assert shipped("config") == inside
