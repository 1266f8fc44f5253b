"""What the entries tell, followed strictly: modems' keys, certificates, attempts, steps.

A part of `verify.py`, which is copied into every bundle: it imports the standard library and `cryptography` alone.
"""

import hashlib
import struct
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import Broken, canonical, require, unbase64
from station.evidence.modem_proofs import (
    CLEAN,
    ECDSA,
    UNVOUCHED,
    WITNESS,
    check_told,
    elements,
    inside,
    is_named,
    p256,
)

UNREADABLE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error),
    *(InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound),
    x509.UnsupportedGeneralNameType,
)
"""What Python and `cryptography` raise for what can't be read."""
AT_ONCE, TOLD_FROM = 512, 5
"""So many checks of signatures are put off; from so many seconds on, it is told how long they took."""


# --- What a CA made of a key ------------------------------------------------------------------------------------------


def read_authorities(pem: str, given: Collection[str]) -> dict[str, x509.Certificate]:
    """Return the CAs' certificates by SHA-256, each signed by another of them up to a root that signed itself.

    With the SHA-256s of some ``given``, only those whose way up leads through one of these, itself among them: no
    others are looked for above a unit's certificate. One of those given must be there: a bundle holds its units' CAs.
    """
    try:
        found = {one.fingerprint(hashes.SHA256()).hex(): one for one in _certificates(pem)}
        above = {name: [up for up, ca in found.items() if is_issued_by(one, ca)] for name, one in found.items()}
        ways = {name: _way_up(name, above) for name in found}
        for name, one in found.items():
            whose = one.subject.rfc4514_string()
            require(any(up in above[up] for up in ways[name]), f"the CA {whose} is signed by none that is there")
            require(one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca, f"{whose} is no CA")
    except Broken:
        raise
    except UNREADABLE as error:
        raise Broken(f"the CA's certificates can't be read ({error!r:.100})") from None
    none = f"no CA certificate here has the fingerprint that you gave ({', '.join(given)})"
    require(not given or not found.keys().isdisjoint(given), none)
    return {name: one for name, one in found.items() if not given or not ways[name].isdisjoint(given)}


def _certificates(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode()) if pem.strip() else []


def _way_up(name: str, above: dict[str, list[str]]) -> set[str]:
    """Return all that stand above one, and itself."""
    way, left = set[str](), [name]
    while left:
        if (one := left.pop()) not in way:
            way.add(one)
            left += above[one]
    return way


def is_issued_by(one: x509.Certificate, ca: x509.Certificate) -> bool:
    """Return whether the CA has the issuer's name and its key made the signature; names alone may be alike."""
    try:
        one.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def check_certificate(
    body: Any, meant: tuple[Any, dict[str, tuple[ec.EllipticCurvePublicKey, bytes]] | None, str]
) -> None:
    """Return where a certificate is as it was intended, and of the CA that was meant to sign it."""
    intent, issuers, where = meant
    encoded = unbase64(body["der"])
    leaf = x509.load_der_x509_certificate(encoded)
    signed = leaf.tbs_certificate_bytes
    _, _, algorithm, issuer, _, subject, spki, *_ = elements(inside(signed))
    if issuers is not None:
        require(intent["issuer"] in issuers, f"its CA's certificate {intent['issuer']} is not {where}")
        ca_key, ca_name = issuers[intent["issuer"]]
        require((issuer, algorithm) == (ca_name, CLEAN), "it is not of the CA that was meant to sign it")
        ca_key.verify(leaf.signature, signed, ECDSA)
    key = hashlib.sha256(spki).hexdigest()
    require(is_named(subject, intent["device_id"]), f"it is not for {intent['device_id']} alone")
    times = [one.isoformat("T", "microseconds") for one in (leaf.not_valid_before_utc, leaf.not_valid_after_utc)]
    told = (intent["spki_sha256"], intent["serial"], intent["not_before"], intent["not_after"])
    require((key, f"{leaf.serial_number:x}", *times) == told, "it is not as it was intended")
    require(hashlib.sha256(encoded).hexdigest() == body["sha256"], "its SHA-256 differs")


# --- The entries: attempts, steps, certificates, in the order in which they were written -----------------------------


@dataclass
class Attempt:
    steps: list[str]
    way: str = "certificate"
    done: int = 0
    intent: str | None = None
    good: bool = True
    device: str = ""
    uuid: str | None = None
    key: str = ""
    certificate: str = ""
    told: bool = False


