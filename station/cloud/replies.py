"""What a reply that is no success means (nrf-cloud-api reference section 1.6, pki-audit-durability section 4).

Two readings, because a look may be repeated and handing over a body may not:

=========================  ==========================  ===================================================
what came                  after a look (GET)          after handing over a body (POST)
=========================  ==========================  ===================================================
nothing, nothing was sent  ``NotSent``                 ``NotSent``
nothing, after sending     ``Busy``                    ``Unclear``
429                        ``Busy``                    ``Busy``: refused before it was looked at
503 with Retry-After       ``Busy``                    ``Busy``: the same
another 5xx                ``Busy``                    ``Unclear``: it may have failed after taking it
401, 403, nRF code 40100   ``CredentialRefused``       ``CredentialRefused``
40005 (the plan's limit)   ``CredentialRefused``       ``CredentialRefused``: no row is wrong
422 in words of the key    ``CredentialRefused``       ``CredentialRefused``
400, 413, 422, code 40101  ``Unclear``                 ``Invalid``: it was looked at
408, 425                   ``Busy``                    ``Unclear``
409                        ``Unclear``                 ``Unclear``: it may mean that the body is known
another 4xx (404, 415 ...) ``Unclear``                 ``Busy``: it never came to the body; the address may be wrong
1xx, 2xx unread, 3xx       ``Unclear``                 ``Unclear``
=========================  ==========================  ===================================================
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from station.cloud.jsontext import read_json
from station.cloud.protocol import Busy, CredentialRefused, Invalid, NotSent, Trouble, Unclear
from station.cloud.wire import Flaw, Reply, Silence
from station.cloud.words import quote
from station.domain.secret import Secret

ACCESS_DENIED = 40100
OTHER_ACCOUNT = 40101
PLAN_LIMIT = 40005
EMPTY_LIST = 40499

RETRY_AFTER_MOST_S = 3600.0
_RETRY_SECONDS = re.compile(r"[0-9]+")
# In 2021 a bad key was answered with 422 (reference section 1.6); "token" alone is also a JSON parser's word.
_KEY_WORDS = re.compile(
    r"api[ _-]?key|unauthori[sz]ed|authori[sz]ation|authenticat|bearer|access denied", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Told:
    """What an error reply says: nRF Cloud's own code (0 where there is none) and words fit to be shown."""

    code: int
    words: str


def read_told(reply: Reply, *secrets: Secret) -> Told:
    """Return what an error reply says, with ``secrets`` masked; an unreadable body says nothing. Pure."""
    value = read_json(reply.body)
    if not isinstance(value, dict):
        return Told(0, "")
    code, words, causes = value.get("code"), value.get("message"), value.get("cause")
    if isinstance(words, str) and isinstance(causes, list) and causes:  # the organisation API's own form
        words = f"{words} ({'; '.join(str(cause) for cause in causes[:20])})"
    return Told(code if type(code) is int else 0, quote(words, *secrets) if isinstance(words, str) else "")


def read_look(answer: Reply | Silence, now: datetime, *secrets: Secret) -> Trouble:
    """Return what an answer to a GET means that was not the hoped-for one. Pure."""
    if isinstance(answer, Silence):
        reason = f"the cloud can't be reached: {answer.reason}"
        return Busy(reason) if answer.sent else NotSent(reason)
    told = read_told(answer, *secrets)
    reason = _sentence(answer, told)
    if refuses_key(answer.status, told):
        return CredentialRefused(reason)
    if answer.status in (408, 425, 429) or answer.status >= 500 or answer.flaw is Flaw.CUT:
        return Busy(reason, retry_after(answer, now))
    return Unclear(reason)


def read_send(answer: Reply | Silence, now: datetime, *secrets: Secret) -> Invalid | Trouble:
    """Return what an answer to a POST means that was no readable 202. Pure."""
    if isinstance(answer, Silence):
        if not answer.sent:
            return NotSent(f"the cloud can't be reached: {answer.reason}")
        return Unclear(f"the cloud gave no answer after the body was on its way: {answer.reason}")
    told = read_told(answer, *secrets)
    reason = _sentence(answer, told)
    wait = retry_after(answer, now)
    if refuses_key(answer.status, told):
        return CredentialRefused(reason)
    if answer.status in (400, 413, 422) or told.code == OTHER_ACCOUNT:
        return Invalid(reason)
    if answer.status in (408, 409, 425):
        return Unclear(reason, wait)
    if 400 <= answer.status < 500 or (answer.status == 503 and wait is not None):
        return Busy(reason, wait)
    return Unclear(reason, wait)


def refuses_key(status: int, told: Told) -> bool:
    """Return whether a reply speaks of the key or its account rather than of what was asked. Pure."""
    if told.code == PLAN_LIMIT:
        return True
    if told.code == OTHER_ACCOUNT:  # of a device; its first digits look like HTTP's 401
        return False
    if status in (401, 403) or told.code == ACCESS_DENIED:
        return True
    return status in (400, 422) and _KEY_WORDS.search(told.words) is not None


def retry_after(reply: Reply, now: datetime) -> float | None:
    """Return the seconds of ``Retry-After`` (RFC 9110 section 10.2.3), 0 to 3600, or None where it can't be read. Pure.

    A date is measured from the reply's own Date where it has one, so that this PC's clock need not be right.
    """
    text = reply.headers.get("Retry-After", "").strip()
    if _RETRY_SECONDS.fullmatch(text):
        seconds = float(text[:12]) if len(text) <= 12 else RETRY_AFTER_MOST_S
    else:
        at = _read_date(text)
        if at is None:
            return None
        seconds = (at - cloud_time(reply, now)).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_MOST_S)


def cloud_time(reply: Reply, now: datetime) -> datetime:
    """Return the reply's own Date, or ``now`` where it has none. Pure."""
    return told_date(reply) or now


def told_date(reply: Reply) -> datetime | None:
    """Return the reply's own Date (RFC 9110 section 6.6.1); None where it has none that can be read. Pure."""
    return _read_date(reply.headers.get("Date", ""))


def _read_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _sentence(reply: Reply, told: Told) -> str:
    code = f" (nRF code {told.code})" if told.code else ""
    if told.words:
        return f"the cloud answered HTTP {reply.status}{code}: {told.words}"
    if reply.status == 200 and not reply.flaw:
        return "the cloud's answer can't be read"
    if 300 <= reply.status < 400:
        return f"the cloud answered HTTP {reply.status}, a redirect, and those are not followed: check its address"
    return f"the cloud answered HTTP {reply.status}{code}" + (f", and of its body: {reply.flaw}" if reply.flaw else "")
