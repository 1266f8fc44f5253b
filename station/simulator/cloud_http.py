"""The simulated cloud's HTTP: a server that records each request before anything else, and misbehaves by script."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from station.host.clock import Clock
from station.host.files import sha256_of
from station.simulator.cloud_faults import Do, Fault, Faults
from station.simulator.listening import Listening

BODY_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as an application sees it: ``path`` without its query, header names in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def bearer(self) -> str:
        """The bearer token, or ""."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an application answers."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of_json(status: int, value: object) -> "Answer":
        """Return a JSON answer."""
        return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json"})


@dataclass(slots=True)
class Seen:
    """A request as it came in. ``answered`` stays 0 where it got no status."""

    at: str
    server: str
    method: str
    target: str
    headers: dict[str, str]
    fault: str = ""
    body: bytes = b""
    body_sha256: str = ""
    acted: bool = False
    answered: int = 0


class Server(Listening, ThreadingHTTPServer):
    """One listening port on the loopback and the application behind it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        name: str,
        application: Callable[[Request], Answer],
        *,
        port: int,
        faults: Faults,
        record: Callable[[Seen], None],
        clock: Clock,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.name = name
        self.application = application
        self.faults = faults
        self.record = record
        self.clock = clock
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()

    @property
    def origin(self) -> str:
        """The server's address up to its port."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve from a thread of its own."""
        self.begin(f"cloud-{self.name}")

    def stop(self) -> None:
        """Stop serving and end every connection. Safe to repeat, and before :meth:`start`."""
        self.stopping.set()
        self.end()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # its own thread may be closing it just now
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def close_request(self, request: object) -> None:
        """Close a connection and forget it."""
        self._open.discard(request)
        super().close_request(request)  # type: ignore[arg-type]  # the same

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away; anything else is our own mistake, and is told."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # the same


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        hidden = parts.path.startswith("/_")  # a test's own questions are neither recorded nor spoilt
        fault = None if hidden else self.server.faults.take(self.command, parts.path)
        seen = Seen(self.server.clock.now().isoformat(), self.server.name, self.command, self.path, headers)
        seen.fault = fault.do if fault else ""
        if not hidden:
            self.server.record(seen)
        if fault and fault.do is Do.CLOSE_UNREAD:
            self.close_connection = True
            return
        seen.body = self._read_body()
        seen.body_sha256 = sha256_of(seen.body)
        request = Request(self.command, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, seen.body)
        if fault is None:
            seen.acted = True
            self._write(seen, self.server.application(request))
        else:
            self._misbehave(seen, fault, request)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's signature
        """Say nothing: what came in is told under ``/_truth``."""

    def _read_body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            raise ConnectionAbortedError("the body is too large")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionAbortedError("the client left before its body was whole")
        return body

    def _misbehave(self, seen: Seen, fault: Fault, request: Request) -> None:
        match fault.do:
            case Do.STATUS:
                self._write(seen, Answer(fault.status, fault.body.encode(), fault.headers))
                return
            case Do.REDIRECT:
                self._write(seen, Answer(fault.status, b"", {"Location": fault.body}))
                return
            case Do.CLOSE_UNDONE:
                self.close_connection = True
                return
        seen.acted = True
        answer = self.server.application(request)
        match fault.do:
            case Do.SLOW:
                self.server.clock.wait(self.server.stopping, fault.seconds)
                self._write(seen, answer)
            case Do.NONSENSE:
                self._write(seen, Answer(answer.status, fault.body.encode(), answer.headers))
            case Do.HUGE:
                self._write(seen, Answer(answer.status, b" " * int(fault.seconds * 1024 * 1024), answer.headers))
            case Do.DRIP:
                for byte in _render(answer):
                    self.wfile.write(bytes((byte,)))
                    if self.server.clock.wait(self.server.stopping, fault.seconds):
                        break
            case Do.CLOSE_MID_ANSWER:
                self.wfile.write(_render(answer)[: -(len(answer.body) // 2) or None])
        self.close_connection = True

    def _write(self, seen: Seen, answer: Answer) -> None:
        seen.answered = answer.status
        date = format_datetime(self.server.clock.now().astimezone(UTC), usegmt=True)
        answer = replace(answer, headers={"Date": date, **answer.headers})
        self.wfile.write(_render(answer))


def _render(answer: Answer) -> bytes:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {answer.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + answer.body
