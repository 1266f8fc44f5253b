"""A million events verified from their stored bytes, and one unit exported out of them.

The journal is built through the station's own writer; then each thing is measured in a process of its own: seconds and
peak memory. The verifier runs as it lies in a bundle. Entries, root, signatures and consistency are one figure (what
--quick looks at); reading into the entries is another. Of that, modems' key proofs and certificates against the CA are
told apart, as units a second of one core's time, beside what `cryptography` alone takes for the same ones in the same
process.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from station.ca.authority import Authority
from station.ca.folder import read_files
from station.credentials.keygen import read_keygen
from station.domain import events as e
from station.domain.ids import AttemptId, CertSerial, DeviceId, EventSeq, Imei, Sha256, SlotNumber
from station.domain.line import Outcome, RepeatClass, StepKind
from station.domain.modem import UuidSource
from station.evidence.bundle import Chosen, build_bundle, verifier_text
from station.evidence.checkpoints import make_checkpoint
from station.evidence.station_key import open_station_key
from station.host.clock import SystemClock
from station.journal.codec import iso
from station.journal.journal import Build, Journal
from station.journal.records import Records
from tests.unit.credentials.conftest import ModemMaker
from tests.unit.evidence.evidence_rig import ORIGIN, SEC_TAG, STEPS, BatchId, Rig, make_authority, make_modem, uuid_of

_AT_ONCE = 20
_FIRST = BatchId("WO-1")
_MEASURE = """
import json, resource, sys, time
sys.path.insert(0, {folder!r})
import verify
from pathlib import Path
apart, settle = [0.0], verify.Story.settle

def timed(story):
    begun = time.process_time()
    settle(story)
    apart[0] += time.process_time() - begun

def bare(data, most=10_000):
    read = verify.x509.load_der_x509_csr, verify.x509.load_der_x509_certificate
    story, seen = verify.Story(None), [[], []]
    verify.x509.load_der_x509_csr = lambda der: seen[0].append(der) or read[0](der)
    verify.x509.load_der_x509_certificate = lambda der: seen[1].append(der) or read[1](der)
    for (leaf,) in verify.sqlite3.connect(data + "/journal.db").execute("SELECT leaf FROM event ORDER BY seq"):
        story.feed(json.loads(verify.unpack_leaf(leaf)))
        if len(seen[1]) >= most:
            break
    story.settle()
    ca = verify.x509.load_pem_x509_certificate(Path(data, "ca", "line.pem").read_bytes()).public_key()
    begun = time.process_time()
    for one, other in zip(*seen):
        csr, leaf = read[0](one), read[1](other)
        csr.public_key().verify(csr.signature, csr.tbs_certrequest_bytes, verify.ECDSA)
        ca.verify(leaf.signature, leaf.tbs_certificate_bytes, verify.ECDSA)
    return len(seen[1]) / (time.process_time() - begun)

