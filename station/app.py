"""The composition root: settings in, a station out. The only place that knows which driver stands behind a protocol."""

import getpass
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from station.ca.authority import Authority
from station.ca.creation import CreatedAuthority, create_authority
from station.cloud.protocol import Cloud
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts as CloudTimeouts
from station.devices.at_host import AtHost
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.modem import Modem
from station.devices.modem import Timeouts as ModemTimeouts
from station.devices.ports import PortSettings, open_port
from station.devices.power import CommandPower, NoPower
from station.devices.presence import PortPresence, ScanPresence
from station.devices.programmers import NoProgrammer
from station.devices.protocols import Power, Presence, Programmer
from station.devices.simulated_probe import SimulatedProgrammer
from station.devices.talk import Direction
from station.domain.ids import BatchId, SlotNumber
from station.domain.secret import Secret
from station.host.clock import Clock, Stop, SystemClock
from station.host.lock import FolderLock
from station.host.logs import Logs
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, SecretSource, resolve_secret
from station.journal.journal import Journal
from station.journal.records import Records
from station.line.arming import Armed, arm
from station.line.engine import Engine, LineRules
from station.line.equipment import Equipment
from station.line.faults import NO_CA, NO_SUCH_PRODUCT, OTHER_PRODUCT, PASSPHRASE_NOWHERE
from station.line.feed import Feed
from station.line.log import engineer_log
from station.line.notes import log_notice
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox, OutboxRules
from station.line.recovery import close_interrupted
from station.line.team import TeamGate
from station.line.uploader import Uploader
from station.line.work import Bench
from station.settings.fixture import Fixture, Slot
from station.settings.loading import Loaded, load_fixture, load_recipe, load_station
from station.settings.recipe import Recipe
from station.settings.station import CloudSettings, StationSettings
from station.software import describe_software, software_version


@dataclass(frozen=True, slots=True)
class Opened:
    """A station whose settings are read. Nothing was written yet and nothing is locked."""

    settings: Loaded[StationSettings]
    clock: Clock
    redactor: Redactor

    @property
    def value(self) -> StationSettings:
        """The settings themselves."""
        return self.settings.value

    def records(self) -> Records:
        """Return a reader of the journal; JRN-106 where there is none yet."""
        return Records(self.value.data)

    def secret(self, source: SecretSource, what: str) -> Secret:
        """Return a secret from where the station file says it is."""
        return resolve_secret(source, what, redactor=self.redactor)

    def secret_variables(self) -> frozenset[str]:
        """Return the names of the environment variables that hold this station's secrets."""
        cloud, ca = self.value.cloud, self.value.ca
        sources = [ca.passphrase, cloud.api_key if cloud else None]
        sources.append(cloud.proxy.password if cloud and cloud.proxy else None)
        return frozenset(source.variable for source in sources if isinstance(source, EnvironmentSecret))

    def fixture(self, path: Path | None = None) -> Loaded[Fixture]:
        """Return the station's fixture, or the one in ``path`` (a file, or a folder with a ``fixture.toml``)."""
        chosen = path or self.value.fixture
        return load_fixture(chosen / "fixture.toml" if chosen.is_dir() else chosen, data=self.value.data)

    def recipe(self, product: str) -> Loaded[Recipe]:
        """Return the recipe of this name in the station's recipes, or of this path."""
        named = self.value.recipes / f"{product}.toml"
        path = Path(product)
        if named.is_file():
            loaded = load_recipe(named)
            if loaded.value.product != product:
                raise OTHER_PRODUCT.fault(path=named, found=loaded.value.product)
            return loaded
        if path.suffix == ".toml" and path.is_file():
            return load_recipe(path)
        known = ", ".join(sorted(file.stem for file in self.value.recipes.glob("*.toml"))) or "none"
        raise NO_SUCH_PRODUCT.fault(product=product, folder=self.value.recipes, known=known)

    def ca_passphrase(self, ask: Callable[[str], Secret] | None = None) -> Secret:
        """Return the CA's passphrase from where the station file says it is; else by asking a person."""
        source = self.value.ca.passphrase
        if source is not None:
            return self.secret(source, "CA passphrase")
        if ask is None:
            raise PASSPHRASE_NOWHERE.fault(path=self.settings.path)
        passphrase = ask("CA passphrase")
        self.redactor.add(passphrase)
        return passphrase

    def require_ca(self) -> Path:
        """Return the CA's folder; LINE-174 where there is none yet."""
        if not self.value.ca_folder.is_dir():
            raise NO_CA.fault(folder=self.value.ca_folder)
        return self.value.ca_folder

    def create_ca(self, passphrase: Secret) -> CreatedAuthority:
        """Make the local CA; refuses where one is. See :func:`station.ca.creation.create_authority`."""
        ca = self.value.ca
        return create_authority(
            self.value.ca_folder,
            passphrase,
            name=ca.name,
            clock=self.clock,
            root_years=ca.root_years,
            line_years=ca.line_years,
            leaf_years=ca.leaf_years,
        )

    def cloud(self) -> Cloud | None:
        """Return the cloud that the station file names; None where finished units wait for one."""
        return None if self.value.cloud is None else self._team_cloud(self.value.cloud)

    def _team_cloud(self, cloud: CloudSettings) -> Cloud:
        proxy = None
        if cloud.proxy is not None:
            proxy = cloud.proxy.url
            if cloud.proxy.user is not None and cloud.proxy.password is not None:
                password = self.secret(cloud.proxy.password, "proxy password")
                proxy = _with_login(proxy, cloud.proxy.user, password)
        return TeamCloud(
            cloud.base_url,
            self.secret(cloud.api_key, "API key"),
            clock=self.clock,
            version=software_version(),
            timeouts=CloudTimeouts(connect=cloud.connect_timeout_s, read=cloud.read_timeout_s),
            ca_bundle=cloud.ca_bundle,
            proxy=proxy,
            max_rows=cloud.batch_rows,
        )


