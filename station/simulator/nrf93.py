"""The commands of a simulated nRF93M1 (its datasheet's cloud chapter, the vendor's guides and onboarding script).

It makes its UUID and its cloud access key when it is first asked for them, and keeps both. Tokens need a clock that
somebody has set.
"""

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from station.domain.modem import CredentialType
from station.simulator import general
from station.simulator.encoding import b64url
from station.simulator.faults import Do, Trait
from station.simulator.general import Handler
from station.simulator.keys import KeyPair
from station.simulator.modem_state import ModemState
from station.simulator.request import INCORRECT_PARAMETERS, OK, Form, Reply, Request
from station.simulator.store import Refused

ACCESS_KEY_TAG: Final = 0
"""Where the board's store keeps the cloud access key: the device itself has no security tags."""
_NO_TIME: Final = 3
"""Operation not allowed (3GPP TS 27.007 section 9.2); an assumption, the vendor names no code."""
_LIFE: Final = 3600
_MODES: Final = frozenset({0, 1, 4})


def _cfun(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.SET and request[0].number() not in _MODES:
        raise Refused(INCORRECT_PARAMETERS)
    return general.HANDLERS["+CFUN"](modem, request)


def _cmee(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.SET and request[0].text == "2":
        modem.cmee = 1
        return modem.answer()
    return general.HANDLERS["+CMEE"](modem, request)


def _clock(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.READ and modem.time() is None:
        return modem.answer('+CCLK: "00/01/01,00:00:21+00"')
    if request.form is Form.SET and Trait.CLOCK_STAYS in modem.board.plan.traits:
        return modem.answer()
    return general.HANDLERS["+CCLK"](modem, request)


def _uuid(modem: ModemState, request: Request) -> Reply:
    if request.form is not Form.RUN:
        raise Refused(None)
    lines = [f"%DEVICEUUID: {modem.board.uuid}"]
    if not modem.board.uuid_made:
        modem.board.uuid_made = True
        lines.insert(0, "%DEVICEUUID: creating device uuid...")
    return modem.answer(*lines)


def _access_key(modem: ModemState, request: Request) -> Reply:
    if request.form is not Form.RUN:
        raise Refused(None)
    made = modem.board.key(ACCESS_KEY_TAG) is None
    key = _key(modem)
    shown = KeyPair.generate() if request.bent(Do.OTHER_KEY) else key
    text = base64.b64encode(shown.spki).decode("ascii")
    if request.bent(Do.TRUNCATED):
        text = text[: len(text) * 2 // 3]
    first = ["%CLOUDACCESSKEY: creating cloud access key..."] if made else []
    seconds = modem.timings.keygen.draw(modem.board.rng) if made else None
    return modem.answer(*first, f"%CLOUDACCESSKEY: {text}", seconds=seconds)


def _key(modem: ModemState) -> KeyPair:
    key = modem.board.key(ACCESS_KEY_TAG)
    if key is None:
        key = KeyPair.generate()
        modem.board.store.put_key(ACCESS_KEY_TAG, CredentialType.CLIENT_KEY, key)
        modem.board.store.flush()
        modem.board.counters.keys_generated += 1
    return key


def _registration(modem: ModemState, request: Request) -> Reply:
    if request.form is not Form.SET or len(request.parameters) != 1 or not request[0].given:
        raise Refused(INCORRECT_PARAMETERS)
    now = modem.time()
    if now is None:
        raise Refused(_NO_TIME)
    traits = modem.board.plan.traits
    claims: dict[str, object] = {"sub": modem.board.uuid, "id": request[0].text}
    if request.bent(Do.OTHER_CN):
        claims["sub"] = (request.fault.text if request.fault else "") or "14a6feca-c4f0-44e1-a6dd-af0ac9375923"
    if request.bent(Do.OTHER_TAG):
        claims["id"] = "3634e806-25e1-43ba-8bfa-2845a9aa243b"
    if Trait.DATED_REGISTRATION in traits:
        claims |= {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + _LIFE}
    token = _token(KeyPair.generate() if request.bent(Do.OTHER_KEY) else _key(modem), claims)
    if request.bent(Do.TRUNCATED):
        token = token[: len(token) * 2 // 3]
    seconds = modem.timings.sign.draw(modem.board.rng)
    if Trait.TOKEN_ON_NEXT_LINE in traits:
        return modem.answer("%REGJWT:", token, seconds=seconds)
    return modem.answer(f"%REGJWT: {token}", seconds=seconds)


def _jwt(modem: ModemState, request: Request) -> Reply:
    now = modem.time()
    if request.form is not Form.RUN or now is None:
        raise Refused(_NO_TIME)
    issued = int(now.timestamp())
    token = _token(_key(modem), {"sub": modem.board.uuid, "iat": issued, "exp": issued + _LIFE})
    return modem.answer(f"%JWT: {token}", seconds=modem.timings.sign.draw(modem.board.rng))


def _token(key: KeyPair, claims: Mapping[str, object]) -> str:
    parts = ({"alg": "ES256", "typ": "JWT"}, claims)
    signed = ".".join(b64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{b64url(key.sign_raw(signed.encode('ascii')))}"


def _silently(_modem: ModemState, _request: Request) -> Reply:
    return Reply("", OK)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {name: general.HANDLERS[name] for name in ("+CGMI", "+CGMM", "+CGMR", "+CGSN")}
    | {
        "+CFUN": _cfun,
        "+CMEE": _cmee,
        "+CCLK": _clock,
        "+CGEREP": _silently,
        "+CEREG": _silently,
        "%DEVICEUUID": _uuid,
        "%CLOUDACCESSKEY": _access_key,
        "%REGJWT": _registration,
        "%JWT": _jwt,
    }
)
