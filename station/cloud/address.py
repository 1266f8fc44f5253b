"""Where a key may go, and where files without one may come from."""

from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from station.cloud.faults import BASE_URL_BAD, KEY_ELSEWHERE
from station.cloud.wire import is_loopback
from station.domain.secret import Secret


def require_base_url(text: str) -> str:
    """Return a base URL without its trailing slash; raises CLD-101 for one that a key must not be sent to.

    HTTPS, or plain HTTP to this PC's own loopback; no user, query or fragment.
    """
    parts = _split(text.rstrip("/"))
    if parts is None or not parts.hostname:
        raise BASE_URL_BAD.fault(url=repr(text) if "@" not in text else "", why="it is no address")
    if "@" in parts.netloc:
        raise BASE_URL_BAD.fault(url=parts.hostname, why="it holds a user or a password")  # and so is not quoted
    if parts.query or parts.fragment:
        raise BASE_URL_BAD.fault(url=text, why="it goes on behind its path")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(text)):
        raise BASE_URL_BAD.fault(
            url=text, why="it does not start with https://, and so the key could be read on its way"
        )
    return text.rstrip("/")


def may_fetch(url: str, base_url: str) -> bool:
    """Return whether a file the cloud names may be fetched: over HTTPS, or from loopback to loopback. Pure."""
    parts = _split(url)
    if parts is None or not parts.hostname or parts.username is not None:
        return False
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and is_loopback(url) and urlsplit(base_url).scheme == "http"


def is_at_home(url: str, base_url: str) -> bool:
    """Return whether ``url`` is below ``base_url``: the same origin, no login in it, its path further down. Pure."""
    to, base = _split(url), urlsplit(base_url)
    return (
        to is not None
        and "@" not in to.netloc
        and not to.fragment
        and (to.scheme, to.hostname, to.port) == (base.scheme, base.hostname, base.port)
        and to.path.startswith(f"{base.path}/")
    )


class Bearer(AuthBase):
    """Puts a secret on requests below its base URL, and raises CLD-190 rather than on any other."""

    def __init__(self, base_url: str, secret: Secret) -> None:
        self._base = base_url
        self._secret = secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return ``request`` with its Authorization."""
        url = request.url or ""
        if not is_at_home(url, self._base):
            to = _split(url)
            raise KEY_ELSEWHERE.fault(f"to {to.hostname if to else '?'}")
        request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        return request


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # it is read, and refused, only when asked for
    except ValueError:
        return None
    return parts
