"""One HTTP exchange with a hard end, and what is known when it fails: whether a byte of the request had left.

``requests`` does the talking; its surroundings are narrowed here. Nothing follows a redirect, ``~/.netrc`` is not
read, TLS is always verified, nothing is sent twice, an answer is read up to a limit, and one deadline covers
sending, headers and body alike.
"""

import contextlib
import http.client
import io
import ipaddress
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from requests.utils import get_environ_proxies

from station.cloud.faults import CA_BUNDLE_BAD, PROXY_BAD, TIMEOUTS_BAD
from station.cloud.meter import Meter, MeteredAdapter
from station.cloud.words import quote
from station.host.clock import Clock

ANSWER_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, for the answer to begin or to go on, and for one whole exchange."""

    connect: float = 10.0
    read: float = 40.0
    total: float = 180.0

    def __post_init__(self) -> None:
        if min(self.connect, self.read, self.total) <= 0:
            raise TIMEOUTS_BAD.fault(repr(self))


class Flaw(StrEnum):
    """What is wrong with an answer's body; the body then counts as empty."""

    NONE = ""
    CUT = "it broke off or did not come in time"
    LONG = "it is too long"
    ENCODED = "it is packed although nothing of the kind was asked for"
    OPEN = "nothing marks its end"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status and headers are whole, and so is the body where ``flaw`` is ``NONE``."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    flaw: Flaw = Flaw.NONE


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer. Where ``sent`` is False, no byte of the request reached the host."""

    sent: bool
    reason: str


class Wire:
    """How to reach hosts: trust, proxy, time limits. Stateless; safe to use from any thread."""

    def __init__(
        self, *, timeouts: Timeouts, ca_bundle: Path | None, proxy: str | None, clock: Clock, user_agent: str
    ) -> None:
        """``ca_bundle`` replaces the public CAs; ``proxy`` replaces the environment's. Raises CLD-103 or CLD-104."""
        if ca_bundle is not None:
            try:
                ssl.create_default_context(cafile=str(ca_bundle))
            except OSError as error:  # an SSLError is one too
                raise CA_BUNDLE_BAD.fault(str(error), path=ca_bundle) from error
        if proxy is not None and not (proxy.startswith(("http://", "https://")) and host_of(proxy)):
            raise PROXY_BAD.fault(why="it is no http:// or https:// address")  # it may hold a password: not quoted
        self._timeouts = timeouts
        self._verify: str | bool = True if ca_bundle is None else str(ca_bundle)
        self._proxy = proxy
        self._clock = clock
        self._user_agent = user_agent

    @contextlib.contextmanager
    def line(self) -> Iterator["Line"]:
        """Give a line whose exchanges share connections while it lasts. For the use of one thread."""
        meter = Meter(self._clock, read=self._timeouts.read, total=self._timeouts.total)
        with _Session() as session:
            session.trust_env = False  # ~/.netrc would add an Authorization of its own; proxies are looked up below
            session.headers.clear()
            session.headers.update(
                # Identity alone: a body that unpacks to more than was read, or to other bytes, is not asked for.
                {"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "identity"}
            )
            for prefix in ("https://", "http://"):
                session.mount(prefix, MeteredAdapter(meter))
            yield Line(session, meter, self._timeouts, self._verify, self._proxy)


@dataclass(frozen=True, slots=True)
class Line:
    """Exchanges over shared connections; made by :meth:`Wire.line`."""

    session: requests.Session
    meter: Meter
    timeouts: Timeouts
    verify: str | bool
    proxy: str | None

    def exchange(
        self,
        method: Literal["GET", "POST", "DELETE"],
        url: str,
        auth: AuthBase,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        content_type: str = "text/csv",
        limit: int = ANSWER_LIMIT,
    ) -> Reply | Silence:
        """Ask once and return what came. Never raises for what network or cloud do; as safe to repeat as the request.

        ``body`` is sent as ``content_type``. At most ``limit`` bytes of the answer are kept; a longer one is a flaw.
        """
        self.meter.restart()
        try:
            response = self.session.request(
                method,
                url,
                params=list(query),
                # A stream is sent in blocks, and the time left is looked at before each.
                data=None if body is None else io.BytesIO(body),
                headers=None if body is None else {"Content-Type": content_type},
                auth=auth,
                timeout=(self.timeouts.connect, self.timeouts.read),
                allow_redirects=False,
                stream=True,
                verify=self.verify,
                proxies=_proxies_for(url, self.proxy),
            )
        except (OSError, urllib3.exceptions.HTTPError) as error:  # requests' own exceptions are OSErrors
            return Silence(self.meter.sent, self._describe(error))
        with contextlib.closing(response):
            body_read, flaw = self._read(response, limit)
            return Reply(response.status_code, response.headers, body_read, flaw)

    @staticmethod
    def _read(response: requests.Response, limit: int) -> tuple[bytes, Flaw]:
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            return b"", Flaw.ENCODED
        body = b""
        try:
            # Up to the empty read: only there does urllib3 find that a body is shorter than it was said to be.
            while len(body) <= limit and (chunk := response.raw.read(limit + 1 - len(body), decode_content=False)):
                body += chunk
        except (OSError, urllib3.exceptions.HTTPError):
            return b"", Flaw.CUT
        if len(body) > limit:
            return b"", Flaw.LONG
        # Without a mark, a body that was cut looks like a whole one.
        marked = "Content-Length" in response.headers or "Transfer-Encoding" in response.headers
        return (body, Flaw.NONE) if marked or not body else (b"", Flaw.OPEN)

    def _describe(self, error: BaseException) -> str:
        """Return what went wrong, without the address: a file's address is confidential, and exceptions quote it."""
        causes = list(_causes(error))
        for cause in causes:
            match cause:
                case ssl.SSLCertVerificationError():
                    return f"its certificate is not trusted: {quote(cause.verify_message)}"
                case ssl.SSLError():
                    return f"the secured connection failed: {cause.reason or type(cause).__name__}"
                case socket.gaierror():
                    return "its name can't be resolved"
                case ConnectionRefusedError():
                    return "the connection was refused"
                case TimeoutError() if not self.meter.sent:
                    return f"no connection within {self.timeouts.connect:g} s"
                case TimeoutError() | urllib3.exceptions.ReadTimeoutError():
                    return f"no answer in time ({self.timeouts.read:g} s of waiting, {self.timeouts.total:g} s in all)"
                case ConnectionError() | http.client.HTTPException():  # IncompleteRead, RemoteDisconnected, ...
                    return f"the connection broke ({type(cause).__name__})"
                case OSError() if str(cause).startswith("Tunnel connection failed"):
                    return f"the proxy refused: {quote(str(cause))}"
                case requests.exceptions.InvalidSchema() | requests.exceptions.InvalidProxyURL():
                    return "the proxy that the environment names can't be used"
        return type(error).__name__


class NoKey(AuthBase):
    """Sends no Authorization; its being there keeps requests from looking for one elsewhere."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return ``request`` as it is."""
        return request


class _Session(requests.Session):
    """A session that sees no redirect, and so neither follows it nor reads its body without a limit."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 -- requests' own signature
        return None


def host_of(url: str) -> str:
    """Return the host that ``url`` names, lower case, or "" where it names none. Pure."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(url: str) -> bool:
    """Return whether ``url`` names this PC itself. Pure."""
    host = host_of(url)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxies_for(url: str, proxy: str | None) -> dict[str, str]:
    if proxy is not None and (is_loopback(proxy) or not is_loopback(url)):
        return {"http": proxy, "https": proxy}
    # A proxy for the world outside can't reach this PC's own loopback; what is plain HTTP there it would read, key and
    # all.
    return {} if is_loopback(url) else dict(get_environ_proxies(url))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what ``error`` wraps, the innermost first: requests and urllib3 hide it in ``args`` and ``reason``."""
    found: list[BaseException] = []
    todo = [error]
    while todo:
        one = todo.pop()
        if any(one is other for other in found):
            continue
        found.append(one)
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        todo.extend(each for each in inner if isinstance(each, BaseException))
    yield from reversed(found)
