"""What both APIs are asked through: one secret, one base address it may go to, and how often a look is tried.

Stateless but for what the cloud's clock said last. What is handed over is sent once and never again; looks are tried
three times within seconds before they give up.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import stamina
from requests.auth import AuthBase

from station.cloud import protocol as say
from station.cloud.address import Bearer, require_base_url
from station.cloud.faults import KEY_BAD
from station.cloud.replies import read_look, read_send, told_date
from station.cloud.wire import ANSWER_LIMIT, Flaw, Line, Reply, Silence, Timeouts, Wire
from station.domain.secret import Secret
from station.host.clock import Clock

_KEY = re.compile(r"[!-~]{1,4096}")
_CLOCK_STEADY_S = 60.0
"""Where this PC's two clocks disagree by more since the cloud told its time, the PC slept or its clock was set."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach a cloud, for what the station file says of it."""

    clock: Clock
    version: str
    timeouts: Timeouts | None = None
    ca_bundle: Path | None = None
    proxy: str | None = None


class Asker:
    """Asks one API with one secret. Safe from any thread."""

    def __init__(self, base_url: str, secret: Secret, reach: Reach) -> None:
        """``secret`` goes to what lies below ``base_url`` alone; only this PC's own loopback may be plain HTTP.

        Raises CLD-101 to CLD-105 where something of the station file can't be used. Nothing is asked yet.
        """
        self.base = require_base_url(base_url)
        if not _KEY.fullmatch(secret.reveal()):
            raise KEY_BAD.fault()
        self.secret = secret
        self.bearer: AuthBase = Bearer(self.base, secret)
        self.clock = reach.clock
        self.wire = Wire(
            timeouts=reach.timeouts or Timeouts(),
            ca_bundle=reach.ca_bundle,
            proxy=reach.proxy,
            clock=reach.clock,
            user_agent=f"nrf91-station/{reach.version}",
        )
        self._told_time: _ToldTime | None = None

    def time(self) -> datetime | None:
        """Return the time by the cloud's clock: its last answer's Date and what has passed since. Asks nothing.

        None where no answer had one, or where this PC can't tell how long ago that was.
        """
        told = self._told_time
        if told is None:
            return None
        passed = self.clock.monotonic() - told.monotonic
        if abs((self.clock.now() - told.wall).total_seconds() - passed) > _CLOCK_STEADY_S:
            return None
        return told.date + timedelta(seconds=passed)

    def hand_over(
        self, path: str, body: bytes, content_type: Literal["text/csv", "text/plain", "application/json"] = "text/csv"
    ) -> Reply | Silence:
        """POST ``body`` below the base address, once, over a connection of its own. NOT safe to repeat."""
        with self.wire.line() as line:
            answer = line.exchange("POST", self.base + path, self.bearer, body=body, content_type=content_type)
        self._note_time(answer)
        return answer

    def look(
        self, line: Line, path: str, *, query: Sequence[tuple[str, str]] = (), auth: AuthBase | None = None
    ) -> Reply | Silence:
        """GET what lies below the base address, with the secret or another ``auth``. Safe to repeat."""
        return self.ask(line, self.base + path, auth or self.bearer, query=query)

    def ask(
        self, line: Line, url: str, auth: AuthBase, *, query: Sequence[tuple[str, str]] = (), limit: int = ANSWER_LIMIT
    ) -> Reply | Silence:
        """GET, three times at most: a broken connection or a server's hiccup is not worth a wait of the outbox."""

        def ask_once() -> Reply | Silence:
            answer = line.exchange("GET", url, auth, query=query, limit=limit)
            if url.startswith(f"{self.base}/"):  # the files' host has a clock of its own
                self._note_time(answer)
            if _is_hiccup(answer):
                raise _Hiccup(answer)
            return answer

        # What took ten seconds was no hiccup, and is left to the outbox.
        retrying = stamina.RetryingCaller(attempts=3, timeout=10.0, wait_initial=0.2, wait_max=2.0, wait_jitter=0.3)
        try:
            # A closure: stamina logs its callee's arguments, and a file's address is none of the log's business.
            return retrying(_Hiccup, ask_once)
        except _Hiccup as last:
            return last.answer

    def read_look(self, answer: Reply | Silence) -> say.Trouble:
        """Return what an answer to a look means that was not the hoped-for one."""
        return read_look(answer, self.clock.now(), self.secret)

    def read_send(self, answer: Reply | Silence) -> say.Invalid | say.Trouble:
        """Return what an answer to a body means that is no readable 202."""
        return read_send(answer, self.clock.now(), self.secret)

    def _note_time(self, answer: Reply | Silence) -> None:
        date = told_date(answer) if isinstance(answer, Reply) else None
        if date is not None:
            self._told_time = _ToldTime(date, self.clock.now(), self.clock.monotonic())


@dataclass(frozen=True, slots=True)
class _ToldTime:
    """The cloud's Date, and this PC's two clocks when it came."""

    date: datetime
    wall: datetime
    monotonic: float


class _Hiccup(Exception):  # noqa: N818 -- it carries an answer and never leaves this module
    """An answer worth asking for once more."""

    def __init__(self, answer: Reply | Silence) -> None:
        super().__init__()  # without the answer: stamina logs the exception's repr
        self.answer = answer


def _is_hiccup(answer: Reply | Silence) -> bool:
    if isinstance(answer, Silence):
        return answer.sent
    if answer.status == 503 and "Retry-After" in answer.headers:
        return False
    return answer.status in (500, 502, 503, 504) or answer.flaw is Flaw.CUT
