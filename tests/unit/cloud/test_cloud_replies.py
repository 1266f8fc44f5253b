"""What a reply means: the table in ``replies``, and how long the cloud wants to be left alone."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.cloud.protocol import Busy, CredentialRefused, Invalid, NotSent, Unclear
from station.cloud.replies import RETRY_AFTER_MOST_S, read_look, read_send, retry_after
from station.cloud.wire import Flaw, Reply, Silence
from station.domain.secret import Secret

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def _told(status: int, code: int = 0, message: str = "", **headers: str) -> Reply:
    body = f'{{"code":{code},"message":"{message}"}}' if code else f'{{"message":"{message}"}}'
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())


@pytest.mark.parametrize(
    ("answer", "look", "send"),
    [
        (Silence(False, "x"), NotSent, NotSent),
        (Silence(True, "x"), Busy, Unclear),
        (_told(429), Busy, Busy),
        (_told(503, Retry_After="5"), Busy, Busy),
        (_told(503), Busy, Unclear),
        (_told(503, Retry_After="soon"), Busy, Unclear),
        (_told(500), Busy, Unclear),
        (_told(500, Retry_After="5"), Busy, Unclear),
        (_told(502), Busy, Unclear),
        (_told(504), Busy, Unclear),
        (_told(401, 40100, "Access denied"), CredentialRefused, CredentialRefused),
        (_told(401), CredentialRefused, CredentialRefused),
        (_told(403), CredentialRefused, CredentialRefused),
        (Reply(403, {}, b"", Flaw.CUT), CredentialRefused, CredentialRefused),
        (_told(400, 40005, "Usage limit exceeded."), CredentialRefused, CredentialRefused),
        (_told(429, 40005, "Usage limit exceeded."), CredentialRefused, CredentialRefused),
        (_told(422, 42200, "Invalid API key"), CredentialRefused, CredentialRefused),
        (_told(422, 0, "Unauthorized"), CredentialRefused, CredentialRefused),
        (_told(422, 42200, "Row 3: certPem is not valid"), Unclear, Invalid),
        (_told(422, 42200, "Unexpected token in JSON"), Unclear, Invalid),
        (_told(401, 40101, "Device is already associated with another account."), Unclear, Invalid),
        (_told(400), Unclear, Invalid),
        (_told(413), Unclear, Invalid),
        (_told(404), Unclear, Busy),
        (_told(405), Unclear, Busy),
        (_told(415), Unclear, Busy),
        (_told(408), Busy, Unclear),
        (_told(409), Unclear, Unclear),
        (_told(425), Busy, Unclear),
        (_told(200), Unclear, Unclear),
        (Reply(200, {}, b"", Flaw.CUT), Busy, Unclear),
        (Reply(200, {}, b"", Flaw.LONG), Unclear, Unclear),
        (_told(204), Unclear, Unclear),
        (_told(301), Unclear, Unclear),
        (_told(307), Unclear, Unclear),
        (_told(999), Busy, Unclear),
    ],
)
def test_every_answer_has_its_meaning(answer: Reply | Silence, look: type, send: type) -> None:
    assert type(read_look(answer, NOW)) is look
    assert type(read_send(answer, NOW)) is send


def test_wait_asked_for_goes_along_also_where_the_outcome_is_unclear() -> None:
    assert read_send(_told(500, Retry_After="7"), NOW) == Unclear("the cloud answered HTTP 500", 7.0)
    assert read_send(_told(429, Retry_After="7"), NOW) == Busy("the cloud answered HTTP 429", 7.0)


def test_clouds_own_words_are_told_without_the_key() -> None:
    answer = read_send(_told(422, 42200, "the body for key s3cret is bad\\u001b[2J"), NOW, Secret("s3cret"))
    assert answer == Invalid("the cloud answered HTTP 422 (nRF code 42200): the body for key *** is bad [2J")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": " 120 "}, 120.0),
        ({"Retry-After": "86400"}, RETRY_AFTER_MOST_S),
        ({"Retry-After": "9" * 5000}, RETRY_AFTER_MOST_S),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 12:01:30 GMT"}, 90.0),
        ({"Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"Retry-After": "Mon, 22 Nov 2027 12:00:00 GMT"}, RETRY_AFTER_MOST_S),
        # This PC's clock is an hour off, and the cloud's own Date tells how long it means.
        ({"Retry-After": "Sun, 22 Nov 2026 13:01:30 GMT", "Date": "Sun, 22 Nov 2026 13:00:00 GMT"}, 90.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Reply(429, headers, b""), NOW) == seconds


@given(st.text(max_size=60), st.text(max_size=60))
def test_retry_after_of_any_text_is_within_bounds_or_none(text: str, date: str) -> None:
    seconds = retry_after(Reply(429, {"Retry-After": text, "Date": date}, b""), NOW)
    assert seconds is None or 0 <= seconds <= RETRY_AFTER_MOST_S


@given(st.integers(-10_000, 10_000))
def test_retry_after_dates_are_clamped(seconds: int) -> None:
    text = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(Reply(429, {"Retry-After": text}, b""), NOW) == min(max(seconds, 0), RETRY_AFTER_MOST_S)


@given(st.integers(100, 999), st.binary(max_size=200), st.sampled_from(list(Flaw)))
def test_no_body_makes_a_reading_raise_or_succeed(status: int, body: bytes, flaw: Flaw) -> None:
    reply = Reply(status, {}, body, flaw)
    assert isinstance(read_look(reply, NOW), NotSent | Busy | CredentialRefused | Unclear)
    assert isinstance(read_send(reply, NOW), Busy | CredentialRefused | Invalid | Unclear)
