"""Every reply is the command's own: late, lost, foreign, torn and endless answers on a real wire."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from station.devices.at_shell import AtShell
from station.devices.faults import is_outcome_unknown
from station.devices.replies import VerdictKind
from station.domain.faults import Cancelled, Fault, StationFault, UnitFault
from station.host.clock import Stop, SystemClock

Bench = Any  # conftest's, which can't be imported by name

CLOCK = SystemClock()
CFUN = re.compile(r"\+CFUN: (\d)")
SOON = 0.3
"""Seconds until a test's command counts as unanswered."""


def ask_mode(bench: Bench, timeout: float = 5.0) -> tuple[str, ...]:
    return bench.channel.command("AT+CFUN?", timeout=timeout, expect=CFUN).lines


@pytest.fixture
def modem_in_step(bench: Bench) -> Bench:
    bench.peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    bench.channel.synchronise(5.0)
    bench.peer.commands.clear()
    return bench


def test_in_step_a_command_is_all_that_is_sent(modem_in_step: Bench) -> None:
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert modem_in_step.peer.commands == ["AT+CFUN?", "AT+CFUN?"]


def test_works_on_a_network_port_too(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(tcp=True)
    bench.peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    assert ask_mode(bench) == ("+CFUN: 4",)


def test_an_answer_in_single_bytes_is_whole(modem_in_step: Bench) -> None:
    def crumble(peer: Any) -> None:
        for byte in b"+CFUN: 4\r\nOK\r\n":
            peer.say(bytes([byte]))

    modem_in_step.peer.once.append(("AT+CFUN?", crumble))
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)


def test_a_refusal_is_a_reply(modem_in_step: Bench) -> None:
    modem_in_step.peer.once.append(("AT+CFUN=9", b"+CME ERROR: 50\r\n"))
    reply = modem_in_step.channel.command("AT+CFUN=9", timeout=5.0)
    assert (reply.ok, reply.verdict.kind, reply.verdict.number) == (False, VerdictKind.CME, 50)


def test_noise_before_the_command_costs_nothing(modem_in_step: Bench) -> None:
    modem_in_step.peer.say(b"+CEREG: 2\r\n[00:00:01.000,000] <inf> app: state OK\r\n")
    await_bytes(modem_in_step)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert modem_in_step.peer.commands == ["AT+CFUN?"]


def await_bytes(bench: Bench) -> None:
    """Wait until the peer's bytes have come through the wire."""
    deadline = threading.Event()
    for _ in range(500):
        if bench.port._port.in_waiting:
            return
        deadline.wait(0.01)
    raise AssertionError("nothing came")


def test_silence_is_told_from_a_refusal(modem_in_step: Bench) -> None:
    modem_in_step.peer.once.append(("AT+CFUN=4", b""))
    with pytest.raises(UnitFault, match="AT-101") as caught:
        modem_in_step.channel.command("AT+CFUN=4", timeout=SOON)
    assert is_outcome_unknown(caught.value)


@pytest.mark.parametrize("late", [b"OK\r\n", b"+CME ERROR: 513\r\n", b"+CFUN: 0\r\nOK\r\n", b"ERROR\r\n"])
def test_a_late_answer_is_nobody_elses(modem_in_step: Bench, late: bytes) -> None:
    """at_host is deaf while a command runs: the late answer comes, and the question that woke it is lost."""
    peer = modem_in_step.peer
    peer.once += [("AT+CFUN=4", b""), ("AT+CGMM", late)]
    with pytest.raises(Fault, match="AT-101"):
        modem_in_step.channel.command("AT+CFUN=4", timeout=SOON)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    # It asked once more, and only then what it wanted to know.
    assert peer.commands == ["AT+CFUN=4", "AT+CGMM", "AT%HWVERSION", "AT+CFUN?"]


def test_a_late_answer_and_then_the_questions_own(modem_in_step: Bench) -> None:
    peer = modem_in_step.peer
    own = peer.table["AT+CGMM"]
    peer.once += [("AT+CFUN?", b""), ("AT+CGMM", b"+CFUN: 0\r\nOK\r\n" + own)]
    with pytest.raises(Fault, match="AT-101"):
        ask_mode(modem_in_step, SOON)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert peer.commands == ["AT+CFUN?", "AT+CGMM", "AT+CFUN?"]


def test_the_late_answer_of_a_question_proves_nothing(modem_in_step: Bench) -> None:
    """A command that is one of the questions itself: its late answer must not count as the question's."""
    peer = modem_in_step.peer
    peer.once += [("AT+CGMM", b""), ("AT%HWVERSION", b"nRF9151-LACA\r\nOK\r\n")]
    with pytest.raises(Fault, match="AT-101"):
        modem_in_step.channel.command("AT+CGMM", timeout=SOON)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert peer.commands == ["AT+CGMM", "AT%HWVERSION", "AT+CGMI", "AT+CFUN?"]


