"""What every page of the window is given."""

from collections.abc import Callable
from dataclasses import dataclass

from station.desktop.background import Background
from station.desktop.link import Link
from station.desktop.preferences import Preferences
from station.desktop.sounds import Sounds
from station.desktop.theme import Theme
from station.engine.results import Person
from station.opened import Opened


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The window as its pages see it. All of it is for the window's thread."""

    opened: Opened
    link: Link
    background: Background
    say: Callable[[str, str], None]
    """Show ``(code, sentence)`` in the strip under the header, without stopping anybody."""
    person: Callable[[], Person | None]
    """Who is signed in at this window."""
    theme: Callable[[], Theme]
    """How things look now; a page draws itself anew on ``QEvent.PaletteChange``."""
    preferences: Preferences | None = None
    """What this window remembers, where the station page is to change it."""
    sounds: Sounds | None = None
