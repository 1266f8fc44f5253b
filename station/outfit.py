"""What hangs on a slot, joined from the fixture's words; and those words for the record."""

from collections.abc import Callable

from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.cred_shell import CredShell
from station.devices.framing import Framing
from station.devices.modem import Modem
from station.devices.modem import Timeouts as ModemTimeouts
from station.devices.nrf93 import Nrf93m1
from station.devices.ports import PortSettings, open_port
from station.devices.power import CommandPower, NoPower
from station.devices.presence import PortPresence, ScanPresence
from station.devices.protocols import Conversation, Power, Presence
from station.devices.shell import Shell
from station.devices.talk import Direction, Port, Transcript
from station.devices.tls_shell import TlsShell
from station.devices.v250 import V250
from station.domain.ids import Sha256, SlotNumber
from station.domain.ways import Way
from station.host.clock import Clock
from station.line.arming import Armed
from station.line.equipment import Equipment
from station.line.log import engineer_log
from station.people.rights import Actor
from station.probes import port_address, programmer_for
from station.settings.fixture import Fixture, SimulatedProgrammer, Slot
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.settings.station import StationSettings

Overhear = Callable[[SlotNumber, Direction, str], None]
"""Gets the lines between station and modem in a slot, as they are said; must be quick."""


def describe_slot(slot: Slot, fixture: Loaded[Fixture], armed: Armed, actor: Actor) -> dict[str, object]:
    """Return what is the same for all attempts of a run in this slot, for the journal. JSON values; pure."""
    programmer, probe = "none", ""
    if slot.programmer is not None:
        programmer = slot.programmer.kind
        probe = str(slot.programmer.probe)
        if isinstance(slot.programmer, SimulatedProgrammer):
            probe = f"simulated {probe}"
    return {
        "slot": slot.number,
        "fixture": fixture.value.name,
        "fixture_file": fixture.sha256,
        "fixture_context": armed.fixture,
        "port": str(slot.port),
        "programmer": programmer,
        "probe": probe,
        "presence": slot.presence,
        "power": "none" if slot.power is None else "command",
        "product": armed.product,
        "recipe_context": armed.recipe,
        "batch": armed.batch,
        "operator": actor.id,
        "roles": sorted(actor.roles),
        "method": actor.method,
    }


def equip_slot(
    slot: Slot,
    recipe: Recipe,
    settings: StationSettings,
    clock: Clock,
    *,
    without: frozenset[str],
    context: Sha256 | None = None,
    overhear: Overhear | None = None,
) -> Equipment:
    """Return what a slot works with, by the fixture's words. Opens nothing yet.

    ``context`` names what the journal keeps of the slot; no program inherits the variables ``without``; ``overhear``
    gets every line of its modem, secrets masked.
    """
    seconds = settings.timeouts
    address = port_address(slot)
    port = PortSettings(address, recipe.serial.baud, flow_control=slot.flow_control)
    timeouts = ModemTimeouts(
        look=seconds.at_s,
        listing=seconds.at_s,
        offline=seconds.power_off_s,
        power_off=seconds.power_off_s,
        write=seconds.write_s,
        keygen=seconds.keygen_s,
    )

    # Every line of every modem, secrets masked, where an engineer asked for that much.
    transcript = _transcript(slot.number, written=settings.logs.level == "debug", overhear=overhear)

    def open_device() -> Conversation:
        return begin_conversation(
            open_port(port, clock), recipe, clock, timeouts, transcript=transcript, patience=seconds.at_s
        )

    programmer = programmer_for(slot.programmer, settings.tools, clock, without=without)
    presence: Presence = PortPresence(address, clock) if slot.presence == "port" else ScanPresence()
    power: Power = NoPower()
    if slot.power is not None:
        power = CommandPower(
            slot.power.on,
            slot.power.off,
            clock,
            timeout=slot.power.timeout_s,
            off_seconds=slot.power.off_s,
            without=without,
        )
    return Equipment(slot.number, address, open_device, programmer, presence, power, context)


def begin_conversation(
    port: Port,
    recipe: Recipe,
    clock: Clock,
    timeouts: ModemTimeouts | None = None,
    *,
    transcript: Transcript | None = None,
    patience: float,
) -> Conversation:
    """Return the conversation that the recipe's way leads on an open port. Says nothing yet."""
    if recipe.way.over_shell:
        shell = Shell(port, clock, transcript=transcript, patience=patience)
        return (CredShell if recipe.way is Way.DEVICE_SHELL else TlsShell)(shell, timeouts)
    framing: Framing = AtShell() if recipe.serial.framing == "at_shell" else AtHost()
    if recipe.way is Way.NRF93M1:
        framing = V250()
    channel = Channel(port, framing, clock, transcript=transcript, patience=patience)
    return Nrf93m1(channel, clock, timeouts) if recipe.way is Way.NRF93M1 else Modem(channel, timeouts)


def _transcript(slot: SlotNumber, *, written: bool, overhear: Overhear | None) -> Transcript | None:
    log = engineer_log().bind(slot=slot)

    def take(direction: Direction, text: str) -> None:
        if written:
            log.debug("at", way=direction.value, text=text)
        if overhear is not None:
            overhear(slot, direction, text)

    return take if written or overhear is not None else None