def test_questions_that_ran_out_are_confirmed_by_another(make_bench: Callable[..., Bench]) -> None:
    """A board that starts late answers everything at once: only the last question tells when it is through."""
    bench = make_bench()
    peer = bench.peer
    peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    held: list[bytes] = []

    def hold(peer: Any) -> None:
        held.append(peer.table[peer.commands[-1]])
        if len(held) == 5:
            peer.say(b"".join(held))

    peer.once += [("AT", hold)] * 5
    bench.channel.synchronise(10.0)
    assert ask_mode(bench) == ("+CFUN: 4",)
    assert peer.commands[5:] == ["AT+CGMR", "AT+CFUN?"]


def test_something_unasked_that_looks_like_an_answer_is_cleared_up_first(modem_in_step: Bench) -> None:
    modem_in_step.peer.say(b"OK\r\n")
    await_bytes(modem_in_step)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert modem_in_step.peer.commands == ["AT+CGMM", "AT+CFUN?"]


def test_a_wedged_input_line_is_freed_without_carrying_out_half_a_write(bench: Bench) -> None:
    peer = bench.peer
    peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    list(peer.input.take(b'AT%CMNG=0,7,1,"-----BEGIN CERT' + b"x" * 5000))
    assert ask_mode(bench) == ("+CFUN: 4",)
    assert not [command for command in peer.commands if "CMNG" in command]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"%KEYG*** Booting nRF Connect SDK v2.9.0 ***\r\n", "AT-103"),
        (b"*** Booting nRF Connect SDK v2", "AT-103"),
        (b"x" * 20_000, "AT-105"),
        (b"+CEREG: 0\r\n" * 30_000, "AT-105"),
        (b"AT+CFUN?", "AT-101"),
        (b"+CFUN: 4\r\n", "AT-101"),
        (b"+CFUN: 4\r\nO", "AT-101"),
    ],
    ids=["reset", "reset torn", "no line end", "flood", "at_host's own buffer", "no final result", "torn"],
)
def test_what_is_no_answer_is_a_fault_and_the_next_command_is_right(
    modem_in_step: Bench, answer: bytes, code: str
) -> None:
    peer = modem_in_step.peer
    peer.once.append(("AT+CFUN?", answer))
    with pytest.raises(UnitFault, match=code) as caught:
        ask_mode(modem_in_step, 20.0 if code == "AT-105" else SOON)
    assert is_outcome_unknown(caught.value)
    modem_in_step.channel.synchronise(5.0)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)


def test_a_restart_between_commands_is_a_fault_before_anything_is_sent(modem_in_step: Bench, banner: bytes) -> None:
    modem_in_step.peer.say(banner)
    await_bytes(modem_in_step)
    with pytest.raises(UnitFault, match="AT-103"):
        ask_mode(modem_in_step)
    assert modem_in_step.peer.commands == []
    assert modem_in_step.channel.restarts == 1


def test_a_board_that_is_starting_is_waited_for(bench: Bench, banner: bytes) -> None:
    def start(peer: Any) -> None:
        peer.say(banner)

    bench.peer.once += [("AT", b""), ("AT", b""), ("AT", start)]
    bench.channel.synchronise(10.0)
    assert bench.channel.restarts
    assert bench.channel.command("AT+CFUN=4", timeout=5.0).ok


