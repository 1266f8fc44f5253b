"""A station's first file: made from a few answers, with every key explained, and never over another one."""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from station.host.files import create_file, make_private_folder
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, SecretSource
from station.settings.reading import Loaded, load_station
from station.settings.station import StationSettings

_TEXT: Final = """\
# The station file: what is true of this PC, whatever is built on it. Relative paths are taken from this file's
# folder, ~ is the home folder. Secrets never stand in here; only where they are kept. After a change an engineer
# releases it (station release); until then nothing is built. Every key is explained in config/README.md.
schema = 1
station_id = {station_id}
# ^ on every record of this PC; never reuse one
line = {line}
data = {data}
# ^ journal, CA, logs: on a disk of this PC, in the backup
fixture = {fixture}
recipes = {recipes}
stop_after = 5              # the line stops when so many boards in a row failed with one fault; 0: never

{cloud}
[ca]
name = {ca_name}
# ^ in the CA's certificates
{ca_folder}
{passphrase}
# How long each is valid, from when the CA is made: leaf < line < root.
leaf_years = 10
line_years = 20
root_years = 30

[evidence]
# second_place = "/mnt/qa/checkpoints"   # a share that gets every signed checkpoint; a rolled-back journal then shows
# passphrase = {{ keyring = "nrf91-station/evidence-passphrase" }}   # of the signing key; else file rights guard it
# origin = "nrf91-station/{plain_id}"   # the log's name in its checkpoints; never changed once there is one
# folder = "evidence"       # left out, it is evidence in the data folder

[people]                    # who they are is in the data folder: station people list
# service = "night-run"     # who runs --headless; somebody of the role service
idle_minutes = 10           # after so long without a command people are signed out, and an override takes the PIN again

# [updates]
# folder = "/mnt/it/nrf91-station"   # a share where newer packages lie; told of, never installed by itself
# key = "example.com/line-it+bc33d723+AelhCKruARAVuhWF1GVDftWeX46kt3xwDhTP5L7ZySNm"   # who signs their list

[timeouts]                  # seconds
# at_s = 10                 # an ordinary AT command
# power_off_s = 20          # AT+CFUN, which stores and switches the radio
# keygen_s = 30             # AT%KEYGEN
# write_s = 15              # writing or deleting one credential
# boot_s = 30               # a board's answer after a reset

[tools]
# nrfutil = "nrfutil"       # a program on the PATH, or a path
# jlink = "/opt/SEGGER/JLink/libjlinkarm.so"   # left out, it is looked for

[logs]
# folder = "logs"           # left out, it is logs in the data folder
# level = "info"            # debug, info, warning or error
# max_mebibytes = 10
# keep = 10
"""

_CLOUD: Final = """\
[cloud]
kind = "team"               # nRF Cloud's team API; "organisation" for the other one
base_url = {base_url}
{team}
api_key = {api_key}
# provisioning_url = "https://api.provisioning.nrfcloud.com/v1"   # for attested products: the key goes there too
# With kind = "organisation", instead of team and api_key (slugs as they stand in the portal's address):
# organisation: "my-organisation"
# project: "my-project"
# token: {{ keyring = "nrf91-station/organisation-token" }}, an Organization Auth Token that may write devices
# tenant: "...", the ID that an nRF93M1's onboarding token must name (that API does not tell it)
batch_rows = 500            # units go to the cloud when so many wait (1 to 1000) ...
max_wait_s = 900            # ... or when the oldest has waited so long
# overdue_after_s = 3600    # so long without an end, and a person may decide about an upload's units
# poll_every_s = 5
# connect_timeout_s = 10
# read_timeout_s = 60
# ca_bundle = "company-roots.pem"   # where the company's proxy re-encrypts
# [cloud.proxy]
# url = "http://proxy.example:3128"
# user = "station"
# password = {{ keyring = "nrf91-station/proxy" }}
"""

_NO_CLOUD: Final = """\
# Finished units wait until a cloud is named:
# [cloud]
# kind = "team"
# api_key = { keyring = "nrf91-station/api-key" }
"""

_NO_FOLDER: Final = '# folder = "ca"             # left out, it is ca in the data folder'
_NOT_KEPT: Final = (
    '# passphrase = { keyring = "nrf91-station/ca-passphrase" }   # left out, it is asked for at the start'
)

CLOUD_URL: Final = "https://api.nrfcloud.com/v1"


@dataclass(frozen=True, slots=True)
class FirstCloud:
    """Where finished units go. ``team`` "": people confirm at arming whose the key is."""

    api_key: SecretSource
    base_url: str = CLOUD_URL
    team: str = ""


@dataclass(frozen=True, slots=True)
class FirstStation:
    """The answers. ``ca_folder`` None: in the data folder; ``ca_passphrase`` None: it is typed when it is needed."""

    station_id: str
    line: str
    data: Path
    fixture: Path
    recipes: Path
    ca_name: str
    ca_folder: Path | None = None
    ca_passphrase: SecretSource | None = None
    cloud: FirstCloud | None = None


def render_station(wanted: FirstStation) -> str:
    """Return the text of the station file; whether it is sound, :func:`write_station` finds out. Pure."""
    folder, passphrase = _NO_FOLDER, _NOT_KEPT
    if wanted.ca_folder is not None:
        folder = f"folder = {_path(wanted.ca_folder)}"
    if wanted.ca_passphrase is not None:
        passphrase = f"passphrase = {_source(wanted.ca_passphrase)}"
    return _TEXT.format(
        station_id=_string(wanted.station_id),
        plain_id=wanted.station_id,
        line=_string(wanted.line),
        data=_path(wanted.data),
        fixture=_path(wanted.fixture),
        recipes=_path(wanted.recipes),
        cloud=_NO_CLOUD if wanted.cloud is None else _render_cloud(wanted.cloud),
        ca_name=_string(wanted.ca_name),
        ca_folder=folder,
        passphrase=passphrase,
    )


def write_station(path: Path, wanted: FirstStation) -> Loaded[StationSettings]:
    """Write the station file, for its owner alone, whole or not at all, and return it as it is read.

    Raises SET-102 with all that is wrong before anything is written; HOST-110 where a file is there; HOST-102, 103.
    """
    text = render_station(wanted).encode()
    load_station(path, text)
    make_private_folder(path.parent)
    create_file(path, text)
    return load_station(path)


def suggest_id(line: str) -> str:
    """Return an identifier made of a line's name, "" where nothing of it can stand in one. Pure."""
    plain = unicodedata.normalize("NFKD", line).encode("ascii", "ignore").decode().lower()
    words = "".join(one if one.isalnum() else " " for one in plain).split()
    return "-".join(words)[:64]


def _render_cloud(cloud: FirstCloud) -> str:
    team = f"team = {_string(cloud.team)}"
    if not cloud.team:
        team = (
            '# team = "..."              # the team ID that the API key must belong to; without it, people confirm it'
        )
    return _CLOUD.format(base_url=_string(cloud.base_url), team=team, api_key=_source(cloud.api_key))


def _source(source: SecretSource) -> str:
    match source:
        case KeyringSecret(service, name):
            return f"{{ keyring = {_string(f'{service}/{name}')} }}"
        case EnvironmentSecret(variable):
            return f"{{ env = {_string(variable)} }}"
        case FileSecret(path):
            return f"{{ file = {_path(path)} }}"
        case _:
            assert_never(source)


def _path(path: Path) -> str:
    return _string(path.as_posix())


def _string(text: str) -> str:
    # JSON's escapes are TOML's too, but for U+007F, which JSON leaves as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
