"""A copy of the repository's examples that a test may break."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.faults import Fault

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A folder with copies of config/ and fixtures/."""
    for name in ("config", "fixtures"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def refused() -> Callable[[Callable[[], object]], list[str]]:
    """How to get the lines of the fault SET-102 that a call raises."""

    def lines(call: Callable[[], object]) -> list[str]:
        with pytest.raises(Fault) as caught:
            call()
        assert caught.value.code == "SET-102", caught.value.sentence
        # Neither may hold a value that is not shown.
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        return caught.value.sentence.splitlines()

    return lines