def open_station(path: Path, clock: Clock | None = None) -> Opened:
    """Return the station whose file is ``path``; raises SET faults. Looks only."""
    return Opened(load_station(path), clock or SystemClock(), Redactor())


class Station:
    """A station that may write: it owns the data folder, logs, and has the journal open. Close it in good order."""

    def __init__(self, opened: Opened, purpose: str, operator: str | None = None) -> None:
        """Take the data folder (HOST-105 where another program has it) and begin a session in its journal.

        What a crash left behind is closed first, by the recovery table.
        """
        self.opened, self.operator = opened, operator or _user()
        self.feed = Feed()
        value = opened.value
        with ExitStack() as stack:
            self.lock = stack.enter_context(FolderLock(value.data, purpose))
            self.logs = stack.enter_context(
                Logs(
                    value.log_folder,
                    "station",
                    redactor=opened.redactor,
                    clock=opened.clock,
                    level=value.logs.level,
                    max_mebibytes=value.logs.max_mebibytes,
                    keep=value.logs.keep,
                )
            )
            self.journal = stack.enter_context(Journal(value.data, opened.clock, committed=self.feed.publish_entries))
            context: dict[str, object] = {
                "station": value.station_id,
                "line": value.line,
                "settings": opened.settings.context(),
                "software": describe_software(),
            }
            self.feed.listen(log_notice)
            self.journal.open_session(context, self.operator)
            self.records = stack.enter_context(self.journal.records())
            self.interrupted = close_interrupted(self.journal, self.records)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End the session and give the folder back. Safe to repeat."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def open_ca(self, ask: Callable[[str], Secret] | None = None) -> Authority:
        """Return the CA, opened; ``ask`` asks a person for the passphrase where the station file names no place."""
        folder = self.opened.require_ca()
        return Authority.open(folder, self.opened.ca_passphrase(ask), self.opened.clock)

    def outbox(self, cloud: Cloud, rules: OutboxRules | None = None, *, confirmed: bool = False) -> Outbox:
        """Return the outbox towards ``cloud``, with a reader of its own.

        Unless the key's team was ``confirmed`` just now, that is asked before anything is sent.
        """
        settings = self.opened.value.cloud
        chosen = rules or OutboxRules()
        if rules is None and settings is not None:
            chosen = OutboxRules(
                rows=settings.batch_rows,
                longest_wait=settings.max_wait_s,
                check_absent=settings.check_absent,
                poll_first=min(1.0, settings.poll_every_s),
                poll_most=settings.poll_every_s,
            )
        records = self._stack.enter_context(self.journal.records())
        rows = OnboardRows(records)
        gate = None
        if settings is not None and not confirmed:
            gate = TeamGate(self.journal, records, cloud, settings.base_url, settings.team)
        return Outbox(self.journal, records, cloud, self.opened.clock, chosen, rows.row_of, self.feed, gate)

    def build_engine(
        self,
        armed: Armed,
        authority: Authority,
        fixture: Loaded[Fixture],
        recipe: Loaded[Recipe],
        cloud: Cloud | None,
        stop: Stop,
        rules: LineRules,
    ) -> Engine:
        """Return the engine for an armed batch; it has not started."""
        bench = Bench(
            batch=armed.batch,
            recipe=recipe.value,
            recipe_name=armed.recipe,
            authority=authority,
            journal=self.journal,
            clock=self.opened.clock,
            stop=stop,
            boot_seconds=self.opened.value.timeouts.boot_s,
            for_cloud=recipe.value.cloud is not None,
            secret_variables=self.opened.secret_variables(),
        )
        equipment = equip(fixture.value, recipe.value, self.opened)
        uploader = None
        if cloud is not None:
            uploader = Uploader(self.outbox(cloud, confirmed=armed.confirmed), self.opened.clock, self.feed)
        records = self._stack.enter_context(self.journal.records())
        return Engine(bench, armed.quantity, equipment, uploader, self.feed, rules, records)

    def arm(
        self, batch: BatchId, recipe: Loaded[Recipe], fixture: Loaded[Fixture], quantity: int, cloud: Cloud | None
    ) -> Armed:
        """Arm a batch; see :func:`station.line.arming.arm`."""
        settings = self.opened.value.cloud
        return arm(
            self.journal,
            self.records,
            batch=batch,
            recipe=recipe,
            fixture=fixture,
            quantity=quantity,
            operator=self.operator,
            cloud=cloud if recipe.value.cloud is not None else None,
            base_url=settings.base_url if settings else "",
            team=settings.team if settings else None,
        )


