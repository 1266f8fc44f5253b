"""What the outbox tells people, in sentences. Pure."""

from collections.abc import Mapping

from station.domain.events import RowSettled
from station.domain.line import CloudState
from station.journal.rows import UnitRow, UploadRow
from station.line.feed import Told


def tell_left_over(counts: Mapping[CloudState, int], stuck: str) -> str:
    """Return a sentence on the units that are not done, and what to do about them; empty where there are none."""
    number = counts.get(CloudState.WAITING, 0) + counts.get(CloudState.SENDING, 0)
    if not number:
        return ""
    units = "1 unit waits" if number == 1 else f"{number} units wait"
    why = f" ({stuck.rstrip('.')})" if stuck else ""
    return f"{units} for the cloud{why}; nothing is lost. To send and to follow up, later: station upload"


def tell_wait(upload: UploadRow, seconds: float, reason: str) -> Told:
    """Return what is waited for with an upload that has gone, or is just about to go."""
    what = {"accepted": "is asked about", "unclear": "is looked for"}.get(upload.state, "is tried")
    return Told("CLD-WAIT", f"An upload {what} again in {seconds:.0f} s: {reason}")


def tell_elsewhere(upload: UploadRow, account: str, now: str) -> Told:
    """Return that an upload waits for another account's key, and what ends that."""
    many = f"An upload of {len(upload.units)} unit(s) was prepared for {account}; the station file's account is {now}"
    waits = "It is neither sent nor asked about with another account's key"
    return Told("CLD-ELSEWHERE", f"{many}. {waits}: put the old one back, or look there, then: station decide")


def tell_late(unit: UnitRow, row: RowSettled) -> Told:
    """Return that the cloud's answer came when something else had settled the unit, and as what it stands now."""
    late = f"The cloud's late answer for {unit.device_id}, which was settled without it: {row.state} ({row.reason})"
    return Told("CLD-LATE", f"{late}. It stands as {unit.cloud} now.")
