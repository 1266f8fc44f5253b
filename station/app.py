"""The composition root: settings in, a station out. The only place that knows which driver stands behind a protocol."""

from collections.abc import Callable
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
from station.devices.images import ImageShelf
from station.domain.events import AuthorityCreated
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.evidence.checkpoints import guard_start
from station.host.clock import Clock, Stop, SystemClock
from station.host.clock_status import clock_status
from station.host.lock import FolderLock
from station.host.logs import Logs
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, SecretSource, resolve_secret
from station.journal.journal import Journal
from station.journal.records import Records
from station.line.arming import Armed, arm
from station.line.desk import Desk, highest_number
from station.line.engine import Engine, LineRules
from station.line.faults import NO_CA, NO_SUCH_PRODUCT, OTHER_PRODUCT, PASSPHRASE_NOWHERE
from station.line.feed import Feed
from station.line.gate import Gate
from station.line.notes import log_notice
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.line.readbacks import ReadBacks
from station.line.recovery import close_interrupted
from station.line.releases import Releases, Settings, Unreleased, find_unreleased
from station.line.team import TeamGate
from station.line.uploader import Uploader
from station.line.work import Bench
from station.outfit import describe_slot, equip_slot
from station.people.faults import NOBODY_SIGNED_IN
from station.people.rights import Actor, Method, Right, Role
from station.people.roll import Cost, People, Person
from station.settings.fixture import Fixture
from station.settings.loading import Loaded, load_fixture, load_recipe, load_station
from station.settings.recipe import Recipe
from station.settings.station import CloudSettings, StationSettings
from station.software import describe_software, software_version

