"""The simulated modem's commands and credential store, beside what the manuals and genuine devices say."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from station.domain.modem import CredentialType
from station.host.clock import SystemClock
from station.simulator.board import Board, LoggedCommand
from station.simulator.faults import BoardFaults, Trait
from station.simulator.image import Framing, read_image
from station.simulator.modem import Modem
from station.simulator.profile import PROFILES
from station.simulator.timings import Timings

TAG = 16842753
ROOT = (Path(__file__).parents[3] / "config" / "roots" / "amazon-root-ca-1.pem").read_text(encoding="ascii")
# What genuine modems list for this very root (at-commands section 8).
ROOT_SHA = "2C43952EE9E000FF2ACC4E2ED0897C0A72AD5FA72C3D934E81741CBD54F05BD1"


def make(profile: str = "nrf9151", *traits: Trait, errors: bool = True) -> Modem:
    board = Board("BOARD", profile=PROFILES[profile], faults=BoardFaults(traits=frozenset(traits)))
    return start(board, errors=errors)


def start(board: Board, *, errors: bool = True) -> Modem:
    modem = Modem(board, Timings.none(), SystemClock())
    if errors:
        modem.execute("AT+CMEE=1")
    return modem


def ask(modem: Modem, command: str) -> str:
    return modem.execute(command).text


def write(modem: Modem, kind: int, content: str, tag: int = TAG) -> str:
    return ask(modem, f'AT%CMNG=0,{tag},{kind},"{content}"')


def rows(modem: Modem, command: str = "AT%CMNG=1") -> list[tuple[int, int, str]]:
    answer = ask(modem, command)
    assert answer.endswith("OK\r\n")
    found = re.findall(r'%CMNG: ([0-9]+),([0-9]+),"([0-9A-F]{64})"\r\n', answer)
    assert "".join(f'%CMNG: {tag},{kind},"{sha}"\r\n' for tag, kind, sha in found) + "OK\r\n" == answer
    return [(int(tag), int(kind), sha) for tag, kind, sha in found]


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "unit")])
    start_at = datetime(2026, 11, 22, tzinfo=UTC)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), 0xABC123, start_at, start_at + timedelta(days=10))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


@pytest.mark.parametrize(
    ("profile", "command", "answer"),
    [
        ("nrf9151", "AT", "OK\r\n"),
        ("nrf9151", "at+cgmi", "Nordic Semiconductor ASA\r\nOK\r\n"),
        ("nrf9151", "\nAT+CGMM", "nRF9151-LACA\r\nOK\r\n"),
        ("nrf9160", "AT+CGMM", "nRF9160-SICA\r\nOK\r\n"),
        ("nrf9160", "AT+CGMR", "mfw_nrf9160_1.3.5\r\nOK\r\n"),
        ("nrf9151-ntn", "AT+CGMR", "mfw_nrf9151-ntn_1.0.0-1.alpha\r\nOK\r\n"),
        ("nrf9151-pti", "AT+CGMR", "mfw-pti_nrf91x1_2.3.3\r\nOK\r\n"),
        ("nrf9161", "AT%HWVERSION", "%HWVERSION: nRF9161 LACA A0A\r\nOK\r\n"),
        ("nrf9151", "AT+CFUN?", "+CFUN: 4\r\nOK\r\n"),
        ("nrf9160", "AT%DEVICEUUID", "ERROR\r\n"),
        ("nrf9151", "AT%NOTHING=1", "ERROR\r\n"),
        ("nrf9151", "hello", "ERROR\r\n"),
    ],
)
def test_identity_commands(profile: str, command: str, answer: str) -> None:
    assert ask(make(profile), command) == answer


def test_the_imei_in_its_forms() -> None:
    modem = make()
    bare = re.fullmatch(r"([0-9]{15})\r\nOK\r\n", ask(modem, "AT+CGSN"))
    assert bare
    assert ask(modem, "AT+CGSN=1") == f'+CGSN: "{bare[1]}"\r\nOK\r\n'
    assert ask(make("nrf9151", Trait.NO_IMEI), "AT+CGSN") == "ERROR\r\n"


def test_errors_hide_their_cause_until_asked() -> None:
    modem = make(errors=False)
    assert ask(modem, f"AT%CMNG=3,{TAG},0") == "ERROR\r\n"
    assert ask(modem, "AT+CMEE?") == "+CMEE: 0\r\nOK\r\n"
    assert ask(modem, "AT+CMEE=1") == "OK\r\n"
    assert ask(modem, f"AT%CMNG=3,{TAG},0") == "+CME ERROR: 513\r\n"


def test_the_digest_is_the_genuine_one() -> None:
    modem = make()
    assert write(modem, 0, ROOT) == "OK\r\n"
    assert rows(modem, f"AT%CMNG=1,{TAG},0") == [(TAG, 0, ROOT_SHA)]
    assert ask(modem, f"AT%CMNG=2,{TAG},0") == f'%CMNG: {TAG},0,"{ROOT_SHA}","{ROOT}"\r\nOK\r\n'


def test_what_is_not_there_lists_as_nothing_and_reads_as_513() -> None:
    modem = make()
    assert ask(modem, f"AT%CMNG=1,{TAG},1") == "OK\r\n"
    assert ask(modem, f"AT%CMNG=2,{TAG},1") == "+CME ERROR: 513\r\n"
    assert ask(modem, f"AT%CMNG=3,{TAG},1") == "+CME ERROR: 513\r\n"


def test_the_list_is_in_the_genuine_order_with_the_modems_own_rows_behind() -> None:
    modem = make()
    ask(modem, f"AT%KEYGEN={TAG},2,0")
    for tag, kind in ((TAG, 1), (1001, 0), (TAG, 0), (42, 0)):
        assert write(modem, kind, ROOT, tag) == "OK\r\n"
    assert [row[:2] for row in rows(modem)] == [
        (42, 0),
        (1001, 0),
        (TAG, 0),
        (TAG, 1),
        (TAG, 2),
        (4294967293, 10),
        (4294967294, 6),
        (4294967292, 11),
    ]
    assert [row[:2] for row in rows(modem, f"AT%CMNG=1,{TAG}")] == [(TAG, 0), (TAG, 1), (TAG, 2)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ROOT, None),
        (ROOT.replace("\n", "\r\n"), None),
        (ROOT + "\n" + ROOT, None),
        (ROOT.rstrip("\n"), None),
        (ROOT.replace("\n", "\\n"), 527),
        (ROOT.replace("\n", " "), 527),
        ("HONKHONK", 527),
        (ROOT.replace("MIID", "MIIE"), 527),
        (ROOT[: len(ROOT) // 2], 527),
        (ROOT + "and more", 527),
    ],
)
def test_content_is_judged_by_new_firmware_alone(content: str, code: int | None) -> None:
    refused = f"+CME ERROR: {code}\r\n" if code else "OK\r\n"
    for kind in (CredentialType.ROOT_CA, CredentialType.CLIENT_CERT):
        assert write(make("nrf9151"), kind, content) == refused
        assert write(make("nrf9151-ntn"), kind, content) == refused
        assert write(make("nrf9161"), kind, content) == "OK\r\n"
    assert write(make("nrf9151"), CredentialType.CLIENT_KEY, content) == "OK\r\n"


def test_line_ends_can_be_refused() -> None:
    modem = make("nrf9151", Trait.REFUSES_CRLF)
    assert write(modem, 0, ROOT.replace("\n", "\r\n")) == "+CME ERROR: 527\r\n"
    assert write(modem, 0, ROOT) == "OK\r\n"


@settings(deadline=None)  # a shared PC may stall for a moment
@given(content=st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=255, exclude_characters='"')))
def test_what_is_stored_is_exactly_what_stood_between_the_quotes(content: str) -> None:
    modem = make("nrf9161")
    assert write(modem, CredentialType.PSK_IDENTITY, content) == "OK\r\n"
    sha = hashlib.sha256(content.encode("latin-1")).hexdigest().upper()
    assert ask(modem, f"AT%CMNG=2,{TAG},4") == f'%CMNG: {TAG},4,"{sha}","{content}"\r\nOK\r\n'


@settings(deadline=None)  # a shared PC may stall for a moment
@given(command=st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=255)))
def test_no_bytes_break_the_interpreter(command: str) -> None:
    for prefix in ("", "AT", "AT%CMNG=", "AT%KEYGEN=", "AT%JWT=", "AT+CFUN=", 'AT+CCLK="', "AT%CERTEXPIRY="):
        answer = ask(make(), prefix + command)
        assert re.search(r"(OK|ERROR|\+CME ERROR: [0-9]+)\r\n\Z", answer)


def test_private_keys_and_the_modems_own_items_are_guarded() -> None:
    modem = make()
    ask(modem, f"AT%KEYGEN={TAG},2,0")
    assert ask(modem, f"AT%CMNG=2,{TAG},2") == "+CME ERROR: 514\r\n"
    assert ask(modem, "AT%CMNG=3,4294967294,6") == "+CME ERROR: 514\r\n"
    assert ask(modem, 'AT%CMNG=0,2147483648,0,"x"') == "+CME ERROR: 514\r\n"
    assert ask(modem, "AT%KEYGEN=2147483648,2,0") == "+CME ERROR: 514\r\n"


def test_a_key_is_never_made_over_another() -> None:
    modem = make()
    assert ask(modem, f"AT%KEYGEN={TAG},2,0").startswith('%KEYGEN: "')
    before = rows(modem)
    assert ask(modem, f"AT%KEYGEN={TAG},2,0") == "+CME ERROR: 519\r\n"
    assert rows(modem) == before
    assert ask(modem, f"AT%CMNG=3,{TAG},2") == "OK\r\n"
    assert ask(modem, f"AT%KEYGEN={TAG},2,0").startswith('%KEYGEN: "')
    assert rows(modem)[0] != before[0]


@pytest.mark.parametrize("mode", [1, 2, 21])
def test_nothing_is_written_in_active_state(mode: int) -> None:
    modem = make()
    write(modem, 0, ROOT)
    assert ask(modem, f"AT+CFUN={mode}") == "OK\r\n"
    for command in (f"AT%KEYGEN={TAG},2,0", f'AT%CMNG=0,{TAG},1,"{ROOT}"', f"AT%CMNG=3,{TAG},0"):
        assert ask(modem, command) == "+CME ERROR: 518\r\n"
    assert len(rows(modem)) == 4
    assert ask(modem, "AT+CFUN=4") == "OK\r\n"
    assert ask(modem, f"AT%CMNG=3,{TAG},0") == "OK\r\n"


def test_an_application_may_have_started_the_modem() -> None:
    assert ask(make("nrf9151", Trait.ACTIVE_AT_BOOT), f"AT%KEYGEN={TAG},2,0") == "+CME ERROR: 518\r\n"


@pytest.mark.parametrize(
    ("trait", "code"), [(Trait.POWER_WARNING, 528), (Trait.FULL_STORE, 515), (Trait.REFUSES_OVERWRITE, 519)]
)
def test_a_board_can_refuse_to_store(trait: Trait, code: int) -> None:
    board = Board("FULL")
    modem = start(board)
    assert write(modem, 0, ROOT) == "OK\r\n"
    board.add_faults(BoardFaults(traits=frozenset({trait})))
    assert write(modem, 0, ROOT) == f"+CME ERROR: {code}\r\n"
    if trait is not Trait.REFUSES_OVERWRITE:
        assert ask(modem, f"AT%KEYGEN={TAG},2,0") == f"+CME ERROR: {code}\r\n"


def test_the_store_fills_up_and_room_can_be_made() -> None:
    modem = make()
    answers = [write(modem, 0, ROOT, tag) for tag in range(100)]
    assert answers[0] == "OK\r\n"
    assert answers[-1] == "+CME ERROR: 515\r\n"
    assert ask(modem, "AT%CMNG=3,0,0") == "OK\r\n"
    assert write(modem, 0, ROOT, 99) == "OK\r\n"


def test_overwriting_replaces() -> None:
    modem = make()
    write(modem, 1, ROOT)
    other = certificate()
    assert write(modem, 1, other) == "OK\r\n"
    assert rows(modem, f"AT%CMNG=1,{TAG},1") == [(TAG, 1, hashlib.sha256(other.encode()).hexdigest().upper())]


def test_old_firmware_knows_neither_keys_nor_digests() -> None:
    modem = make("nrf9160-old")
    for command in (f"AT%KEYGEN={TAG},2,0", "AT%ATTESTTOKEN", "AT%JWT"):
        assert ask(modem, command) == "ERROR\r\n"
    assert write(modem, 4, "HONKHONK") == "OK\r\n"
    assert write(modem, 0, "HONKHONK") == "OK\r\n"
    assert rows(modem)[:2] == [(TAG, 0, "00" * 32), (TAG, 4, "04" * 32)]
    between = make("nrf9160-1.3.1")
    assert ask(between, f"AT%KEYGEN={TAG},2,0").startswith("%KEYGEN")
    assert rows(between)[0] == (TAG, 2, "02" * 32)


def test_what_was_not_flushed_can_be_lost() -> None:
    board = Board("FORGETS", faults=BoardFaults(traits=frozenset({Trait.UNFLUSHED_LOST})))
    modem = start(board)
    assert write(modem, 0, ROOT) == "OK\r\n"
    assert ask(modem, "AT+CFUN=0") == "OK\r\n"
    ask(modem, f"AT%KEYGEN={TAG},2,0")
    board.cut_power()
    assert [item.type for item in board.stored() if item.sec_tag == TAG] == [0]
    ask(modem, f"AT%KEYGEN={TAG},2,0")
    board.boot()
    assert [item.type for item in board.stored() if item.sec_tag == TAG] == [0]


def test_other_boards_keep_what_was_written() -> None:
    board = Board("KEEPS")
    write(start(board), 0, ROOT)
    board.cut_power()
    board.boot()
    assert [item.type for item in board.stored() if item.sec_tag == TAG] == [0]


def test_expiry_shows_that_the_modem_read_the_certificate() -> None:
    modem = make()
    write(modem, 1, certificate())
    assert ask(modem, f"AT%CERTEXPIRY={TAG},1") == "%CERTEXPIRY: ABC123,20261122000000Z,20261202000000Z\r\nOK\r\n"
    assert ask(modem, f"AT%CERTEXPIRY={TAG},0") == "+CME ERROR: 513\r\n"


def test_a_factory_reset_needs_an_inactive_modem_and_empties_the_store() -> None:
    modem = make()
    write(modem, 0, ROOT)
    ask(modem, "AT+CFUN=1")
    assert ask(modem, "AT%XFACTORYRESET=0") == "+CME ERROR: 518\r\n"
    ask(modem, "AT+CFUN=4")
    assert ask(modem, "AT%XFACTORYRESET=0") == "OK\r\n"
    assert len(rows(modem)) == 3


def test_a_new_modem_firmware_changes_what_the_modem_can_do(tmp_path: Path) -> None:
    board = Board("UPDATE", profile=PROFILES["nrf9160-old"])
    package = tmp_path / "mfw_nrf9160_1.3.7.zip"
    package.write_bytes(b"PK")
    board.end_program(read_image(package))
    board.boot()
    modem = start(board)
    assert ask(modem, "AT+CGMR") == "mfw_nrf9160_1.3.7\r\nOK\r\n"
    assert ask(modem, f"AT%KEYGEN={TAG},2,0").startswith("%KEYGEN")
    assert rows(modem)[0][2] != "02" * 32


@pytest.mark.parametrize(
    ("name", "content", "framing"),
    [
        ("whatever.hex", b"\x00simulated-framing:at_shell\x00", Framing.AT_SHELL),
        # 'simulated-framing:serial_modem' in two Intel HEX records
        (
            "product.hex",
            b":1000000073696D756C617465642D6672616D696E36\r\n:0E001000673A73657269616C5F6D6F64656D00C7\r\n:00000001FF\r\n",
            Framing.SERIAL_MODEM,
        ),
        ("at_shell.hex", b"", Framing.AT_SHELL),
        ("serial_modem_v1.hex", b"", Framing.SERIAL_MODEM),
        ("application.hex", b"", Framing.NONE),
        ("provisioning.hex", b"", Framing.AT_HOST),
    ],
)
def test_an_images_framing_is_told_by_its_mark_or_its_name(
    tmp_path: Path, name: str, content: bytes, framing: Framing
) -> None:
    (tmp_path / name).write_bytes(content)
    image = read_image(tmp_path / name)
    assert (image.framing, image.sha256) == (framing, hashlib.sha256(content).hexdigest())


def test_realistic_and_shortened_times() -> None:
    board = Board("TIMES")
    slow, fast = (Modem(board, timings, SystemClock()) for timings in (Timings.realistic(), Timings.fast()))
    for number in range(50):
        assert 0.6 <= slow.execute(f"AT%KEYGEN={number},2,0").seconds <= 3.0
        assert 0.03 <= fast.execute(f"AT%KEYGEN={number + 100},2,0").seconds <= 0.15
        assert 0.3 <= slow.execute("AT+CFUN=4").seconds <= 1.3
        assert 0.05 <= slow.execute(f'AT%CMNG=0,{number},4,"x"').seconds <= 0.1
    assert Modem(board, Timings.none(), SystemClock()).execute("AT%KEYGEN=999,2,0").seconds == 0.0


def test_a_boards_seconds_are_told_by_what_they_went_to() -> None:
    board = Board("BUSY")
    board.spend(0.5)
    board.spend(0.25, arriving=True)
    board.take(LoggedCommand(f'AT%CMNG=0,{TAG},1,"{ROOT}"', None))
    board.spend(1.0)
    board.spend_at_probe("look", 0.125, begins=True)
    board.spend(0.5, arriving=True)
    board.take(LoggedCommand("AT+CFUN=0", None))
    spent = board.counters.spent
    assert spent == {
        "start": (0, 0.5),
        f"AT%CMNG=0,{TAG},1,": (1, 1.25),
        "probe look": (1, 0.125),
        "AT+CFUN=0": (1, 0.5),
    }
    assert sum(seconds for _, seconds in spent.values()) == board.counters.device_seconds
