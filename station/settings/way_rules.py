"""What each way asks of a recipe, what it makes, and how secure the vendor says that it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from station.domain.line import ChipFamily, StepKind
from station.domain.ways import Way


class Protocol(StrEnum):
    """How a product talks to nRF Cloud."""

    MQTT = "mqtt"
    COAP = "coap"
    REST = "rest"


Need = tuple[StepKind, StepKind, str]
"""A step, what must come somewhere before it (or, of what leads on, behind it), and why."""

_EVERY: Final = frozenset(Protocol)
_BY_TOKEN: Final = frozenset({Protocol.COAP, Protocol.REST})
"""Where a device shows itself by a token that its key signs; MQTT takes a client certificate and nothing else."""

_COMMON: Final[tuple[Need, ...]] = (
    (StepKind.CLEAR, StepKind.IDENTIFY, "nothing on a board is changed before it has said who it is"),
    (StepKind.GENERATE, StepKind.IDENTIFY, "a key belongs to a board that has said who it is"),
    (StepKind.ATTEST, StepKind.IDENTIFY, "a token belongs to a board that has said who it is"),
    (StepKind.ENROL, StepKind.IDENTIFY, "a token belongs to a board that has said who it is"),
    (StepKind.LOCK, StepKind.IDENTIFY, "it is never done twice, so it must be known on which board it was done"),
)
_TAKEN_BACK: Final[Need] = (
    StepKind.GENERATE,
    StepKind.CLEAR,
    "there a board that was interrupted gets its own key and certificate back, and any other loses its old ones; "
    "without it such a board could never be finished",
)
_CLEAN: Final[Need] = (StepKind.GENERATE, StepKind.CLEAR, "a key that is there already would stay, and refuse this one")
_SIGNED: Final[tuple[Need, ...]] = (
    (StepKind.SIGN, StepKind.GENERATE, "there is no key to sign a certificate for"),
    (StepKind.WRITE, StepKind.SIGN, "there is no certificate to write"),
)
_LOOKED_AT: Final[tuple[Need, ...]] = (
    (StepKind.PROVE, StepKind.WRITE, "there is nothing in the board to prove yet"),
    (StepKind.STORE, StepKind.WRITE, "it stores what was written, so it comes behind the last write"),
    (StepKind.READ_BACK, StepKind.WRITE, "there is nothing in the board to read back yet"),
)
_TO_SIGN: Final[Need] = (StepKind.GENERATE, StepKind.SIGN, "a key without a certificate is of no use")
_TO_WRITE: Final[Need] = (StepKind.SIGN, StepKind.WRITE, "a certificate that no board gets is of no use")
_LOST: Final = "without it the modem may lose {what} when the power goes"
_TO_STORE: Final[Need] = (StepKind.WRITE, StepKind.STORE, _LOST.format(what="what was written"))
_A_KEY: Final = (StepKind.GENERATE, "without a key there is nothing to onboard a board with")

_NO_TOKEN: Final = {
    StepKind.ATTEST: 'only the way "attestation" has the modem attest itself',
    StepKind.ENROL: 'only the way "nrf93m1" has the modem sign an onboarding token',
}
_NO_KEY: Final = {
    StepKind.GENERATE: "the device makes its key later, when the cloud asks it over the air",
    StepKind.SIGN: "there is no certificate in this way, and no local CA",
    StepKind.WRITE: "the device gets its credentials over the air",
    StepKind.PROVE: "the token is the proof; there is no key of the product's in the modem yet",
    StepKind.READ_BACK: "there is nothing in the board to read back",
}
_OWN_KEY: Final = dict.fromkeys(
    (*_NO_KEY, StepKind.CLEAR, StepKind.STORE), "this modem keeps its own key and credentials"
)
_NO_MODEM: Final = {
    StepKind.STORE: "there is no modem to switch off: what the shell took is stored when it says so",
    StepKind.READ_BACK: "a check image reads back what a modem stores, and these credentials are in the flash itself",
    StepKind.MODEM_FIRMWARE: "there is no modem whose firmware could be programmed",
}


@dataclass(frozen=True, slots=True)
class WayRules:
    """One way. ``must`` are the steps without which it is none; ``never`` says of others why they are not in it.

    ``level`` is the vendor's own security level, "" where its page names none for this way; ``security`` is the
    sentence that arming shows. ``proof_behind`` is the step that leaves something to be proven, None where nothing is.
    """

    title: str
    level: str
    security: str
    protocols: frozenset[Protocol]
    must: tuple[tuple[StepKind, str], ...]
    needs: tuple[Need, ...]
    leads_to: tuple[Need, ...]
    never: Mapping[StepKind, str]
    proof_behind: StepKind | None
    signs: bool
    stores: bool
    """Whether anything is kept under a security tag, so that the recipe needs [credentials]."""


_VENDOR: Final = 'nRF Cloud\'s page "Security and credentials"'
_LESS_SECURE: Final = (
    f'Security: {_VENDOR} calls a key that is not made on the device "less secure": whoever can look '
    "into this PC's memory, or listen on the cable, can have it. Only for boards that can't make their own."
)

RULES: Final[Mapping[Way, WayRules]] = MappingProxyType(
    {
        Way.CERTIFICATE: WayRules(
            title="key made in the modem, certificate of the local CA",
            level="more secure",
            security=f'Security: {_VENDOR} calls a key that is made on the device "more secure": it never leaves it.',
            protocols=_EVERY,
            must=(),
            needs=(*_COMMON, _TAKEN_BACK, *_SIGNED, *_LOOKED_AT),
            leads_to=(_TO_SIGN, _TO_WRITE, _TO_STORE),
            never=MappingProxyType(_NO_TOKEN),
            proof_behind=StepKind.WRITE,
            signs=True,
            stores=True,
        ),
        Way.ATTESTATION: WayRules(
            title="the modem's own identity; it gets its cloud key over the air",
            level="most secure",
            security=(
                f'Security: {_VENDOR} calls it "most secure" (auto-onboarding): the device makes its cloud key when '
                "the cloud asks it. This line shows that a unit is claimed, and can't show that it gets that key."
            ),
            protocols=_BY_TOKEN,
            must=((StepKind.ATTEST, "without its token the cloud is told nothing of a board"),),
            needs=(*_COMMON, (StepKind.STORE, StepKind.CLEAR, "there is nothing to store but what was cleared")),
            leads_to=((StepKind.CLEAR, StepKind.STORE, _LOST.format(what="that it was cleared")),),
            never=MappingProxyType({**_NO_KEY, StepKind.ENROL: _NO_TOKEN[StepKind.ENROL]}),
            proof_behind=None,
            signs=False,
            stores=False,
        ),
        Way.PUBLIC_KEY: WayRules(
            title="key made in the modem; the cloud is told the public key alone",
            level="",
            security=(
                f"Security: {_VENDOR} names no level for a bare public key. The key is made on the device, which it "
                'calls "more secure"; that it holds for this way too is our reading.'
            ),
            protocols=_BY_TOKEN,
            must=((StepKind.GENERATE, "without a key the cloud is told nothing of a board"),),
            needs=(
                *_COMMON,
                _TAKEN_BACK,
                (StepKind.WRITE, StepKind.GENERATE, "what is written serves a key that must be there"),
                (StepKind.PROVE, StepKind.GENERATE, "there is nothing in the board to prove yet"),
                (StepKind.STORE, StepKind.GENERATE, "it stores the key, so it comes behind it"),
                (StepKind.READ_BACK, StepKind.GENERATE, "there is nothing in the board to read back yet"),
            ),
            leads_to=((StepKind.GENERATE, StepKind.STORE, _LOST.format(what="its key")),),
            never=MappingProxyType({**_NO_TOKEN, StepKind.SIGN: "no certificate is made in this way"}),
            proof_behind=StepKind.GENERATE,
            signs=False,
            stores=True,
        ),
        Way.STATION_KEY: WayRules(
            title="key made on the station and written to the board",
            level="less secure",
            security=_LESS_SECURE,
            protocols=_EVERY,
            must=(_A_KEY,),
            needs=(*_COMMON, _CLEAN, *_SIGNED),
            leads_to=(_TO_SIGN, _TO_WRITE),
            never=MappingProxyType(
                {
                    **_NO_TOKEN,
                    **_NO_MODEM,
                    StepKind.PROVE: "the board can't sign; what it stored is compared by digests when it is written",
                }
            ),
            proof_behind=None,
            signs=True,
            stores=True,
        ),
        Way.STATION_KEY_MODEM: WayRules(
            title="key made on the station and written to the modem",
            level="less secure",
            security=_LESS_SECURE,
            protocols=_EVERY,
            must=(_A_KEY,),
            needs=(*_COMMON, _CLEAN, *_SIGNED, *_LOOKED_AT),
            leads_to=(_TO_SIGN, _TO_WRITE, _TO_STORE),
            never=MappingProxyType(_NO_TOKEN),
            proof_behind=StepKind.WRITE,
            signs=True,
            stores=True,
        ),
        Way.DEVICE_SHELL: WayRules(
            title="key made by the board's application, certificate of the local CA",
            level="",
            security=(
                f"Security: {_VENDOR} names no level for a key that the application makes. It is made on the device "
                "and never leaves it, but is kept in the application's storage, not in a modem: our reading is that it "
                'stands between "more secure" and "less secure".'
            ),
            protocols=_EVERY,
            must=(_A_KEY,),
            needs=(*_COMMON, _CLEAN, *_SIGNED, *_LOOKED_AT),
            leads_to=(_TO_SIGN, _TO_WRITE),
            never=MappingProxyType({**_NO_TOKEN, **_NO_MODEM}),
            proof_behind=StepKind.WRITE,
            signs=True,
            stores=True,
        ),
        Way.NRF93M1: WayRules(
            title="the modem's own cloud access key, told by an onboarding token",
            level="",
            security=(
                f"Security: {_VENDOR} names no level for the nRF93M1. Its datasheet says that the key is made on the "
                'chip and never leaves it; that this is as good as "more secure" is our reading.'
            ),
            protocols=_BY_TOKEN,
            must=((StepKind.ENROL, "without its token the cloud is told nothing of a board"),),
            needs=_COMMON,
            leads_to=(),
            never=MappingProxyType({**_OWN_KEY, StepKind.ATTEST: _NO_TOKEN[StepKind.ATTEST]}),
            proof_behind=None,
            signs=False,
            stores=False,
        ),
    }
)
"""Sources: the vendor's "Security and credentials" (docs.nrfcloud.com, Devices/Security; docs.memfault.com,
nrfcloud/device-security) for levels and protocols; the nRF93M1 datasheet, "nRF Cloud services"."""


def wrong_steps(way: Way, kinds: Sequence[StepKind]) -> Iterator[tuple[int | None, str]]:
    """Return what a way has against the steps of a recipe, each with its place (None: the whole list). Pure."""
    rules = RULES[way]
    for index, kind in enumerate(kinds):
        if kind in rules.never:
            yield index, f'"{kind}" does not belong to the way "{way}": {rules.never[kind]}.'
    for kind, why in rules.must:
        if kind not in kinds:
            yield None, f'a step "{kind}" is missing: {why}.'


def wrong_chip(way: Way, family: ChipFamily | None) -> str | None:
    """Return why a way can't be gone with this chip; None where it can. Pure."""
    if way is Way.ATTESTATION and family is ChipFamily.NRF9160:
        return (
            'nRF Cloud takes no attestation of an nRF9160 (it serves nRF91x1 alone): choose another way, "certificate" '
            "most likely."
        )
    if way is Way.NRF93M1 and family is not None:
        return "an nRF93M1 has no chip that a probe of this station knows: leave [target] out."
    return None


def wrong_scheme(way: Way, scheme: str) -> str | None:
    """Return why units of this way can't be named by this scheme; None where they can. Pure."""
    if way in (Way.ATTESTATION, Way.NRF93M1) and scheme != "uuid":
        return f'the token of the way "{way}" names a unit by its modem\'s UUID: write scheme = "uuid".'
    return None


def wrong_final_check(way: Way) -> str | None:
    """Return why units of this way can't be checked at the cloud at their end; None where they can. Pure."""
    if way is Way.ATTESTATION:
        return "a claimed unit gets its cloud key over the air, later: there is nothing to check yet. Leave it out."
    if way is Way.PUBLIC_KEY:
        return "the cloud registers the bare key of a device that lives elsewhere; it has no such device. Leave it out."
    return None


def wrong_protocol(way: Way, protocol: Protocol) -> str | None:
    """Return why a product of this way can't use this protocol; None where it can. Pure.

    MQTT is mutual TLS with a client certificate; CoAP and REST take a token that the device's key signs.
    """
    if protocol in RULES[way].protocols:
        return None
    return (
        f'"{protocol}" needs a client certificate on the device, and the way "{way}" makes none: use "coap" or "rest", '
        'or the way "certificate".'
    )
