"""Whatever is done to a bundle or a journal is found, and the bundle's own verifier says the same as the station's."""

import importlib.util
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import apsw
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.evidence import verifier
from station.evidence.forms import Broken, canonical
from station.evidence.station_key import StationKey, create_station_key, open_station_key
from station.journal.merkle import root_of
from station.journal.notes import Checkpoint
from tests.stored_leaves import teach
from tests.unit.evidence.conftest import Sample
from tests.unit.evidence.evidence_rig import ORIGIN
from tests.unit.evidence.tampering import (
    INSIDE,
    OUTSIDE,
    Tamper,
    pack,
    sign_again,
    signed_again,
    tamper_journal,
    unpack,
    without,
)

SEEDS = 45
"""Of each kind, here; the campaign (python -m tests.campaigns.evidence_tampers) does many more."""


@pytest.fixture(scope="session")
def own(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The bundle's own verify.py, loaded as it lies there."""
    return load_own(sample.bundle, tmp_path_factory.mktemp("own"))


def load_own(bundle: bytes, folder: Path) -> ModuleType:
    path = folder / "verify.py"
    path.write_bytes(unpack(bundle)["verify.py"])
    spec = importlib.util.spec_from_file_location("bundled_verifier", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bundled_verifier"] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def judge(module: ModuleType, path: Path, key: str, kept: str) -> str:
    """Return the sentence with which it is refused; "" where all holds."""
    broken = Broken if module is verifier else module.Broken
    try:
        module.verify_bundle(path, key=key, kept=(kept,) if kept else ())
    except broken as found:
        return str(found)
    return ""


def check(tamper: Tamper, seed: int, sample: Sample, own: ModuleType, path: Path) -> str:
    """Return the sentence with which both refuse it."""
    changed = tamper(sample.bundle, random.Random(f"{tamper.__name__} {seed}"), sample.rig.key.private)
    assert changed != sample.bundle, f"{tamper.__name__} {seed} changes nothing"
    path.write_bytes(changed)
    told = judge(verifier, path, sample.vkey, sample.kept)
    assert told, f"{tamper.__name__} {seed} was not found"
    assert told == judge(own, path, sample.vkey, sample.kept)
    return told


def test_the_sample_itself_holds(sample: Sample, own: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(sample.bundle)
    assert judge(verifier, path, sample.vkey, sample.kept) == judge(own, path, sample.vkey, sample.kept) == ""
    for module in (verifier, own):
        verdict = module.verify_bundle(path, key=sample.vkey, kept=(sample.kept,))
        assert verdict.vouched
        assert any("consistent with the checkpoint of 22 entries that you kept" in one for one in verdict.findings)


@pytest.mark.parametrize("tamper", [*OUTSIDE, *INSIDE], ids=lambda tamper: tamper.__name__)
def test_every_tamper_is_found_by_both(tamper: Tamper, sample: Sample, own: ModuleType, tmp_path: Path) -> None:
    for seed in range(SEEDS):
        check(tamper, seed, sample, own, tmp_path / "bundle.zip")


def test_every_byte_of_the_archive_s_own_is_looked_at(sample: Sample, tmp_path: Path) -> None:
    """A member's header, the directory and the end: no field in them is free."""
    path, whole = tmp_path / "bundle.zip", sample.bundle
    second = whole.index(b"PK\3\4", 4)
    directory = whole.index(b"PK\1\2")
    places = [*range(60), *range(second, second + 42), *range(directory, directory + 120), *range(-30, 0)]
    for at in [place % len(whole) for place in places]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        assert judge(verifier, path, sample.vkey, sample.kept), at


def test_a_member_there_twice_is_found_whichever_is_the_true_one(sample: Sample, tmp_path: Path) -> None:
    path, members = tmp_path / "bundle.zip", unpack(sample.bundle)
    for name, content in members.items():
        for twice in ([(name, b"x"), (name, content)], [(name, content), (name, b"x")], [(name, content)] * 2):
            path.write_bytes(pack([one for row in members.items() for one in (twice if row[0] == name else [row])]))
            assert "two members" in judge(verifier, path, sample.vkey, sample.kept)


def test_entries_that_no_story_needs_are_in_their_order_and_once(sample: Sample, tmp_path: Path) -> None:
    """The cloud's answers: nothing else would tell that the station's own key signed them twice or turned round."""
    path, members = tmp_path / "bundle.zip", unpack(sample.bundle)
    lines = {name: members[name].splitlines(keepends=True) for name in ("events.jsonl", "proofs.txt")}
    at = next(at for at, line in enumerate(lines["events.jsonl"]) if b'"upload-sending"' in line)
    for order in ([at, at + 1, at + 1], [at, at], [at + 1, at]):
        for name, kept in lines.items():
            members[name] = b"".join([*kept[:at], *(kept[one] for one in order), *kept[at + 2 :]])
        path.write_bytes(signed_again(members, sample.rig.key.private))
        assert "out of order" in judge(verifier, path, sample.vkey, sample.kept)


def test_every_entry_of_a_story_is_missed_when_it_is_left_out(sample: Sample, tmp_path: Path) -> None:
    path, members = tmp_path / "bundle.zip", unpack(sample.bundle)
    needed = ("step-", "attempt-", "unit-", "certificate-i", "context", "session-opened")
    for at, line in enumerate(members["events.jsonl"].splitlines()):
        if json.loads(line)["kind"].startswith(needed):
            path.write_bytes(without(members, at, sample.rig.key.private))
            assert judge(verifier, path, sample.vkey, sample.kept), line


def test_another_key_is_told_by_the_checkpoint_alone_and_never_vouched_for(sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(sign_again(sample.bundle, random.Random(1), sample.rig.key.private))
    assert "signed by the key" in judge(verifier, path, "", sample.kept)
    assert "another key" in judge(verifier, path, sample.rig.key.verifier.fingerprint, "")
    verdict = verifier.verify_bundle(path)
    assert not verdict.vouched
    assert verdict.exit_code == 3
    assert "nothing you gave vouches" in verdict.sentence


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda bundle: bundle, 0, "EVERYTHING HOLDS."),
        (lambda bundle: bundle[:-1], 1, "BROKEN"),
        (lambda bundle: bundle[:0], 1, "BROKEN: the file is empty"),
        (lambda bundle: sign_again(bundle, random.Random(2), Ed25519PrivateKey.generate()), 1, "BROKEN"),
    ],
)
def test_the_bundled_file_runs_alone(
    sample: Sample, tmp_path: Path, change: Callable[[bytes], bytes], code: int, said: str
) -> None:
    """In a process of its own, isolated from the station's packages' folder, as QA starts it."""
    (tmp_path / "verify.py").write_bytes(unpack(sample.bundle)["verify.py"])
    (tmp_path / "bundle.zip").write_bytes(change(sample.bundle))
    (tmp_path / "station.vkey").write_text(sample.vkey + "\n")
    words = ["-I", "verify.py", "bundle.zip", "--key", "station.vkey"]
    done = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert said in done.stdout


def test_every_change_of_a_journal_below_its_checkpoints_is_found(
    sample: Sample, own: ModuleType, tmp_path: Path
) -> None:
    whole = freeze(sample.rig.data, tmp_path / "whole")
    key, kept = sample.vkey, (sample.kept,)
    assert verifier.verify_journal(whole, key=key, kept=kept).vouched
    for seed in range(60):
        copy = tmp_path / f"copy{seed}"
        shutil.copytree(whole, copy)
        what = tamper_journal(copy / "journal.db", random.Random(seed), signed=76)
        for module in (verifier, own):
            for quick in (False, True):
                with pytest.raises(ValueError, match=r".") as found:
                    module.verify_journal(copy, key=key, kept=kept, quick=quick)
                assert type(found.value).__name__ == "Broken", what
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    ("sql", "said", "quick"),
    [
        ("DELETE FROM event WHERE seq = 77", "entry 77 is missing", True),
        ("UPDATE event SET seq = 1000 WHERE seq = 79", "entry 79 is missing", True),
        ("UPDATE event SET leaf = (SELECT leaf FROM event WHERE seq = 78) WHERE seq = 79", "another's place", True),
        ("UPDATE event SET kind = 'context' WHERE seq = 79", "another's place", False),
        ("UPDATE event SET kind = 'signed-out' WHERE kind = 'checkpoint-made'", "index hides", True),
    ],
)
def test_what_no_checkpoint_signs_yet_is_still_whole(
    sample: Sample, tmp_path: Path, sql: str, said: str, quick: bool
) -> None:
    """Behind the last checkpoint (or where all are taken away) the entries are in their places, one each."""
    for _ in range(4):
        sample.rig.note()
    whole = freeze(sample.rig.data, tmp_path / "whole")
    verifier.verify_journal(whole, quick=quick)
    db = sqlite3.connect(whole / "journal.db")
    with db:
        db.execute("DROP TRIGGER event_stays")
        db.execute("DROP TRIGGER event_remains")
        db.execute(sql)
    db.close()
    with pytest.raises(Broken, match=said):
        verifier.verify_journal(whole, quick=quick)


