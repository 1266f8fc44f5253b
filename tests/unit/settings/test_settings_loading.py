"""A file is parsed once, frozen and hashed; what is wrong with it is told at once, by key, without its secrets."""

import hashlib
import json
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from station.domain.faults import Fault
from station.settings.explain import fields_by_key, sections_in
from station.settings.fixture import Fixture
from station.settings.loading import load_fixture, load_recipe
from station.settings.reading import load_station
from station.settings.recipe import Recipe
from station.settings.station import StationSettings

Refused = Callable[[Callable[[], object]], list[str]]


def all_sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in sections_in(field.annotation):
            yield from all_sections(inner)


SECTIONS = sorted({s for m in (StationSettings, Recipe, Fixture) for s in all_sections(m)}, key=lambda s: s.__name__)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_has_words_for_what_would_be_right(section: type[BaseModel]) -> None:
    assert [key for key, field in fields_by_key(section).items() if not field.description] == []


def test_the_hash_is_that_of_the_files_bytes(examples: Path) -> None:
    path = examples / "config/recipes/tracker.toml"
    assert load_recipe(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_pinned_file_cannot_change_without_the_hash(examples: Path, refused: Refused) -> None:
    image = examples / "fixtures/simulated/firmware/provisioning.hex"
    path = examples / "config/recipes/tracker.toml"
    before = load_recipe(path).sha256
    was, now = hashlib.sha256(image.read_bytes()).hexdigest(), hashlib.sha256(b"other").hexdigest()
    image.write_bytes(b"other")
    (line,) = refused(lambda: load_recipe(path))
    assert line.startswith(f"{path}: step 3 (flash): sha256: ")
    assert was in line
    assert now in line
    path.write_text(path.read_text(encoding="utf-8").replace(was, now), encoding="utf-8")
    assert load_recipe(path).sha256 != before


def test_an_image_that_changes_after_loading_is_refused_when_it_is_used(examples: Path) -> None:
    (image,) = load_recipe(examples / "config/recipes/tracker.toml").value.images
    content = image.path.read_bytes()
    assert image.read() == content
    image.path.write_bytes(content + b"\n")
    with pytest.raises(Fault, match=hashlib.sha256(content).hexdigest()) as caught:
        image.read()
    assert caught.value.code == "SET-103"


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_the_journals_copy_is_plain_json_and_names_no_place_of_this_pc(examples: Path, tmp_path: Path) -> None:
    loaded = [
        load_recipe(examples / "config/recipes/tracker-tested.toml"),
        load_station(examples / "config/station.toml"),
        load_fixture(examples / "fixtures/simulated/fixture.toml", data=tmp_path / "data"),
        load_fixture(examples / "fixtures/example-8-slot/fixture.toml", data=tmp_path / "data"),
    ]
    for context in [each.context() for each in loaded]:
        assert json.loads(json.dumps(context)) == context
        assert {type(leaf) for leaf in leaves(context)} <= {str, int, bool, types.NoneType}
        assert str(tmp_path) not in json.dumps(context)


def test_the_journals_copy_has_what_was_left_out(examples: Path) -> None:
    context: Any = load_recipe(examples / "config/recipes/tracker-tested.toml").context()
    assert context["content"]["serial"] == {"framing": "at_host", "baud": 115200}
    step = context["content"]["steps"][1]
    assert (step["limits"]["supply"], step["timeout_s"]) == ({"low": "3.2", "high": "3.4", "unit": "V"}, "30.0")


def test_what_was_loaded_cannot_be_changed(examples: Path) -> None:
    recipe = load_recipe(examples / "config/recipes/tracker.toml").value
    with pytest.raises(ValidationError):
        recipe.product = "other"  # type: ignore[misc]  # that is the point
    with pytest.raises(ValidationError):
        recipe.steps[0].attempts = 5  # type: ignore[misc]  # likewise


def test_a_windows_editors_mark_and_line_ends_are_taken(examples: Path) -> None:
    path = examples / "config/station.toml"
    before = load_station(path).value
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_station(path).value == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"schema = 1\nline = \n", "line 2, column 8"),
        (b"schema = 1\nschema = 1\n", "line 2"),
        (b"schema = 1\nline = 'L\xe4rm'\n", "byte 21 is no UTF-8"),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "station.toml"
    path.write_bytes(content)
    with pytest.raises(Fault, match=words) as caught:
        load_station(path)
    assert caught.value.code == "SET-101"
    assert str(path) in caught.value.sentence


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="no-such-file") as caught:
        load_station(tmp_path / "no-such-file.toml")
    assert caught.value.code == "HOST-101"


