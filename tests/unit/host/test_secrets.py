"""Secrets come from three places, and a wrong place or value is refused without a part of it being shown."""

import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.backends.null import Keyring as SwitchedOffKeyring
from keyring.errors import KeyringLocked

from station.domain.faults import Fault
from station.host.redaction import Redactor
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, SecretSource, resolve_secret


class BoxKeyring(KeyringBackend):
    """A keyring with one entry."""

    priority = 1.0

    def __init__(self, entry: tuple[str, str, str] | None, *, locked: bool = False) -> None:
        self.entry = entry
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("holds planted-secret")
        return self.entry[2] if self.entry and self.entry[:2] == (service, username) else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture
def private_file(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_text("planted-secret\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_each_source_gives_the_secret_and_the_redactor_knows_it(private_file: Path) -> None:
    sources: dict[SecretSource, str] = {
        EnvironmentSecret("NRFCLOUD_API_KEY"): "from-environment",
        KeyringSecret("nrf91-station", "api-key"): "from-keyring",
        FileSecret(private_file): "planted-secret",
    }
    for source, expected in sources.items():
        redactor = Redactor()
        secret = resolve_secret(
            source,
            "API key",
            redactor=redactor,
            environment={"NRFCLOUD_API_KEY": "from-environment"},
            backend=BoxKeyring(("nrf91-station", "api-key", "from-keyring")),
        )
        assert secret.reveal() == expected
        assert redactor.text(f"<{expected}>") == "<***>"


def resolve_text(text: str) -> str:
    source = EnvironmentSecret("KEY")
    return resolve_secret(source, "API key", redactor=Redactor(), environment={"KEY": text}).reveal()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@settings(deadline=None)
@given(line=st.text(st.characters(exclude_categories=("Cc", "Cs"))).filter(lambda text: len(text.strip()) >= 8))
def test_one_newline_at_the_end_is_no_part_of_it_and_all_else_is(line: str, end: str) -> None:
    assert resolve_text(line + end) == line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("            ", "is empty"),
        ("planted", "fewer than 8"),
        ("planted" * 600, "more than 4096"),
        ("planted-secret\n\n", "more than one line"),
        ("planted-secret\nplanted-secret", "more than one line"),
        ("planted-secret\x00", "more than one line"),
    ],
)
def test_a_value_that_can_be_no_secret_is_refused_without_showing_it(text: str, reason: str) -> None:
    with pytest.raises(Fault, match=reason) as caught:
        resolve_text(text)
    assert caught.value.code == "HOST-106"
    assert "KEY" in caught.value.sentence
    assert "planted" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(Fault, match="NO_SUCH_KEY does not exist") as caught:
        resolve_secret(EnvironmentSecret("NO_SUCH_KEY"), "API key", redactor=Redactor(), environment={})
    assert caught.value.code == "HOST-106"


def test_a_missing_keyring_entry_is_named_with_the_command_that_makes_it() -> None:
    with pytest.raises(Fault, match='keyring set "nrf91-station" "api-key"') as caught:
        resolve_secret(
            KeyringSecret("nrf91-station", "api-key"), "API key", redactor=Redactor(), backend=BoxKeyring(None)
        )
    assert caught.value.code == "HOST-106"


@pytest.mark.parametrize("backend", [NoKeyring(), SwitchedOffKeyring()])
def test_a_pc_without_a_keyring_is_told_so(backend: KeyringBackend) -> None:
    with pytest.raises(Fault, match="no keyring") as caught:
        resolve_secret(KeyringSecret("s", "n"), "API key", redactor=Redactor(), backend=backend)
    assert caught.value.code == "HOST-107"


def test_a_locked_keyring_is_told_without_its_own_words() -> None:
    with pytest.raises(Fault, match="Unlock the keyring") as caught:
        resolve_secret(KeyringSecret("s", "n"), "API key", redactor=Redactor(), backend=BoxKeyring(None, locked=True))
    assert "planted" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610])
def test_a_file_that_others_reach_is_refused(private_file: Path, mode: int) -> None:
    private_file.chmod(mode)
    with pytest.raises(Fault, match="chmod 600") as caught:
        resolve_secret(FileSecret(private_file), "API key", redactor=Redactor())
    assert caught.value.code == "HOST-104"
    assert "planted" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no-such-file") as caught:
        resolve_secret(FileSecret(tmp_path / "no-such-file"), "API key", redactor=Redactor())
    assert caught.value.code == "HOST-101"


def test_a_file_of_other_bytes_is_refused_without_showing_them(private_file: Path) -> None:
    private_file.write_bytes(b"planted\xff")
    with pytest.raises(Fault, match="not UTF-8") as caught:
        resolve_secret(FileSecret(private_file), "API key", redactor=Redactor())
    assert "planted" not in str(caught.value)
    assert "planted" not in repr(caught.value.__cause__)
