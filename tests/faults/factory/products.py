"""What a factory builds: products that differ in how a board is named, heard, flashed, locked and given its
credentials; which of them a day has, and for which of nRF Cloud's APIs; and their fixture.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Final

from station.domain.ways import Way
from station.host.files import replace_file, sha256_of
from station.settings.fixture import Fixture
from station.settings.loading import load_fixture, load_recipe
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.simulator.image import Framing
from station.simulator.profile import PROFILES, Profile
from tests.line.harness import CLOUD, CREDENTIALS, RECIPE, ROOT, steps
from tests.line.truth import TAG

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
    way: Way = Way.CERTIFICATE
    head: str = ""
    """What its recipe says besides, of no step."""
    silicon: str = ""
    """The profile of its boards, where that is not left to chance."""
    credentials: str = CREDENTIALS
    cloud: str = CLOUD
    of_team: str = ""
    """What its ``[cloud]`` has besides on a day for the team API, which alone knows of it."""
    team_alone: bool = False
    """No other API takes it."""

    @property
    def probed(self) -> bool:
        """Whether a probe has a part in it."""
        return 'do = "flash"' in self.table

    @property
    def scanned(self) -> bool:
        """Whether its boards' labels are scanned."""
        return self.label != ""

    @property
    def profile(self) -> Profile | None:
        """What its boards carry; None: by chance."""
        return PROFILES.get(self.silicon)

    @property
    def image(self) -> Framing | None:
        """What its boards run when they come."""
        if self.blank:
            return None
        if self.way.over_shell:
            return Framing.CRED_SHELL
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


CLAIM_TAG: Final = "line"
TENANT: Final = "works-7"
"""Whom onboarding tokens name where the cloud can't tell whose its token is."""
_CHECKED: Final = "final_check = true\n"
_BY_SHELL: Final = ("identify", "clear-credentials", "generate-key", "sign", "write-credentials")

OTHERS: Final = (
    Product("checked", 'scheme = "uuid"', "", share=2, of_team=_CHECKED, team_alone=True),
    Product(
        "attested",
        'scheme = "uuid"',
        steps("identify", "attest"),
        share=4,
        way=Way.ATTESTATION,
        credentials="",
        cloud='[cloud]\nprotocols = ["coap"]\n',
        of_team=f'claim_tags = ["{CLAIM_TAG}"]\n',
    ),
    Product(
        "bare",
        'scheme = "imei"\nprefix = "meter-"',
        steps("identify", "clear-credentials", "generate-key", "prove", "store"),
        share=2,
        way=Way.PUBLIC_KEY,
        credentials=f"[credentials]\nsec_tag = {TAG}\nroots = []\n",
        cloud='[cloud]\nprotocols = ["rest"]\n',
        team_alone=True,
    ),
    Product("handed", 'scheme = "imei"\nprefix = "gw-"', steps(*_BY_SHELL), share=3, way=Way.STATION_KEY),
    Product("written", 'scheme = "imei"\nprefix = "wrt-"', "", share=2, way=Way.STATION_KEY_MODEM, of_team=_CHECKED),
    Product(
        "aged",
        'scheme = "imei"\nprefix = "old-"',
        "",
        way=Way.STATION_KEY_MODEM,
        head='[minimum_modem_firmware]\nnrf9160 = "1.2.0"\n',
        silicon="nrf9160-old",
    ),
    Product(
        "own",
        'scheme = "imei"\nprefix = "own-"',
        steps(*_BY_SHELL, "prove"),
        share=3,
        way=Way.DEVICE_SHELL,
        of_team=_CHECKED,
    ),
    Product(
        "module",
        'scheme = "uuid"',
        steps("identify", "enrol"),
        share=3,
        way=Way.NRF93M1,
        silicon="nrf93m1",
        credentials="",
        cloud='[cloud]\nprotocols = ["coap"]\nsubtype = "nRF93M1"\nfirmware_types = ["MODEM"]\n',
        of_team=_CHECKED,
    ),
)
"""Products whose units get what the cloud knows them by in other ways, or are asked about there at their end."""
_OTHERS_SHARE: Final = 0.7
_ORGANISATION_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Plan:
    """What a day builds beside the products of old, and whether for the organisation API instead of the team's."""

    others: tuple[Product, ...] = ()
    organisation: bool = False

    @property
    def products(self) -> tuple[Product, ...]:
        """All of the day's products."""
        return (*PRODUCTS, *self.others)

    def of_batch(self, batch: str) -> Product:
        """Return the product that a batch builds."""
        return next(one for one in self.products if batch == f"WO-{one.name}")

    def choose(self, rng: Random, ways: Random) -> Product:
        """Return a product, by their shares. What ``rng`` gives is the same whatever other ways there are."""
        if self.others and ways.random() < _OTHERS_SHARE:
            return ways.choices(self.others, weights=[one.share for one in self.others])[0]
        return rng.choices(PRODUCTS, weights=[one.share for one in PRODUCTS])[0]


def plan_day(ways: Random) -> Plan:
    """Return what a day of every way builds."""
    organisation = ways.random() < _ORGANISATION_SHARE
    return Plan(tuple(one for one in OTHERS if not (organisation and one.team_alone)), organisation)


@cache
def read_products(slots: int, plan: Plan) -> tuple[Mapping[str, Loaded[Recipe]], Loaded[Fixture]]:
    """Return every product's recipe, and the fixture, as the station reads them from their files.

    Read once a process: hundreds of factories of a run have the same ones, and none of them changes any.
    """
    with TemporaryDirectory(prefix="settings-") as name:
        return _write_and_read(Path(name), slots, plan)


def _write_and_read(folder: Path, slots: int, plan: Plan) -> tuple[Mapping[str, Loaded[Recipe]], Loaded[Fixture]]:
    recipes = {}
    for product in plan.products:
        text = RECIPE.format(
            product=product.name,
            device_id=product.device_id,
            framing=product.framing,
            way="" if product.way is Way.CERTIFICATE else f'way = "{product.way}"\n{product.head}',
            credentials=product.credentials.format(
                root=json.dumps(str(ROOT / "config" / "roots" / "amazon-root-ca-1.pem"))
            ),
            cloud=product.cloud + ("" if plan.organisation else product.of_team),
            target='[target]\nfamily = "nrf91x1"' if product.probed else "",
            steps=product.table or steps(),
        )
        replace_file(folder / f"{product.name}.toml", text.encode())
        recipes[product.name] = load_recipe(folder / f"{product.name}.toml")
    rows = "\n".join(f"[[slots]]\nnumber = {number}\n" for number in range(1, slots + 1))
    defaults = 'port = "bench/slot{slot}"\nprogrammer = "simulated"\npresence = "port"\npower = "none"\n'
    content = f'schema = 1\nname = "factory"\n[defaults]\n{defaults}\n{rows}'
    replace_file(folder / "fixture.toml", content.encode())
    return MappingProxyType(recipes), load_fixture(folder / "fixture.toml", data=folder)
