"""What records say, in words: outcomes, cloud states, times, and how they look. Pure but for the language."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale

from station.desktop import words
from station.desktop.fault_words import say
from station.desktop.theme import LOOKS, Look, Mood, Shape
from station.domain.line import CloudState, Outcome
from station.evidence.certificate_text import DELETED, DOUBTFUL, UNUSABLE

translate = QCoreApplication.translate

OUTCOME_MOODS: Final = MappingProxyType(
    {
        None: Mood.RUNNING,
        Outcome.PASSED: Mood.PASSED,
        Outcome.FAILED: Mood.FAILED,
        Outcome.ERROR: Mood.ERROR,
        Outcome.ABORTED: Mood.ABORTED,
        Outcome.QUARANTINED: Mood.QUARANTINED,
    }
)
CLOUD_LOOKS: Final = MappingProxyType(
    {
        CloudState.NONE: Look(LOOKS[Mood.EMPTY].ink, LOOKS[Mood.EMPTY].paper, Shape.RING),
        CloudState.WAITING: Look(LOOKS[Mood.EMPTY].ink, LOOKS[Mood.EMPTY].paper, Shape.ARC),
        CloudState.SENDING: LOOKS[Mood.RUNNING],
        CloudState.ONBOARDED: LOOKS[Mood.PASSED],
        CloudState.CLAIMED: Look(LOOKS[Mood.PASSED].ink, LOOKS[Mood.PASSED].paper, Shape.ARC),
        CloudState.REFUSED: LOOKS[Mood.FAILED],
        CloudState.UNKNOWN: LOOKS[Mood.ERROR],
        CloudState.HELD: Look(LOOKS[Mood.QUARANTINED].ink, LOOKS[Mood.QUARANTINED].paper, Shape.BARS),
    }
)
"""A cloud state looks like the outcome that asks the same of people; its word tells them apart."""


def outcome_word(outcome: Outcome | None) -> str:
    """Return an outcome as it stands in a table; None is work that goes on."""
    return translate("RecordWords", "In work") if outcome is None else capital(words.of(outcome))


def cloud_word(state: CloudState) -> str:
    """Return where a unit stands with the cloud, as it stands in a table."""
    return capital(words.of(state))


def capital(text: str) -> str:
    """Return ``text`` with its first letter large, and nothing else changed."""
    return text[:1].upper() + text[1:]


def certificate_word(state: str) -> str:
    """Return a certificate's state as the journal names it, in words."""
    names = {
        "active": translate("RecordWords", "Stands"),
        UNUSABLE: translate("RecordWords", "Stands, but can't be used"),
        DOUBTFUL: translate("RecordWords", "Stands, but perhaps can't be used"),
        "superseded": translate("RecordWords", "Superseded"),
        "intended": translate("RecordWords", "Intended, never signed"),
    }
    return names.get(state, state)


def certificate_fact(name: str, text: str) -> tuple[str, str]:
    """Return one of a certificate's facts as a window shows it: how it stands is said in the reader's language."""
    match name:
        case "State":
            return name, certificate_word(text)
        case _ if name == DELETED:
            return translate("RecordWords", "Deleted by hand"), say("EVD-DELETED", text)
    return name, text


def number_words(number: int) -> str:
    """Return a count with its thousands set apart, as the language does."""
    return QLocale().toString(number)


def units_words(number: int) -> str:
    """Return a count of units."""
    if number == 1:
        return translate("RecordWords", "1 unit")
    return translate("RecordWords", "{number} units").format(number=number_words(number))


def share_words(share: float | None) -> str:
    """Return a share as per cent with one digit behind the point; a dash where there is none."""
    return "–" if share is None else f"{share * 100:.1f} %"


def seconds_words(seconds: float | None) -> str:
    """Return a span in seconds, as many digits as matter."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    if seconds < 600:
        return f"{seconds:.1f} s"
    return age_words(timedelta(seconds=seconds))


def age_words(age: timedelta) -> str:
    """Return how long ago something was, in its two largest units: "3 h 20 min"."""
    seconds = max(0, int(age.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return translate("RecordWords", "{days} d {hours} h").format(days=days, hours=hours % 24)
    if hours:
        return translate("RecordWords", "{hours} h {minutes} min").format(hours=hours, minutes=minutes % 60)
    if minutes:
        return translate("RecordWords", "{minutes} min").format(minutes=minutes)
    return translate("RecordWords", "{seconds} s").format(seconds=seconds)


def time_words(at: datetime | None) -> str:
    """Return a time by this PC's wall clock, to the minute: 2026-11-22 14:03."""
    return "–" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


def second_words(at: datetime) -> str:
    """Return the time of day by this PC's wall clock: 14:03:07."""
    return f"{at.astimezone():%H:%M:%S}"


def day_words(at: datetime) -> str:
    """Return the day by this PC's wall clock: 2026-11-22."""
    return f"{at.astimezone():%Y-%m-%d}"


def local_midnight(at: datetime, days: int = 0) -> datetime:
    """Return the beginning of the day on which ``at`` lies here, ``days`` later, in UTC. Pure but for the time zone."""
    here = at.astimezone()
    day = here.date() + timedelta(days=days)
    # Built anew from the date: summer time may begin between the two.
    return datetime(day.year, day.month, day.day).astimezone().astimezone(UTC)
