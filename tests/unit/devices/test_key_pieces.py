"""A shell that loses the beginning of a line takes a piece of a private key for a command, and says it aloud."""

import base64
from collections.abc import Callable

import pytest

from station.credentials.requests import make_key
from station.devices.at_shell import AtShell
from station.devices.channel import Channel
from station.devices.modem import Modem
from station.devices.shell import Shell
from station.devices.tls_shell import TlsShell
from station.domain.faults import Fault
from station.domain.ids import DeviceId
from station.domain.secret import Secret
from tests.faults.hostile_forms import Leap

PROMPT = b"\x1b[1;32muart:~$ \x1b[m"
TAG = 42
MODEM = {
    b"CGMI": b"Nordic Semiconductor ASA\r\n",
    b"CGMM": b"nRF9151-LACA\r\n",
    b"HWVERSION": b"%HWVERSION: nRF9151 LACA A0A\r\n",
}
Say = Callable[[bytes], bytes]

SAID: dict[str, Say] = {
    "the rest is no command": lambda rest: rest + b": command not found\r\n" + PROMPT,
    "the rest has too many words": lambda rest: rest + b": wrong parameter count\r\n" + PROMPT,
    "no room": lambda rest: b"Not enough room in credential buffer for provided data. " + rest + b"\r\n" + PROMPT,
    "a log line": lambda rest: b"[00:00:00.000,000] <err> x: " + rest + b"\r\n" + PROMPT,
    "no end": lambda rest: rest,
    "a restart": lambda rest: b"*** Booting " + rest + b"\r\n" + PROMPT,
}


class Careless:
    """A port with a shell that repeats, in ``say``'s words, what came behind the beginning of a secret's line."""

    address = "port"

    def __init__(self, clock: Leap, front: bytes, say: Say) -> None:
        self._clock, self._front, self._say, self._out = clock, front, say, b""

    def read_some(self) -> bytes:
        said = self.read_waiting()
        if not said:
            self._clock.pass_by(1.0)
        return said

    def read_waiting(self) -> bytes:
        said, self._out = self._out, b""
        return said

    def write(self, data: bytes) -> None:
        line = data.strip()
        if line.startswith(self._front) and line != b"cred buf clear":
            self._out += self._say(line[len(self._front) :])
        elif b"in-step-" in line:
            self._out += line + b"\r\n" + line + b": command not found\r\n" + PROMPT
        elif line.startswith(b"cred"):
            said = b"0 credentials found." if b"list" in line else b"Credential buffer cleared."
            self._out += line + b"\r\n" + said + b"\r\n" + PROMPT
        else:
            told = next((said for asked, said in MODEM.items() if asked in line), b"")
            self._out += line + b"\r\n" + told + b"OK\r\n" + PROMPT

    def close(self) -> None:
        pass


def _as_base64(key: Secret) -> str:
    return base64.b64encode(key.reveal().encode()).decode()


def _in_one_line(key: Secret) -> str:
    return key.reveal().replace("\n", "\\n")


def _shell(port: Careless, clock: Leap, lines: list[str]) -> TlsShell:
    return TlsShell(Shell(port, clock, transcript=lambda _, line: lines.append(line), patience=2.0))


def _modem(port: Careless, clock: Leap, lines: list[str]) -> Modem:
    return Modem(Channel(port, AtShell(), clock, transcript=lambda _, line: lines.append(line), patience=2.0))


@pytest.mark.parametrize(
    ("open_board", "front", "form"),
    [(_shell, b"cred buf ", _as_base64), (_modem, b"at 'AT%CMNG=0,42,2,\"-----BEGIN PRIVATE ", _in_one_line)],
    ids=["cred", "at"],
)
@pytest.mark.parametrize("said", SAID)
def test_no_piece_of_a_key_is_in_a_fault_or_a_transcript(
    open_board: Callable[[Careless, Leap, list[str]], TlsShell | Modem],
    front: bytes,
    form: Callable[[Secret], str],
    said: str,
) -> None:
    clock, lines, (key, _) = Leap(), list[str](), make_key(DeviceId("unit-1"))
    board = open_board(Careless(clock, front, SAID[said]), clock, lines)
    board.connect(2.0)
    with pytest.raises(Fault) as caught:
        board.write_key(TAG, key)
    told = "\n".join([caught.value.sentence, caught.value.detail or "", *lines])
    whole = form(key)
    assert [whole[at : at + 12] for at in range(len(whole) - 11) if whole[at : at + 12] in told] == []
