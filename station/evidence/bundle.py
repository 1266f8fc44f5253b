"""A bundle: what QA gets of a unit, a selection or a batch, and can check years later without this station.

Equal content is equal bytes: members in a fixed order, stored, with fixed times and rights; nothing in it depends on
when or where it was made. `station/evidence/forms.py` says how each byte is read back.
"""

import hashlib
import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from station.credentials.pem import to_pem
from station.domain.ids import BatchId, Sha256, UnitId
from station.evidence.faults import CA_UNKNOWN, EARLIER_REFUSED, NOTHING_CHOSEN, TOO_LARGE, UNIT_IN_WORK
from station.evidence.forms import canonical, ending, headers, read_key
from station.evidence.station_key import StationKey
from station.evidence.story import is_issued_by
from station.evidence.succession import eras_of
from station.evidence.summary import Summary
from station.evidence.verifier import MANIFEST
from station.journal.leaves import Leaves
from station.journal.merkle import inclusion_path, require_consistency
from station.journal.notes import Checkpoint, parse_checkpoint, read_checkpoint
from station.journal.records import Records

_LARGEST: Final = 1024 * 1024 * 1024
_UPLOADS: Final = (
    "upload-prepared",
    "upload-sending",
    "upload-put-off",
    "upload-accepted",
    "upload-unclear",
    "upload-settled",
)

_README: Final = """\
This is the record of units that a station built, as its journal holds it. It can be checked without the station.

  python verify.py THIS.zip --key "VERIFIER KEY OR FINGERPRINT"

verify.py lies in here; it needs Python 3.11 or later and the package cryptography, and nothing else. Take it from here
to read it; to trust it, take it from a place of your own. The key must come from elsewhere too: from the paper of the
day on which the station was set up. With --checkpoint FILE it also shows that nothing was changed since a checkpoint
that you kept (the export must have been made with it), with --ca SHA256 that the certificates are your CA's (where a
factory has changed its CA, once for each).

  manifest.json     the SHA-256 of every other file here      manifest.sig   the station's signature of it
  events.jsonl      the entries, one on a line, as signed     proofs.txt     that each is in the journal's tree
  checkpoint.txt    the signed size and root of the journal   station.vkey   the key that signed
  certificates.pem  the units' certificates                   ca-chain.pem   the CA's
  summary.txt       the same for people                       earlier-checkpoint.txt, consistency.txt: if one was given

By hand: sha256sum FILE gives what manifest.json says. An entry's hash in the tree is the SHA-256 of a zero byte and the
line without its end (RFC 6962); openssl verify -CAfile ca-chain.pem checks a certificate.
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be exported: units by ID, or everything of a batch."""

    units: tuple[UnitId, ...] = ()
    batch: BatchId | None = None


def build_bundle(
    data: Path,
    chosen: Chosen,
    *,
    note: str,
    key: StationKey,
    chain: Sequence[x509.Certificate],
    earlier: str = "",
) -> bytes:
    """Return the bundle's bytes: all that the journal said of what was chosen when the checkpoint ``note`` was made.

    ``chain`` are the CAs' certificates: those of these units are put in. ``earlier`` is a checkpoint that QA kept.
    Raises EVD-121 (an attempt has not ended), EVD-122 (nothing there), EVD-123 (a CA is missing), EVD-124 (``earlier``
    doesn't fit), EVD-125, JRN-1xx. Changes nothing; safe to repeat, and then gives the same bytes.
    """
    now = parse_checkpoint(note)
    with Leaves(data) as leaves, Records(data) as records:
        places = sorted(_Selection(leaves, records, now.size).take(chosen))
        entries = {seq: leaves.leaf(seq) for seq in places}
        node = lru_cache(maxsize=1 << 16)(leaves.tree().node)
        proofs = [f"{' '.join([str(seq), *_hex(inclusion_path(seq - 1, now.size, node))])}\n" for seq in places]
        members = _join_earlier(leaves, now, earlier, key) if earlier else {}
    events = [json.loads(leaf) for leaf in entries.values()]
    members |= {
        "readme.txt": _README,
        "ca-chain.pem": _chain_of(events, chain),
        "certificates.pem": _certificates(events, chain),
        "checkpoint.txt": note,
        "proofs.txt": "".join(proofs),
        "station.vkey": f"{key.verifier.text()}\n",
        "summary.txt": _draw_summary(events, now, key),
        "verify.py": verifier_text(),
    }
    encoded = {name: text.encode("utf-8") for name, text in members.items()}
    encoded["events.jsonl"] = b"".join(leaf + b"\n" for leaf in entries.values())
    return _pack(encoded, _manifest(encoded, events, now, chosen), key)


