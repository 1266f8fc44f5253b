"""Tokens for final checks: signed by a unit's own key at the end of its attempt, kept in this process's memory alone.

A token is a device's word for a day: it is in no journal, no file and no log, and gone with the process. Then the check
still asks whether the cloud knows the device, and says why the token was not asked.
"""

import threading
from typing import Final

from station.domain.ids import UnitId
from station.domain.secret import Secret
from station.host.clock import Clock

TOKEN_SECONDS: Final = 86_400
"""How long a token is good: a day that the cloud can't be reached is bridged. The vendor's library goes up to seven
(reference section 4); what the server takes is not known, and a shorter one is worth less to whoever steals it."""
MOST: Final = 5000
"""Tokens at once (some MiB); the oldest makes room."""
GONE: Final = "the station was restarted since it was built, or had more units to check than it keeps tokens for"
EXPIRED: Final = "its token expired before the cloud could be asked"


class FinalTokens:
    """Holds each unit's newest token, or why it has none, for a day. For all threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._held: dict[UnitId, tuple[float, Secret | str]] = {}

    def put(self, unit: UnitId, token: Secret | str) -> None:
        """Keep ``token``, or the reason why there is none, in place of what was kept for the unit."""
        with self._lock:
            self._held.pop(unit, None)
            while len(self._held) >= MOST:
                del self._held[next(iter(self._held))]
            self._held[unit] = (self._clock.monotonic() + TOKEN_SECONDS, token)

    def get(self, unit: UnitId) -> Secret | str:
        """Return the unit's token, or why there is none. Safe to repeat."""
        with self._lock:
            until, token = self._held.get(unit, (0.0, GONE))
            if isinstance(token, Secret) and self._clock.monotonic() >= until:
                token = EXPIRED
                self._held[unit] = (until, token)
            return token

    def drop(self, unit: UnitId) -> None:
        """Forget the unit's token. Safe to repeat."""
        with self._lock:
            self._held.pop(unit, None)
