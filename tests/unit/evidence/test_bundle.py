"""A bundle: all that belongs to what was chosen, the same bytes each time, and a story that must be whole."""

import ast
import gzip
import io
import json
import shutil
import sys
import zipfile
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from station.ca.authority import Authority
from station.domain import events as e
from station.domain.faults import Fault
from station.domain.ids import AttemptId, BatchId, CertSerial, DeviceId, Sha256, UnitId
from station.domain.line import Outcome
from station.evidence.bundle import Chosen, build_bundle, verifier_text
from station.evidence.forms import Broken, canonical, read_json, root_by_path, roots_by_path
from station.evidence.verifier import main, verify_bundle, verify_journal
from station.host.files import sha256_of
from station.journal.codec import decode, iso
from station.journal.merkle import consistency_path, inclusion_path, root_of
from station.journal.notes import Checkpoint
from tests.unit.evidence.conftest import Sample
from tests.unit.evidence.evidence_rig import Rig, make_authority, make_modem
from tests.unit.evidence.tampering import unpack


def bundle_of(rig: Rig, *units: UnitId, batch: str | None = None, earlier: str = "") -> bytes:
    kept = rig.checkpoint("export")
    chosen = Chosen(units=units, batch=None if batch is None else BatchId(batch))
    return build_bundle(rig.data, chosen, note=kept.note, key=rig.key, chain=rig.chain, earlier=earlier)


def refused(call: Callable[[], object], code: str) -> Fault:
    with pytest.raises(Fault) as caught:
        call()
    assert caught.value.code == code
    return caught.value


def events_of(bundle: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in unpack(bundle)["events.jsonl"].splitlines()]


def broken(bundle: bytes, path: Path, part: str) -> None:
    path.write_bytes(bundle)
    with pytest.raises(Broken, match=part):
        verify_bundle(path)


def test_equal_content_is_equal_bytes(sample: Sample) -> None:
    rig = sample.rig
    note = unpack(sample.bundle)["checkpoint.txt"].decode()
    rig.note("something later, which is not in it")
    chosen = Chosen(batch=BatchId("WO-1"))
    again = build_bundle(rig.data, chosen, note=note, key=rig.key, chain=rig.chain, earlier=sample.kept)
    assert again == sample.bundle


def test_a_unit_s_bundle_is_the_same_bytes_again(rig: Rig) -> None:
    """Under the same checkpoint, however the units are named, whenever, and whatever was written behind it."""
    one, two = rig.passed(1), rig.interrupted(2)
    rig.failed(3)
    rig.upload(one, two)
    early, note = rig.checkpoint().note, rig.checkpoint().note

    def made(*units: UnitId) -> bytes:
        chosen = Chosen(units=units)
        return build_bundle(rig.data, chosen, note=note, key=rig.key, chain=rig.chain, earlier=early)

    first = made(one, two)
    rig.clock.time += timedelta(days=400)
    rig.passed(4)
    rig.journal.commit(e.ReworkDeclared(unit=one, operator="p1", reason="label"))
    rig.checkpoint()
    assert made(one, two) == first
    assert made(two, one, two) == first
    assert made(one) != first


def test_other_programs_read_the_archive(sample: Sample) -> None:
    with zipfile.ZipFile(io.BytesIO(sample.bundle)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(unpack(sample.bundle))
        assert {name: archive.read(name) for name in archive.namelist()} == unpack(sample.bundle)
        for info in archive.infolist():
            assert (info.date_time, info.compress_type) == ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED)
            assert (info.external_attr >> 16, info.create_system) == (0o100644, 3)


def test_a_unit_brings_all_that_was_said_of_it_and_nothing_of_others(rig: Rig, tmp_path: Path) -> None:
    rig.passed(1)
    chosen = rig.interrupted(2)
    rig.arm("WO-2")
    other = rig.passed(3, batch="WO-2")
    rig.upload(chosen, other)
    rig.journal.commit(e.ReworkDeclared(unit=chosen, operator="p1", reason="label"))
    bundle = bundle_of(rig, chosen)
    found = events_of(bundle)
    kinds = [event["kind"] for event in found]
    assert kinds.count("attempt-opened") == kinds.count("attempt-closed") == 2
    assert kinds.count("unit-identified") == 2
    for kind in ("session-opened", "batch-armed", "certificate-issued", "upload-settled", "rework-declared"):
        assert kinds.count(kind) == 1, kind
    assert kinds.count("context") == 3, "session, recipe, fixture"
    assert b"dev-1" not in unpack(bundle)["events.jsonl"]
    assert b"dev-3" not in unpack(bundle)["events.jsonl"]
    with rig.journal.records() as records:
        assert all(decode(json_bytes(event)) == records.entry(event["seq"]) for event in found)  # type: ignore[arg-type]
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle)
    verdict = verify_bundle(path, key=rig.key.verifier.fingerprint)
    assert verdict.vouched
    assert "units: 1, every ended attempt whole" in verdict.findings


