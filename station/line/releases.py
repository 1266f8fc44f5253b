"""Settings that an engineer stands for: a station file, recipe or fixture that was changed builds nothing before that.

The station can't keep anybody from editing a file. It can notice: each release is in the journal with the file's hash.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from station.domain.events import SettingsReleased
from station.domain.ids import Sha256
from station.host.files import sha256_of_file
from station.journal.journal import Journal
from station.journal.records import Records
from station.line.faults import NEVER_RELEASED, NOT_RELEASED, RELEASED_SINCE
from station.line.gate import Gate
from station.people.rights import RULES, Actor, Right, words
from station.settings.fixture import Fixture
from station.settings.reading import Loaded
from station.settings.recipe import Recipe
from station.settings.station import StationSettings

Settings = Loaded[StationSettings] | Loaded[Recipe] | Loaded[Fixture]


@dataclass(frozen=True, slots=True)
class Unreleased:
    """A file as no engineer has released it. ``last`` is the release of the file as it was before."""

    about: str
    name: str
    settings: Settings
    last: SettingsReleased | None

    def __str__(self) -> str:
        return f"{self.about} {self.name} ({self.settings.path.name})"


def find_unreleased(records: Records, settings: Iterable[Settings]) -> list[Unreleased]:
    """Return those of ``settings`` that are not as they were released last, or never were."""
    last: dict[tuple[str, str], SettingsReleased] = {}
    for entry in records.entries_of_kind(SettingsReleased.kind):
        if isinstance(entry.event, SettingsReleased):
            last[entry.event.about, entry.event.name] = entry.event
    found = []
    for one in settings:
        name = name_of(one)
        before = last.get(name)
        if before is None or before.file != one.sha256:
            found.append(Unreleased(*name, one, before))
    return found


class Releases:
    """What has been released on this station. For the thread that owns ``records``."""

    def __init__(self, journal: Journal, records: Records, gate: Gate) -> None:
        self._journal, self._records, self._gate = journal, records, gate

    def require(self, actor: Actor, settings: Iterable[Settings], reason: str = "") -> None:
        """Return when all of ``settings`` are released; an engineer who gives a reason releases what is not.

        Raises LINE-181 or LINE-182, journaled, for anybody else and without a reason; PPL-116 for a PIN too old.
        LINE-189 where a file as it is now was released already, and this is what was read of it before: whoever
        released it again would take that back.
        """
        missing = find_unreleased(self._records, settings)
        if not missing:
            return
        for one in missing:
            path = one.settings.path
            if one.last is not None and path.is_file() and sha256_of_file(path) == one.last.file:
                self._gate.refuse(actor, Right.CHANGE_SETTINGS, RELEASED_SINCE.fault(path=path))
        if not actor.may(Right.CHANGE_SETTINGS) or not reason.strip():
            named = ", ".join(map(str, missing))
            allowed = words(RULES[Right.CHANGE_SETTINGS].roles)
            spec = NOT_RELEASED if any(one.last for one in missing) else NEVER_RELEASED
            self._gate.refuse(actor, Right.CHANGE_SETTINGS, spec.fault(settings=named, allowed=allowed))
        self._release(actor, missing, reason)

    def release(self, actor: Actor, settings: Iterable[Settings], reason: str) -> list[Unreleased]:
        """Release ``settings``, and return those for which that was needed. Raises PPL-111, PPL-112, PPL-116."""
        missing = find_unreleased(self._records, settings)
        self._release(actor, missing, reason)
        return missing

    def _release(self, actor: Actor, missing: list[Unreleased], reason: str) -> None:
        self._gate.require(actor, Right.CHANGE_SETTINGS, reason)
        events = [
            SettingsReleased(
                about=one.about,
                name=one.name,
                file=one.settings.sha256,
                context=self._keep(one, actor),
                before=one.last.file if one.last else None,
                operator=actor.id,
                reason=reason.strip(),
            )
            for one in missing
        ]
        if events:
            self._journal.commit(*events, by=actor.id)

    def _keep(self, one: Unreleased, actor: Actor) -> Sha256:
        return self._journal.keep(one.about, one.settings.context(), by=actor.id)


def name_of(settings: Settings) -> tuple[str, str]:
    """Return what kind of settings these are, and what they are called. Pure."""
    match settings.value:
        case StationSettings(station_id=station):
            return "station", station
        case Recipe(product=product):
            return "recipe", product
        case Fixture(name=name):
            return "fixture", name
