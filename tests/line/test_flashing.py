"""The whole line with probes: every step that one does, what can befall it, and what may never be lost by it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from station.devices.simulated_probe import SimulatedProgrammer
from station.domain.events import StepFinished
from station.domain.faults import Fault
from station.domain.line import CloudState, Outcome, StepKind
from station.evidence.batch_record import read_batch
from station.host.clock import Deadline, Stop
from station.host.files import replace_file, sha256_of
from station.journal.leaves import Leaves
from station.journal.reconciliation import reconcile
from station.line.decisions import declare_rework
from station.line.feed import Notice, Progress, SlotChanged, Told
from station.line.summary import summarize
from tests.line.harness import ROOT, Line, steps
from tests.line.trial import QUICK, Trial, advises, prepare

IMAGES = ROOT / "fixtures" / "simulated" / "firmware"
CREDENTIALS = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
SURVIVE = 'credentials_survive_on = "nrf91x1"\n'


def image_step(do: str, name: str, more: str = "", folder: Path = IMAGES) -> str:
    """Return a step with one of the simulated fixture's images."""
    path = folder / name
    return f'[[steps]]\ndo = "{do}"\nimage = "{path}"\nsha256 = "{sha256_of(path.read_bytes())}"\n{more}'


def flash(name: str = "provisioning.hex", more: str = "", folder: Path = IMAGES) -> str:
    return image_step("flash", name, more, folder)


MODEM = image_step("modem-firmware", "mfw_nrf91x1_2.0.2.zip", 'version = "mfw_nrf91x1_2.0.2"\n')
LOCK = '[[steps]]\ndo = "lock"\n'
FINAL = flash("application.hex", SURVIVE) + steps("prove", "store")
SILENT = flash("application-silent.hex", "answers_at = false\n" + SURVIVE) + image_step(
    "read-back", "provisioning.hex", SURVIVE
)


def flashing(line: Line, table: str, **more: Any) -> None:
    """Write a station whose product is flashed here."""
    prepare(line, table=table, target="nrf91x1", timeouts=QUICK.replace("boot_s = 1.5", "boot_s = 3.0"), **more)


def test_the_whole_way_from_blank_to_locked(line: Line) -> None:
    table = steps("check-target", "recover") + MODEM + flash() + steps(*CREDENTIALS) + FINAL + LOCK
    flashing(line, table)
    with Trial(line) as trial:
        end = trial.put({"serial": "NEW", "blank": True, "protected": True, "profile": "nrf9161"})
        assert end.passed, end
        seen = end.step(StepKind.CHECK).results
        assert seen["protected"] is True
        assert seen["probe"]
        assert end.step(StepKind.RECOVER).results["was_protected"] is True
        assert end.step(StepKind.MODEM_FIRMWARE).results["programmed"] is True
        first, last = (one for one in end.events(StepFinished) if one.step is StepKind.PROVE)
        assert "listed" not in first.results
        assert list(last.results["listed"]) == [0, 1, 2]
        locked = end.step(StepKind.LOCK).results
        assert locked["proven"] == "open before, command succeeded, protected after a reset"
        board = line.board("NEW")
        assert board["protection"] == "all"
        assert board["image"] == sha256_of((IMAGES / "application.hex").read_bytes())
        assert board["counters"]["recovered"] == board["counters"]["locked"] == 1


def test_modem_firmware_that_is_there_is_not_programmed_again_and_the_record_says_who_saw_it(line: Line) -> None:
    asked = MODEM + 'skip_by = "modem"\n'
    for product, table, seen_by in (
        ("by-probe", MODEM + flash(), "verification by the probe"),
        ("by-modem", flash() + asked, "AT+CGMR"),
    ):
        flashing(line, table + steps(*CREDENTIALS), product=product)
        with Trial(line, batch=f"WO-{product}", product=product) as trial:
            end = trial.put({"serial": product, "blank": True})
            assert end.passed, end
            result = end.step(StepKind.MODEM_FIRMWARE).results
            assert (result["programmed"], result["seen_by"]) == (False, seen_by)
            assert line.board(product)["counters"]["modem_updates"] == 0
            trial.take_out()
            end = trial.put({"serial": f"{product}-old", "blank": True, "profile": "nrf9161"})
            assert end.passed, end
            assert end.step(StepKind.MODEM_FIRMWARE).results["programmed"] is True
            assert line.board(f"{product}-old")["modem_firmware"] == "mfw_nrf91x1_2.0.2"
            trial.take_out()


