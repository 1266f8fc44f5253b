"""Boards of the other ways that babble: credentials shells and nRF93M1s, whose answers are a fuzzer's."""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from station.credentials.registration import check_registration_token
from station.devices.channel import Channel
from station.devices.cred_shell import CredShell
from station.devices.nrf93 import Nrf93m1
from station.devices.shell import Shell
from station.devices.v250 import V250
from station.domain.faults import Bug, Fault
from station.domain.ids import DeviceUuid
from station.domain.modem import CredentialType
from station.domain.secret import Secret
from tests.faults.hostile_forms import NOON, Leap, Target, given, text

_UUID: Final = DeviceUuid("14a6feca-c4f0-44e1-a6dd-af0ac9375923")
_PROMPT: Final = b"\x1b[1;32muart:~$ \x1b[m"
_KEY: Final = Secret("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n")


class Babble:
    """A port at which somebody says all of ``data``, a piece at every reading; ``answer`` says what comes before it.

    The first byte of a piece says how long it is: where an answer ends is the fuzzer's to choose.
    """

    address = "port"

    def __init__(self, data: bytes, clock: Leap, answer: Callable[[bytes], bytes | None]) -> None:
        self._rest, self._clock, self._answer = data, clock, answer
        self._first = b""

    def read_some(self) -> bytes:
        piece = self.read_waiting()
        if not piece:
            self._clock.pass_by(30.0)  # whoever waits for more has waited
        return piece

    def read_waiting(self) -> bytes:
        if self._first:
            piece, self._first = self._first, b""
            return piece
        size = 1 + self._rest[0] if self._rest else 0
        piece, self._rest = self._rest[1:size], self._rest[size:]
        return piece

    def write(self, data: bytes) -> None:
        self._first = self._answer(data) or b""

    def close(self) -> None:
        pass


def _in_step(data: bytes) -> bytes | None:
    """Answer as a shell does what only gets the talk going, or fills its buffer."""
    line = data.strip()
    if b"in-step-" in line:
        return line + b"\r\n" + line + b": command not found\r\n" + _PROMPT
    if line == b"cred buf clear":
        return line + b"\r\nCredential buffer cleared.\r\n" + _PROMPT
    if line.startswith(b"cred buf "):
        return line + b"\r\nStored %d bytes.\r\n" % len(line[9:]) + _PROMPT
    return None


def _as_modem(data: bytes) -> bytes | None:
    known = {b"AT+CGMI": b"Nordic Semiconductor ASA\r\n", b"AT+CMEE=1": b"", b"AT+CCLK=": b""}
    said = next((answer for question, answer in known.items() if question in data), None)
    return None if said is None else b"\r\n" + said + b"\r\nOK\r\n"


_OF_A_SHELL: Final[tuple[Callable[[CredShell], object], ...]] = (
    lambda board: board.connect(1.0),
    lambda board: board.identify(),
    lambda board: board.list_credentials(),
    lambda board: board.delete_credential(42, CredentialType.CLIENT_CERT),
    lambda board: board.write_credential(42, CredentialType.ROOT_CA, "a\nb"),
    lambda board: board.write_key(42, _KEY),
    lambda board: board.make_key(42),
    lambda board: board.has_key(42),
    lambda board: board.request(42, "unit"),
    lambda board: board.public_key(42),
    lambda board: board.delete_key(42),
)
_OF_A_MODULE: Final[tuple[Callable[[Nrf93m1], object], ...]] = (
    lambda module: module.connect(1.0),
    lambda module: module.identify(),
    lambda module: module.device_uuid(),
    lambda module: module.access_key(),
    lambda module: module.set_clock(NOON),
    lambda module: module.registration_token("3634e806-25e1-43ba-8bfa-2845a9aa243b"),
    lambda module: module.power_off(),
)


def ask_shell(data: bytes) -> None:
    """Ask a babbling shell what the line asks; the first byte says what comes first, and whether it is polite."""
    clock, first = Leap(), data[0] if data else 0
    board = CredShell(Shell(Babble(data[1:], clock, _in_step if first & 0x80 else nothing), clock, patience=1.0))
    for number in range(1 + bool(first & 0x40)):  # the second is asked in whatever state the first one left
        try:
            _OF_A_SHELL[(first + number) % 0x40 % len(_OF_A_SHELL)](board)
        except Bug:
            raise
        except Fault:
            pass


