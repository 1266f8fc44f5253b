"""Planted secrets: whatever form one takes on its way into a log, nobody can read it there."""

import base64
import importlib
import json
import logging
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus, unquote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from station.domain.secret import Secret
from station.host.redaction import _HINTS, _SHAPES, SHORTEST_SHAPE, WITHHELD, RedactingFilter, Redactor, is_secret_key


class Holder:
    """An object as a careless log call would pass it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Holder(text={self.text!r})"


def utf8(secret: str) -> bytes:
    return secret.encode()


HIDING_PLACES: dict[str, Callable[[str], object]] = {
    "a sentence": lambda s: f"the key is {s}, sorry",
    "a nested value": lambda s: {"a": [1, {"b": (f"x{s}y",)}]},
    "a key": lambda s: {f"x {s}": 1},
    "bytes": lambda s: b"\x00" + utf8(s) + b"\xff",
    "an object's repr": Holder,
    "an exception": lambda s: ValueError(f"bad {s}"),
    "a repr in a sentence": lambda s: f"got {[s]!r} and {utf8(s)!r}",
    "JSON": lambda s: json.dumps({"k": s}),
    "JSON in UTF-8": lambda s: json.dumps({"k": s}, ensure_ascii=False),
    "base64": lambda s: base64.b64encode(utf8(s)).decode(),
    "a header's login": lambda s: base64.b64encode(b"station:" + utf8(s)).decode(),
    "base64 behind one letter": lambda s: base64.b64encode(b"a" + utf8(s)).decode(),
    "base64url amid more": lambda s: base64.urlsafe_b64encode(b"ab" + utf8(s) + b"tail").decode(),
    "hexadecimal": lambda s: utf8(s).hex(),
    "HEXADECIMAL": lambda s: utf8(s).hex().upper(),
    "a URL's path": lambda s: f"http://127.0.0.1/{quote(s, safe='')}",
    "a URL's query": lambda s: f"http://127.0.0.1/?k={quote_plus(s)}",
}

secrets = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=8, max_size=40)


def strings_in(value: object) -> list[str]:
    """Return every string a reader of this JSON value sees."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings_in(part)]
    if isinstance(value, list):
        return [text for item in value for text in strings_in(item)]
    return [str(value)]


def readable(text: str) -> str:
    """Return ``text`` with everything beside it that decodes out of it, as a thief would try."""
    found = [text]
    for word in re.findall(r"[A-Za-z0-9+/_-]{4,}", text):
        for start in range(4):
            piece = word[start:].replace("-", "+").replace("_", "/")
            padded = piece[: len(piece) - (len(piece) % 4 == 1)]
            found.append(base64.b64decode(padded + "=" * (-len(padded) % 4)).decode("utf-8", "replace"))
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", word):
            found.append(bytes.fromhex(word).decode("utf-8", "replace"))
    found.append(unquote_plus(text))
    unescaped = text.encode("latin-1", "backslashreplace").decode("unicode_escape", "replace")
    found += [unescaped, unescaped.encode("latin-1", "replace").decode("utf-8", "replace")]
    return "\n".join(found)


@pytest.mark.parametrize("place", HIDING_PLACES)
@settings(max_examples=50, deadline=None)
@given(secret=secrets)
def test_a_planted_secret_is_not_readable(place: str, secret: str) -> None:
    assume("*" not in secret)  # "***" stands where a secret was
    redactor = Redactor()
    redactor.add(Secret(secret))
    event = redactor(None, "info", {"event": "something", "detail": HIDING_PLACES[place](secret)})
    for text in strings_in(json.loads(json.dumps(event))):
        assert secret not in readable(text)


@settings(deadline=None)
@given(secret=secrets, others=st.lists(secrets, max_size=4))
def test_each_of_several_secrets_is_hidden(secret: str, others: list[str]) -> None:
    assume(not any("*" in each for each in [secret, *others]))
    redactor = Redactor()
    for each in [*others, secret, *others]:
        redactor.add(Secret(each))
    assert secret not in redactor.text(f"{secret} {' '.join(others)} {secret}{secret}")


