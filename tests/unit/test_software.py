"""Which source and libraries a session ran with, as far as that is known."""

import hashlib
import json
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from station.software import (
    BUILD_FILE,
    Source,
    built_source,
    describe_software,
    lock_hash,
    software_version,
    source_commit,
    source_version,
    version_text,
)

COMMIT = "a765e23f" * 5


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"HEAD": COMMIT}, COMMIT),
        ({"HEAD": "ref: refs/heads/main\n", "refs/heads/main": f"{COMMIT}\n"}, COMMIT),
        (
            {"HEAD": "ref: refs/heads/main", "packed-refs": f"# so\n{'b' * 40} x\n{COMMIT} refs/heads/main"},
            COMMIT,
        ),
        ({"HEAD": "ref: refs/heads/main\n", "packed-refs": f"{COMMIT} refs/heads/other"}, None),
        ({"HEAD": "ref: refs/heads/main\n"}, None),
        ({"HEAD": "something else"}, None),
        ({"HEAD": "\u00fc"}, None),
    ],
    ids=["none", "detached", "loose", "packed", "packed elsewhere", "unborn", "junk", "no text"],
)
def test_the_commit_is_read_or_unknown(tmp_path: Path, files: dict[str, str], found: str | None) -> None:
    for name, text in files.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert source_commit(tmp_path) == found


def test_the_lock_files_hash_is_read_or_unknown(tmp_path: Path) -> None:
    assert lock_hash(tmp_path) is None
    (tmp_path / "requirements.lock").write_bytes(b"a==1\n")
    assert lock_hash(tmp_path) == hashlib.sha256(b"a==1\n").hexdigest()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, None),
        (json.dumps({"commit": COMMIT, "lock_sha256": "b" * 64}), Source(COMMIT, "b" * 64)),
        (json.dumps({"commit": None, "lock_sha256": "b" * 64}), Source(None, "b" * 64)),
        (json.dumps({"commit": COMMIT + "-dirty", "lock_sha256": 1}), Source(None, None)),
        (json.dumps({"commit": COMMIT}), Source(None, None)),
        ("[]", Source(None, None)),
        ('{"commit": ', Source(None, None)),
    ],
    ids=["none", "whole", "unknown commit", "no commit", "half", "no object", "torn"],
)
def test_a_package_says_what_it_was_built_from(tmp_path: Path, text: str | None, found: Source | None) -> None:
    if text is not None:
        (tmp_path / BUILD_FILE).write_text(text, encoding="utf-8")
    assert built_source(tmp_path) == found


def test_the_source_tree_holds_no_builds_word() -> None:
    assert not files("station").joinpath(BUILD_FILE).is_file()


def test_the_version_comes_from_one_place(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    wanted = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert software_version() == wanted
    assert source_version(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "another"\nversion = "7"\n', encoding="utf-8")
    assert source_version(tmp_path) is None


def test_a_sessions_record_says_what_the_version_text_does() -> None:
    told = describe_software()
    assert version_text().split() == [
        "nrf91-station",
        told["version"],
        "commit",
        told["commit"] or "unknown",
        "requirements.lock",
        told["lock_sha256"],
    ]
