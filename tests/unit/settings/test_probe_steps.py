"""What a recipe may have a probe do, and what each mistake about it is told."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.line import ChipFamily, Erase, LockLevel, StepKind
from station.domain.modem import FirmwareFamily
from station.settings.loading import load_recipe
from station.settings.recipe import (
    CheckStep,
    FlashStep,
    LockStep,
    ModemStep,
    PowerCycleStep,
    ReadBackStep,
    Recipe,
    RecoverStep,
)

Refused = Callable[[Callable[[], object]], list[str]]
Edit = Callable[..., Path]


@pytest.fixture
def edit(examples: Path) -> Edit:
    """How to replace a part of an example and get its path."""

    def replaced(old: str, new: str, name: str = "tracker-production") -> Path:
        path = examples / f"config/recipes/{name}.toml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return replaced


def only(recipe: Recipe, kind: type) -> object:
    (step,) = (step for step in recipe.steps if isinstance(step, kind))
    return step


def test_each_step_has_the_budget_of_its_kind(examples: Path) -> None:
    whole = load_recipe(examples / "config/recipes/tracker-production.toml").value
    silent = load_recipe(examples / "config/recipes/tracker-silent.toml").value
    steps = [step for step in (*whole.steps, *silent.steps) if hasattr(step, "timeout_s")]
    seconds = {step.do: step.timeout_s for step in steps}
    assert seconds == {
        StepKind.CHECK: 15,
        StepKind.RECOVER: 60,
        StepKind.MODEM_FIRMWARE: 300,
        StepKind.FLASH: 120,
        StepKind.READ_BACK: 120,
        StepKind.LOCK: 60,
    }


def test_a_whole_recipe_means_what_it_says(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker-production.toml").value
    assert (recipe.target_family, recipe.uses_probe) == (ChipFamily.NRF91X1, True)
    assert isinstance(recipe.steps[0], CheckStep)
    assert isinstance(recipe.steps[1], RecoverStep)
    modem = only(recipe, ModemStep)
    assert isinstance(modem, ModemStep)
    assert (modem.version, modem.skip_by, modem.attempts) == ("mfw_nrf91x1_2.0.2", "probe", 3)
    assert (modem.firmware, modem.runs_on) == ((FirmwareFamily.NRF91X1, (2, 0, 2)), ChipFamily.NRF91X1)
    first, last = (step for step in recipe.steps if isinstance(step, FlashStep))
    assert (first.erase, first.answers_at, first.credentials_survive_on) == (Erase.ALL, True, None)
    assert (last.erase, last.answers_at, last.credentials_survive_on) == (Erase.ALL, True, ChipFamily.NRF91X1)
    lock = only(recipe, LockStep)
    assert isinstance(lock, LockStep)
    assert (lock.level, lock.by, lock.erase_protect, lock.attempts) == (LockLevel.ALL, "probe", None, 1)
    assert [image.path.name for image in recipe.images] == [
        "mfw_nrf91x1_2.0.2.zip",
        "provisioning.hex",
        "application.hex",
    ]


def test_a_silent_products_check_image_is_one_of_its_images(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker-silent.toml").value
    back = only(recipe, ReadBackStep)
    assert isinstance(back, ReadBackStep)
    assert (back.erase, back.image) == (Erase.TOUCHED, recipe.images[0])
    assert [image.path.name for image in recipe.images] == [
        "provisioning.hex",
        "application-silent.hex",
        "provisioning.hex",
    ]


def test_only_steps_that_need_a_probe_say_so(examples: Path) -> None:
    for name in ("tracker-tested", "tracker-preflashed"):
        recipe = load_recipe(examples / f"config/recipes/{name}.toml").value
        assert (recipe.uses_probe, recipe.target, [step.uses_probe for step in recipe.steps if step.uses_probe]) == (
            False,
            None,
            [],
        )
        with pytest.raises(AttributeError, match="no target"):
            recipe.target_family  # noqa: B018 -- it is asked for


def test_power_may_be_cycled_where_nothing_is_flashed(edit: Edit) -> None:
    path = edit(
        'do = "prove"', 'do = "store"\n[[steps]]\ndo = "power-cycle"\n[[steps]]\ndo = "prove"', "tracker-preflashed"
    )
    recipe = load_recipe(path).value
    assert isinstance(only(recipe, PowerCycleStep), PowerCycleStep)
    assert not recipe.uses_probe


def test_erase_protect_is_spelled_out(edit: Edit, refused: Refused) -> None:
    path = edit('\nby = "probe"', '\nby = "probe"\nerase_protect = "can never be undone"')
    lock = only(load_recipe(path).value, LockStep)
    assert isinstance(lock, LockStep)
    assert lock.erase_protect == "can never be undone"
    text = path.read_text(encoding="utf-8")
    for wrong in ("true", '"yes"', '"Can never be undone"'):
        path.write_text(text.replace('"can never be undone"', wrong), encoding="utf-8")
        (line,) = refused(lambda: load_recipe(path))
        assert line.startswith(f"{path}: step 15 (lock): erase_protect: {wrong} is not right; it must be left out, or")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('[target]\nfamily = "nrf91x1"', "", 'target: missing; "check-target" needs to know the chip: family = "nrf91'),
        ('family = "nrf91x1"', 'family = "nrf9151"', 'target.family: "nrf9151" is not right; it must be "nrf9160", or'),
        ('family = "nrf91x1"', "", 'target.family: missing; it must be "nrf9160"'),
        (
            '[target]\nfamily = "nrf91x1"',
            '[target]\nfamily = "nrf9160"',
            "step 3 (modem-firmware): version: mfw_nrf91x1_2.0.2 is not for this product's chip, which is \"nrf9160\".",
        ),
        (
            '[target]\nfamily = "nrf91x1"',
            '[target]\nfamily = "nrf9160"',
            'step 12 (flash): credentials_survive_on = "nrf91x1" says nothing of this product',
        ),
        (
            "[serial]",
            '[minimum_modem_firmware]\nnrf91x1 = "2.0.3"\n[serial]',
            "step 3 (modem-firmware): version: mfw_nrf91x1_2.0.2 is older than this product allows: nrf91x1 2.0.3 or n",
        ),
        (
            'version = "mfw_nrf91x1_2.0.2"',
            'version = "mfw_nrf91x1_2.0.4"',
            "step 3 (modem-firmware): version: mfw_nrf91x1_2.0.4 is not what the package is called: mfw_nrf91x1_2.0.2.",
        ),
        ('version = "mfw_nrf91x1_2.0.2"', 'version = "2.0.2"', 'step 3 (modem-firmware): version: "2.0.2" is not righ'),
        ('version = "mfw_nrf91x1_2.0.2"', "", "step 3 (modem-firmware): version: missing; it must be the firmware as "),
        (
            "mfw_nrf91x1_2.0.2.zip",
            "provisioning.hex",
            "step 3 (modem-firmware): image: modem firmware is a package as Nordic ships it (.zip).",
        ),
        (
            "provisioning.hex",
            "mfw_nrf91x1_2.0.2.zip",
            "step 4 (flash): image: an application image is an Intel HEX file (.hex); modem firmware has a step of its",
        ),
        ('skip_by = "probe"', 'skip_by = "me"', 'step 3 (modem-firmware): skip_by: "me" is not right; it must be "pro'),
        ('erase = "all"', 'erase = "none"', 'step 4 (flash): erase: "none" is not right; it must be "all" (the whole'),
        ("answers_at = true", 'answers_at = "yes"', 'step 12 (flash): answers_at: "yes" is not right; it must be true'),
        ("timeout_s = 60", "timeout_s = 0", "step 2 (recover): timeout_s: 0 is not right; it must be seconds for one"),
        ('level = "all"', 'level = "some"', 'step 15 (lock): level: "some" is not right; it must be "all" or "secure"'),
        ('level = "all"', 'level = "all"\nattempts = 2', "step 15 (lock): attempts: 2 is not right; it must be 1: thi"),
        (
            '\nby = "probe"',
            '\nby = "image"\nerase_protect = "can never be undone"',
            'step 15 (lock): erase_protect: only by = "probe" sets it',
        ),
        ('do = "check-target"', 'do = "check-target"\nerase = "all"', "step 1 (check-target): erase: no such key"),
        ('do = "check-target"', 'do = "check-taget"', 'step 1: do: "check-taget" is not right. Did you mean "check-ta'),
        (
            'credentials_survive_on = "nrf91x1"',
            "",
            'step 12 (flash): "flash" behind "generate-key" may erase the modem\'s key and credentials',
        ),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_step_and_key(edit: Edit, refused: Refused, old: str, new: str, problem: str) -> None:
    path = edit(old, new)
    lines = refused(lambda: load_recipe(path))
    assert any(line.startswith(f"{path}: {problem}") for line in lines), lines


def test_a_one_way_command_needs_to_know_its_board(edit: Edit, refused: Refused) -> None:
    path = edit('do = "identify"', 'do = "command"', "tracker-tested")
    text = path.read_text(encoding="utf-8").replace("attempts = 2\n", "").replace('"pure"  ', '"one-way"  ')
    first = 'name = "fuse"\nprogram = "fuse"\ntimeout_s = 1\nrepeat = "one-way"\n[[steps]]\ndo = "identify"\n'
    path.write_text(text.replace('do = "command"\n', f'do = "command"\n{first}', 1), encoding="utf-8")
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f'{path}: step 1 (command): a "command" with repeat "one-way" needs "identify" somewhere')


def test_a_package_under_a_name_of_the_factorys_own_is_taken(edit: Edit, examples: Path) -> None:
    firmware = examples / "fixtures/simulated/firmware"
    shutil.copy(firmware / "mfw_nrf91x1_2.0.2.zip", firmware / "modem.zip")
    path = edit("firmware/mfw_nrf91x1_2.0.2.zip", "firmware/modem.zip")
    step = only(load_recipe(path).value, ModemStep)
    assert isinstance(step, ModemStep)
    assert step.image.sha256 == hashlib.sha256((firmware / "modem.zip").read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("version", "family", "chip"),
    [
        ("mfw_nrf9160_1.3.7", FirmwareFamily.NRF9160, ChipFamily.NRF9160),
        ("mfw_nrf9161_2.0.0", FirmwareFamily.NRF91X1, ChipFamily.NRF91X1),
        ("mfw_nrf9151-ntn_1.0.0-1.alpha", FirmwareFamily.NRF9151_NTN, ChipFamily.NRF91X1),
    ],
)
def test_a_version_tells_which_chip_it_is_for(
    examples: Path, version: str, family: FirmwareFamily, chip: ChipFamily
) -> None:
    step = only(load_recipe(examples / "config/recipes/tracker-production.toml").value, ModemStep)
    assert isinstance(step, ModemStep)
    other = step.model_copy(update={"version": version})
    assert (other.firmware[0], other.runs_on) == (family, chip)
