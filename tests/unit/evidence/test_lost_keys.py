"""A key that was asked for in vain is told of by reports and by the verifier; old entries mean what they did."""

from collections.abc import Callable

from station.domain.events import KeyLost
from station.evidence.unit_record import read_unit
from station.journal.agreement import find_disagreement
from station.journal.chosen import find_disagreement_about
from station.journal.codec import decode, encode
from tests.unit.evidence.evidence_rig import Rig

BEFORE = ',"found":true'
"""What an entry did not have before it told whether a key was found."""


def test_a_lost_key_is_in_the_units_story_and_in_what_the_verifier_counts(
    rig: Rig, say: Callable[..., tuple[int, str]]
) -> None:
    unit = rig.passed(1)
    with rig.journal.records() as records:
        (attempt,) = records.attempts_of_unit(unit)
    for found in (True, False):
        rig.journal.commit(KeyLost(attempt=attempt.id, sec_tag=42, reason=f"silence {found}", found=found))
    rig.checkpoint()
    with rig.journal.records() as records:
        row = records.unit(unit)
        assert row is not None
        record = read_unit(records, row)
        told = [one.text for one in record.happenings]
    assert [one for one in told if one.endswith("a key was found and deleted: silence True")] == told[:1]
    assert [one for one in told if one.endswith("no key was found: silence False")] == told[1:]
    assert record.newest[0] == record.happenings[-1].seq
    assert find_disagreement(rig.data) is None
    assert find_disagreement_about(rig.data, [unit]) is None
    _, said = say(rig.data)
    assert "answers with a key lost, found and deleted: 1\n" in said
    assert "answers with a key lost, none found: 1\n" in said


def test_an_entry_from_before_it_told_says_that_one_was_found(rig: Rig) -> None:
    attempt = rig.open_attempt()
    (seq,) = rig.journal.commit(KeyLost(attempt=attempt, sec_tag=42, reason="silence"))
    with rig.journal.records() as records:
        leaf = encode(records.entry(seq)).decode()
    assert leaf.count(BEFORE) == 1
    old = decode(leaf.replace(BEFORE, "").encode()).event
    assert old == KeyLost(attempt=attempt, sec_tag=42, reason="silence", found=True)
