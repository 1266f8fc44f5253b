#!/usr/bin/env python3
"""Bring the window's translations up to date: ``python packaging/translate.py``, with the station's environment.

lupdate writes every text of the window into ``station/desktop/translations/*.ts`` (what is translated stays, what is
gone goes); the sentences of the faults, which stand in other rooms, are added under ``Fault``; lrelease makes the
``.qm`` files that the window loads. Both programs come with PySide6. The same sources give the same files.

A text that is new stands there as unfinished: translate it in the ``.ts`` (or in Qt Linguist), then run this again.
A test fails as long as one is left.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

ROOT = Path(__file__).resolve().parent.parent
DESKTOP = ROOT / "station" / "desktop"
TRANSLATIONS = DESKTOP / "translations"
LANGUAGES = ("zh_CN",)

_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n'


def tool(name: str) -> str:
    """Return the path of a tool beside this Python, or on the PATH."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        raise SystemExit(f"{name} is not there: start this with the Python of .venv.")
    return found


def update(language: str, file: Path) -> None:
    """Write every text of the window, and every fault's sentence, into the language's .ts; keep what is translated."""
    kept = dict(_translated(file)) if file.exists() else {}
    templates = _templates()  # first of all: a program that can't be imported just now must not lose them
    sources = [str(path.relative_to(DESKTOP)) for path in sorted(DESKTOP.glob("*.py"))]
    # Without places: a line that moves is no change of a translation.
    options = ["-locations", "none", "-no-obsolete", "-target-language", language, "-silent"]
    subprocess.run([tool("pyside6-lupdate"), *sources, *options, "-ts", str(file)], cwd=DESKTOP, check=True)
    tree = Xml.fromstring(file.read_bytes())  # noqa: S314 -- our own file
    _add_faults(tree, kept, templates)
    Xml.indent(tree, "    ")
    # As lupdate writes it: contexts and messages where they belong, quotes as entities.
    text = re.sub(r">([^<]*)<", lambda found: f">{found[1].replace(chr(34), '&quot;')}<", Xml.tostring(tree, "unicode"))
    file.write_text(f"{_HEAD}{text}\n", encoding="utf-8", newline="\n")


def release(file: Path, compiled: Path) -> None:
    """Make the .qm that the window loads."""
    subprocess.run([tool("pyside6-lrelease"), "-silent", str(file), "-qm", str(compiled)], check=True)


def _translated(file: Path) -> Iterator[tuple[str, str]]:
    for context in Xml.fromstring(file.read_bytes()).iter("context"):  # noqa: S314 -- our own file
        for message in context.iter("message"):
            translation = message.find("translation")
            if context.findtext("name") == "Fault" and translation is not None and translation.get("type") is None:
                yield message.findtext("source") or "", translation.text or ""


def _templates() -> tuple[str, dict[str, str]]:
    """Return the context of the faults' sentences, and these by code."""
    sys.path.insert(0, str(ROOT))
    from station.desktop.fault_words import CONTEXT, TEMPLATES  # noqa: PLC0415 -- only found since the line above

    return CONTEXT, dict(TEMPLATES)


def _add_faults(tree: Xml.Element, kept: dict[str, str], templates: tuple[str, dict[str, str]]) -> None:
    """Add the faults' sentences, in the order of their codes, to the context that has what else the engine tells."""
    name, sentences = templates
    context = next(one for one in tree.iter("context") if one.findtext("name") == name)
    there = {message.findtext("source") for message in context.iter("message")}
    for code, sentence in sentences.items():
        if sentence in there:  # two codes may say the same
            continue
        there.add(sentence)
        message = Xml.SubElement(context, "message")
        Xml.SubElement(message, "source").text = sentence
        Xml.SubElement(message, "extracomment").text = code
        translation = Xml.SubElement(message, "translation")
        if sentence in kept:
            translation.text = kept[sentence]
        else:
            translation.set("type", "unfinished")


if __name__ == "__main__":
    TRANSLATIONS.mkdir(exist_ok=True)
    for name in LANGUAGES:
        where = TRANSLATIONS / f"station_{name}.ts"
        update(name, where)
        release(where, where.with_suffix(".qm"))
