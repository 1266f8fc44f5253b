"""What may lie behind a journal's last checkpoint, what a quick look leaves out, and of two CAs which one is named."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives import hashes

from station.ca.authority import Authority
from station.credentials.pem import to_pem
from station.domain import events as e
from station.domain.ids import BatchId, Sha256, SlotNumber, UnitId
from station.domain.line import Outcome
from station.evidence.bundle import Chosen, build_bundle
from station.evidence.verdict import HARMLESS, Verdict
from station.journal.leaves import Leaves
from tests.unit.evidence.evidence_rig import FAULT, Rig, lay_ca, make_authority, make_modem, named
from tests.unit.evidence.tampering import unpack

Say = Callable[..., tuple[int, str]]


def end_session(rig: Rig) -> None:
    """Write what a run writes behind its last checkpoint, and what an export does."""
    rig.journal.commit(
        e.ExportIntended(what="unit dev-1", form="tables", units=(UnitId(1),), operator="p1"),
        e.Exported(what="unit dev-1", form="tables", sha256=Sha256("0" * 64), operator="p1"),
        e.SignedOut(person="p1", reason="done"),
        e.SessionClosed(reason="done"),
    )


def change(rig: Rig, *commands: tuple[str, tuple[object, ...]]) -> None:
    """Do to the journal's file what no station does."""
    rig.journal.close()
    db = sqlite3.connect(rig.data / "journal.db")
    with db:
        for trigger in ("event_stays", "event_remains"):
            db.execute(f"DROP TRIGGER {trigger}")
        for sql, values in commands:
            db.execute(sql, values)
    db.close()


def leaf(rig: Rig, seq: int) -> bytes:
    with Leaves(rig.data) as leaves:
        return leaves.leaf(seq)


@pytest.fixture
def ended(rig: Rig) -> Rig:
    """A unit, its checkpoint, and behind that only what says nothing of units."""
    rig.passed(1)
    rig.checkpoint()
    lay_ca(rig)
    end_session(rig)
    return rig


def size_of(rig: Rig) -> int:
    with rig.journal.records() as records:
        return int(records.last_seq())


# --- The end that no checkpoint signs --------------------------------------------------------------------------------


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_a_normal_run_s_end_is_let_be_and_told(ended: Rig, say: Say, quick: tuple[str, ...]) -> None:
    code, said = say(*named(ended), *quick)
    assert code == 0, said
    assert "The last 5 entries (checkpoint-made, export-intended, exported, session-closed, signed-out) are" in said
    assert "signed by no checkpoint yet; none of them tells how a unit was built, certified or uploaded." in said
    assert (
        "behind the last checkpoint: 5 entries, which nothing signs yet: 1 checkpoint-made, 1 export-intended" in said
    )
    assert say(ended.data, *quick)[0] == 3, "nobody said whose key it is"


def test_no_kind_that_tells_of_a_unit_or_of_settings_is_let_be() -> None:
    """The list is closed: a new kind is not in it by itself."""
    kinds = {getattr(one, "kind", "") for one in vars(e).values() if isinstance(one, type)} - {""}
    assert kinds >= HARMLESS
    assert {kind for kind in kinds if kind.startswith(("s", "ex", "ch"))} - HARMLESS == {
        "settings-released",
        "settings-saved",
        "slot-acknowledged",
        "slot-latched",
        "step-finished",
        "step-intended",
    }
    assert {kind for kind in HARMLESS if not kind.startswith(("s", "ex", "ch"))} == set()


@pytest.mark.parametrize(
    "event",
    [
        e.SlotAcknowledged(slot=SlotNumber(1), operator="p1", reason="x"),
        e.ActionRefused(person="p1", action="x", fault=FAULT),
        e.Context(about="station", sha256=Sha256("0" * 64), value={}),
    ],
    ids=lambda event: event.kind,
)
def test_one_entry_of_another_kind_is_enough(ended: Rig, say: Say, event: e.Event) -> None:
    if isinstance(event, e.Context):
        ended.journal.keep("station", {"version": "2"})
    else:
        ended.journal.commit(event)
    ended.note()
    for quick in ((), ("--quick",)):
        code, said = say(*named(ended), *quick)
        assert (code, "7 entries behind it are signed by nothing yet" in said) == (3, True), said


