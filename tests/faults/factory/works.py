"""A CA for factories: made once a process, by a seed of its own, so that every run with one seed has the same one."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from station.ca.authority import Authority
from station.ca.creation import create_authority
from station.ca.folder import LINE_KEY, read_files
from station.ca.keyfile import read_key
from station.domain.secret import Secret
from tests.faults.factory.floor import FactoryClock, repeatable
from tests.line.harness import PASSPHRASE


@cache
def _material() -> tuple[object, object]:
    with TemporaryDirectory() as name, repeatable(0):
        folder = Path(name) / "ca"
        create_authority(
            folder,
            Secret(PASSPHRASE),
            name="Factory Works",
            clock=FactoryClock(),
            root_years=30,
            line_years=20,
            leaf_years=10,
        )
        return read_files(folder), read_key(folder / LINE_KEY, Secret(PASSPHRASE))


def open_authority(clock: FactoryClock) -> Authority:
    """Return the works' CA on this clock."""
    files, key = _material()
    return Authority(files, key, clock)  # type: ignore[arg-type]  # as read above
