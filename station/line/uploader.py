"""The one thread that moves finished units to the cloud."""

import threading

from station.domain.faults import Fault
from station.host.clock import Clock
from station.line.faults import UNEXPECTED
from station.line.feed import Feed, Told
from station.line.log import engineer_log
from station.line.outbox import Outbox

_LONGEST_NAP = 5.0
_SECOND_LOOK = 3.0
"""Seconds after which a cloud that can't be reached is tried once more before nobody waits for it."""


class Uploader:
    """Runs an outbox until it is told to end. Trouble with the cloud never reaches the slots."""

    def __init__(self, outbox: Outbox, clock: Clock, feed: Feed) -> None:
        self._outbox, self._clock, self._feed = outbox, clock, feed
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._rested = threading.Event()
        self._asked = threading.Lock()
        self._nudged = False
        self._flush = False
        self._hurry = False
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="uploader", daemon=True)

    def start(self) -> None:
        """Begin to upload."""
        self._thread.start()

    def nudge(self, *, flush: bool = False) -> None:
        """Look again now; with ``flush``, send what waits without waiting for full bodies, from now on.

        With ``flush``, what could not be reached is tried again too, whatever its back-off.
        """
        with self._asked:
            self._flush = self._flush or flush
            self._hurry = self._hurry or flush
            self._nudged = True
            self._idle.clear()
            self._rested.clear()
        self._wake.set()

    def gather(self) -> None:
        """Wait for full bodies again, until the next ``nudge`` that flushes."""
        with self._asked:
            self._flush = False

    def wait_idle(self, patience: float, stop: threading.Event | None = None) -> bool:
        """Wait until nothing is left to upload; False when it is stopped, out of ``patience`` seconds, or stuck.

        Stuck is what no waiting of minutes mends: a key that is refused, a cloud that can't be reached (at the second
        try), uploads that are overdue.
        """
        until = self._clock.monotonic() + patience
        again_at: float | None = None
        tried_again = False
        while not self._idle.is_set() and not (stop and stop.is_set()):
            now = self._clock.monotonic()
            if now >= until or not self._thread.is_alive():
                return False
            if self._rested.is_set() and self._outbox.stuck:
                if tried_again or self._outbox.blocked:
                    return False
                again_at = again_at or now + _SECOND_LOOK
                if now >= again_at:
                    tried_again = True
                    self.nudge(flush=True)
            self._clock.wait(self._idle, min(0.1, until - now))
        return self._idle.is_set()

    def end(self) -> None:
        """Finish the request under way and stop. What is not done stays in the journal for next time, and is told."""
        self._ending = True
        self._outbox.end()
        self._wake.set()
        self._thread.join()
        self._outbox.checks.close()
        if left := self._outbox.left_over():
            self._feed.publish(Told("LINE-146", left))

    def _run(self) -> None:
        while not self._ending:
            with self._asked:
                self._nudged = False
                hurry, self._hurry = self._hurry, False
            try:
                if hurry:
                    self._outbox.hurry()
                wait = self._outbox.advance(flush=self._flush)
            except Fault as fault:
                engineer_log().error("uploader", code=fault.code, detail=fault.detail)
                self._feed.publish(Told(fault.code, fault.sentence))
                wait = _LONGEST_NAP
            except Exception as error:  # noqa: BLE001 -- finished units must still go when this is mended
                engineer_log().exception("uploader")
                broken = UNEXPECTED.fault(f"{type(error).__name__}: {error}", step="of the upload")
                self._feed.publish(Told(broken.code, broken.sentence))
                wait = _LONGEST_NAP
            if wait != 0.0:
                with self._asked:
                    if not self._nudged:
                        self._rested.set()
            if wait is None:
                with self._asked:
                    # What this look found is old news to somebody who asked after it began.
                    if not self._nudged:
                        self._idle.set()
                wait = _LONGEST_NAP
            if wait > 0:
                self._clock.wait(self._wake, min(wait, _LONGEST_NAP))
                self._wake.clear()
