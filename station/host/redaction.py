"""Nothing secret leaves through a log: by key, by value, and by shape (pki reference section 5).

The known values are searched in every form in which they would still be readable: as they are, escaped, URL-encoded,
hexadecimal, and in base64 at any alignment. What cannot be checked is withheld whole.
"""

import base64
import json
import logging
import re
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import quote, quote_plus

from station.domain.secret import Secret

HIDDEN: Final = "***"
WITHHELD: Final = "a log line was withheld: it could not be checked for secrets"
_DEEPEST: Final = 12
_SHORTEST_CORE: Final = 6  # a shorter piece of base64 would hit ordinary words
SHORTEST_SHAPE: Final = 6
"""Characters of the shortest text that :data:`_SHAPES` find anything in: most of a log's values are shorter."""
_KEYS_KEPT: Final = 1000

_SECRET_WORDS: Final = (
    "passphrase",
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "apikey",
    "privatekey",
    "psk",
)
_SECRET_PARTS: Final = frozenset({"pin", "pins", "cookie", "auth", "bearer", "jwt"})

_SHAPES: Final = (
    (re.compile(r"\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), r"\1\2" + HIDDEN),
    # Also one that was cut off before its END line.
    (
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
    # The types whose content is secret: private key, PSK, endorsement, ownership and asset encryption key.
    (re.compile(r"(%CMNG\s*=\s*0\s*,\s*\d+\s*,\s*(?:2|3|8|9|13)\s*,).*", re.IGNORECASE | re.DOTALL), r"\1" + HIDDEN),
    # A credentials shell takes a private key in pieces of base64, in which no other shape would know it.
    (re.compile(r"(\bcred buf )(?!(?:clear|load)\b)[A-Za-z0-9+/]{2,}={0,2}"), r"\1" + HIDDEN),
    # Compact JWS (RFC 7515 section 3.1): its header starts with '{"'. The dots may be cut off; to insist on one would
    # also cost time by the square of a long text.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,2}"), HIDDEN),
    # %ATTESTTOKEN: tag 55799, then a COSE_Sign1. Whoever has one can claim the device (nRF Cloud reference section 2).
    (re.compile(r"\b2dn3[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"\boat_[A-Za-z0-9]{6,}"), HIDDEN),
    # A signed address (AWS, Google, Azure): the signature, and a session's token, open what is there to anybody.
    (
        re.compile(r"([?&;](?:X-(?:Amz|Goog)-[A-Za-z-]+|Signature|AWSAccessKeyId|sig)=)[^&\s\"'<>]+", re.IGNORECASE),
        r"\1" + HIDDEN,
    ),
)
_HINTS: Final = ("bearer", "basic", "-----begin ", "%cmng", "cred buf ", "eyj", "2dn3", "oat_", "=")
"""Each shape has one of these in it, upper and lower case aside: to look for them is a tenth of the work."""


def is_secret_key(name: str) -> bool:
    """Return whether a value under this key is hidden whatever it is: ``api_key``, ``Authorization``, ``ca-pin``."""
    parts = re.findall(r"[a-z0-9]+", name.lower())
    plain = "".join(parts)
    return not _SECRET_PARTS.isdisjoint(parts) or any(word in plain for word in _SECRET_WORDS)


def hide_shapes(text: str) -> str:
    """Return ``text`` without anything that has the shape of a secret, known or not."""
    if len(text) < SHORTEST_SHAPE:
        return text
    folded = text.casefold()
    for hint in _HINTS:
        if hint in folded:
            break
    else:
        return text
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


class Redacted(dict[str, Any]):
    """An event from which a redactor has taken what is secret: it need not be looked through again."""

    def __init__(self, event: dict[str, Any], by: "Redactor") -> None:
        super().__init__(event)
        self.by: Final = by


class Redactor:
    """Knows the secrets in use and takes them out of anything. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self._known: re.Pattern[str] | None = None
        self._keys: dict[str, tuple[str, bool]] = {}
        """Keys that were looked at: as they may be shown, and whether what is under them is hidden."""

    def add(self, secret: Secret) -> None:
        """Hide this secret from now on. Safe to repeat; an empty one is ignored."""
        if not secret:
            return
        with self._lock:
            self._forms |= _readable_forms(secret.reveal())
            # The longest first, so that no form leaves the tail of a longer one behind.
            ordered = sorted(self._forms, key=lambda form: (-len(form), form))
            self._known = re.compile("|".join(re.escape(form) for form in ordered))
            self._keys = {}  # a new one: who is just filling the old one knows the old secrets only

    def text(self, text: str) -> str:
        """Return ``text`` without known secrets and without the shapes of unknown ones."""
        return hide_shapes(self._hide_known(text))

    def _hide_known(self, text: str) -> str:
        return text if self._known is None else self._known.sub(HIDDEN, text)

    def value(self, value: object, depth: int = 0) -> object:
        """Return ``value`` as JSON values without secrets; what is no JSON value becomes its ``repr`` first."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(str(value))
        if isinstance(value, int | float):
            # A number has no shape but may be a PIN.
            return value if self._hide_known(str(value)) == str(value) else HIDDEN
        if depth >= _DEEPEST:
            return "(nested too deeply)"
        if isinstance(value, Mapping):
            return self._mapping(value, depth + 1)
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, bytes | bytearray | memoryview):
            # Latin-1 keeps every byte, so that a secret inside is found as the text it was.
            return self.text(bytes(value).decode("latin-1"))
        return self.text(repr(value))

    def _mapping(self, value: Mapping[Any, object], depth: int) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for key, item in value.items():
            name, secret = self._key(str(key))
            shown[name] = HIDDEN if secret and item is not None else self.value(item, depth)
        return shown

    def _key(self, key: str) -> tuple[str, bool]:
        # The same few keys come with every line.
        keys = self._keys
        if key not in keys:
            found = self.text(key), is_secret_key(key)
            if len(keys) >= _KEYS_KEPT:
                return found
            keys[key] = found
        return keys[key]

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
        """Be structlog's last processor before the renderer: every value checked, or the line withheld."""
        try:
            return Redacted(self._mapping(event, 1), self)
        except Exception as error:  # noqa: BLE001 -- a foreign repr may raise anything, and then nothing of it is written
            return {"event": WITHHELD, "level": str(event.get("level", "error")), "reason": type(error).__name__}


class RedactingFilter(logging.Filter):
    """The same for the standard library's log records. It sits on handlers: a logger's filter misses its children."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean ``record`` in place, for all handlers behind this one, and let it pass."""
        try:
            self._clean(record)
        except Exception as error:  # noqa: BLE001 -- arguments' own code runs here; fail closed
            record.msg, record.args = f"{WITHHELD} ({type(error).__name__})", None
            record.exc_info = record.exc_text = record.stack_info = None
        return True

    def _clean(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, Redacted) and record.msg.by is self._redactor:
            pass  # structlog's event, which this redactor has had
        elif isinstance(record.msg, dict):
            record.msg = self._redactor(None, record.levelname.lower(), record.msg)
        else:
            record.msg = self._redactor.text(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_info = None
        record.exc_text = self._redactor.text(record.exc_text) if record.exc_text else None
        record.stack_info = self._redactor.text(record.stack_info) if record.stack_info else None


def _readable_forms(secret: str) -> frozenset[str]:
    data = secret.encode("utf-8", "surrogatepass")
    forms = {
        secret,
        data.decode("latin-1"),
        repr(secret)[1:-1],
        repr(data)[2:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        data.hex(),
        data.hex().upper(),
        data.hex(" "),
        data.hex(":"),
        quote_plus(data),
        quote(data),
        quote(data, safe=""),
        *_base64_cores(data),
    }
    forms |= {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form) for form in forms if "%" in form}
    return frozenset(form for form in forms if form)


def _base64_cores(data: bytes) -> set[str]:
    """Return what of ``data`` stays the same in base64 wherever in a longer text it stands (``user:secret``)."""
    cores = set()
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + data).decode("ascii").rstrip("=")
        # The first and the last character may mix in bits of a neighbour.
        core = encoded[(0, 2, 3)[offset] : len(encoded) if (offset + len(data)) % 3 == 0 else -1]
        cores |= {core, core.replace("+", "-").replace("/", "_")} if len(core) >= _SHORTEST_CORE else set()
    cores.add(base64.b64encode(data).decode("ascii"))
    cores.add(base64.urlsafe_b64encode(data).decode("ascii"))
    return cores
