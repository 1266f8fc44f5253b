"""What goes on the wire: whole, unchanged, and never so that it wedges the firmware."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.devices.at_host import AtHost, LineEnd
from station.devices.at_shell import AtShell
from station.devices.framing import LONGEST_COMMAND, label_of
from station.domain.faults import Bug, Fault, StationFault

PEM = "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIB\n-----END CERTIFICATE-----\n"


def test_at_host_sends_line_feeds_as_they_are() -> None:
    assert AtHost().encode(f'AT%CMNG=0,7,1,"{PEM}"') == f'AT%CMNG=0,7,1,"{PEM}"\r'.encode()


@pytest.mark.parametrize("end", list(LineEnd))
def test_at_host_ends_commands_as_the_firmware_wants_it(end: LineEnd) -> None:
    assert AtHost(end).encode("AT") == b"AT" + end.value.encode()


def test_at_shell_sends_one_quoted_line() -> None:
    wire = AtShell().encode(f'AT%CMNG=0,7,1,"{PEM}"')
    assert wire.startswith(b"at 'AT%CMNG=0,7,1,\"-----BEGIN CERTIFICATE-----\\nMII")
    assert wire.endswith(b"-----END CERTIFICATE-----\\n\"'\r")
    assert wire.count(b"\r") == 1
    assert b"\n" not in wire


@pytest.mark.parametrize("framing", [AtHost(), AtShell()], ids=lambda framing: framing.name)
@pytest.mark.parametrize("text", ['AT%JWT=0,0,"a', '"', 'AT"\n""', ""])
def test_odd_quotes_are_never_sent(framing: AtHost | AtShell, text: str) -> None:
    with pytest.raises(Bug, match="AT-154"):
        framing.encode(text)


@pytest.mark.parametrize("framing", [AtHost(), AtShell()], ids=lambda framing: framing.name)
@pytest.mark.parametrize("text", ["AT\r", "AT\nAT", 'AT"ä"', "AT\x00", 'AT"\r\n"', "AT\x7f", 'AT"\x1b"'])
def test_what_would_end_or_bend_a_command_is_never_sent(framing: AtHost | AtShell, text: str) -> None:
    with pytest.raises(StationFault, match="AT-153"):
        framing.encode(text)


@pytest.mark.parametrize("text", ['AT"it\'s"', 'AT"a\\nb"'])
def test_at_shell_alone_cannot_carry_apostrophe_and_backslash(text: str) -> None:
    assert AtHost().encode(text) == text.encode() + b"\r"
    with pytest.raises(StationFault, match="AT-153"):
        AtShell().encode(text)


def filled(length: int) -> str:
    return 'AT%CMNG=0,7,0,"' + "x" * (length - 16) + '"'


def test_the_longest_command_fits_and_one_more_does_not() -> None:
    AtHost().encode(filled(LONGEST_COMMAND))
    AtShell().encode(filled(LONGEST_COMMAND))
    for framing in (AtHost(), AtShell()):
        with pytest.raises(StationFault, match="AT-152"):
            framing.encode(filled(LONGEST_COMMAND + 1))
    # There the CR takes a place in at_host's buffer, until the LF comes.
    with pytest.raises(StationFault, match="AT-152"):
        AtHost(LineEnd.CRLF).encode(filled(LONGEST_COMMAND))


def test_at_shell_counts_line_ends_as_the_firmware_expands_them() -> None:
    text = 'AT%CMNG=0,7,0,"' + "x" * 4000 + "\n" * 45 + '"'
    AtHost().encode(text)
    with pytest.raises(StationFault, match="AT-152"):
        AtShell().encode(text)


@pytest.mark.parametrize("spoiler", ["ä", "'", '"', "\r", "x" * 5000])
@pytest.mark.parametrize("framing", [AtHost(), AtShell()], ids=lambda framing: framing.name)
def test_no_fault_shows_the_content(framing: AtHost | AtShell, spoiler: str) -> None:
    if spoiler == "'" and framing.name == "at_host":
        return  # at_host carries it
    with pytest.raises(Fault) as caught:
        framing.encode(f'AT%CMNG=0,7,2,"s3cr3t{spoiler}s3cr3t"')
    assert "s3cr3t" not in str(caught.value)


def test_a_label_ends_before_the_first_quote() -> None:
    assert label_of('AT%CMNG=0,16842753,2,"-----BEGIN') == "AT%CMNG=0,16842753,2"
    assert label_of('AT+CCLK="22/11/26"') == "AT+CCLK"
    assert label_of("AT+CFUN=4") == "AT+CFUN=4"


@given(st.lists(st.one_of(st.binary(max_size=20), st.sampled_from([b'"', b"\r", b"x" * 4200, b'AT%CMNG=0,7,2,"']))))
@settings(max_examples=200)
def test_a_rescue_frees_at_host_from_anything(at_host_input: type, before: list[bytes]) -> None:
    """Whatever had been sent: the next command arrives whole, and nothing half-sent was carried out."""
    firmware = at_host_input()
    for data in before:
        list(firmware.take(data))
    carried_out: list[str] = []
    for data in AtHost().rescue:
        carried_out += firmware.take(data)
        if carried_out:
            break
    assert all(re.fullmatch('\\s*"\\s*"?', command) for command in carried_out)
    assert list(firmware.take(AtHost().encode("AT+CGMI"))) == ["AT+CGMI"]


@given(st.text(st.sampled_from("ab-\n"), max_size=40))
def test_at_shell_gives_stored_line_ends_back_however_often_the_shell_adds_returns(text: str) -> None:
    stored = text.replace("\n", "\r\n")
    printed = stored.replace("\n", "\r\n")
    assert AtShell().restore(printed) == stored
    assert AtShell().restore(stored) == stored
    assert AtHost().restore(stored) == stored
