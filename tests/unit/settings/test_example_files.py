"""Every example in the repository loads, and is what its comments and README say."""

import hashlib
import json
import re
import runpy
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from intelhex import IntelHex

from station.credentials.pem import stored_sha256
from station.devices.firmware import MINIMUMS
from station.devices.images import check_image
from station.devices.protocols import Image, ImageKind, Job
from station.devices.simulated_probe import SimulatedProgrammer
from station.domain.line import ChipFamily, Erase, StepKind
from station.domain.ways import Way
from station.host.clock import Stop, SystemClock
from station.host.processes import run_program
from station.settings.explain import fields_by_key, sections_in
from station.settings.fields import Section
from station.settings.fixture import Fixture, NrfjprogProgrammer, NrfutilProgrammer, Vcom
from station.settings.fixture import SimulatedProgrammer as SimulatedProbe
from station.settings.loading import load_fixture, load_recipe
from station.settings.reading import load_station
from station.settings.recipe import OLDEST_FIRMWARE, CommandStep, FlashStep, ModemStep, ReadBackStep, Recipe
from station.settings.station import Tools
from station.simulator.bench import Bench
from station.simulator.image import Framing, read_image
from station.simulator.timings import Timings

REPOSITORY = Path(__file__).parents[3]
RECIPES = sorted((REPOSITORY / "config" / "recipes").glob("*.toml"))
FIXTURES = sorted((REPOSITORY / "fixtures").glob("*/fixture.toml"))
DATA = Path("/data")


def test_there_are_examples_of_each_kind() -> None:
    assert {path.stem for path in RECIPES} >= {
        "tracker",
        "tracker-preflashed",
        "tracker-production",
        "tracker-silent",
        "tracker-tested",
    }
    assert {path.parent.name for path in FIXTURES} >= {
        "simulated",
        "simulated-rfc2217",
        "example-8-slot",
        "example-jlink",
    }


def test_the_station_file_loads_and_names_things_that_are_there() -> None:
    station = load_station(REPOSITORY / "config" / "station.toml").value
    assert station.data == REPOSITORY / "data"
    assert (station.ca_folder, station.log_folder) == (REPOSITORY / "data/ca", REPOSITORY / "data/logs")
    assert load_fixture(station.fixture, data=station.data).value.name == "simulated"
    assert sorted(station.recipes.glob("*.toml")) == RECIPES


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_recipe_loads_and_is_named_like_its_file(path: Path) -> None:
    recipe = load_recipe(path).value
    assert recipe.product == path.stem
    if recipe.way is not Way.CERTIFICATE:
        return  # their orders are in test_way_rules.py
    kinds = [step.do for step in recipe.steps]
    begin = kinds.index(StepKind.GENERATE)
    made = [StepKind.GENERATE, StepKind.SIGN, StepKind.WRITE, StepKind.PROVE, StepKind.STORE]
    assert kinds[begin : begin + 5] == made


def test_the_production_example_has_what_a_whole_line_does() -> None:
    recipe = load_recipe(REPOSITORY / "config/recipes/tracker-production.toml").value
    assert [step.do for step in recipe.steps if step.uses_probe] == [
        StepKind.CHECK,
        StepKind.RECOVER,
        StepKind.MODEM_FIRMWARE,
        StepKind.FLASH,
        StepKind.FLASH,
        StepKind.LOCK,
    ]
    assert recipe.steps[-1].do is StepKind.LOCK
    assert (recipe.target_family, recipe.uses_probe) == (ChipFamily.NRF91X1, True)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_image_of_an_example_is_fit_for_its_chip(path: Path) -> None:
    recipe = load_recipe(path).value
    for step in recipe.steps:
        match step:
            case FlashStep() | ReadBackStep():
                image = Image(step.image.path, step.image.sha256)
                assert check_image(image, recipe.target_family).warnings == ()
            case ModemStep():
                image = Image(step.image.path, step.image.sha256, ImageKind.MODEM)
                assert check_image(image, recipe.target_family).summary["version"] == step.version


