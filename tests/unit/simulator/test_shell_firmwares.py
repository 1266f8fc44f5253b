"""The simulated applications with credentials shells and the bare nRF93M1 port, word for word beside their sources."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from cryptography import x509

from station.domain.modem import CredentialType
from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.faults import BoardFaults, Trait
from station.simulator.host_firmware import HostFirmware, start_firmware
from station.simulator.image import Framing, read_image
from station.simulator.modem import Modem
from station.simulator.profile import PROFILES
from station.simulator.timings import Timings

TAG = 16842753
PROMPT = "\x1b[1;32muart:~$ \x1b[m"
RED, YELLOW, PLAIN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[m"


class Wire:
    """A line in memory."""

    def __init__(self) -> None:
        self.sent = b""

    def wait(self, seconds: float) -> None:
        assert seconds == 0.0

    def send(self, data: bytes) -> None:
        self.sent += data

    def answer(self, data: bytes) -> bytes:
        self.sent += data
        return b""


class Host:
    """What sits at the other end and types."""

    def __init__(self, framing: Framing, profile: str = "nrf9151", *traits: Trait) -> None:
        faults = BoardFaults(traits=frozenset(traits))
        self.board = Board("BOARD", framing=framing, profile=PROFILES[profile], faults=faults)
        self.start()

    def start(self) -> None:
        """Have the board restart."""
        self.wire = Wire()
        self.board.boot()
        image = self.board.image
        assert image is not None
        modem = Modem(self.board, Timings.none(), SystemClock())
        self.firmware: HostFirmware = start_firmware(image.framing, self.board, modem, self.wire)

    def type(self, line: str) -> str:
        """Return all that comes back for a line."""
        self.wire.sent = b""
        self.firmware.receive(line.encode("latin-1") + b"\r")
        return self.wire.sent.decode("latin-1")

    def ask(self, line: str) -> str:
        """Return what a shell prints between the echo and its prompt."""
        said = self.type(line)
        # The echo is broken where the terminal's line is full.
        echo, _, rest = said.partition("\r\n")
        while len(echo.replace("\r\n", "")) < len(line):
            more, _, rest = rest.partition("\r\n")
            echo += more
        assert echo == line
        answer, prompt, _ = rest.partition(PROMPT)
        assert prompt
        return answer.replace("\r\n", "\n")


def stored(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode() + b"\0").digest()).decode()


def fill(host: Host, text: str) -> None:
    encoded = base64.b64encode(text.encode()).decode()
    for at in range(0, len(encoded), 48):
        chunk = encoded[at : at + 48]
        assert host.ask(f"cred buf {chunk}") == f"Stored {len(chunk)} bytes.\n"


def test_a_credential_goes_through_the_buffer() -> None:
    host = Host(Framing.TLS_SHELL)
    assert host.ask("cred buf clear") == "Credential buffer cleared.\n"
    fill(host, "a certificate")
    added = "Added TLS credential of type SERVER_CERT, sectag 7, and length 14 bytes.\nCredential buffer cleared.\n"
    assert host.ask("cred add 7 SERV DEFAULT bint") == added
    assert host.ask("cred list 7 SERV") == f"7,SERV,{stored('a certificate')},0\n1 credentials found.\n"
    assert host.ask("cred list") == f"7,SERV,{stored('a certificate')},0\n1 credentials found.\n"
    assert host.ask("cred list 8") == "0 credentials found.\n"
    assert host.ask("cred del 7 SERV") == "Deleted TLS credential with sectag 7 and type SERVER_CERT.\n"


def test_the_shells_refusals_are_its_own_words() -> None:
    host = Host(Framing.TLS_SHELL)
    assert host.ask("cred add 7 CA DEFAULT bint") == f"{RED}Please provide a credential to add.\n{PLAIN}"
    gone = f"{RED}There is no TLS credential with sectag 7 and type PRIVATE_KEY.\n{PLAIN}"
    assert host.ask("cred del 7 PK") == gone
    assert host.ask("cred del x PK") == f"{RED}x is not a valid sectag.\n{PLAIN}"
    assert host.ask("cred del 7 XY") == f"{RED}XY is not a valid credential type.\n{PLAIN}"
    fill(host, "one")
    host.ask("cred add 7 CA DEFAULT bint")
    fill(host, "two")
    there = f"{RED}TLS credential with sectag 7 and type CA_CERT already exists.\n{PLAIN}Credential buffer cleared.\n"
    assert host.ask("cred add 7 CA DEFAULT bint") == there
    fill(host, "x")
    host.ask("cred buf x")
    assert "Could not decode input from base64, error: -22" in host.ask("cred add 8 CA DEFAULT bint")
    assert host.ask("nothing") == f"{RED}nothing: command not found\n{PLAIN}"
    assert host.ask("at AT") == f"{RED}at: command not found\n{PLAIN}"
    assert host.ask("nrf_cloud_cred keygen") == f"{RED}nrf_cloud_cred: command not found\n{PLAIN}"


def test_a_full_buffer_and_a_full_store_are_said() -> None:
    host = Host(Framing.TLS_SHELL, "nrf9151", Trait.FULL_STORE)
    fill(host, "x" * 900)
    full = "Failed to add TLS credential with sectag 7 and type CA_CERT. Error: -12"
    assert host.ask("cred add 7 CA DEFAULT bint") == f"{RED}{full}\n{PLAIN}.Credential buffer cleared.\n"
    fill(host, "x" * 3040)
    room = host.ask(f"cred buf {'x' * 48}")
    assert room.startswith(f"{RED}Not enough room in credential buffer for provided data.")
    assert room.endswith("Credential buffer cleared.\n")


def test_a_store_that_takes_nothing_back_is_said_in_the_shells_words() -> None:
    host = Host(Framing.CRED_SHELL)
    fill(host, "x")
    host.ask("cred add 7 CA DEFAULT bint")
    host.board.add_faults(BoardFaults(traits=frozenset({Trait.POWER_WARNING})))
    failed = "Deleting TLS credential with sectag 7 and type CA_CERT failed with error: -5."
    assert host.ask("cred del 7 CA") == f"{RED}{failed}\n{PLAIN}"
    assert host.ask(f"nrf_cloud_cred keygen {TAG}") == f"{RED}Key generation failed: -5\n{PLAIN}"
    assert host.ask("cred list 7").endswith("1 credentials found.\n")


def test_a_line_is_cut_where_the_shells_buffer_ends() -> None:
    host = Host(Framing.TLS_SHELL)
    host.wire.sent = b""
    host.firmware.receive(b"cred buf " + b"A" * 300 + b"\r")
    assert b"Stored 246 bytes." in host.wire.sent
    assert host.board.counters.bytes_lost == 54


def test_the_application_makes_its_key_and_signs_with_it() -> None:
    host = Host(Framing.CRED_SHELL)
    assert host.ask(f"nrf_cloud_cred csr {TAG}") == f"{RED}CSR generation failed: -5\n{PLAIN}"
    assert host.ask("nrf_cloud_cred keygen") == f"Generated device key in sec tag {TAG}\n"
    warned = f"{YELLOW}Key already exists in sec tag {TAG}. Use 'delete' to remove it first.\n{PLAIN}"
    assert host.ask(f"nrf_cloud_cred keygen {TAG}") == warned
    assert host.ask("nrf_cloud_cred keygen 8") == f"{RED}Key generation failed: -134\n{PLAIN}"
    assert host.ask("nrf_cloud_cred keygen 0x7fffffff") == f"{RED}Key generation failed: -22\n{PLAIN}"
    said = re.fullmatch(r"CSR: (\S+)\nCSR generation complete\n", host.ask(f'nrf_cloud_cred csr {TAG} "CN=unit-17"'))
    assert said is not None
    request = x509.load_der_x509_csr(base64.b64decode(said[1]))
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=unit-17"
    assert list(request.extensions) == []
    key = host.board.key(TAG)
    assert key is not None
    point = base64.b64encode(key.spki[-65:]).decode()
    assert host.ask("nrf_cloud_cred pubkey") == f"PUBKEY: {point}\nPublic key export complete\n"
    number = base64.b64encode(hashlib.sha256(TAG.to_bytes(4, "little")).digest()).decode()
    assert host.ask(f"cred list {TAG}") == f"{TAG},PK_PSA,{number},0\n1 credentials found.\n"
    assert host.ask("nrf_cloud_cred delete") == f"Deleted device key in sec tag {TAG}\n"
    assert host.ask("nrf_cloud_cred pubkey") == f"{RED}Public key export failed: -5\n{PLAIN}"


def test_making_a_key_leaves_a_log_line_behind_the_prompt() -> None:
    host = Host(Framing.CRED_SHELL)
    said = host.type("nrf_cloud_cred keygen")
    assert said.count(PROMPT) == 2
    assert "<inf> nrf_cloud_credentials_keygen: Generated device key" in said.partition(PROMPT)[2]


def test_a_key_stays_over_a_restart_and_is_listed_only_under_the_usual_tag() -> None:
    host = Host(Framing.CRED_SHELL)
    host.ask("nrf_cloud_cred keygen 9")
    assert "9,PK_PSA," in host.ask("cred list 9")
    host.start()
    assert host.ask("cred list 9") == "0 credentials found.\n"
    assert "CSR generation complete" in host.ask('nrf_cloud_cred csr 9 "CN=x"')


def test_the_shell_with_a_modem_has_at_beside() -> None:
    host = Host(Framing.CRED_SHELL)
    assert f'+CGSN: "{host.board.imei}"\n' in host.ask("at 'AT+CGSN=1'").replace("\r", "")
    assert host.ask("kernel version") == "Zephyr version 3.7.99\n"
    assert re.fullmatch(r"Length: 8\nID: 0x[0-9a-f]{16}\n", host.ask("hwinfo devid"))


@pytest.mark.parametrize("framing", [Framing.CRED_SHELL, Framing.TLS_SHELL, Framing.V250])
def test_an_image_can_say_that_it_is_one_of_these(tmp_path: Path, framing: Framing) -> None:
    path = tmp_path / "app.bin"
    path.write_bytes(b"\0" * 40 + f"simulated-framing:{framing}".encode())
    assert read_image(path).framing is framing


class TestNrf93m1:
    """The commands of the nRF93M1, on its own port."""

    @staticmethod
    def host(*traits: Trait) -> Host:
        host = Host(Framing.V250, "nrf93m1", *traits)
        assert host.type("ATE0") == "ATE0\r\r\nOK\r\n"
        return host

    def test_it_echoes_until_it_is_told_not_to(self) -> None:
        host = Host(Framing.AT_HOST, "nrf93m1")
        assert host.type("AT") == "AT\r\r\nOK\r\n"
        host.type("ATE0")
        assert host.type("AT+CGMM") == "\r\nnRF93M1-LABA-A0A (R3)\r\n\r\nOK\r\n"

    def test_it_makes_uuid_and_key_when_it_is_first_asked(self) -> None:
        host = self.host()
        uuid = f"%DEVICEUUID: {host.board.uuid}\r\n"
        assert host.type("AT%DEVICEUUID") == f"\r\n%DEVICEUUID: creating device uuid...\r\n{uuid}\r\nOK\r\n"
        assert host.type("AT%DEVICEUUID") == f"\r\n{uuid}\r\nOK\r\n"
        assert "creating cloud access key" in host.type("AT%CLOUDACCESSKEY")
        said = host.type("AT%CLOUDACCESSKEY")
        key = host.board.key(0)
        assert key is not None
        assert base64.b64decode(said.split(": ")[1].split("\r")[0]) == key.spki

    def test_it_signs_for_an_account_once_it_has_the_time(self) -> None:
        host = self.host()
        assert host.type("AT+CCLK?") == '\r\n+CCLK: "00/01/01,00:00:21+00"\r\n\r\nOK\r\n'
        assert "ERROR" in host.type('AT%REGJWT="team"')
        host.type('AT+CCLK="26/11/22,12:00:00+00"')
        token = host.type('AT%REGJWT="team"').split("%REGJWT: ")[1].split("\r")[0]
        assert host.type("AT%REGJWT=team").split("%REGJWT: ")[1].startswith(token.rpartition(".")[0])
        header, claims, signature = (
            base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
        )
        assert json.loads(header) == {"alg": "ES256", "typ": "JWT"}
        assert json.loads(claims) == {"sub": host.board.uuid, "id": "team"}
        assert len(signature) == 64

    def test_the_token_can_come_on_a_line_of_its_own(self) -> None:
        host = self.host(Trait.TOKEN_ON_NEXT_LINE)
        host.type('AT+CCLK="26/11/22,12:00:00+00"')
        assert re.match(r"\r\n%REGJWT:\r\neyJ", host.type('AT%REGJWT="team"'))

    def test_it_starts_with_its_radio_off_and_knows_few_modes(self) -> None:
        host = self.host()
        assert "+CFUN: 0" in host.type("AT+CFUN?")
        host.type("AT+CMEE=2")
        assert host.type("AT+CFUN=21") == "\r\n+CME ERROR: 50\r\n"
        assert host.type("AT+CFUN=4") == "\r\nOK\r\n"

    @pytest.mark.parametrize("command", ["AT%KEYGEN=7,2,0", "AT%CMNG=1", "AT%ATTESTTOKEN", "AT%XVBAT"])
    def test_it_has_none_of_an_nrf91s_security_commands(self, command: str) -> None:
        assert self.host().type(command) == "\r\nERROR\r\n"

    def test_its_key_and_uuid_survive_a_restart_and_its_clock_does_not(self) -> None:
        host = self.host()
        host.type('AT+CCLK="26/11/22,12:00:00+00"')
        said = host.type("AT%CLOUDACCESSKEY").splitlines()[-3]
        host.type("AT%DEVICEUUID")
        host.start()
        host.type("ATE0")
        assert said in host.type("AT%CLOUDACCESSKEY")
        assert "creating" not in host.type("AT%DEVICEUUID")
        assert "00/01/01" in host.type("AT+CCLK?")


def test_the_usual_key_is_no_text_of_the_store() -> None:
    host = Host(Framing.CRED_SHELL)
    host.ask("nrf_cloud_cred keygen")
    (item,) = (item for item in host.board.stored() if item.sec_tag == TAG)
    assert (item.type, item.content) == (CredentialType.CLIENT_KEY, b"")
    key = host.board.key(TAG)
    assert key is not None
    assert key is item.key
