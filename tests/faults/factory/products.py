"""What a factory builds: products that differ in how a board is named, heard, flashed and locked; and their fixture."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from station.host.files import replace_file, sha256_of
from station.settings.fixture import Fixture
from station.settings.loading import Loaded, load_fixture, load_recipe
from station.settings.recipe import Recipe
from station.simulator.image import Framing
from tests.line.harness import CLOUD, CREDENTIALS, RECIPE, ROOT, steps

_IMAGES: Final = ROOT / "fixtures" / "simulated" / "firmware"
_CREDENTIALS: Final = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials", "prove", "store")


def _image(do: str, name: str, more: str = "") -> str:
    path = _IMAGES / name
    return f'[[steps]]\ndo = "{do}"\nimage = {json.dumps(str(path))}\nsha256 = "{sha256_of(path.read_bytes())}"\n{more}'


_FIRST: Final = _image("flash", "provisioning.hex")
_LAST: Final = _image("flash", "application.hex", 'credentials_survive_on = "nrf91x1"\n') + steps("prove", "store")
_LOCK: Final = '[[steps]]\ndo = "lock"\n'


@dataclass(frozen=True, slots=True)
class Product:
    """``blank`` boards come without an application; ``share`` is how often a board is of this product."""

    name: str
    device_id: str
    table: str
    framing: str = "at_host"
    blank: bool = False
    share: int = 1
    label: str = ""
    """How the labels of its boards begin, where they are scanned."""

    @property
    def probed(self) -> bool:
        """Whether a probe has a part in it."""
        return self.table != ""

    @property
    def scanned(self) -> bool:
        """Whether its boards' labels are scanned."""
        return self.label != ""

    @property
    def image(self) -> Framing | None:
        """What its boards run when they come."""
        if self.blank:
            return None
        return Framing.AT_SHELL if self.framing == "at_shell" else Framing.AT_HOST


PRODUCTS: Final = (
    Product("plain", 'scheme = "uuid"', "", share=6),
    Product("shell", 'scheme = "imei"\nprefix = "nrf-"', "", framing="at_shell", share=2),
    Product("labelled", 'scheme = "serial"\npattern = "TRK-[0-9]{8}"', "", share=2, label="TRK"),
    Product("flashed", 'scheme = "uuid"', _FIRST + steps(*_CREDENTIALS) + _LAST, blank=True, share=2),
    Product(
        "locked",
        'scheme = "serial"\npattern = "LCK-[0-9]{8}"',
        steps("check-target") + _FIRST + steps(*_CREDENTIALS) + _LAST + _LOCK,
        blank=True,
        share=1,
        label="LCK",
    ),
)


def write_products(folder: Path, slots: int) -> tuple[dict[str, Loaded[Recipe]], Loaded[Fixture]]:
    """Write and read every product's recipe, and the fixture."""
    recipes = {}
    for product in PRODUCTS:
        text = RECIPE.format(
            product=product.name,
            device_id=product.device_id,
            framing=product.framing,
            way="",
            credentials=CREDENTIALS.format(root=json.dumps(str(ROOT / "config" / "roots" / "amazon-root-ca-1.pem"))),
            cloud=CLOUD,
            target='[target]\nfamily = "nrf91x1"' if product.probed else "",
            steps=product.table or steps(),
        )
        replace_file(folder / f"{product.name}.toml", text.encode())
        recipes[product.name] = load_recipe(folder / f"{product.name}.toml")
    rows = "\n".join(f"[[slots]]\nnumber = {number}\n" for number in range(1, slots + 1))
    defaults = 'port = "bench/slot{slot}"\nprogrammer = "simulated"\npresence = "port"\npower = "none"\n'
    content = f'schema = 1\nname = "factory"\n[defaults]\n{defaults}\n{rows}'
    replace_file(folder / "fixture.toml", content.encode())
    return recipes, load_fixture(folder / "fixture.toml", data=folder)


def choose_product(rng: Random) -> Product:
    """Return a product, by their shares."""
    return rng.choices(PRODUCTS, weights=[one.share for one in PRODUCTS])[0]