def test_a_dead_board_is_given_up(bench: Bench) -> None:
    bench.peer.table.clear()
    bench.peer.answer = lambda _command: None
    with pytest.raises(UnitFault, match="AT-102") as caught:
        bench.channel.synchronise(0.5)
    assert not is_outcome_unknown(caught.value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("times", [1, 1000], ids=["once", "at every question"])
def test_a_board_that_dies_within_its_banner_does_not_hold_up_whoever_waits(bench: Bench, times: int) -> None:
    """The half line stayed where it was, and was a new restart at every look, for ever."""
    bench.peer.once += [("AT", b"*** Booting nRF Connect SDK v2")] * times
    if times == 1:
        bench.channel.synchronise(5.0)
        assert bench.channel.restarts == 1
        return
    with pytest.raises(UnitFault, match="AT-102"):
        bench.channel.synchronise(0.5)


def test_a_stop_ends_the_waiting_for_a_board(bench: Bench) -> None:
    stop = Stop()
    bench.peer.answer = lambda _command: stop.request()
    with pytest.raises(Cancelled):
        bench.channel.synchronise(60.0, stop)


def test_a_port_that_vanishes_is_not_the_units_fault(modem_in_step: Bench) -> None:
    modem_in_step.peer.once.append(("AT%KEYGEN", lambda peer: peer.vanish()))
    with pytest.raises(StationFault, match="DEV-105") as caught:
        modem_in_step.channel.command("AT%KEYGEN=7,2,0", timeout=5.0)
    assert is_outcome_unknown(caught.value)


def test_a_shell_where_at_host_was_expected_is_named(
    make_bench: Callable[..., Bench], at_shell_peer: type[Any]
) -> None:
    bench = make_bench(at_shell_peer)
    started = CLOCK.monotonic()
    with pytest.raises(StationFault, match="AT-151"):
        bench.channel.synchronise(30.0)
    assert CLOCK.monotonic() - started < 15.0  # it does not wait for what will never come


SHELL_NOISE = b"\x1b[8D\x1b[J[00:00:01.000,000] <inf> app: tick\r\n\x1b[1;32muart:~$ \x1b[m"


def test_a_shell_is_asked_only_when_it_shows_its_prompt(
    make_bench: Callable[..., Bench], at_shell_peer: type[Any]
) -> None:
    bench = make_bench(at_shell_peer, AtShell())
    bench.peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    bench.channel.synchronise(5.0)
    for _ in range(4):
        assert ask_mode(bench) == ("+CFUN: 4",)
        bench.peer.say(SHELL_NOISE)
    assert bench.peer.too_early == 0


def test_a_shell_that_was_left_in_the_middle_of_a_line_comes_back(
    make_bench: Callable[..., Bench], at_shell_peer: type[Any]
) -> None:
    bench = make_bench(at_shell_peer, AtShell())
    bench.peer.line += b"at 'AT%CMNG=0,7,1,\"---"
    bench.peer.table["AT+CFUN?"] = b"+CFUN: 4\r\nOK\r\n"
    assert ask_mode(bench) == ("+CFUN: 4",)
    assert not [command for command in bench.peer.commands if "CMNG" in command]


KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n"
WRITE = f'AT%CMNG=0,7,2,"{KEY}"'


@pytest.mark.parametrize(
    "answer",
    [
        WRITE.encode() + b"\r\nOK\r\n",
        b"MIGHAgEAMBMGByqGSM49AgEGCCqG+CEREG: 0\r\nSM49AwEHBG0wawIBAQQg\r\nOK\r\n",
        b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
        b"",
    ],
    ids=["echo", "torn echo", "echo and silence", "silence"],
)
def test_a_private_key_is_shown_nowhere(modem_in_step: Bench, answer: bytes) -> None:
    peer = modem_in_step.peer
    peer.once += [("AT%CMNG=0", answer), ("AT+CGMM", b"49AgEGCCqGSM49Aw\r\n")]
    said = ""
    try:
        modem_in_step.channel.command(WRITE, timeout=SOON, secret=True)
    except Fault as fault:
        said = repr(fault)
    ask_mode(modem_in_step)
    for text in (modem_in_step.transcript, said):
        assert not re.search("MIGH|49AgEG|wawIBAQ|PRIVATE", text)
    assert "> AT%CMNG=0,7,2,***" in modem_in_step.transcript
    assert "< +CFUN: 4" in modem_in_step.transcript


def test_the_rest_of_a_banner_is_no_second_restart(modem_in_step: Bench) -> None:
    """A banner comes line by line while the board starts; the command after the fault waits for its end."""
    peer = modem_in_step.peer
    peer.once += [
        ("AT%KEYGEN", b"*** Booting nRF Connect SDK v2.9.0 ***\r\n"),
        ("AT", b"*** Using Zephyr OS v3.7.99 ***\r\nThe AT host sample started\r\n"),
    ]
    with pytest.raises(UnitFault, match="AT-103"):
        modem_in_step.channel.command("AT%KEYGEN=7,2,0", timeout=5.0)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert peer.commands[-1] == "AT+CFUN?"


def test_what_was_left_unended_is_not_glued_to_an_answer(modem_in_step: Bench) -> None:
    """at_host's buffer after an internal failure comes without a line end."""
    modem_in_step.peer.say(b"AT%CMNG=1")
    await_bytes(modem_in_step)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)


def test_half_a_line_after_a_silence_does_not_spoil_the_question(modem_in_step: Bench) -> None:
    """at_host's buffer comes without a line end, sometimes long after the command was given up."""
    peer = modem_in_step.peer
    peer.once.append(("AT+CFUN?", b"AT+CF"))
    with pytest.raises(Fault, match="AT-101"):
        ask_mode(modem_in_step, SOON)
    peer.say(b"UN?")
    await_bytes(modem_in_step)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
    assert peer.commands == ["AT+CFUN?", "AT+CGMM", "AT+CFUN?"]


def test_a_board_that_went_on_without_end_is_heard_once_it_has_stopped(modem_in_step: Bench) -> None:
    endless = b"x" * 9000
    modem_in_step.peer.once += [("AT+CFUN?", endless), ("AT+CGMM", endless * 3)]
    with pytest.raises(Fault, match="AT-105"):
        ask_mode(modem_in_step)
    assert ask_mode(modem_in_step) == ("+CFUN: 4",)