def test_a_board_that_loses_its_credentials_to_the_last_image_never_passes(line: Line) -> None:
    flashing(line, flash() + steps(*CREDENTIALS) + FINAL)
    with Trial(line) as trial:
        end = trial.put({"serial": "LOSES", "blank": True, "faults": {"traits": ["erase-loses-credentials"]}})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-128", StepKind.PROVE), end
        assert advises(end.sentence)
        trial.take_out()
        assert trial.put({"serial": "KEEPS", "blank": True}).passed


def test_behind_a_silent_image_the_first_unit_is_read_back_and_the_others_rely_on_it(line: Line) -> None:
    flashing(line, flash() + steps(*CREDENTIALS) + SILENT)
    with Trial(line) as trial:
        first = trial.put({"serial": "FIRST", "blank": True})
        assert first.passed, first
        assert first.step(StepKind.READ_BACK).results["read_back"] is True
        trial.take_out()
        second = trial.put({"serial": "SECOND", "blank": True})
        assert second.passed, second
        assert second.step(StepKind.READ_BACK).results == {"read_back": False, "relies_on_attempt": first.attempt}
        silent = sha256_of((IMAGES / "application-silent.hex").read_bytes())
        assert {line.board(serial)["image"] for serial in ("FIRST", "SECOND")} == {silent}
        assert line.board("FIRST")["counters"]["programmed"] == 4
        assert line.board("SECOND")["counters"]["programmed"] == 2
        trial.take_out()
    with Trial(line) as trial:  # the batch remembers, over a restart
        third = trial.put({"serial": "THIRD", "blank": True})
        assert third.step(StepKind.READ_BACK).results["relies_on_attempt"] == first.attempt


def test_a_batch_stops_when_its_first_unit_can_not_be_read_back(line: Line) -> None:
    flashing(line, flash() + steps(*CREDENTIALS) + SILENT)
    told: list[Notice] = []
    with Trial(line) as trial:
        trial.station.feed.listen(told.append)
        end = trial.put({"serial": "LOSES", "blank": True, "faults": {"traits": ["erase-loses-credentials"]}})
        assert (end.outcome, end.code) == (Outcome.FAILED, "LINE-126"), end
        trial.wait(lambda: any(isinstance(one, Told) and one.code == "LINE-126" for one in told), "the batch to stop")
        assert trial.engine.stopped_by_rule


def test_a_changed_image_stops_the_batch_and_names_both_hashes(line: Line, tmp_path: Path) -> None:
    image = tmp_path / "größe 1.hex"
    approved = (IMAGES / "provisioning.hex").read_bytes()
    image.write_bytes(approved)
    flashing(line, flash(image.name, folder=tmp_path) + steps(*CREDENTIALS))
    other = (IMAGES / "application.hex").read_bytes()
    told: list[Notice] = []
    with Trial(line) as trial:
        trial.station.feed.listen(told.append)
        assert trial.put({"serial": "BEFORE", "blank": True}).passed
        trial.take_out()
        replace_file(image, other)
        end = trial.put({"serial": "NEXT", "blank": True})
        assert (end.outcome, end.code, end.latched) == (Outcome.ERROR, "DEV-307", True), end
        assert sha256_of(other) in end.sentence
        assert sha256_of(approved) in end.sentence
        assert line.board("NEXT")["counters"]["programmed"] == 0
        trial.wait(lambda: any(isinstance(one, Told) and one.code == "DEV-307" for one in told), "the batch to stop")
    replace_file(image, approved)
    line.bench.remove(1)
    with Trial(line) as trial:
        trial.acknowledge()
        assert trial.put({"serial": "NEXT"}).passed


