"""A backup or a restore that dies like in a power cut the moment this process is about to do a certain thing.

``killed_at.py AUDIT_EVENT ENDING backup STATION FOLDER`` or ``… restore BACKUP INTO``: the name of Python's own audit
event (``os.link``, ``os.rename``, ``open``), and how the path ends that it is about.
"""

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from station.app import Station
from station.backing_up import BackupDesk
from station.domain.faults import Fault
from station.opened import open_station
from station.people.rights import Actor, Instant, Method, PersonId, Role
from station.restoring import Chosen, Faces, restore_backup


def someone(line: Station, number: int) -> Actor:
    """Return somebody who may do everything and has just signed in."""
    clock = line.opened.clock
    roles = frozenset({Role.ENGINEER, Role.LINE_LEAD})
    return Actor(PersonId(f"p{number}"), roles, Method.NAME, Instant(clock.now(), clock.monotonic()))


def main(event: str, ending: str, what: str, first: str, second: str) -> None:
    """Do it, unless that comes first; SIGKILL leaves nobody the time to tidy up."""

    def look(name: str, arguments: tuple[object, ...]) -> None:
        if name == event and any(isinstance(one, str | Path) and str(one).endswith(ending) for one in arguments):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    if what == "backup":
        with Station(open_station(Path(first)), "a backup that dies") as line:
            BackupDesk(line, line.enter(someone(line, 1)), Path(second)).write()
        return
    faces = Faces(lambda line: line.enter(someone(line, 1)), lambda line, _: someone(line, 2), no_passphrase)
    restore_backup(Chosen(Path(first), Path(second), "it burnt"), faces)


def no_passphrase(fault: Fault) -> NoReturn:
    """Nobody is there who could type one."""
    raise fault


if __name__ == "__main__":
    main(*sys.argv[1:])
