"""What the entries tell, followed strictly: modems' keys, certificates, attempts, steps.

A part of `verify.py`, which is copied into every bundle: it imports the standard library and `cryptography` alone.
"""

import hashlib
import re
import struct
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import Broken, canonical, require, unbase64

UNREADABLE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error),
    *(InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension, x509.ExtensionNotFound),
    x509.UnsupportedGeneralNameType,
)
"""What Python and `cryptography` raise for what can't be read."""


# --- What a modem says of its key, and what a CA made of it ----------------------------------------------------------

ECDSA = ec.ECDSA(hashes.SHA256())
_NULL, _CLEAN = bytes.fromhex("300c06082a8648ce3d0403020500"), bytes.fromhex("300a06082a8648ce3d040302")
_COSE = re.compile(
    rb"\xd2\x84\x43\xa1\x01\x26\xa1\x04\x41.\x58.\xd9\xd9\xf7\x85\x09\x50(.{16})"
    rb"(?:\x41|\x42\x18|\x43\x19|\x45[\x1a\x3a])(.{1,4})\x58\x20(.{32})\x50.{16}\x58\x40.{64}",
    re.DOTALL,
)


def check_keygen(text: str, name: str) -> tuple[str, str, str]:
    """Return key's SHA-256, UUID and CSR's SHA-256 of a modem's answer to %KEYGEN for ``name``; raise where it is not.

    The CSR is signed by its own key, and the modem's COSE message holds its SHA-256. Modems put a NULL into the CSR
    that RFC 5758 forbids and nothing signs: it is left out for reading.
    """
    csr, cose = (unbase64(part.translate({45: 43, 95: 47}) + "=" * (-len(part) % 4)) for part in text.split("."))
    clean, found = csr, _COSE.fullmatch(cose)
    if _NULL in csr:
        inner = inside(csr).replace(_NULL, _CLEAN)
        clean = (
            b"\x30\x82" + struct.pack(">H", len(inner)) if len(inner) > 255 else bytes((0x30, 0x81, len(inner)))
        ) + inner
    request, digest = x509.load_der_x509_csr(clean), hashlib.sha256(csr)
    _, subject, spki, *_ = elements(inside(request.tbs_certrequest_bytes))
    require(is_named(subject, name), f"the CSR is not for {name} alone")
    p256(request).verify(request.signature, request.tbs_certrequest_bytes, ECDSA)
    require(found and found[3] == digest.digest(), "the modem's message is not about this CSR")
    uuid = found[1].hex() if found else ""
    uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
    return hashlib.sha256(spki).hexdigest(), uuid, digest.hexdigest()


def p256(holder: x509.Certificate | x509.CertificateSigningRequest) -> ec.EllipticCurvePublicKey:
    """Return the key in it, which is of P-256."""
    key = holder.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Broken("a key is not of P-256")
    return key


def elements(data: bytes) -> list[bytes]:
    """Return the DER elements that lie one behind the other (X.690 section 8.1)."""
    found, at = [], 0
    while at < len(data):
        length, begin = data[at + 1], at + 2
        if length & 0x80:
            begin += length & 0x7F
            length = int.from_bytes(data[at + 2 : begin], "big")
        found.append(data[at : begin + length])
        at = begin + length
    return found


def inside(element: bytes) -> bytes:
    return element[2 + (element[1] & 0x7F if element[1] & 0x80 else 0) :]


def is_named(subject: bytes, name: str) -> bool:
    """Return whether a DER Name is one common name, this one, as UTF8String or PrintableString."""
    for tag in (0x0C, 0x13):
        told = b"\x06\x03\x55\x04\x03" + bytes((tag, len(name))) + name.encode("ascii")
        for outer in (0x30, 0x31, 0x30):
            told = bytes((outer, len(told))) + told
        if told == subject:
            return True
    return False