@dataclass
class Waiting:
    """A check of signatures that is put off: many, one behind the other, take less time than each by itself."""

    entry: Any
    check: Callable[[Any, Any], None]
    told: Any
    meant: Any

    def broken(self) -> Broken | None:
        try:
            self.check(self.told, self.meant)
        except UNREADABLE as error:
            return explain(self.entry, error)
        return None


def explain(entry: Any, error: BaseException) -> Broken:
    """Return in words what is wrong with an entry."""
    said = str(error) if isinstance(error, Broken) else f"it can't be read ({error!r:.100})"
    said = "a signature in it does not hold" if isinstance(error, InvalidSignature) else said
    return Broken(f"entry {entry.get('seq')} ({entry.get('kind')}): {said}")


class Story:
    """Follows the entries and raises at the first one that does not fit those before it.

    To be used as a context: at its end, also by an exception, what was put off is made up for, so that the first place
    where anything breaks is the one that is told.
    """

    def __init__(self, authorities: dict[str, x509.Certificate] | None, named: Collection[str] = ()) -> None:
        """Take the CAs' certificates by SHA-256; without any, certificates are not held against a CA.

        ``named`` are those that they all lead up to one of, where some were named.
        """
        self.named = named
        self.authorities, self.count = authorities, Counter[str]()
        self.issuers = {
            name: (p256(one), elements(inside(one.tbs_certificate_bytes))[5])
            for name, one in (authorities or {}).items()
        }
        self.open, self.contexts, self.sessions = dict[int, Attempt](), dict[str, Any](), {0}
        self.intended, self.standing = dict[str, Any](), dict[str, tuple[str, str, str]]()
        self.devices, self.signed, self.proofs = set[str](), Counter[str](), 0
        self.waiting, self.seconds = list[Waiting](), 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.settle()

    def feed(self, entry: Any) -> None:
        try:
            self._take(entry["seq"], entry["kind"], entry["body"], entry)
            require(entry["v"] == 1 and entry["session"] in self.sessions, "its session is not there")
        except UNREADABLE as error:
            raise explain(entry, error) from None
        self.count["entries"] += 1
        if len(self.waiting) >= AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Check what was put off; raise at the first that does not hold. Safe to repeat."""
        waiting, self.waiting, begun = self.waiting, [], time.perf_counter()
        broken = next((found for one in waiting if (found := one.broken())), None)
        self.seconds += time.perf_counter() - begun
        if broken:
            raise broken from None

    def findings(self) -> list[str]:
        """Return in words what was found to hold."""
        self.settle()
        said = [f"{what}: {count}" for what, count in sorted(self.count.items()) if what != "entries"]
        said += [f"attempts not ended: {len(self.open)}"] if self.open else []
        return [f"units: {len(self.devices)}, every ended attempt whole", *said, *self._say_whose()]

    @property
    def pace(self) -> str:
        """How fast certificates and key proofs were checked, where it took some seconds, else ""."""
        many = self.count["certificates"], self.proofs
        told = f"{many[0]} certificates and {many[1]} key proofs checked in {self.seconds:.1f} s"
        return f"{told}: {sum(many) / 2 / self.seconds:.0f} units a second" if self.seconds > TOLD_FROM else ""

    def _say_whose(self) -> list[str]:
        """Return in words which CAs the certificates lead up to."""
        if self.authorities is None:
            return ["certificates lead up to nobody: the CA's own are not there, and no signature was looked at"]
        cas = self.authorities
        each = [f"certificates of {cas[name].subject.rfc4514_string()}, {name}: {n}" for name, n in self.signed.items()]
        said = each if len(each) > 1 else []
        roots = ", ".join(name for name, one in cas.items() if one.issuer == one.subject)
        whose = f"the CA in here; compare its root's SHA-256: {roots}"
        if self.named:
            whose = "the CA that you named" if len(self.named) == 1 else "CAs that you named"
            said += [f"not in here is the CA that you named: {name}" for name in self.named if name not in cas]
        return [*said, f"certificates lead up to {whose}"]

    def _take(self, seq: int, kind: str, body: Any, entry: Any) -> None:
        if kind in ("batch-armed", "attempt-opened", "session-opened"):
            names = [body[name] for name in ("recipe", "fixture", "context") if body.get(name)]
            require(self.contexts.keys() >= set(names), "what it refers to by hash is not there")
        match kind:
            case "context":
                require(
                    hashlib.sha256(canonical(body["value"]).encode()).hexdigest() == body["sha256"],
                    "its name isn't its hash",
                )
                self.contexts[body["sha256"]] = body["value"] if body["about"] == "recipe" else None
            case "session-opened":
                self.sessions.add(seq)
            case "attempt-opened":
                content = self.contexts[body["recipe"]]["content"]
                self.open[seq] = Attempt([step["do"] for step in content["steps"]], content.get("way", "certificate"))
            case "unit-identified" | "uuid-learnt" | "step-intended" | "step-finished" | "attempt-closed":
                require(body["attempt"] in self.open, f"attempt {body['attempt']} is not open here")
                self._take_in_attempt(kind, body, self.open[body["attempt"]], entry)
            case "key-lost":
                # Entries from before they told had all found one.
                found = "found and deleted" if body.get("found", True) else "none found"
                self.count[f"answers with a key lost, {found}"] += 1
            case "certificate-intended":
                self.intended[body["serial"]] = body
            case "certificate-issued":
                self._take_certificate(body, self.intended.pop(body["serial"]), entry)
            case "certificate-superseded":
                known = self.standing.pop(body["serial"], None) or self.intended.pop(body["serial"], None)
                require(known, "there is no such certificate")

    def _take_in_attempt(self, kind: str, body: Any, attempt: Attempt, entry: Any) -> None:
        match kind:
            case "unit-identified":
                require(not attempt.device, "the attempt was identified twice")
                attempt.device, attempt.uuid = body["device_id"], body["uuid"]
                self.devices.add(attempt.device)
            case "uuid-learnt":
                attempt.uuid = body["uuid"]
            case "step-intended":
                fits = attempt.good and attempt.intent is None and attempt.done == body["index"]
                require(fits and attempt.steps[attempt.done] == body["step"], "the recipe has another step here")
                attempt.intent = body["step"]
            case "step-finished":
                fits = attempt.intent == body["step"] and attempt.done == body["index"]
                require(fits, "a step ends that was not begun")
                attempt.intent, attempt.good = None, body["outcome"] == "passed"
                attempt.done += 1
                if attempt.good and body["step"] == WITNESS[attempt.way]:
                    self._take_told(body["results"], attempt, entry)
                elif attempt.good and body["step"] == "prove" and "not_proven" in body["results"]:
                    self.count[f"units whose key is not proven: {body['results']['not_proven']}"] += 1
                elif attempt.good and body["step"] == "sign":
                    attempt.certificate = body["results"]["serial"]
                    self._require_certificate(attempt)
            case _:
                self._close(body, attempt)

    def _take_told(self, results: Any, attempt: Attempt, entry: Any) -> None:
        self.waiting.append(Waiting(entry, check_told, results, (attempt.way, attempt.device)))
        said = attempt.uuid if attempt.way in UNVOUCHED else results["uuid"]
        require(attempt.uuid in (None, said), "the key is of a modem with another UUID")
        attempt.key = results.get("spki_sha256", "")
        what = {"attest": "attestations", "enrol": "enrolments"}.get(WITNESS[attempt.way], "key proofs")
        attempt.told = True
        self.count[f"{what}: {results['proven']}"] += 1
        self.proofs += 1

    def _take_certificate(self, body: Any, intent: Any, entry: Any) -> None:
        where = f"below {'the CA' if len(self.named) == 1 else 'a CA'} that you named" if self.named else "there"
        issuers = None if self.authorities is None else self.issuers
        self.waiting.append(Waiting(entry, check_certificate, body, (intent, issuers, where)))
        key, device = intent["spki_sha256"], intent["device_id"]
        proven = any(one.key == key and one.device == device for one in self.open.values())
        require(proven, "no open attempt's modem has shown this key")
        self.standing[body["serial"]] = (device, key, body["sha256"])
        self.count["certificates"] += 1
        self.signed[intent["issuer"]] += 1

    def _require_certificate(self, attempt: Attempt) -> None:
        whose = self.standing.get(attempt.certificate, ("", "", ""))[:2]
        require(attempt.key and whose == (attempt.device, attempt.key), "the certificate that it names is not there")

    def _close(self, body: Any, attempt: Attempt) -> None:
        require(body["orphan"] == attempt.intent, "a step has an intent and no result")
        if body["outcome"] == "passed":
            whole = attempt.good and attempt.device and attempt.done == len(attempt.steps)
            require(whole, "the unit passed without all of its recipe's steps")
            if "sign" in attempt.steps:
                self._require_certificate(attempt)
            told = attempt.told or attempt.way == "certificate"
            require(told, f"the unit passed without what the way {attempt.way} rests on")
        del self.open[body["attempt"]]
        self.count[f"attempts {body['outcome']}"] += 1
