"""The Provisioning API's bodies, byte for byte (nrf-cloud-api reference section 2): claims, one or many, and rules.

A bulk claim is a CSV without a header: ``"token"`` or ``"token","tagA,tagB"``, every field quoted, one line feed after
each row, 1 to 1000 rows: the same bytes as Nordic's own ``claim_devices`` sends. (Its single claim wraps all tags
into one; here each is an item.)
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from station.cloud.faults import BODY_BAD, ROW_BAD
from station.cloud.handed import require_alone
from station.cloud.protocol import AttestationToken, OnboardRow
from station.credentials.attestation import read_attestation
from station.credentials.pem import CertificatePem
from station.domain.faults import Fault
from station.domain.ids import DeviceId, DeviceUuid

MAX_CLAIMS = 1000

_TAG = re.compile(r"[a-zA-Z0-9_.@:#=-]{1,128}")
"""The documented examples (``location=Trondheim``, ``nrf-cloud-onboarding``) and what team tags may hold; no comma,
which would make two of one."""

RULE_NAME = "{tag} (made by an nRF91 station)"


@dataclass(frozen=True, slots=True)
class Claim:
    """One device to claim: its attestation token, and the tags whose provisioning rules shall be its."""

    uuid: DeviceUuid
    token: str = field(repr=False)
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleOrder:
    """What a provisioning rule has devices do that are claimed with its tag: key, cloud access key, root certificates.

    As Nordic's own rule "nRF Cloud Onboarding" has it, for one security tag.
    """

    tag: str
    sec_tag: int
    roots: CertificatePem


def is_tag(text: str) -> bool:
    """Return whether ``text`` may be a provisioning tag. Pure."""
    return _TAG.fullmatch(text) is not None


def claim_of(token: str, tags: tuple[str, ...] = ()) -> Claim:
    """Return the claim of the device whose token this is. Raises CRED-121 where it can't be read. Pure."""
    return Claim(read_attestation(token).uuid, token, tags)


def render_claims(rows: Sequence[OnboardRow], max_rows: int = MAX_CLAIMS) -> bytes:
    """Return ``rows`` as the body of a bulk claim: the same bytes for the same rows. Pure.

    Raises CLD-111 for a row whose token is not that device's (this API knows devices by UUID alone) or whose tag
    it would not take, and CLD-112 for too few or too many rows, of several kinds, or a device that comes twice.
    """
    most = min(max_rows, MAX_CLAIMS)
    if not 1 <= len(rows) <= most:
        raise BODY_BAD.fault(why=f"{len(rows)} rows, and a body takes 1 to {most}")
    require_alone(rows)
    return write_claims([_claim_of_row(row) for row in rows])


def write_claims(claims: Sequence[Claim]) -> bytes:
    """Return the body of a bulk claim. Pure."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for claim in claims:
        writer.writerow([claim.token, ",".join(claim.tags)] if claim.tags else [claim.token])
    return text.getvalue().encode("ascii")


def read_claims(body: bytes) -> tuple[Claim, ...]:
    """Return the claims of a body that :func:`render_claims` made. Raises CLD-112 for any other. Pure."""
    try:
        rows = list(csv.reader(io.StringIO(body.decode("ascii"), newline=""), strict=True))
        claims = tuple(_claim_of_cells(cells) for cells in rows)
    except (UnicodeDecodeError, csv.Error, ValueError, Fault) as error:
        # Without the cause, which would quote the tokens.
        raise BODY_BAD.fault(type(error).__name__, why="it is no body of claims") from None
    if not claims:
        raise BODY_BAD.fault(why="it is no body of claims")
    return claims


def write_claim(claim: Claim) -> bytes:
    """Return the body of a claim's dry run: a single claim's. Pure."""
    value: dict[str, object] = {"claimToken": claim.token}
    if claim.tags:
        value["tags"] = list(claim.tags)
    return _json(value)


def write_tag(tag: str) -> bytes:
    """Return the body that makes a tag. Pure."""
    return _json({"tag": tag, "description": f"Made by an nRF91 station for the rule of {tag}"})


def write_rule(order: RuleOrder) -> bytes:
    """Return the body that makes a provisioning rule. Pure."""
    requests: list[dict[str, object]] = [
        {"clientPrivateKeyGeneration": {"secTag": order.sec_tag}},
        {"cloudAccessKeyGeneration": {"secTag": order.sec_tag}},
        {"serverCertificate": {"secTag": order.sec_tag, "content": order.roots}},
    ]
    return _json(
        {
            "name": RULE_NAME.format(tag=order.tag),
            "description": "Onboards devices that are claimed with its tag",
            "active": True,
            "commands": [{"request": request} for request in requests],
            "tags": [order.tag],
        }
    )


def _claim_of_row(row: OnboardRow) -> Claim:
    if not isinstance(row.credential, AttestationToken):
        raise BODY_BAD.fault(why=f"a claim takes an attestation token and no {row.kind}")
    claim = claim_of(row.credential.text, row.claim_tags)
    if DeviceId(claim.uuid) != row.device_id:
        raise ROW_BAD.fault(
            f"UUID {claim.uuid}",
            device_id=row.device_id,
            why='its device ID is not its UUID, by which alone a device is claimed (in the recipe: scheme = "uuid")',
        )
    for tag in claim.tags:
        if not is_tag(tag):
            raise ROW_BAD.fault(
                repr(tag), device_id=row.device_id, why="a claim tag holds a character the cloud does not take"
            )
    return claim


def _claim_of_cells(cells: list[str]) -> Claim:
    match cells:
        case [token]:
            return claim_of(token)
        case [token, tags]:
            return claim_of(token, tuple(tags.split(",")))
    raise ValueError("a row of another form")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
