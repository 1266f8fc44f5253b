"""Files are private, whole or untouched, and every refusal names the file and keeps its content to itself."""

import errno
import os
import stat
from pathlib import Path

import pytest

from station.domain.faults import Fault
from station.host.faults import FILE_EXISTS
from station.host.files import (
    create_file,
    find_unfinished,
    make_private_folder,
    read_bytes,
    read_private_text,
    replace_file,
    replace_file_once,
    require_private,
    sha256_of,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_sha256_is_the_published_one() -> None:
    # FIPS 180-2, appendix B.1.
    assert sha256_of(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_reading_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bytes(path, limit=5) == b"12345"
    with pytest.raises(Fault, match="file can't be read") as caught:
        read_bytes(path, limit=4)
    assert caught.value.code == "HOST-101"


@pytest.mark.parametrize("where", ["missing", "."])
def test_what_is_no_readable_file_is_named(tmp_path: Path, where: str) -> None:
    with pytest.raises(Fault, match=str(tmp_path)) as caught:
        read_bytes(tmp_path / where)
    assert caught.value.code == "HOST-101"


def test_only_its_owner_may_read_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("text", encoding="utf-8")
    path.chmod(0o600)
    assert read_private_text(path) == "text"
    path.chmod(0o400)
    require_private(path)
    for bit in (0o040, 0o020, 0o010, 0o004, 0o002, 0o001):
        path.chmod(0o600 | bit)
        with pytest.raises(Fault, match="chmod 600") as caught:
            read_private_text(path)
        assert caught.value.code == "HOST-104"


def test_a_missing_private_file_is_not_called_open_to_others(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        require_private(tmp_path / "missing")
    assert caught.value.code == "HOST-101"


@pytest.mark.parametrize(("private", "expected"), [(True, 0o600), (False, 0o644)])
def test_a_replaced_file_has_the_new_content_and_its_rights(tmp_path: Path, private: bool, expected: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o666)
    replace_file(path, b"new", private=private)
    assert (path.read_bytes(), mode(path)) == (b"new", expected)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_the_content_reaches_the_disk_before_the_name_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, replace = os.fsync, Path.replace

    def see_sync(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        sync(handle)

    def see_replace(self: Path, target: Path) -> Path:
        order.append("replace")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", see_sync)
    monkeypatch.setattr(Path, "replace", see_replace)
    replace_file(tmp_path / "file", b"new")
    assert order == ["file", "replace", "folder"]


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "HOST-103"), (errno.EDQUOT, "HOST-103"), (errno.EIO, "HOST-102")]
)
def test_a_write_that_fails_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(_handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Fault, match="file") as caught:
        replace_file(path, b"new")
    assert caught.value.code == code
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("file", b"old")]


def test_what_is_agreed_to_is_on_the_disk_before_and_counts_behind(tmp_path: Path) -> None:
    path = tmp_path / "one"
    replace_file(path, b"old")
    seen: list[tuple[bytes, list[bytes]]] = []
    replace_file_once(
        path, b"new", lambda: seen.append((path.read_bytes(), [one.read_bytes() for one in find_unfinished(path)]))
    )
    assert seen == [(b"old", [b"new"])]
    assert (path.read_bytes(), find_unfinished(path)) == (b"new", [])

    def refuse() -> None:
        raise FILE_EXISTS.fault(path="journal.db")

    with pytest.raises(Fault, match="HOST-110"):
        replace_file_once(path, b"newer", refuse)
    assert (path.read_bytes(), find_unfinished(path)) == (b"new", [])
    (tmp_path / "taken" / "within").mkdir(parents=True)
    with pytest.raises(Fault, match="HOST-102"):  # agreed to, and it can't have its name
        replace_file_once(tmp_path / "taken", b"new", lambda: None)
    assert [one.read_bytes() for one in find_unfinished(tmp_path / "taken")] == [b"new"]


def test_writing_into_a_missing_folder_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(Fault) as caught:
        replace_file(tmp_path / "missing" / "file", b"new")
    assert caught.value.code == "HOST-102"


def test_creating_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create_file(path, b"first")
    with pytest.raises(Fault, match="is there already") as caught:
        create_file(path, b"second")
    assert caught.value.code == "HOST-110"
    assert (path.read_bytes(), mode(path)) == (b"first", 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_creating_never_overwrites_a_file_that_came_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    sync = os.fsync

    def meanwhile(handle: int) -> None:
        path.write_bytes(b"theirs")
        sync(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(Fault):
        create_file(path, b"ours")
    assert path.read_bytes() == b"theirs"


def test_folders_are_made_private_whatever_the_umask_and_existing_ones_keep_their_rights(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o755)
    (tmp_path / "old").chmod(0o755)
    before = os.umask(0)
    try:
        make_private_folder(tmp_path / "old" / "new" / "newer")
        make_private_folder(tmp_path / "old" / "new" / "newer")
    finally:
        os.umask(before)
    assert [mode(tmp_path / name) for name in ("old", "old/new", "old/new/newer")] == [0o755, 0o700, 0o700]


def test_a_file_in_a_folders_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Fault) as caught:
        make_private_folder(tmp_path / "file" / "folder")
    assert caught.value.code == "HOST-102"