def json_bytes(event: dict[str, object]) -> bytes:
    return rfc8785.dumps(event)  # type: ignore[arg-type]


def test_a_batch_brings_boards_that_never_said_who_they_are(sample: Sample) -> None:
    found = events_of(sample.bundle)
    kinds = [event["kind"] for event in found]
    assert kinds.count("slot-latched") == kinds.count("slot-acknowledged") == 1
    assert kinds.count("attempt-opened") == 5
    assert "boards that never said who they are" in unpack(sample.bundle)["summary.txt"].decode()


def test_what_has_not_ended_or_is_not_there_is_not_exported(rig: Rig) -> None:
    unit = rig.passed(1)
    note = rig.checkpoint().note
    rig.open_attempt()
    refused(lambda: bundle_of(rig, batch="WO-1"), "EVD-121")
    refused(lambda: bundle_of(rig, batch="WO-9"), "EVD-122")
    # What was opened behind the checkpoint is no part of the export.
    assert build_bundle(rig.data, Chosen(batch=BatchId("WO-1")), note=note, key=rig.key, chain=rig.chain)
    refused(
        lambda: build_bundle(rig.data, Chosen(units=(unit,)), note=note, key=rig.key, chain=rig.chain[1:]), "EVD-123"
    )


def test_a_checkpoint_that_does_not_fit_stops_the_export(rig: Rig, tmp_path: Path, authority: Authority) -> None:
    unit = rig.passed(1)
    other = Rig(tmp_path / "other", authority)
    other.passed(2)
    forked = [rig.key.sign_checkpoint(Checkpoint(rig.key.origin, size, bytes(32))) for size in (3, 4, 10**6)]
    for note in (*forked, other.checkpoint().note, "nothing", rig.checkpoint().note[:-9] + "AAAAAAAA\n"):
        refused(lambda note=note: bundle_of(rig, unit, earlier=note), "EVD-124")
    other.journal.close()


@pytest.mark.parametrize("choose", ["same size", "power of two", "others"])
def test_it_joins_every_earlier_checkpoint(rig: Rig, tmp_path: Path, choose: str) -> None:
    notes = []
    for number in range(1, 4):
        unit = rig.passed(number)
        notes.append(rig.checkpoint().note)
    if choose == "power of two":
        while rig.journal.records().last_seq() & (rig.journal.records().last_seq() - 1):
            rig.note()
        notes = [rig.checkpoint().note]
    last = rig.checkpoint("export").note
    for earlier in [last] if choose == "same size" else notes:
        bundle = build_bundle(rig.data, Chosen(units=(unit,)), note=last, key=rig.key, chain=rig.chain, earlier=earlier)
        (tmp_path / "bundle.zip").write_bytes(bundle)
        assert verify_bundle(tmp_path / "bundle.zip", kept=(earlier,)).vouched


