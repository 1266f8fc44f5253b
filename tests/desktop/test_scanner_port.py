"""A scanner on a serial port: cut into scans, read beside the window, found again after it was unplugged."""

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from station.desktop import scanner_port
from station.desktop.preferences import ScannerMode
from station.desktop.scanner import Scanner
from station.desktop.scanner_port import ScannerPort, ScanReader

LABELS = st.lists(st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))


@given(LABELS, st.sampled_from(["\r", "\n", "\r\n", "\x03"]), st.sampled_from(["", "\x02"]), st.randoms())
def test_scans_come_whole_however_the_port_cuts_them(labels: list[str], end: str, begin: str, luck: object) -> None:
    stream = "".join(f"{begin}{label}{end}" for label in labels).encode()
    reader, found, at = ScanReader(), [], 0
    while at < len(stream):
        size = luck.randint(1, 9)  # type: ignore[attr-defined]  # a random.Random
        found += reader.take(stream[at : at + size])
        at += size
    assert found == labels


@given(st.binary(max_size=2000))
def test_noise_is_no_scan_longer_than_a_label(noise: bytes) -> None:
    reader = ScanReader()
    for text in [*reader.take(noise), *reader.take(b"\r")]:
        assert 0 < len(text) <= 256


def test_what_follows_an_endless_line_is_heard() -> None:
    reader = ScanReader()
    assert [text for _ in range(100) for text in reader.take(b"x" * 100)] == []
    assert reader.take(b"\rSN-1\r") == ["SN-1"]


class Pty:
    """A serial port with a scanner's far end."""

    def __init__(self, link: Path) -> None:
        import tty

        self.far, self.near = os.openpty()
        tty.setraw(self.near)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self.near))

    def say(self, data: bytes) -> None:
        os.write(self.far, data)

    def unplug(self) -> None:
        os.close(self.far)
        os.close(self.near)


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scanner]:
    monkeypatch.setattr(scanner_port, "_TRY_AGAIN", 0.05)
    scanner = Scanner()
    yield scanner
    scanner.end()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_serial_scanner_is_heard_lost_and_found_again(scanner: Scanner, qtbot: QtBot, tmp_path: Path) -> None:
    scans: list[str] = []
    troubles: list[tuple[str, str]] = []
    threads: set[threading.Thread] = set()
    scanner.scanned.connect(lambda text: (scans.append(text), threads.add(threading.current_thread())))
    scanner.trouble.connect(lambda code, sentence: troubles.append((code, sentence)))
    link = tmp_path / "scanner"
    scanner.listen(ScannerMode.SERIAL, str(link))
    qtbot.waitUntil(lambda: [code for code, _ in troubles] == ["DEV-101"])
    pty = Pty(link)
    qtbot.waitUntil(lambda: [code for code, _ in troubles] == ["DEV-101", ""])
    pty.say(b"\x02SN 00-42/YZ\r\nSN-2\r\n")
    qtbot.waitUntil(lambda: scans == ["SN 00-42/YZ", "SN-2"])
    pty.unplug()
    link.unlink()
    qtbot.waitUntil(lambda: len(troubles) >= 3 and troubles[-1][0] != "")
    again = Pty(link)
    qtbot.waitUntil(lambda: troubles[-1] == ("", ""))
    again.say(b"SN-3\r")
    qtbot.waitUntil(lambda: scans[-1] == "SN-3")
    assert threads == {threading.main_thread()}
    scanner.end()
    again.unplug()


@pytest.mark.usefixtures("qtbot")
def test_a_port_is_given_back_at_the_end(tmp_path: Path) -> None:
    port = ScannerPort(str(tmp_path / "nothing"), 9600)
    port.start()
    port.end()
    port.end()
    assert not port._thread.is_alive()
