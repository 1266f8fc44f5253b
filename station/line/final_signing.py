"""What a product's final check asks, and the token for it: signed by the unit's own modem before it is switched off."""

from typing import Final

from station.domain.check_events import Asks
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.domain.ways import Way
from station.line.cloud_token import sign_for_cloud
from station.line.final_tokens import TOKEN_SECONDS
from station.line.log import engineer_log
from station.line.work import Work
from station.settings.recipe import Recipe

_OWN_KEY: Final = frozenset({Way.CERTIFICATE, Way.STATION_KEY_MODEM})
"""Ways in which the key that the cloud knows is in a modem, which signs with it."""


def asks_of(recipe: Recipe) -> Asks | None:
    """Return what the final check of the product's units asks; None where the recipe wants none. Pure."""
    if recipe.cloud is None or not recipe.cloud.final_check:
        return None
    signs = recipe.way in _OWN_KEY and not recipe.minimum_modem_firmware.takes_unsigning
    return Asks.TOKEN if signs else Asks.KNOWN


def sign_for_check(work: Work) -> dict[str, object]:
    """Have the unit's modem sign a token for its final check, where one is wanted; return what the step records of it.

    The key was proven just before. In the modem only the clock is set. A modem that does not sign fails no unit: the
    check says so later. A board that falls silent meanwhile is noticed by what comes next. Safe to repeat.
    """
    tokens, unit = work.bench.final_tokens, work.records.unit_by_device_id(work.known_device)
    if tokens is None or unit is None or asks_of(work.bench.recipe) is not Asks.TOKEN:
        return {}
    try:
        tokens.put(unit.id, _sign(work))
    except Fault as fault:
        engineer_log().info("no token for the final check", device=work.device_id, code=fault.code)
        tokens.put(unit.id, f"its modem signed none ({fault.code})")
        return {"final_token": f"not signed: {fault.code}"}
    return {"final_token": "signed"}


def _sign(work: Work) -> Secret:
    uuid, tag = None if work.identity is None else work.identity.uuid, work.bench.recipe.sec_tag
    return sign_for_cloud(work.modem(), work.bench.clock.now(), tag, work.known_device, uuid, TOKEN_SECONDS)
