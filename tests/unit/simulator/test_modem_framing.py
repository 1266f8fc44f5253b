"""The three applications between line and modem, byte for byte, with their traps."""

import hashlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.host.clock import SystemClock
from station.simulator.board import Board
from station.simulator.delivery import Reset
from station.simulator.host_firmware import HostFirmware, start_firmware
from station.simulator.image import Framing
from station.simulator.modem import Modem
from station.simulator.shell_firmware import split_line
from station.simulator.timings import Timings

TAG = 16842753
ROOT = (Path(__file__).parents[3] / "config" / "roots" / "amazon-root-ca-1.pem").read_text(encoding="ascii")
PROMPT = b"\x1b[1;32muart:~$ \x1b[m"


class Wire:
    """A line in memory. ``meanwhile`` is what the host sends while commands run, one item a command."""

    def __init__(self, meanwhile: Sequence[bytes] = ()) -> None:
        self.sent = b""
        self._meanwhile = list(meanwhile)

    def wait(self, seconds: float) -> None:
        assert seconds == 0.0

    def send(self, data: bytes) -> None:
        self.sent += data

    def answer(self, data: bytes) -> bytes:
        self.sent += data
        return self._meanwhile.pop(0) if self._meanwhile else b""

    def take(self) -> bytes:
        sent, self.sent = self.sent, b""
        return sent


def start(framing: Framing, *meanwhile: bytes) -> tuple[HostFirmware, Wire, Board]:
    board, wire = Board("BOARD", framing=framing), Wire(meanwhile)
    modem = Modem(board, Timings.none(), SystemClock())
    modem.execute("AT+CMEE=1")
    return start_firmware(framing, board, modem, wire), wire, board


def commands_of(board: Board) -> list[str]:
    return [entry.text for entry in board.log]


# at_host


def test_at_host_answers_as_the_modem_does() -> None:
    host, wire, board = start(Framing.AT_HOST)
    host.receive(b"AT+CGSN\r")
    assert wire.take() == f"{board.imei}\r\nOK\r\n".encode()
    host.receive(b"AT%CMNG=3,1,0\r")
    assert wire.take() == b"+CME ERROR: 513\r\n"
    host.receive(f"AT%CMNG=1,{TAG},0\r".encode())
    assert wire.take() == b"OK\r\n"


def test_at_host_ends_commands_outside_quotes_only() -> None:
    host, wire, board = start(Framing.AT_HOST)
    for newline in ("\r", "\n", "\r\n"):
        content = f"one{newline}two{newline}"
        host.receive(f'AT%CMNG=0,{TAG},4,"{content}"\r'.encode())
        assert wire.take() == b"OK\r\n"
        item = board.store.find(TAG, 4)
        assert item is not None
        assert item.content == content.encode()


def test_at_host_leaves_a_line_feed_to_the_next_command_and_drops_empty_ones() -> None:
    host, wire, board = start(Framing.AT_HOST)
    host.receive(b"\r\n")
    host.receive(b" \r")
    assert wire.take() == b""
    host.receive(b"AT+CGMI\r\n")
    host.receive(b"AT+CGMI\r\n")
    assert commands_of(board) == ["AT+CGMI", "\nAT+CGMI"]
    assert wire.take() == b"Nordic Semiconductor ASA\r\nOK\r\n" * 2


def test_at_host_is_deaf_while_a_command_runs() -> None:
    host, wire, board = start(Framing.AT_HOST, b"AT+CGMM\r")
    host.receive(b"AT\r")
    assert (wire.take(), commands_of(board)) == (b"OK\r\n", ["AT"])
    host.receive(b"AT+CGMI\r")  # the one byte that survived stands before it
    assert (wire.take(), commands_of(board)) == (b"ERROR\r\n", ["AT", "AAT+CGMI"])
    assert board.counters.bytes_lost == 7


def test_at_host_waits_for_ever_on_an_odd_quote_and_can_be_freed() -> None:
    host, wire, _ = start(Framing.AT_HOST)
    host.receive(b'AT%CMNG=0,1,0,"half\r')
    host.receive(b"AT+CGMI\r")
    assert wire.take() == b""
    host.receive(b'"\r')
    assert wire.take() == b"+CME ERROR: 527\r\n"  # both lines were one credential
    host.receive(b"AT\r")
    assert wire.take() == b"OK\r\n"


def test_at_host_drops_what_does_not_fit_closing_quote_included() -> None:
    host, wire, board = start(Framing.AT_HOST)
    host.receive(b'AT%CMNG=0,1,4,"' + b"x" * 5000 + b'"\r')
    host.receive(b"AT\r")
    assert wire.take() == b""
    assert board.counters.bytes_lost == 5000 - (4095 - 15) + 2 + 3
    host.receive(b"\x08" * 4096)  # backspaces still work; the quote they take back stays counted
    host.receive(b'"\rAT\r')
    assert commands_of(board) == ['"']
    assert wire.take() == b"ERROR\r\n"
    host.receive(b"T\r")  # behind the A that survived
    assert wire.take() == b"OK\r\n"


