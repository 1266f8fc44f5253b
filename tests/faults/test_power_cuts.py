"""The power goes anywhere in a day of journal, files and uploads: nothing that anybody was told is lost or doubled.

The long form is ``python -m tests.campaigns.power_cuts``.
"""

import pytest

from tests.faults.changing import try_change
from tests.faults.claims import Kind
from tests.faults.moving import try_move
from tests.faults.power import Cut, try_cut
from tests.faults.seam import Op

CUTS = [(seed, 60 + (seed * 397) % 1700) for seed in range(1, 13)]
"""Days by their seed, each with the operation at which the power goes: from the first sync to the last export."""


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "cut_at"), CUTS)
def test_what_was_acknowledged_survives_and_the_day_goes_on(seed: int, cut_at: int) -> None:
    cut = try_cut(seed, cut_at)
    assert cut.operations >= cut_at
    assert not cut.findings, "\n".join(map(str, cut.findings))


def test_a_day_without_a_cut_has_all_of_it_on_the_disk() -> None:
    cut = try_cut(1, 0)
    assert cut.acknowledged > 90
    assert not cut.findings, "\n".join(map(str, cut.findings))


MOVES = [(seed, 3 + (seed * 37) % 170) for seed in range(1, 5)]
"""Backups with their restore, and where the power goes: from the stick's first file to the folder's name."""


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "cut_at"), MOVES)
def test_a_backup_and_what_is_restored_are_whole_or_not_there(seed: int, cut_at: int) -> None:
    cut = try_move(seed, cut_at)
    assert cut.operations >= cut_at
    assert not cut.findings, "\n".join(map(str, cut.findings))


def test_what_was_backed_up_and_restored_is_on_the_disk() -> None:
    cut = try_move(1, 0)
    assert cut.operations > max(at for _, at in MOVES)
    assert cut.acknowledged == 2
    assert not cut.findings, "\n".join(map(str, cut.findings))


CHANGES = [(seed, 4 + (seed * 47) % 120) for seed in range(1, 6)]
"""Journals that change their format there and back, and where the power goes: from the first copy to the last entry."""


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "cut_at"), CHANGES)
def test_a_journal_is_of_the_one_format_or_the_other_and_kept_as_it_was(seed: int, cut_at: int) -> None:
    cut = try_change(seed, cut_at)
    assert cut.operations >= cut_at
    assert not cut.findings, "\n".join(map(str, cut.findings))


def test_a_journal_that_changed_its_format_there_and_back_is_on_the_disk() -> None:
    cut = try_change(1, 0)
    assert cut.operations > max(at for _, at in CHANGES)
    assert cut.acknowledged == 1
    assert not cut.findings, "\n".join(map(str, cut.findings))


# Positive controls: syncs that the product forgets, and the harness must say so


def tries(**wrong: object) -> list[Cut]:
    return [try_cut(seed, 0, finish=False, **wrong) for seed in (1, 2)]  # type: ignore[arg-type]  # as named there


def test_a_journal_that_is_synced_now_and_then_loses_what_it_acknowledged_and_is_caught() -> None:
    lost = [one.what for cut in tries(synchronous=1) for one in cut.findings if one.kind is Kind.LOST]
    assert any("was acknowledged and is not there" in what for what in lost)


def test_a_restore_that_syncs_nothing_before_it_is_named_is_caught() -> None:
    files = try_move(1, 0, ignored=frozenset({Op.SYNC}), finish=False)
    assert any("is not whole" in one.what for one in files.findings), files.findings
    names = try_move(1, 0, ignored=frozenset({Op.SYNC_FOLDER}), finish=False)
    assert names.findings


@pytest.mark.parametrize("forgotten", [Op.SYNC, Op.SYNC_FOLDER])
def test_a_copy_before_a_migration_that_is_not_synced_is_caught(forgotten: Op) -> None:
    cuts = [try_change(seed, 0, ignored=frozenset({forgotten}), finish=False) for seed in range(1, 5)]
    assert any("no copy has it" in one.what for cut in cuts for one in cut.findings), cuts


def test_files_that_are_not_synced_before_they_are_named_are_caught() -> None:
    found = [one.what for cut in tries(ignored=frozenset({Op.SYNC})) for one in cut.findings]
    assert any("is not whole" in what for what in found), found


def test_names_that_are_not_synced_are_caught() -> None:
    found = [one for cut in tries(ignored=frozenset({Op.SYNC_FOLDER})) for one in cut.findings]
    assert any(one.kind is Kind.LOST or "does not start again" in one.what for one in found), found