def test_the_command_tells_by_its_exit_code(sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, key, kept = tmp_path / "bundle.zip", tmp_path / "key", tmp_path / "kept.txt"
    path.write_bytes(sample.bundle)
    kept.write_bytes(sample.kept.replace("\n", "\r\n").encode())  # as a mail program on Windows leaves it
    key.write_text(sample.rig.key.verifier.fingerprint)
    root = sample.rig.authority.root_fingerprint
    assert main([str(path)]) == 3
    assert "nothing you gave vouches" in capsys.readouterr().out
    for words in (
        ["--key", sample.vkey],
        ["--key", str(key)],
        ["--key", sample.rig.key.verifier.fingerprint],
        ["--checkpoint", str(kept)],
        ["--key", str(key), "--ca", root.upper()],
    ):
        assert main([str(path), *words]) == 0, words
    assert "the CA that you named" in capsys.readouterr().out
    for words in (["--ca", "0" * 64], ["--key", "0" * 64]):
        assert main([str(path), *words]) == 1, words
    assert main([str(tmp_path / "away.zip")]) == 2


def test_the_bundled_file_needs_python_and_cryptography_alone() -> None:
    tree = ast.parse(verifier_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"cryptography"}


# What a station must not have written, written all the same: each is found where it stands.


def test_a_unit_that_passed_without_its_last_step_is_found(rig: Rig, tmp_path: Path) -> None:
    attempt = rig.open_attempt()
    rig.step(attempt, 0)
    rig.intend(attempt, 1)
    rig.identify(attempt, 1, make_modem(1))
    rig.finish(attempt, 1)
    rig.close(attempt, Outcome.PASSED)
    broken(bundle_of(rig, rig.unit(1)), tmp_path / "b.zip", "passed without all of its recipe's steps")


def identified(rig: Rig, number: int) -> tuple[AttemptId, DeviceId]:
    attempt = rig.open_attempt()
    rig.step(attempt, 0)
    rig.intend(attempt, 1)
    device = rig.identify(attempt, number, make_modem(number))
    rig.finish(attempt, 1)
    return attempt, device


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("spki_sha256", "0" * 64, "is not what the entry says"),
        ("csr_sha256", "0" * 64, "is not what the entry says"),
        ("uuid", "00000000-0000-0000-0000-000000000000", "is not what the entry says"),
        ("keygen", "AAAA.BBBB", "can't be read"),
        ("keygen", "other device", "is not for dev-1 alone"),
        ("keygen", "other modem", "is not what the entry says"),
        ("keygen", "other message", "is not about this CSR"),
        ("keygen", "other signature", "a signature in it does not hold"),
    ],
)
def test_a_key_that_is_not_as_the_modem_said_is_found(
    rig: Rig, tmp_path: Path, field: str, value: str, part: str
) -> None:
    attempt, device = identified(rig, 1)
    maker = make_modem(1)
    results = rig.keygen(device, maker)
    texts = {
        "other device": lambda: maker.keygen(maker.csr("dev-9"), sec_tag=1),
        "other modem": lambda: make_modem(2).keygen(maker.csr(device), sec_tag=1),
        "other message": lambda: f"{str(results['keygen']).split('.')[0]}.{maker.keygen(b'x').split('.')[1]}",
        "other signature": lambda: maker.keygen(spoil_end(maker.csr(device)), sec_tag=1),
    }
    rig.step(attempt, 2, {**results, field: texts[value]() if value in texts else value})
    rig.close(attempt, Outcome.FAILED)
    broken(bundle_of(rig, rig.unit(1)), tmp_path / "b.zip", part)


def spoil_end(csr: bytes) -> bytes:
    return csr[:-1] + bytes([csr[-1] ^ 1])


def test_a_certificate_for_a_key_that_no_modem_showed_is_found(rig: Rig, tmp_path: Path) -> None:
    attempt, device = identified(rig, 1)
    rig.step(attempt, 2, rig.keygen(device, make_modem(1)))
    other = rig.keygen(device, make_modem(1))  # the same UUID, another key
    rig.sign(attempt, device, other, make_modem(1))
    rig.close(attempt, Outcome.ABORTED)
    broken(bundle_of(rig, rig.unit(1)), tmp_path / "b.zip", "no open attempt's modem has shown this key")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, ""),
        ({"signer": "another key"}, "a signature in it does not hold"),
        ({"issuer": "another name"}, "not of the CA that was meant"),
        ({"digest": hashes.SHA384()}, "not of the CA that was meant"),
        ({"name": "dev-9"}, "not for dev-1 alone"),
        ({"holder": "another key"}, "not as it was intended"),
        ({"years": 11}, "not as it was intended"),
        ({"sha256": "0" * 64}, "its SHA-256 differs"),
    ],
)
def test_a_certificate_that_is_not_what_the_ca_meant_is_found(
    rig: Rig, tmp_path: Path, changes: dict[str, object], part: str
) -> None:
    attempt, device = identified(rig, 1)
    maker = make_modem(1)
    results = rig.keygen(device, maker)
    rig.step(attempt, 2, results)
    other, begin = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 11, 22, tzinfo=UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(changes.get("name", device)))])
    leaf = x509.CertificateBuilder(
        subject if "issuer" in changes else rig.chain[0].subject,
        subject,
        other.public_key() if "holder" in changes else maker.key.public_key(),
        4711,
        begin,
        begin.replace(year=2026 + int(str(changes.get("years", 10)))),
    ).sign(other if "signer" in changes else rig.authority._key, changes.get("digest", hashes.SHA256()))  # type: ignore[arg-type]  # a digest
    der = leaf.public_bytes(Encoding.DER)
    intent = e.CertificateIntended(
        device_id=device,
        spki_sha256=Sha256(str(results["spki_sha256"])),
        serial=CertSerial(f"{4711:x}"),
        issuer=rig.authority.fingerprint,
        profile="1",
        not_before=iso(begin),
        not_after=iso(begin.replace(year=2036)),
    )
    sha256 = Sha256(str(changes.get("sha256", sha256_of(der))))
    rig.journal.commit(intent, e.CertificateIssued(serial=intent.serial, sha256=sha256, der=b64encode(der).decode()))
    rig.close(attempt, Outcome.ABORTED)
    path = tmp_path / "b.zip"
    if part:
        broken(bundle_of(rig, rig.unit(1)), path, part)
    else:
        path.write_bytes(bundle_of(rig, rig.unit(1)))
        assert "certificates: 1" in verify_bundle(path).findings