@pytest.mark.parametrize("quick", [(), ("--quick",)])
@pytest.mark.parametrize(
    ("how", "part"),
    [
        ("column", "stands in another's place"),
        ("leaf", "stands in another's place"),
        ("both", "signed by nothing yet"),
        ("space", "not in the one form"),
        ("dropped", "is missing"),
        ("doubled", "stands in another's place"),
        ("note", "is no checkpoint"),
    ],
)
def test_a_tampered_end_is_found(ended: Rig, say: Say, how: str, part: str, quick: tuple[str, ...]) -> None:
    """A unit's entry under a harmless kind, in the row or in the leaf; entries moved, spelled anew, taken away."""
    last = size_of(ended)
    out, made = leaf(ended, last - 1), last - 4
    as_unit = out.replace(b'"kind":"signed-out"', b'"kind":"unit-overwritten"')
    assert as_unit != out
    kind, text = "UPDATE event SET kind = ? WHERE seq = ?", "UPDATE event SET leaf = ? WHERE seq = ?"
    note = leaf(ended, made).replace(b"\\n\\n", b"\\n!\\n", 1)
    commands: dict[str, list[tuple[str, tuple[object, ...]]]] = {
        "column": [(kind, ("unit-overwritten", last - 1))],
        "leaf": [(text, (as_unit, last - 1))],
        "both": [(text, (as_unit, last - 1)), (kind, ("unit-overwritten", last - 1))],
        "space": [(text, (out.replace(b'":', b'": ', 1), last - 1))],
        "dropped": [("DELETE FROM event WHERE seq = ?", (last - 1,))],
        "doubled": [(text, (out, last)), (kind, ("signed-out", last))],
        "note": [(text, (note, made))],
    }
    change(ended, *commands[how])
    code, said = say(*named(ended), *quick)
    if how == "note":
        assert code == 1, said
    else:
        assert (code, part in said) == (3 if how == "both" else 1, True), said


# --- The checkpoints' files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quick", [(), ("--quick",)])
def test_checkpoints_whose_files_are_gone_are_told(rig: Rig, say: Say, tmp_path: Path, quick: tuple[str, ...]) -> None:
    """Nothing breaks by it, and whoever cuts off the end has to do just that first."""
    for _ in range(3):
        rig.checkpoint()
    code, said = say(*named(rig), *quick)
    assert (code, "no file any more" in said) == (0, False), said
    first, second, _ = (rig.data / "checkpoints").glob("*.txt")
    elsewhere = f"no file any more in {rig.data / 'checkpoints'}; keep copies of them elsewhere."
    first.rename(first.with_name("renamed.txt"))
    assert "no file any more" not in say(*named(rig), *quick)[1], "it is read all the same"
    second.rename(second.with_suffix(".bak"))
    code, said = say(*named(rig), *quick)
    assert (code, f" 1 checkpoint of the journal has {elsewhere}" in said) == (0, True), said
    for one in (rig.data / "checkpoints").glob("*.txt"):
        one.unlink()
    for path in (rig.data, rig.data / "journal.db"):
        code, said = say(path, *named(rig)[1:], *quick)
        assert (code, f" 3 checkpoints of the journal have {elsewhere}" in said) == (0, True), said
    rig.journal.close()
    lone = tmp_path / "copy.db"
    lone.write_bytes((rig.data / "journal.db").read_bytes())
    assert "no file any more" not in say(lone, *named(rig)[1:], *quick)[1], "there never were any beside it"


# --- A quick look ----------------------------------------------------------------------------------------------------


