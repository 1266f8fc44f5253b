"""The fixtures of the crash tests: a CA that every station has a copy of, and what children are forked from."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from station.host.clock import SystemClock
from tests.faults.child import Nursery
from tests.line.harness import make_ca


@pytest.fixture(scope="session")
def crash_ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA's folder: made once, and copied for each station."""
    return make_ca(tmp_path_factory.mktemp("works") / "ca", SystemClock())


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What makes the programs that are killed."""
    with closing(Nursery()) as made:
        yield made
