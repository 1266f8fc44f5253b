"""Connections that keep one exchange within its time and remember whether a byte of the request has left.

urllib3 starts its read timeout anew with every byte and sends under the connect timeout; here every step gets what is
left of the whole. The hooks are ``HTTPAdapter.get_connection_with_tls_context``, ``HTTPConnectionPool.ConnectionCls``
and ``http.client``'s ``response_class``.
"""

import http.client
import io
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from station.host.clock import Clock, Deadline


class Meter:
    """What the exchange under way has used up; shared by its session's connections, for the use of one thread."""

    def __init__(self, clock: Clock, *, read: float, total: float) -> None:
        self._clock = clock
        self._read = read
        self._total = total
        self.restart()

    def restart(self) -> None:
        """Begin a new exchange."""
        self.sent = False
        self._deadline = Deadline(self._clock, self._total)

    def before_sending(self, sock: socket.socket) -> None:
        """Give the next block all the time that is left; raises TimeoutError when none is."""
        self._allow(sock, self._total)

    def before_reading(self, sock: socket.socket) -> None:
        """Give the next read its own timeout or what is left; raises TimeoutError when nothing is."""
        self._allow(sock, self._read)

    def _allow(self, sock: socket.socket, most: float) -> None:
        left = min(most, self._deadline.left())
        if left <= 0:
            raise TimeoutError(f"not done within {self._total:g} s")
        sock.settimeout(left)


class MeteredAdapter(HTTPAdapter):
    """Talks over metered connections and sends nothing twice."""

    def __init__(self, meter: Meter) -> None:
        super().__init__(max_retries=0)
        self._meter = meter

    def get_connection_with_tls_context(self, *arguments: Any, **named: Any) -> Any:
        """Return requests' pool, made to open metered connections."""
        pool: HTTPConnectionPool = super().get_connection_with_tls_context(*arguments, **named)  # type: ignore[assignment]  # HTTP(S) is all there is
        pool.ConnectionCls = _MeteredHttps if isinstance(pool, HTTPSConnectionPool) else _MeteredHttp
        pool.conn_kw["meter"] = self._meter
        return pool


class _MeteredHttp(HTTPConnection):
    def __init__(self, *arguments: Any, meter: Meter, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._meter = meter
        self._connecting = False
        self.response_class = self._open_response  # type: ignore[assignment]  # http.client only ever calls it

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._connecting:  # asking a proxy for a tunnel is no part of the request yet
            self._meter.sent = True
        self._meter.before_sending(self.sock)
        super().send(data)

    def _open_response(self, sock: socket.socket, **named: Any) -> http.client.HTTPResponse:
        response = _WholeResponse(sock, **named)
        response.fp = io.BufferedReader(_MeteredReader(response.fp.detach(), sock, self._meter))
        return response


class _WholeResponse(http.client.HTTPResponse):
    def begin(self) -> None:
        """Read status and headers; raises HTTPException where a line of them is none.

        The library takes all that follows for the body then, however it is marked. And urllib3 would write a warning
        with the whole address: who has a file's address needs no key to read it.
        """
        super().begin()
        if self.msg.defects or self.msg.get_payload():
            raise http.client.HTTPException("headers that can't be read")


class _MeteredHttps(_MeteredHttp, HTTPSConnection):
    """The same over TLS; the handshake has a total time limit of Python's own (the connect timeout)."""


class _MeteredReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket, meter: Meter) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._meter = meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._meter.before_reading(self._sock)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
