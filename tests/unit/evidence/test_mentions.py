"""What is rare is read once, whatever is asked afterwards; of another journal in its place, all of it is read."""

# ruff: noqa: S608 -- SQL of an attacker's hand, put together from this file's own words

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from station.domain.check_events import FinalChecked, Known, Token
from station.domain.ids import UnitId
from station.journal.chosen import find_disagreement_about
from station.journal.database import open_for_reading
from station.journal.journal import Journal
from station.journal.mentions import Mentions, Of
from tests.unit.evidence.evidence_rig import Rig
from tests.unit.evidence.test_table_tampers import change
from tests.unit.evidence.test_tampers import freeze


def grow(mentions: Mentions, folder: Path) -> int:
    """Have them grow; return how many rows of the journal were looked at for it."""
    seen: list[object] = []

    def note(_: object, row: Any) -> Any:
        seen.append(row)
        return row

    with closing(open_for_reading(folder)) as db:
        db.set_row_trace(note)
        mentions.grow(db)
    return len(seen)


def check(rig: Rig, unit: UnitId, token: Token = Token.ACCEPTED) -> int:
    return rig.journal.commit(FinalChecked(unit=unit, known=Known.YES, token=token))[0]


def test_an_entry_is_read_once(rig: Rig) -> None:
    units = [rig.passed(number) for number in (1, 2)]
    rig.upload(*units)
    checks = [check(rig, units[0]) for _ in range(40)]
    mentions = Mentions()
    first = grow(mentions, rig.data)
    assert first > len(checks)
    assert mentions.about(Of.UNIT, units[:1]) == set(checks)
    again = grow(mentions, rig.data)
    assert again < 5  # how far it was read, and how far it goes now
    newer = check(rig, units[1])
    assert grow(mentions, rig.data) == again + 1
    assert mentions.about(Of.UNIT, units) == {*checks, newer}
    assert mentions.about(Of.UNIT, [999]) == set()


@pytest.mark.parametrize("longer", [True, False])
def test_of_another_journal_in_its_place_all_is_read(rig: Rig, tmp_path: Path, longer: bool) -> None:
    """As after a restore, whether it has gone on since or not: nothing is kept of what was there before."""
    unit = rig.passed(1)
    rig.upload(unit)
    rig.checkpoint()
    restored = freeze(rig.data, tmp_path / "restored")
    kept = check(rig, unit)
    mentions = Mentions()
    grow(mentions, rig.data)
    assert mentions.about(Of.UNIT, [unit]) == {kept}
    if longer:
        with Journal(restored, rig.clock) as journal:
            journal.commit(FinalChecked(unit=UnitId(unit + 1), known=Known.YES, token=Token.ACCEPTED))
    grow(mentions, restored)
    assert mentions.about(Of.UNIT, [unit]) == set()
    assert len(mentions.about(Of.PASSENGER, [unit])) == 1


def test_what_can_not_be_read_is_met_again_and_nothing_is_passed_over(rig: Rig, tmp_path: Path) -> None:
    unit = rig.passed(1)
    rig.upload(unit)
    checked = check(rig, unit)
    rig.checkpoint()
    copy, broken, mentions = freeze(rig.data, tmp_path / "copy"), freeze(rig.data, tmp_path / "broken"), Mentions()
    leaf = "leaf = CAST(replace(said(leaf), '\"{0}\":', '\"{1}\":{2}') AS BLOB)"
    change(
        broken,
        f"UPDATE event SET {leaf.format('unit', 'unit', 999)} WHERE seq = {checked}",
        f"UPDATE event SET {leaf.format('upload', 'uplode', '')} WHERE kind = 'upload-settled'",
    )
    for _ in range(2):
        found = find_disagreement_about(broken, [unit], mentions=mentions)
        assert found is not None
        assert "can't be read" in found.sentence
    assert find_disagreement_about(copy, [unit], mentions=mentions) is None
    assert mentions.about(Of.UNIT, [unit]) == {checked}
    assert mentions.about(Of.UNIT, [int(f"999{unit}")]) == set()  # which it read in the broken one


@pytest.mark.parametrize("warm", [True, False])
def test_a_refused_final_check_can_not_be_hidden(rig: Rig, tmp_path: Path, warm: bool) -> None:
    """All that nothing signs is changed in step: the leaf alone says it, also where it was read before that."""
    unit = rig.passed(1)
    rig.upload(unit)
    checked = check(rig, unit, Token.REFUSED)
    rig.checkpoint()
    copy, mentions = freeze(rig.data, tmp_path / "copy"), Mentions()
    if warm:
        assert find_disagreement_about(copy, [unit], mentions=mentions) is None
    change(copy, f"UPDATE event SET unit = NULL WHERE seq = {checked}", f"DELETE FROM final_check WHERE unit = {unit}")
    found = find_disagreement_about(copy, [unit], mentions=mentions)
    assert found is not None
    assert f"entry {checked} (final-check): its unit there is nothing" in found.sentence
