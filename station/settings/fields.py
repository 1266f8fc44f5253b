"""The kinds of value that settings files share, each with the words that say what would be right."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from station.domain.ids import Sha256, parse_sha256
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, SecretSource

Where = tuple[str | int, ...]
"""A place in a file: ``("steps", 3, "image")``."""

MOMENT: Final = "date or time"
"""The one key of the table by which a date or a time, which no setting is, is handed on to be refused."""

PLACES_OF_SECRETS: Final = (
    '{ keyring = "nrf91-station/api-key" }, { env = "NRFCLOUD_API_KEY" } or { file = "/a/private/file" }'
)

_ENVIRONMENT_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_KEYRING_ENTRY: Final = re.compile(r"([A-Za-z0-9_.@-]{1,64})/([A-Za-z0-9_.@-]{1,64})")
_LOOPBACK: Final = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1")


class Section(BaseModel):
    """A table of a settings file: frozen, with known keys only, and no value bent into another type.

    Every field has a description that completes "it must be …"; a test holds that.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # a secret in the wrong place must not reach a traceback
    )


class ProblemsError(ValueError):
    """Several things that are wrong together, each with its place below the section that raises this."""

    def __init__(self, *found: tuple[Where, str]) -> None:
        super().__init__("; ".join(text for _, text in found))
        self.found = found


@dataclass(frozen=True, slots=True)
class Place:
    """What a file's relative paths are taken from: its own folder, and the data folder for a fixture's devices."""

    folder: Path
    data: Path | None = None


def place_of(info: ValidationInfo) -> Place:
    """Return where the file that is being read lies."""
    if not isinstance(info.context, Place):
        raise TypeError("settings are read by station.settings.reading, which says where the file lies")
    return info.context


def absolute(text: str | Path, folder: Path) -> Path:
    """Return a path as a file in ``folder`` means it: relative ones from there, ``~`` the user's home.

    Raises ``ValueError`` for a backslash in a relative path (it would mean a folder on one system only), and for the
    home of a user whom this PC doesn't know.
    """
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"this PC knows no home for {Path(text).parts[0]}; write the whole path") from None
    if not path.is_absolute() and "\\" in str(text):
        raise ValueError("write folders with / between them; that works on Windows too")
    return Path(os.path.normpath(folder / path))


def _local_path(path: Path, info: ValidationInfo) -> Path:
    return absolute(path, place_of(info).folder)


def _local_file(path: Path, info: ValidationInfo) -> Path:
    found = _local_path(path, info)
    if not found.is_file():
        raise ValueError(f"there is no file {found}")
    return found


def _not_empty(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        # As a path, nothing is the folder of the file itself.
        raise PydanticCustomError("empty", "empty")  # told in the words of the field
    return value


LocalPath = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_local_path), PlainSerializer(str)]
"""A path, made absolute; it need not exist."""

LocalFile = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_local_file), PlainSerializer(str)]
"""The path of a file that exists, made absolute."""


def _printable(text: str) -> str:
    hidden = ", ".join(dict.fromkeys(f"U+{ord(one):04X}" for one in text if not one.isprintable()))
    if hidden:
        raise ValueError(f"it has characters that can't be seen, or turn what stands beside them ({hidden})")
    return text


Name = Annotated[str, AfterValidator(_printable)]
"""A text that people see: no control characters, and none that change its direction."""


def _whole_number(value: object) -> object:
    if type(value) is not int:  # to Python, True and 1.0 are 1 too
        raise PydanticCustomError("schema", "no whole number")  # told in the words of the field
    return value


Schema1 = Annotated[Literal[1], BeforeValidator(_whole_number)]
"""The number of the files' form, of which there is one."""

Seconds = Annotated[float, Field(gt=0, le=3600)]


def _pin(value: object) -> Sha256:
    if not isinstance(value, str):
        raise ValueError("write the SHA-256 as text: 64 hexadecimal digits between quotes")
    return parse_sha256(value)


Pin = Annotated[Sha256, PlainValidator(_pin), PlainSerializer(str)]
"""The SHA-256 that a file must have."""


def _secret_source(value: Any, info: ValidationInfo) -> SecretSource:
    # Whatever is wrong, the value is not shown: it may be the secret.
    if not isinstance(value, dict):
        raise ValueError(f"a secret is never written into this file; say where it is kept instead: {PLACES_OF_SECRETS}")
    match [(key, text) for key, text in value.items() if isinstance(text, str)]:
        case [("env", name)] if len(value) == 1 and _ENVIRONMENT_NAME.fullmatch(name):
            return EnvironmentSecret(name)
        case [("keyring", entry)] if len(value) == 1 and (found := _KEYRING_ENTRY.fullmatch(entry)):
            return KeyringSecret(found[1], found[2])
        case [("file", path)] if len(value) == 1 and path:
            return FileSecret(absolute(path, place_of(info).folder))
    raise ValueError(
        f"name exactly one place: {PLACES_OF_SECRETS}. A variable has capitals, digits and _; "
        "a keyring entry is service/name"
    )


def _source_as_written(source: SecretSource) -> dict[str, str]:
    match source:
        case EnvironmentSecret(variable):
            return {"env": variable}
        case KeyringSecret(service, name):
            return {"keyring": f"{service}/{name}"}
        case FileSecret(path):
            return {"file": str(path)}


SecretPlace = Annotated[SecretSource, PlainValidator(_secret_source), PlainSerializer(_source_as_written)]
"""Where a secret is kept; the secret itself is refused, and never shown."""


def check_url(text: str, *, schemes: tuple[str, ...]) -> str:
    """Return ``text`` without a slash at its end when it is a plain URL; ``http`` is for this PC alone.

    Raises ``ValueError``. A login inside the URL is refused without being shown.
    """
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("that is no URL") from None
    if "@" in text:
        raise ValueError("a URL in this file has no login in it")
    if parts.scheme not in schemes or not host or parts.query or parts.fragment:
        raise ValueError(f"write a URL such as {schemes[0]}://host/path, without ? and #")
    if parts.scheme == "http" and schemes[0] == "https" and not _LOOPBACK.fullmatch(host):
        raise ValueError("http:// would send the API key in the clear; use https:// (http:// is for 127.0.0.1 alone)")
    return text.rstrip("/")
