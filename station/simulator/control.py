"""The bench asked and moved from outside: JSON over HTTP on loopback.

| request | what it does |
| --- | --- |
| GET /slots | every slot: port, board, power, probe |
| POST /slots/N | put a board in; the body is described at ``Bench.new_board`` |
| DELETE /slots/N | take it out |
| POST /slots/N/power {"on": bool} | switch its supply |
| POST /slots/N/reset | reset it |
| POST /slots/N/probe {"plugged": bool} | plug its probe in, or pull it out |
| POST /slots/N/say {"text": ...} | let it print an unsolicited result or a log line |
| GET /boards | every board there ever was on this bench |
| GET /boards/SERIAL[?private=1] | what it truly holds |
| GET /boards/SERIAL/log | the commands it got |
| POST /boards/SERIAL/faults | make more go wrong with it: ``faults.BoardFaults`` as JSON, for example \
{"probe": [{"do": "power-off", "op": "program", "at": 0.37}]} |
| DELETE /boards/SERIAL/faults | let nothing go wrong with it from now on |
| POST /boards/SERIAL/sign {"sec_tag": N, "data": hex} | have its client key sign: ``{"signature": hex}``, DER |
"""

import http.server
import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import parse_qs, urlsplit

from station.domain.faults import Fault
from station.simulator.listening import Listening

_BODY_LIMIT = 1024 * 1024


class Bench(Protocol):
    """What the control API needs of a bench."""

    def describe_slots(self) -> list[dict[str, object]]: ...
    def describe_boards(self) -> list[dict[str, object]]: ...
    def describe_board(self, serial: str, *, private: bool) -> dict[str, object]: ...
    def describe_log(self, serial: str) -> list[dict[str, object]]: ...
    def insert_described(self, slot: int, description: Mapping[str, object]) -> dict[str, object]: ...
    def remove(self, slot: int) -> None: ...
    def power(self, slot: int, *, on: bool) -> None: ...
    def reset(self, slot: int) -> None: ...
    def plug_probe(self, slot: int, *, plugged: bool) -> None: ...
    def say(self, slot: int, text: str) -> None: ...
    def add_faults(self, serial: str, value: object) -> None: ...
    def clear_faults(self, serial: str) -> None: ...
    def sign(self, serial: str, sec_tag: int, data: bytes) -> bytes: ...


class Call:
    """One HTTP request, read."""

    def __init__(self, groups: tuple[str, ...], query: Mapping[str, list[str]], body: Mapping[str, object]) -> None:
        self.groups = groups
        self.query = query
        self.body = body

    @property
    def slot(self) -> int:
        """The slot in the path."""
        return int(self.groups[0])

    @property
    def serial(self) -> str:
        """The board in the path."""
        return self.groups[0]

    def flag(self, name: str) -> bool:
        """Return true or false from the body; ValueError where it is neither."""
        value = self.body.get(name)
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false")
        return value

    def text(self, name: str) -> str:
        """Return a text from the body; ValueError where it is none."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a text")
        return value


def _power(bench: Bench, call: Call) -> object:
    bench.power(call.slot, on=call.flag("on"))
    return None


def _plug(bench: Bench, call: Call) -> object:
    bench.plug_probe(call.slot, plugged=call.flag("plugged"))
    return None


def _sign(bench: Bench, call: Call) -> object:
    sec_tag = call.body.get("sec_tag")
    if not isinstance(sec_tag, int):
        raise ValueError("sec_tag must be a number")
    return {"signature": bench.sign(call.serial, sec_tag, bytes.fromhex(call.text("data"))).hex()}


def _describe_board(bench: Bench, call: Call) -> object:
    return bench.describe_board(call.serial, private=call.query.get("private") == ["1"])


_SLOT: Final = r"/slots/([0-9]{1,3})"
_BOARD: Final = r"/boards/([!-.0-~]{1,64})"
_ROUTES: Final[tuple[tuple[str, re.Pattern[str], Callable[[Bench, Call], object]], ...]] = (
    ("GET", re.compile(r"/slots"), lambda bench, _call: bench.describe_slots()),
    ("POST", re.compile(_SLOT), lambda bench, call: bench.insert_described(call.slot, call.body)),
    ("DELETE", re.compile(_SLOT), lambda bench, call: bench.remove(call.slot)),
    ("POST", re.compile(f"{_SLOT}/power"), _power),
    ("POST", re.compile(f"{_SLOT}/probe"), _plug),
    ("POST", re.compile(f"{_SLOT}/reset"), lambda bench, call: bench.reset(call.slot)),
    ("POST", re.compile(f"{_SLOT}/say"), lambda bench, call: bench.say(call.slot, call.text("text"))),
    ("GET", re.compile(r"/boards"), lambda bench, _call: bench.describe_boards()),
    ("GET", re.compile(_BOARD), _describe_board),
    ("GET", re.compile(f"{_BOARD}/log"), lambda bench, call: bench.describe_log(call.serial)),
    ("POST", re.compile(f"{_BOARD}/faults"), lambda bench, call: bench.add_faults(call.serial, dict(call.body))),
    ("DELETE", re.compile(f"{_BOARD}/faults"), lambda bench, call: bench.clear_faults(call.serial)),
    ("POST", re.compile(f"{_BOARD}/sign"), _sign),
)


class Control:
    """The control API of ``bench``, listening from construction until :meth:`close`."""

    def __init__(self, bench: Bench, port: int = 0) -> None:
        class Handler(_Handler):
            def answer(self, method: str) -> None:
                self.respond(bench, method)

        self._server = _Server(("127.0.0.1", port), Handler)
        self._server.begin("control")

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``"""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening. Safe to repeat."""
        self._server.end()


class _Server(Listening, http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, method: str) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_DELETE(self) -> None:
        self.answer("DELETE")

    def respond(self, bench: Bench, method: str) -> None:
        """Answer one request: 200 with JSON, 400, 404 or 409 with ``{"error": sentence}``."""
        try:
            status, value = HTTPStatus.OK, self._result(bench, method)
        except LookupError as error:
            status, value = HTTPStatus.NOT_FOUND, {"error": str(error)}
        except ValueError as error:
            status, value = HTTPStatus.BAD_REQUEST, {"error": str(error)}
        except Fault as fault:
            status, value = HTTPStatus.CONFLICT, {"error": str(fault), "code": fault.code}
        body = json.dumps({} if value is None else value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _result(self, bench: Bench, method: str) -> object:
        address = urlsplit(self.path)
        body = self._body()
        for verb, pattern, act in _ROUTES:
            if verb == method and (match := pattern.fullmatch(address.path)):
                return act(bench, Call(match.groups(), parse_qs(address.query), body))
        raise LookupError(f"there is no {method} {address.path} here")

    def _body(self) -> Mapping[str, object]:
        size = int(self.headers.get("Content-Length") or 0)
        if size > _BODY_LIMIT:
            raise ValueError("the body is too long")
        text = self.rfile.read(size)
        value = json.loads(text) if text.strip() else {}
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")
        return value

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Say nothing: the bench's talk with its tests is no news."""
