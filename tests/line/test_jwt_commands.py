"""``station jwt``: tokens of key files and of connected devices, and the reasons why one does not hold."""

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from station.host.files import replace_file
from station.host.lock import FolderLock
from tests.line.harness import Line, steps
from tests.line.processes import STATION, call, call_station, child_environment
from tests.line.typing_hands import terminal

PHRASE = "Planted phrase 88,1"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A private key's file; its public half, and the same key under a passphrase, beside it."""
    made = ec.generate_private_key(ec.SECP256R1())
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for name, lock in (("key.pem", NoEncryption()), ("locked.pem", BestAvailableEncryption(PHRASE.encode()))):
        replace_file(tmp_path / name, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    replace_file(tmp_path / "key.pub", public)
    replace_file(tmp_path / "phrase", PHRASE.encode())
    return tmp_path / "key.pem"


def create(*more: object) -> str:
    code, shown, errors = call("jwt", "create", *more)
    assert code == 0, errors
    assert shown.startswith("eyJ")
    return shown.strip()


def verify(token: str, *more: object) -> dict[str, Any]:
    code, shown, errors = call("jwt", "verify", token, "--json", *more)
    assert code in (0, 1), errors
    found: dict[str, Any] = json.loads(shown)
    assert found["holds"] is (code == 0) is (not found["wrong"])
    return found


def test_a_key_file_signs_and_its_public_key_verifies(key: Path) -> None:
    by = ("--public-key", key.with_suffix(".pub"))
    found = verify(create("--key", key, "--sub", "nrf-1", "--aud", "a"), *by, "--sub", "nrf-1", "--aud", "a")
    assert found["holds"]
    assert found["claims"]["exp"] - found["claims"]["iat"] == 600
    assert verify(create("--key", key, "--sub", "nrf-1", "--expires-in", 0), *by)["claims"] == {"sub": "nrf-1"}
    uuid = "50503041-3539-3437-8022-121b64016270"
    assert verify(create("--key", key, "--iss", f"nRF9151.{uuid}"), *by)["device"] == uuid
    assert verify(create("--key", key, "--sub", "nrf-1"), *by, "--aud", "a", "--sub", "nrf-2")["wrong"] == [
        "it is for nobody (aud), not for 'a'",
        "its subject (sub) is \"nrf-1\", not 'nrf-2'",
    ]


def test_a_sentence_says_whether_it_holds_and_why_not(key: Path) -> None:
    by = ("--public-key", key.with_suffix(".pub"))
    token = create("--key", key, "--sub", "nrf-1")
    code, shown, _ = call("jwt", "verify", token, *by)
    assert code == 0
    assert shown.startswith('It holds: signed by this key, for device "nrf-1", until ')
    code, shown, _ = call("jwt", "verify", token[:-4] + "AAAA", *by)
    assert code == 1
    assert shown.startswith("It does NOT hold.\n- its signature is not by this key")
    code, shown, _ = call("jwt", "verify", "what is this", *by)
    assert (code, "no JWT" in shown) == (1, True)


def test_a_passphrase_comes_from_its_place_or_a_prompt_and_from_nowhere_else(
    line: Line, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, phrase = key.with_name("locked.pem"), key.with_name("phrase")
    by = ("--public-key", key.with_suffix(".pub"))
    assert verify(create("--key", locked, "--sub", "x", "--passphrase-file", phrase), *by)["holds"]
    monkeypatch.setenv("THE_PHRASE", PHRASE)
    assert verify(create("--key", locked, "--sub", "x", "--passphrase-env", "THE_PHRASE"), *by)["holds"]
    with terminal(line, "jwt", "create", "--key", locked, "--sub", "x") as asked:
        asked.read_until(f"Passphrase of {locked}: ")
        asked.type(PHRASE)
        assert asked.end() == 0, asked.shown
    assert PHRASE not in asked.shown
    code, _, errors = call("jwt", "create", "--key", locked, "--sub", "x")
    assert (code, errors[:8]) == (4, "CRED-153")
    phrase.chmod(0o644)
    code, _, errors = call("jwt", "create", "--key", locked, "--sub", "x", "--passphrase-file", phrase)
    assert (code, errors[:8]) == (4, "HOST-104")


def test_a_key_that_others_can_read_or_of_another_kind_signs_nothing(key: Path) -> None:
    key.chmod(0o640)
    code, shown, errors = call("jwt", "create", "--key", key, "--sub", "x")
    assert (code, shown, errors[:8]) == (4, "", "HOST-104")
    replace_file(key, b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n")
    code, shown, errors = call("jwt", "create", "--key", key, "--sub", "x")
    assert (code, shown, errors[:8]) == (4, "", "CRED-152")
    assert "AAAA" not in errors


@pytest.mark.parametrize(
    "words",
    [
        ("create",),
        ("create", "--slot", 1, "--port", "x"),
        ("create", "--key", "key.pem"),
        ("create", "--key", "key.pem", "--iss", "nRF9151"),
        ("create", "--port", "x", "--iss", "nRF9151.50503041-3539-3437-8022-121b64016270"),
        ("create", "--port", "x", "--expires-in", 7 * 86400 + 1),
        ("create", "--key", "key.pem", "--sub", "x", "--passphrase-env", "A", "--passphrase-file", "b"),
        ("verify", "e30.e30.AA"),
        ("verify", "e30.e30.AA", "--unit", "x", "--public-key", "y"),
        ("service-token", "--key", "key.pem", "--team", ""),
    ],
)
def test_a_wrong_command_line_ends_with_2(words: tuple[object, ...]) -> None:
    assert call("jwt", *words)[0] == 2


def test_out_writes_a_new_file_for_its_owner_alone(key: Path, tmp_path: Path) -> None:
    words = ("jwt", "create", "--key", key, "--sub", "x", "--out", tmp_path / "token")
    code, shown, errors = call(*words)
    assert (code, shown) == (0, "")
    token = (tmp_path / "token").read_text()
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert token.strip() not in errors
    assert call(*words)[0] == 4  # nothing is overwritten
    assert (tmp_path / "token").read_text() == token


def test_a_service_token_says_that_it_is_deprecated(key: Path) -> None:
    code, shown, errors = call("jwt", "service-token", "--key", key, "--team", "t-1", "--device", "nrf-1", "--json")
    assert code == 0
    made = json.loads(shown)
    assert made["claims"].keys() == {"aud", "sub", "exp"}
    assert (made["claims"]["aud"], made["claims"]["sub"]) == ("t-1", "nrf-1")
    assert "deprecated" in errors


def test_a_token_comes_by_standard_input_too(key: Path) -> None:
    token = create("--key", key, "--sub", "x")
    command = [*STATION, "jwt", "verify", "-", "--public-key", str(key.with_suffix(".pub"))]
    for text, code in ((f"{token}\n", 0), ("\xff", 1), ("x" * 70000, 4)):
        done = subprocess.run(command, input=text.encode(), capture_output=True, env=child_environment({}), check=False)
        assert done.returncode == code, done.stderr


@pytest.mark.parametrize("device_id", ['scheme = "uuid"', 'scheme = "imei"\nprefix = "nrf-"'])
def test_a_connected_device_signs_and_the_journal_verifies(line: Line, device_id: str) -> None:
    line.recipe(device_id=device_id)
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1, upload=False)
    unit = board["uuid"] if "uuid" in device_id else f"nrf-{board['imei']}"
    before = line.board("B1")["credentials"]
    code, shown, errors = call_station(line, "jwt", "create", "--slot", 1, "--sub", unit)
    assert code == 0, errors
    code, told, errors = call_station(line, "jwt", "verify", shown.strip(), "--unit", unit, "--json")
    assert code == 0, told
    found = json.loads(told)
    assert (found["device"], found["claims"]["iss"].rpartition(".")[2]) == (unit, board["uuid"])
    assert found["claims"]["exp"] - found["claims"]["iat"] == 600
    # Without sub it speaks for its UUID: that is the device's ID only where it is named so.
    port = str(Path(line.bench.port_address(1)))
    code, shown, errors = call("jwt", "create", "--port", port, "--expires-in", 0)
    assert code == 0, errors
    code, told, _ = call_station(line, "jwt", "verify", shown.strip(), "--unit", unit, "--json")
    assert code == (0 if "uuid" in device_id else 1)
    assert ("this device is" in told) is ("imei" in device_id)
    assert line.board("B1")["credentials"] == before


def test_a_unit_that_has_no_certificate_is_verified_by_its_bare_key(line: Line) -> None:
    table = steps("identify", "clear-credentials", "generate-key", "prove", "store")
    line.recipe(way="public-key", credentials="[credentials]\nsec_tag = 16842753\nroots = []\n", cloud="", table=table)
    board = line.bench.insert_described(1, {"serial": "B1"})
    line.run(1, upload=False)
    code, shown, errors = call_station(line, "jwt", "create", "--slot", 1)
    assert code == 0, errors
    code, told, errors = call_station(line, "jwt", "verify", shown.strip(), "--unit", board["uuid"])
    assert code == 0, told + errors


def test_a_devices_token_is_not_another_units(line: Line) -> None:
    boards = [line.bench.insert_described(slot, {"serial": f"B{slot}"}) for slot in (1, 2)]
    line.run(2, upload=False)
    code, shown, errors = call_station(line, "jwt", "create", "--slot", 1)
    assert code == 0, errors
    code, told, _ = call_station(line, "jwt", "verify", shown.strip(), "--unit", boards[1]["uuid"])
    assert code == 1
    assert "not by this key" in told
    assert "this device is" in told


def test_a_device_that_can_not_sign_or_is_not_there_is_a_sentence(line: Line) -> None:
    line.bench.insert_described(1, {"serial": "B1"})
    code, shown, errors = call_station(line, "jwt", "create", "--slot", 1)
    assert (code, shown, errors[:3]) == (4, "", "AT-")  # there is no key under that tag
    code, _, errors = call_station(line, "jwt", "create", "--slot", 2)
    assert (code, errors[:7]) == (4, "DEV-101")
    code, _, errors = call_station(line, "jwt", "create", "--slot", 99)
    assert (code, errors[:8]) == (4, "LINE-202")
    with FolderLock(line.folder / "data", "batch WO-1"):
        code, _, errors = call_station(line, "jwt", "create", "--slot", 1)
    assert (code, errors[:8]) == (4, "HOST-105")
    assert "batch WO-1" in errors


def test_a_unit_without_a_certificate_can_not_verify(line: Line) -> None:
    broken = {"commands": [{"do": "wrong-digest", "match": "%KEYGEN", "times": 0}]}
    board = line.bench.insert_described(1, {"serial": "B1", "faults": broken})
    line.run(1, upload=False, seconds=8)
    code, _, errors = call_station(line, "jwt", "verify", "e30.e30.AA", "--unit", board["uuid"])
    assert (code, errors[:8]) == (4, "LINE-203"), errors
    code, _, errors = call_station(line, "jwt", "verify", "e30.e30.AA", "--unit", "nobody")
    assert (code, errors[:8]) == (4, "LINE-162")
