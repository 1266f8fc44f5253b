"""The boards that come to a factory, with what is wrong with some of them."""

from dataclasses import dataclass
from random import Random
from typing import Final

from station.domain.ids import BoardSerial
from station.domain.line import Outcome
from station.domain.ways import Way
from station.simulator.board import Board
from station.simulator.faults import BoardFaults, CommandFault, Do, ProbeDo, ProbeFault, Trait
from station.simulator.profile import PROFILES
from tests.faults.factory.floor import Chance
from tests.faults.factory.products import Product

_COMMANDS: Final = (
    "%KEYGEN",
    "%KEYGEN",
    "%CMNG=0",
    "%CMNG=1",
    "%CMNG=2",
    "%CMNG=3",
    "%JWT",
    r"CFUN(=4|\?)",
    "CFUN=0",
    "CGSN",
    "CGMR",
    "DEVICEUUID",
    "ATTESTTOKEN",
    "CMEE",
    "",
)
_ANYWHERE: Final = (
    Do.GARBAGE,
    Do.INTERLEAVE,
    Do.LATE,
    Do.PIECES,
    Do.LOSE_ANSWER,
    Do.ENDLESS_LINE,
    Do.FLOOD,
    Do.BARE_LF,
    Do.BARE_CR,
    Do.ECHO_COMMAND,
    Do.HANG,
    Do.CME,
    Do.ERROR,
    Do.RESET_BEFORE,
    Do.RESET_AFTER,
    Do.RESET_MIDWAY,
    Do.VANISH,
    Do.VANISH_AFTER,
)
_KEY_WORK: Final = (
    Do.OTHER_DEVICE_CSR,
    Do.OTHER_CN,
    Do.OTHER_KEY,
    Do.OTHER_TAG,
    Do.P384_KEY,
    Do.WRONG_DIGEST,
    Do.BROKEN_CSR,
    Do.TRUNCATED,
)
_STORE_WORK: Final = (Do.IGNORE_WRITE, Do.CORRUPT_WRITE)
_TRAITS: Final = (
    Trait.FULL_STORE,
    Trait.POWER_WARNING,
    Trait.NO_IMEI,
    Trait.DEAD,
    Trait.REFUSES_OVERWRITE,
    Trait.CHATTY,
    Trait.CLEAN_CSR,
    Trait.ACTIVE_AT_BOOT,
    Trait.ERASE_LOSES_CREDENTIALS,
    Trait.LOCK_IGNORED,
    Trait.LOCK_REFUSED,
    Trait.REENUMERATES,
    Trait.SWD_SILENT,
    Trait.LOW_VOLTAGE,
    Trait.OTHER_CHIP,
    Trait.EMPTY_IS_LOCKED,
)
_WAY_COMMANDS: Final = {
    Way.ATTESTATION: ("ATTESTTOKEN", "ATTESTTOKEN", 'ATTESTTOKEN="', "CGSN", "CGMR", "DEVICEUUID", "CMEE", ""),
    Way.STATION_KEY: ("cred add.*PK", "cred add", "cred buf", "cred del", "cred list", "CGSN", "hwinfo", ""),
    Way.DEVICE_SHELL: (
        *("keygen", "keygen", "csr", "cred add", "cred buf", "cred del", "cred list", "nrf_cloud_cred delete"),
        *("CGSN", "hwinfo", ""),
    ),
    Way.STATION_KEY_MODEM: (
        *("%CMNG=0,16842753,2", "%CMNG=0", "%CMNG=1", "%CMNG=2", "%CMNG=3", "%JWT", r"CFUN(=4|\?)", "CFUN=0"),
        *("CGSN", "CGMR", "CMEE", ""),
    ),
    Way.NRF93M1: ("REGJWT", "REGJWT", "CLOUDACCESSKEY", "DEVICEUUID", "CCLK", "CGSN", "CGMR", "CFUN", ""),
}
"""Of the ways whose boards are told other things than those of the certificate's."""
_BENT: Final = (
    ("keygen", (Do.P384_KEY,)),
    ("csr", (Do.OTHER_CN, Do.OTHER_KEY, Do.OTHER_DEVICE_CSR, Do.BROKEN_CSR, Do.TRUNCATED)),
    ("cred add", (Do.IGNORE_WRITE, Do.CORRUPT_WRITE)),
    ("cred del", (Do.IGNORE_DELETE,)),
    ("%CMNG=0,16842753,2", _STORE_WORK),
    ("REGJWT", (Do.OTHER_CN, Do.OTHER_TAG, Do.OTHER_KEY, Do.TRUNCATED)),
    ("CLOUDACCESSKEY", (Do.OTHER_KEY, Do.TRUNCATED)),
)
"""How a board's work can be wrong at these."""
_WAY_TRAITS: Final = {
    Way.ATTESTATION: (Trait.NO_IMEI, Trait.DEAD, Trait.CHATTY, Trait.ACTIVE_AT_BOOT, Trait.FULL_STORE),
    Way.STATION_KEY: (Trait.FULL_STORE, Trait.POWER_WARNING, Trait.NO_IMEI, Trait.DEAD, Trait.CHATTY),
    Way.DEVICE_SHELL: (Trait.FULL_STORE, Trait.POWER_WARNING, Trait.NO_IMEI, Trait.DEAD, Trait.CHATTY),
    Way.NRF93M1: (Trait.TOKEN_ON_NEXT_LINE, Trait.DATED_REGISTRATION, Trait.CLOCK_STAYS, Trait.NO_IMEI, Trait.DEAD),
}
_LOST_ONCE: Final = {
    Way.ATTESTATION: ("ATTESTTOKEN",),
    Way.STATION_KEY: ("cred add.*PK", "cred buf", "cred list"),
    Way.DEVICE_SHELL: ("keygen", "csr", "cred list"),
    Way.STATION_KEY_MODEM: ("%CMNG=0", "%CMNG=1"),
    Way.NRF93M1: ("REGJWT", "CLOUDACCESSKEY"),
}
"""Answers of which a good station copes with the loss of one."""
_CODES: Final = (3, 513, 514, 515, 518, 519, 525, 527, 528)
_PROFILES: Final = ("nrf9151", "nrf9161")