NOBODY = "nobody"
"""Who is responsible for entries before somebody has signed in."""


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
        cloud = self.value.cloud
        sources = [self.value.ca.passphrase, self.value.evidence.passphrase, cloud.api_key if cloud else None]
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

    def __init__(self, opened: Opened, purpose: str, cost: Cost | None = None) -> None:
        """Take the data folder (HOST-105 where another program has it) and begin a session in its journal.

        What a crash left behind is closed first, by the recovery table. Nobody has signed in yet: nothing that takes
        a right can be done before :meth:`enter`.
        """
        self.opened = opened
        self.feed = Feed()
        self._actor: Actor | None = None
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
                "clock": clock_status(),
            }
            # A rolled-back or changed journal is not written on before an engineer has looked.
            guard_start(value.evidence_folder, value.evidence_origin, value.data, value.evidence.second_place)
            self.feed.listen(log_notice)
            self.journal.open_session(context, NOBODY)
            self.records = stack.enter_context(self.journal.records())
            self.gate = Gate(self.journal, opened.clock, value.people.idle_minutes * 60.0)
            self.people = People(value.data, opened.clock, cost, highest=highest_number(self.records))
            self.desk = Desk(self.people, self.gate)
            self.releases = Releases(self.journal, self.records, self.gate)
            self.interrupted = close_interrupted(self.journal, self.records)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """End the session and give the folder back. Safe to repeat."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._actor is not None:
                actor, self._actor = self._actor, None
                self.desk.sign_out(actor, "the session ended" if kind is None else f"ended by {kind.__name__}")
        finally:
            self._stack.__exit__(kind, error, trace)

    @property
    def actor(self) -> Actor:
        """Whoever the station works for; PPL-137 before somebody has entered."""
        if self._actor is None:
            raise NOBODY_SIGNED_IN.fault()
        return self._actor

    def enter(self, actor: Actor) -> Actor:
        """Have the station work for ``actor``: all later entries say so."""
        self._actor = actor
        self.journal.work_for(actor.id)
        return actor

    def sign_in(self, who: str, pin: Secret, method: Method | None = None) -> Actor:
        """Return who it is, journaled; see :meth:`station.line.desk.Desk.sign_in`. Changes nothing else."""
        return self.desk.sign_in(who, pin, method)

    def found(self, name: str, pin: Secret, roles: frozenset[Role], *, anew: bool = False) -> Person:
        """Make the first engineer, who enters at once. Raises PPL-121 to PPL-123, PPL-128 and PPL-138."""
        person = self.desk.found(name, pin, roles, anew=anew)
        self.enter(self.sign_in(name, pin))
        return person

    def unreleased(self, *settings: Settings) -> list[Unreleased]:
        """Return which of the station file and ``settings`` no engineer has released as they are."""
        return find_unreleased(self.records, [self.opened.settings, *settings])

    def release(self, reason: str, *settings: Settings) -> list[Unreleased]:
        """Release the station file and ``settings``; see :meth:`station.line.releases.Releases.release`."""
        return self.releases.release(self.actor, [self.opened.settings, *settings], reason)

    def create_ca(self, passphrase: Secret) -> CreatedAuthority:
        """Make the local CA; refuses where one is. See :func:`station.ca.creation.create_authority`. Raises PPL-111."""
        self.gate.require(self.actor, Right.CREATE_CA)
        value = self.opened.value
        made = create_authority(
            value.ca_folder,
            passphrase,
            name=value.ca.name,
            clock=self.opened.clock,
            root_years=value.ca.root_years,
            line_years=value.ca.line_years,
            leaf_years=value.ca.leaf_years,
        )
        self.journal.commit(
            AuthorityCreated(
                name=made.name, root_sha256=made.root_sha256, line_sha256=made.line_sha256, operator=self.actor.id
            )
        )
        return made

    def open_ca(self, ask: Callable[[str], Secret] | None = None) -> Authority:
        """Return the CA, opened; ``ask`` asks a person for the passphrase where the station file names no place."""
        folder = self.opened.require_ca()
        return Authority.open(folder, self.opened.ca_passphrase(ask), self.opened.clock)

    def outbox(self, cloud: Cloud, rules: OutboxRules | None = None, *, confirmed: bool = False) -> Outbox:
        """Return the outbox towards ``cloud``, with a reader of its own.

        Unless the key's team was ``confirmed`` just now, that is asked before anything is sent. Raises PPL-111, and
        LINE-181 or LINE-182 for a station file that nobody released.
        """
        self.gate.require(self.actor, Right.UPLOAD)
        self.releases.require(self.actor, [self.opened.settings])
        settings = self.opened.value.cloud
        chosen = rules or OutboxRules()
        if rules is None and settings is not None:
            chosen = OutboxRules(
                rows=settings.batch_rows,
                longest_wait=settings.max_wait_s,
                check_absent=settings.check_absent,
                overdue=settings.overdue_after_s,
                poll_first=min(1.0, settings.poll_every_s),
                poll_most=settings.poll_every_s,
            )
        records = self._stack.enter_context(self.journal.records())
        rows = OnboardRows(records)
        gate = None
        if settings is not None:
            gate = TeamGate(self.journal, records, cloud, settings.base_url, settings.team)
        return Outbox(
            self.journal,
            records,
            cloud,
            self.opened.clock,
            chosen,
            rows.row_of,
            self.feed,
            gate,
            confirmed=confirmed,
            # Reads the API key from its source again.
            renew=lambda: self.opened.cloud() or cloud,
        )

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
            images=self.images(),
            read_backs=ReadBacks(),
            secret_variables=self.opened.secret_variables(),
            ask_with_token=None if cloud is None else cloud.accepts_jwt,
        )
        equipment = [
            equip_slot(
                slot,
                recipe.value,
                self.opened.value,
                self.opened.clock,
                context=self.journal.keep("slot", describe_slot(slot, fixture, armed, self.actor)),
                without=self.opened.secret_variables(),
            )
            for slot in fixture.value.slots
        ]
        uploader = None
        if cloud is not None:
            uploader = Uploader(self.outbox(cloud, confirmed=armed.confirmed), self.opened.clock, self.feed)
        records = self._stack.enter_context(self.journal.records())
        return Engine(bench, armed.quantity, equipment, uploader, self.feed, rules, records, self.gate)

    def images(self) -> ImageShelf:
        """Return the shelf from which probes take their images."""
        return ImageShelf(self.opened.value.data / "images")

    def arm(
        self,
        batch: BatchId,
        recipe: Loaded[Recipe],
        fixture: Loaded[Fixture],
        quantity: int,
        cloud: Cloud | None,
        reason: str = "",
    ) -> Armed:
        """Arm a batch; see :func:`station.line.arming.arm`.

        Raises PPL-111; LINE-181 or LINE-182 where station file, recipe or fixture are not as an engineer released
        them; an engineer's ``reason`` releases them.
        """
        self.gate.require(self.actor, Right.RUN)
        self.releases.require(self.actor, [self.opened.settings, recipe, fixture], reason)
        settings = self.opened.value.cloud
        return arm(
            self.journal,
            self.records,
            batch=batch,
            recipe=recipe,
            fixture=fixture,
            quantity=quantity,
            actor=self.actor,
            cloud=cloud if recipe.value.cloud is not None else None,
            base_url=settings.base_url if settings else "",
            team=settings.team if settings else None,
            images=self.images(),
        )


def _with_login(url: str, user: str, password: Secret) -> str:
    parts = urlsplit(url)
    login = f"{quote(user, safe='')}:{quote(password.reveal(), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))
