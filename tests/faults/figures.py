"""What a campaign did and found, as one file that :mod:`tests.campaigns.nothing_lost` puts beside the others'."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from station.host.files import replace_file
from tests.faults.claims import Kind


@dataclass(frozen=True)
class Figures:
    """One campaign's counts, by their names, and what it found, in words that replay it."""

    name: str
    counts: Mapping[str, int]
    findings: Sequence[str]

    def write(self, path: Path) -> None:
        """Write them where they are read from."""
        value = {"name": self.name, "counts": dict(self.counts), "findings": list(self.findings)}
        replace_file(path, json.dumps(value, indent=1).encode())

    @staticmethod
    def read(path: Path) -> "Figures":
        """Read what a campaign wrote. Raises whatever shows that it is nothing of the kind."""
        value = json.loads(path.read_bytes())
        counts = {str(name): int(count) for name, count in value["counts"].items()}
        return Figures(str(value["name"]), counts, [str(one) for one in value["findings"]])


def by_kind(kinds: Mapping[Kind, int]) -> dict[str, int]:
    """Return how much was lost, doubled and wrong: zeros too."""
    counted = Counter(kinds)
    return {kind.value: counted[kind] for kind in Kind}
