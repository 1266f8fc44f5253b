"""The figures there are, in the order of the table."""

import importlib
from typing import Final, cast

from tests.benchmarks.figure import Figure

ASKED: Final = {
    "station-time": "station_time",
    "many-slots": "many_slots",
    "throughput": "throughput",
    "first-byte": "first_byte",
    "leaves": "leaves",
    "uploading": "uploading",
    "commits": "commits",
    "start": "start",
    "find": "find",
    "disk-use": "disk_use",
    "lateness": "lateness",
    "memory": "memory",
}
"""By name, the modules of ``tests.benchmarks.figures``."""

FURTHER: Final = {"evidence": "evidence", "recovery": "recovery", "search": "search"}
"""What is measured only when it is named."""


def figure(name: str) -> Figure:
    """Return the figure of this name. Its imports are its own: they belong to its process."""
    return cast("Figure", importlib.import_module(f"tests.benchmarks.figures.{(ASKED | FURTHER)[name]}"))
