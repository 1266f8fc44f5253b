"""What the engine lets through its faces: people as they are now, settings as they were looked at, all or nothing."""

import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from station.app import Station
from station.domain.events import SettingsReleased, SettingsSaved, UploadDecided
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.engine.commands import (
    Arm,
    ChangePerson,
    Decide,
    Found,
    ListPeople,
    ListUnreleased,
    Pause,
    Release,
    SaveSettings,
    SettingsFile,
    ShowProduct,
    Shutdown,
    Stop,
)
from station.engine.results import Product, Saved, Unreleased
from station.host.files import sha256_of
from station.line.decisions import decide_uploads
from station.people.rights import Right
from tests.desktop.engine_rig import Ear
from tests.line.harness import STAFF, Line
from tests.line.test_engine_faces import code_of, ear, serving

pytestmark = pytest.mark.parametrize("line", [1], indirect=True)


@pytest.fixture
def ready(line: Line) -> Line:
    line.write(slots=1)
    line.release()
    return line


@pytest.fixture
def two(ready: Line) -> Iterator[tuple[Ear, Ear]]:
    """Edith at one face, whoever a test wants at the other."""
    with serving(ready), ear(ready) as engineer, ear(ready) as other:
        engineer.sign_in("edith")
        yield engineer, other


# ---- people as they are now


CHANGES: dict[str, dict[str, Any]] = {
    "disable": {"reason": "left"},
    "forget": {"reason": "left"},
    "roles": {"roles": ("qa",), "reason": "moved", "second": "lena", "second_pin": Secret(STAFF["lena"][0])},
    "reset": {"pin": Secret("640913")},
}


@pytest.mark.parametrize("change", CHANGES)
def test_who_is_changed_is_signed_out_at_every_face(ready: Line, two: tuple[Ear, Ear], change: str) -> None:
    engineer, other = two
    other.sign_in("otto")
    assert code_of(other, Pause()) == "ENG-122"
    engineer.ask(ChangePerson(change=change, person="otto", **CHANGES[change]))
    other.wait_happened("signed-out")
    assert code_of(other, Pause()) == "ENG-131"
    engineer.ask(ListPeople())
    with ready.open().records() as records:
        left = [(one.by, one.event.reason) for one in records.entries_of_kind("signed-out")]
    assert ("p3", "changed by an engineer") in left


@pytest.mark.parametrize(("change", "code"), [("disable", "PPL-103"), ("roles", "PPL-111"), ("reset", "PPL-118")])
def test_a_sign_in_is_worth_no_more_than_the_person_is_now(ready: Line, change: str, code: str) -> None:
    """Wherever an earlier sign-in is still held: the gate itself asks, and the refusal is in the journal."""
    with Station(ready.open(), "a test") as station:
        edith = station.sign_in("edith", Secret(STAFF["edith"][0]))
        otto = station.sign_in("otto", Secret(STAFF["otto"][0]))
        station.gate.require(otto, Right.RUN)
        people, who = station.desk, "otto"
        if change == "disable":
            people.disable(edith, who, reason="left")
        elif change == "roles":
            lena = station.sign_in("lena", Secret(STAFF["lena"][0]))
            people.set_roles(edith, who, frozenset(station.people.person("quinn").roles), reason="m", second=lena)
        else:
            people.reset(edith, who, Secret("640913"))
        assert not station.gate.stands(otto)
        assert station.gate.stands(edith)
        with pytest.raises(Fault) as refused:
            station.gate.require(otto, Right.RUN)
        assert refused.value.code == code
        entry = list(station.records.entries_of_kind("action-refused"))[-1]
        assert (entry.by, entry.event.fault.code) == ("p3", code)


def test_a_second_person_who_was_disabled_since_agrees_to_nothing(ready: Line) -> None:
    with Station(ready.open(), "a test") as station:
        edith = station.sign_in("edith", Secret(STAFF["edith"][0]))
        lena = station.sign_in("lena", Secret(STAFF["lena"][0]))
        station.desk.disable(edith, "lena", reason="left")
        with pytest.raises(Fault) as refused:
            station.gate.require(edith, Right.REWORK, "why", lena)
        assert refused.value.code == "PPL-103"


