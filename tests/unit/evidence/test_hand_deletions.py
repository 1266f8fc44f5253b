"""What a person deleted from a unit's modem by hand stands beside its certificate, until it is built again."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest

from station.domain import events as e
from station.domain.faults import FaultRecord
from station.domain.ids import EventSeq, Imei, UnitId
from station.domain.line import Outcome
from station.evidence.bundle import Chosen, build_bundle
from station.evidence.certificate_text import DOUBTFUL, UNUSABLE, certificate_facts
from station.evidence.pdf_unit import unit_pdf
from station.evidence.provenance import read_provenance
from station.evidence.unit_record import CertificateRecord, read_unit
from tests.unit.credentials.conftest import ModemMaker
from tests.unit.evidence.evidence_rig import SEC_TAG, Rig, make_modem

CERTIFICATE, KEY = 1, 2
SILENT = FaultRecord("AT-101", "The board does not answer.", "")
USELESS = "The certificate can't be used until the device is built again."


@pytest.fixture
def maker() -> ModemMaker:
    """The unit's modem."""
    return make_modem(1)


@pytest.fixture
def unit(rig: Rig, maker: ModemMaker) -> UnitId:
    """A finished unit, whose rework is declared: its modem may lose what it holds."""
    unit = rig.passed(1, maker=maker)
    rig.journal.commit(e.ReworkDeclared(unit=unit, operator="p3", reason="antenna", second="p4"))
    return unit


def begin(rig: Rig, unit: UnitId, kind: int, tag: int = SEC_TAG) -> EventSeq:
    intended = e.CredentialDeletionIntended(
        unit=unit, imei=Imei("350000000000001"), uuid=None, place="slot 1", sec_tag=tag, type=kind, operator="p2",
        reason="a try",
    )  # fmt: skip
    return rig.journal.commit(intended, by="p2")[0]


def delete(
    rig: Rig, unit: UnitId, kind: int, tag: int = SEC_TAG, *, found: bool = True, fault: FaultRecord | None = None
) -> EventSeq:
    intent = begin(rig, unit, kind, tag)
    rig.journal.commit(e.CredentialDeleted(intent=intent, unit=unit, found=found, fault=fault), by="p2")
    return intent


def standing(rig: Rig, unit: UnitId) -> CertificateRecord:
    with rig.journal.records() as records:
        row = records.unit(unit)
        assert row is not None
        active = read_unit(records, row).active
    assert active is not None
    return active


def facts(rig: Rig, unit: UnitId) -> tuple[str, list[str]]:
    """Return the certificate's state, and what is said of deletions, with their times taken out."""
    found = certificate_facts(standing(rig, unit))
    said = [text for name, text in found if name == "Deleted by hand"]
    return dict(found)["State"], [re.sub(r"2026-11-22 \d\d:\d\d:\d\d UTC", "THEN", one) for one in said]


@pytest.mark.parametrize(("kind", "what"), [(KEY, "the private key"), (CERTIFICATE, "the certificate")])
def test_what_is_deleted_is_told_with_who_and_when(rig: Rig, unit: UnitId, kind: int, what: str) -> None:
    assert facts(rig, unit) == ("active", [])
    intent = delete(rig, unit, kind)
    (gone,) = standing(rig, unit).gone
    assert (gone.seq, gone.by, gone.type, gone.found) == (intent, "p2", kind, True)
    assert facts(rig, unit) == (UNUSABLE, [f"p2 deleted {what} from the device on THEN. {USELESS}"])
    with rig.journal.records() as records:
        at = records.entry(intent).at
    assert f"on {at:%Y-%m-%d %H:%M:%S} UTC" in dict(certificate_facts(standing(rig, unit)))["Deleted by hand"]


def test_both_are_told_each_once(rig: Rig, unit: UnitId) -> None:
    key, certificate = delete(rig, unit, KEY), delete(rig, unit, CERTIFICATE)
    delete(rig, unit, KEY, found=False)
    assert [one.seq for one in standing(rig, unit).gone] == [key, certificate]


