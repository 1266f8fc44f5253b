"""The example recipes that a new station begins with: where its user may change them, and no newer package does."""

from pathlib import Path
from typing import Final

from station.host.files import make_private_folder
from station.host.folders import copy_folder
from station.host.program import is_source_tree, shipped

_BESIDE: Final = ("recipes", "roots")
_ABOVE: Final = ("fixtures",)
"""Recipes name their images by ``../../fixtures``."""


def first_recipes(folder: Path) -> Path:
    """Return the recipes' folder of a station that begins in ``folder``: the source tree's, or its own. Looks only."""
    return shipped("config", "recipes") if is_source_tree() else folder / "recipes"


def lay_out_examples(folder: Path) -> None:
    """Have copies of the examples for a station in ``folder``, where this program is installed; none is overwritten.

    ``recipes`` and ``roots`` in it and ``fixtures`` beside it, each whole or not at all; what is there stays as it is.
    A source tree's lie there already. Safe to repeat. Raises HOST-102 or HOST-103.
    """
    if is_source_tree():
        return
    copies = {folder / name: shipped("config", name) for name in _BESIDE}
    copies |= {folder.parent / name: shipped(name) for name in _ABOVE}
    make_private_folder(folder)
    for place, source in copies.items():
        if not place.exists():
            copy_folder(source, place)
