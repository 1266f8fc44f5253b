"""A secret is put where it will be looked for and nowhere else; one that could not be kept is never quoted."""

import stat
import sys
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.keeping import has_keyring, keep_secret
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, resolve_secret

PLANTED = Secret("planted-secret-words")


class Box(KeyringBackend):
    """A keyring that keeps what it is given, or forgets it, or is locked."""

    priority = 1.0

    def __init__(self, *, locked: bool = False, forgets: bool = False) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked, self.forgets = locked, forgets

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked(f"refused {password}")
        if not self.forgets:
            self.entries[service, username] = password


def test_a_file_is_private_and_is_read_back_by_the_station(tmp_path: Path) -> None:
    source = FileSecret(tmp_path / "secrets" / "api-key")
    keep_secret(source, PLANTED, "API key")
    assert resolve_secret(source, "API key", redactor=Redactor()).reveal() == PLANTED.reveal()
    if sys.platform != "win32":
        assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(source.path.parent.stat().st_mode) == 0o700
    keep_secret(source, PLANTED, "API key")


def test_another_secret_is_never_overwritten(tmp_path: Path) -> None:
    source = FileSecret(tmp_path / "api-key")
    keep_secret(source, PLANTED, "API key")
    with pytest.raises(Fault) as raised:
        keep_secret(source, Secret("another secret"), "API key")
    assert raised.value.code == "HOST-110"
    assert source.path.read_text(encoding="utf-8") == PLANTED.reveal()


def test_a_keyring_keeps_it() -> None:
    box, source = Box(), KeyringSecret("nrf91-station", "line1.api-key")
    keep_secret(source, PLANTED, "API key", backend=box)
    assert resolve_secret(source, "API key", redactor=Redactor(), backend=box).reveal() == PLANTED.reveal()


@pytest.mark.parametrize("box", [Box(locked=True), Box(forgets=True), NoKeyring()])
def test_a_keyring_that_does_not_keep_it_is_told_of(box: KeyringBackend) -> None:
    with pytest.raises(Fault) as raised:
        keep_secret(KeyringSecret("a", "b"), PLANTED, "API key", backend=box)
    assert raised.value.code == "HOST-118"
    assert "planted" not in f"{raised.value}{raised.value.__cause__}"


def test_a_variable_can_not_be_kept() -> None:
    with pytest.raises(Fault) as raised:
        keep_secret(EnvironmentSecret("API_KEY"), PLANTED, "API key")
    assert raised.value.code == "HOST-118"


def test_a_pc_without_a_keyring_is_known() -> None:
    assert has_keyring(Box())
    assert not has_keyring(NoKeyring())
