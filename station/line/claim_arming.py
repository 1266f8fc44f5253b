"""What must hold before units are claimed: the Provisioning API knows what to do with them."""

from typing import assert_never

from station.cloud.protocol import Busy, Cloud, CredentialRefused, NotSent, Unclear
from station.domain.ways import CredentialKind, Way
from station.line.cloud_refusals import fault_of
from station.line.faults import NO_RULE
from station.settings.recipe import Recipe

UNTAGGED = (
    "The recipe names no claim tag ([cloud] claim_tags): no provisioning rule applies to these units. They are "
    "claimed, and get their cloud key only when somebody tells the cloud so for each."
)
TAGS_UNPLACED = "The organisation API has no place for claim tags: these units get none."


def check_claims(recipe: Recipe, cloud: Cloud) -> list[str]:
    """Return what the operator should know of how the product's units are claimed; nothing where they are not.

    Raises LINE-158 where an active provisioning rule is missing for one of its tags, and LINE-152. Looks only; safe to
    repeat.
    """
    if recipe.way is not Way.ATTESTATION or recipe.cloud is None:
        return []
    tags = recipe.cloud.claim_tags
    if cloud.api == "organisation" or CredentialKind.ATTESTATION_TOKEN not in cloud.takes:
        return [TAGS_UNPLACED] if tags else []
    if not tags:
        return [UNTAGGED]
    answer = cloud.unruled(tags)
    match answer:
        case ():
            return []
        case tuple():
            command = f"station claim make-rule {answer[0]} --root FILE --reason TEXT"
            raise NO_RULE.fault(tags=", ".join(answer), product=recipe.product, command=command)
        case CredentialRefused():
            raise fault_of(answer)
        case NotSent() | Busy() | Unclear():
            return [
                f"Whether a provisioning rule has the claim tags {', '.join(tags)} can't be asked: {answer.reason}."
            ]
        case _:
            assert_never(answer)
