"""The file that says where an engine is: read as it was written, and else it says nothing."""

import json
import os
from pathlib import Path

import pytest

from station.engine.whereabouts import FILE_NAME, Whereabouts, read_whereabouts, write_whereabouts

FOUND = Whereabouts("/run/x/sock", bytes(32), 77, "2026-11-22T12:00:00.000000+00:00")


def put(folder: Path, text: str) -> None:
    path = folder / FILE_NAME
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def test_it_is_read_as_it_was_written_whatever_the_folder_is_called(tmp_path: Path) -> None:
    named = Whereabouts(os.fsdecode("/run/caf\u00e9\u00a0/sock".encode() + b"\xff"), bytes(32), 77, FOUND.started)
    for found in (FOUND, named):
        write_whereabouts(tmp_path, found)
        assert read_whereabouts(tmp_path) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", "/run/\ud800"),
        ("address", "/run/a\0b"),
        ("process", "many"),
        ("process", float("inf")),
        ("key", "AAAA"),
        ("started", "\ud800"),
        ("version", 2),
        ("folder", "/elsewhere"),
    ],
)
def test_a_value_that_was_never_written_says_nothing(tmp_path: Path, name: str, value: object) -> None:
    write_whereabouts(tmp_path, FOUND)
    content = json.loads((tmp_path / FILE_NAME).read_text())
    put(tmp_path, json.dumps(content | {name: value}).replace("Infinity", "1e999"))
    assert read_whereabouts(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "7", "{", "[" * 100_000, '{"a":' * 100_000, '{"version": 1, "version": 1}'])
def test_a_file_that_is_none_says_nothing(tmp_path: Path, text: str) -> None:
    put(tmp_path, text)
    assert read_whereabouts(tmp_path) is None