def test_a_secret_that_begins_another_leaves_no_tail_of_it() -> None:
    redactor = Redactor()
    for secret in ("planted-secret", "planted-secret-and-more"):
        redactor.add(Secret(secret))
    assert redactor.text("<planted-secret-and-more>") == "<***>"


@settings(deadline=None)
@given(text=st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=60))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assume(
        not re.search(
            r"bearer|basic|private key|%cmng|eyj|2dn3|oat_|planted-key|cred buf|[?&;](x-|sig|aws)", text, re.IGNORECASE
        )
    )
    redactor = Redactor()
    redactor.add(Secret("planted-key-0123456789"))
    assume(not any(part in text for part in ("planted", "cGxhbnRlZ", "BsYW50ZW", "wbGFudGVk")))
    assert redactor.text(text) == text


SHAPES = {
    "Authorization: Bearer abcDEF123.456-7_8": "abcDEF123.456-7_8",
    "authorization: basic c3RhdGlvbjpwYXNz": "c3RhdGlvbjpwYXNz",
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG\n-----END PRIVATE KEY-----\n": "MIGHAgEAMBMG",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGHAgEAMBMG": "MIGHAgEAMBMG",
    '-----BEGIN EC PRIVATE KEY-----\\nMIGHAgEAMBMG\\n-----END EC PRIVATE KEY-----"': "MIGHAgEAMBMG",
    'AT%CMNG=0,16842753,2,"MIGHAgEA\nMBMG"': "MBMG",
    "at AT%CMNG=0,52,3,'6d79': sent": "6d79",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.MEUCIQ-_": "MEUCIQ-_",
    "cut off: eyJhbGciOiJFUzI1NiJ9": "eyJhbGciOiJFUzI1NiJ9",
    '%ATTESTTOKEN: "2dn3hQFQUFYzUTFUkQ.0oRDoQEmoQRBIfZYQ"': "0oRDoQEmoQRBIfZYQ",
    "token oat_9f8e7d6c5b4a sent": "9f8e7d6c5b4a",
    "GET https://x/y?X-Amz-Expires=9&X-Amz-Signature=0a1b2c3d HTTP/1.1": "0a1b2c3d",
    "(url=https://x/y?a=b&X-Goog-Signature=0a1b2c3d): x": "0a1b2c3d",
    "https://x/y?sv=2&sig=0a1b%2Bc3d": "0a1b%2Bc3d",
    "uart:~$ cred buf LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t": "LS0tLS1C",
    "cred buf RVk=": "RVk",
}


@pytest.mark.parametrize("text", SHAPES)
def test_a_secret_nobody_told_of_is_known_by_its_shape(text: str) -> None:
    assert SHAPES[text] not in Redactor().text(text)


def test_what_follows_a_private_key_block_stays_readable() -> None:
    block = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"
    assert Redactor().text(f"before {block} after") == "before *** after"


