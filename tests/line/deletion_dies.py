"""A deletion from the cloud that dies like in a power cut the moment an entry is committed.

``deletion_dies.py STATION DEVICE KIND``: the entry's kind.
"""

import os
import signal
import sys
from pathlib import Path

from station.app import Station
from station.domain.ids import DeviceId
from station.journal.codec import Entry
from station.line.cloud_deletion import delete_from_cloud
from station.line.feed import Notice
from station.opened import open_station
from station.people.rights import Actor, Instant, Method, PersonId, Role


def main(station_file: str, device: str, kind: str) -> None:
    """Delete it, unless that entry comes first; SIGKILL leaves nobody the time to tidy up."""

    def look(notice: Notice) -> None:
        # The journal's own thread is here, just after the sync.
        if isinstance(notice, Entry) and notice.event.kind == kind:
            os.kill(os.getpid(), signal.SIGKILL)

    opened = open_station(Path(station_file))
    now = Instant(opened.clock.now(), opened.clock.monotonic())
    someone = Actor(PersonId("p1"), frozenset({Role.ENGINEER}), Method.NAME, now)
    with Station(opened, "a deletion that dies") as station:
        station.enter(someone)
        station.feed.listen(look)
        asker = opened.team_asker()
        # A commit returns a moment before its listeners are told: nothing may be sent in that moment.
        sys.addaudithook(lambda name, _: station.journal.catch_up() if name == "http.client.send" else None)
        delete_from_cloud(station.gate, station.records, asker, DeviceId(device), someone, "a test")


if __name__ == "__main__":
    main(*sys.argv[1:])