def test_two_who_begin_at_once_make_one_engineer(line: Line) -> None:
    (line.folder / "data" / "people.json").unlink()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (line.folder / "data" / name).unlink(missing_ok=True)
    line.write(slots=1)
    with serving(line) as (_, station):
        faces = [ear(line) for _ in range(4)]
        begin, codes = threading.Barrier(len(faces)), []

        def found(face: Ear, name: str) -> None:
            begin.wait()
            future = face.link.ask(Found(name=name, pin=Secret("582914")))
            error = future.exception(60.0)
            codes.append(getattr(getattr(error, "failed", None), "code", "") if error else "made")

        threads = [
            threading.Thread(target=found, args=(face, name))
            for face, name in zip(faces, ("ann", "ben", "cem", "dora"), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for face in faces:
            face.link.close()
        assert sorted(codes) == ["PPL-128", "PPL-128", "PPL-128", "made"]
        assert len(station.people.all) == 1


# ---- settings as they were looked at


def test_only_what_is_named_is_released_and_only_as_it_was_seen(ready: Line, two: tuple[Ear, Ear]) -> None:
    engineer, _ = two
    fixture, recipe = ready.open().value.fixture, ready.folder / "recipes" / "tracker.toml"
    recipe.write_text(recipe.read_text() + "# by nobody knows whom\n")
    text = fixture.read_text() + "# another port\n"
    saved = engineer.ask(
        SaveSettings(file="fixture", text=text, before=sha256_of(fixture.read_bytes()), reason="a port")
    )
    assert isinstance(saved, Saved)
    assert saved.sha256 == sha256_of(fixture.read_bytes())
    assert code_of(engineer, Release(reason="x", files=())) == "ENG-134"
    stale = (SettingsFile(file="fixture", sha256=sha256_of(b"an earlier text")),)
    assert code_of(engineer, Release(reason="x", files=stale)) == "ENG-135"
    engineer.ask(Release(reason="a port", files=(SettingsFile(file="fixture", sha256=saved.sha256),)))
    product = engineer.ask(ShowProduct(product="tracker"))
    assert isinstance(product, Product)
    assert [one.split()[0] for one in product.unreleased] == ["recipe"], "nobody has looked at that"
    # Everything: what it is, is said first.
    listed = engineer.ask(ListUnreleased())
    assert isinstance(listed, Unreleased)
    assert [(one.file, one.sha256, one.changed) for one in listed.files] == [
        ("recipe:tracker", sha256_of(recipe.read_bytes()), True)
    ]
    engineer.ask(
        Release(reason="all", files=tuple(SettingsFile(file=one.file, sha256=one.sha256) for one in listed.files))
    )
    listed = engineer.ask(ListUnreleased())
    assert isinstance(listed, Unreleased)
    assert listed.files == ()


def test_what_is_saved_is_in_the_journal_and_takes_nothing_back_that_another_saved(
    ready: Line, two: tuple[Ear, Ear]
) -> None:
    engineer, other = two
    other.sign_in("edith")
    fixture = ready.open().value.fixture
    begun = fixture.read_text()
    first = {"file": "fixture", "before": sha256_of(begun.encode()), "reason": " port of slot 1 "}
    engineer.ask(SaveSettings(text=begun + "# A\n", **first))
    assert code_of(other, SaveSettings(text=begun + "# B\n", **first)) == "ENG-135"
    assert fixture.read_text() == begun + "# A\n"
    with ready.open().records() as records:
        (entry,) = records.entries_of_kind(SettingsSaved.kind)
    assert entry.by == "p1"
    assert entry.event == SettingsSaved(
        about="fixture",
        name="test",
        before=sha256_of(begun.encode()),
        after=sha256_of(fixture.read_bytes()),
        operator="p1",
        reason="port of slot 1",
    )


@pytest.mark.skipif(os.name == "nt", reason="links and modes are POSIX")
def test_a_file_that_is_a_link_stays_one_with_its_mode(ready: Line, two: tuple[Ear, Ear]) -> None:
    engineer, _ = two
    fixture = ready.open().value.fixture
    real = fixture.with_name("shared.toml")
    fixture.rename(real)
    fixture.symlink_to(real.name)
    real.chmod(0o664)
    text = real.read_text() + "# B\n"
    engineer.ask(SaveSettings(file="fixture", text=text, before=sha256_of(real.read_bytes()), reason="r"))
    assert fixture.is_symlink()
    assert real.read_text() == text
    assert real.stat().st_mode & 0o777 == 0o664


def test_a_released_station_file_is_not_taken_back_by_an_engine_that_began_before(
    ready: Line, two: tuple[Ear, Ear]
) -> None:
    engineer, _ = two
    text = ready.station_file.read_text() + "# another\n"
    before = sha256_of(ready.station_file.read_bytes())
    saved = engineer.ask(SaveSettings(file="station", text=text, before=before, reason="r"))
    assert isinstance(saved, Saved)
    engineer.ask(Release(reason="r", files=(SettingsFile(file="station", sha256=saved.sha256),)))
    arm = Arm(batch=BatchId("WO-1"), product="tracker", quantity=1, reason="I say so")
    assert code_of(engineer, arm) == "LINE-189"
    with ready.open().records() as records:
        last = list(records.entries_of_kind(SettingsReleased.kind))[-1]
    assert last.event.file == sha256_of(text.encode())


# ---- all or nothing


def test_uploads_are_decided_all_or_not_at_all(ready: Line) -> None:
    ready.bench.insert(1)
    (unit,) = ready.run(1, upload=False).units
    with serving(ready) as (_, station), ear(ready) as face:
        face.sign_in("lena")
        bad = Decide(units=(unit.name, "no such unit"), decision="hold", reason="r")
        assert code_of(face, bad) == "LINE-162"
        with ready.open().records() as records:
            assert not list(records.entries_of_kind(UploadDecided.kind))
            lead = ready.second()
            done = decide_uploads(station.gate, records, [unit.name, unit.name], CloudState.HELD, lead, "r")
            assert len(done) == len(list(records.entries_of_kind(UploadDecided.kind))) == 1


def test_whoever_ends_the_engine_is_in_the_journal(ready: Line) -> None:
    with serving(ready), ear(ready) as face:
        assert code_of(face, Shutdown()) == "ENG-131"
        face.sign_in("otto")
        face.ask(Arm(batch=BatchId("WO-1"), product="tracker", quantity=1))
        assert code_of(face, Shutdown()) == "ENG-121"
        face.ask(Stop())
        face.wait_run("idle")
        face.ask(Shutdown())
    with ready.open().records() as records:
        left = [(one.by, one.event.reason) for one in records.entries_of_kind("signed-out")]
    assert left[-1] == ("p3", "ended the engine")