def test_a_journal_that_was_put_back_and_signed_again_shows_against_what_was_kept(
    sample: Sample, own: ModuleType, tmp_path: Path
) -> None:
    """All of the folder is somebody else's work and holds in itself: key and checkpoint from outside tell."""
    whole = freeze(sample.rig.data, tmp_path / "whole")
    db = sqlite3.connect(whole / "journal.db")
    with db:
        db.execute("DROP TRIGGER event_remains")
        db.execute("DELETE FROM event WHERE seq > 15")
    db.close()
    shutil.rmtree(whole / "checkpoints")
    for module in (verifier, own):
        assert not module.verify_journal(whole, quick=True).vouched
        with pytest.raises(ValueError, match="rolled back"):
            module.verify_journal(whole, kept=(sample.kept,))
    shutil.rmtree(whole / "evidence")
    create_station_key(whole / "evidence", "nrf91-station/T1")
    for module in (verifier, own):
        with pytest.raises(ValueError, match="another key"):
            module.verify_journal(whole, key=sample.vkey)
        with pytest.raises(ValueError, match="not signed by the key"):
            module.verify_journal(whole, kept=(sample.kept,))


def test_a_folder_that_another_key_signed_anew_shows_against_the_fingerprint_alone(
    sample: Sample, own: ModuleType, tmp_path: Path
) -> None:
    """Every entry is changed to fit, every checkpoint signed: in itself the folder is as good as the true one."""
    whole = freeze(sample.rig.data, tmp_path / "whole")
    for folder in ("evidence", "checkpoints"):
        shutil.rmtree(whole / folder)
    create_station_key(whole / "evidence", ORIGIN)
    forger = open_station_key(whole / "evidence", ORIGIN)
    sign_whole(whole, forger)
    mine, theirs = sample.rig.key.verifier, forger.verifier
    for module in (verifier, own):
        forged = module.verify_journal(whole)
        assert (forged.exit_code, forged.vouched) == (3, False)
        assert module.verify_journal(whole, key=theirs.fingerprint).vouched, "the forgery is whole"
        for key in (mine.fingerprint, mine.text()):
            with pytest.raises(ValueError, match="signed by another key than you gave") as found:
                module.verify_journal(whole, key=key)
            assert theirs.fingerprint.replace(" ", "") in str(found.value)
        with pytest.raises(ValueError, match="your checkpoint is not signed by the key"):
            module.verify_journal(whole, kept=(sample.kept,))


