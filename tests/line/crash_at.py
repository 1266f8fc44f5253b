"""A run that dies like in a power cut the moment a certain entry is committed.

``crash_at.py STATION BATCH QUANTITY KIND [FIELD=VALUE ...]``: the entry's kind, and what its fields say as text.
"""

import os
import signal
import sys
from pathlib import Path

from station.app import Station
from station.domain.ids import BatchId
from station.host.clock import Stop
from station.journal.codec import Entry, as_json
from station.line.batch_run import LineRules
from station.line.feed import Notice
from station.opened import open_station
from station.people.rights import Actor, Instant, Method, PersonId, Role


def main(station_file: str, batch: str, quantity: str, kind: str, *fields: str) -> None:
    """Run the batch until the entry comes; SIGKILL leaves nobody the time to tidy up."""
    wanted = dict(field.split("=", 1) for field in fields)

    def look(notice: Notice) -> None:
        # The journal's own thread is here, just after the sync.
        if not isinstance(notice, Entry) or notice.event.kind != kind:
            return
        body = as_json(notice)
        if all(str(body[name]) == value for name, value in wanted.items()):
            os.kill(os.getpid(), signal.SIGKILL)

    opened = open_station(Path(station_file))
    someone = Actor(
        PersonId("p1"),
        frozenset({Role.ENGINEER}),
        Method.NAME,
        Instant(opened.clock.now(), opened.clock.monotonic()),
    )
    with Station(opened, "a run that dies") as station:
        station.enter(someone)
        recipe, fixture, cloud = opened.recipe("tracker"), opened.fixture(), opened.cloud()
        armed = station.arm(BatchId(batch), recipe, fixture, int(quantity), cloud, "a test")
        authority = station.open_ca()
        engine = station.build_run(armed, authority, fixture, recipe, cloud, Stop(), LineRules(attended=False))
        station.feed.listen(look)
        engine.run(someone)


if __name__ == "__main__":
    main(*sys.argv[1:])