verify.Story.settle = timed
begun = time.perf_counter(), time.process_time()
verdict = verify.verify_journal(Path({data!r}), key={key!r}, kept=({kept!r},), quick={quick})
spent = time.perf_counter() - begun[0], time.process_time() - begun[1]
peak, needed = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, apart[0]
assert verdict.vouched
print(json.dumps([*spent, peak, verdict.findings, needed, 0 if {quick} else bare({data!r})]))
"""
"""``bare``: what `cryptography` alone takes for the same ones in the same process: read both, verify both."""


def unit_events(
    authority: Authority, recipe: Sha256, number: int, at: datetime, batch: BatchId = _FIRST
) -> Iterator[Build]:
    """Yield all that the line writes of one passed unit, its certificate signed by the CA."""
    maker, device = make_modem(number), DeviceId(f"dev-{number}")
    text = maker.keygen(maker.csr(device), sec_tag=SEC_TAG)
    spki, leaf = Sha256(hashlib.sha256(maker.spki()).hexdigest()), certify(authority, maker, device, at)
    serial, der = CertSerial(f"{leaf.serial_number:x}"), leaf.public_bytes(Encoding.DER)
    results: dict[StepKind, dict[str, object]] = {
        StepKind.FLASH: {"image": "provisioning.hex", "sha256": "b4" * 32},
        StepKind.GENERATE: {
            "keygen": text,
            "csr_sha256": read_keygen(text).body_sha256,
            "spki_sha256": spki,
            "uuid": uuid_of(maker),
            "proven": "digest and UUID match; COSE signature not verified",
            "adopted_from": None,
        },
        StepKind.SIGN: {"serial": serial, "issuer": authority.fingerprint, "profile": "1"},
    }
    base = 0

    def attempt(places: Sequence[EventSeq]) -> AttemptId:
        return AttemptId(places[base])

    def opening(places: Sequence[EventSeq]) -> e.Event:
        nonlocal base
        base = len(places)
        return e.AttemptOpened(batch=batch, slot=SlotNumber(1), recipe=recipe, serial=None)

    yield opening
    for index, step in enumerate(STEPS):
        yield lambda places, index=index, step=step: e.StepIntended(
            attempt=attempt(places), index=index, step=step, name=str(step), repeat=RepeatClass.IDEMPOTENT
        )
        if step is StepKind.IDENTIFY:
            yield lambda places: e.UnitIdentified(
                attempt=attempt(places),
                device_id=device,
                imei=Imei(f"{350000000000000 + number}"),
                uuid=uuid_of(maker),
                uuid_source=UuidSource.DEVICE_UUID,
                serial=None,
                model="nRF9151-LACA",
                hardware="nRF9151 LACA A0A",
                modem_firmware="mfw_nrf91x1_2.0.2",
            )
        if step is StepKind.SIGN:
            yield e.CertificateIntended(
                device_id=device,
                spki_sha256=spki,
                serial=serial,
                issuer=authority.fingerprint,
                profile="1",
                not_before=iso(leaf.not_valid_before_utc),
                not_after=iso(leaf.not_valid_after_utc),
            )
            sha256 = Sha256(hashlib.sha256(der).hexdigest())
            yield e.CertificateIssued(serial=serial, sha256=sha256, der=base64.b64encode(der).decode())
        yield lambda places, index=index, step=step: e.StepFinished(
            attempt=attempt(places),
            index=index,
            step=step,
            outcome=Outcome.PASSED,
            milliseconds=208,
            results=results.get(step, {"sec_tag": SEC_TAG}),
        )
    yield lambda places: e.AttemptClosed(attempt=attempt(places), outcome=Outcome.PASSED, for_cloud=True)


def certify(authority: Authority, maker: ModemMaker, device: DeviceId, at: datetime) -> x509.Certificate:
    issuer = authority.chain[0]
    key = authority._key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)])
    builder = x509.CertificateBuilder(issuer.subject, name, maker.key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(at).not_valid_after(at + timedelta(days=3650))
    return builder.sign(key, hashes.SHA256())


def build(data: Path, ca: Path, events: int) -> str:
    """Fill a journal; return the checkpoint that was made at its half."""
    rig = Rig(data, make_authority(ca))
    at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    half, seq, number = "", 0, 0
    while seq < events:
        made: list[Build] = []
        for _ in range(_AT_ONCE):
            number += 1
            made += unit_events(rig.authority, rig.recipe, number, at)
        seq = rig.journal.commit(*made)[-1]
        if not half and seq * 2 > events:
            half = rig.checkpoint("half").note
    rig.checkpoint("end")
    rig.journal.close()
    return half


def measure(data: Path, key: str, kept: str, quick: bool) -> tuple[float, float, float, list[str], float, float]:
    """Return seconds, processor's seconds, MiB, what was found, seconds for signatures, and units a second bare."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "verify.py").write_text(verifier_text(), encoding="utf-8")
        code = _MEASURE.format(folder=folder, data=str(data), key=key, kept=kept, quick=quick)
        done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    wall, processor, peak, findings, apart, bare = json.loads(done.stdout)
    return wall, processor, peak, findings, apart, bare


def export_one(data: Path, ca: Path) -> tuple[float, float, int]:
    """Return the seconds for a checkpoint and one unit's bundle out of the middle: wall, processor; and its bytes."""
    key = open_station_key(data / "evidence", ORIGIN)
    files = read_files(ca)
    with Journal(data, SystemClock()) as journal:
        begun = time.perf_counter(), time.process_time()
        with Records(data) as records:
            unit = records.unit_by_device_id(DeviceId(f"dev-{records.last_seq() // 40}"))
        assert unit is not None
        kept = make_checkpoint(journal, key, data, None, "export")
        chosen = Chosen(units=(unit.id,))
        bundle = build_bundle(data, chosen, note=kept.note, key=key, chain=(files.line, files.root))
        return time.perf_counter() - begun[0], time.process_time() - begun[1], len(bundle)
