"""The CA comes to be: an intent before anything is on the disk, the result behind it, and what a crash left between."""

from collections.abc import Callable
from pathlib import Path

from station.ca.creation import CreatedAuthority, require_room
from station.ca.folder import read_files
from station.domain.events import AuthorityCreated, AuthorityIntended
from station.domain.faults import Fault
from station.journal.journal import Journal
from station.journal.records import Records
from station.people.rights import Actor


def create_recorded(
    journal: Journal, actor: Actor, folder: Path, name: str, make: Callable[[], CreatedAuthority]
) -> CreatedAuthority:
    """Return the CA that ``make`` puts into ``folder``; the journal says so before and after. Raises what it raises.

    CA-101 where one is there, before anything is written. Where ``make`` fails, the intent stands alone.
    """
    require_room(folder)
    journal.commit(AuthorityIntended(name=name, operator=actor.id), by=actor.id)
    made = make()
    journal.commit(
        AuthorityCreated(name=made.name, root_sha256=made.root_sha256, line_sha256=made.line_sha256, operator=actor.id),
        by=actor.id,
    )
    return made


def record_found(journal: Journal, records: Records, folder: Path) -> AuthorityCreated | None:
    """Record the CA in ``folder`` that a crash kept from being recorded: behind an intent without a result.

    Without a folder none was made; it is made by asking again. Returns what was written. Safe to repeat.
    """
    intended = records.entries_of_kind(AuthorityIntended.kind)
    created = records.entries_of_kind(AuthorityCreated.kind)
    if not intended or (created and created[-1].seq > intended[-1].seq) or not folder.is_dir():
        return None
    try:
        files = read_files(folder)
    except Fault:  # whoever opens it is told what is wrong with it; a CA that can't be read is recorded as none
        return None
    known = [one.event.root_sha256 for one in created if isinstance(one.event, AuthorityCreated)]
    intent = intended[-1].event
    if files.root_sha256 in known or not isinstance(intent, AuthorityIntended):
        return None
    event = AuthorityCreated(
        name=files.description.name,
        root_sha256=files.root_sha256,
        line_sha256=files.line_sha256,
        operator=intent.operator,
        found=True,
    )
    journal.commit(event)
    return event