def test_a_finished_unit_with_a_label_is_not_touched_by_the_probe(line: Line) -> None:
    labels = 'scheme = "uuid"\npattern = "U-[0-9]+"'
    flashing(line, flash() + steps(*CREDENTIALS), device_id=labels)
    with Trial(line) as trial:
        assert trial.put({"serial": "DONE", "blank": True}, label="U-1").passed
        trial.take_out()
        before = line.board("DONE")["counters"]
        end = trial.put({"serial": "DONE"}, label="U-1")
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "LINE-148", False), end
        assert line.board("DONE")["counters"]["attached"] == before["attached"]
        assert line.board("DONE")["counters"]["programmed"] == before["programmed"]
        trial.take_out()
        unit = trial.records.unit_by_serial("U-1")
        assert unit is not None
        declare_rework(
            trial.station.gate, trial.records, unit.device_id, line.actor(), "the customer sent it back", line.second()
        )
        assert trial.put({"serial": "DONE"}, label="U-1").passed


def test_without_labels_arming_says_that_a_finished_unit_is_erased(line: Line) -> None:
    flashing(line, flash() + steps(*CREDENTIALS))
    with Trial(line) as trial:
        assert any("finished unit" in text for text in trial.armed.warnings)
    prepare(line, product="plain")
    with Trial(line, batch="WO-2", product="plain") as trial:
        assert not any("finished unit" in text for text in trial.armed.warnings)


def test_a_finished_unit_that_was_flashed_unknown_is_finished_no_more(line: Line) -> None:
    flashing(line, steps("recover") + flash() + steps(*CREDENTIALS))
    with Trial(line) as trial:
        first = trial.put({"serial": "DONE", "blank": True})
        assert first.passed, first
        trial.take_out()
        end = trial.put({"serial": "DONE"})
        assert (end.outcome, end.code, end.latched) == (Outcome.ABORTED, "LINE-150", False), end
        assert advises(end.sentence)
        unit = trial.records.unit_by_imei(line.board("DONE")["imei"])
        assert unit is not None
        assert (unit.outcome, unit.cloud) == (Outcome.QUARANTINED, CloudState.HELD)
        counts = reconcile(trial.records, trial.batch)
        assert (counts.counts(), counts.started) == ({"quarantined": 1}, 1)
        tally = trial.records.tally(trial.batch)
        assert (tally.outcomes, tally.nameless) == ({"quarantined": 1}, {})
        with Leaves(line.folder / "data") as leaves:
            report = read_batch(trial.records, leaves, trial.batch)
        assert (report.quantity.named, report.quantity.nameless) == ({Outcome.QUARANTINED: 1}, {})
        assert report.outcomes == {unit.id: Outcome.QUARANTINED}
        (told, _) = summarize(trial.records, trial.batch, line.folder).units
        assert told.outcome is Outcome.QUARANTINED
        trial.take_out()
        again = trial.put({"serial": "DONE"})
        assert again.code == "LINE-150", again  # nobody builds it again by mistake
        trial.take_out()
        declare_rework(trial.station.gate, trial.records, unit.device_id, line.actor(), "sent back", line.second())
        assert trial.put({"serial": "DONE"}).passed


def test_a_modem_that_names_another_firmware_than_was_programmed_does_not_pass(line: Line, tmp_path: Path) -> None:
    package = tmp_path / "factory-mfw_nrf91x1_2.0.2.zip"
    package.write_bytes((IMAGES / "mfw_nrf91x1_2.0.2.zip").read_bytes())
    table = image_step("modem-firmware", package.name, 'version = "mfw_nrf91x1_2.0.1"\n', tmp_path) + flash()
    flashing(line, table + steps(*CREDENTIALS))
    with Trial(line) as trial:
        end = trial.put({"serial": "ODD", "blank": True})
        assert (end.outcome, end.code) == (Outcome.FAILED, "LINE-130"), end


