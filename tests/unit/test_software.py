"""Which source and libraries a session ran with, as far as that is known."""

import hashlib
from pathlib import Path

import pytest

from station.software import lock_hash, source_commit

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