def equip(fixture: Fixture, recipe: Recipe, opened: Opened) -> Sequence[Equipment]:
    """Return what each slot works with, by the fixture's words. Opens nothing yet."""
    return [_equip_slot(slot, recipe, opened) for slot in fixture.slots]


def _equip_slot(slot: Slot, recipe: Recipe, opened: Opened) -> Equipment:
    clock, seconds = opened.clock, opened.value.timeouts
    port = PortSettings(slot.port, recipe.serial.baud, flow_control=slot.flow_control)
    timeouts = ModemTimeouts(
        look=seconds.at_s,
        listing=seconds.at_s,
        offline=seconds.power_off_s,
        power_off=seconds.power_off_s,
        write=seconds.write_s,
        keygen=seconds.keygen_s,
    )

    # Every line of every modem, secrets masked, where an engineer asked for that much.
    transcript = _transcript(slot.number) if opened.value.logs.level == "debug" else None

    def open_modem() -> Modem:
        framing = AtShell() if recipe.serial.framing == "at_shell" else AtHost()
        channel = Channel(open_port(port, clock), framing, clock, transcript=transcript, patience=seconds.at_s)
        return Modem(channel, timeouts)

    programmer: Programmer = NoProgrammer()
    if slot.programmer is not None:
        programmer = SimulatedProgrammer(
            slot.programmer.address, slot.programmer.probe, clock, program_timeout=seconds.flash_s
        )
    presence: Presence = PortPresence(slot.port, clock) if slot.presence == "port" else ScanPresence()
    power: Power = NoPower()
    if slot.power is not None:
        power = CommandPower(
            slot.power.on, slot.power.off, clock, timeout=slot.power.timeout_s, off_seconds=slot.power.off_s
        )
    return Equipment(slot.number, slot.port, open_modem, programmer, presence, power)


def _transcript(slot: SlotNumber) -> Callable[[Direction, str], None]:
    log = engineer_log().bind(slot=slot)
    return lambda direction, text: log.debug("at", way=direction.value, text=text)


def _with_login(url: str, user: str, password: Secret) -> str:
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password.reveal(), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
