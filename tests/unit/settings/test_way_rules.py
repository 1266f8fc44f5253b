"""Each way asks for its own steps, names and protocols, and says so where a recipe has others."""

from pathlib import Path

import pytest

from station.domain.faults import StationFault
from station.domain.line import ChipFamily, StepKind
from station.domain.modem import FirmwareFamily
from station.domain.ways import CredentialKind, Way
from station.settings.loading import load_recipe
from station.settings.order import find_order_problems
from station.settings.placed import Placed
from station.settings.recipe import Recipe
from station.settings.way_rules import RULES, Protocol

REPOSITORY = Path(__file__).resolve().parents[3]
EXAMPLES = {
    Way.ATTESTATION: "tracker-attested",
    Way.PUBLIC_KEY: "meter-public-key",
    Way.STATION_KEY: "gateway-station-key",
    Way.STATION_KEY_MODEM: "tracker-station-key",
    Way.DEVICE_SHELL: "gateway-device-shell",
    Way.NRF93M1: "module-nrf93m1",
}
D, A, N, C, G, S, W, P, E = (
    StepKind.IDENTIFY,
    StepKind.ATTEST,
    StepKind.ENROL,
    StepKind.CLEAR,
    StepKind.GENERATE,
    StepKind.SIGN,
    StepKind.WRITE,
    StepKind.PROVE,
    StepKind.STORE,
)


def problems(way: Way, *kinds: StepKind, because: str | None = None) -> str:
    found = find_order_problems(
        [Placed(kind) for kind in kinds], unproven_because=because, family=ChipFamily.NRF91X1, way=way
    )
    return "\n".join(f"{where}: {text}" for where, text in found)


def example(way: Way) -> Recipe:
    return load_recipe(REPOSITORY / "config" / "recipes" / f"{EXAMPLES[way]}.toml").value


def rewritten(tmp_path: Path, way: Way, *changes: tuple[str, str]) -> Path:
    """Return a way's example after some changes."""
    text = (REPOSITORY / "config" / "recipes" / f"{EXAMPLES[way]}.toml").read_text()
    text = text.replace('"../roots/', f'"{REPOSITORY}/config/roots/')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    return path


def changed(tmp_path: Path, way: Way, *changes: tuple[str, str]) -> str:
    """Return what is wrong with a way's example after some changes; "" where nothing is."""
    try:
        load_recipe(rewritten(tmp_path, way, *changes))
    except StationFault as fault:
        return fault.sentence
    return ""


@pytest.mark.parametrize("way", EXAMPLES)
def test_every_way_has_an_example_that_loads(way: Way) -> None:
    recipe = example(way)
    assert recipe.way is way
    assert recipe.product == EXAMPLES[way]


def test_what_the_cloud_is_handed_in_each_way() -> None:
    certified = {way for way in Way if way.hands_over is CredentialKind.CERTIFICATE}
    assert certified == {way for way, rules in RULES.items() if rules.signs}
    assert set(RULES) == set(Way)


@pytest.mark.parametrize(
    ("way", "kinds"),
    [
        (Way.ATTESTATION, (D, A)),
        (Way.ATTESTATION, (D, C, A, E)),
        (Way.ATTESTATION, (D, C, E, A)),
        (Way.PUBLIC_KEY, (D, C, G, P, E)),
        (Way.PUBLIC_KEY, (D, C, G, W, P, E)),
        (Way.PUBLIC_KEY, (D, C, G, E, P)),
        (Way.STATION_KEY, (D, C, G, S, W)),
        (Way.STATION_KEY_MODEM, (D, C, G, S, W, P, E)),
        (Way.STATION_KEY_MODEM, (D, C, G, S, W, E, P)),
        (Way.DEVICE_SHELL, (D, C, G, S, W, P)),
        (Way.NRF93M1, (D, N)),
    ],
    ids=str,
)
def test_a_way_s_own_orders_are_taken(way: Way, kinds: tuple[StepKind, ...]) -> None:
    assert problems(way, *kinds) == ""