def verifier_text() -> str:
    """Return `verify.py` as it lies in bundles: the verifier's eight modules in one, each where the next needs it."""
    room, parts = files("station.evidence"), [files("station.journal").joinpath("packing.py").read_text("utf-8")]
    pattern = re.compile(r"# In a bundle's verify\.py.*\n(?:from station\.\w+\.\w+ import (?:\([^)]*\)|.*)\n)+")
    for name in ("forms.py", "eras.py", "modem_proofs.py", "story.py", "summary.py", "verdict.py", "verifier.py"):
        parts.append(pattern.sub("", room.joinpath(name).read_text("utf-8")))
    opening, rest = parts[-1].split('"""\n', 1)
    text = "\n\n".join([f'{opening}"""\n', *(part.strip("\n") for part in parts[:-1]), rest.lstrip("\n")])
    if "import station" in text or "from station" in text:
        raise AssertionError("the verifier would not stand alone")
    return text


class _Selection:
    """Which entries belong to what was chosen, among the first ``size``."""

    def __init__(self, leaves: Leaves, records: Records, size: int) -> None:
        self._leaves, self._records, self._size = leaves, records, size

    def take(self, chosen: Chosen) -> set[int]:
        """Return their places, with everything that they refer to."""
        units = set(chosen.units)
        attempts = set() if chosen.batch is None else set(self._records.attempts_of_batch(chosen.batch))
        units |= {attempt.unit for attempt in attempts if attempt.unit is not None and attempt.id <= self._size}
        attempts |= {attempt for unit in units for attempt in self._records.attempts_of_unit(unit)}
        attempts = {attempt for attempt in attempts if attempt.id <= self._size}
        if not attempts:
            raise NOTHING_CHOSEN.fault()
        places: set[int] = set()
        for attempt in sorted(attempts, key=lambda one: one.id):
            found = self._known(self._leaves.of_attempt(attempt.id))
            if not any(b'"kind":"attempt-closed"' in self._leaves.leaf(seq) for seq in found):
                raise UNIT_IN_WORK.fault(attempt=attempt.id)
            places.update(found)
        for unit in units:
            places.update(self._known(self._leaves.of_unit(unit)))
        for batch in {attempt.batch for attempt in attempts}:
            places.update(self._known(self._leaves.of_batch(batch)))
        places.update(self._uploads(units), self._slots(places))
        places.update(self._known(seq for seq, _ in self._leaves.of_kind("restored")))
        self._refer(places)
        return places

    def _known(self, places: Iterable[int]) -> list[int]:
        return [seq for seq in places if seq <= self._size]

    def _uploads(self, units: set[UnitId]) -> list[int]:
        uploads = self._leaves.uploads_with(units)
        found = [(seq, json.loads(leaf)["body"]) for seq, leaf in self._leaves.of_kind(*_UPLOADS)] if uploads else []
        return self._known(seq for seq, body in found if seq in uploads or body.get("upload") in uploads)

    def _slots(self, places: set[int]) -> list[int]:
        """Return where somebody acknowledged a slot that one of the attempts had latched."""
        found = []
        latched = [seq for seq, _ in self._leaves.of_kind("slot-latched") if seq in places]
        freed = [(seq, json.loads(leaf)["body"]) for seq, leaf in self._leaves.of_kind("slot-acknowledged")]
        for seq in latched:
            slot = json.loads(self._leaves.leaf(seq))["body"]["slot"]
            found += [next((place for place, body in freed if place > seq and body["slot"] == slot), 0)]
        return [seq for seq in self._known(found) if seq]

    def _refer(self, places: set[int]) -> None:
        """Add the sessions and contexts that entries name, and clock corrections that reach one of them."""
        for seq, leaf in self._leaves.of_kind("clock-corrected"):
            body = json.loads(leaf)["body"]
            if seq <= self._size and any(body["first"] <= place <= body["last"] for place in places):
                places.add(seq)
        fresh = set(places)
        while fresh:
            wanted: set[int] = set()
            for seq in fresh:
                entry = json.loads(self._leaves.leaf(seq))
                wanted.add(entry["session"])
                for name in ("recipe", "fixture", "context"):
                    context = entry["body"].get(name)
                    wanted.add(self._leaves.context(Sha256(context)) or 0 if isinstance(context, str) else 0)
            fresh = wanted - places - {0}
            places |= fresh