def test_at_host_takes_a_command_that_just_fits() -> None:
    host, wire, board = start(Framing.AT_HOST)
    content = b"x" * (4095 - len(b'AT%CMNG=0,1,4,""'))
    host.receive(b'AT%CMNG=0,1,4,"' + content + b'"\r')
    assert wire.take() == b"OK\r\n"
    item = board.store.find(1, 4)
    assert item is not None
    assert item.content == content


def test_at_host_echoes_the_command_when_the_answer_does_not_fit() -> None:
    host, wire, _ = start(Framing.AT_HOST)
    for tag in range(50):
        host.receive(f'AT%CMNG=0,{tag},4,"x"\r'.encode())
    wire.take()
    host.receive(b"AT%CMNG=1\r")
    assert wire.take() == b"AT%CMNG=1"


@settings(deadline=None)  # a shared PC may stall for a moment
@given(cuts=st.lists(st.integers(0, 1300), max_size=8))
def test_at_host_does_not_mind_how_bytes_arrive(cuts: list[int]) -> None:
    host, wire, board = start(Framing.AT_HOST)
    data = f'AT%CMNG=0,{TAG},0,"{ROOT}"\r'.encode()
    places = [0, *sorted(cuts), len(data)]
    for begin, end in itertools.pairwise(places):
        host.receive(data[begin:end])
    assert wire.take() == b"OK\r\n"
    item = board.store.find(TAG, 0)
    assert item is not None
    assert item.content.decode() == ROOT


@settings(deadline=None)  # a shared PC may stall for a moment
@given(st.binary(max_size=300))
def test_no_bytes_break_an_application(data: bytes) -> None:
    for framing in Framing:
        host, _, _ = start(framing)
        host.receive(data)
        host.receive(b"AT" + data + b"\r")


# at_shell


def plain(data: bytes) -> list[bytes]:
    """Lines as a reader sees them that drops terminal escapes, as the vendor's tools do."""
    return [line.strip() for line in re.sub(rb"\x1b\[[0-?]*[ -/]*[@-~]", b"", data).split(b"\n") if line.strip()]


def test_at_shell_echoes_answers_and_prompts() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    assert host.banner().endswith(PROMPT)
    host.receive(b"at AT+CGSN\r\n")
    sent = wire.take()
    assert sent == b"at AT+CGSN\r\n" + f"{board.imei}\r\r\nOK\r\r\n\r\n".encode() + PROMPT
    assert plain(sent) == [b"at AT+CGSN", board.imei.encode(), b"OK", b"uart:~$"]


def test_at_shell_breaks_the_echo_at_the_terminals_width() -> None:
    host, wire, _ = start(Framing.AT_SHELL)
    command = b"at '" + b"A" * 150 + b"'"
    for at in range(0, len(command), 7):
        host.receive(command[at : at + 7])
    assert wire.take() == command[:72] + b"\r\n" + command[72:152] + b"\r\n" + command[152:]
    host.receive(b"\r")
    assert plain(wire.take()) == [b"ERROR", b"uart:~$"]


def test_at_shell_stores_literal_line_ends_as_cr_lf() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    escaped = ROOT.replace("\n", r"\n")
    host.receive(f"at 'AT%CMNG=0,{TAG},0,\"{escaped}\"'\r\n".encode())
    assert plain(wire.take())[-2:] == [b"OK", b"uart:~$"]
    item = board.store.find(TAG, 0)
    assert item is not None
    assert item.sha256 == hashlib.sha256(ROOT.replace("\n", "\r\n").encode()).hexdigest().upper()


def test_at_shell_loses_quotes_that_are_not_quoted() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    host.receive(f'at AT%CMNG=0,{TAG},4,"x"\r'.encode())
    assert commands_of(board) == [f"AT%CMNG=0,{TAG},4,x"]
    assert plain(wire.take())[1] == b"ERROR"


def test_at_shell_edits_its_line() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    host.receive(b"rubbish\x15at ATX\x7f\x1b[D\r")
    host.receive(b"at nothing\x03")
    host.receive(b"at AT\n")
    assert commands_of(board) == ["AT", "AT"]
    assert wire.take().count(PROMPT) == 3


def test_at_shell_knows_other_words_and_refuses_them() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    host.receive(b"AT+CGSN\r")
    host.receive(b"\r")
    assert plain(wire.take()) == [b"AT+CGSN", b"AT+CGSN: command not found", b"uart:~$", b"uart:~$"]
    assert not commands_of(board)


