"""Messages as bytes: one JSON object each. What can't be read is a fault; what was in it is never told."""

from functools import cache
from typing import Any, Final, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from station.domain.faults import Fault
from station.engine.commands import PROTOCOL, Command, Request
from station.engine.faults import NOT_UNDERSTOOD, TOO_MUCH
from station.engine.limits import BEYOND
from station.engine.pushes import Push
from station.engine.results import Answer, Failed, Result

GREETING: Final = b"nrf91-station engine %d" % PROTOCOL
"""What both sides say first: the protocol's number stands in it."""

LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one message to the engine."""

LONGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of one message from it: people and files come whole."""

T = TypeVar("T")

_COMMANDS: Final[dict[str, Any]] = {kind.kind: kind for kind in get_args(Command)}
_RESULTS: Final[dict[str, Any]] = {kind.kind: kind for kind in (*get_args(Result), Failed)}
_PUSHES: Final[dict[str, Any]] = {kind.kind: kind for kind in get_args(Push)}


class BeyondLimitsError(Exception):
    """A request is sound but for how much it says: ``fault`` is the answer to it, and the conversation goes on."""

    def __init__(self, number: int, fault: Fault) -> None:
        super().__init__(fault.code)
        self.number, self.fault = number, fault


def encode_request(request: Request) -> bytes:
    """Return the request as it is sent; secrets in it are plain."""
    return to_json({"number": request.number, **_body(request.command)})


def decode_request(data: bytes) -> Request:
    """Return what :func:`encode_request` wrote; raises ENG-107 for anything else, BeyondLimitsError for too much."""
    number = 0
    try:
        value = from_json(data)
        number = value["number"]
        if type(number) is not int or number < 1:
            raise ValueError("number")
        return Request(number=number, command=_read(_COMMANDS, value))
    except _TooMuchError as error:
        raise BeyondLimitsError(number, TOO_MUCH.fault(what=error.what, most=error.most)) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        # Never the error's own words: they quote what was sent, which may be a PIN.
        raise NOT_UNDERSTOOD.fault(type(error).__name__) from None


def encode_answer(answer: Answer) -> bytes:
    """Return the answer as it is sent."""
    return to_json({"answer": answer.number, **_body(answer.result)})


def encode_push(push: Push) -> bytes:
    """Return the push as it is sent."""
    return to_json(_body(push))


def decode_reply(data: bytes) -> Answer | Push:
    """Return what the engine said; raises ENG-107 for what it never says."""
    try:
        value = from_json(data)
        if "answer" in value:
            return Answer(number=value["answer"], result=_read(_RESULTS, value))
        push: Push = _read(_PUSHES, value)
        return push
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NOT_UNDERSTOOD.fault(type(error).__name__) from None


class _TooMuchError(Exception):
    """What is too much, by the field's name, and how much it may be; never what was sent."""

    def __init__(self, found: Any) -> None:
        super().__init__()
        self.what = str(found["loc"][0]) if found["loc"] else "that"
        limits = found.get("ctx", {})
        self.most = next((f"{limits[name]}" for name in ("max_length", "le", "ge") if name in limits), "less")


def _body(value: Command | Result | Failed | Push) -> dict[str, Any]:
    return {"kind": value.kind, "body": _adapter(value.kind).dump_python(value, mode="json")}


def _read(kinds: dict[str, Any], value: dict[str, Any]) -> Any:
    try:
        return _adapter(kinds[value["kind"]].kind).validate_python(value["body"])
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        if found and all(one["type"] in BEYOND for one in found):
            raise _TooMuchError(found[0]) from None
        raise ValueError("body") from None


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter((_COMMANDS | _RESULTS | _PUSHES)[kind])