def test_a_quick_look_says_what_it_left_out(rig: Rig, say: Say) -> None:
    """An attempt that passed without its steps is told by its entries, not by their places under the root."""
    attempt = rig.open_attempt()
    rig.step(attempt, 0)
    rig.intend(attempt, 1)
    rig.identify(attempt, 1, make_modem(1))
    rig.finish(attempt, 1)
    rig.close(attempt, Outcome.PASSED)
    rig.checkpoint()
    assert say(*named(rig))[0] == 1
    code, said = say(*named(rig), "--quick")
    assert code == 0
    assert "EVERYTHING" not in said
    assert "\nWHAT WAS LOOKED AT HOLDS. Looked at: " in said
    assert "NOT looked at, as --quick was given: what the entries say; so neither a unit's steps nor one cert" in said
    assert "certificates:" not in said
    assert "units:" not in said
    assert say(rig.data, "--quick")[1].count("WHAT WAS LOOKED AT HOLDS IN ITSELF, but nothing you gave vouches") == 1


def test_a_bundle_is_read_whole_whatever_is_asked(ended: Rig, tmp_path: Path, say: Say) -> None:
    note = ended.checkpoint().note
    path = tmp_path / "b.zip"
    path.write_bytes(
        build_bundle(ended.data, Chosen(batch=BatchId("WO-1")), note=note, key=ended.key, chain=ended.chain)
    )
    code, said = say(path, "--key", ended.key.verifier.text(), "--quick")
    assert (code, "certificates: 1" in said) == (0, True)
    assert "EVERYTHING HOLDS. A bundle is always read whole, also with --quick.\n" in said


def test_how_long_signatures_took_is_told_only_where_it_was_long(
    ended: Rig, both: tuple[ModuleType, ModuleType]
) -> None:
    for module in both:
        verdict = module.verify(ended.data, key=ended.key.verifier.text())
        assert verdict.pace == ""
        story = module.Story(None)
        story.count["certificates"] = story.proofs = 30_000
        story.seconds = 10.0
        assert story.pace == "30000 certificates and 30000 key proofs checked in 10.0 s: 3000 units a second"


# --- The first place, although signatures are looked at later --------------------------------------------------------


def test_of_two_faults_the_first_is_told(rig: Rig, both: tuple[ModuleType, ModuleType]) -> None:
    """A signature that doesn't hold comes before an entry that doesn't fit, and one that can't be read, behind it."""
    rig.passed(1)
    last = size_of(rig)
    with Leaves(rig.data) as leaves:
        ((seq, issued),) = [row for row in leaves.stream(last) if b'"kind":"certificate-issued"' in row[1]]
    at = issued.index(b'"', issued.index(b'"der":"') + 7) - 20
    spoilt = issued[:at] + (b"A" if issued[at : at + 1] != b"A" else b"B") + issued[at + 1 :]
    lay_ca(rig)
    change(
        rig,
        ("UPDATE event SET leaf = ? WHERE seq = ?", (spoilt, seq)),
        ("UPDATE event SET leaf = CAST('{}' AS BLOB) WHERE seq = ?", (last,)),
    )
    for module in both:
        with pytest.raises(ValueError, match=rf"entry {seq} \(certificate-issued\): a signature in it does not hold"):
            module.verify(rig.data)


def test_what_was_put_off_is_looked_at_before_anything_is_said(rig: Rig, both: tuple[ModuleType, ModuleType]) -> None:
    """Also by somebody who does not use the story as a context."""
    rig.passed(1)
    with Leaves(rig.data) as leaves:
        entries = [one for _, one in leaves.stream(size_of(rig))]
    for module in both:
        story = module.Story(None)
        for one in entries:
            entry = module.read_json(one, "it")
            if entry["kind"] == "certificate-issued":
                entry["body"]["der"] = entry["body"]["der"][:-8] + "AAAAAAAA"
            story.feed(entry)
        with pytest.raises(ValueError, match="certificate-issued"):
            story.findings()


# --- A factory that changed its CA -----------------------------------------------------------------------------------


@pytest.fixture
def changed(rig: Rig, tmp_path: Path) -> tuple[Rig, Authority]:
    """Unit 1 is of the first CA, unit 2 of the second; its folder holds the first's certificates as a former one's."""
    first = rig.authority
    rig.passed(1)
    rig.authority = second_ca(tmp_path / "second", rig)
    rig.passed(2)
    rig.checkpoint()
    former = lay_ca(rig) / "former"
    former.mkdir()
    (former / "2026.pem").write_text(to_pem(*first.chain))
    return rig, first