def test_at_shell_has_a_longest_line_and_a_longest_answer() -> None:
    host, wire, board = start(Framing.AT_SHELL)
    for tag in range(40):
        host.receive(f"at 'AT%CMNG=0,{tag},4,\"x\"'\r".encode())
    wire.take()
    host.receive(b"at AT%CMNG=1\r")
    assert plain(wire.take())[1] == b"Sending AT command failed with error code -7"
    host.receive(b"at '" + b"y" * 5000 + b"'\r")
    assert board.counters.bytes_lost == 5004 + 1 - 4095


def test_at_shell_keeps_a_little_of_what_comes_meanwhile() -> None:
    host, _, board = start(Framing.AT_SHELL, b"at AT+CGMI\r" + b"z" * 100)
    host.receive(b"at AT\r")
    assert commands_of(board) == ["AT", "AT+CGMI"]
    assert board.counters.bytes_lost == 11 + 100 - 64


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"at AT", [b"at", b"AT"]),
        (b"  at   'A \"b\" c'  ", [b"at", b'A "b" c']),
        (rb"at 'a\nb\'c'", [b"at", rb"a\nb'c"]),
        (rb"at a\ b\\", [b"at", rb"a b" + b"\\"]),
        (b"at ''", [b"at", b""]),
        (b'at "it\'s"x', [b"at", b"it'sx"]),
        (b"", []),
    ],
)
def test_a_shell_line_is_split_as_zephyr_does(line: bytes, words: list[bytes]) -> None:
    assert split_line(line) == words


# Serial Modem


def test_serial_modem_frames_every_part() -> None:
    host, wire, board = start(Framing.SERIAL_MODEM)
    assert host.banner() == b"Ready\r\n"
    for command, answer in (
        ("AT", "\r\nOK\r\n"),
        ("AT+CGSN", f"\r\n{board.imei}\r\n\r\nOK\r\n"),
        ("AT%CMNG=3,1,0", "\r\n+CME ERROR: 513\r\n"),
        ("AT#XUUID", f"\r\n#XUUID: {board.uuid}\r\n\r\nOK\r\n"),
    ):
        host.receive(command.encode() + b"\r")
        assert wire.take() == answer.encode()


def test_serial_modem_ignores_what_comes_before_a_command() -> None:
    host, wire, board = start(Framing.SERIAL_MODEM)
    host.receive(b"\x00garbage\r\nA\xffAT+CGMI\r\nAT\r")
    assert commands_of(board) == ["AT+CGMI", "AT"]
    assert wire.take() == b"\r\nNordic Semiconductor ASA\r\n\r\nOK\r\n\r\nOK\r\n"


def test_serial_modem_loses_nothing_meanwhile() -> None:
    host, _, board = start(Framing.SERIAL_MODEM, b"AT+CGMM\r", b"AT+CGMR\r")
    host.receive(b"AT+CGMI\r")
    assert commands_of(board) == ["AT+CGMI", "AT+CGMM", "AT+CGMR"]


def test_serial_modem_refuses_what_is_too_long_and_goes_on() -> None:
    host, wire, _ = start(Framing.SERIAL_MODEM)
    host.receive(b'AT%CMNG=0,1,4,"' + b"x" * 9000)
    assert wire.take() == b"\r\nERROR\r\n"
    host.receive(b'"\rAT\r')
    assert wire.take() == b"\r\nOK\r\n"


def test_serial_modem_takes_quotes_back() -> None:
    host, wire, board = start(Framing.SERIAL_MODEM)
    host.receive(b'AT"\x08\r')
    assert (wire.take(), commands_of(board)) == (b"\r\nOK\r\n", ["AT"])


def test_serial_modem_echoes_when_told() -> None:
    host, wire, _ = start(Framing.SERIAL_MODEM)
    host.receive(b"ATE1\r")
    wire.take()
    host.receive(b"AT\r")
    assert wire.take() == b"AT\r\r\nOK\r\n"


def test_serial_modem_resets_itself_when_told() -> None:
    host, wire, _ = start(Framing.SERIAL_MODEM)
    with pytest.raises(Reset):
        host.receive(b"AT#XRESET\r")
    assert wire.take() == b"\r\nOK\r\n"


def test_serial_modem_can_not_show_a_long_answer() -> None:
    host, wire, _ = start(Framing.SERIAL_MODEM)
    for tag in range(30):
        host.receive(f'AT%CMNG=0,{tag},4,"x"\r'.encode())
    wire.take()
    host.receive(b"AT%CMNG=1\r")
    assert wire.take() == b"\r\nERROR\r\n"


def test_an_application_without_at_says_nothing() -> None:
    host, wire, board = start(Framing.NONE)
    host.receive(b"AT\r")
    assert (wire.take(), commands_of(board)) == (b"", [])
    assert host.banner().startswith(b"*** Booting")