def test_the_simulated_firmware_is_what_its_generator_writes() -> None:
    folder = REPOSITORY / "fixtures/simulated/firmware"
    generator = runpy.run_path(str(folder / "generate.py"))
    made: dict[str, bytes] = generator["files"]()
    assert {path.name for path in folder.iterdir() if path.is_file()} - {"generate.py"} == set(made)
    for name, content in made.items():
        assert (folder / name).read_bytes() == content, f"{name}: run generate.py"


def test_the_simulator_reads_from_each_image_what_its_recipe_says() -> None:
    for path in RECIPES:
        for step in load_recipe(path).value.steps:
            if isinstance(step, FlashStep):
                told = read_image(step.image.path)
                assert (told.framing is not Framing.NONE) == step.answers_at
            if isinstance(step, ModemStep):
                firmware = read_image(step.image.path).firmware
                assert firmware is not None
                assert firmware.version == step.firmware[1]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.parent.name)
def test_each_fixture_loads_with_its_eight_slots(path: Path) -> None:
    fixture = load_fixture(path, data=DATA).value
    assert fixture.name == path.parent.name
    assert [slot.number for slot in fixture.slots] == list(range(1, 9))


def test_the_simulated_fixture_is_where_the_bench_puts_things() -> None:
    slots = load_fixture(REPOSITORY / "fixtures/simulated/fixture.toml", data=DATA).value.slots
    assert [slot.port for slot in slots] == [f"/data/bench/slot{number}" for number in range(1, 9)]
    programmers = [slot.programmer for slot in slots if isinstance(slot.programmer, SimulatedProbe)]
    assert [(each.address, each.probe) for each in programmers] == [
        ("/data/bench/bench.json", number) for number in range(1, 9)
    ]


def test_the_simulated_fixture_reaches_a_bench_started_as_it_says(tmp_path: Path) -> None:
    fixture = load_fixture(REPOSITORY / "fixtures/simulated/fixture.toml", data=tmp_path).value
    (pinned,) = load_recipe(REPOSITORY / "config/recipes/tracker.toml").value.images
    image = Image(pinned.path, pinned.sha256)
    with Bench(tmp_path / "bench", 8, Timings.none()) as bench:
        for slot in (fixture.slots[0], fixture.slots[7]):
            assert isinstance(slot.programmer, SimulatedProbe)
            bench.insert(slot.number, bench.new_board({"blank": True}))
            assert Path(str(slot.port)).exists()
            probe = SimulatedProgrammer(slot.programmer.address, slot.programmer.probe, SystemClock())
            job = Job(30.0, lambda _done: None, Stop())
            probe.recover(job)
            probe.program(image, Erase.ALL, job)
            assert probe.verify(image, job)


def test_the_fixture_with_real_probes_has_each_ones_own_port() -> None:
    slots = load_fixture(REPOSITORY / "fixtures/example-jlink/fixture.toml", data=DATA).value.slots
    probes = [slot.programmer for slot in slots]
    assert probes[:7] == [NrfutilProgrammer(kind="nrfutil", probe=f"{number:012}") for number in range(1, 8)]
    assert probes[7] == NrfjprogProgrammer(kind="nrfjprog", probe="000000000008", speed_khz=1000)
    assert {slot.port for slot in slots} - {slots[6].port} == {Vcom(0)}
    assert slots[6].port == "usb-Example_UART_bridge_A1B2C3-if00-port0"


def test_the_real_fixtures_defaults_fill_in_each_slot_and_yield_to_its_own_keys() -> None:
    slots = load_fixture(REPOSITORY / "fixtures/example-8-slot/fixture.toml", data=DATA).value.slots
    assert [slot.power.on if slot.power else None for slot in slots] == [
        *(("relay-card", "--channel", str(number), "on") for number in range(1, 8)),
        None,
    ]
    assert all(slot.flow_control and slot.programmer is None for slot in slots)


