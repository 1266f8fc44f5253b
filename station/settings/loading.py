"""Reading recipes and fixtures, as :mod:`station.settings.reading` reads every settings file."""

from pathlib import Path

from station.settings.fields import Place
from station.settings.fixture import Fixture
from station.settings.reading import Loaded, judge, read_toml
from station.settings.recipe import Recipe, name_step, order_problems
from station.settings.slots import Slots


def load_recipe(path: Path, content: bytes | None = None) -> Loaded[Recipe]:
    """Return a recipe whose pinned files were all there and right; raises SET-101, SET-102 or HOST-101. Looks only.

    ``content``, here as below: judge this as if it stood at ``path`` already.
    """
    path = path.resolve()
    data, written = read_toml(path, content)
    return judge(
        Recipe, path, data, written, Place(path.parent), further=order_problems, name=lambda at: name_step(at, written)
    )


def load_fixture(path: Path, content: bytes | None = None, *, data: Path) -> Loaded[Fixture]:
    """Return a fixture whose relative device paths lie in ``data``. Raises as :func:`load_recipe`."""
    path = path.resolve()
    read, raw = read_toml(path, content)
    slots = Slots(raw)
    place = Place(path.parent, data.absolute())
    return judge(Fixture, path, read, slots.spread(), place, found=slots.problems(), name=slots.name_place)
