"""What a product's final check asks, and the token for it: signed by the unit's own modem before it is switched off."""

from typing import Final

from station.domain.check_events import Asks
from station.domain.faults import Fault
from station.domain.ids import parse_device_id
from station.domain.secret import Secret
from station.domain.ways import Way
from station.line.final_tokens import TOKEN_SECONDS
from station.line.log import engineer_log
from station.line.work import Work
from station.settings.recipe import Recipe

_OWN_KEY: Final = frozenset({Way.CERTIFICATE})
"""Ways in which the key that the cloud knows is in a modem, which signs with it."""


def asks_of(recipe: Recipe) -> Asks | None:
    """Return what the final check of the product's units asks; None where the recipe wants none. Pure."""
    if recipe.cloud is None or not recipe.cloud.final_check:
        return None
    return Asks.TOKEN if recipe.way in _OWN_KEY else Asks.KNOWN


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
    modem, uuid = work.modem(), None if work.identity is None else work.identity.uuid
    modem.set_clock(work.bench.clock.now())
    # As nRF Cloud takes it: no audience, and a subject only where the issuer, which has the UUID, names another device.
    named = uuid is not None and parse_device_id(uuid) == work.known_device
    subject = None if named else work.known_device
    return Secret(modem.sign_jwt(work.bench.recipe.sec_tag, audience="", subject=subject, seconds=TOKEN_SECONDS))
