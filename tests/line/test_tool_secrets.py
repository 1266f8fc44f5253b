"""What tools are given and make is in no file, line or error but where it belongs, whatever is said back to them."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from station.devices.ports import PortSettings, open_port
from station.host.files import replace_file
from station.simulator.cloud_faults import Do, Fault
from tests.line.harness import Line
from tests.line.processes import call, call_station
from tests.line.test_secrets_stay import files_of, forms

PHRASE, CODE = "Planted phrase of a key: 55,8", "PLANTED-ownership-4711"


def holders(folder: Path, *secrets: str) -> set[str]:
    found = {name for name, data in files_of(folder).items() for one in secrets if any(f in data for f in forms(one))}
    return {name for name in found if not name.startswith("data/bench")}


@pytest.fixture
def loud(line: Line) -> Line:
    """A finished unit in slot 1, and a station that writes down all that it can."""
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    line.bench.insert_described(1, {"serial": "B1"})
    line.run(1)
    return line


@pytest.mark.announces("stamina.retry_scheduled")
def test_a_cloud_that_says_a_token_back_gives_it_to_nobody(loud: Line) -> None:
    line = loud
    uuid = str(line.board("B1")["uuid"])
    code, token, errors = call_station(line, "jwt", "create", "--slot", 1, "--sub", uuid)
    assert code == 0
    token = token.strip()
    assert token not in errors
    replace_file(line.folder / "token", token.encode())
    told = []
    for status in (401, 403, 404, 422, 500):
        said = json.dumps({"code": 40000, "message": f"Bearer {token} is odd. What is {token}?"})
        line.cloud.fail(Fault("* /v1/*", Do.STATUS, status=status, body=said, times=0))
        for words in (("device", uuid), ("assistance",)):
            code, shown, errors = call_station(line, "cloud", *words, "--jwt", line.folder / "token")
            assert code in (1, 4)
            told += [shown, errors]
        line.cloud.heal()
    assert [text for text in told if token[:60] in text or token[-40:] in text] == []
    assert holders(line.folder, token) == {"token"}
    assert line.cloud_truth()["leaks"] == []


def test_a_cloud_that_says_an_ownership_code_back_gives_it_to_nobody(loud: Line) -> None:
    line = loud
    replace_file(line.folder / "code", CODE.encode())
    words = ("cloud", "certificate", "dev-1", "--to", line.folder / "made", "--development", "--reason", "r")
    given = ("--ownership-code-file", line.folder / "code", "--sign-in", line.sign_in_file("edith"))
    told = []
    for status in (400, 401, 422, 500):
        said = json.dumps({"code": 40000, "message": f"What is {CODE}?"})
        line.cloud.fail(Fault("POST /v1/devices/*", Do.STATUS, status=status, body=said))
        code, shown, errors = call_station(line, *words, *given)
        assert code == 4
        told += [shown, errors]
    assert [text for text in told if CODE in text] == []
    assert holders(line.folder, CODE) == {"code"}


def test_a_passphrase_and_its_key_are_in_their_files_alone(loud: Line) -> None:
    line = loud
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PHRASE.encode()))
    replace_file(line.folder / "key.pem", pem)
    replace_file(line.folder / "phrase", PHRASE.encode())
    replace_file(line.folder / "wrong", PHRASE[::-1].encode())
    told = []
    for phrase, expected in (("phrase", 0), ("wrong", 4)):
        words = ("jwt", "create", "--key", line.folder / "key.pem", "--sub", "x")
        code, shown, errors = call(*words, "--passphrase-file", line.folder / phrase)
        assert code == expected
        told += [shown, errors]
    body = pem.decode().splitlines()[2]
    assert [text for text in told if PHRASE in text or PHRASE[::-1] in text or body in text] == []
    assert holders(line.folder, PHRASE) == {"phrase", "wrong"}  # searched for backwards too
    assert holders(line.folder, body) == {"key.pem"}


def test_a_port_that_another_program_has_is_left_to_it(loud: Line) -> None:
    port = open_port(PortSettings(loud.bench.port_address(1)), loud.clock)
    try:
        for words in (("jwt", "create"), ("credentials", "list")):
            code, _, errors = call(*words, "--port", loud.bench.port_address(1))
            assert (code, errors[:7]) == (4, "DEV-102")
    finally:
        port.close()


def test_a_firmware_with_a_shell_is_talked_to_as_well(line: Line) -> None:
    line.recipe(framing="at_shell")
    board = line.bench.insert_described(1, {"serial": "B1", "framing": "at_shell"})
    line.run(1, upload=False)
    by = ("--slot", 1, "--framing", "at_shell")
    code, shown, errors = call_station(line, "jwt", "create", *by)
    assert code == 0, errors
    assert call_station(line, "jwt", "verify", shown.strip(), "--unit", board["uuid"])[0] == 0
    code, shown, errors = call_station(line, "credentials", "list", *by, "--json")
    assert code == 0, errors
    assert len(shown.splitlines()) == len(line.board("B1")["credentials"])
