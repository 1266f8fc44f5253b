"""A million entries verified from their stored bytes as they lie in a bundle, and one unit exported out of them."""

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.evidence_speed import build, export_one
from tests.benchmarks.evidence_speed import measure as verify
from tests.benchmarks.figure import Row, Run

NAME = "evidence"
WHAT = "a million entries verified, a unit exported"
QUICK_S, QUICK_MIB, UNITS_A_SECOND, EXPORT_S = 10.0, 500.0, 3000.0, 1.0


def measure(run: Run) -> Sequence[Row]:
    """Verify quickly and wholly, then export one unit."""
    events = run.size(1_000_000, 50_000, 2_000)

    def make(place: Path) -> None:
        (place / "half.txt").write_text(build(place / "data", place / "data" / "ca", events), encoding="utf-8")

    folder = run.made_once("evidence", make)
    data, kept = folder / "data", (folder / "half.txt").read_text(encoding="utf-8")
    key = (data / "evidence" / "station.vkey").read_text(encoding="utf-8").strip()
    quick, whole = verify(data, key, kept, True), verify(data, key, kept, False)
    count = next(int(line.rpartition(" ")[2]) for line in whole[3] if line.startswith("certificates: "))
    wall, processor, size = export_one(data, data / "ca")
    return [
        Row(
            what=f"{events} entries verified, without reading into them",
            unit="s",
            measured=quick[0],
            asked=f"{QUICK_S:.0f} s",
            limit=QUICK_S,
            note=quick[3][0],
        ),
        Row(what="  its memory", unit="MiB", measured=quick[2], asked=f"{QUICK_MIB:.0f} MiB", limit=QUICK_MIB),
        Row(what="  the same, reading into every entry", unit="s", measured=whole[0], note=f"{whole[2]:.0f} MiB"),
        Row(
            what=f"of that: certificates and key proofs of {count} units",
            unit="/s",
            measured=count / whole[4],
            reference=whole[5],
            against="cryptography alone",
            asked=f"{UNITS_A_SECOND:.0f} a second",
            limit=UNITS_A_SECOND,
            more_is_better=True,
        ),
        Row(
            what=f"one unit exported ({size // 1024} KiB)",
            unit="s",
            measured=wall,
            asked=f"{EXPORT_S:.0f} s",
            limit=EXPORT_S,
            note=f"{processor:.2f} s of them in the processor",
        ),
    ]
