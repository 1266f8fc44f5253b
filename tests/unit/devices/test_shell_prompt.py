"""When a Zephyr shell takes input again: not before its prompt is whole, for until then it keeps 64 bytes alone."""

import re

import pytest

from station.devices.at_shell import AtShell
from station.devices.replies import ReplyReader
from station.devices.shell import Ends, Shell, ZephyrShell
from station.devices.talk import Talk
from station.host.clock import Deadline, SystemClock


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


class Torn(Pieces):
    """A port that takes what it is sent."""

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\r")


def test_a_log_line_within_a_secrets_echo_shows_nothing_of_it() -> None:
    # Zephyr's log and the echo share the line where the shell is not the only one that writes to it.
    port = Torn(b"cred buf LS0tLS1[00:00:12.345,678] <inf> app: onCRUdJTiBQUklWQVRF\r\nIEtFWS0\r\nStored 48 bytes.\r\n")
    shown: list[str] = []
    talk = Talk(port, ZephyrShell(), SystemClock(), lambda _way, text: shown.append(text))
    talk.send("cred buf ***", b"cred buf LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0\r", secret=True)
    ends = Ends(done=re.compile(r"Stored 48 bytes\."))
    assert talk.hear(ReplyReader("", from_shell=True, judge=ends.judge), Deadline(SystemClock(), 5), "cred buf")
    assert shown[-1] == "Stored 48 bytes."
    for part in ("LS0t", "CRUdJ", "IEtF"):
        assert part not in "\n".join(shown)


class Scripted(Pieces):
    """A shell that answers each line by the next of its answers, whatever it was; the first one is in step."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self.answers = list(answers)

    def write(self, data: bytes) -> None:
        said = self.answers.pop(0) if self.answers else b"%s: command not found\r\n" % data.strip()
        self.left.append(said + b"uart:~$ ")


def test_an_echo_that_is_torn_apart_shows_nothing_of_what_is_hidden() -> None:
    torn = b"cred buf LS0t\r\nLS1CRUdJTiBQUklWQVRF\r\nIEtFWS0\r\nStored 48 bytes.\r\n"
    port, shown = Scripted(b"in-step-1: command not found\r\n", torn), list[str]()
    shell = Shell(port, SystemClock(), transcript=lambda _way, text: shown.append(text))
    ends = Ends(done=re.compile(r"Stored 48 bytes\."))
    assert shell.run("cred buf", ends, timeout=5, hidden="LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0").ok
    assert "Stored 48 bytes." in shown
    for part in ("LS0t", "CRUdJ", "IEtF"):
        assert part not in "\n".join(shown)
