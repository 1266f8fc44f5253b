"""The translations: whole, up to date with the sources, with every field, and in letters that the fonts have."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import ModuleType
from xml.etree import ElementTree as Xml

import pytest
from PySide6.QtGui import QRawFont
from PySide6.QtWidgets import QApplication

from station.desktop.fault_words import CONTEXT, TEMPLATES
from station.desktop.preferences import LANGUAGES

ROOT = Path(__file__).parents[2]
DESKTOP = ROOT / "station" / "desktop"
TRANSLATIONS = DESKTOP / "translations"
TRANSLATED = [language for language in LANGUAGES if language not in ("", "en")]
"""English is what the sources say."""

_NARROW = re.compile(r"EMPTY|RUN|PASS|FAIL|ERROR|HOLD|ABORT|OFF")


class Message:
    """One text and its translation."""

    def __init__(self, context: str, element: Xml.Element) -> None:
        translation = element.find("translation")
        assert translation is not None
        self.context, self.source = context, element.findtext("source") or ""
        self.text, self.state = translation.text or "", translation.get("type")

    def __repr__(self) -> str:
        return f"{self.context}: {self.source!r} -> {self.text!r}"


def messages_of(file: Path) -> list[Message]:
    tree = Xml.fromstring(file.read_bytes())  # noqa: S314 -- our own file
    return [
        Message(context.findtext("name") or "", message)
        for context in tree.iter("context")
        for message in context.iter("message")
    ]


def fields_of(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.fixture(scope="module")
def command() -> ModuleType:
    """``packaging/translate.py`` as a module."""
    spec = importlib.util.spec_from_file_location("packaging_translate", ROOT / "packaging" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=TRANSLATED)
def file(request: pytest.FixtureRequest) -> Path:
    found = TRANSLATIONS / f"station_{request.param}.ts"
    assert found.is_file()
    return found


def test_every_text_is_translated(file: Path) -> None:
    left = [one for one in messages_of(file) if one.state is not None or not one.text.strip()]
    assert not left, "translate these in the .ts, then run packaging/translate.py"


def test_every_field_stands_in_the_translation_as_often(file: Path) -> None:
    wrong = [one for one in messages_of(file) if fields_of(one.source) != fields_of(one.text)]
    assert not wrong


def test_no_translation_is_the_english_again(file: Path) -> None:
    """A text that is the same in both has no English sentence in it: a name, a number, a unit."""
    same = {one.source for one in messages_of(file) if one.text == one.source and len(one.source.split()) > 2}
    assert same == {"This PC's language  ·  本机语言", "{number}/{steps} {step}"} & same
    assert len(same) <= 2


def asked_for(tree: ast.AST, within: str = "") -> Iterator[tuple[int, str, str, str]]:
    """Every text of a module that is translated: its line, its context, the text, and what is wrong with the call.

    lupdate takes the class around ``self.tr()`` as the context, and looks into no f-string.
    """
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.ClassDef) else within
        if isinstance(node, ast.JoinedStr):
            for _, context, text, _ in asked_for(node, inside):
                yield node.lineno, context, text, "stands in an f-string"
            continue
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
            if name == "tr":
                whose = getattr(getattr(node.func, "value", None), "id", "")
                wrong = "" if whose == "self" and inside else "only self.tr() has its class as its context"
                yield node.lineno, inside, str(texts[0]), wrong if texts[0] else "is no text in one piece"
            elif name in ("translate", "QT_TRANSLATE_NOOP") and len(texts) == 2 and isinstance(texts[0], str):
                yield node.lineno, texts[0], str(texts[1]), "" if texts[1] else "is no text in one piece"
        yield from asked_for(node, inside)


def test_every_text_of_the_sources_is_there(file: Path) -> None:
    """Without lupdate: each is one literal, under the context that Qt looks under."""
    known = {(one.context, one.source) for one in messages_of(file)}
    wrong, seen = [], 0
    for path in sorted(DESKTOP.glob("*.py")):
        for line, context, text, why in asked_for(ast.parse(path.read_text(encoding="utf-8"))):
            seen += 1
            if why or (context, text) not in known:
                wrong.append(f"{path.name}:{line}: {context}: {text!r} {why or 'is not in the .ts'}")
    assert seen > 500
    assert not wrong, "run packaging/translate.py"


def test_every_faults_sentence_is_there(file: Path) -> None:
    there = {one.source for one in messages_of(file) if one.context == CONTEXT}
    assert set(TEMPLATES.values()) <= there


def test_codes_are_not_translated(file: Path) -> None:
    code = re.compile(r"\b[A-Z]{2,4}-\d{3}\b")
    for one in messages_of(file):
        assert sorted(code.findall(one.source)) == sorted(code.findall(one.text)), one


def test_the_files_are_what_the_command_makes(file: Path, command: ModuleType, tmp_path: Path) -> None:
    """Nothing changes when the command is run again: the .ts has what lupdate finds, the .qm has what the .ts says."""
    again, compiled = tmp_path / file.name, tmp_path / "again.qm"
    again.write_bytes(file.read_bytes())
    command.update(file.stem.removeprefix("station_"), again)
    assert again.read_text(encoding="utf-8") == file.read_text(encoding="utf-8")
    command.release(again, compiled)
    assert compiled.read_bytes() == file.with_suffix(".qm").read_bytes()


def test_the_command_keeps_translations_and_marks_what_is_new(file: Path, command: ModuleType, tmp_path: Path) -> None:
    text = file.read_text(encoding="utf-8")
    cut = re.sub(r"<source>The journal was already closed\.</source>.*?</translation>", "", text, flags=re.DOTALL)
    assert cut != text
    changed = tmp_path / file.name
    changed.write_text(
        cut.replace("<message>\n            <extracomment", "<message>\n<extracomment"), encoding="utf-8"
    )
    tree = Xml.fromstring(changed.read_bytes())  # noqa: S314 -- our own file
    for context in tree.iter("context"):
        for message in list(context.iter("message")):
            if message.find("source") is None:
                context.remove(message)
    changed.write_bytes(Xml.tostring(tree, "utf-8"))
    command.update(file.stem.removeprefix("station_"), changed)
    states = {one.source: one.state for one in messages_of(changed)}
    assert states.pop("The journal was already closed.") == "unfinished"
    assert set(states.values()) == {None}


def test_every_letter_has_a_glyph_in_the_fonts_that_come_along(file: Path, qapp: QApplication) -> None:
    assert qapp is not None  # fonts need an application
    fonts = {path.stem: QRawFont(str(path), 16.0) for path in (DESKTOP / "fonts").glob("Station*.?tf")}
    assert all(font.isValid() for font in fonts.values())
    for weight in ("Regular", "Bold"):
        faces = [fonts[f"StationSans-{weight}"], fonts[f"StationHan-{weight}"]]
        letters = {letter for one in messages_of(file) for letter in one.text if letter != "\n"}
        boxes = sorted(letter for letter in letters if not any(face.supportsCharacter(ord(letter)) for face in faces))
        assert not boxes, weight
    narrow = [fonts["StationNarrow-Bold"], fonts["StationHan-Bold"]]
    states = [one for one in messages_of(file) if one.context == "SlotTile" and _NARROW.fullmatch(one.source)]
    assert len(states) == 8
    for one in states:
        assert all(any(face.supportsCharacter(ord(letter)) for face in narrow) for letter in one.text), one


def test_what_the_sources_draw_has_glyphs_too(qapp: QApplication) -> None:
    """Signs in the English texts: the arrow, the cross and the minus that another font would have to lend are none."""
    assert qapp is not None  # fonts need an application
    face = QRawFont(str(DESKTOP / "fonts" / "StationSans-Regular.ttf"), 16.0)
    han = QRawFont(str(DESKTOP / "fonts" / "StationHan-Regular.otf"), 16.0)
    boxes = []
    for path in sorted(DESKTOP.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                signs = {sign for sign in node.value if ord(sign) > 0x7F}
                boxes += [
                    f"{path.name}:{node.lineno}: {sign}"
                    for sign in sorted(signs)
                    if not (face.supportsCharacter(ord(sign)) or han.supportsCharacter(ord(sign)))
                ]
    assert not boxes


def test_qt_speaks_the_language_too(file: Path) -> None:
    """Its own dialogs and menus have a translation in the package that is installed."""
    language = file.stem.removeprefix("station_")
    asked = "from PySide6.QtCore import QLibraryInfo as Q; print(Q.path(Q.LibraryPath.TranslationsPath))"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    assert (Path(said) / f"qtbase_{language}.qm").is_file()
