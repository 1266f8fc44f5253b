"""A batch from end to end, judged from outside: the boards and the cloud are asked, not the journal."""

import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from station.domain.line import CloudState, Outcome
from station.journal.records import Records
from tests.line.harness import Hands, Line


def test_twelve_boards_through_eight_slots_are_onboarded(line: Line) -> None:
    hands = Hands(line, [{"serial": f"B{number:03d}"} for number in range(12)])
    hands.load()
    summary = line.run(12, watch=hands)
    assert summary.tally.outcomes == {"passed": 12}
    assert summary.tally.cloud == {"onboarded": 12}
    assert summary.all_passed
    truth = line.cloud_truth()
    devices = {device["device_id"]: device for device in truth["devices"]}
    with Records(line.folder / "data") as records:
        for unit in records.units_of(summary.batch):
            assert (unit.outcome, unit.cloud) == (Outcome.PASSED, CloudState.ONBOARDED)
            row = records.active_certificate(unit.device_id)
            assert row is not None
            certificate = load_der_x509_certificate(records.certificate_der(row))
            assert unit.device_id in devices
            _require_openssl_accepts(line, certificate.public_bytes(Encoding.PEM))
            spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            assert spki.hex() in str([line.board(f"B{number:03d}") for number in range(12)])


def _require_openssl_accepts(line: Line, leaf: bytes) -> None:
    ca = line.open().value.ca_folder
    path = Path(line.folder / "leaf.pem")
    path.write_bytes(leaf)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(ca / "root.pem")]
    done = subprocess.run(
        [*command, "-untrusted", str(ca / "line.pem"), str(path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert load_pem_x509_certificate(leaf).subject