def test_a_deletion_that_nobody_saw_the_end_of_is_told_as_such_until_one_did(rig: Rig, unit: UnitId) -> None:
    begin(rig, unit, KEY)
    unseen = "p2 began to delete the private key from the device on THEN, and nobody saw whether it is gone."
    assert facts(rig, unit) == (DOUBTFUL, [unseen])
    delete(rig, unit, KEY, fault=SILENT)
    assert facts(rig, unit) == (DOUBTFUL, [unseen])
    delete(rig, unit, KEY, found=False)
    missing = f"p2 was to delete the private key from the device on THEN, and it was gone already. {USELESS}"
    assert facts(rig, unit) == (UNUSABLE, [missing])


def test_what_is_none_of_the_pair_or_lies_elsewhere_takes_nothing_from_it(rig: Rig, unit: UnitId) -> None:
    delete(rig, unit, 0)
    delete(rig, unit, KEY, SEC_TAG + 1)
    assert facts(rig, unit) == ("active", [])


def test_the_tag_is_that_of_the_recipe_which_wrote_and_of_no_attempt_that_came_to_nothing(
    rig: Rig, unit: UnitId, maker: ModemMaker
) -> None:
    content = {"credentials": {"sec_tag": 42}, "steps": [{"do": "flash"}]}
    rig.recipe = rig.journal.keep("recipe", {"content": content, "file": "q.toml", "sha256": "1" * 64})
    rig.arm("WO-2")
    attempt = rig.open_attempt(batch="WO-2")
    rig.identify(attempt, 1, maker)
    rig.intend(attempt, 0)
    rig.finish(attempt, 0, outcome=Outcome.FAILED)
    rig.close(attempt, Outcome.FAILED)
    delete(rig, unit, KEY, 42)
    assert facts(rig, unit) == ("active", [])
    delete(rig, unit, KEY)
    assert facts(rig, unit)[0] == UNUSABLE


@pytest.mark.parametrize("last", [4, 5], ids=["written", "proven"])
def test_what_is_in_the_device_again_can_be_used_again(rig: Rig, unit: UnitId, maker: ModemMaker, last: int) -> None:
    delete(rig, unit, KEY)
    attempt = rig.open_attempt()
    rig.step(attempt, 0)
    rig.intend(attempt, 1)
    device = rig.identify(attempt, 1, maker)
    rig.finish(attempt, 1)
    results = rig.keygen(device, maker)
    rig.step(attempt, 2, results)
    rig.sign(attempt, device, results, maker)
    assert facts(rig, unit)[0] == UNUSABLE
    if last == 5:  # the step before it may have come to nothing
        rig.intend(attempt, 4)
        rig.finish(attempt, 4, outcome=Outcome.FAILED)
        assert facts(rig, unit)[0] == UNUSABLE
    rig.step(attempt, last)
    assert facts(rig, unit) == ("active", [])


def test_a_certificate_that_stands_no_more_has_nothing_to_lose(rig: Rig) -> None:
    unit = rig.failed(1)
    delete(rig, unit, KEY)
    with rig.journal.records() as records:
        row = records.unit(unit)
        assert row is not None
        (superseded,) = read_unit(records, row).certificates
    assert (superseded.state, superseded.gone) == ("superseded", ())


def test_paper_and_bundle_have_it_and_the_verifier_agrees(
    rig: Rig, unit: UnitId, say: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    delete(rig, unit, KEY)
    with rig.journal.records() as records:
        row = records.unit(unit)
        assert row is not None
        record = read_unit(records, row)
        paper = unit_pdf(record, read_provenance(records, rig.recipe, rig.fixture, record.attempts), None)
    pages = pypdf.PdfReader(io.BytesIO(paper), strict=True).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "p2 deleted the private key from the device on 2026-11-22" in text
    assert UNUSABLE in text
    last = rig.checkpoint("export")
    bundle = build_bundle(rig.data, Chosen(units=(unit,)), note=last.note, key=rig.key, chain=rig.chain)
    (tmp_path / "bundle.zip").write_bytes(bundle)
    code, said = say(tmp_path / "bundle.zip", "--key", rig.key.verifier.text())
    assert code == 0, said
