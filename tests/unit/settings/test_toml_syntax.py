"""A file that is no TOML is told by line and what to do, in no parser's words, and without what stands in it."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.faults import Fault
from station.settings.reading import load_station
from station.settings.syntax import explain_syntax


def told(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(Fault) as caught:
        load_station(path)
    assert caught.value.code == "SET-101"
    assert caught.value.__cause__ is None
    return caught.value.sentence.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("line = ", "line 1, at the end: the file ends before the value does"),
        ("line = Line one", "line 1, column 8: that is no value. Text needs quotes"),
        ("check = True", "line 1, column 9: that is no value. Text needs quotes"),
        ("\ndata = 'a", "line 2, at the end: a text has no end. Close it"),
        ('data = "a\nb"', "line 1, column 10: a text has no end. Close it"),
        ("data = 'a\n'", "line 1, column 10: a text has no end. Close it"),
        ('data = "C:\\Users\\me"', "line 1, column 13: a backslash in a text has a meaning of its own. Write"),
        ('data = "C:\\line"', "column 13: a backslash in a text has a meaning"),
        ("line Line", "line 1, column 6: behind a key (letters a to z"),
        ("line: 1", "line 1, column 5: behind a key (letters"),
        ("line = 1\nline = 2", "line 2, at the end: this key stands in its table already"),
        ("line = 1\nline = 2\n[ca]", "line 2, column 9: this key stands in its table already"),
        ("a = { b = 1, b = 2 }", "this key stands in its table already"),
        ("[ca]\n[ca]\n", "line 2, column 4: this table stands in the file already"),
        ("line = 1 2", "line 1, column 10: something is left over behind the value"),
        ("a = [1 2]", "line 1, column 8: a list or table is not closed there"),
        ("a = [1,\n", "at the end: the file ends before the value does"),
        ("a = [1", "at the end: a list or table is not closed there"),
        ("[ca\n", "line 1, column 4: a table's head is not closed. Write [name]"),
        ("[[slots]\n", "a table's head is not closed"),
        ("= 1", "line 1, column 1: a line begins with a key"),
        ("größe = 1", "line 1, column 3: behind a key (letters a to z, digits, _ and -) comes ="),
        ('a = "\x01"', "line 1, column 6: there is a character that can't be seen"),
        (f"a = {'9' * 5000}", "a number in it is too long"),
        (f"a = {'[' * 5000}{']' * 5000}", "too deep in each other"),
        (f"{'.'.join('a' * 5000)} = 1", "too deep in each other"),
        (f"a = {'[' * 30}{']' * 30}", "too deep in each other"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_its_line_and_what_to_do(tmp_path: Path, content: str, words: str) -> None:
    sentence = told(tmp_path / "station.toml", content.encode())
    assert words in sentence
    assert sentence.endswith(".")


def test_what_is_not_utf8_is_told_by_its_line(tmp_path: Path) -> None:
    sentence = told(tmp_path / "station.toml", b"schema = 1\nline = 'L\xe4rm'\n")
    assert sentence == "line 2, byte 21 is no UTF-8. Save the file as UTF-8."


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.sampled_from("ab =[]{}\"'\\\n#.,1u_-:\x01"), max_size=24))
def test_nothing_of_the_file_and_none_of_the_parsers_words_are_told(text: str) -> None:
    planted = f'"planted{text}'
    try:
        tomllib.loads(planted)
    except tomllib.TOMLDecodeError as error:
        sentence = explain_syntax(error, planted)
        raw = str(error).partition(" (at")[0]
        if "planted" in sentence or raw in sentence or not sentence.startswith("line "):
            pytest.fail(f"{raw!r} became {sentence!r}")