def test_a_certificate_of_another_ca_is_not_exported_as_this_one_s(rig: Rig, tmp_path: Path) -> None:
    unit = rig.passed(1)
    other = make_authority(tmp_path / "ca").chain
    kept = rig.checkpoint()
    chosen = Chosen(units=(unit,))
    refused(lambda: build_bundle(rig.data, chosen, note=kept.note, key=rig.key, chain=other), "EVD-123")


def test_a_whole_journal_is_verified_where_it_lies(rig: Rig, tmp_path: Path) -> None:
    rig.passed(1)
    kept = rig.checkpoint().note
    rig.open_attempt()
    verdict = verify_journal(rig.data, key=rig.key.verifier.text(), kept=(kept,))
    assert verdict.vouched
    assert "attempts not ended: 1" in verdict.findings
    assert any(line.startswith("behind the last checkpoint: 2 entries") for line in verdict.findings)
    rig.journal.close()
    # A copy on a medium that takes no writing, without the log beside it.
    copy = tmp_path / "copy.db"
    shutil.copy(rig.data / "journal.db", copy)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert main([str(copy), "--key", rig.key.verifier.text()]) == 3, "its end is signed by nothing, and its CA is away"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_genuine_journal_of_format_1_tells_a_whole_story(tmp_path: Path) -> None:
    """Twelve units as the line built them then; no checkpoint was ever made, so nobody vouches for it."""
    formats = Path(__file__).parents[1] / "journal" / "formats"
    (tmp_path / "journal.db").write_bytes(gzip.decompress((formats / "journal-v1.db.gz").read_bytes()))
    for key in ("", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"):
        verdict = verify_journal(tmp_path, key=key)
        assert not verdict.vouched
        assert {"units: 12, every ended attempt whole", "attempts passed: 12", "certificates: 12"} <= {
            *verdict.findings
        }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_the_one_form_is_that_of_an_independent_writer(value: dict[str, object]) -> None:
    theirs = rfc8785.dumps(value)  # type: ignore[arg-type]
    assert canonical(value).encode() == theirs
    assert read_json(theirs, "it") == value


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":1}', '{"b":1,"a":1}', '{"a": 1}', '{"a":1.0}', '{"a":1e3}', '{"a":01}', '{"a":NaN}', '{"a":-0}',
     '{"a":"\\u0041"}', '{"a":"\\/"}', '{"a":"\\ud800"}', "[1]", "1", "", '{"a":1}x', '{"a":1}\n', '{"a":' * 99999,
     '{"\uff21":2,"\U0001f600":1,"b":0}'],
)  # fmt: skip
def test_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        read_json(text.encode(), "it")


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=40), st.data())
def test_the_verifier_s_proofs_are_the_journal_s(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))

    def node(level: int, place: int) -> bytes:
        return root_of(leaves[place << level : (place + 1) << level])

    path = inclusion_path(index, size, node)
    assert root_by_path(leaves[index], index, size, path) == root_of(leaves)
    assert path == []
    old, path = root_of(leaves[:first]), consistency_path(first, size, node)
    assert roots_by_path(first, size, old, path) == (old, root_of(leaves))
    assert path == []
