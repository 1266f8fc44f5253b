"""The list of all commands: true to each command's own help, and there before any of them is loaded."""

import subprocess
import sys

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from station.cli import COMMANDS, cli

HEAVY = {
    "PySide6",
    "cbor2",
    "cryptography",
    "jwt",
    "keyring",
    "pydantic",
    "requests",
    "serial",
    "stamina",
    "structlog",
}
"""What commands need, and neither `--help` nor `--version` does."""


def own_help(name: str) -> str:
    found = COMMANDS[name].load()
    if isinstance(found, typer.Typer):
        return str(get_command(found).help)
    return str(found.__doc__)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    assert " ".join(own_help(name).split("\n\n")[0].split()) == COMMANDS[name].summary


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_answers_to_its_name(name: str) -> None:
    told = CliRunner().invoke(cli, [name, "--help"])
    assert told.exit_code == 0
    assert f"station {name} " in told.output.split("\n\n")[0].replace("\n", " ")


def test_a_word_that_is_no_command_is_told_with_those_like_it() -> None:
    told = CliRunner().invoke(cli, ["outbx"])
    assert told.exit_code == 2
    assert "'outbox'" in told.output


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_nothing_heavy_is_loaded_to_tell_what_there_is(option: str) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['station', {option!r}]\n"
        "from station.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('loaded', *{name.split('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("loaded ")[2].split())
    assert "typer" in loaded
    assert not loaded & HEAVY
