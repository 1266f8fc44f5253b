"""A key or a CA is given as it was kept; without a public key a journal is not called broken, and none is claimed."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from station.evidence.forms import read_key
from station.evidence.station_key import create_station_key, open_station_key
from station.journal.notes import Checkpoint
from tests.stored_leaves import teach
from tests.unit.evidence.conftest import Sample
from tests.unit.evidence.evidence_rig import ORIGIN, Rig, lay_ca

Say = Callable[..., tuple[int, str]]
NO_KEY = "EVERYTHING HOLDS IN ITSELF, but no public key is there to check signatures with: give the verifier line"


@pytest.fixture
def kept(rig: Rig, tmp_path: Path) -> Path:
    """What somebody kept away from the station: key, fingerprint, and a checkpoint."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "cp.txt").write_text(rig.checkpoint().note)
    (folder / "station.vkey").write_text(f"{rig.key.verifier.text()}\n")
    (folder / "printed.txt").write_text(f"{rig.key.verifier.fingerprint}\n")
    return folder


@pytest.fixture(params=["a lone journal", "a folder without its key"])
def bare(rig: Rig, kept: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy without evidence/station.vkey; nothing in it but what a session says."""
    assert kept.exists()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    rig.journal.close()
    lone = request.param == "a lone journal"
    (folder / ("copy.db" if lone else "journal.db")).write_bytes((rig.data / "journal.db").read_bytes())
    if lone:
        return folder / "copy.db"
    (rig.data / "checkpoints").rename(folder / "checkpoints")
    return folder


def spellings(rig: Rig, kept: Path) -> tuple[list[object], list[object]]:
    """Return ways to give the key that bring it, and ways that only say which it is."""
    line, digest = rig.key.verifier.text(), digest_of(rig)
    return [line, kept / "station.vkey"], [digest, rig.key.verifier.fingerprint, digest.upper(), kept / "printed.txt"]


def digest_of(rig: Rig) -> str:
    return read_key(rig.key.verifier.text()).fingerprint


def test_a_line_or_a_file_is_the_key_where_none_is_there(rig: Rig, kept: Path, bare: Path, say: Say) -> None:
    for key in spellings(rig, kept)[0]:
        for more in ((), ("--checkpoint", kept / "cp.txt"), ("--quick",)):
            code, said = say(bare, "--key", key, *more)
            assert (code, "HOLDS IN ITSELF" in said) == (0, False), said
            assert f"all of this journal and of {ORIGIN}, {digest_of(rig)}\n" in said


def test_without_a_public_key_nothing_is_broken_and_no_signature_is_claimed(
    rig: Rig, kept: Path, bare: Path, say: Say
) -> None:
    checkpoint = ("--checkpoint", kept / "cp.txt")
    for words in ((), checkpoint, *(("--key", key, *checkpoint) for key in spellings(rig, kept)[1])):
        code, said = say(bare, *words)
        assert (code, NO_KEY in said) == (3, True), said
        assert "; whether their signatures hold was not looked at\n" in said
        code, said = say(bare, "--quick", *words)
        assert (code, "under the root of every checkpoint behind it. NOT looked at" in said) == (3, True), said


def test_without_a_public_key_what_differs_is_broken_all_the_same(rig: Rig, kept: Path, bare: Path, say: Say) -> None:
    other = kept / "other.txt"
    lines = (kept / "cp.txt").read_text().split("\n")
    for at, wrong, part in ((1, "1", "something was changed"), (1, "99", "rolled back"), (0, "x/T2", "of the log")):
        other.write_text("\n".join([*lines[:at], wrong, *lines[at + 1 :]]))
        code, said = say(bare, "--checkpoint", other)
        assert (code, part in said) == (1, True), said
    db = sqlite3.connect(bare if bare.suffix else bare / "journal.db")
    teach(db)
    with db:
        db.execute("DROP TRIGGER event_stays")
        db.execute("UPDATE event SET leaf = CAST(replace(said(leaf), 'WO-1', 'WO-2') AS BLOB)")
    db.close()
    code, said = say(bare, "--key", rig.key.verifier.fingerprint)
    assert (code, "something was changed" in said) == (1, True), said


def test_another_s_line_is_not_the_key(rig: Rig, kept: Path, bare: Path, tmp_path: Path, say: Say) -> None:
    create_station_key(tmp_path / "foreign", ORIGIN)
    foreign = open_station_key(tmp_path / "foreign", ORIGIN)
    forged = kept / "forged.txt"
    size = int((kept / "cp.txt").read_text().split("\n")[1])
    forged.write_text(foreign.sign_checkpoint(Checkpoint(ORIGIN, size, bytes(32))))
    code, said = say(bare, "--key", foreign.verifier.text())
    assert (code, "is not signed by the key" in said) == (1, True), said
    code, said = say(bare, "--key", rig.key.verifier.text(), "--checkpoint", forged)
    assert (code, "your checkpoint is not signed by the key" in said) == (1, True), said


def test_what_is_neither_key_nor_file_is_told_as_that(
    sample: Sample, rig: Rig, kept: Path, bare: Path, say: Say
) -> None:
    """A path that was mistyped says nothing of the record: neither that it is broken, nor that it holds."""
    line = rig.key.verifier.text()
    bundle = kept / "b.zip"
    bundle.write_bytes(sample.bundle)
    lay_ca(rig)
    (kept / "empty.vkey").write_text("\n")
    (kept / "other.vkey").write_text("see the safe\n")
    wrong = [
        "kept/staton.vkey",
        "80c4",
        digest_of(rig)[:-1],
        f"{line[:-6]}AAAA==",
        "x" * 2000,
        " ",
        "a\nb",
    ]
    for path in (bare, rig.data, bundle):
        for key in wrong:
            code, said = say(path, "--key", key)
            assert (code, said.count("\n")) == (2, 1), said
            assert said.startswith("can't be read: the key that you gave: ")
            assert "is no file that is there, and neither a verifier key" in said
        for name in ("empty.vkey", "other.vkey"):
            code, said = say(path, "--key", kept / name)
            assert (code, f"{name} holds neither a verifier key" in said) == (2, True), said
        for ca in ("kept/rot.pem", rig.authority.root_fingerprint[1:], " "):
            code, said = say(path, "--ca", ca)
            assert (code, said.startswith("can't be read: the CA that you gave: ")) == (2, True), said


def test_a_bundle_takes_a_key_in_every_form(sample: Sample, tmp_path: Path, say: Say) -> None:
    path, kept = tmp_path / "b.zip", tmp_path / "kept.vkey"
    path.write_bytes(sample.bundle)
    digest = digest_of(sample.rig)
    for text in (sample.vkey, f"\ufeff{sample.vkey}\r\n", digest, f" {digest[:32]}:{digest[32:].upper()}\n"):
        kept.write_bytes(text.encode())
        assert say(path, "--key", kept)[0] == 0
        assert say(path, "--key", text.strip("\ufeff"))[0] == 0
