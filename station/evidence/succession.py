"""Under which name and keys a station's log goes on: its own from the start, or another one since it was restored.

A log never signs two checkpoints that disagree. What the PC before wrote behind the backup is unknown, so a restored
journal is a log of its own, with a key of its own; its entries say which log it continues, and up to where.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from station.domain.events import Restored
from station.evidence.eras import SUCCESSOR
from station.evidence.faults import KEY_DISAGREES
from station.evidence.station_key import VERIFIER_FILE, read_verifier_key
from station.journal.codec import decode
from station.journal.leaves import Leaves
from station.journal.notes import VerifierKey


def origin_in_force(folder: Path, configured: str) -> str:
    """Return the log's name: the station file's, or that of its restored successor whose key lies in ``folder``.

    Raises EVD-103 for a key that can't be read. Safe to repeat.
    """
    if not (folder / VERIFIER_FILE).exists():
        return configured
    name = read_verifier_key(folder).name
    found = SUCCESSOR.fullmatch(name)
    return name if found and found[1] == configured else configured


def successor_of(origin: str) -> str:
    """Return a name for the log that goes on from a backup of ``origin``; no two restores give the same one."""
    found = SUCCESSOR.fullmatch(origin)
    first, count = (found[1], int(found[2])) if found else (origin, 0)
    return f"{first}/r{count + 1}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Era:
    """``verifier`` is of the checkpoints of sizes ``above`` to ``last``, both inside; None: of all further ones."""

    verifier: VerifierKey
    above: int
    last: int | None

    def has(self, size: int) -> bool:
        """Return whether the checkpoint of this size is of this era. Pure."""
        return size >= self.above and (self.last is None or size <= self.last)


def eras_of(leaves: Leaves, verifier: VerifierKey) -> tuple[Era, ...]:
    """Return the keys of the journal's checkpoints, first to last; ``verifier`` is the station's own, the last.

    Raises EVD-103 where the journal was restored and goes on under another key, or names one that can't be read.
    """
    eras, above = list[Era](), 0
    last: VerifierKey | None = None
    for seq, leaf in leaves.of_kind(Restored.kind):
        event = decode(leaf).event
        if not isinstance(event, Restored):
            continue
        try:
            before, last = VerifierKey.read(event.key_before), VerifierKey.read(event.key)
        except ValueError as error:
            raise KEY_DISAGREES.fault(folder="the journal", reason=f"entry {seq}: {error}") from error
        eras.append(Era(before, above, event.size))
        above = event.size + 1
    if last is not None and last != verifier:
        reason = f"the journal was restored and goes on under {last.name}, this is {verifier.name}"
        raise KEY_DISAGREES.fault(folder="the evidence folder", reason=reason)
    return (*eras, Era(verifier, above, None))


def signer_of(eras: tuple[Era, ...], size: int) -> VerifierKey:
    """Return the key of the checkpoint of this size. Pure."""
    return next(era.verifier for era in eras if era.has(size))
