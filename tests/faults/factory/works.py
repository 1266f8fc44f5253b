"""A CA for factories: made once a process, by a seed of its own, so that every run with one seed has the same one."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from station.ca.authority import Authority
from station.ca.folder import LINE_KEY, read_files
from station.ca.keyfile import read_key
from station.domain.secret import Secret
from tests.faults.factory.floor import FactoryClock, repeatable
from tests.line.harness import PASSPHRASE, make_ca


@cache
def _material() -> tuple[object, object]:
    with TemporaryDirectory() as name, repeatable(0):
        folder = make_ca(Path(name) / "ca", FactoryClock())
        return read_files(folder), read_key(folder / LINE_KEY, Secret(PASSPHRASE))


def open_authority(clock: FactoryClock) -> Authority:
    """Return the works' CA on this clock."""
    files, key = _material()
    return Authority(files, key, clock)  # type: ignore[arg-type]  # as read above
