"""The forms of evidence, read strictly: JSON, Merkle proofs, signed notes, the archive.

A part of `verify.py`, which is copied into every bundle: it imports the standard library and `cryptography` alone.
"""

import hashlib
import json
import mmap
import re
import sqlite3
import struct
import sys
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# In a bundle's verify.py, what is imported here stands above.
from station.journal.packing import unpack_leaf

LONGEST_LINE = 4 * 1024 * 1024
LONGEST_TEXT = 64 * 1024 * 1024
"""Bytes of an entry, and of a member that is read as a whole."""


def plain(text: str) -> str:
    """Return ``text`` on one line: what can't be seen in it, or would lead the eye astray, is spelled by its number."""
    return "".join(one if one.isprintable() else f"\\u{{{ord(one):x}}}" for one in text)


class Broken(ValueError):  # noqa: N818 -- a finding in plain words, not a mistake of the program
    """The first place where the evidence does not hold."""

    def __init__(self, sentence: str) -> None:
        super().__init__(plain(sentence))


def require(holds: object, sentence: str) -> None:
    if not holds:
        raise Broken(sentence)


def read_file(path: Path) -> str:
    """Return a small file's text, its line ends as the station writes them; raise Broken where it is none."""
    with path.open("rb") as file:
        data = file.read(LONGEST_LINE + 1)
    try:
        text = data.decode("utf-8-sig")  # editors on Windows put a mark in front
    except ValueError:
        text = ""
    require((text or not data) and len(data) <= LONGEST_LINE, f"{path} is no text in UTF-8, or far too long")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def open_database(file: Path) -> sqlite3.Connection:
    """Open a journal's file for reading, so that nothing is written there; the station may write meanwhile."""
    # Whoever writes to it keeps a log beside it; without one, nothing is written, not even a lock. A log that nobody
    # has open has no index: SQLite would write one there, unless the file is its alone. It would then take away a log
    # without a commit in the end, to which a station that has started meanwhile is writing: that one is let be.
    log, index = Path(f"{file}-wal"), Path(f"{file}-shm")
    logged = log.exists() and (index.exists() or _has_commit(log))
    alone = not index.exists() and sys.platform != "win32"
    way = ("mode=ro&vfs=unix-none" if alone else "mode=ro") if logged else "mode=ro&immutable=1"
    db = sqlite3.connect(f"{file.resolve().as_uri()}?{way}", uri=True, isolation_level=None)
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
    db.execute(f"PRAGMA locking_mode = {'EXCLUSIVE' if alone else 'NORMAL'}")
    return db


def leaf_of(seq: int, stored: bytes) -> bytes:
    """Return the leaf of a journal's entry from what its row has; what is hashed and read is always the leaf."""
    try:
        return unpack_leaf(stored)
    except ValueError as error:
        raise Broken(f"entry {seq} can't be read: {error}") from None


def _has_commit(log: Path) -> bool:
    """Return whether a write-ahead log has a whole commit, as SQLite finds one (sqlite.org/fileformat2, 4)."""
    with log.open("rb") as file:
        head = file.read(32)
        order, size = ">" if head[3:4] == b"\x83" else "<", int.from_bytes(head[8:12], "big")
        sums = _add_up(head[:24], order, (0, 0))
        if head[24:] != struct.pack(">II", *sums) or not 512 <= size <= 65536 or size % 8:
            return False
        while len(frame := file.read(24 + size)) == 24 + size:
            sums = _add_up(frame[:8] + frame[24:], order, sums)
            if frame[8:24] != head[16:24] + struct.pack(">II", *sums):
                return False
            if any(frame[4:8]):
                return True
    return False


