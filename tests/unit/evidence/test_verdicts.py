"""What a verdict claims is what was looked at: whose CA, which entries, which proofs; and bad input gets a sentence."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from station.credentials.pem import to_pem
from station.domain.ids import BatchId
from station.evidence.bundle import Chosen, build_bundle
from station.evidence.forms import Broken, plain, read_key
from station.evidence.story import read_authorities
from station.evidence.summary import Summary
from station.journal.leaves import Leaves
from station.journal.notes import Checkpoint
from tests.stored_leaves import teach
from tests.unit.evidence.conftest import Sample
from tests.unit.evidence.evidence_rig import Rig, lay_ca, make_authority, make_modem, named
from tests.unit.evidence.tampering import signed_again, unpack

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def write(path: Path, bundle: bytes) -> Path:
    path.write_bytes(bundle)
    return path


# --- Which CA -------------------------------------------------------------------------------------------------------


def test_a_named_ca_is_above_every_certificate(rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]) -> None:
    """A second CA is at hand, and has signed nothing: it is not put in, and naming it must not pass."""
    other = make_authority(tmp_path / "second")
    rig.passed(1)
    note = rig.checkpoint().note
    chain = (*rig.chain, *other.chain)
    bundle = build_bundle(rig.data, Chosen(batch=BatchId("WO-1")), note=note, key=rig.key, chain=chain)
    path, key = write(tmp_path / "b.zip", bundle), ("--key", rig.key.verifier.text())
    for one in rig.chain:
        code, said = say(path, *key, "--ca", one.fingerprint(hashes.SHA256()).hex())
        assert (code, "lead up to the CA that you named" in said) == (0, True)
    for one in other.chain:
        code, said = say(path, *key, "--ca", one.fingerprint(hashes.SHA256()).hex())
        assert (code, "no CA certificate here has the fingerprint that you gave" in said) == (1, True)


def ca_of(name: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, one)]) for one in (issuer, name)]
    begin, end = BEGIN, BEGIN + timedelta(days=999)
    built = x509.CertificateBuilder(*names, key.public_key(), x509.random_serial_number(), begin, end)
    return built.add_extension(x509.BasicConstraints(True, None), critical=True).sign(by, hashes.SHA256())


def test_of_two_cas_of_one_name_the_one_whose_key_signed_is_above() -> None:
    first, second, below = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    roots = [ca_of("Root", one, "Root", one) for one in (first, second)]
    line = ca_of("Line", below, "Root", second)
    prints = [one.fingerprint(hashes.SHA256()).hex() for one in (*roots, line)]
    for order in ([*roots, line], [line, *reversed(roots)]):
        pem = to_pem(*order)
        assert set(read_authorities(pem, ())) == set(prints)
        assert set(read_authorities(pem, [prints[1]])) == {prints[1], prints[2]}
        assert set(read_authorities(pem, [prints[2]])) == {prints[2]}
        assert set(read_authorities(pem, [prints[0]])) == {prints[0]}
        assert set(read_authorities(pem, [prints[0], prints[2]])) == {prints[0], prints[2]}
    with pytest.raises(Broken, match="signed by none that is there"):
        read_authorities(to_pem(roots[0], line), ())


def test_two_that_sign_each_other_are_no_chain() -> None:
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    pem = to_pem(ca_of("A", first, "B", second), ca_of("B", second, "A", first))
    with pytest.raises(Broken, match="signed by none that is there"):
        read_authorities(pem, ())


# --- What was not looked at ------------------------------------------------------------------------------------------


def test_entries_that_nothing_signs_are_no_part_of_what_holds(rig: Rig, say: Callable[..., tuple[int, str]]) -> None:
    rig.passed(1)
    size = rig.checkpoint().checkpoint.size
    lay_ca(rig)
    code, said = say(*named(rig))
    assert (code, said.endswith("\nEVERYTHING HOLDS.\n")) == (0, True), "the checkpoint's own entry can't be under it"
    rig.open_attempt()
    code, said = say(*named(rig))
    told = f"\nEVERYTHING HOLDS up to entry {size}; 2 entries behind it are signed by nothing yet.\n"
    assert (code, said.endswith(told)) == (3, True), said
    code, said = say(rig.data)
    assert (code, f"up to entry {size}; 2 entries" in said, "nothing you gave vouches" in said) == (3, True, True)
    rig.checkpoint()
    code, said = say(*named(rig))
    assert (code, "attempts not ended: 1" in said) == (0, True)


def test_one_entry_behind_what_was_kept_is_let_be_only_where_it_keeps_that(
    rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    with Leaves(rig.data) as leaves:
        now = Checkpoint(rig.key.origin, leaves.size(), leaves.tree().root(leaves.size()))
    kept = tmp_path / "kept.txt"
    kept.write_text(rig.key.sign_checkpoint(now))
    assert say(rig.data, "--checkpoint", kept)[0] == 0
    rig.open_attempt()
    code, said = say(rig.data, "--checkpoint", kept)
    assert (code, f"up to entry {now.size}; 1 entry behind it is signed by nothing" in said) == (3, True)


def test_a_journal_without_a_checkpoint_is_signed_by_nothing(rig: Rig, say: Callable[..., tuple[int, str]]) -> None:
    code, said = say(*named(rig))
    assert (code, "but nothing signs any of its" in said) == (3, True)


def test_a_folder_without_its_ca_does_not_claim_its_certificates(rig: Rig, say: Callable[..., tuple[int, str]]) -> None:
    rig.passed(1)
    rig.checkpoint()
    code, said = say(*named(rig))
    assert (code, "EVERYTHING HOLDS, but no certificate was checked" in said) == (3, True)
    assert say(*named(rig), "--ca", rig.authority.root_fingerprint)[0] == 1


def test_the_entry_of_a_checkpoint_agrees_with_it(rig: Rig, say: Callable[..., tuple[int, str]]) -> None:
    kept = rig.checkpoint().checkpoint
    rig.journal.close()
    db = sqlite3.connect(rig.data / "journal.db")
    db.execute("DROP TRIGGER event_stays")
    teach(db)
    seq, leaf = db.execute("SELECT seq, said(leaf) FROM event WHERE kind = 'checkpoint-made'").fetchone()
    changed = leaf.replace(f'"root":"{kept.root.hex()}"', f'"root":"{"0" * 64}"')
    assert changed != leaf
    db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (changed.encode(), seq))
    db.commit()
    db.close()
    code, said = say(*named(rig))
    assert (code, "says another size or root" in said) == (1, True)


def test_a_checkpoint_without_a_proof_is_no_rollback(
    rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    paths = []
    for number in (1, 2):
        rig.passed(number)
        paths.append(tmp_path / f"k{number}.txt")
        paths[-1].write_bytes(b"\xef\xbb\xbf" + rig.checkpoint().note.encode())  # as Windows' editor saves it
    chosen, note = Chosen(batch=BatchId("WO-1")), rig.checkpoint().note
    earlier = paths[0].read_text("utf-8-sig")
    bundle = write(
        tmp_path / "b.zip",
        build_bundle(rig.data, chosen, note=note, key=rig.key, chain=rig.chain, earlier=earlier),
    )
    first, second = (("--checkpoint", path) for path in paths)
    code, said = say(bundle, *first)
    assert (code, "that you kept" in said) == (0, True)
    for words in (second, (*first, *second), (*second, *first)):
        code, said = say(bundle, *words)
        assert (code, "EVERYTHING HOLDS, but no proof from the checkpoint of" in said) == (3, True), said
    bare = write(tmp_path / "c.zip", build_bundle(rig.data, chosen, note=note, key=rig.key, chain=rig.chain))
    assert say(bare, *first)[0] == 3


def test_another_root_at_a_known_size_is_a_contradiction(
    rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    rig.passed(1)
    old, now = rig.checkpoint(), rig.checkpoint()
    bundle = write(
        tmp_path / "b.zip",
        build_bundle(
            rig.data, Chosen(batch=BatchId("WO-1")), note=now.note, key=rig.key, chain=rig.chain, earlier=old.note
        ),
    )
    for one in (old.checkpoint, now.checkpoint):
        forked = tmp_path / "forked.txt"
        forked.write_text(rig.key.sign_checkpoint(Checkpoint(one.origin, one.size, bytes(32))))
        code, said = say(bundle, "--checkpoint", forked)
        assert (code, "changed, or rolled back" in said) == (1, True)


# --- What can't be read ----------------------------------------------------------------------------------------------


def test_every_flip_in_a_ca_s_file_gets_a_sentence(rig: Rig, both: tuple[ModuleType, ModuleType]) -> None:
    """Anything but Broken would be a traceback."""
    rig.passed(1)
    rig.checkpoint()
    line, key = lay_ca(rig) / "line.pem", rig.key.verifier.text()
    whole, found = line.read_bytes(), 0
    for at in range(0, len(whole), 7):
        for bit in (1, 128):
            line.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
            for module in both:
                try:
                    module.verify(rig.data, key=key)
                except module.Broken:
                    found += 1
    assert found > len(whole) // 7 * 2, "of each place's four, at least those that are no text"


def test_files_that_are_no_text_get_a_sentence(
    sample: Sample, rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    bundle, wide = write(tmp_path / "b.zip", sample.bundle), tmp_path / "wide.txt"
    wide.write_bytes(sample.kept.encode("utf-16"))
    rig.checkpoint()
    for path in (bundle, rig.data):
        for words in (("--checkpoint", wide), ("--key", wide), ("--checkpoint", tmp_path / "away")):
            code, said = say(path, *words)
            assert (code, said.startswith("can't be read: ")) == (2, True)
    (kept,) = (rig.data / "checkpoints").glob("*.txt")
    kept.write_bytes(kept.read_text().encode("utf-16"))
    code, said = say(*named(rig))
    assert (code, "is no text in UTF-8" in said) == (1, True)


def test_nothing_is_written_where_there_is_no_journal(tmp_path: Path, say: Callable[..., tuple[int, str]]) -> None:
    for path in (tmp_path, tmp_path / "journal.db"):
        code, said = say(path)
        assert (code, said.startswith("can't be read: ")) == (2, True)
        assert list(tmp_path.iterdir()) == []
    (tmp_path / "journal.db").touch()
    code, said = say(tmp_path)
    assert (code, said.startswith("BROKEN: the journal can't be read")) == (1, True)
    assert [(one.name, one.stat().st_size) for one in tmp_path.iterdir()] == [("journal.db", 0)]


def test_a_copy_with_its_log_is_read_whole_and_left_alone(
    rig: Rig, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    rig.passed(1)
    copy = tmp_path / "copy"
    copy.mkdir()
    with rig.journal.records() as records:
        last = records.last_seq()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(rig.data / name, copy / name)
    before = {one.name: one.read_bytes() for one in copy.iterdir()}
    assert f"entries: {last}, " in say(copy)[1]
    assert {one.name: one.read_bytes() for one in copy.iterdir()} == before


def test_a_journal_without_entries_is_refused(tmp_path: Path, say: Callable[..., tuple[int, str]]) -> None:
    db = sqlite3.connect(tmp_path / "journal.db")
    db.execute("CREATE TABLE event (seq INTEGER PRIMARY KEY, kind TEXT, leaf BLOB)")
    db.close()
    code, said = say(tmp_path)
    assert (code, "not one entry" in said) == (1, True)


# --- What people read ------------------------------------------------------------------------------------------------


def test_a_bundle_without_entries_is_refused(
    sample: Sample, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    empty = {**unpack(sample.bundle), "events.jsonl": b"", "proofs.txt": b"", "certificates.pem": b""}
    path = write(tmp_path / "b.zip", signed_again(empty, sample.rig.key.private, entries=0, units=[]))
    code, said = say(path, "--key", sample.vkey)
    assert (code, "not one entry" in said) == (1, True)


def test_a_summary_that_says_something_else_is_found(
    sample: Sample, tmp_path: Path, say: Callable[..., tuple[int, str]]
) -> None:
    members = unpack(sample.bundle)
    for text in (members["summary.txt"].replace(b"failed", b"passed"), members["summary.txt"] + b"\n", b""):
        path = write(tmp_path / "b.zip", signed_again({**members, "summary.txt": text}, sample.rig.key.private))
        code, said = say(path, "--key", sample.vkey)
        assert (code, "summary.txt does not say what the entries say" in said) == (1, True)


def test_no_entry_prints_a_line_of_its_own(rig: Rig, say: Callable[..., tuple[int, str]]) -> None:
    attempt = rig.open_attempt()
    rig.step(attempt, 0)
    rig.intend(attempt, 1)
    maker = make_modem(1)
    device = rig.identify(attempt, 1, maker)
    rig.finish(attempt, 1)
    rig.step(attempt, 2, {**rig.keygen(device, maker), "proven": "x\nEVERYTHING HOLDS.\x1b[2J\u202e"})
    rig.checkpoint()
    code, said = say(rig.data)
    assert code == 3
    assert "\nkey proofs: x\\u{a}EVERYTHING HOLDS.\\u{1b}[2J\\u{202e}: 1\n" in said
    assert str(Broken("entry 1\nEVERYTHING HOLDS.")) == "entry 1\\u{a}EVERYTHING HOLDS."
    assert plain("K\u00e4fer, \u6df1") == "K\u00e4fer, \u6df1"


def test_a_summary_s_line_stays_one(sample: Sample) -> None:
    summary, key = Summary(), read_key(sample.vkey)
    for line in unpack(sample.bundle)["events.jsonl"].splitlines():
        event = json.loads(line)
        if event["kind"] == "unit-identified":
            event["body"]["model"] = "x\n  certificate of nobody\r\x1b[8m"
        summary.feed(event)
    lines = summary.text(key, 1, bytes(32)).split("\n")
    assert len(lines) == len(unpack(sample.bundle)["summary.txt"].decode().split("\n"))
    assert all(line.isprintable() for line in lines)
