"""What is true, asked of the boards and the cloud themselves, and held against what the journal says."""

import hashlib
import re
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate, load_der_x509_certificate

from station.ca.authority import Authority
from station.credentials.keygen import read_keygen
from station.domain.events import StepFinished
from station.domain.line import CloudState, Outcome, StepKind
from station.domain.modem import CredentialType
from station.domain.ways import Way
from station.journal.records import Records
from station.journal.rows import UnitRow
from station.settings.recipe import Recipe
from tests.line.harness import Line

TAG = 16842753

Held = dict[int, dict[str, Any]]
"""What lies under the product's tag, by type."""


def held(line: Line, serial: str) -> Held:
    """Return what the board truly holds under the product's tag."""
    return {item["type"]: item for item in line.board(serial)["credentials"] if item["sec_tag"] == TAG}


def require_truth(line: Line, records: Records, recipe: Recipe, authority: Authority) -> None:
    """Raise unless journal, boards and cloud agree.

    No attempt is open. A public key that was recorded is in its board, and no certificate where the way makes none. A
    certificate that stands has its key in its board. What passed has done every step and holds
    key, certificate and roots, and just that is onboarded. No board was ever given a certificate of the CA's own.
    """
    assert records.open_attempts() == []
    boards: dict[str, list[str]] = {}
    for board in line.bench.describe_boards():
        boards.setdefault(str(board["imei"]), []).append(str(board["serial"]))
    onboarded, refused = {}, set()
    for unit in records.find_units("", limit=1000):
        leaf = _standing_leaf(records, unit)
        contents = [held(line, serial) for serial in boards[unit.imei]]
        if leaf is not None:
            assert _spki(leaf) in [items[2]["public_key"] for items in contents if 2 in items], (
                f"{unit.device_id} ({unit.outcome}): the key of its certificate is in no board"
            )
        if unit.outcome is Outcome.PASSED:
            _require_done(records, unit, recipe)
            if recipe.way is Way.PUBLIC_KEY:
                _require_bare_key(records, unit, contents, recipe)
            elif recipe.credentials is not None and recipe.has(StepKind.WRITE):
                assert leaf is not None
                _require_whole(contents, leaf, recipe)
        if unit.cloud in (CloudState.ONBOARDED, CloudState.CLAIMED):
            onboarded[unit.device_id] = _handed_over(records, unit, recipe, leaf)
        elif unit.cloud is CloudState.REFUSED:
            refused.add(unit.device_id)  # the cloud may have it from before, with an older certificate
    truth = line.cloud_truth()
    told = {one["device_id"]: one["certificate_sha256"] for one in truth["devices"]}
    told |= {one["device_id"]: one["key_sha256"] for one in truth.get("public_keys", ())}
    assert {device: what for device, what in told.items() if device not in refused} == onboarded
    _require_ca_at_home(line, authority)


_TOKENS = {Way.ATTESTATION: (StepKind.ATTEST, "attestation"), Way.NRF93M1: (StepKind.ENROL, "onboarding")}


def _handed_over(records: Records, unit: UnitRow, recipe: Recipe, leaf: Certificate | None) -> str:
    """Return the SHA-256 of what the cloud must have of a unit: certificate, public key (both DER) or token."""
    if recipe.way is Way.PUBLIC_KEY:
        return str(_told(records, unit, StepKind.GENERATE)["spki_sha256"])
    if recipe.way in _TOKENS:
        step, name = _TOKENS[recipe.way]
        return hashlib.sha256(str(_told(records, unit, step)[name]).encode()).hexdigest()
    assert leaf is not None
    return hashlib.sha256(leaf.public_bytes(Encoding.DER)).hexdigest()


def _told(records: Records, unit: UnitRow, step: StepKind) -> dict[str, object]:
    results = [entry.event for entry in records.entries_of(unit.last_attempt)]
    (done,) = [one for one in results if isinstance(one, StepFinished) and one.step is step]
    return done.results


def _standing_leaf(records: Records, unit: UnitRow) -> Certificate | None:
    row = records.active_certificate(unit.device_id)
    return None if row is None else load_der_x509_certificate(records.certificate_der(row))


def _spki(leaf: Certificate) -> str:
    return leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()


def _require_done(records: Records, unit: UnitRow, recipe: Recipe) -> None:
    results = [entry.event for entry in records.entries_of(unit.last_attempt)]
    passed = [one.index for one in results if isinstance(one, StepFinished) and one.outcome is Outcome.PASSED]
    assert passed == list(range(len(recipe.steps))), f"{unit.device_id} passed without all its steps"


def _require_bare_key(records: Records, unit: UnitRow, contents: list[Held], recipe: Recipe) -> None:
    wanted = {CredentialType.CLIENT_KEY} | ({CredentialType.ROOT_CA} if recipe.root_bundle else set())
    key = read_keygen(str(_told(records, unit, StepKind.GENERATE)["keygen"])).body.hex()
    whole = [one for one in contents if set(one) == wanted and one[CredentialType.CLIENT_KEY]["public_key"] == key]
    assert len(whole) == 1, f"{unit.device_id}: not one board holds just the key that was recorded"


def _require_whole(contents: list[Held], leaf: Certificate, recipe: Recipe) -> None:
    pem = leaf.public_bytes(Encoding.PEM).decode()
    whole = [
        items
        for items in contents
        if {CredentialType.ROOT_CA, CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY} == set(items)
        and items[CredentialType.CLIENT_CERT]["content"].replace("\r\n", "\n") == pem
        and items[CredentialType.ROOT_CA]["content"].replace("\r\n", "\n") == recipe.root_bundle
    ]
    assert len(whole) == 1, f"{leaf.subject}: not one board holds just what it must"


def _require_ca_at_home(line: Line, authority: Authority) -> None:
    own = [_squeezed(str(one.public_bytes(Encoding.PEM).decode()))[200:260] for one in authority.chain]
    for board in line.bench.describe_boards():
        serial = str(board["serial"])
        said = _squeezed(str(line.bench.describe_log(serial)) + str(line.board(serial)["credentials"]))
        assert not any(part in said for part in own), f"{serial} was given a certificate of the CA's own"


def _squeezed(text: str) -> str:
    """Return ``text`` without line ends in any of the ways in which they are written on the way."""
    return re.sub(r"(\\+[rn]|\s)", "", text)
