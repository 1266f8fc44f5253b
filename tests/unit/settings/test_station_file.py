"""What a station file may say, and what each mistake is told."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from station.domain.faults import StationFault
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret
from station.settings.reading import load_station
from station.settings.station import Tools

Refused = Callable[[Callable[[], object]], list[str]]
Edit = Callable[[str, str], Path]


@pytest.fixture
def edit(examples: Path) -> Edit:
    """How to replace a part of the example and get its path."""

    def replaced(old: str, new: str) -> Path:
        path = examples / "config/station.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return replaced


def test_paths_are_taken_from_the_files_folder_and_from_home(edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/line")
    monkeypatch.setenv("USERPROFILE", "/home/line")
    path = edit('data = "../data"', 'data = "~/data"')
    station = load_station(path).value
    assert station.data == Path("/home/line/data")
    assert station.recipes == path.parent / "recipes"


def test_the_place_of_the_file_decides_and_not_where_the_station_was_started(
    edit: Edit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = edit('name = "Example Works"', 'name = "Example Works"\nfolder = "ca"')
    monkeypatch.chdir(tmp_path)
    station = load_station(path.relative_to(tmp_path)).value
    assert station.ca_folder == path.parent / "ca"


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ('{ env = "NRFCLOUD_API_KEY" }', EnvironmentSecret("NRFCLOUD_API_KEY")),
        ('{ keyring = "nrf91-station/key" }', KeyringSecret("nrf91-station", "key")),
        ('{ file = "/etc/key" }', FileSecret(Path("/etc/key"))),
    ],
)
def test_a_secret_may_be_kept_in_three_places(edit: Edit, written: str, source: object) -> None:
    cloud = load_station(edit('{ keyring = "nrf91-station/api-key" }', written)).value.cloud
    assert cloud is not None
    assert cloud.api_key == source


def test_a_secret_file_may_lie_beside_the_station_file(edit: Edit) -> None:
    path = edit('{ keyring = "nrf91-station/api-key" }', '{ file = "key" }')
    cloud = load_station(path).value.cloud
    assert cloud is not None
    assert cloud.api_key == FileSecret(path.parent / "key")


def test_a_line_without_a_cloud_and_with_a_passphrase_asked_for_loads(edit: Edit) -> None:
    path = edit('passphrase = { keyring = "nrf91-station/ca-passphrase" }', "")
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[cloud]")] + text[text.index("[ca]") :], encoding="utf-8")
    station = load_station(path).value
    assert (station.cloud, station.ca.passphrase) == (None, None)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v1", "http://localhost/v1", "http://[::1]:80/v1", "https://api.example/v1/"]
)
def test_the_cloud_is_https_or_this_pc(edit: Edit, url: str) -> None:
    cloud = load_station(edit("https://api.nrfcloud.com/v1", url)).value.cloud
    assert cloud is not None
    assert cloud.base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.nrfcloud.com/v1", "in the clear"),
        ("http://127.0.0.1.example.com/v1", "in the clear"),
        ("http://localhost.example/v1", "in the clear"),
        ("ftp://127.0.0.1/v1", "write a URL such as https://"),
        ("api.nrfcloud.com/v1", "write a URL such as https://"),
        ("https:///v1", "write a URL such as https://"),
        ("https://api.nrfcloud.com/v1?key=x", "without"),
        ("https://api.nrfcloud.com:port/v1", "no URL"),
        ("https://me@api.nrfcloud.com/v1", "no login"),
    ],
)
def test_any_other_address_is_refused_with_the_reason(edit: Edit, refused: Refused, url: str, words: str) -> None:
    path = edit("https://api.nrfcloud.com/v1", url)
    (line,) = refused(lambda: load_station(path))
    assert line.startswith(f"{path}: cloud.base_url: ")
    assert words in line


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("schema = 1", "schema = 2", "schema: 2 is not right; it must be 1."),
        ('"line1-a"', '"line 1"', 'station_id: "line 1" is not right; it must be 1 to 64 of the characters'),
        ('"line1-a"', '"line1-a\\n"', "station_id: "),
        ('data = "../data"', 'data = "..\\\\data"', "data: write folders with / between them"),
        ("simulated/fixture.toml", "simulated/none.toml", "fixture: there is no file "),
        ('kind = "team"', 'kind = "org"', 'cloud.kind: "org" is not right; it must be "team" (the team API'),
        ("batch_rows = 500", "batch_rows = 0", "cloud.batch_rows: 0 is not right; it must be a whole number from 1 to"),
        ("batch_rows = 500", "batch_rows = 1001", "cloud.batch_rows: 1001 is not right"),
        ("batch_rows = 500", 'batch_rows = "500"', 'cloud.batch_rows: "500" is not right; it must be a whole number'),
        ("batch_rows = 500", "batch_rows = 2.5", "cloud.batch_rows: 2.5 is not right"),
        ("batch_rows = 500", "batch_rows = true", "cloud.batch_rows: true is not right"),
        ("max_wait_s = 900", "max_wait_s = nan", "cloud.max_wait_s: NaN is not right; it must be seconds"),
        ("max_wait_s = 900", "max_wait_s = 2026-01-01", "cloud.max_wait_s: the date or time 2026-01-01 is not right;"),
        ("schema = 1", "timeouts = 07:32:00\nschema = 1", "timeouts: the date or time 07:32:00 is not right; it must"),
        ('line = "Line 1"', 'line = "a\\tb"', "line: it has characters that can't be seen"),
        ("schema = 1", "schema = true", "schema: true is not right; it must be 1."),
        ("schema = 1", "schema = 1.0", "schema: 1.0 is not right; it must be 1."),
        ("schema = 1", 'schema = "1"', 'schema: "1" is not right; it must be 1.'),
        ('data = "../data"', 'data = ""', 'data: "" is not right; it must be the data folder'),
        ('data = "../data"', 'data = " "', 'data: " " is not right; it must be the data folder'),
        ("simulated/fixture.toml", "", "fixture: "),
        ('name = "Example Works"', 'name = "Example\\u001B[31m"', "ca.name: it has characters that can't be seen"),
        ('name = "Example Works"', 'name = "\\u202EskroW"', "ca.name: it has characters that can't be seen"),
        ("leaf_years = 10", "leaf_years = 20", "ca.line_years: each certificate must outlive those it signs"),
        ("root_years = 30", "root_years = 15", "ca.line_years: each certificate must outlive those it signs"),
        ('name = "Example Works"', "", "ca.name: missing; it must be the CA's name"),
        ("[ca]", "[ca]\nfolders = 1", 'ca.folders: no such key; did you mean "folder"? Allowed: folder, leaf_years,'),
        ("[ca]", "[timeouts]\nat = 3\n[ca]", 'timeouts.at: no such key; did you mean "at_s"?'),
        ("[ca]", '[logs]\nlevel = "loud"\n[ca]', 'logs.level: "loud" is not right; it must be "debug", "info"'),
        ("[ca]", '[cloud.proxy]\nurl = "http://p:1"\nuser = "u"\n[ca]', "cloud.proxy.user: a login has both"),
        ("[ca]", '[cloud.proxy]\nurl = "socks://p:1"\n[ca]', "cloud.proxy.url: write a URL such as http://"),
        ("[ca]", "[[steps]]\n[ca]", "steps: no such key. Allowed: ca, cloud,"),
    ],
)
def test_each_mistake_is_told_by_key_and_what_would_be_right(
    edit: Edit, refused: Refused, old: str, new: str, problem: str
) -> None:
    path = edit(old, new)
    (line,) = refused(lambda: load_station(path))
    assert line.startswith(f"{path}: {problem}")


def test_a_proxy_with_a_login_loads(edit: Edit) -> None:
    table = '[cloud.proxy]\nurl = "http://proxy.example:3128/"\nuser = "u"\npassword = { env = "PROXY_PASSWORD" }\n[ca]'
    cloud = load_station(edit("[ca]", table)).value.cloud
    assert cloud is not None
    assert cloud.proxy is not None
    assert (cloud.proxy.url, cloud.proxy.user) == ("http://proxy.example:3128", "u")
    assert cloud.proxy.password == EnvironmentSecret("PROXY_PASSWORD")


def test_tools_lie_where_the_file_says(edit: Edit, examples: Path) -> None:
    assert load_station(examples / "config/station.toml").value.tools == Tools(nrfutil="nrfutil", jlink=None)
    tools = load_station(
        edit("[ca]", '[tools]\nnrfutil = "../tools/nrfutil"\njlink = "/opt/jlink.so"\n[ca]')
    ).value.tools
    assert (tools.nrfutil, tools.jlink) == (str(examples / "tools/nrfutil"), Path("/opt/jlink.so"))


def test_the_time_for_an_image_is_the_recipes_now(edit: Edit, refused: Refused) -> None:
    path = edit("[ca]", "[timeouts]\nflash_s = 300\n[ca]")
    (line,) = refused(lambda: load_station(path))
    assert line.startswith(f"{path}: timeouts.flash_s: no such key")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names in a folder are POSIX's")
@pytest.mark.timeout(20)
def test_a_pipe_in_a_settings_file_s_place_is_told_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    os.mkfifo(path)
    with pytest.raises(StationFault) as caught:
        load_station(path)
    assert caught.value.code == "SET-101"
    assert "no regular file" in caught.value.sentence


ORGANISATION = """
organisation = "example-works"
project = "trackers"
token = { env = "NRFCLOUD_TOKEN" }
"""


def _by_organisation(examples: Path, keys: str = ORGANISATION, kind: str = "organisation") -> Path:
    """The example with another kind of cloud and these keys in its secret's place."""
    path = examples / "config/station.toml"
    text = path.read_text(encoding="utf-8").replace('kind = "team"', f'kind = "{kind}"')
    path.write_text(text.replace('api_key = { keyring = "nrf91-station/api-key" }', keys), encoding="utf-8")
    return path


