"""The checks of this PC, its settings, data, CA, fixture and cloud, each with how to mend it. They change nothing.

No data folder is made, no port opened, no board or real probe touched, nothing signed or sent. In a folder where a
station works, only what reads is done. Every check stands alone and ends in bounded time.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import stamina.instrumentation
from rich.console import Console

from station.ca.folder import AuthorityFiles, read_files
from station.doctor import ca as doctor_ca
from station.doctor import cloud as doctor_cloud
from station.doctor import data as doctor_data
from station.doctor import disk as doctor_disk
from station.doctor import evidence as doctor_evidence
from station.doctor import fixture as doctor_fixture
from station.doctor import journal as doctor_journal
from station.doctor import pc as doctor_pc
from station.doctor import people as doctor_people
from station.doctor import probes as doctor_probes
from station.doctor import rights as doctor_rights
from station.doctor import udev as doctor_udev
from station.doctor import updates as doctor_updates
from station.doctor.findings import Check, Examination, Finding, State, Verdict, ok, trouble, unknown
from station.doctor.journal import JournalFacts
from station.doctor.ports import find_holders
from station.doctor.report import print_findings, shows_unicode
from station.host.clock import Clock, SystemClock
from station.host.lock import find_owner, owner_process
from station.host.secrets import SecretSource
from station.opened import Opened, open_station
from station.settings.fixture import Fixture
from station.settings.loading import load_recipe
from station.settings.recipe import Recipe

__all__ = ["Finding", "Findings", "State", "examine", "print_findings"]

Findings = Sequence[Finding]

_SETTINGS_FIRST = "Mend the station file first."
_CLOUD_TRIES = 3
"""How often the cloud's back end asks before it gives up."""


def examine(
    station_file: Path, fixture: Path | None = None, *, clock: Clock | None = None, root: Path = Path("/")
) -> Findings:
    """Return what every check found, in the order in which things are mended. Never raises; safe to repeat.

    ``fixture`` replaces the station file's. ``root`` is where the system's /proc, /sys and /etc lie.
    """
    clock = clock or SystemClock()
    asked = Examination(clock)
    with _working(), _no_retry_logs():
        _look_at_pc(asked, root)
        asked.begin("Settings")
        opened = asked.find(
            "settings.station",
            "station file",
            lambda: open_station(station_file, clock),
            lambda found: ok(f"{found.settings.path}: {found.value.station_id}, {found.value.line}."),
        )
        if opened is None:
            _skip_the_rest(asked)
        else:
            asked.hide_with(opened.redactor)
            _Rounds(asked, opened, fixture, clock, root).walk()
    return asked.findings()


def _look_at_pc(asked: Examination, root: Path) -> None:
    asked.begin("This PC")
    checks = [
        Check("pc.software", "software", doctor_pc.judge_python),
        Check("pc.qt", "Qt", doctor_pc.judge_qt),
        Check("pc.sqlite", "SQLite", doctor_pc.judge_sqlite),
        Check("pc.user", "user", doctor_pc.judge_user),
    ]
    if sys.platform == "linux":
        checks.append(Check("pc.grabbers", "port grabbers", lambda: doctor_pc.judge_grabbers(root)))
    checks.append(Check("clock.service", "time service", lambda: doctor_pc.judge_synchronised(root)))
    asked.ask(*checks)


def _skip_the_rest(asked: Examination) -> None:
    for name, about in (("data", "data folder"), ("ca", "CA"), ("slot", "fixture"), ("cloud", "cloud")):
        asked.skip(name, about, "Only the station file says where it is.", _SETTINGS_FIRST)


