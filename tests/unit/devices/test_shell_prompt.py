"""When a Zephyr shell takes input again: not before its prompt is whole, for until then it keeps 64 bytes alone."""

import pytest

from station.devices.at_shell import AtShell
from station.devices.replies import ReplyReader
from station.devices.talk import Talk
from station.host.clock import SystemClock


class Pieces:
    """A port on which bytes come piece by piece."""

    address = "pieces"

    def __init__(self, *pieces: bytes) -> None:
        self.left = list(pieces)

    def read_some(self) -> bytes:
        return self.left.pop(0) if self.left else b""

    def read_waiting(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        raise AssertionError(f"nothing is sent here: {data!r}")

    def close(self) -> None:
        self.left.clear()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"\x1b[1;32muart:~$ ", b"\x1b[m"),
        (b"\x1b[1;32m", b"uart:~$ ", b"\x1b[", b"m"),
        (b"\x1b[1;32muart:~$ \x1b", b"[0m"),
        (b"uart", b":~$ "),
    ],
)
def test_a_prompt_is_shown_once_it_is_whole(pieces: tuple[bytes, ...]) -> None:
    port = Pieces(*pieces)
    talk = Talk(port, AtShell(), SystemClock(), None)
    talk.await_prompt(ReplyReader("", from_shell=True), 5)
    assert talk.prompt_shown
    assert port.left == []
