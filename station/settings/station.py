"""The station file: which station this is, where it keeps its data, its cloud and its CA."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from station.host.secrets import SecretSource
from station.settings.fields import (
    LocalFile,
    LocalPath,
    Name,
    ProblemsError,
    Schema1,
    Seconds,
    SecretPlace,
    Section,
    absolute,
    check_url,
    place_of,
)

StationId = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="1 to 64 of the characters A-Z a-z 0-9 _ -")
]


def _program(text: str, info: ValidationInfo) -> str:
    # A bare name is looked for on the PATH when it is started; the doctor looks beforehand.
    return str(absolute(text, place_of(info).folder)) if "/" in text or "\\" in text else text


_Years = Annotated[int, Field(ge=1, le=100)]


class ProxySettings(Section):
    """The company's HTTP proxy."""

    url: Annotated[
        str,
        AfterValidator(lambda text: check_url(text, schemes=("http", "https"))),
        Field(description='a URL such as "http://proxy.example:3128"'),
    ]
    user: str | None = Field(
        default=None, min_length=1, max_length=200, description="the user name, where it wants one"
    )
    password: SecretPlace | None = Field(default=None, description="where the password is kept")

    @model_validator(mode="after")
    def _login_is_whole(self) -> "ProxySettings":
        if (self.user is None) != (self.password is None):
            raise ProblemsError((("user",), "a login has both user and password; give both or neither."))
        return self


_Slug = Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]

_ITS_OWN: Final = {
    "team": ("api_key", "team", "provisioning_url"),
    "organisation": ("organisation", "project", "token", "tenant"),
}
_NEEDED: Final = {"team": ("api_key",), "organisation": ("organisation", "project", "token")}


class CloudSettings(Section):
    """nRF Cloud, by one of its two APIs. A body goes when ``batch_rows`` units wait, or the oldest has ``max_wait_s``.

    ``api_key`` is there where ``kind`` is ``team`` (the Provisioning API gets it too, where that is named);
    ``organisation``, ``project`` and ``token`` where it is ``organisation``, and ``tenant`` where an nRF93M1 is built:
    that API does not tell it.
    """

    kind: Literal["team", "organisation"] = Field(
        description='"team" (the team API, with an API key) or "organisation" (the organisation API, with a token)'
    )
    base_url: Annotated[str, AfterValidator(lambda text: check_url(text, schemes=("https", "http")))] = Field(
        default="https://api.nrfcloud.com/v1", description="the API's URL with its version, without a slash at its end"
    )
    team: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="the team (tenant) ID that the API key must belong to",
    )
    api_key: SecretPlace | None = Field(default=None, description="where the API key is kept")
    organisation: _Slug = Field(
        default=None, description="the organisation's slug, as the portal's address has it: letters, digits, - and _"
    )
    project: _Slug = Field(
        default=None, description="the project's slug, as the portal's address has it: letters, digits, - and _"
    )
    token: SecretPlace | None = Field(default=None, description="where the Organization Auth Token is kept")
    tenant: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="the ID that an nRF93M1's onboarding token must name: 1 to 64 of the characters A-Z a-z 0-9 _ -",
    )
    provisioning_url: Annotated[str, AfterValidator(lambda text: check_url(text, schemes=("https", "http")))] | None = (
        Field(default=None, description="the Provisioning API's URL with its version, without a slash at its end")
    )
    batch_rows: int = Field(default=500, ge=1, le=1000, description="a whole number from 1 to 1000")
    max_wait_s: float = Field(default=900.0, gt=0, le=86400, description="seconds, more than 0 and at most 86400")
    overdue_after_s: float = Field(
        default=3600.0, gt=0, le=604800, description="seconds, more than 0 and at most 604800 (a week)"
    )
    poll_every_s: Seconds = Field(default=5.0, description="seconds, more than 0 and at most 3600")
    connect_timeout_s: Seconds = Field(default=10.0, description="seconds, more than 0 and at most 3600")
    read_timeout_s: Seconds = Field(default=60.0, description="seconds, more than 0 and at most 3600")
    proxy: ProxySettings | None = Field(default=None, description="a table with url, and user and password if needed")
    ca_bundle: LocalFile | None = Field(
        default=None, description="a PEM file with the company's root certificates, where a proxy re-encrypts"
    )

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> "CloudSettings":
        found = [
            ((key,), f'missing; kind = "{self.kind}" needs it.')
            for key in _NEEDED[self.kind]
            if getattr(self, key) is None
        ]
        for kind, keys in _ITS_OWN.items():
            if kind != self.kind:
                text = f'it belongs to kind = "{kind}", and this is "{self.kind}"; leave it out.'
                found += [((key,), text) for key in keys if getattr(self, key) is not None]
        if found:
            raise ProblemsError(*found)
        return self

    @property
    def place(self) -> str:
        """The address under which the journal keeps whose account this is. Pure."""
        if self.kind == "team":
            return self.base_url
        return f"{self.base_url}/organizations/{self.organisation}/projects/{self.project}"

    @property
    def secret(self) -> SecretSource:
        """Where the secret is kept that the chosen API wants. Pure."""
        source = self.api_key if self.kind == "team" else self.token
        if source is None:
            raise AssertionError(f"a cloud of kind {self.kind} without its secret")
        return source

    @property
    def secret_name(self) -> str:
        """What people call that secret. Pure."""
        return "API key" if self.kind == "team" else "organisation token"