def test_the_roots_are_the_genuine_ones() -> None:
    fingerprints = {
        # As Mozilla's list has it; the text's hash is what a modem listed (at-commands reference section 2).
        "amazon-root-ca-1.pem": (
            "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
            "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1",
        ),
        "nrf-cloud-coap-root.pem": (
            "40471ddd6e21ba63ba94c6f3a6df59c833b51b2e63bb7217f5529bd713435f52",
            "960d85d664046563d2483f724d1b076ff7dfae9da805533cf39b421416a00d2a",
        ),
    }
    folder = REPOSITORY / "config/roots"
    assert {path.name for path in folder.iterdir()} == set(fingerprints)
    readme = (REPOSITORY / "config/README.md").read_text(encoding="utf-8")
    for name, (fingerprint, text_sha256) in fingerprints.items():
        pem = (folder / name).read_bytes()
        (root,) = x509.load_pem_x509_certificates(pem)
        root.verify_directly_issued_by(root)
        assert root.fingerprint(hashes.SHA256()).hex() == fingerprint
        assert hashlib.sha256(pem).hexdigest() == text_sha256
        assert fingerprint in readme


def test_the_bundle_is_what_the_modem_will_list() -> None:
    recipe = load_recipe(REPOSITORY / "config/recipes/tracker.toml").value
    assert stored_sha256(recipe.root_bundle, "\n") == "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"
    both = load_recipe(REPOSITORY / "config/recipes/tracker-preflashed.toml").value.root_bundle
    assert both.startswith(recipe.root_bundle)
    assert [c.subject.rfc4514_string() for c in x509.load_pem_x509_certificates(both.encode())] == [
        "CN=Amazon Root CA 1,O=Amazon,C=US",
        "CN=nRF Cloud",
    ]
    assert "\n\n" not in both


def test_the_simulated_firmware_is_intel_hex_that_asks_for_plain_at() -> None:
    image = IntelHex(str(REPOSITORY / "fixtures/simulated/firmware/provisioning.hex"))
    assert b"simulated-framing:at_host\0" in image.tobinstr()


def test_the_example_program_answers_within_its_own_limits() -> None:
    recipe = load_recipe(REPOSITORY / "config/recipes/tracker-tested.toml").value
    (step,) = (step for step in recipe.steps if isinstance(step, CommandStep))
    assert step.program == sys.executable
    assert [part.path.name for part in step.pinned] == ["functional_test.py"]
    finished = run_program(
        [step.program, *step.arguments], timeout=30, data=b'{"version": 1, "port": "x"}', folder=step.folder
    )
    answer = json.loads(finished.output)
    assert (finished.status, answer["outcome"]) == (0, "passed")
    assert {one["name"] for one in answer["measurements"]} == set(step.limits)
    for one in answer["measurements"]:
        limit = step.limits[one["name"]]
        assert (limit.low or 0) <= one["value"] <= (limit.high or 1e9)
        assert one["unit"] == limit.unit


def test_the_readme_tells_every_step_and_every_default_second() -> None:
    readme = (REPOSITORY / "config/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", readme, re.MULTILINE)) >= set(StepKind)
    station = load_station(REPOSITORY / "config/station.toml").value
    for key, value in station.timeouts:
        assert f"{key} {value:g}" in readme


@pytest.mark.parametrize(
    ("readme", "model"), [("config/README.md", Recipe), ("config/README.md", Tools), ("fixtures/README.md", Fixture)]
)
def test_the_readmes_tell_every_key_of_steps_slots_and_tools(readme: str, model: type[Section]) -> None:
    text = (REPOSITORY / readme).read_text(encoding="utf-8")
    steps = {Recipe: "steps", Fixture: "slots"}
    sections = sections_in(model.model_fields[steps[model]].annotation) if model in steps else [model]
    keys = {key for section in sections for key in fields_by_key(section)} - {"do", "schema"}
    assert [key for key in sorted(keys) if not re.search(rf"(?<![a-z_]){key}(?![a-z_])", text)] == []


def test_the_oldest_firmware_is_the_modem_drivers() -> None:
    assert dict(OLDEST_FIRMWARE) == dict(MINIMUMS)
