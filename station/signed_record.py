"""The journal as evidence while the station works: checkpoints at a batch's end, every day, and on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from station.app import Station
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.evidence.checkpoints import Kept, is_due, make_checkpoint, uncovered_batch
from station.evidence.station_key import StationKey, open_station_key
from station.evidence.succession import origin_in_force
from station.line.feed import Told
from station.opened import Opened
from station.own_key import ensure_own_key, own_key_passphrase
from station.people.rights import Actor, Right

_LOOK_AGAIN: Final = 3600.0
"""Seconds between two looks whether a day has passed."""


def open_own_key(opened: Opened, passphrase: Secret | None = None) -> StationKey:
    """Return the station's signing key, made now where the station began before it had one. Raises EVD-10x.

    ``passphrase``: the key's, where whoever asks has it already.
    """
    ensure_own_key(opened)
    folder = opened.value.evidence_folder
    origin = origin_in_force(folder, opened.value.evidence_origin)
    return open_station_key(folder, origin, passphrase or own_key_passphrase(opened))


class SignedRecord:
    """Makes the checkpoints of one open station. For several threads; one checkpoint at a time."""

    def __init__(self, station: Station, passphrase: Secret | None = None) -> None:
        """``passphrase`` as for :func:`open_own_key`."""
        self._station, self._passphrase = station, passphrase
        self._one = threading.Lock()
        self._key: StationKey | None = None

    @property
    def key(self) -> StationKey:
        """The station's key, opened once."""
        if self._key is None:
            self._key = open_own_key(self._station.opened, self._passphrase)
        return self._key

    @property
    def data(self) -> Path:
        """The data folder."""
        return self._station.opened.value.data

    def checkpoint(self, actor: Actor, reason: str) -> Kept:
        """Sign the journal as it is now, on demand. Raises PPL-111; else as :meth:`checkpoint_for`."""
        self._station.gate.require(actor, Right.CHECKPOINT)
        return self.checkpoint_for(reason, by=actor.id)

    def checkpoint_for(self, occasion: str, by: str | None = None) -> Kept:
        """Sign the journal as it is now, for something that takes a checkpoint and whose right was asked for itself.

        ``by``: who asked for it; else whoever the station works for. What the second place did not take is told.
        Raises EVD-10x, EVD-11x, HOST-1xx, JRN-1xx.
        """
        second = self._station.opened.value.evidence.second_place
        with self._one:
            kept = make_checkpoint(self._station.journal, self.key, self.data, second, occasion, by)
        for text in kept.waiting:
            self._station.feed.publish(Told("EVD-WAIT", text))
        return kept

    @contextmanager
    def daily(self) -> Iterator[None]:
        """Make a checkpoint whenever a day has passed since the last one, as long as this lasts."""
        clock, over = self._station.opened.clock, threading.Event()

        def look() -> None:
            while not over.is_set():
                self.when_due()
                clock.wait(over, _LOOK_AGAIN)

        thread = threading.Thread(target=look, name="daily checkpoint", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def when_due(self) -> Kept | None:
        """Make the daily checkpoint where a day has passed; a fault is told, and the next look tries again."""
        try:
            if is_due(self.data, self._station.opened.clock.now()):
                return self.checkpoint_for("daily")
        except Fault as fault:
            self._station.feed.publish(Told(fault.code, f"No checkpoint was made: {fault.sentence}"))
        return None

    def catch_up(self) -> Kept | None:
        """Make the checkpoint that a crash prevented: of a batch that was closed, or of a day.

        For the beginning of whatever writes. A fault is told, and nothing is held up by it. Safe to repeat.
        """
        try:
            batch = uncovered_batch(self.data)
            if batch is not None:
                return self.checkpoint_for(f"batch {batch} closed")
        except Fault as fault:
            self._station.feed.publish(Told(fault.code, f"No checkpoint was made: {fault.sentence}"))
            return None
        return self.when_due()

    def batch_ended(self, batch: BatchId) -> list[str]:
        """Make the checkpoint of a batch that is closed; return in words where it is and what waits, for people.

        A fault is returned as words too: the batch is closed, and its record whole, without it.
        """
        with self._station.journal.records() as records:  # for whatever thread this is
            row = records.batch(batch)
        if row is None or not row.closed:
            return []
        try:
            kept = self.checkpoint_for(f"batch {batch} closed")
        except Fault as fault:
            self._station.feed.publish(Told(fault.code, f"No checkpoint was made: {fault.sentence}"))
            return [f"{fault.code} No checkpoint was made: {fault.sentence}"]
        where = f"Checkpoint over {kept.checkpoint.size} entries: {kept.path}. Keep a copy away from this PC."
        return [where, *kept.waiting]
