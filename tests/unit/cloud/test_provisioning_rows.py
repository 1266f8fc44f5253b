"""Claims' bodies, and answers to them: what goes out comes back, and no answer makes more of a device than it says."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.cloud.protocol import AttestationToken, OnboardRow
from station.cloud.provisioning_answers import read_bulk_claim, read_commands, read_device, read_rules
from station.cloud.provisioning_rows import (
    MAX_CLAIMS,
    claim_of,
    read_claims,
    render_claims,
)
from station.cloud.wire import Reply
from station.cloud.words import quote
from station.domain.faults import Fault
from station.domain.ids import DeviceId
from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.modem import Modem
from station.simulator.timings import Timings


def _token(serial: str) -> str:
    return Modem(Board(serial), Timings.none(), SystemClock()).execute("AT%ATTESTTOKEN").text.split('"')[1]


TOKENS = [_token(f"rows-{number}") for number in range(3)]
CLAIMS = [claim_of(token) for token in TOKENS]
_TAG = st.text(string.ascii_letters + string.digits + "_.@:#=-", min_size=1, max_size=20)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([*TOKENS, *(one.uuid for one in CLAIMS)]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def _row(claim_token: str, *tags: str, device_id: str = "") -> OnboardRow:
    return OnboardRow(DeviceId(device_id or claim_of(claim_token).uuid), AttestationToken(claim_token), claim_tags=tags)


@given(st.lists(_TAG, max_size=4))
def test_what_is_written_is_read(tags: list[str]) -> None:
    body = render_claims([_row(token, *tags) for token in TOKENS])
    assert read_claims(body) == tuple(claim_of(token, tuple(tags)) for token in TOKENS)
    assert body.endswith(b"\n")
    assert b"\r" not in body


@pytest.mark.parametrize("tag", ["", "a,b", 'a"b', "a b", "a\nb", "ü", "x" * 129])
def test_a_tag_that_would_be_another_is_refused(tag: str) -> None:
    with pytest.raises(Fault) as raised:
        render_claims([_row(TOKENS[0], tag)])
    assert raised.value.code == "CLD-111"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "CLD-112"),
        ([_row(TOKENS[0])] * 2, "CLD-112"),
        ([_row(TOKENS[0])] * (MAX_CLAIMS + 1), "CLD-112"),
        ([_row(TOKENS[0], device_id=CLAIMS[1].uuid)], "CLD-111"),
        ([OnboardRow(DeviceId("a"), AttestationToken("x.y"))], "CLD-111"),
    ],
)
def test_a_body_that_the_cloud_would_refuse_is_not_made(rows: list[OnboardRow], code: str) -> None:
    with pytest.raises(Fault) as raised:
        render_claims(rows)
    assert raised.value.code == code
    assert TOKENS[0] not in str(raised.value) + raised.value.detail


@given(st.binary(max_size=400))
def test_no_other_body_is_read(data: bytes) -> None:
    with pytest.raises(Fault) as raised:
        read_claims(data)
    assert raised.value.code == "CLD-112"


def _reply(value: object, status: int = 201) -> Reply:
    return Reply(status, {}, json.dumps(value).encode())


@settings(deadline=None)
@given(_JSON, _JSON, st.sampled_from([200, 201, 202, 400, 409, 500]))
def test_no_answer_claims_more_than_it_names(ids: object, failed: object, status: int) -> None:
    told = read_bulk_claim(_reply({"claimedIds": ids, "failed": failed}, status), CLAIMS)
    if told is None:
        return
    assert isinstance(ids, list)
    named = {text.lower() for text in ids if isinstance(text, str)}
    assert told.claimed <= named
    assert not told.claimed & told.refused.keys()
    assert all(token not in reason for reason in told.refused.values() for token in TOKENS)


@given(_JSON)
def test_any_answer_can_be_read(value: object) -> None:
    for status in (200, 201):
        read_bulk_claim(_reply(value, status), CLAIMS)
        read_device(_reply(value, status), CLAIMS[0].uuid)
        read_commands(_reply(value, status))
        read_rules(_reply(value, status))


def test_an_answer_that_says_nothing_of_a_row_tells_nothing_of_it() -> None:
    told = read_bulk_claim(_reply({"claimedIds": [CLAIMS[0].uuid.upper()], "failed": ["something"]}), CLAIMS)
    assert told is not None
    assert (told.claimed, told.refused) == ({CLAIMS[0].uuid}, {})
    assert read_bulk_claim(_reply({}), CLAIMS) is None
    assert read_bulk_claim(_reply([]), CLAIMS) is None
    assert read_bulk_claim(_reply({"claimedIds": [CLAIMS[0].uuid]}, 500), CLAIMS) is None


def test_an_element_that_could_be_two_rows_is_nobodys() -> None:
    both = f"{CLAIMS[0].uuid} and {CLAIMS[1].uuid}"
    told = read_bulk_claim(_reply({"failed": [{"message": both}]}), CLAIMS)
    assert told is not None
    assert told.refused == {}


@given(st.text(), st.text())
def test_a_token_is_quoted_nowhere(before: str, after: str) -> None:
    said = quote(f"{before} {TOKENS[0]} {after}")
    assert TOKENS[0] not in said
    assert TOKENS[0].partition(".")[0] not in said


@given(st.text(), st.text())
def test_an_onboarding_token_is_quoted_nowhere_either_whole_or_cut_off(before: str, after: str) -> None:
    header, claims, signature = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9", "eyJpZCI6InRlYW0ifQ", "c2lnbmF0dXJl" * 7
    for token in (f"{header}.{claims}.{signature}", f"{header}.{claims}", header):
        said = quote(f"{before} {token} {after}")
        assert [part for part in token.split(".") if part in said] == []