def _add_up(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    for first, second in struct.iter_unpack(f"{order}II", data[: len(data) // 8 * 8]):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def read_given(path: Path) -> str:
    """Return the text of a file that was given beside the evidence; OSError for any that can't be read."""
    try:
        return read_file(path)
    except Broken as error:
        raise OSError(str(error)) from None


# --- JSON in its one form: RFC 8785 ----------------------------------------------------------------------------------


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def number(value: float) -> str:
    """Return the one form of a number that is not whole (ECMAScript's, RFC 8785 section 3.2.2.3)."""
    sign, digits, power = Decimal(repr(value)).normalize().as_tuple()
    text, point = "".join(map(str, digits)), len(digits) + int(power)
    if 0 < point <= 21:
        body = text.ljust(point, "0")[:point] + (f".{text[point:]}" if text[point:] else "")
    elif -6 < point <= 0:
        body = f"0.{'0' * -point}{text}"
    else:
        body = f"{text[0]}{f'.{text[1:]}' if text[1:] else ''}e{point - 1:+d}"
    return f"{'-' * sign}{body}" if value else "0"


def _read_number(text: str) -> float:
    value = float(text)
    if not isfinite(value) or number(value) != text:
        raise ValueError(f"{text[:40]} is no number in its one form")
    return value


_DECODER = json.JSONDecoder(parse_float=_read_number, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, sort_keys=True)


def canonical(value: Any) -> str:
    """Return the one form of a value: keys in the order of their UTF-16 code units."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_ENCODER.encode(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, float):
        return number(value)
    return "[" + ",".join(map(canonical, value)) + "]" if isinstance(value, list) else _ENCODER.encode(value)


def read_json(data: bytes, where: str) -> Any:
    """Return an object that is written in its one form: a key twice, a space, another spelling are refused."""
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
        same = _ENCODER.encode(value) == text or canonical(value) == text
    except (ValueError, RecursionError) as error:
        raise Broken(f"{where} is no strict JSON ({str(error)[:100]})") from None
    require(same and isinstance(value, dict), f"{where} is not in the one form that RFC 8785 allows")
    return value


# --- The Merkle tree: RFC 6962 section 2.1, its definitions read from the proofs' side -------------------------------


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def join(peaks: Sequence[bytes]) -> bytes:
    """Return the root over complete subtrees, left to right."""
    root = peaks[-1] if peaks else hashlib.sha256().digest()
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def root_by_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which the audit path leads from leaf ``index``; takes the path away, last hash first."""
    if size == 1:
        return hashlib.sha256(b"\x00" + leaf).digest()
    require(path, "a proof is too short")
    half, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < half:
        return node_hash(root_by_path(leaf, index, half, path), sibling)
    return node_hash(sibling, root_by_path(leaf, index - half, size - half, path))


def roots_by_path(first: int, size: int, old: bytes, path: list[bytes], whole: bool = True) -> tuple[bytes, bytes]:
    """Return the roots of ``first`` and of ``size`` leaves as a consistency proof gives them; ``old`` is claimed."""
    require(path or (first == size and whole), "a proof is too short")
    if first == size:
        same = old if whole else path.pop()
        return same, same
    half, sibling = 1 << (size - 1).bit_length() - 1, path.pop()
    if first <= half:
        before, after = roots_by_path(first, half, old, path, whole)
        return before, node_hash(after, sibling)
    before, after = roots_by_path(first - half, size - half, old, path, False)
    return node_hash(sibling, before), node_hash(sibling, after)


# --- Keys, signed notes, checkpoints: C2SP ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """``public``: 32 bytes; none where a log's name is all that is known, which no line reads as."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]

    @property
    def line(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b2a_base64(bytes([1]) + self.public, newline=False).decode()}"

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.public).hexdigest()


def unhex(words: Sequence[str]) -> list[bytes]:
    """Return the SHA-256s that are written in a proof."""
    require(all(re.fullmatch("[0-9a-f]{64}", word) for word in words) and len(words) < 128, "a proof can't be read")
    return [bytes.fromhex(word) for word in words]


def unbase64(text: str) -> bytes:
    """Return what ``text`` encodes, b"" where it is not base64 in its one form."""
    try:
        data = a2b_base64(text)
    except ValueError:
        data = b""
    return data if b2a_base64(data, newline=False).decode() == text else b""


def read_key(text: str) -> Key:
    name, number, encoded = [*text.strip().split("+", 2), "", ""][:3]
    key, data = Key(name, unbase64(encoded)[1:]), unbase64(encoded)
    require(len(data) == 33 and data[0] == 1 and number == key.key_id.hex(), "the station's verifier key can't be read")
    return key


def read_fingerprint(text: str) -> str:
    """Return the SHA-256 that ``text`` spells, with spaces and colons or without; "" where it is none."""
    digits = "".join(text.split()).lower().replace(":", "")
    return digits if re.fullmatch("[0-9a-f]{64}", digits) else ""


def read_given_key(given: str) -> str:
    """Return as a line or a fingerprint the key that was given, or a file with it; OSError for what is none of these.

    "" where none was given.
    """
    if not given:
        return ""
    there = "\n" not in given and len(given) < 1000 and Path(given).is_file()
    text = read_given(Path(given)) if there else given
    try:
        return read_fingerprint(text) or read_key(text).line
    except Broken:
        said = "holds neither" if there else "is no file that is there, and neither"
        forms = "a verifier key (NAME+NUMBER+BASE64) nor a fingerprint (64 hexadecimal digits)"
        raise OSError(f"the key that you gave: {given[:200]} {said} {forms}") from None


def read_given_ca(given: str) -> str:
    """Return the fingerprint that was given of a CA; OSError for what is none."""
    if not (found := read_fingerprint(given)):
        what = "no file that is there, and no fingerprint (64 hexadecimal digits) either"
        raise OSError(f"the CA that you gave: {given[:200]} is {what}")
    return found


def choose_key(own: str, given: str) -> tuple[Key, bool]:
    """Return the key that came with the evidence, and whether it is one that was given (a line, a hash, or a file).

    Raise Broken for another one's, OSError where what was given is none of the three.
    """
    key, given = read_key(own), read_given_key(given)
    same = given in (key.fingerprint, key.line)
    require(
        same or not given, f"this is signed by another key than you gave: {key.name}, fingerprint {key.fingerprint}"
    )
    return key, same


def open_note(note: str, key: Key, where: str, alone: bool = False) -> str:
    """Return the text that ``key`` signed. Other signatures beside it are let be, unless it must stand alone."""
    require(key.public, f"no public key is there to check {where} with")
    text, gap, lines = note.rpartition("\n\n")
    require(gap and lines.endswith("\n") and "\r" not in note, f"{where} is no signed note")
    text, valid, signatures = text + "\n", 0, lines[:-1].split("\n")
    for line in signatures:
        dash, name, encoded = [*line.split(" ", 2), "", ""][:3]
        data = unbase64(encoded)
        require(dash == "\u2014" and name and len(data) > 4, f"{where}: a signature line can't be read")
        if name == key.name and data[:4] == key.key_id:
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(data[4:], text.encode())
            except (InvalidSignature, ValueError):
                raise Broken(f"{where}: the signature of {name} does not hold") from None
            valid += 1
    whose = f"{where} is not signed by the key {key.name}, fingerprint {key.fingerprint}"
    require(valid and (len(signatures) == 1 or not alone), whose)
    return text


def read_checkpoint(note: str, key: Key, where: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint of the key's own log that it signed.

    With a name alone (or not even that): what it claims, and no signature is looked at. Whoever asks so has to say so.
    """
    lines = (open_note(note, key, where) if key.public else note).split("\n")
    sound = len(lines) > 3 and lines[0] == (key.name or lines[0]) and re.fullmatch("[1-9][0-9]{0,15}", lines[1])
    log = f"the log {key.name}" if key.name else "a log"
    require(sound and len(unbase64(lines[2])) == 32, f"{where} is no checkpoint of {log}")
    return int(lines[1]), unbase64(lines[2])


# --- The archive: stored members one behind the other, and no field left to choose -----------------------------------


def headers(name: str, size: int, crc: int, offset: int) -> tuple[bytes, bytes]:
    """Return what stands before a member, and its row in the directory (APPNOTE.TXT sections 4.3.7 and 4.3.12)."""
    same = struct.pack("<5H3IH", 20, 0, 0, 0, 0x21, crc, size, size, len(name))  # stored, 1980-01-01
    row = struct.pack("<4H2I", 0, 0, 0, 0, 0o100644 << 16, offset)
    return b"PK\3\4" + same + bytes(2) + name.encode(), b"PK\1\2\x14\3" + same + row + name.encode()


def ending(rows: Sequence[bytes], start: int) -> bytes:
    """Return the directory and the archive's end (APPNOTE.TXT section 4.3.16)."""
    count, table = len(rows), b"".join(rows)
    return table + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(table), start, 0)


class Archive:
    """An export's members, looked at where they lie in the file."""

    def __init__(self, data: mmap.mmap) -> None:
        """Walk through all of it: every byte must be as names and contents demand."""
        self._data, self.members = data, dict[str, tuple[int, int, str]]()
        rows, at, view = list[bytes](), 0, memoryview(data)
        with view:
            while data[at : at + 4] == b"PK\3\4" and len(rows) < 1000:
                size, length = struct.unpack("<IH", data[at + 22 : at + 28].ljust(6, b"\0"))
                start, name = at + 30 + length, data[at + 30 : at + 30 + length].decode("latin-1")
                require(re.fullmatch("[a-z0-9][a-z0-9._-]*", name), f"a member is named {name!r}")
                require(name not in self.members, f"there are two members {name}")
                before, row = headers(name, size, zlib.crc32(view[start : start + size]), at)
                require(data[at:start] == before, f"the archive is damaged or changed at {name} (byte {at})")
                self.members[name] = (start, start + size, hashlib.sha256(view[start : start + size]).hexdigest())
                rows.append(row)
                at = start + size
        require(data[at:] == ending(rows, at), f"the archive is damaged or changed behind its members (byte {at})")

    def text(self, name: str) -> str:
        start, end, _ = self.members.get(name, (0, LONGEST_TEXT + 1, ""))
        require(end - start <= LONGEST_TEXT, f"the archive has no {name}, or one that is far too long")
        try:
            return self._data[start:end].decode("utf-8")
        except ValueError:
            raise Broken(f"{name} is no text") from None

    def lines(self, name: str) -> Iterator[bytes]:
        at, end, _ = self.members.get(name, (0, 0, ""))
        while at < end:
            stop = self._data.find(b"\n", at, min(end, at + LONGEST_LINE))
            require(stop >= 0, f"{name}: a line is too long, or has no end")
            yield self._data[at:stop]
            at = stop + 1
