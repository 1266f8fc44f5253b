"""What lines mean: whatever stands between, around or within them, a reply stays the reply."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.devices.lines import Line
from station.devices.replies import Piece, PieceKind, Reply, ReplyReader, Verdict, VerdictKind, verdict_of

ROW = re.compile(r'%CMNG: ?(\d+), ?(\d+)(?:, ?"([0-9A-Fa-f]{64})")?')
HEAD = re.compile(r'%CMNG: 7,0,"[0-9A-F]*","')

NOISE = st.sampled_from(
    [
        b"+CEREG: 0\r\n",
        b'+CEREG: 5,"0901","0002F30C",7,,,"00000101","00000110"\r\n',
        b"+CSCON: 1\r\n",
        b"%MDMEV: SEARCH STATUS 2\r\n",
        b"%XVBATLVL: 2\r\n",
        b"[00:00:28.460,540] <inf> asset_tracker: RRC mode: Connected\r\n",
        b"[00:00:29.778] <wrn> at_monitor: dropped +CEREG: 0\r\n",
        b"\x1b[1;31m[00:01:02.003,004] <err> app: status OK\x1b[0m\r\n",
    ]
)
DIGEST = "2C43952EE9E000FF2ACC4E2ED0897C0A72AD5FA72C3D934E81741CBD54F05BD1"
LIST = (
    f'%CMNG: 16842753,0,"{DIGEST}"\r\n%CMNG: 16842753,2,"{DIGEST[::-1]}"\r\n%CMNG: 4294967292,11,"{DIGEST}"\r\nOK\r\n'
).encode()


def lines_of(wire: bytes, cuts: list[int]) -> list[Line]:
    """The lines of `wire` as a reader sees them that gets it cut at `cuts`: a torn CR LF is two line ends."""
    lines: list[Line] = []
    start = 0
    for at in [*sorted({cut % (len(wire) + 1) for cut in cuts}), len(wire)]:
        piece = wire[start:at]
        start = at
        for match in re.finditer(r"([^\r\n]*)(\r\n|\r|\n|\Z)", piece.decode("latin-1")):
            text, end = match[1], match[2]
            if lines and lines[-1].end == "":
                text = lines.pop().text + text
            if text or end:
                lines.append(Line(text, end))
    return [line for line in lines if line.end]


def read(
    wire: bytes,
    expect: re.Pattern[str] | None = None,
    *,
    sent: str = "AT\r",
    cuts: list[int] | None = None,
    quoted: bool = False,
    from_shell: bool = False,
) -> tuple[Reply | None, list[Piece]]:
    reading = ReplyReader(sent, expect, quoted=quoted, from_shell=from_shell)
    pieces: list[Piece] = []
    for line in lines_of(wire, cuts or []):
        pieces += reading.feed(line)
        if reading.verdict or reading.banner:
            break
    return (reading.reply() if reading.verdict else None), pieces


def disturbed(wire: bytes, noises: list[tuple[int, bytes]]) -> bytes:
    """`wire` with whole noise lines pushed in at any byte, the last of them first so that places stay right."""
    # Behind the last CR the reply is complete, and nobody listens any more.
    for place, noise in sorted(((place % (len(wire) - 1), noise) for place, noise in noises), reverse=True):
        wire = wire[:place] + noise + wire[place:]
    return wire


@given(
    st.lists(st.tuples(st.integers(0, 2000), NOISE), max_size=5, unique_by=lambda noise: noise[0]),
    st.lists(st.integers(0, 2000), max_size=4),
)
@settings(max_examples=400)
def test_a_list_stays_the_same_whatever_comes_in_between(noises: list[tuple[int, bytes]], cuts: list[int]) -> None:
    wanted, _ = read(LIST, ROW)
    assert wanted is not None
    assert len(wanted.lines) == 3
    got, pieces = read(disturbed(LIST, noises), ROW, cuts=cuts)
    assert got == wanted
    told = [piece for piece in pieces if piece.kind in (PieceKind.URC, PieceKind.LOG)]
    assert len(told) == len(noises)


PEM = "-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIB\nOK\nERROR\n-----END CERTIFICATE-----\n"


@given(
    st.lists(st.tuples(st.integers(0, 300), NOISE), max_size=3, unique_by=lambda noise: noise[0]),
    st.lists(st.integers(0, 300), max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=400)
def test_quoted_content_comes_back_byte_for_byte(noises: list[tuple[int, bytes]], cuts: list[int], end: str) -> None:
    stored = PEM.replace("\n", end)
    wire = f'%CMNG: 7,0,"{DIGEST}","{stored}"\r\nOK\r\n'.encode()
    got, _ = read(disturbed(wire, noises), HEAD, cuts=cuts, quoted=True)
    assert got is not None
    assert got.content == stored
    assert got.odd == ()
    assert got.ok


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_any_line_end_ends_a_line(end: str) -> None:
    reply, _ = read(f"+CFUN: 4{end}{end}OK{end}".encode(), re.compile(r"\+CFUN: \d"))
    assert reply == Reply(Verdict(VerdictKind.OK, text="OK"), ("+CFUN: 4",))


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("OK", Verdict(VerdictKind.OK, text="OK")),
        ("ERROR", Verdict(VerdictKind.ERROR, text="ERROR")),
        ("+CME ERROR: 513", Verdict(VerdictKind.CME, 513, "+CME ERROR: 513")),
        ("+CMS ERROR: 500", Verdict(VerdictKind.CMS, 500, "+CMS ERROR: 500")),
        ("+CME ERROR: operation not allowed", Verdict(VerdictKind.CME, None, "+CME ERROR: operation not allowed")),
        (
            "Sending AT command failed with error code -7",
            Verdict(VerdictKind.LOST, text="Sending AT command failed with error code -7"),
        ),
    ],
)
def test_final_results(line: str, verdict: Verdict) -> None:
    assert verdict_of(line) == verdict


@pytest.mark.parametrize(
    "line", ["ok", "OK ", " OK", "OKAY", "xOK", "+CME ERROR:", "ERROR: 4", "at: command not found", "NOT OK", "OK\t"]
)
def test_only_a_whole_line_is_final(line: str) -> None:
    assert verdict_of(line) is None


def test_what_a_shell_says_instead_is_final_for_a_shell_alone() -> None:
    assert verdict_of("at: command not found", from_shell=True) == Verdict(
        VerdictKind.NOT_PASSED_ON, text="at: command not found"
    )


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40))
def test_base64_and_other_text_never_ends_a_command(text: str) -> None:
    line = f'%KEYGEN: "{text}OK"'
    reply, _ = read(f"{line}\r\n".encode())
    assert reply is None


CFUN_TRANSCRIPT = (
    b"+CSCON: 1\r\n[00:00:28.460,540] <inf> asset_tracker: RRC mode: Connected\r\n+CEREG: 0\r\n"
    b"[00:00:28.467,834] <inf> asset_tracker: LTE cell changed: Cell ID: -1, Tracking area: -1\r\n+CSCON: 0\r\n"
    b"[00:00:29.778,564] <inf> asset_tracker: RRC mode: Idle\r\nOK\r\n"
)


def test_a_genuine_answer_with_everything_in_it() -> None:
    """A transcript that Nordic published: unsolicited results and log lines between AT+CFUN=4 and its OK."""
    reply, pieces = read(CFUN_TRANSCRIPT)
    assert reply == Reply(Verdict(VerdictKind.OK, text="OK"))
    assert [piece.kind for piece in pieces].count(PieceKind.LOG) == 3


def test_a_genuine_echo_that_ends_with_a_return_alone() -> None:
    sent = 'AT%XPMNG=0,"-----BEGIN PUBLIC KEY-----..."\r'
    reply, pieces = read(sent.encode() + b"+CME ERROR: 519\r\n", sent=sent)
    assert reply is not None
    assert reply.verdict.number == 519
    assert reply.odd == ()
    assert pieces[0].kind is PieceKind.ECHO


def test_an_echo_of_many_lines_is_no_answer() -> None:
    sent = 'AT%CMNG=0,7,0,"-----BEGIN CERTIFICATE-----\nMIIBtjCCAVugAwIB\n-----END CERTIFICATE-----\n"\r'
    reply, pieces = read(sent.encode() + b"\n+CME ERROR: 527\r\n", sent=sent)
    assert reply is not None
    assert reply.odd == ()
    assert [piece.kind for piece in pieces if piece.kind is not PieceKind.BLANK] == [
        *[PieceKind.ECHO] * 4,
        PieceKind.FINAL,
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"*** Booting nRF Connect SDK v2.9.0-7787b2649840 ***\r\n",
        b"***** Booting Zephyr OS v1.14.99-ncs1 *****\r\n",
        b"%CMNG: 1684*** Booting nRF Connect SDK v2.9.0 ***\r\n",
        b"*** Booting MCUboot v2.1.0 ***\r\n",
        b"The AT host sample started\r\n",
        b"Ready\r\n",
        b"#XMODEM: FAULT,0x1\r\n",
    ],
)
def test_a_start_of_the_board_is_seen(text: bytes) -> None:
    reading = ReplyReader("AT\r", ROW)
    for line in lines_of(text, []):
        reading.feed(line)
    assert reading.banner
    assert reading.verdict is None


@pytest.mark.parametrize("text", [b"Already Ready\r\n", b"[00:00:01.000,000] <inf> app: Booting Zephyr OS done\r\n"])
def test_what_only_looks_like_a_start_is_none(text: bytes) -> None:
    reading = ReplyReader("AT\r")
    for line in lines_of(text, []):
        reading.feed(line)
    assert not reading.banner


@given(st.binary(min_size=1, max_size=30).map(lambda raw: bytes(byte | 0x80 for byte in raw)))
def test_line_noise_before_an_answer_is_cut_off_and_kept_as_odd(noise: bytes) -> None:
    reply, _ = read(noise + LIST, ROW)
    clean, _ = read(LIST, ROW)
    assert reply is not None
    assert clean is not None
    assert reply.lines == clean.lines
    assert reply.odd == (noise.decode("latin-1"),)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_it_stumble_or_invent(wire: bytes) -> None:
    reply, pieces = read(wire, ROW)
    assert sum(piece.kind is PieceKind.FINAL for piece in pieces) == (1 if reply else 0)
    assert all(ROW.fullmatch(line) for line in (reply.lines if reply else ()))


def test_a_damaged_row_is_odd() -> None:
    short = f'%CMNG: 16842753,1,"{DIGEST[:-2]}"\r\nOK\r\n'.encode()
    reply, _ = read(short, ROW)
    assert reply is not None
    assert reply.lines == ()
    assert reply.odd == (short.decode().split("\r\n")[0],)


def test_what_an_application_prints_is_passed_over() -> None:
    reply, pieces = read(b"sensor started\r\n+CFUN: 4\r\nOK\r\n", re.compile(r"\+CFUN: \d"))
    assert reply == Reply(Verdict(VerdictKind.OK, text="OK"), ("+CFUN: 4",))
    assert pieces[0] == Piece(PieceKind.OTHER, "sensor started")


def test_a_text_without_line_end_before_a_log_line_does_not_hide_the_final_result() -> None:
    reply, _ = read(b"working...[00:00:01.000,000] <inf> app: x\r\nOK\r\n")
    assert reply is not None
    assert reply.ok


def test_a_shell_answer_loses_prompts_colours_and_the_torn_echo() -> None:
    sent = "at 'AT%CMNG=1,16842753'\r"
    wire = (
        b"\x1b[1;32muart:~$ \x1b[mat 'AT%CMNG=1,168\r\n42753'\r\n"
        + f'%CMNG: 16842753,2,"{DIGEST}"\r\r\nOK\r\r\n\r\n'.encode()
        + b"\x1b[1;32muart:~$ \x1b[m"
    )
    reply, pieces = read(wire, ROW, sent=sent, from_shell=True)
    assert reply == Reply(Verdict(VerdictKind.OK, text="OK"), (f'%CMNG: 16842753,2,"{DIGEST}"',))
    assert [piece.kind for piece in pieces if piece.kind is not PieceKind.BLANK][:2] == [PieceKind.ECHO, PieceKind.ECHO]
