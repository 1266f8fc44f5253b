"""What arming has to say of the way in which a product's units get their credentials, and what it refuses."""

from typing import Final

from station.cloud.protocol import Cloud
from station.domain.line import StepKind
from station.domain.ways import CredentialKind, Way
from station.line.way_faults import NO_TENANT, WAY_NOT_TAKEN
from station.settings.recipe import Recipe
from station.settings.way_rules import RULES

MADE_HERE: Final = (
    "This PC makes every unit's private key and hands it over a cable. The key is kept nowhere, but nothing can show "
    "that nobody saw it: use this only for boards that can't make a key of their own."
)
MODEM_COULD: Final = (
    "A modem makes keys of its own from mfw_nrf9160_1.3.0 on, and with every nrf91x1 firmware. Such a one gets its key "
    'from here all the same, as the recipe says; the way "certificate" is more secure for it.'
)
NOT_PROVEN: Final = (
    "This product takes modems that can't sign (before mfw_nrf9160_1.3.0). Of such a modem nothing shows which private "
    "key it stored, only that it lists one; the unit's record says so."
)
NO_ROOT: Final = (
    "No server root is written: the product's own image must have the one that its protocols need, or it trusts nobody."
)
CLAIMS: Final = (
    "These units are claimed, not onboarded: each gets its cloud key over the air, when it is first switched on in the "
    "field. Whoever has a unit's token before it is claimed may claim it: keep records and backups of these units safe."
)
NOT_FRESH: Final = (
    "A modem with NTN firmware may refuse the station's challenge. Then nothing shows that its token is fresh, and the "
    'unit\'s record says "not fresh".'
)
HASTE: Final = (
    "A unit's onboarding token is good for an hour. One that is not uploaded by then needs a rework for a new one: "
    "keep the cloud reachable."
)
_NAMES: Final = {
    CredentialKind.CERTIFICATE: "its certificate",
    CredentialKind.PUBLIC_KEY: "its public key alone",
    CredentialKind.ATTESTATION_TOKEN: "its attestation token",
    CredentialKind.ONBOARDING_TOKEN: "its onboarding token",
}
_INSTEAD: Final = {
    CredentialKind.PUBLIC_KEY: "The team API takes it: another station file, or another way.",
    CredentialKind.ATTESTATION_TOKEN: (
        "The Provisioning API takes it (provisioning_url under [cloud] in the station file), and the organisation API."
    ),
}


def security_of(recipe: Recipe) -> str:
    """Return the vendor's security level of the product's way, and how sure that is; "" for one that gets nothing."""
    gets = recipe.cloud is not None or any(map(recipe.has, (StepKind.GENERATE, StepKind.ATTEST, StepKind.ENROL)))
    return RULES[recipe.way].security if gets else ""


def warn_of_way(recipe: Recipe) -> list[str]:
    """Return what an operator should know of the product's way beside its security level. Pure."""
    match recipe.way:
        case Way.STATION_KEY:
            return [MADE_HERE]
        case Way.STATION_KEY_MODEM:
            unsigning = recipe.minimum_modem_firmware.takes_unsigning
            return [MADE_HERE, MODEM_COULD, *([NOT_PROVEN] if unsigning else [])]
        case Way.PUBLIC_KEY if not recipe.root_bundle:
            return [NO_ROOT]
        case Way.ATTESTATION:
            return [NOT_FRESH, *([CLAIMS] if recipe.cloud is not None else [])]
        case Way.NRF93M1 if recipe.cloud is not None:
            return [HASTE]
    return []


def require_taken(recipe: Recipe, cloud: Cloud, tenant: str | None = None) -> None:
    """Raise LINE-155 where the cloud's API does not take what the product's way hands over. Asks no cloud.

    LINE-139 where its tokens must name a ``tenant``, and neither that API nor the station file tells one.
    """
    kind = recipe.way.hands_over
    if kind not in cloud.takes:
        instead = _INSTEAD.get(kind, "Choose another way in the recipe.")
        raise WAY_NOT_TAKEN.fault(product=recipe.product, kind=_NAMES[kind], api=cloud.api, instead=instead)
    if kind is CredentialKind.ONBOARDING_TOKEN and cloud.api == "organisation" and tenant is None:
        raise NO_TENANT.fault(product=recipe.product)
