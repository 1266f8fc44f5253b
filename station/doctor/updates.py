"""The doctor's look at the folder of updates: whatever is wrong there, the line works on."""

from typing import Final

from station.doctor.findings import State, Verdict, advice, judge_fault, ok
from station.domain.faults import Fault
from station.settings.station import UpdateSettings
from station.software import software_version
from station.updates.looking import look_for_update, own_kind

PATIENCE: Final = 60.0
"""Seconds for a share, and a package of some hundred megabytes on it."""


def judge_updates(asked: UpdateSettings) -> list[Verdict]:
    """Return whether a newer package is there. A folder that does not hold is advice too: nothing depends on it."""
    running = software_version()
    try:
        newer = look_for_update(asked, running, own_kind())
    except Fault as fault:
        return [Verdict(State.ADVICE, one.seen, one.mend, one.code, one.detail) for one in judge_fault(fault)]
    if newer is None:
        return [ok(f"No package newer than {running} is in {asked.folder}.")]
    package = newer.package
    return [
        advice(
            f"Version {package.version} is there: {newer.path}, whole.",
            "Have IT install it, when no batch is open.",
            f"SHA-256 {package.sha256}. {package.notes}".strip(),
        )
    ]