def _hex(path: Iterable[bytes]) -> list[str]:
    return [node.hex() for node in path]


def _join_earlier(leaves: Leaves, now: Checkpoint, earlier: str, key: StationKey) -> dict[str, str]:
    try:
        claimed = parse_checkpoint(earlier)
        eras = eras_of(leaves, key.verifier)
        era = next((one for one in eras if one.verifier.name == claimed.origin), eras[-1])
        old = read_checkpoint(earlier, era.verifier)
        if not era.has(old.size):
            raise ValueError(f"the journal was restored and goes on from entry {era.last} of {old.origin}")
        if old.size > now.size:
            raise ValueError(f"it has {old.size} entries, the journal {now.size}")
        path = leaves.tree().consistency(old.size, now.size)
        require_consistency(old.size, now.size, old.root, now.root, path)
    except ValueError as error:
        raise EARLIER_REFUSED.fault(reason=error) from error
    return {"earlier-checkpoint.txt": earlier, "consistency.txt": "".join(f"{node}\n" for node in _hex(path))}


def _draw_summary(events: Sequence[Any], now: Checkpoint, key: StationKey) -> str:
    summary = Summary()
    for event in events:
        summary.feed(event)
    return summary.text(read_key(key.verifier.text()), now.size, now.root)


def _certificates(events: Sequence[Any], chain: Sequence[x509.Certificate]) -> str:
    """Return the certificates that stand at the end, as PEM in the order in which they were signed."""
    known = {one.fingerprint(hashes.SHA256()).hex() for one in chain}
    issuers: dict[str, str] = {}
    standing: dict[str, x509.Certificate] = {}
    for event in events:
        body = event["body"]
        match event["kind"]:
            case "certificate-intended":
                issuers[body["serial"]] = body["issuer"]
            case "certificate-issued":
                if (issuer := issuers[body["serial"]]) not in known:
                    raise CA_UNKNOWN.fault(serial=body["serial"], issuer=issuer)
                standing[body["serial"]] = x509.load_der_x509_certificate(b64decode(body["der"]))
            case "certificate-superseded":
                standing.pop(body["serial"], None)
    return to_pem(*standing.values()) if standing else ""


def _chain_of(events: Sequence[Any], chain: Sequence[x509.Certificate]) -> str:
    """Return as PEM the CAs whose certificates the entries tell of, and those above them, of ``chain`` in its order."""
    issuers = {event["body"]["issuer"] for event in events if event["kind"] == "certificate-intended"}
    own = [one for one in chain if one.fingerprint(hashes.SHA256()).hex() in issuers]
    for one in own:  # grows
        own += [up for up in chain if up not in own and is_issued_by(one, up)]
    wanted = [one for one in dict.fromkeys(chain) if one in own]
    return to_pem(*wanted) if wanted else ""


def _manifest(members: dict[str, bytes], events: Sequence[Any], now: Checkpoint, chosen: Chosen) -> bytes:
    value = {
        "batch": chosen.batch,
        "entries": len(events),
        "members": {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)},
        "origin": now.origin,
        "size": now.size,
        "units": sorted({event["body"]["device_id"] for event in events if event["kind"] == "unit-identified"}),
        "version": 1,
    }
    return canonical(value).encode("utf-8")


def _pack(members: dict[str, bytes], manifest: bytes, key: StationKey) -> bytes:
    text = f"{MANIFEST}\n{key.origin}\n{hashlib.sha256(manifest).hexdigest()}\n"
    note = key.sign_note(text).encode()
    parts: list[bytes] = []
    rows: list[bytes] = []
    offset = 0
    for name, content in [("manifest.json", manifest), ("manifest.sig", note), *sorted(members.items())]:
        before, row = headers(name, len(content), zlib.crc32(content), offset)
        parts += [before, content]
        rows.append(row)
        offset += len(before) + len(content)
        if offset > _LARGEST:
            raise TOO_LARGE.fault(limit=_LARGEST >> 20)
    return b"".join([*parts, ending(rows, offset)])