class _Rounds:
    """One walk through a station whose settings could be read."""

    def __init__(self, asked: Examination, opened: Opened, fixture: Path | None, clock: Clock, root: Path) -> None:
        self._asked, self._opened, self._clock, self._root = asked, opened, clock, root
        self._fixture_file = fixture
        self._data = opened.value.data
        self._recipes: list[Recipe] = []
        self._fixture: Fixture | None = None
        self._owner: str | None = None
        self._in_use = True  # until it is known that nobody works there
        self._facts: JournalFacts | None = None
        self._files: AuthorityFiles | None = None

    def walk(self) -> None:
        """Look at everything, each after what it needs."""
        for steps in (
            self._look_at_settings,
            self._look_at_updates,
            self._look_at_data,
            self._look_at_ca,
            self._look_at_clock,
            self._look_at_slots,
            self._look_at_cloud,
        ):
            self._asked.guard(steps)

    def _look_at_settings(self) -> None:
        opened, asked = self._opened, self._asked
        loaded = asked.find(
            "settings.fixture",
            "fixture file",
            lambda: opened.fixture(self._fixture_file),
            lambda found: doctor_fixture.judge_fixture(found.value),
        )
        self._fixture = loaded.value if loaded else None
        files = sorted(opened.value.recipes.glob("*.toml"))
        for file in files:
            recipe = asked.find(
                f"recipe.{file.stem}",
                "recipe",
                partial(load_recipe, file),
                lambda found: doctor_fixture.judge_recipe(found.value, self._fixture),
            )
            self._recipes += [recipe.value] if recipe else []
        if not files:
            seen = f"There is no recipe in {opened.value.recipes}."
            asked.note(Check("recipe", "recipes", list), [trouble(seen, "Correct `recipes` in the station file.")])

    def _look_at_updates(self) -> None:
        asked = self._opened.value.updates
        if asked is not None:
            check = Check("updates", "updates", lambda: doctor_updates.judge_updates(asked))
            self._asked.ask(check, seconds=doctor_updates.PATIENCE)

    def _look_at_data(self) -> None:
        asked, data, root = self._asked, self._data, self._root
        asked.begin("Data")
        asked.ask(
            Check("data.folder", "data folder", lambda: doctor_data.judge_folder(data)),
            Check("data.disk", "disk", lambda: doctor_disk.judge_disk(data, root)),
            Check("data.space", "free space", lambda: doctor_data.judge_space(data)),
            Check("data.owner", "in use", self._look_for_owner),
        )
        if not data.is_dir():
            asked.skip("data.write", "writing", "The folder is not there yet.", "Look again once it is.")
        elif self._in_use:
            asked.skip("data.write", "writing", "The running station writes there.", "Look again when it has ended.")
        else:
            asked.ask(Check("data.write", "writing", lambda: doctor_data.judge_writing(data, self._clock)))
        found = asked.find(
            "journal.format",
            "journal",
            lambda: [doctor_journal.read_journal(data)],
            lambda found: doctor_journal.judge_journal(found[0]),
        )
        self._facts = facts = found[0] if found else None
        if facts is None or not facts.format:
            return
        value = self._opened.value
        places = value.evidence_folder, value.evidence_origin, data, value.evidence.second_place
        asked.ask(
            Check("evidence.places", "checkpoints", lambda: doctor_evidence.judge_evidence(*places)),
            Check("journal.integrity", "journal file", lambda: doctor_journal.judge_integrity(data, self._clock)),
            Check("people", "people", lambda: doctor_people.judge_people(data, self._clock)),
            Check("line.latched", "slots", lambda: doctor_journal.judge_latched(facts)),
        )

    def _look_for_owner(self) -> Verdict:
        try:
            self._owner = find_owner(self._data)
        except OSError as error:
            mend = "Run this check as the user who works at the line."
            return unknown("Whether a station works there can't be told.", mend, str(error))
        self._in_use = self._owner is not None
        if self._owner is None:
            return ok("No station works there now.")
        return ok(f"A station works there: {self._owner}. Only what reads was done.")

    def _look_at_ca(self) -> None:
        asked, opened, settings = self._asked, self._opened, self._opened.value
        folder, clock = settings.ca_folder, self._clock
        asked.begin("CA and secrets")
        asked.ask(Check("ca.folder", "CA folder", lambda: doctor_ca.judge_ca_folder(folder)))
        if folder.is_dir():
            self._files = files = asked.find(
                "ca.files", "CA files", lambda: read_files(folder), doctor_ca.judge_ca_files
            )
            if files is not None:
                asked.ask(
                    Check("ca.validity", "CA validity", lambda: doctor_ca.judge_validity(files, clock.now())),
                    Check("ca.root-key", "CA root key", lambda: doctor_ca.judge_root_key(folder)),
                )
        source = settings.ca.passphrase
        if source is None:
            asked.note(Check("secret.passphrase", "CA passphrase", list), [doctor_ca.asked_for()])
        elif not self._has_secret("secret.passphrase", "CA passphrase", source):
            asked.skip("ca.key", "CA key", "It is not tried without its passphrase.", "Mend the passphrase first.")
        elif self._files is None:
            asked.skip("ca.key", "CA key", "It is not tried while the CA's files are wrong.", "Mend these first.")
        else:
            asked.ask(
                Check("ca.key", "CA key", lambda: doctor_ca.judge_key(folder, opened.ca_passphrase(), clock)),
            )

    def _has_secret(self, name: str, what: str, source: SecretSource) -> bool:
        got = self._asked.find(
            name, what, lambda: self._opened.secret(source, what), lambda _: doctor_ca.judge_source(source)
        )
        return got is not None

    def _look_at_clock(self) -> None:
        latest = self._facts.latest if self._facts else None
        begin = self._files.line.not_valid_before_utc if self._files else None
        self._asked.begin("Clock")

        self._asked.ask(
            Check("clock.time", "time", lambda: doctor_pc.judge_clock(self._clock.now(), latest=latest, ca_begin=begin))
        )

    def _look_at_slots(self) -> None:
        self._asked.begin("Fixture")
        if self._fixture is None:
            self._asked.skip("slot", "slots", "Only the fixture file says what hangs on them.", "Mend it first.")
            return
        slots = self._fixture.slots
        holders, engine = find_holders(self._root), owner_process(self._owner) if self._owner else None
        jig = doctor_fixture.Jig(
            opened=self._opened,
            fixture=self._fixture,
            recipe=self._recipes[0] if self._recipes else None,
            holders=holders,
            in_use=self._in_use,
            engine=engine,
            root=self._root,
            probes=doctor_probes.ProbeSite.of(holders, engine, self._root),
        )
        if sys.platform == "linux" and doctor_probes.has_real_probes(slots):
            self._look_at_rights()
        checks = [check for slot in slots for check in doctor_fixture.check_slot(jig, slot)]
        self._asked.ask(*sorted(checks, key=lambda check: check.id))  # slots of one kind beside each other
        checks = [check for slot in slots for check in doctor_fixture.check_probe(jig, slot)]
        patience = doctor_probes.patience_for(len(slots))
        self._asked.ask(*sorted(checks, key=lambda check: check.id), seconds=patience)

    def _look_at_rights(self) -> None:
        root = self._root
        files, user = doctor_udev.read_rules(root), doctor_rights.read_user(root)
        self._asked.ask(
            Check("probes.rights", "USB rights", lambda: doctor_rights.judge_probe_rules(files, user, root)),
            Check("probes.ports", "port rights", lambda: doctor_rights.judge_port_rights(files, user)),
            Check("probes.grabber", "ModemManager", lambda: doctor_rights.judge_modem_manager(files, root)),
        )

    def _look_at_cloud(self) -> None:
        asked, opened, settings = self._asked, self._opened, self._opened.value.cloud
        asked.begin("Cloud")
        facts = self._facts
        if facts is not None and facts.format:
            has_cloud = settings is not None
            now = self._clock.now()
            asked.ask(Check("outbox", "outbox", lambda: doctor_journal.judge_outbox(facts, now, has_cloud=has_cloud)))
        if settings is None:
            mend = "To onboard units, add a [cloud] table to it."
            asked.skip("cloud.account", "cloud", "The station file names none; finished units wait.", mend)
            return
        usable = self._has_secret("secret.api-key", settings.secret_name, settings.secret)
        if settings.proxy is not None and settings.proxy.password is not None:
            usable &= self._has_secret("secret.proxy", "proxy password", settings.proxy.password)
        if not usable:
            asked.skip("cloud.account", "cloud", "It is not asked without its key.", "Mend the secret first.")
            return

        def ask_cloud() -> list[Verdict]:
            cloud = opened.cloud()
            if cloud is None:
                return []
            last = facts.accounts.get(settings.place) if facts else None
            return doctor_cloud.judge_account(cloud.account(), wanted=settings.team, last=last)

        seconds = _CLOUD_TRIES * (settings.connect_timeout_s + settings.read_timeout_s) + 10
        asked.ask(Check("cloud.account", "cloud", ask_cloud), seconds=seconds)
        if asked.last_state() in (State.OK, State.ADVICE):
            compare = Check("clock.cloud", "cloud's clock", lambda: doctor_cloud.compare_clocks(settings, self._clock))
            asked.ask(compare, seconds=seconds)
        if settings.provisioning_url is not None:
            ask = Check(
                "cloud.claims", "Provisioning API", lambda: doctor_cloud.judge_rules(opened.provisioning().rules())
            )
            asked.ask(ask, seconds=seconds)


@contextmanager
def _no_retry_logs() -> Iterator[None]:
    """Keep the cloud's retries from being logged: without the station's logs, that goes to standard output."""
    before = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks(())
    try:
        yield
    finally:
        stamina.instrumentation.set_on_retry_hooks(before)


@contextmanager
def _working() -> Iterator[None]:
    """Show in a terminal that something is going on; a silent cloud may take minutes to be given up."""
    console = Console(stderr=True)
    with console.status("Looking …") if console.is_terminal and shows_unicode(console) else nullcontext():
        yield