@pytest.mark.parametrize("text", ["cred buf clear", "cred buf load, then", "cred list 7"])
def test_a_credentials_shells_other_commands_stay_readable(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_certificate_and_its_modem_command_stay_readable() -> None:
    command = 'AT%CMNG=0,16842753,1,"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"'
    assert Redactor().text(command) == command


@pytest.mark.parametrize(
    "key", ["api_key", "API-Key", "Authorization", "ca_passphrase", "password", "operator_pin", "PIN", "jwt", "psk_hex"]
)
def test_a_value_under_a_secret_name_is_hidden_whatever_it_is(key: str) -> None:
    assert Redactor()(None, "info", {"event": "e", "deep": {key: 4711}}) == {"event": "e", "deep": {key: "***"}}


@pytest.mark.parametrize("key", ["sec_tag", "public_key", "spinning", "author", "sha256", "key_id"])
def test_an_ordinary_name_hides_nothing(key: str) -> None:
    assert not is_secret_key(key)


def test_a_number_that_is_a_secret_is_hidden() -> None:
    redactor = Redactor()
    redactor.add(Secret("12345678"))
    assert redactor.value({"n": 12345678, "m": 1, "yes": True}) == {"n": "***", "m": 1, "yes": True}


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("planted-text")


def test_what_cannot_be_checked_is_withheld_whole() -> None:
    event = Redactor()(None, "info", {"event": "e", "level": "info", "safe": "text", "bad": Unprintable()})
    assert event == {"event": WITHHELD, "level": "info", "reason": "RuntimeError"}


def test_an_endless_value_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "nested too deeply" in json.dumps(Redactor().value(loop))


def test_an_empty_secret_hides_nothing() -> None:
    redactor = Redactor()
    redactor.add(Secret(""))
    assert redactor.text("text") == "text"


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("name", logging.INFO, "path", 1, message, args, trace)


def test_a_standard_library_record_is_cleaned_in_message_arguments_and_traceback() -> None:
    redactor = Redactor()
    redactor.add(Secret("planted-secret"))
    try:
        raise ValueError("with planted-secret inside")
    except ValueError as caught:
        dirty = record("sent %s and %r", "planted-secret", Holder("planted-secret"), error=caught)
    assert RedactingFilter(redactor).filter(dirty)
    text = logging.Formatter().format(dirty)
    assert "planted-secret" not in text
    assert "ValueError: with *** inside" in text
    assert "test_redaction.py" in text


def test_a_record_that_cannot_be_formatted_is_withheld() -> None:
    dirty = record("%s", Unprintable())
    RedactingFilter(Redactor()).filter(dirty)
    assert logging.Formatter().format(dirty) == f"{WITHHELD} (RuntimeError)"


def test_a_key_that_was_shown_is_hidden_once_it_is_known_as_a_secret() -> None:
    redactor = Redactor()
    assert redactor.value({"hunter2hunter2": 1}) == {"hunter2hunter2": 1}
    redactor.add(Secret("hunter2hunter2"))
    assert redactor.value({"hunter2hunter2": 1}) == {"***": 1}


@pytest.mark.parametrize("count", [1, 1200])
def test_however_many_keys_there_are_each_is_looked_at(count: int) -> None:
    redactor = Redactor()
    redactor.value({f"key {number}": 1 for number in range(count)})
    assert redactor.value({"an_api_key": "x", "other": "y"}) == {"an_api_key": "***", "other": "y"}


def test_no_shape_is_shorter_than_what_is_searched() -> None:
    parser = importlib.import_module("re._parser")
    assert {parser.parse(shape.pattern, shape.flags).getwidth()[0] >= SHORTEST_SHAPE for shape, _ in _SHAPES} == {True}


@pytest.mark.parametrize("shape", [shape for shape, _ in _SHAPES], ids=lambda shape: shape.pattern[:20])
@settings(max_examples=20)
@given(data=st.data())
def test_every_text_of_a_shape_has_a_hint(shape: re.Pattern[str], data: st.DataObject) -> None:
    text = data.draw(st.from_regex(shape))
    assert any(hint in text.casefold() for hint in _HINTS), text


def test_an_event_that_another_redactor_has_had_is_looked_through_again() -> None:
    mine, other = Redactor(), Redactor()
    mine.add(Secret("hunter2hunter2"))
    record = logging.LogRecord("a", logging.INFO, "", 0, other(None, "info", {"event": "hunter2hunter2"}), None, None)
    RedactingFilter(mine).filter(record)
    assert record.msg == {"event": "***"}


def test_adding_again_keeps_what_was_added_before() -> None:
    redactor = Redactor()
    for secret in ("first-secret", "second-secret", "first-secret"):
        redactor.add(Secret(secret))
    assert redactor.text("first-secret second-secret") == "*** ***"
