"""The trace of a mistake of ours goes to a file for the engineer: private, and without a secret."""

import stat
import sys
from pathlib import Path

import pytest

from station.domain.secret import Secret
from station.host.mistakes import write_mistake
from station.host.redaction import Redactor

SECRETS = ("correct horse battery staple", "a-key-of-the-cloud-0123456789")


def mistake(text: str) -> Exception:
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("behind it") from error
    except RuntimeError as error:
        return error


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_each_known_secret_is_hidden_in_causes_too() -> None:
    redactors = [Redactor(), Redactor()]
    for redactor, secret in zip(redactors, SECRETS, strict=True):
        redactor.add(Secret(secret))
    text = write_mistake(mistake(" and ".join(SECRETS)), redactors).read_text()
    assert "ValueError: *** and ***" in text
    assert "RuntimeError: behind it" in text
    assert "in mistake" in text


def test_what_looks_like_a_secret_is_hidden_before_any_was_read() -> None:
    text = write_mistake(mistake("Authorization: Bearer 0123456789abcdef"), []).read_text()
    assert "Bearer ***" in text
    assert "0123456789abcdef" not in text


def test_what_no_file_can_hold_is_written_all_the_same() -> None:
    assert "\\udcff" in write_mistake(mistake("\udcff"), []).read_text()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = write_mistake(mistake("x"), [])
    assert path.parent == tmp_path
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