def test_all_problems_of_a_file_are_told_at_once(examples: Path, refused: Refused) -> None:
    path = examples / "config/station.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('line = "Line 1"', "line = 7\nlane = 3").replace("batch_rows = 500", "batch_rows = 5000")
    text = text.replace("line_years = 20", "line_years = 50").replace('station_id = "line1-a"', "")
    path.write_text(text, encoding="utf-8")
    assert refused(lambda: load_station(path)) == [
        f"{path}: station_id: missing; it must be 1 to 64 of the characters A-Z a-z 0-9 _ -.",
        f"{path}: line: 7 is not right; it must be the line's name, 1 to 64 characters.",
        f"{path}: cloud.batch_rows: 5000 is not right; it must be a whole number from 1 to 1000.",
        f"{path}: ca.line_years: each certificate must outlive those it signs: leaf < line < root; "
        "these are leaf_years 10, line_years 50, root_years 30.",
        f'{path}: lane: no such key; did you mean "line"? Allowed: '
        f"{', '.join(sorted(fields_by_key(StationSettings)))}.",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        'api_key = "planted-secret"',
        'api_key = ["planted-secret"]',
        'api_key = { env = "planted-secret" }',
        'api_key = { key = "planted-secret" }',
        'api_key = { env = "NRFCLOUD_API_KEY", file = "planted-secret" }',
        'api_key = { keyring = "planted secret" }',
        'api_key = { env = { keyring = "planted-secret" } }',
        'api_key = { env = "NRFCLOUD_API_KEY" }\napikey = "planted-secret"',
        'api_key = { env = "NRFCLOUD_API_KEY" }\npassword = "planted-secret"',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nteam = "planted-secret planted-secret planted-secret"',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nkind = "Bearer planted-secret"',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nbatch_rows = "a8f5f167f44f4964e6c998dee827110cplanted"',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nproxy = { url = "http://me:planted-secret@proxy.example" }',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nproxy = { url = "http://p", user = "u", password = "planted-secret" }',
        'api_key = { env = "NRFCLOUD_API_KEY" }\nbase_url = "https://planted-secret@api.nrfcloud.com/v1"',
    ],
)
def test_a_secret_in_the_wrong_place_is_refused_and_not_shown(examples: Path, refused: Refused, wrong: str) -> None:
    path = examples / "config/station.toml"
    kind = "" if "kind =" in wrong else 'kind = "team"\n'
    head, _, tail = path.read_text(encoding="utf-8").partition("[cloud]")
    ca = tail[tail.index("[ca]") :]
    path.write_text(f"{head}[cloud]\n{kind}{wrong}\n\n{ca}", encoding="utf-8")
    lines = refused(lambda: load_station(path))
    assert all(line.startswith(f"{path}: cloud.") for line in lines)
    with pytest.raises(Fault) as caught:
        load_station(path)
    assert "planted" not in "".join(traceback.format_exception(caught.value))


def test_a_secret_in_the_file_is_told_where_it_belongs(examples: Path, refused: Refused) -> None:
    path = examples / "config/station.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('{ keyring = "nrf91-station/api-key" }', '"abc"'), encoding="utf-8")
    (line,) = refused(lambda: load_station(path))
    assert "cloud.api_key: a secret is never written into this file" in line
    assert '{ env = "NRFCLOUD_API_KEY" }' in line
    assert "abc" not in line


toml_keys = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
toml_values = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(toml_keys, inner, max_size=3)),
    max_leaves=6,
)


def as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
        case str():
            return json.dumps(value).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items()) + "}"
    return str(value)


KEYS = sorted({key for section in SECTIONS for key in fields_by_key(section) if key.isidentifier()})


@settings(deadline=None)
@given(content=st.dictionaries(st.sampled_from(KEYS) | toml_keys, toml_values, max_size=6))
def test_any_toml_is_loaded_or_refused_with_sentences(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    text = "\n".join(f"{key} = {as_toml(value)}" for key, value in content.items())
    path.write_bytes(text.encode("utf-8", "replace"))
    for load in (load_station, load_recipe, lambda file: load_fixture(file, data=path.parent)):
        with pytest.raises(Fault) as caught:
            load(path)
        assert caught.value.code in ("SET-101", "SET-102")
        assert all(line.startswith(str(path)) for line in caught.value.sentence.splitlines())
        assert "something else" not in caught.value.sentence
