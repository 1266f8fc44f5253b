"""A simulated modem's credential store: %CMNG's rules over items that survive what a modem's memory survives."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509

from station.domain.modem import CredentialType
from station.simulator.keys import KeyPair

NOT_FOUND = 513
NO_ACCESS = 514
MEMORY_FULL = 515
ALREADY_EXISTS = 519
INVALID_CONTENT = 527
POWER_WARNING = 528

HIGHEST_USER_TAG = 2147483647
_WRITABLE = frozenset(range(5))
_READABLE = frozenset({CredentialType.ROOT_CA, CredentialType.CLIENT_CERT, CredentialType.PSK_IDENTITY})
_ITEM_OVERHEAD = 48
_PEM_BLOCK = re.compile(
    rb"\s*-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]{1,76}\r?\n)+)-----END CERTIFICATE-----(?=\s|$)"
)


class Refused(Exception):  # noqa: N818 -- it is an answer of the modem, no error of ours
    """A command's +CME ERROR; ``code`` None is a bare ERROR whatever +CMEE says."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Item:
    """One credential as it lies in the store; ``content`` is the exact bytes between the quotes."""

    sec_tag: int
    type: int
    content: bytes
    sha256: str
    """64 upper-case hexadecimal digits."""
    key: KeyPair | None = None


@dataclass(slots=True)
class StoreRules:
    """What this firmware and this board make of credentials."""

    true_sha: bool = True
    """False: the listed SHA is the type's number 32 times over, as before mfw 1.3.2."""
    validates: bool = True
    """Types 0 and 1 must be certificates (527)."""
    refuses_crlf: bool = False
    refuses_overwrite: bool = False
    power_warning: bool = False
    full: bool = False
    capacity: int = 48 * 1024
    """Bytes for user items with 48 a piece on top; an assumption, nobody has published the limit."""


class CredentialStore:
    """Credentials by (security tag, type). Not thread-safe; the board's lock guards it."""

    def __init__(self, rules: StoreRules, reserved: tuple[Item, ...]) -> None:
        self.rules = rules
        self._reserved = reserved
        self._items: dict[tuple[int, int], Item] = {}
        self._kept: dict[tuple[int, int], Item] = {}

    def listed(self, sec_tag: int | None = None, kind: int | None = None) -> Iterator[Item]:
        """Yield user items by tag and type, then the modem's own; nothing where nothing is there."""
        for item in (*(self._items[place] for place in sorted(self._items)), *self._reserved):
            if sec_tag in (None, item.sec_tag) and kind in (None, item.type):
                yield item

    def find(self, sec_tag: int, kind: int) -> Item | None:
        """Return one item, or None."""
        return next(self.listed(sec_tag, kind), None)

    def read(self, sec_tag: int, kind: int) -> Item:
        """Return an item whose content may be read; 513 or 514 in any other case."""
        item = self.find(sec_tag, kind)
        if item is None:
            raise Refused(NOT_FOUND)
        if kind not in _READABLE:
            raise Refused(NO_ACCESS)
        return item

    def write(self, sec_tag: int, kind: int, content: bytes, *, stored: bytes | None = None) -> None:
        """Store ``content``: 514 for what may not be written, 527, 528, 515 or 519 as the rules say.

        ``stored`` is what a faulty memory then holds instead.
        """
        if sec_tag > HIGHEST_USER_TAG or kind not in _WRITABLE:
            raise Refused(NO_ACCESS)
        self._require_writable()
        if kind in (CredentialType.ROOT_CA, CredentialType.CLIENT_CERT) and not self._acceptable(content):
            raise Refused(INVALID_CONTENT)
        content = content if stored is None else stored
        key = _private_key(content) if kind == CredentialType.CLIENT_KEY else None
        sha256 = key.inner_sha256 if key else hashlib.sha256(content).hexdigest().upper()
        self._put(Item(sec_tag, kind, content, sha256, key), overwrite=not self.rules.refuses_overwrite)

    def put_key(self, sec_tag: int, kind: int, key: KeyPair) -> None:
        """Store a key the modem made itself: 519 where one is, 514, 515 and 528 as in :meth:`write`."""
        if sec_tag > HIGHEST_USER_TAG:
            raise Refused(NO_ACCESS)
        self._require_writable()
        self._put(Item(sec_tag, kind, b"", key.inner_sha256, key), overwrite=False)

    def put_text(self, sec_tag: int, kind: int, content: bytes, sha256: str, *, overwrite: bool = False) -> None:
        """Store ``content`` as an application's own store does, unjudged: 519 where an item is, 515 where it is full.

        ``sha256`` is what a listing shows for it.
        """
        if self.rules.full:
            raise Refused(MEMORY_FULL)
        key = _private_key(content) if kind == CredentialType.CLIENT_KEY else None
        self._put(Item(sec_tag, kind, content, sha256, key), overwrite=overwrite)

    def delete(self, sec_tag: int, kind: int) -> None:
        """Remove a user item; 513 where there is none, 514 for the modem's own."""
        if self.find(sec_tag, kind) is None:
            raise Refused(NOT_FOUND)
        if (sec_tag, kind) not in self._items:
            raise Refused(NO_ACCESS)
        self._require_writable(deleting=True)
        del self._items[sec_tag, kind]

    def clear(self) -> None:
        """Remove every user item for good, as a factory reset or a full erase does."""
        self._items = {}
        self._kept = {}

    def flush(self) -> None:
        """Make everything stored so far survive :meth:`cut_power`."""
        self._kept = dict(self._items)

    def cut_power(self) -> None:
        """Go back to what was there at the last :meth:`flush`."""
        self._items = dict(self._kept)

    def listed_sha(self, item: Item) -> str:
        """Return the digest %CMNG shows for ``item``."""
        return item.sha256 if self.rules.true_sha else f"{item.type:02X}" * 32

    def _require_writable(self, *, deleting: bool = False) -> None:
        if self.rules.power_warning:
            raise Refused(POWER_WARNING)
        if self.rules.full and not deleting:
            raise Refused(MEMORY_FULL)

    def _put(self, item: Item, *, overwrite: bool) -> None:
        place = (item.sec_tag, item.type)
        if place in self._items and not overwrite:
            raise Refused(ALREADY_EXISTS)
        others = sum(len(other.content) + _ITEM_OVERHEAD for at, other in self._items.items() if at != place)
        if others + len(item.content) + _ITEM_OVERHEAD > self.rules.capacity:
            raise Refused(MEMORY_FULL)
        self._items[place] = item

    def _acceptable(self, content: bytes) -> bool:
        if not self.rules.validates:
            return True
        if self.rules.refuses_crlf and b"\r" in content:
            return False
        return is_certificate_pem(content)


def is_certificate_pem(content: bytes) -> bool:
    """Return whether ``content`` is one or more PEM certificates and nothing else (at-commands section 2, 527)."""
    at = 0
    while block := _PEM_BLOCK.match(content, at):
        try:
            x509.load_der_x509_certificate(base64.b64decode(b"".join(block[1].split()), validate=True))
        except (ValueError, binascii.Error):
            return False
        at = block.end()
    return at > 0 and not content[at:].strip()


def _private_key(content: bytes) -> KeyPair | None:
    # Genuine modems take any text as type 2 (devzone 127428); what is no key just can't sign later.
    try:
        return KeyPair.from_pem(content)
    except (ValueError, TypeError):
        return None