def second_ca(folder: Path, rig: Rig) -> Authority:
    made = make_authority(folder)
    return Authority(made._files, made._key, rig.clock)


def print_of(authority: Authority, at: int = 1) -> str:
    return authority.chain[at].fingerprint(hashes.SHA256()).hex()


def test_certificates_of_two_cas_hold_where_both_are_named(changed: tuple[Rig, Authority], say: Say) -> None:
    rig, first = changed
    old, new = print_of(first), print_of(rig.authority)
    assert say(*named(rig))[0] == 0
    for cas in ((old, new), (new.upper(), old), (print_of(first, 0), new)):
        code, said = say(*named(rig), *(word for one in cas for word in ("--ca", one)))
        assert (code, "certificates lead up to CAs that you named" in said) == (0, True), said
        assert f"{print_of(first, 0)}: 1\n" in said
    for one in (old, new, print_of(first, 0)):
        code, said = say(*named(rig), "--ca", one)
        assert (code, "is not below the CA that you named" in said) == (1, True), said
    code, said = say(*named(rig), "--ca", old, "--ca", "0" * 64)
    assert (code, "is not below a CA that you named" in said) == (1, True)
    code, said = say(*named(rig), "--ca", "1" * 64, "--ca", "0" * 64)
    assert (code, "no CA certificate here has the fingerprint" in said) == (1, True)


def test_a_ca_that_is_not_beside_the_journal_is_given_as_a_file(
    changed: tuple[Rig, Authority], tmp_path: Path, say: Say
) -> None:
    rig, first = changed
    (rig.data / "ca" / "former" / "2026.pem").unlink()
    assert say(*named(rig))[0] == 1
    old, new = tmp_path / "old.pem", tmp_path / "new.pem"
    old.write_text(to_pem(*first.chain).replace("\n", "\r\n"))
    new.write_text(to_pem(*rig.chain))
    code, said = say(*named(rig), "--ca", old, "--ca", new)
    assert (code, "CAs that you named" in said) == (0, True), said
    assert say(*named(rig), "--ca", old)[0] == 1
    for content in ("", "\n", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        old.write_text(content)
        code, said = say(*named(rig), "--ca", old, "--ca", new)
        assert (code, "holds no certificates" in said) == (2, True), "else nothing would be anything"


def test_a_bundle_holds_its_own_units_cas_and_no_other(
    changed: tuple[Rig, Authority], tmp_path: Path, say: Say
) -> None:
    rig, first = changed
    note, chain = rig.checkpoint().note, (*rig.chain, *first.chain)
    path, wanted = tmp_path / "b.zip", {1: first.chain, 2: rig.chain}
    key, both_named = rig.key.verifier.text(), ("--ca", print_of(first), "--ca", print_of(rig.authority))
    for number, own in wanted.items():
        bundle = build_bundle(rig.data, Chosen(units=(rig.unit(number),)), note=note, key=rig.key, chain=chain)
        assert unpack(bundle)["ca-chain.pem"].decode() == to_pem(*own)
        path.write_bytes(bundle)
        code, said = say(path, "--key", key, *both_named)
        assert (code, said.count("not in here is the CA that you named")) == (0, 1), said
    whole = build_bundle(rig.data, Chosen(batch=BatchId("WO-1")), note=note, key=rig.key, chain=chain)
    assert unpack(whole)["ca-chain.pem"].decode() == to_pem(*chain)
    path.write_bytes(whole)
    assert say(path, "--key", key, *both_named)[0] == 0
    assert say(path, "--key", key, *both_named[:2])[0] == 1


def test_a_verdict_is_plain() -> None:
    assert Verdict(["a\nb"], True).findings == ["a\\u{a}b"]
    assert Verdict([], True, remarks=["x\ny"]).sentence == "EVERYTHING HOLDS. x\\u{a}y"