@pytest.mark.parametrize(
    ("way", "kinds", "said"),
    [
        (Way.CERTIFICATE, (D, A), '"attest" does not belong to the way "certificate"'),
        (Way.CERTIFICATE, (D, N), '"enrol" does not belong to the way "certificate"'),
        (Way.ATTESTATION, (D,), 'a step "attest" is missing'),
        (Way.ATTESTATION, (A, D), '"attest" needs "identify" somewhere before it'),
        (Way.ATTESTATION, (D, A, A), '"attest" stands here a second time'),
        (Way.ATTESTATION, (D, C, A), '"clear-credentials" needs "store" somewhere behind it'),
        (Way.ATTESTATION, (D, A, E), '"store" needs "clear-credentials" somewhere before it'),
        (Way.ATTESTATION, (D, A, C, G, S, W, P, E), '"sign" does not belong to the way "attestation"'),
        (Way.PUBLIC_KEY, (D, C, G, S, W, P, E), '"sign" does not belong to the way "public-key": no certificate'),
        (Way.PUBLIC_KEY, (D, C, G, E), 'a step "prove" is missing behind "generate-key"'),
        (Way.PUBLIC_KEY, (D, C, G, P), '"generate-key" needs "store" somewhere behind it'),
        (Way.PUBLIC_KEY, (D, G, P, E), '"generate-key" needs "clear-credentials" somewhere before it'),
        (Way.PUBLIC_KEY, (D, C, G, E, W, P), '"store" stands before "write-credentials"'),
        (Way.PUBLIC_KEY, (D, C, P, G, E), '"prove" needs "generate-key" somewhere before it'),
        (Way.PUBLIC_KEY, (D,), 'a step "generate-key" is missing'),
        (
            Way.STATION_KEY,
            (D, C, G, S, W, P),
            '"prove" does not belong to the way "station-key": the board can\'t sign',
        ),
        (Way.STATION_KEY, (D, C, G, S, W, E), '"store" does not belong to the way "station-key"'),
        (Way.STATION_KEY, (D, G, S, W), "a key that is there already would stay"),
        (Way.STATION_KEY, (D, C, G, W), '"generate-key" needs "sign" somewhere behind it'),
        (Way.STATION_KEY_MODEM, (D, C, G, S, W, E), 'a step "prove" is missing behind "write-credentials"'),
        (Way.STATION_KEY_MODEM, (D, C, G, S, W, P), '"write-credentials" needs "store" somewhere behind it'),
        (Way.STATION_KEY_MODEM, (D, G, S, W, P, E), "a key that is there already would stay"),
        (Way.STATION_KEY_MODEM, (D, C), 'a step "generate-key" is missing'),
        (Way.STATION_KEY_MODEM, (D, A), '"attest" does not belong to the way "station-key-modem"'),
        (Way.DEVICE_SHELL, (D, C, G, S, W), 'a step "prove" is missing behind "write-credentials"'),
        (Way.NRF93M1, (D,), 'a step "enrol" is missing'),
        (Way.NRF93M1, (D, C, N), '"clear-credentials" does not belong to the way "nrf93m1"'),
        (Way.NRF93M1, (D, A, N), '"attest" does not belong to the way "nrf93m1"'),
    ],
    ids=str,
)
def test_what_does_not_belong_to_a_way_is_refused_with_the_reason(
    way: Way, kinds: tuple[StepKind, ...], said: str
) -> None:
    assert said in problems(way, *kinds)


@pytest.mark.parametrize("way", [Way.ATTESTATION, Way.STATION_KEY, Way.NRF93M1])
def test_a_reason_for_no_proof_belongs_to_no_way_that_has_none(way: Way) -> None:
    kinds = [step.do for step in example(way).steps]
    assert f'the way "{way}" has no step "prove"' in problems(way, *kinds, because="it can't be done")


def test_mqtt_is_refused_where_no_client_certificate_is_made(tmp_path: Path) -> None:
    for way in EXAMPLES:
        used = example(way).cloud
        assert used is not None
        said = changed(tmp_path, way, (f'protocols = ["{used.protocols[0]}"]', 'protocols = ["mqtt"]'))
        assert (f'"mqtt" needs a client certificate on the device, and the way "{way}" makes none' in said) is (
            Protocol.MQTT not in RULES[way].protocols
        )


