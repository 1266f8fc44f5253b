"""The clock, before anything is signed by it."""

import threading
from datetime import datetime, timedelta
from typing import Final

from station.ca.faults import CLOCK_BEFORE_CA, CLOCK_BEFORE_JOURNAL, CLOCK_JUMPED, ENDED
from station.host.clock import Clock

_JUMP: Final = 120.0
"""Seconds that the clock may be ahead of monotonic time: more than any time service corrects without notice."""

_DRIFT: Final = 100e-6
"""How much faster than monotonic time a free-running PC clock may be; 50 ppm is common, twice that is not."""


class ClockGuard:
    """Lets a time pass only where it can be right: inside the CA's life, not before the journal, no jump ahead.

    A jump is measured against monotonic time since the guard was made. The lowest difference seen counts: a clock
    that was set back and then leaps ahead again is caught too. A PC that slept is caught as well (monotonic time
    stands still meanwhile). Starting the run again makes a new guard: that is how a person says the clock is right.
    Safe to use from any thread.
    """

    def __init__(self, clock: Clock, *, not_before: datetime, not_after: datetime) -> None:
        self._clock = clock
        self._not_before = not_before
        self._not_after = not_after
        self._lock = threading.Lock()
        self._wall, self._monotonic = clock.now(), clock.monotonic()

    def check(self, latest_entry: datetime | None) -> datetime:
        """Return the time now; raise CA-201 to CA-204 where it can't be right. Safe to repeat.

        ``latest_entry`` is the time of the last journal entry that counts, read before this call: an entry
        written meanwhile by another thread would look like the future.
        """
        now = self._clock.now()
        if now < self._not_before:
            raise CLOCK_BEFORE_CA.fault(now=_say(now), begin=_say(self._not_before))
        if latest_entry is not None and now < latest_entry:
            raise CLOCK_BEFORE_JOURNAL.fault(
                f"{(latest_entry - now).total_seconds()} s", now=_say(now), latest=_say(latest_entry)
            )
        ahead = self._ahead(now)
        if ahead is not None:
            raise CLOCK_JUMPED.fault(now=_say(now), seconds=round(ahead))
        if now > self._not_after:
            raise ENDED.fault(now=_say(now), end=_say(self._not_after))
        return now

    def _ahead(self, now: datetime) -> float | None:
        """Return the seconds of a jump ahead, or None where there was none."""
        with self._lock:
            passed = self._clock.monotonic() - self._monotonic
            ahead = (now - self._wall).total_seconds() - passed
            if ahead < 0:
                self._wall += timedelta(seconds=ahead)
            return ahead if ahead > _JUMP + passed * _DRIFT else None


def _say(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
