"""One figure in a process of its own: ``python -m tests.benchmarks.child NAME SCALE OUT WORK [KEEP]``."""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.catalogue import figure
from tests.benchmarks.figure import Run, Scale


def main(name: str, scale: str, out: str, work: str, keep: str = "") -> None:
    """Measure in a folder of its own in ``work``, which is gone afterwards, and write the rows to ``out``."""
    chosen = figure(name)
    sys.stdout.write(f"{name}: {chosen.WHAT} ...\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=work) as scratch:
        rows = chosen.measure(Run(Path(scratch), Scale(scale), Path(keep) if keep else None))
    Path(out).write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
