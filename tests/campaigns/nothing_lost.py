"""All campaigns against the claim that nothing is lost, and one table of what they did: the figures.

``python -m tests.campaigns.nothing_lost --folder F`` runs crash points, power cuts, the simulated factory and the
fuzzing one after the other, and keeps in ``F`` what each of them did (a day or so on one PC; the fuzzing goes on where
it was stopped). ``--short`` runs little of each, some minutes in all. ``--show`` runs none of them and puts together
what ``F`` has; a campaign can write there by itself: ``--json F/crash-points.json``, and so on.

Ends with 1 where anything was found, where a campaign did not come to its end, or where its figures are not there.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.faults.claims import Kind
from tests.faults.figures import Figures


@dataclass(frozen=True)
class Campaign:
    """One program with its words, for long and for short. ``{folder}`` in them is where it may keep things."""

    name: str
    module: str
    long: tuple[str, ...]
    short: tuple[str, ...]

    def file(self, folder: Path) -> Path:
        """Return where its figures are."""
        return folder / f"{self.name}.json"


CAMPAIGNS: Final = (
    Campaign("crash-points", "crash_points", ("--twice", "400"), ("--sample", "12", "--twice", "6")),
    Campaign(
        "power-cuts",
        "power_cuts",
        ("--seeds", "20", "--cuts", "100"),
        ("--seeds", "1", "--cuts", "10", "--moves", "10", "--changes", "10"),
    ),
    Campaign("factory", "factory", ("--units", "100000"), ("--units", "200", "--day", "100")),
    Campaign(
        "fuzzing",
        "fuzzing",
        ("--folder", "{folder}/fuzzing", "--total", "10000000"),
        ("--folder", "{folder}/fuzzing", "--total", "100000"),
    ),
)


def run(campaign: Campaign, folder: Path, console: Console, *, short: bool) -> bool:
    """Run one campaign in a process of its own; return whether it came to its end, with findings or without."""
    words = [word.format(folder=folder) for word in (campaign.short if short else campaign.long)]
    campaign.file(folder).unlink(missing_ok=True)  # an older one's figures are not this one's
    command = [sys.executable, "-m", f"tests.campaigns.{campaign.module}", *words]
    console.print(f"{campaign.name}: {' '.join(command[1:])}")
    began, log = time.monotonic(), folder / f"{campaign.name}.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [*command, "--json", str(campaign.file(folder))], stdout=file, stderr=subprocess.STDOUT, check=False
        )
    ended = done.returncode in (0, 1) and campaign.file(folder).exists()
    said = "" if ended else f", ended by {done.returncode} without figures: see {log}"
    console.print(f"{campaign.name}: {time.monotonic() - began:.0f} s{said}")
    return ended


def show(folder: Path, console: Console) -> bool:
    """Print the figures of all campaigns; return whether all of them are there and nothing was found."""
    table = Table("campaign", "figure", "count", box=None)
    total, found, missing = dict.fromkeys(Kind, 0), list[str](), list[str]()
    for campaign in CAMPAIGNS:
        try:
            figures = Figures.read(campaign.file(folder))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            missing.append(f"{campaign.name}: no figures ({type(error).__name__})")
            continue
        first = campaign.name
        for name, count in figures.counts.items():
            if name in total:
                total[Kind(name)] += count
                continue
            table.add_row(first, name, f"{count:,}")
            first = ""
        found += [f"{campaign.name}: {one}" for one in figures.findings]
    for kind, count in total.items():
        table.add_row("all" if kind is Kind.LOST else "", kind.value, f"{count:,}")
    table.add_row("", "findings", f"{len(found):,}")
    console.print(table)
    for one in (*found, *missing):
        console.print(one)
    return not (found or missing or any(total.values()))


def main() -> None:
    """Run what is asked for, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where figures, logs and a corpus are kept")
    parser.add_argument("--short", action="store_true", help="little of each")
    parser.add_argument("--show", action="store_true", help="only put together what is there")
    parser.add_argument("--only", action="append", default=[], choices=[one.name for one in CAMPAIGNS])
    given, console = parser.parse_args(), Console(markup=False, highlight=False, soft_wrap=True)
    given.folder.mkdir(parents=True, exist_ok=True)
    ended = True
    if not given.show:
        for campaign in CAMPAIGNS:
            if not given.only or campaign.name in given.only:
                ended = run(campaign, given.folder.absolute(), console, short=given.short) and ended
    well = show(given.folder, console)
    sys.exit(0 if well and ended else 1)


if __name__ == "__main__":
    main()
