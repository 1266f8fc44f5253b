"""Whose a record is, and from which entry on: one that was restored goes on under another log's name and key.

A part of `verify.py`, which is copied into every bundle: it imports the standard library alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import (
    Broken,
    Key,
    choose_key,
    read_checkpoint,
    read_file,
    read_fingerprint,
    read_key,
    require,
)

SUCCESSOR = re.compile(r"(.+)/r([1-9][0-9]{0,3})-[0-9a-f]{6}")
"""The name of a log that goes on from a backup of another: that one's, which restore it was, and a random number."""

LOST = "tells of more than was restored"


@dataclass(frozen=True)
class Era:
    """``key`` signs for the first ``last`` entries, and for none behind; None: for all that there will be."""

    key: Key
    last: int | None = None


class Eras:
    """The keys of one record, first to last, as its own entries of restores name them."""

    def __init__(self, now: Key, restored: Sequence[tuple[int, Any]]) -> None:
        """``restored``: place and body of each such entry, in order. Raise Broken where they don't lead to ``now``."""
        eras, self.findings, self.notes = list[Era](), list[str](), list[tuple[str, Key, str]]()
        above = 0
        for seq, body in restored:
            before, after = read_key(body["key_before"]), read_key(body["key"])
            require(not eras or eras[-1].key == before, f"entry {seq} goes on from another key than signed before it")
            where = f"the checkpoint that entry {seq} goes on from"
            size, _ = read_checkpoint(body["checkpoint"], before, where)
            require(above < size <= body["size"] < seq, f"entry {seq} goes on from what can't have been before it")
            named = (before.name, after.name) == (body["before"], body["origin"])
            require(named and SUCCESSOR.fullmatch(after.name), f"entry {seq} names its logs wrongly")
            self.notes.append((body["checkpoint"], before, where))
            self.findings.append(_say(seq, body, size, before, after))
            eras[-1:] = [Era(before, body["size"]), Era(after)]
            above = seq
        last = eras[-1].key if eras else None
        require(last in (None, now), f"it was restored, and goes on under another key than {now.name}")
        told = last is not None or not SUCCESSOR.fullmatch(now.name)
        require(told, f"{now.name} is the name of a restored record, and no entry tells of that")
        self.all = eras or [Era(now)]

    @property
    def now(self) -> Key:
        return self.all[-1].key

    def at(self, seq: int) -> Key:
        """Return the key that a checkpoint was signed with which is the entry ``seq``."""
        return next(era.key for era in self.all if era.last is None or seq <= era.last)

    def named(self, note: str) -> int:
        """Return the place of the era whose log the note is of; the last one where it is of none."""
        origin, end = note.split("\n", 1)[0], len(self.all) - 1
        return next((at for at, era in enumerate(self.all) if era.key.name == origin), end)

    def read(self, note: str, where: str) -> tuple[int, bytes, int, str]:
        """Return a checkpoint's size and root, its era's place, and in words what it tells of that is lost, or ""."""
        at = self.named(note)
        size, root = read_checkpoint(note, self.all[at].key, where)
        last = self.all[at].last
        if last is None or size <= last:
            return size, root, at, ""
        what = f", but {where} of {size} entries of {self.all[at].key.name} {LOST}"
        return size, root, at, f"{what}: entries {last + 1} to {size} of that log are not in here"

    def vouched(self, given: str) -> int:
        """Return the place of the era whose key was ``given``, -1 for nothing; raise Broken for another one's."""
        for at, era in enumerate(self.all[:-1] if given else []):
            try:
                return at if choose_key(era.key.line, given)[1] else -1
            except Broken:
                continue
        return len(self.all) - 1 if choose_key(self.now.line, given)[1] else -1

    def say_checkpoints(self, count: int) -> list[str]:
        """Return in words whose a journal's checkpoints are, and what its entries of restores say."""
        of = "" if len(self.all) == 1 else ", and of the logs that it goes on from"
        whose = f" and of {self.now.name}, {self.now.fingerprint}{of}"
        whose = whose if self.now.public else "; whether their signatures hold was not looked at"
        return [f"checkpoints: {count}, all of this journal{whose}", *self.findings]

    def say_unvouched(self, at: int) -> list[str]:
        """Return as gaps what is signed by a later key than the one that something vouches for."""
        if at < 0 or self.all[at].last is None:
            return []
        later = self.all[at + 1].key
        return [
            f", but it was restored behind entry {self.all[at].last} and goes on signed by {later.name}, fingerprint "
            f"{later.fingerprint}, for which nothing you gave vouches"
        ]


def find_signer(own: Path, given: str, told: Sequence[tuple[int, Any]], restored: Sequence[tuple[int, Any]]) -> Key:
    """Return a journal's key: of its file, as its entries of restores name it, or the line that was given.

    Where there is none of these, the name alone that its last checkpoint has. ``told``: its own checkpoints.
    """
    if own.exists() or restored:
        return read_key(read_file(own) if own.exists() else restored[-1][1]["key"])
    if given and not read_fingerprint(given):
        return read_key(given)
    return Key(told[-1][1]["note"].split("\n", 1)[0] if told else "", b"")


def _say(seq: int, body: Any, size: int, before: Key, after: Key) -> str:
    return (
        f"restored: entry {seq} says that this record goes on from a backup of {body['size']} entries (made "
        f"{body['made']}, SHA-256 {body['backup']}), whose last checkpoint is of {size} entries of {before.name}, "
        f"fingerprint {before.fingerprint}; since then it is signed by {after.name}, fingerprint {after.fingerprint}. "
        f"By {body['operator']} and {body['second']}: {body['reason']}. What {before.name} wrote behind entry "
        f"{body['size']} is not in here"
    )
