"""Each order that would lose a unit, as whoever wrote the recipe reads it: file, step, and the whole reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from station.settings.loading import load_recipe

Refused = Callable[[Callable[[], object]], list[str]]

GIVEN = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")
PROVISIONING = ("check-target", "recover", "flash", *GIVEN)
ERASES = (
    'behind "generate-key" may erase the modem\'s key and credentials: put it before "generate-key", {touched}or, '
    'where the factory has seen that credentials survive it on this chip, write credentials_survive_on = "nrf91x1".'
)
TOUCHED = 'write erase = "touched", '
OVERSEEN = (
    'may lose the key that an interrupted board was found to have there, and "sign" would give that key a '
    'certificate: put it before "clear-credentials".'
)


@pytest.fixture
def lines(examples: Path, refused: Refused) -> Callable[..., list[str]]:
    """How to get what is said of a product of these steps, each with keys of its own behind ``|``."""
    path = examples / "config/recipes/tracker-production.toml"
    head, _, tables = path.read_text(encoding="utf-8").partition("[[steps]]")
    own: dict[str, str] = {}
    for table in tables.split("[[steps]]"):
        kept = [line for line in table.splitlines() if line.startswith(("image", "sha256", "version"))]
        own.setdefault(table.split('"')[1], "\n".join(kept))
    own |= {"read-back": own["flash"]}

    def said(*steps: str) -> list[str]:
        text = head
        for step in steps:
            do, _, more = step.partition("|")
            text += f'[[steps]]\ndo = "{do}"\n{own.get(do, "")}\n{more}\n'
        path.write_text(text, encoding="utf-8")
        return [line.removeprefix(f"{path}: ") for line in refused(lambda: load_recipe(path))]

    return said


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            (*PROVISIONING, "recover", "flash|erase = 'touched'", "prove", "store"),
            f'step 11 (recover): "recover" {ERASES.format(touched="")}',
        ),
        (
            (*PROVISIONING, "modem-firmware", "identify", "prove", "store"),
            f'step 11 (modem-firmware): "modem-firmware" {ERASES.format(touched="")}',
        ),
        ((*PROVISIONING, "flash", "prove", "store"), f'step 11 (flash): "flash" {ERASES.format(touched=TOUCHED)}'),
        (
            (*PROVISIONING, "flash|erase = 'all'", "prove", "store"),
            f'step 11 (flash): "flash" {ERASES.format(touched=TOUCHED)}',
        ),
        (
            (*PROVISIONING, "flash|credentials_survive_on = 'nrf9160'", "prove", "store"),
            'step 11 (flash): credentials_survive_on = "nrf9160" says nothing of this product, whose chip is '
            '"nrf91x1": "flash" behind "generate-key" may erase the modem\'s key and credentials.',
        ),
        (
            (*PROVISIONING, "lock", "prove", "store"),
            'step 11 (lock): "lock" must be the last step: what fails behind it can only be mended by erasing the '
            "board.",
        ),
        (
            (*PROVISIONING, "flash|erase = 'touched'"),
            'step 11 (flash): "flash" behind "write-credentials" needs "prove" somewhere behind it: nothing shows that '
            "the credentials are still there.",
        ),
        (
            (*PROVISIONING, "flash|erase = 'touched'\nanswers_at = false", "lock"),
            'step 11 (flash): "flash" behind "write-credentials" needs "read-back" somewhere behind it: nothing shows '
            "that the credentials are still there.",
        ),
        (
            ("check-target", "recover", "flash", *(step for step in GIVEN if step != "clear-credentials")),
            'step 5 (generate-key): "generate-key" needs "clear-credentials" somewhere before it: there a board that '
            "was interrupted gets its own key and certificate back, and any other loses its old ones; without it such "
            "a board could never be finished.",
        ),
        *(
            (
                ("identify", "clear-credentials", *changes, *GIVEN[2:]),
                f'step 3 ({changes[0].partition("|")[0]}): "{changes[0].partition("|")[0]}" between '
                f'"clear-credentials" and "generate-key" {OVERSEEN}',
            )
            for changes in (["flash"], ["flash|erase = 'touched'"], ["power-cycle"], ["modem-firmware", "identify"])
        ),
    ],
)
def test_each_order_that_would_lose_a_unit_is_refused_in_words(
    lines: Callable[..., list[str]], steps: tuple[str, ...], said: str
) -> None:
    assert said in lines(*steps)


def test_a_reason_is_told_once(lines: Callable[..., list[str]]) -> None:
    assert len(lines(*PROVISIONING, "flash", "prove", "store")) == 1
    assert len(lines("identify", "flash", *GIVEN[2:])) == 1


def test_a_board_that_was_flashed_elsewhere_and_locks_itself_is_looked_at(examples: Path) -> None:
    """No flash is needed before it: the line shows of every board that it is locked, and an open one fails."""
    path = examples / "config/recipes/tracker-preflashed.toml"
    text = path.read_text(encoding="utf-8").replace("[device_id]", '[target]\nfamily = "nrf91x1"\n[device_id]', 1)
    path.write_text(text + '[[steps]]\ndo = "lock"\nby = "image"\n', encoding="utf-8")
    assert load_recipe(path).value.uses_probe
