"""Commands of a simulated modem that don't touch credentials (at-commands section 3)."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from station.simulator.board import Board, hyphenated
from station.simulator.faults import Trait
from station.simulator.modem_state import ModemState
from station.simulator.request import INCORRECT_PARAMETERS, Form, Reply, Request
from station.simulator.store import Refused

_CCLK = re.compile(r"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)")
_CFUN_MODES = frozenset({0, 1, 2, 4, 20, 21, 30, 31, 40, 41, 44})
_NO_CARD = 10

Handler = Callable[[ModemState, Request], Reply]


def _plain(value: Callable[[Board], str | None]) -> Handler:
    def tell(modem: ModemState, request: Request) -> Reply:
        text = value(modem.board) if request.form is Form.RUN else None
        if text is None:
            raise Refused(None)
        return modem.answer(text)

    return tell


def _cfun(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.READ:
        return modem.answer(f"+CFUN: {modem.cfun}")
    if request.form is not Form.SET:
        raise Refused(None)
    mode = request[0].number()
    if mode not in _CFUN_MODES:
        raise Refused(INCORRECT_PARAMETERS)
    if mode == 0:
        modem.board.store.flush()
    modem.cfun = mode
    span = modem.timings.power_off if mode == 0 else modem.timings.offline
    return modem.answer(seconds=span.draw(modem.board.rng))


def _cmee(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.READ:
        return modem.answer(f"+CMEE: {modem.cmee}")
    if request.form is not Form.SET or request[0].number() > 1:
        raise Refused(INCORRECT_PARAMETERS)
    modem.cmee = request[0].number()
    return modem.answer()


def _cgsn(modem: ModemState, request: Request) -> Reply:
    if Trait.NO_IMEI in modem.board.plan.traits or request.form not in (Form.RUN, Form.SET):
        raise Refused(None)
    imei = modem.board.imei
    match request[0].text:
        case "" | "0":
            return modem.answer(imei)
        case "1":
            return modem.answer(f'+CGSN: "{imei}"')
        case "2":
            return modem.answer(f'+CGSN: "{imei[:14]}12"')
        case "3":
            return modem.answer('+CGSN: "12"')
        case _:
            raise Refused(None)


def _device_uuid(board: Board) -> str | None:
    return f"%DEVICEUUID: {board.uuid}" if board.firmware.tells_uuid else None


def _clock_command(modem: ModemState, request: Request) -> Reply:
    if request.form is Form.READ:
        now = modem.time()
        if now is None:
            raise Refused(None)
        return modem.answer(f'{request.name}: "{now:%y/%m/%d,%H:%M:%S}+00"')
    match = _CCLK.fullmatch(request[0].string()) if request.form is Form.SET else None
    if not match:
        raise Refused(INCORRECT_PARAMETERS)
    year, month, day, hour, minute, second = (int(match[part]) for part in range(1, 7))
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise Refused(INCORRECT_PARAMETERS) from None
    modem.set_time(local - timedelta(minutes=15 * int(match[7])))  # the zone counts in quarters of an hour
    return modem.answer()


def _factory_reset(modem: ModemState, request: Request) -> Reply:
    if request.form is not Form.SET or request[0].number() > 1:
        raise Refused(INCORRECT_PARAMETERS)
    modem.require_inactive()
    modem.board.store.clear()
    return modem.answer(seconds=modem.timings.write.draw(modem.board.rng))


def _xvbat(board: Board) -> str:
    low = Trait.POWER_WARNING in board.plan.traits
    return f"%XVBAT: {(2960 if low else 4464) + board.rng.randrange(40)}"


def _needs_card(modem: ModemState, _request: Request) -> Reply:
    # The bench has no SIM: +CIMI and %XICCID never work on it.
    return modem.refuse(_NO_CARD)


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "+CFUN": _cfun,
        "+CMEE": _cmee,
        "+CGSN": _cgsn,
        "+CGMI": _plain(lambda _board: "Nordic Semiconductor ASA"),
        "+CGMM": _plain(lambda board: board.profile.model),
        "+CGMR": _plain(lambda board: board.firmware.text),
        "%HWVERSION": _plain(lambda board: f"%HWVERSION: {board.profile.hardware}"),
        "%SHORTSWVER": _plain(lambda board: f"%SHORTSWVER: {board.firmware.text.removeprefix('mfw_')}"),
        "%XVBAT": _plain(_xvbat),
        "%XMODEMUUID": _plain(lambda board: f"%XMODEMUUID: {hyphenated(board.firmware_uuid_bytes)}"),
        "%DEVICEUUID": _plain(_device_uuid),
        "+CCLK": _clock_command,
        "%CCLK": _clock_command,
        "+CIMI": _needs_card,
        "%XICCID": _needs_card,
        "%XFACTORYRESET": _factory_reset,
    }
)
