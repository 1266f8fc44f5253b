"""Final checks of onboarded units: does the cloud know the device, and does it take the token that the device signed?

The outbox's thread asks, a few units at a time, behind all uploads. A "no" is asked about again for a while: a device
that has just been onboarded may not be everywhere yet (the vendor: MQTT and the like lag by up to five minutes). What
is found changes nothing of how the unit stands with the cloud; a refused one is told and marked until it is built or
checked again.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from station.cloud.protocol import Busy, Cloud, JwtAccepted, JwtRefused, NotSent, Unclear
from station.domain.check_events import Asks, CheckState, FinalChecked, Known, Token
from station.domain.events import UploadPrepared
from station.domain.ids import EventSeq, UnitId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.host.clock import Clock
from station.journal.records import Records
from station.journal.rows import CheckRow
from station.line.faults import CHECK_REFUSED, NO_CHECK
from station.line.feed import Feed, Told
from station.line.final_tokens import FinalTokens
from station.line.hand import Writer
from station.line.team import KeyWatch
from station.settings.recipe import Recipe

AT_ONCE: Final = 5
"""Units a look: each takes two questions, and uploads wait meanwhile."""
LAG: Final = 300.0
"""Seconds for which a "no" may be a "not yet"."""
_ROWS: Final = 500
_ALL: Final = 1_000_000
_FIRST: Final = 5.0
_MOST: Final = 60.0
"""Seconds between two questions about one unit, growing."""


def require_check(recipe: Recipe, cloud: Cloud) -> None:
    """Raise LINE-160 where the recipe wants a final check and no way is known to ask this API for one device. Pure."""
    if recipe.cloud is not None and recipe.cloud.final_check and not cloud.can_look:
        raise NO_CHECK.fault(product=recipe.product, api=cloud.api)


@dataclass(slots=True)
class _Asked:
    """What was heard of one unit so far; ``since`` and ``due`` are monotonic."""

    since: float
    due: float
    found: FinalChecked
    times: int = 0


class FinalChecks:
    """Asks for units whose check is due, and journals what it finds. One thread uses it, with its reader."""

    def __init__(
        self, journal: Writer, records: Records, key: KeyWatch, clock: Clock, tokens: FinalTokens, feed: Feed
    ) -> None:
        self._journal, self._records, self._key = journal, records, key
        self._clock, self._tokens, self._feed = clock, tokens, feed
        self._asked: dict[UnitId, _Asked] = {}
        self._due, self._pause = 0.0, _FIRST
        self._accounts: dict[int, str] = {}
        self.only_waits = True
        """Whether all that is due was asked about before, as of the last look. Safe from any thread."""

    def due(self) -> bool:
        """Return whether there is something to ask now. Asks nothing."""
        return self.wait() == 0.0

    def wait(self) -> float | None:
        """Return the seconds until there is something to ask; None where no check is due at this account."""
        rows = self._rows()
        self.only_waits = all(row.unit in self._asked for row in rows)
        if not rows:
            return None
        now = self._clock.monotonic()
        first = min(self._asked[row.unit].due if row.unit in self._asked else 0.0 for row in rows)
        return max(0.0, self._due - now, first - now)

    def look(self) -> bool:
        """Ask about the next units; return whether anything was done. Safe to repeat."""
        now = self._clock.monotonic()
        if now < self._due or not self._rows():
            return False
        if (wait := self._key.check()) is not None:
            self._due = now + wait
            return False
        ready = [row for row in self._rows() if row.unit not in self._asked or self._asked[row.unit].due <= now]
        chosen = ready[:AT_ONCE]
        return bool(chosen) and self._ask(chosen)

    def close(self) -> None:
        """Journal the "no" of units that nobody will ask about again with the token they have now. Safe to repeat.

        Whoever restarts has no token: what the cloud said last is worth more than that it was not asked.
        """
        for row in self._rows():
            asked = self._asked.get(row.unit)
            if asked is not None and asked.found.token is Token.REFUSED:
                self._end(row, asked.found, asked)

    def _rows(self) -> list[CheckRow]:
        if not self._key.cloud.can_look:
            return []
        rows = self._records.final_checks(CheckState.DUE, limit=_ROWS)
        if len(rows) == _ROWS and not any(self._is_ours(row) for row in rows):
            rows = self._records.final_checks(CheckState.DUE, limit=_ALL)
        return [row for row in rows if self._is_ours(row)]

    def _is_ours(self, row: CheckRow) -> bool:
        """Whether the unit is onboarded, and in this key's account as far as anybody knows."""
        if row.cloud is not CloudState.ONBOARDED:
            return False
        if row.upload is None:
            return True
        if row.upload not in self._accounts:
            event = self._records.entry(EventSeq(row.upload)).event
            self._accounts[row.upload] = event.account if isinstance(event, UploadPrepared) else ""
        its, ours = self._accounts[row.upload], self._key.account
        return not its or not ours or its == ours

    def _ask(self, rows: list[CheckRow]) -> bool:
        known = self._key.known([row.device_id for row in rows], self._put_off)
        if known is None:
            return False
        reasons = dict(known.unknown)
        for row in rows:
            if row.device_id in known.present:
                found, why = Known.YES, ""
            elif row.device_id in known.absent:
                found, why = Known.NO, "it is not in this account"
            else:
                found, why = Known.UNKNOWN, reasons.get(row.device_id, "no answer")
            if not self._ask_token(row, found, why):
                return False
        self._pause = _FIRST
        return True

    def _ask_token(self, row: CheckRow, known: Known, why: str) -> bool:
        """Ask with the unit's own token, where it has one; False where the cloud can't be asked now."""
        token = self._tokens.get(row.unit)
        says, words = Token.NOT_ASKED, "" if isinstance(token, Secret) else token
        if row.asks is Asks.KNOWN:
            words = ""
        elif isinstance(token, Secret):
            answer = self._key.cloud.accepts_jwt(row.device_id, token)
            self._key.hear(answer)
            match answer:
                case JwtAccepted():
                    says = Token.ACCEPTED
                case JwtRefused():
                    says, words = Token.REFUSED, answer.reason
                case Unclear():
                    says, words = Token.UNKNOWN, answer.reason
                case NotSent() | Busy():
                    self._put_off(answer)
                    return False
                case _:
                    assert_never(answer)
        text = "; ".join(dict.fromkeys(filter(None, (why, words))))
        self._take(row, FinalChecked(unit=row.unit, known=known, token=says, words=text, asks=row.asks))
        return True

    def _take(self, row: CheckRow, found: FinalChecked) -> None:
        now = self._clock.monotonic()
        asked = self._asked.setdefault(row.unit, _Asked(now, now, found))
        asked.found, asked.times = found, asked.times + 1
        final = found.known is Known.YES and found.token in (Token.ACCEPTED, Token.NOT_ASKED)
        if final or now - asked.since >= LAG:
            self._end(row, found, asked)
        else:
            left = max(0.0, asked.since + LAG - now)
            asked.due = now + min(_MOST, _FIRST * 2 ** (asked.times - 1), left)

    def _end(self, row: CheckRow, found: FinalChecked, asked: _Asked) -> None:
        self._journal.commit(found)
        self._tokens.drop(row.unit)
        self._asked.pop(row.unit, None)
        if found.state is CheckState.REFUSED:
            seconds = round(self._clock.monotonic() - asked.since)
            fault = CHECK_REFUSED.fault(
                f"asked {asked.times} times in {seconds} s", device_id=row.device_id, said=found.sentence.rstrip(".")
            )
            self._feed.publish(Told(fault.code, fault.sentence))

    def _put_off(self, answer: NotSent | Busy | Unclear) -> None:
        asked = None if isinstance(answer, NotSent) else answer.retry_after_s
        self._due = self._clock.monotonic() + (self._pause if asked is None else max(1.0, asked))
        self._pause = min(_MOST, self._pause * 2)