LOCKS: dict[str, tuple[dict[str, Any], Outcome, str, str]] = {
    "the tool refuses": ({"traits": ["lock-refused"]}, Outcome.FAILED, "DEV-320", "Put it aside"),
    "the tool says yes and nothing is locked": (
        {"traits": ["lock-ignored"]},
        Outcome.FAILED,
        "DEV-320",
        "behind a reset it is open",
    ),
    "the tool dies when it has locked": (
        {"probe": [{"do": "lose-answer", "op": "lock"}]},
        Outcome.QUARANTINED,
        "LINE-134",
        "an engineer decides",
    ),
    "the probe is pulled out": (
        {"probe": [{"do": "drop", "op": "lock", "at": 0.0}, {"do": "drop", "op": "reset", "nth": 3, "times": 9}]},
        Outcome.QUARANTINED,
        "LINE-134",
        "an engineer decides",
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_what_a_lock_can_come_to(line: Line, name: str) -> None:
    faults, outcome, code, told = LOCKS[name]
    flashing(line, flash() + steps(*CREDENTIALS) + LOCK)
    with Trial(line) as trial:
        end = trial.put({"serial": "BOARD", "blank": True, "faults": faults})
        assert (end.outcome, end.code, end.failed_in) == (outcome, code, StepKind.LOCK), end
        assert told in end.sentence
        assert line.board("BOARD")["counters"]["locked"] <= 1
        trial.take_out()
        if outcome is Outcome.QUARANTINED:
            end = trial.put({"serial": "BOARD"})
            assert end.outcome is not Outcome.PASSED


def test_an_image_that_locks_by_itself_is_recorded_as_not_by_us(line: Line, tmp_path: Path) -> None:
    image = tmp_path / "locks.hex"
    text = (ROOT / "fixtures" / "simulated" / "firmware" / "application.hex").read_text()
    # A data record behind the vectors with the mark the simulator looks for.
    mark = b"simulated-lock:all"
    record = bytes([len(mark), 0x08, 0x00, 0x00]) + mark
    line_text = ":" + record.hex().upper() + f"{-sum(record) & 0xFF:02X}"
    image.write_text(text.replace(":00000001FF", f"{line_text}\n:00000001FF"))
    table = flash() + steps(*CREDENTIALS) + flash(image.name, SURVIVE, tmp_path) + steps("prove", "store")
    flashing(line, table + LOCK + 'by = "image"\n')
    with Trial(line) as trial:
        end = trial.put({"serial": "SELF", "blank": True})
        assert end.passed, end
        assert end.step(StepKind.LOCK).results["proven"] == "locked, not by us"
        assert line.board("SELF")["counters"]["locked"] == 0


PROBE: dict[str, tuple[dict[str, Any], Outcome, str]] = {
    "it fails half way": ({"do": "fail"}, Outcome.ERROR, "DEV-309"),
    "the board's fault": (
        {"do": "fail", "code": "ACCESS", "text": "the core does not halt"},
        Outcome.FAILED,
        "DEV-305",
    ),
    "it hangs up": ({"do": "drop"}, Outcome.ERROR, "DEV-303"),
    "it says nothing more": ({"do": "hang"}, Outcome.ERROR, "DEV-303"),
    "the board differs": ({"do": "wrong-content"}, Outcome.FAILED, "DEV-306"),
    "the supply fails at the start": ({"do": "power-off", "at": 0.05}, Outcome.FAILED, "DEV-308"),
    "the supply fails in the middle": ({"do": "power-off", "at": 0.5}, Outcome.FAILED, "DEV-308"),
    "the supply fails at the end": ({"do": "power-off", "at": 1.0}, Outcome.FAILED, "DEV-308"),
    "the supply fails while verifying": ({"do": "power-off", "op": "verify"}, Outcome.FAILED, "DEV-308"),
    "the probe is pulled out": ({"do": "unplug"}, Outcome.ERROR, "DEV-303"),
}


def _wait_for_probe(line: Line) -> None:
    """Return once slot 1's probe is there and its board can be looked at."""
    probe = SimulatedProgrammer(line.folder / "data" / "bench", 1, line.clock)
    deadline = Deadline(line.clock, 10)
    while not deadline.passed():
        try:
            if probe.find(1.0) is not None and probe.look(1.0).powered:
                return
        except Fault:
            continue


@pytest.mark.parametrize("name", PROBE)
def test_whatever_befalls_a_flash_the_board_is_flashed_whole_later(line: Line, name: str) -> None:
    fault, outcome, code = PROBE[name]
    flashing(line, flash(more="timeout_s = 1.5\n") + steps(*CREDENTIALS))
    with Trial(line) as trial:
        end = trial.put({"serial": "BLANK", "blank": True, "faults": {"probe": [{**fault, "times": 2}]}})
        assert (end.outcome, end.failed_in) == (outcome, StepKind.FLASH), end
        assert end.code == code, end
        assert advises(end.sentence)
        line.bench.plug_probe(1, plugged=True)
        trial.take_out()
        end = trial.put({"serial": "BLANK"})
        if not end.passed:  # the scripted fault's second time
            line.bench.plug_probe(1, plugged=True)
            line.bench.power(1, on=True)
            _wait_for_probe(line)
            trial.take_out()
            end = trial.put({"serial": "BLANK"})
        assert end.passed, end
        assert line.board("BLANK")["image"] == end.step(StepKind.FLASH).results["sha256"]


BOARDS: dict[str, tuple[dict[str, Any], Outcome, str]] = {
    "another family": ({"profile": "nrf9160"}, Outcome.FAILED, "DEV-313"),
    "another chip altogether": ({"faults": {"traits": ["other-chip"]}}, Outcome.FAILED, "DEV-313"),
    "a locked board": ({"protected": True}, Outcome.FAILED, "DEV-312"),
    "a board without supply": ({"faults": {"traits": ["low-voltage"]}}, Outcome.FAILED, "DEV-308"),
    "a dead debug port": ({"faults": {"traits": ["swd-silent"]}}, Outcome.FAILED, "DEV-316"),
}


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_that_is_not_what_it_should_be_is_left_as_it_is(line: Line, name: str) -> None:
    description, outcome, code = BOARDS[name]
    flashing(line, steps("check-target") + flash() + steps(*CREDENTIALS))
    with Trial(line) as trial:
        end = trial.put({"serial": "ODD", "blank": True, **description})
        assert (end.outcome, end.code, end.failed_in) == (outcome, code, StepKind.CHECK), end
        assert advises(end.sentence)
        counters = line.board("ODD")["counters"]
        assert counters["programmed"] == counters["erased"] == counters["recovered"] == 0


def test_after_a_kill_the_first_thing_is_a_look(line: Line) -> None:
    """The probe dies in mid-flash; what is tried next looks at the board before it touches it again."""
    flashing(line, flash(more="timeout_s = 1.5\n") + steps(*CREDENTIALS))
    with Trial(line) as trial:
        end = trial.put({"serial": "BLANK", "blank": True, "faults": {"probe": [{"do": "wrong-content"}]}})
        assert end.passed, end
        finished = end.step(StepKind.FLASH)
        assert finished.tries == 2
        # Twice a look, programming and verifying; then the reset.
        assert line.board("BLANK")["counters"]["attached"] == 7


@pytest.mark.parametrize("presence", ["scan", "port"])
def test_a_port_that_goes_with_every_reset_is_waited_for(line: Line, presence: str) -> None:
    flashing(line, flash() + steps(*CREDENTIALS) + FINAL, presence=presence)
    with Trial(line) as trial:
        end = trial.put({"serial": "USB", "blank": True, "faults": {"traits": ["reenumerates"]}})
        assert end.passed, end


@pytest.mark.parametrize("line", [32], indirect=True)
def test_thirty_two_slots_flash_at_once(line: Line) -> None:
    """All are in their flash before the first one is let go on."""
    count = 32
    prepare(line, table=flash() + steps(*CREDENTIALS), target="nrf91x1", slots=count, presence="port", timeouts=QUICK)
    for slot in range(1, count + 1):
        faults = {"probe": [{"do": "slow", "seconds": 3.0}]}
        line.bench.insert_described(slot, {"serial": f"B{slot}", "blank": True, "faults": faults})
    flashing_now, most, guard = set[int](), [0], threading.Lock()
    stop = Stop()

    def watch(_: object, notice: Notice) -> None:
        with guard:
            match notice:
                case SlotChanged():
                    flashing_now.discard(notice.slot)
                case Progress(step=StepKind.FLASH):
                    flashing_now.add(notice.slot)
                    most[0] = max(most[0], len(flashing_now))

    summary = line.run(count, seconds=120, watch=watch, upload=False, stop=stop)
    assert summary.tally.count(Outcome.PASSED) == count
    assert most[0] == count