def test_a_line_of_an_organisation_loads(examples: Path) -> None:
    cloud = load_station(_by_organisation(examples)).value.cloud
    assert cloud is not None
    assert (cloud.organisation, cloud.project, cloud.api_key) == ("example-works", "trackers", None)
    assert cloud.secret == EnvironmentSecret("NRFCLOUD_TOKEN")
    assert cloud.place == "https://api.nrfcloud.com/v1/organizations/example-works/projects/trackers"


@pytest.mark.parametrize(
    ("kind", "keys", "problems"),
    [
        (
            "organisation",
            "",
            [
                'cloud.organisation: missing; kind = "organisation" needs it.',
                'cloud.project: missing; kind = "organisation" needs it.',
                'cloud.token: missing; kind = "organisation" needs it.',
            ],
        ),
        ("team", "", ['cloud.api_key: missing; kind = "team" needs it.']),
        (
            "organisation",
            ORGANISATION + 'team = "t"\napi_key = { env = "KEY" }\n',
            [
                'cloud.api_key: it belongs to kind = "team", and this is "organisation"; leave it out.',
                'cloud.team: it belongs to kind = "team", and this is "organisation"; leave it out.',
            ],
        ),
        (
            "team",
            'api_key = { env = "KEY" }\nproject = "p"',
            ['cloud.project: it belongs to kind = "organisation", and this is "team"; leave it out.'],
        ),
        (
            "organisation",
            ORGANISATION.replace("trackers", "a/../b"),
            ['cloud.project: "a/../b" is not right; it must be the project\'s slug'],
        ),
        (
            "organisation",
            ORGANISATION.replace('{ env = "NRFCLOUD_TOKEN" }', '"oat_a-token-in-the-file"'),
            ["cloud.token: a secret is never written into this file"],
        ),
    ],
)
def test_a_cloud_has_what_its_kind_needs_and_nothing_of_the_other(
    examples: Path, refused: Refused, kind: str, keys: str, problems: list[str]
) -> None:
    path = _by_organisation(examples, keys, kind)
    lines = refused(lambda: load_station(path))
    assert len(lines) == len(problems), lines
    for line, problem in zip(sorted(lines), problems, strict=True):
        assert line.startswith(f"{path}: {problem}")
        assert "oat_" not in line
