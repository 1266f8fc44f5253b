"""The composition root: settings in, a station out. The only place that knows which driver stands behind a protocol."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from station.ca.authority import Authority
from station.ca.creation import CreatedAuthority, create_authority
from station.ca.faults import PASSPHRASE_WRONG
from station.cloud.protocol import Cloud
from station.devices.images import ImageShelf
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.secret import Secret
from station.evidence.checkpoints import guard_start
from station.evidence.succession import origin_in_force
from station.host.arenas import share_arenas
from station.host.clock import Stop
from station.host.clock_status import clock_status
from station.host.core_files import forbid_core_files
from station.host.lock import FolderLock
from station.host.logs import Logs
from station.journal.journal import Journal
from station.line.arming import Armed, arm
from station.line.authority_record import create_recorded, record_found
from station.line.batch_run import BatchRun, LineRules
from station.line.desk import Desk, highest_number
from station.line.feed import Feed
from station.line.final_tokens import FinalTokens
from station.line.gate import Gate
from station.line.hand import Hand
from station.line.notes import log_notice
from station.line.onboarding import OnboardRows
from station.line.outbox import Outbox
from station.line.outbox_rules import OutboxRules
from station.line.readbacks import ReadBacks
from station.line.recovery import close_interrupted
from station.line.releases import Releases, Settings, Unreleased, find_unreleased
from station.line.rows_ahead import RowsAhead
from station.line.team import Confirmed, TeamGate
from station.line.uploader import Uploader
from station.line.work import Bench
from station.opened import Opened
from station.outfit import Overhear, describe_slot, equip_slot
from station.people.faults import NOBODY_SIGNED_IN
from station.people.rights import ITSELF, Actor, Method, Right, Role
from station.people.roll import Cost, People, Person
from station.settings.fixture import Fixture
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.software import describe_software


class Station:
    """A station that may write: it owns the data folder, logs, and has the journal open. Close it in good order."""

    def __init__(self, opened: Opened, purpose: str, cost: Cost | None = None, *, restoring: bool = False) -> None:
        """Take the data folder (HOST-105 where another program has it) and begin a session in its journal.

        What a crash left behind is closed first, by the recovery table; that is the station's own act. Nobody has
        signed in yet: nothing that takes a right can be done before :meth:`enter`, or for an ``actor`` who is named.
        Several people may be served at once: what each does names them, whoever entered. ``restoring``: the journal
        is a backup's, verified as a whole, and lacks on purpose what was signed since.
        """
        share_arenas()
        self.opened = opened
        self.feed = Feed()
        self.final_tokens = FinalTokens(opened.clock)
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
            self.journal = stack.enter_context(
                Journal(
                    value.data,
                    opened.clock,
                    committed=self.feed.publish_entries,
                    keep_before=partial(_keep_before, value.data),
                )
            )
            context: dict[str, object] = {
                "station": value.station_id,
                "line": value.line,
                "settings": opened.settings.context(),
                "software": describe_software(),
                "clock": clock_status(),
            }
            # A rolled-back or changed journal is not written on before an engineer has looked.
            origin = origin_in_force(value.evidence_folder, value.evidence_origin)
            if not restoring:
                guard_start(value.evidence_folder, origin, value.data, value.evidence.second_place)
            self.feed.listen(log_notice)
            self.journal.open_session(context, ITSELF)
            self.records = stack.enter_context(self.journal.records())
            self.people = People(value.data, opened.clock, cost, highest=highest_number(self.records))
            idle = value.people.idle_minutes * 60.0
            self.gate = Gate(self.journal, opened.clock, idle, self.people.as_now)
            self.desk = Desk(self.people, self.gate)
            self.releases = Releases(self.journal, self.records, self.gate)
            self.interrupted = close_interrupted(self.journal, self.records)
            record_found(self.journal, self.records, value.ca_folder)
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
        """Have the station work for ``actor``: all later entries say so that are no other person's."""
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

    def release(self, reason: str, *settings: Settings, actor: Actor | None = None) -> list[Unreleased]:
        """Release the station file and ``settings``; see :meth:`station.line.releases.Releases.release`."""
        return self.releases.release(actor or self.actor, [self.opened.settings, *settings], reason)

    def create_ca(self, passphrase: Secret, actor: Actor | None = None) -> CreatedAuthority:
        """Make the local CA; see :func:`station.ca.creation.create_authority`. Raises PPL-111, CA-101 where one is."""
        actor = actor or self.actor
        self.gate.require(actor, Right.CREATE_CA)
        value = self.opened.value

        def make() -> CreatedAuthority:
            return create_authority(
                value.ca_folder,
                passphrase,
                name=value.ca.name,
                clock=self.opened.clock,
                root_years=value.ca.root_years,
                line_years=value.ca.line_years,
                leaf_years=value.ca.leaf_years,
            )

        return create_recorded(self.journal, actor, value.ca_folder, value.ca.name, make)

    def open_ca(
        self,
        ask: Callable[[str], Secret] | None = None,
        *,
        actor: Actor | None = None,
        right: Right = Right.RUN,
    ) -> Authority:
        """Return the CA, opened; ``ask`` asks a person for the passphrase where the station file names no place.

        Whether ``actor`` has the ``right`` that the CA is opened for is asked first (PPL-111). A passphrase that does
        not open it (CA-103) is journaled as a refused action, without what was typed.
        """
        actor = actor or self.actor
        self.gate.require(actor, right)
        folder = self.opened.require_ca()
        passphrase = self.opened.ca_passphrase(ask)
        try:
            return Authority.open(folder, passphrase, self.opened.clock)
        except Fault as fault:
            if fault.code == PASSPHRASE_WRONG.code:
                self.gate.refuse(actor, right, fault)
            raise

    def outbox(
        self,
        cloud: Cloud,
        rules: OutboxRules | None = None,
        *,
        confirmed: bool = False,
        actor: Actor | None = None,
    ) -> Outbox:
        """Return the outbox towards ``cloud``, with a reader of its own.

        Unless the key's team was ``confirmed`` just now, that is asked before anything is sent. Raises PPL-111, and
        LINE-181 or LINE-182 for a station file that nobody released.
        """
        actor = actor or self.actor
        self.gate.require(actor, Right.UPLOAD)
        self.releases.require(actor, [self.opened.settings])
        hand = Hand(self.journal, actor.id)
        settings = self.opened.value.cloud
        chosen = rules or OutboxRules()
        if rules is None and settings is not None:
            chosen = OutboxRules(
                rows=settings.batch_rows,
                longest_wait=settings.max_wait_s,
                overdue=settings.overdue_after_s,
                poll_first=min(1.0, settings.poll_every_s),
                poll_most=settings.poll_every_s,
            )
        records = self._stack.enter_context(self.journal.records())
        rows = RowsAhead(OnboardRows(self._stack.enter_context(self.journal.records())).rows_of)
        self._stack.callback(rows.end)
        gate = None
        if settings is not None:
            gate = TeamGate(hand, records, cloud, cloud.place, settings.team)
        return Outbox(
            hand,
            records,
            cloud,
            self.opened.clock,
            chosen,
            rows,
            self.feed,
            gate,
            confirmed=confirmed,
            # Reads the key or token from its source again.
            renew=lambda: self.opened.cloud() or cloud,
            tokens=self.final_tokens,
        )

    def account_of_key(self) -> str:
        """Return whose the key is, as the cloud says now, or else as it said last. Raises LINE-151 or LINE-152."""
        cloud, named = self.opened.cloud(), self.opened.value.cloud
        if cloud is None or named is None:
            return ""
        answer = TeamGate(self.journal, self.records, cloud, cloud.place, named.team).ask()
        return answer.team_id if isinstance(answer, Confirmed) else (answer.last or ("", ""))[0]

    def build_run(
        self,
        armed: Armed,
        authority: Authority,
        fixture: Loaded[Fixture],
        recipe: Loaded[Recipe],
        cloud: Cloud | None,
        stop: Stop,
        rules: LineRules,
        actor: Actor | None = None,
        *,
        uploads: bool = True,
        overhear: Overhear | None = None,
    ) -> BatchRun:
        """Return the engine for an armed batch; it has not started. What its slots write is by whoever armed it.

        ``uploads``: whether the run has an uploader of its own. ``overhear`` gets every AT line, secrets masked.
        """
        actor, hand = actor or self.actor, Hand(self.journal, armed.operator)
        if recipe.value.way.made_here:
            forbid_core_files()
        bench = Bench(
            batch=armed.batch,
            recipe=recipe.value,
            recipe_name=armed.recipe,
            authority=authority,
            journal=hand,
            clock=self.opened.clock,
            stop=stop,
            boot_seconds=self.opened.value.timeouts.boot_s,
            for_cloud=recipe.value.cloud is not None,
            images=self.images(),
            read_backs=ReadBacks(),
            secret_variables=self.opened.secret_variables(),
            serials=armed.serials,
            account=armed.tenant,
            ask_with_token=cloud.accepts_jwt if cloud is not None and cloud.can_look else None,
            final_tokens=self.final_tokens if cloud is not None and cloud.can_look else None,
        )
        equipment = [
            equip_slot(
                slot,
                recipe.value,
                self.opened.value,
                self.opened.clock,
                context=hand.keep("slot", describe_slot(slot, fixture, armed, actor)),
                without=self.opened.secret_variables(),
                overhear=overhear,
            )
            for slot in fixture.value.slots
        ]
        uploader = None
        if cloud is not None and uploads:
            uploader = Uploader(
                self.outbox(cloud, confirmed=armed.confirmed, actor=actor), self.opened.clock, self.feed
            )
        records = self._stack.enter_context(self.journal.records())
        return BatchRun(bench, armed.quantity, equipment, uploader, self.feed, rules, records, self.gate)

    @contextmanager
    def beside(self) -> Iterator["Station"]:
        """Yield this station with readers of its own, for one thread that works beside others; only those end with it.

        Nobody has entered there: each thing is done for an ``actor`` who is named.
        """
        with ExitStack() as stack:
            other = copy(self)
            other._actor, other._stack = None, stack
            other.records = stack.enter_context(self.journal.records())
            other.releases = Releases(self.journal, other.records, self.gate)
            yield other

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
        *,
        serials: str = "",
        actor: Actor | None = None,
    ) -> Armed:
        """Arm a batch; see :func:`station.line.arming.arm`.

        Raises PPL-111; LINE-181 or LINE-182 where station file, recipe or fixture are not as an engineer released
        them; an engineer's ``reason`` releases them.
        """
        actor = actor or self.actor
        self.gate.require(actor, Right.RUN)
        self.releases.require(actor, [self.opened.settings, recipe, fixture], reason)
        settings = self.opened.value.cloud
        return arm(
            Hand(self.journal, actor.id),
            self.records,
            batch=batch,
            recipe=recipe,
            fixture=fixture,
            quantity=quantity,
            actor=actor,
            cloud=cloud if recipe.value.cloud is not None else None,
            team=settings.team if settings else None,
            tenant=settings.tenant if settings else None,
            images=self.images(),
            serials=serials,
        )


def _keep_before(data: Path) -> Path:
    from station.evidence.before_migration import keep_before  # noqa: PLC0415 -- it verifies; needed after an update

    return keep_before(data)
