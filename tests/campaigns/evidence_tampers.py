"""The long form of tests/unit/evidence/test_tampers.py: ``python -m tests.campaigns.evidence_tampers [--seeds N]``.

Each tamper of a bundle, N times by seed, judged by the station's verifier and by the bundle's own; every one must be
found, and both must say the same sentence. Then N changes of a journal's tables, which nothing signs: `station verify`
must find each, and the export of the unit and of the batch those that touch it. Ends with what was found where, and
with an error at the first miss.
"""

import argparse
import re
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console

from station.evidence.bundle import Chosen, build_bundle
from tests.unit.evidence.conftest import Sample
from tests.unit.evidence.evidence_rig import Rig, make_authority
from tests.unit.evidence.tampering import INSIDE, OUTSIDE
from tests.unit.evidence.test_table_tampers import check as check_tables
from tests.unit.evidence.test_table_tampers import units_of
from tests.unit.evidence.test_tampers import check, freeze, load_own


def make_sample(folder: Path) -> Sample:
    rig = Rig(folder / "data", make_authority(folder / "ca"))
    first = rig.passed(1)
    kept = rig.checkpoint("early").note
    rig.failed(2)
    rig.upload(first, rig.interrupted(3))
    rig.silent()
    last = rig.checkpoint("export")
    bundle = build_bundle(rig.data, Chosen(batch="WO-1"), note=last.note, key=rig.key, chain=rig.chain, earlier=kept)
    return Sample(bundle, kept, rig.key.verifier.text(), rig)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    given, console = parser.parse_args(), Console(markup=False, highlight=False)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        sample = make_sample(folder)
        own = load_own(sample.bundle, folder)
        for tamper in (*OUTSIDE, *INSIDE):
            where: Counter[str] = Counter()
            for seed in range(given.first, given.first + given.seeds):
                told = check(tamper, seed, sample, own, folder / "bundle.zip")
                where[re.sub(r"\d+|'.*'|[0-9a-f]{64}", "…", told)[:90]] += 1
            console.print(f"{tamper.__name__}: {sum(where.values())} of {given.seeds} found by both")
            for sentence, count in where.most_common(6):
                console.print(f"    {count:6} {sentence}")
        try_tables(sample.rig, folder, range(given.first, given.first + given.seeds), console)
        sample.rig.journal.close()


def try_tables(rig: Rig, folder: Path, seeds: range, console: Console) -> None:
    for number in range(200):
        rig.note(str(number))  # so that the tree has a stored row
    rig.checkpoint("tables")
    whole = freeze(rig.data, folder / "whole")
    units = units_of(whole)
    touching = sum(check_tables(whole, folder / "copy", seed, units) for seed in seeds)
    console.print(
        f"tables: {len(seeds)} of {len(seeds)} found by verify; all {touching} that touch a unit by its export"
    )


if __name__ == "__main__":
    main()
