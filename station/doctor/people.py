"""The doctor's look at the people's file: whether it follows the journal. Reads, and asks nobody for a PIN."""

from collections.abc import Iterator
from pathlib import Path

from station.doctor.findings import Verdict, ok, trouble
from station.doctor.journal import open_traceless
from station.host.clock import Clock
from station.journal.records import Records
from station.line.desk import highest_number
from station.line.standing import Standings
from station.people.faults import OUTSIDE
from station.people.roll import People


def judge_people(data: Path, clock: Clock) -> Iterator[Verdict]:
    """Yield what the file says that the journal does not; PPL-131, 132 or 138 where it can't be used at all."""
    with Records(data, open_traceless) as records:
        standings, highest = Standings.read(records), highest_number(records)
    people = People(data, clock, highest=highest)
    if not people.all:
        people.require_nobody()  # raises where the journal knows people
        yield ok("Nobody works here yet.")
        return
    different = [what for what in map(standings.difference, people.all) if what]
    for what in different:
        yield trouble(
            f"The people file was changed outside of the station: {what}.",
            "Find out who did that, and tell QA. Then put people.json from the newest backup back; or have an engineer "
            "forget that person and add them anew.",
            code=OUTSIDE.code,
        )
    if not different:
        yield ok("Everybody in the people file is as the journal says.")