def ask_module(data: bytes) -> None:
    """Ask a babbling nRF93M1 likewise."""
    clock, first = Leap(), data[0] if data else 0
    port = Babble(data[1:], clock, _as_modem if first & 0x80 else nothing)
    module = Nrf93m1(Channel(port, V250(), clock, patience=1.0), clock)
    for number in range(1 + bool(first & 0x40)):
        try:
            _OF_A_MODULE[(first + number) % 0x40 % len(_OF_A_MODULE)](module)
        except Bug:
            raise
        except Fault:
            pass


def nothing(_data: bytes) -> bytes | None:
    return None


def _pieces(first: int, *answers: str) -> bytes:
    parts = (bytes([min(255, len(answer))]) + answer.encode("latin-1")[:255] for answer in answers)
    return bytes([first]) + b"".join(parts)


def _said_by_shells() -> tuple[bytes, ...]:
    prompt, digest = _PROMPT.decode(), "A" * 43 + "="
    row = f"42,CA,{digest},0\r\n"
    polite = {
        1: (
            "hwinfo devid\r\nID: 0x0011223344556677\r\n",
            prompt,
            "kernel version\r\nZephyr version 3.7.99\r\n",
            prompt,
        ),
        2: (f"cred list\r\n{row}42,PK_PSA,{digest},0\r\n2 credentials found.\r\n{prompt}",),
        3: (f"cred del 42 SERV\r\nDeleted TLS credential with sectag 42 and type SERVER_CERT.\r\n{prompt}",),
        4: (f"Added TLS credential of type CA_CERT, sectag 42, and length 4 bytes.\r\n{prompt}",),
        5: (f"0 credentials found.\r\n{prompt}", "\x1b[1;31mFailed to add TLS credential\r\n\x1b[m", prompt),
        6: (f"Generated device key in sec tag 42\r\n{prompt}",),
        7: (f"\x1b[1;31mCSR generation failed: -5\r\n\x1b[m{prompt}",),
        8: ("CSR: MIHTMHoCAQAwGDEWMBQG", f"\r\nCSR generation complete\r\n{prompt}"),
        9: (f"PUBKEY: {'B' * 88}\r\nPublic key export complete\r\n{prompt}",),
        10: (f"Deleted device key in sec tag 42\r\n{prompt}",),
    }
    rude = _pieces(0x40, "\r\nOK\r\n", prompt, "ERROR\r\n", "*** Booting Zephyr ***\r\n", prompt)
    return (rude, *(_pieces(0x80 + number, *answers) for number, answers in polite.items()))


def _said_by_modules() -> tuple[bytes, ...]:
    key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" + "A" * 86 + "=="
    uuid = f"\r\n%DEVICEUUID: {_UUID}\r\n\r\nOK\r\n"
    polite = {
        1: ("\r\nmfw_nrf93m1_1.4.1\r\n\r\nOK\r\n", '\r\n+CGSN: "351358811120340"\r\n\r\nOK\r\n', uuid),
        2: ("\r\n%DEVICEUUID: creating device uuid...\r\n", uuid),
        3: (f"\r\n%CLOUDACCESSKEY: {key}\r\n\r\nOK\r\n",),
        4: ('\r\n+CCLK: "26/06/01,12:00:00+00"\r\n\r\nOK\r\n',),
        5: (f"\r\n%CLOUDACCESSKEY: {key}\r\n\r\nOK\r\n", uuid, "\r\n%REGJWT:\r\neyJh.eyJz.AAAA\r\n\r\nOK\r\n"),
        6: ("\r\nOK\r\n",),
    }
    return (_pieces(0x40, "\r\nERROR\r\n"), *(_pieces(0x80 + number, *answers) for number, answers in polite.items()))


def device_targets() -> tuple[Target, ...]:
    """Return what reads the answers of these boards, and the token of one of them."""
    key = load_der_public_key(given("jwt.spki"))
    assert isinstance(key, ec.EllipticCurvePublicKey)

    def registration(token: str) -> None:
        try:
            check_registration_token(token, public_key=key, uuid=_UUID, tenant="team", now=NOON)
        except Bug:
            raise
        except Fault:
            pass  # no token among the inputs is one: what counts is that nothing else comes of them

    return (
        Target("cred-shell", ask_shell, _said_by_shells(), share=0.5, takes_all=True),
        Target("nrf93m1", ask_module, _said_by_modules(), share=0.5, takes_all=True),
        Target("registration-token", text(registration), (given("jwt.txt"),), takes_all=True),
    )
