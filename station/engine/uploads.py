"""The engine's one uploader: at work from the first person who may upload until the engine ends, run or no run."""

import threading
from contextlib import ExitStack

from station.app import Station
from station.domain.check_events import CheckState
from station.domain.events import AttemptClosed
from station.domain.faults import Fault
from station.domain.line import CloudState, Outcome
from station.journal.codec import Entry
from station.line.faults import NO_CLOUD
from station.line.feed import Notice
from station.line.log import engineer_log
from station.line.outbox import Outbox
from station.line.uploader import Uploader
from station.people.rights import Actor, Right


class Uploads:
    """Moves finished units to the cloud, in the name of whoever made that possible. For all threads."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._uploader: Uploader | None = None
        self._outbox: Outbox | None = None
        self._flushed = False

    def begin(self, actor: Actor) -> None:
        """Upload from now on, if ``actor`` may and cloud and station file are in order; else do nothing.

        Whoever signs in asked for nothing: what is in the way is for the engineer's log. Safe to repeat.
        """
        if self._uploader is not None or not actor.may(Right.UPLOAD) or self._station.opened.value.cloud is None:
            return
        try:
            with self._station.beside() as view:
                if view.unreleased():
                    return
            self.require(actor)
        except Fault as fault:
            engineer_log().info("uploads don't begin", code=fault.code, detail=fault.detail)

    def require(self, actor: Actor, *, confirmed: bool = False) -> None:
        """Upload from now on. Raises PPL-111, LINE-173, LINE-181 and 182, and what keeps the API key away."""
        with self._lock:
            if self._uploader is not None:
                return
            cloud = self._station.opened.cloud()
            if cloud is None:
                raise NO_CLOUD.fault(path=self._station.opened.settings.path)
            with ExitStack() as stack:
                view = stack.enter_context(self._station.beside())
                self._outbox = view.outbox(cloud, actor=actor, confirmed=confirmed)
                uploader = Uploader(self._outbox, self._station.opened.clock, self._station.feed)
                uploader.start()
                self._uploader = uploader
                self._stack.push(stack.pop_all())

    def nudge(self, *, flush: bool = False) -> None:
        """Look again now; with ``flush``, send what waits without waiting for more."""
        uploader = self._uploader
        if uploader is not None:
            uploader.nudge(flush=flush)

    def gather(self) -> None:
        """Let units wait for company again: more are to come."""
        uploader = self._uploader
        if uploader is not None:
            uploader.gather()

    def now(self, actor: Actor) -> None:
        """Send what waits. Raises PPL-111, and as :meth:`require`."""
        self._station.gate.require(actor, Right.UPLOAD)
        self.require(actor)
        self.nudge(flush=True)

    def take(self, notice: Notice) -> None:
        """Take what the feed tells: a finished unit is looked at."""
        if isinstance(notice, Entry):
            match notice.event:
                case AttemptClosed(outcome=Outcome.PASSED):
                    self._flushed = False
                    self.nudge()
                case _:
                    pass

    def is_busy(self) -> bool:
        """Return whether something is on its way that waiting for it can bring there.

        What waits for company is sent now, once: the engine is about to end.
        """
        outbox = self._outbox
        if outbox is None:
            return False
        with self._station.journal.records() as records:
            counts = records.outbox_counts()
            unchecked = bool(records.final_checks(CheckState.DUE, limit=1)) and not outbox.checks.only_waits
        if not (counts.get(CloudState.WAITING) or counts.get(CloudState.SENDING) or unchecked):
            return False
        if not self._flushed:
            self._flushed = True
            self.nudge(flush=True)
            return True
        return not (outbox.stuck or outbox.blocked)

    def end(self) -> None:
        """Finish the request under way, and send nothing more. Safe to repeat."""
        with self._lock:
            uploader, self._uploader = self._uploader, None
        if uploader is not None:
            uploader.end()
        self._stack.close()