def test_what_a_way_can_t_be_gone_with_is_named_with_what_would_be_right(tmp_path: Path) -> None:
    chip = ("[cloud]\n", '[target]\nfamily = "nrf9160"\n\n[cloud]\n')
    assert "way: nRF Cloud takes no attestation of an nRF9160" in changed(tmp_path, Way.ATTESTATION, chip)
    assert "way: an nRF93M1 has no chip that a probe" in changed(tmp_path, Way.NRF93M1, chip)
    for way in (Way.ATTESTATION, Way.NRF93M1):
        said = changed(tmp_path, way, ('scheme = "uuid"', 'scheme = "imei"'))
        assert "device_id.scheme: the token of the way" in said
        assert 'write scheme = "uuid"' in said
    tags = ('protocols = ["rest"]', 'protocols = ["rest"]\nclaim_tags = ["a"]')
    assert 'cloud.claim_tags: only the way "attestation" claims units' in changed(tmp_path, Way.PUBLIC_KEY, tags)


def test_roots_and_the_step_that_writes_them_come_together(tmp_path: Path) -> None:
    write = ('do = "prove" ', 'do = "write-credentials"\n\n[[steps]]\ndo = "prove" ')
    assert '"write-credentials" has nothing to write' in changed(tmp_path, Way.PUBLIC_KEY, write)
    root = f'[{{ file = "{REPOSITORY}/config/roots/amazon-root-ca-1.pem", sha256 = "{ROOT}", serves = ["rest"] }}]'
    roots = ("roots = []", f"roots = {root}")
    assert "credentials.roots: no step writes them" in changed(tmp_path, Way.PUBLIC_KEY, roots)
    assert changed(tmp_path, Way.PUBLIC_KEY, roots, write) == ""
    none = ('scheme = "imei"', 'scheme = "uuid"'), ('prefix = "gateway-"', "")
    assert changed(tmp_path, Way.STATION_KEY, *none) == ""


ROOT = "2c43952ee9e000ff2acc4e2ed0897c0a72ad5fa72c3d934e81741cbd54f05bd1"


def test_the_record_of_a_recipe_without_a_way_is_what_it_was_before_there_were_any() -> None:
    old = load_recipe(REPOSITORY / "config" / "recipes" / "tracker.toml").context()["content"]
    assert isinstance(old, dict)
    assert "way" not in old
    assert not {"claim_tags", "final_check"} & set(old["cloud"])
    new = load_recipe(REPOSITORY / "config" / "recipes" / "tracker-attested.toml").context()["content"]
    assert isinstance(new, dict)
    assert new["way"] == "attestation"
    assert new["cloud"]["claim_tags"] == ["nrf-cloud-onboarding"]


def test_firmware_that_makes_no_key_is_taken_where_it_need_not_and_is_named(tmp_path: Path) -> None:
    recipe = example(Way.STATION_KEY_MODEM)
    assert recipe.minimum_firmware[FirmwareFamily.NRF9160] == (1, 2, 0)
    assert recipe.minimum_modem_firmware.takes_unsigning
    assert not example(Way.PUBLIC_KEY).minimum_modem_firmware.takes_unsigning
    named = '[minimum_modem_firmware]\nnrf9160 = "1.2.0"\n'
    left_out = load_recipe(rewritten(tmp_path, Way.STATION_KEY_MODEM, (named, ""))).value
    assert left_out.minimum_firmware[FirmwareFamily.NRF9160] == (1, 3, 0)
    assert not left_out.minimum_modem_firmware.takes_unsigning
    for wrong in ('nrf9160 = "0.7.0"', 'nrf91x1 = "1.9.9"'):
        said = changed(tmp_path, Way.STATION_KEY_MODEM, ('nrf9160 = "1.2.0"', wrong))
        assert f"minimum_modem_firmware.{wrong.partition(' ')[0]}: " in said
    other = changed(tmp_path, Way.STATION_KEY_MODEM, ('way = "station-key-modem"', 'way = "certificate"'))
    assert "minimum_modem_firmware.nrf9160: 1.2.0 is below 1.3.0" in other


@pytest.mark.parametrize("way", [Way.ATTESTATION, Way.PUBLIC_KEY])
def test_no_final_check_where_there_is_nothing_to_check(tmp_path: Path, way: Way) -> None:
    check = "[cloud]", "[cloud]\nfinal_check = true"
    assert "cloud.final_check: " in changed(tmp_path, way, check)
    assert changed(tmp_path, Way.STATION_KEY, check) == ""
