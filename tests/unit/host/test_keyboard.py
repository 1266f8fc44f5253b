"""What is typed under a picture is not echoed by the terminal, and comes as whole lines all the same."""

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator

import pytest

from station.host.keyboard import Keyboard


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    os.close(read)


def typed(pipe: tuple[int, int], data: bytes) -> list[str]:
    read, write = pipe
    os.write(write, data)
    os.close(write)
    with Keyboard(read) as keyboard:
        assert not keyboard.shows
        return list(keyboard.lines())


def test_a_pipes_lines_come_as_they_are(pipe: tuple[int, int]) -> None:
    assert typed(pipe, "1 SN1\nack 2 größer\n\n3".encode()) == ["1 SN1", "ack 2 größer", "", "3"]


def test_a_line_without_end_is_bounded(pipe: tuple[int, int]) -> None:
    (line,) = typed(pipe, b"x" * 30000)
    assert 0 < len(line) <= 4096


def test_bytes_that_are_no_text_are_no_end(pipe: tuple[int, int]) -> None:
    assert typed(pipe, b"\xff\n1\n") == ["\ufffd", "1"]


def test_a_terminal_that_is_not_ours_is_left_as_it_is() -> None:
    """As of a program in the background: setting it would stop the program."""
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with Keyboard(slave) as keyboard:
        assert not keyboard.shows
        assert termios.tcgetattr(slave) == before
    os.close(slave)
    os.close(master)


def test_what_is_hidden_shows_as_dots_and_comes_as_it_was_typed(pipe: tuple[int, int]) -> None:
    read, write = pipe
    keyboard = Keyboard(read)
    lines = keyboard.lines()
    with keyboard.hidden():
        os.write(write, b"4711\nopen")
        assert next(lines) == "4711"
    os.close(write)
    assert keyboard.typed in ("", "open")
    assert list(lines) == ["open"]


OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from station.host.keyboard import Keyboard
echoes = lambda: bool(termios.tcgetattr(0)[3] & termios.ECHO)
keyboard = Keyboard(0)
said = [echoes()]
with keyboard.hidden():
    said.append(echoes())
said.append(echoes())
kept = keyboard.hidden()
kept.__enter__()
said.append(echoes())
keyboard.restore()
said.append(echoes())
with keyboard:
    with keyboard.hidden():
        said.append(echoes())
    said.append(echoes())
said.append(echoes())
print(said)
"""


def test_a_terminals_own_echo_is_off_while_something_is_hidden_and_comes_back() -> None:
    master, slave = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", OWN_TERMINAL],
        stdin=slave,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        timeout=60,
    )
    os.close(slave)
    os.close(master)
    assert done.stdout.strip() == "[True, False, True, False, True, False, False, True]"
