"""The documentation is true: its generated parts are current, its commands exist, its links lead somewhere."""

import importlib.util
import re
from pathlib import Path
from string import Formatter
from types import ModuleType

import pytest
import typer
from typer.testing import CliRunner

from station.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "config" / "README.md"]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_parts_are_current(generate: ModuleType) -> None:
    for name, marks in generate.parts().items():
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert generate.rendered(text, marks) == text, f"run: python docs/generate.py ({name})"


def test_fault_codes_are_unique_and_sentences_can_be_filled_in(generate: ModuleType) -> None:
    seen: dict[str, str] = {}
    for spec in generate.fault_specs():
        assert re.fullmatch(r"[A-Z]{2,4}-\d{3}", spec.code), spec.code
        assert seen.setdefault(spec.code, spec.sentence) == spec.sentence
        fields = {name: "x" for _, name, _, _ in Formatter().parse(spec.sentence) if name}
        assert "{" not in spec.fault(**fields).sentence


def test_no_fault_is_hidden_behind_another_of_its_name(generate: ModuleType) -> None:
    known = {spec.code for spec in generate.fault_specs()}
    for path in (ROOT / "station").rglob("*faults.py"):
        if path.parent.name in ("desktop", "simulator"):  # in no list: nobody but this program's own meets them
            continue
        declared = re.findall(r'FaultSpec\(\s*"([A-Z]{2,4}-\d{3})"', path.read_text(encoding="utf-8"))
        assert set(declared) <= known, path.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_in_the_documentation_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    groups = {name for name, place in COMMANDS.items() if isinstance(place.load(), typer.Typer)}
    for line in re.findall(r"python3 start\.py ([^\n`]+)", text):
        words = line.split("#")[0].split()
        if words[0] in ("test", "desktop", "bench", "COMMAND", "lock", "help"):
            continue
        command = [word for word in words if re.fullmatch(r"[a-z-]+", word) and not word.startswith("--")]
        told = CliRunner().invoke(cli, [*command[: 2 if command[0] in groups else 1], "--help"])
        assert told.exit_code == 0, f"{page.name}: {line}"
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in told.output, f"{page.name}: {line}: {option}"
