"""Keys over a credentials shell: what happens when a shell misbehaves, when the station dies, and where the key is."""

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from station.domain.ids import DeviceId
from station.domain.line import Outcome, StepKind
from station.line.decisions import declare_rework
from tests.line.harness import Line
from tests.line.test_other_ways import HANDED, OWN, boards_key, certified_key
from tests.line.test_recovery import crash
from tests.line.test_secrets_stay import files_of
from tests.line.trial import QUICK, Trial

SHELL = {"framing": "cred_shell"}


@pytest.fixture(params=[HANDED, OWN], ids=["made here", "made there"])
def way(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each of the two ways over a shell."""
    chosen: dict[str, str] = request.param
    return chosen


def begin(line: Line, way: dict[str, str], **more: Any) -> None:
    line.write(slots=1, station=QUICK, slot='presence = "scan"', **more)
    line.recipe(**way)  # type: ignore[arg-type] -- the ways' tables are the recipe's words


def private_forms(line: Line, serial: str) -> set[bytes]:
    """Return every form in which the private key that truly lies in a board could be read anywhere."""
    items: Any = line.bench.describe_board(serial, private=True)["credentials"]
    (pem,) = [item["private_key"] for item in items if item["type"] == 2]
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    number = key.private_numbers().private_value
    raw = number.to_bytes(32, "big")
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), str(number).encode()}
    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        text = key.private_bytes(Encoding.PEM, form, NoEncryption())
        # The end of it is the public half, which stands in requests and certificates too.
        at = key.private_bytes(Encoding.DER, form, NoEncryption()).index(raw)
        lines = [line for line in text.splitlines() if not line.startswith(b"-----")]
        found |= {line for place, line in enumerate(lines) if place * 48 < at + len(raw) and (place + 1) * 48 > at}
        # As the shell is told: the PEM in base64 once more, in pieces that begin anywhere.
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + text)[4:-4]
            found |= {whole[at : at + 40] for at in range(44, len(whole) - 40, 40)}
    for offset in range(3):
        found.add(base64.b64encode(b"\0" * offset + raw)[4:-4])
    return found


def test_a_key_that_was_made_here_is_nowhere_but_in_the_board(line: Line) -> None:
    begin(line, HANDED)
    with line.station_file.open("a") as file:
        file.write('[logs]\nlevel = "debug"\n')
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **SHELL}).passed
        lost = {"commands": [{"do": "lose-answer", "match": "cred add.*PK"}]}
        trial.take_out()
        trial.put({"serial": "TWO", **SHELL, "faults": lost})
    files = files_of(line.folder)
    assert {"data/journal.db", "data/logs/station.log"} <= set(files)
    assert b'"level": "debug"' in files["data/logs/station.log"]
    assert b"cred buf" in files["data/logs/station.log"]
    serials = [one for one in ("ONE", "TWO") if any(item["type"] == 2 for item in line.board(one)["credentials"])]
    assert "ONE" in serials
    forms = set[bytes]().union(*(private_forms(line, serial) for serial in serials))
    found = [f"{name}: {form!r}" for name, content in files.items() for form in forms if form in content]
    assert found == []
    # The search finds such a key where there is one.
    key = line.bench.describe_board("ONE", private=True)
    assert any(form in repr(key).encode() for form in forms)


def test_no_core_file_is_written_by_a_process_that_makes_keys(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no core files")
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)\n"
        "from station.host.core_files import forbid_core_files\n"
        "assert forbid_core_files()\n"
        "print(*resource.getrlimit(resource.RLIMIT_CORE), flush=True)\n"
        "import os; os.abort()"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    soft, hard = shown.stdout.split()
    # 0 would leave a system that pipes cores to a program free to do so; 1 tells it not to.
    assert soft == ("0" if hard == "0" else "1")
    assert shown.returncode < 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "kind", ["step-finished step=generate-key", "certificate-issued", "step-intended step=write-credentials"]
)
def test_a_station_that_dies_leaves_one_certificate_and_the_board_its_key(
    line: Line, way: dict[str, str], kind: str
) -> None:
    begin(line, way, organisation=False)
    # Boards are seen by their port where nobody is there to say that one is in.
    line.write(slots=1, station=QUICK)
    line.bench.insert_described(1, {"serial": "ONE", **SHELL})
    crash(line, *kind.split())
    line.bench.remove(1)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE"})
        assert end.passed, end
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")
        rows = trial.records.certificates_of(DeviceId(line.board("ONE")["uuid"]))
        standing = [row for row in rows if row.state != "superseded"]
        assert len(standing) == 1
        adopted = end.step(StepKind.GENERATE).results["adopted_from"]
        assert (adopted is None) is (way is HANDED)


def test_a_rework_gives_a_shell_s_board_another_key_and_certificate(line: Line, way: dict[str, str]) -> None:
    begin(line, way)
    with Trial(line) as trial:
        assert trial.put({"serial": "ONE", **SHELL}).passed
        before = certified_key(trial, "ONE")
        trial.take_out()
        uuid = line.board("ONE")["uuid"]
        declare_rework(trial.station.gate, trial.records, uuid, line.actor(), "another one", line.second())
        assert trial.put({"serial": "ONE"}).passed
        assert boards_key(line, "ONE") == certified_key(trial, "ONE") != before


@pytest.mark.parametrize(
    ("fault", "passes"),
    [
        ({"do": "lose-answer", "match": "cred add.*SERV"}, True),
        ({"do": "lose-answer", "match": "cred add.*PK"}, True),
        ({"do": "lose-answer", "match": "keygen"}, True),
        ({"do": "corrupt-write", "match": "cred add.*CA", "times": 3}, False),
    ],
    ids=str,
)
def test_a_shell_that_misbehaves_costs_no_more_than_the_attempt(
    line: Line, way: dict[str, str], fault: dict[str, Any], passes: bool
) -> None:
    begin(line, way)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", **SHELL, "faults": {"commands": [fault]}})
        if passes:
            assert end.passed, end
        else:
            assert end.outcome is Outcome.FAILED, end
        trial.take_out()
        assert passes or trial.put({"serial": "ONE"}).passed
        assert boards_key(line, "ONE") == certified_key(trial, "ONE")


def test_a_board_without_a_modem_to_ask_is_refused_with_a_sentence(line: Line, way: dict[str, str]) -> None:
    begin(line, way)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", "framing": "tls_shell"})
        assert (end.outcome, end.code, end.failed_in) == (Outcome.FAILED, "LINE-116", StepKind.IDENTIFY), end


def test_the_key_s_digest_in_the_record_is_of_what_the_board_holds(line: Line) -> None:
    begin(line, HANDED)
    with Trial(line) as trial:
        end = trial.put({"serial": "ONE", **SHELL})
        key = end.step(StepKind.GENERATE).results["spki_sha256"]
        assert hashlib.sha256(bytes.fromhex(boards_key(line, "ONE"))).hexdigest() == key