FAULTY: Final = 0.3
"""Of all boards, how many come with something wrong with them."""


@dataclass(slots=True)
class Piece:
    """A board on its way through the factory; ``label`` is what is printed on it."""

    board: Board
    product: Product
    label: BoardSerial | None
    sound: bool
    tries: int = 0
    outcome: Outcome | None = None
    """How the last try at it ended, as the technician saw it."""
    touched: bool = False
    """Something other than its own faults has befallen it."""


def new_piece(number: int, product: Product, chance: Chance, labels: list[BoardSerial]) -> Piece:
    """Return the next board: often a good one, sometimes with faults, now and then with another one's label."""
    rng = chance.faults
    faults, sound = BoardFaults(), True
    if rng.random() < FAULTY:
        faults, sound = _faults(product, chance), False
    elif rng.random() < 0.05:
        # One answer that never comes, to a work that was done: a good station copes, so the board is sound.
        lost = chance.ways.choice(_LOST_ONCE[product.way]) if product.way in _LOST_ONCE else "%KEYGEN"
        chance.injected[f"one {lost} answer lost"] += 1
        faults = BoardFaults(commands=(CommandFault(do=Do.LOSE_ANSWER, match=lost),))
    if rng.random() < 0.4:
        faults = faults.joined(BoardFaults(traits=frozenset({Trait.UNFLUSHED_LOST})))
    profile = rng.choice(_PROFILES)
    board = Board(
        f"B{number:06d}",
        profile=product.profile or PROFILES[profile],
        framing=product.image,
        faults=faults,
        seed=chance.seed,
    )
    board.log = type(board.log)(maxlen=40)
    label = None
    if product.scanned:
        label = BoardSerial(f"{product.label}-{number:08d}")
        if labels and rng.random() < 0.04:
            chance.injected["duplicated label"] += 1
            label, sound = rng.choice(labels), False
        labels.append(label)
    return Piece(board, product, label, sound)


def _faults(product: Product, chance: Chance) -> BoardFaults:
    rng = chance.faults
    commands = [_command_fault(product.way, rng, chance) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    traits: frozenset[Trait] = frozenset()
    probe: tuple[ProbeFault, ...] = ()
    kind = rng.random()
    if kind < 0.25:
        trait = rng.choice(_WAY_TRAITS.get(product.way, _TRAITS))
        traits, commands = frozenset({trait}), []
        chance.injected[f"board {trait}"] += 1
    elif kind < 0.5 and product.probed:
        probe = (_probe_fault(rng, chance),)
    return BoardFaults(traits=traits, commands=tuple(commands), probe=probe)


def _command_fault(way: Way, rng: Random, chance: Chance) -> CommandFault:
    match = rng.choice(_WAY_COMMANDS.get(way, _COMMANDS))
    choices: tuple[Do, ...] = _ANYWHERE
    bent = next((work for begins, work in _BENT if match.startswith(begins)), ())
    if bent and rng.random() < 0.4:
        choices = bent
    elif match == "%KEYGEN" and rng.random() < 0.4:
        choices = _KEY_WORK
    elif match == "%CMNG=0" and rng.random() < 0.5:
        choices = _STORE_WORK
    elif match == "%CMNG=3" and rng.random() < 0.3:
        choices = (Do.IGNORE_DELETE,)
    do = rng.choice(choices)
    seconds = {
        Do.LATE: rng.choice((0.5, 3.0, 8.0, 20.0, 70.0)),
        Do.PIECES: rng.choice((0.0, 0.05, 1.0)),
        Do.VANISH: rng.choice((0.0, 0.3, 3.0)),
        Do.VANISH_AFTER: rng.choice((0.0, 0.3, 3.0)),
    }.get(do, 0.0)
    chance.injected[f"serial {do}"] += 1
    return CommandFault(
        do=do,
        match=match,
        nth=rng.choice((1, 1, 1, 2, 3)) if match else rng.randrange(1, 25),
        times=rng.choice((1, 1, 1, 2, 3, 0)),
        seconds=seconds,
        code=rng.choice(_CODES),
        size=rng.choice((40, 3000, 16384)),
    )


def _probe_fault(rng: Random, chance: Chance) -> ProbeFault:
    do = rng.choice(tuple(ProbeDo))
    chance.injected[f"probe {do}"] += 1
    return ProbeFault(
        do=do,
        op=rng.choice(("program", "program", "verify", "reset", "look", "lock", "any")),
        nth=rng.choice((1, 1, 2)),
        times=rng.choice((1, 1, 2)),
        at=rng.choice((0.0, 0.3, 0.5, 0.99, 1.0)),
        seconds=rng.choice((0.0, 1.0, 8.0)),
    )