class CaSettings(Section):
    """The local CA. Years are used when it is made; ``passphrase`` is asked for where it is kept nowhere."""

    name: Name = Field(min_length=1, max_length=48, description="the CA's name in its certificates, 1 to 48 characters")
    folder: LocalPath | None = Field(default=None, description="a folder; left out, it is ca in the data folder")
    passphrase: SecretPlace | None = Field(default=None, description="where the passphrase is kept")
    root_years: _Years = Field(default=30, description="whole years, 1 to 100")
    line_years: _Years = Field(default=20, description="whole years, 1 to 100")
    leaf_years: _Years = Field(default=10, description="whole years, 1 to 100")

    @model_validator(mode="after")
    def _each_outlives_what_it_signs(self) -> "CaSettings":
        # RFC 5280 section 6.1.3: a path is valid only while all of it is.
        if not self.leaf_years < self.line_years < self.root_years:
            years = f"leaf_years {self.leaf_years}, line_years {self.line_years}, root_years {self.root_years}"
            raise ProblemsError(
                (
                    ("line_years",),
                    f"each certificate must outlive those it signs: leaf < line < root; these are {years}.",
                )
            )
        return self


class EvidenceSettings(Section):
    """The station's signed record: under which name, and where checkpoints go beside the data folder."""

    origin: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9._/-]{1,100}$",
        description="the log's name in its checkpoints, 1 to 100 of the characters A-Z a-z 0-9 . _ / -; never changed",
    )
    folder: LocalPath | None = Field(default=None, description="a folder; left out, it is evidence in the data folder")
    passphrase: SecretPlace | None = Field(default=None, description="where the signing key's passphrase is kept")
    second_place: LocalPath | None = Field(
        default=None, description="a folder away from this PC (a share, a mail drop) that gets every checkpoint"
    )


class UpdateSettings(Section):
    """Where IT puts newer packages of the station, and whose signature vouches for their list. Nothing is installed."""

    folder: LocalPath = Field(description="a folder or share with updates.txt, the signed list, and the packages")
    key: str = Field(
        pattern=r"^[^\s+]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43}[A-Za-z0-9+/=]$",
        description="the verifier key of whoever signs the list, as its .vkey file has it: NAME+NUMBER+BASE64",
    )


class Timeouts(Section):
    """How long this station waits; a recipe's step may have its own ``timeout_s``."""

    at_s: Seconds = Field(default=10.0, description="seconds for an ordinary AT command")
    power_off_s: Seconds = Field(default=20.0, description="seconds for AT+CFUN, which stores and switches the radio")
    keygen_s: Seconds = Field(default=30.0, description="seconds for AT%KEYGEN")
    write_s: Seconds = Field(default=15.0, description="seconds for writing or deleting one credential")
    boot_s: Seconds = Field(default=30.0, description="seconds for a board to answer after a reset")


class Tools(Section):
    """The programs of others that drive real probes, where they don't lie where they are looked for."""

    nrfutil: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_program)] = Field(
        default="nrfutil", description="a program on the PATH, or a path"
    )
    jlink: LocalPath | None = Field(
        default=None, description="the path of SEGGER's J-Link library; left out, it is looked for"
    )


class LogSettings(Section):
    """Logs for engineers: JSON lines, rotated."""

    folder: LocalPath | None = Field(default=None, description="a folder; left out, it is logs in the data folder")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description='"debug", "info", "warning" or "error"'
    )
    max_mebibytes: int = Field(default=10, ge=1, le=1000, description="a whole number from 1 to 1000")
    keep: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")


class PeopleSettings(Section):
    """Who works here is in the data folder, not in a file; this is how they are dealt with."""

    service: str | None = Field(
        default=None, min_length=1, max_length=48, description="who runs --headless: an ID or name of the role service"
    )
    idle_minutes: int = Field(
        default=10, ge=1, le=480, description="whole minutes, 1 to 480: after so long an override takes the PIN again"
    )


class StationSettings(Section):
    """One station. Without ``cloud``, finished units wait until there is one."""

    schema_version: Schema1 = Field(alias="schema", description="1")
    station_id: StationId
    line: Name = Field(min_length=1, max_length=64, description="the line's name, 1 to 64 characters")
    data: LocalPath = Field(description="the data folder: journal, CA, logs; on a disk of this PC")
    fixture: LocalFile = Field(description="the fixture file of the jig on this PC")
    recipes: LocalPath = Field(description="the folder with the product recipes")
    stop_after: int = Field(
        default=0, ge=0, le=1000, description="a whole number from 0 to 1000: so many boards in a row with one fault"
    )
    cloud: CloudSettings | None = Field(default=None, description="a table: where finished units are onboarded")
    ca: CaSettings = Field(description="a table: the local CA")
    evidence: EvidenceSettings = Field(
        default=EvidenceSettings(), description="a table: the signing key and a second place for checkpoints"
    )
    people: PeopleSettings = Field(default=PeopleSettings(), description="a table: service, idle_minutes")
    updates: UpdateSettings | None = Field(default=None, description="a table: folder, key")
    timeouts: Timeouts = Field(default=Timeouts(), description="a table of seconds")
    tools: Tools = Field(default=Tools(), description="a table: nrfutil, jlink")
    logs: LogSettings = Field(default=LogSettings(), description="a table: logs for engineers")

    @property
    def ca_folder(self) -> Path:
        """Where the CA lies."""
        return self.ca.folder or self.data / "ca"

    @property
    def log_folder(self) -> Path:
        """Where logs are written."""
        return self.logs.folder or self.data / "logs"

    @property
    def evidence_folder(self) -> Path:
        """Where the station's signing key lies."""
        return self.evidence.folder or self.data / "evidence"

    @property
    def evidence_origin(self) -> str:
        """The log's name: on every checkpoint of this station."""
        return self.evidence.origin or f"nrf91-station/{self.station_id}"