def sign_whole(folder: Path, forger: StationKey) -> None:
    """Put in every checkpoint's place one of the forger's, and its file, first to last: each is under the next."""
    db = sqlite3.connect(folder / "journal.db")
    with db:
        db.execute("DROP TRIGGER event_stays")
        teach(db)
        (folder / "checkpoints").mkdir()
        leaves: list[bytes] = []
        for seq, kind, leaf in db.execute("SELECT seq, kind, said(leaf) FROM event ORDER BY seq").fetchall():
            told = json.loads(leaf)
            if kind == "attempt-opened":
                told["body"]["serial"] = "another"
            if kind == "checkpoint-made":
                size = told["body"]["size"]
                made = Checkpoint(ORIGIN, size, root_of(leaves[:size]))
                told["body"] |= {"root": made.root.hex(), "note": forger.sign_checkpoint(made)}
                (folder / "checkpoints" / f"{size}.txt").write_text(told["body"]["note"])
            leaves.append(canonical(told).encode())
            db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (leaves[-1], seq))
    db.close()


def freeze(data: Path, to: Path) -> Path:
    """Copy a data folder whose journal is still open: SQLite's own backup, then the files beside it."""
    to.mkdir()
    source, target = apsw.Connection(str(data / "journal.db")), apsw.Connection(str(to / "journal.db"))
    with target.backup("main", source, "main") as backup:
        backup.step()
    source.close()
    target.pragma("journal_mode", "delete")
    target.close()
    for name in ("checkpoints", "evidence"):
        shutil.copytree(data / name, to / name)
    return to