def read_authorities(pem: str, given: str) -> dict[str, x509.Certificate]:
    """Return the CA's certificates by SHA-256, each signed by another of them up to a root that signed itself.

    With the SHA-256 of one ``given``, only those whose way up leads through it, itself among them: no others are looked
    for above a unit's certificate.
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
    require(not given or given in found, f"no CA certificate here has the fingerprint that you gave ({given})")
    return {name: one for name, one in found.items() if not given or given in ways[name]}


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


# --- The entries: attempts, steps, certificates, in the order in which they were written -----------------------------


@dataclass
class Attempt:
    steps: list[str]
    done: int = 0
    intent: str | None = None
    good: bool = True
    device: str = ""
    uuid: str | None = None
    key: str = ""
    certificate: str = ""


class Story:
    """Follows the entries and raises at the first one that does not fit those before it."""

    def __init__(self, authorities: dict[str, x509.Certificate] | None, named: str = "") -> None:
        """Take the CA's certificates by SHA-256; without any, certificates are not held against a CA.

        ``named`` is the one that they all lead up to, where one was named.
        """
        self.named = named
        self.authorities, self.count = authorities, Counter[str]()
        self.issuers = {
            name: (p256(one), elements(inside(one.tbs_certificate_bytes))[5])
            for name, one in (authorities or {}).items()
        }
        self.open, self.contexts, self.sessions = dict[int, Attempt](), dict[str, Any](), {0}
        self.intended, self.standing = dict[str, Any](), dict[str, tuple[str, str, str]]()
        self.devices = set[str]()

    def feed(self, entry: Any) -> None:
        try:
            self._take(entry["seq"], entry["kind"], entry["body"])
            require(entry["v"] == 1 and entry["session"] in self.sessions, "its session is not there")
        except UNREADABLE as error:
            said = str(error) if isinstance(error, Broken) else f"it can't be read ({error!r:.100})"
            said = "a signature in it does not hold" if isinstance(error, InvalidSignature) else said
            raise Broken(f"entry {entry.get('seq')} ({entry.get('kind')}): {said}") from None
        self.count["entries"] += 1

    def findings(self) -> list[str]:
        """Return in words what was found to hold."""
        said = [f"{what}: {count}" for what, count in sorted(self.count.items()) if what != "entries"]
        said += [f"attempts not ended: {len(self.open)}"] if self.open else []
        whose = "the CA that you named" if self.named else "the CA in here; compare its root's SHA-256: "
        if self.authorities is None:
            whose = "nobody: the CA's own are not there, and no signature was looked at"
        elif not self.named:
            whose += ", ".join(name for name, one in self.authorities.items() if one.issuer == one.subject)
        return [f"units: {len(self.devices)}, every ended attempt whole", *said, f"certificates lead up to {whose}"]

    def _take(self, seq: int, kind: str, body: Any) -> None:
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
                self.open[seq] = Attempt([step["do"] for step in self.contexts[body["recipe"]]["content"]["steps"]])
            case "unit-identified" | "uuid-learnt" | "step-intended" | "step-finished" | "attempt-closed":
                require(body["attempt"] in self.open, f"attempt {body['attempt']} is not open here")
                self._take_in_attempt(kind, body, self.open[body["attempt"]])
            case "certificate-intended":
                self.intended[body["serial"]] = body
            case "certificate-issued":
                self._take_certificate(body, self.intended.pop(body["serial"]))
            case "certificate-superseded":
                known = self.standing.pop(body["serial"], None) or self.intended.pop(body["serial"], None)
                require(known, "there is no such certificate")

    def _take_in_attempt(self, kind: str, body: Any, attempt: Attempt) -> None:
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
                if attempt.good and body["step"] == "generate-key":
                    self._take_key(body["results"], attempt)
                elif attempt.good and body["step"] == "sign":
                    attempt.certificate = body["results"]["serial"]
                    self._require_certificate(attempt)
            case _:
                self._close(body, attempt)

    def _take_key(self, results: Any, attempt: Attempt) -> None:
        key, uuid, csr = check_keygen(results["keygen"], attempt.device)
        told = (results["spki_sha256"], results["uuid"], results["csr_sha256"])
        require((key, uuid, csr) == told, "the modem's answer is not what the entry says of it")
        require(attempt.uuid in (None, uuid), "the key is of a modem with another UUID")
        attempt.key = key
        self.count[f"key proofs: {results['proven']}"] += 1

    def _take_certificate(self, body: Any, intent: Any) -> None:
        encoded = unbase64(body["der"])
        leaf = x509.load_der_x509_certificate(encoded)
        _, _, algorithm, issuer, _, subject, spki, *_ = elements(inside(leaf.tbs_certificate_bytes))
        if self.authorities is not None:
            where = "below the CA that you named" if self.named else "there"
            require(intent["issuer"] in self.issuers, f"its CA's certificate {intent['issuer']} is not {where}")
            ca_key, ca_name = self.issuers[intent["issuer"]]
            require((issuer, algorithm) == (ca_name, _CLEAN), "it is not of the CA that was meant to sign it")
            ca_key.verify(leaf.signature, leaf.tbs_certificate_bytes, ECDSA)
        key = hashlib.sha256(spki).hexdigest()
        require(is_named(subject, intent["device_id"]), f"it is not for {intent['device_id']} alone")
        times = [
            one.isoformat(timespec="microseconds") for one in (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
        ]
        told = (intent["spki_sha256"], intent["serial"], intent["not_before"], intent["not_after"])
        require((key, f"{leaf.serial_number:x}", *times) == told, "it is not as it was intended")
        require(hashlib.sha256(encoded).hexdigest() == body["sha256"], "its SHA-256 differs")
        proven = any(one.key == key and one.device == intent["device_id"] for one in self.open.values())
        require(proven, "no open attempt's modem has shown this key")
        self.standing[body["serial"]] = (intent["device_id"], key, body["sha256"])
        self.count["certificates"] += 1

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
        del self.open[body["attempt"]]
        self.count[f"attempts {body['outcome']}"] += 1
