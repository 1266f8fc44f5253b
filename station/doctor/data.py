"""The doctor's look at the data folder: whose it is, who works in it, and whether its disk takes what is written."""

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from station.doctor.findings import Verdict, advice, ok, trouble
from station.host.clock import Clock
from station.host.files import read_bytes, replace_file

_MEBIBYTE: Final = 1024 * 1024
_SPACE_LEAST: Final = 256 * _MEBIBYTE
_SPACE_WISHED: Final = 2048 * _MEBIBYTE
_SLOW_SYNC: Final = 0.5
"""Seconds. Every step waits for at least two syncs."""


def judge_folder(folder: Path) -> Verdict:
    """Return whether the folder is there, is this user's and is closed to all others."""
    if not folder.exists():
        return _judge_missing(folder)
    if not folder.is_dir():
        return trouble(f"{folder} is no folder.", "Correct `data` in the station file.")
    found = folder.stat()
    if sys.platform == "win32":
        return ok(f"{folder}; Windows keeps others out by the rights of the profile folder.")
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        return trouble(f"{folder} belongs to another user.", f'Give it to this one: sudo chown -R "$USER" "{folder}"')
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        return trouble(f"{folder} is open to other users (mode {mode:04o}).", f'Close it: chmod 700 "{folder}"')
    return ok(f"{folder}, open to its user alone.")


def _judge_missing(folder: Path) -> Verdict:
    parent = existing_part(folder)
    if not os.access(parent, os.W_OK | os.X_OK):
        return trouble(
            f"{folder} is not there, and this user may not make it in {parent}.",
            "Correct `data` in the station file, or have an administrator make the folder for this user.",
        )
    return advice(
        f"{folder} is not there yet; `station ca init` or the first batch makes it.",
        "If this station has worked before, stop: its disk is not there, or `data` in the station file is wrong.",
    )


def existing_part(path: Path) -> Path:
    """Return ``path``, or the nearest folder above it that exists."""
    return next(one for one in (path, *path.parents) if one.exists())


def judge_space(folder: Path) -> Verdict:
    """Return whether the disk has room for the journal and its logs."""
    free = shutil.disk_usage(existing_part(folder)).free
    if sys.platform != "win32":
        found = os.statvfs(existing_part(folder))
        if found.f_files and found.f_favail < 1000:
            return trouble("The disk can hold no more files (it is out of inodes).", "Delete files from that disk.")
    return judge_free(free)


def judge_free(free: int) -> Verdict:
    """Return whether so many free bytes are enough. Pure."""
    amount = f"{free / 1024 / _MEBIBYTE:.1f} GiB free."
    if free < _SPACE_LEAST:
        return trouble(
            f"Only {free // _MEBIBYTE} MiB free: the line stops when the journal can't grow.", "Free some space now."
        )
    if free < _SPACE_WISHED:
        return advice(f"Only {amount}", "Free some space: below 0.25 GiB no batch should be started.")
    return ok(amount)


def judge_writing(folder: Path, clock: Clock) -> Verdict:
    """Return whether a small file can be written, synced to the disk and read back; it is deleted again.

    Not for a folder in which a station works.
    """
    path = folder / f".doctor-{os.getpid()}"
    data = os.urandom(4096)
    begun = clock.monotonic()
    replace_file(path, data)
    seconds = clock.monotonic() - begun
    try:
        same = read_bytes(path) == data
    finally:
        path.unlink(missing_ok=True)
    if not same:
        return trouble("What was written came back different.", "Replace the disk; don't start a batch.")
    if seconds > _SLOW_SYNC:
        return advice(
            f"Written, synced and read back, but it took {seconds:.1f} s.",
            "Move the data folder to a faster disk: every step waits for it.",
        )
    return ok(f"Written, synced and read back in {seconds * 1000:.0f} ms.")
