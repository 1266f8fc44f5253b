"""What a modem's line means: a final result, information, or one of the many things that come in between.

Pure: lines in, meaning out. Sources: at-commands reference sections 2 to 4 (unsolicited results, log lines, banners,
framings), Zephyr's log output and shell, samples/modem-output.json.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from station.devices.lines import Line


class VerdictKind(StrEnum):
    """How a command ended."""

    OK = "OK"
    ERROR = "ERROR"
    CME = "+CME ERROR"
    CMS = "+CMS ERROR"
    LOST = "answer lost"
    """The firmware could not pass the modem's answer on: nobody knows what the modem did."""
    NOT_PASSED_ON = "not passed on"
    """The shell did not take the line: the modem never saw it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The final result of a command; ``number`` is the error's where it is one."""

    kind: VerdictKind
    number: int | None = None
    text: str = ""


class PieceKind(StrEnum):
    """What a line, or the part of one, is."""

    BLANK = "blank"
    FINAL = "final"
    INFO = "information"
    URC = "unsolicited"
    LOG = "log"
    BANNER = "banner"
    """The device has just started: it was reset."""
    ECHO = "echo"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the conversation that has one meaning."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command.

    ``lines`` are the information lines that were expected, in their order, whole. ``content`` is the quoted text of
    a multi-line answer, byte for byte (Latin-1). ``odd`` are lines that look like a damaged or foreign answer: a list
    that has any may lack a row.
    """

    verdict: Verdict
    lines: tuple[str, ...] = ()
    content: str | None = None
    odd: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the modem did it."""
        return self.verdict.kind is VerdictKind.OK


_CONTROL_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[=>78])")
_URC = (
    r"(?:\+(?:CEREG|CSCON|CGEV|CEDRXP|CMTI?|CDSI?|CNEC_EMM|CNEC_ESM|CTZ[EV]|CPINR)"
    r"|%(?:MDMEV|XTEMP|XVBATLVL|XPOFWARN|XMODEMSLEEP|XT3412|NCELLMEAS|CESQ|XTIME|XSIM|CONEVAL|LOCATION|RAI)"
    r"|#X[A-Z0-9]+): .*"
)
_LOG = r"\[(?:\d\d:\d\d:\d\d\.\d{3}(?:,\d{3})?|\d{8,})\] <(?:inf|wrn|err|dbg)> .*"
_NOISE = re.compile(f"(?P<urc>{_URC})|(?P<log>{_LOG})")
_BANNER = re.compile(
    r"\*\*\* ?(?:Booting|Using) |Booting (?:nRF Connect SDK|Zephyr OS|MCUboot|TF-M)|The AT host sample started"
    r"|ZEPHYR FATAL ERROR|#XMODEM: (?:FAULT|INIT|SHUTDOWN)|^(?:Ready|INIT ERROR)$"
)
_UNPRINTABLE = re.compile(r".*[^\t -~]", re.DOTALL)
_ERROR_NUMBER = re.compile(r"\+CM([ES]) ERROR: ?(\S.*)")
_LOST = re.compile(r"Sending AT command failed with error code -?\d+|ERROR: AT command failed: -?\d+")
_NOT_PASSED_ON = re.compile(
    r".*: command not found|not terminated: .|.*: wrong parameter count|Too many arguments in the command\.?"
)
_SUSPICIOUS = re.compile(r'[+%#"]|.*CMNG|.*[0-9A-Fa-f]{16}')
PROMPT: Final = re.compile(r"(?:[\w.-]*:~\$ )+")
"""What Zephyr's shell writes in front of its input line; never ended by a line end."""


def strip_control(text: str) -> str:
    """Return ``text`` without terminal control sequences (colours of logs, cursor moves of a shell)."""
    return _CONTROL_SEQUENCE.sub("", text) if "\x1b" in text else text


def strip_shell(text: str) -> str:
    """Return a line of Zephyr's shell without control sequences and the prompts in front of it."""
    text = strip_control(text)
    prompt = PROMPT.match(text)
    return text[prompt.end() :] if prompt else text


def verdict_of(text: str, *, from_shell: bool = False) -> Verdict | None:
    """Return the final result that a whole line is, or None. ``from_shell``: also what Zephyr's shell says instead."""
    if text == "OK":
        return Verdict(VerdictKind.OK, text=text)
    if text == "ERROR":
        return Verdict(VerdictKind.ERROR, text=text)
    if match := _ERROR_NUMBER.fullmatch(text):
        kind = VerdictKind.CME if match[1] == "E" else VerdictKind.CMS
        return Verdict(kind, int(match[2]) if re.fullmatch(r"[0-9]{1,9}", match[2]) else None, text)
    if _LOST.fullmatch(text):
        return Verdict(VerdictKind.LOST, text=text)
    if from_shell and _NOT_PASSED_ON.fullmatch(text):
        return Verdict(VerdictKind.NOT_PASSED_ON, text=text)
    return None


def _tail(text: str) -> str:
    """Return what follows the last character that no modem sends."""
    damage = _UNPRINTABLE.match(text)
    return text[damage.end() :] if damage else text


class ReplyReader:
    """Collects the reply to one command out of everything that comes.

    Unsolicited results and log lines may stand anywhere, also in the middle of a line (at_host's threads write
    byte by byte): they are taken out, and what they tore apart is joined. A final result counts as a whole line
    only. Bytes that no modem sends (line noise) in front of an answer are cut off it and kept as odd.
    """

    def __init__(
        self,
        sent: str,
        expect: re.Pattern[str] | None = None,
        *,
        quoted: bool = False,
        from_shell: bool = False,
        judge: Callable[[str], Verdict | None] | None = None,
    ) -> None:
        """``expect`` matches whole information lines; with ``quoted``, their beginning up to the opening quote.

        ``judge`` says which whole lines are final results, where the command is none of a modem's.
        """
        self._sent = sent
        self._expect = expect
        self._quoted = quoted
        self._shell = from_shell
        self._judge = judge or (lambda text: verdict_of(text, from_shell=from_shell))
        self._carry = ""
        self._swallow_feed = False
        self._content: list[str] | None = None
        self._lines: list[str] = []
        self._odd: list[str] = []
        self._text: str | None = None
        self.verdict: Verdict | None = None
        self.banner = False
        self.echoed = False
        """Whether the command, or a part of it, has come back."""

    def feed(self, line: Line) -> tuple[Piece, ...]:
        """Take the next line; return what it was, for the transcript. Nothing may be fed after the final result."""
        swallow, self._swallow_feed = self._swallow_feed, False
        if swallow and line == Line("", "\n"):
            return ()
        own = strip_shell(line.text) if self._shell else strip_control(line.text)
        text = self._carry + own
        noise = _NOISE.search(text)
        banner = _BANNER.search(text if noise is None or noise["urc"] else text[: noise.start()])
        if banner:
            self.banner = True
            self._carry = ""
            return (Piece(PieceKind.BANNER, text[banner.start() :]),)
        if noise:
            # Its line end is its own: what it tore apart goes on in the next line.
            self._carry = text[: noise.start()]
            self._swallow_feed = line.end == "\r"
            return (Piece(PieceKind.URC if noise["urc"] else PieceKind.LOG, noise.group()),)
        carry, self._carry = self._carry, ""
        if self._content is not None:
            return (self._more_content(self._content, text, line.end),)
        if carry and self._kind(_tail(text)) is PieceKind.OTHER and self._kind(_tail(own)) is not PieceKind.OTHER:
            # Nothing was torn apart: somebody had written without a line end.
            return (self._other(carry), *self._take(own, line.end))
        return self._take(text, line.end)

    @property
    def is_harmless(self) -> bool:
        """Whether nothing has come that is a final result or looks like part of an answer."""
        return self.verdict is None and not self._odd and not self._lines

    def reply(self) -> Reply:
        """Return the reply; only once there is a verdict."""
        if self.verdict is None:
            raise ValueError("the reply is not complete")
        return Reply(self.verdict, tuple(self._lines), self._text, tuple(self._odd))

    def _kind(self, answer: str) -> PieceKind:
        if not answer.strip():
            return PieceKind.BLANK
        if self._judge(answer):
            return PieceKind.FINAL
        if self._expect and (self._expect.match(answer) if self._quoted else self._expect.fullmatch(answer)):
            return PieceKind.INFO
        return PieceKind.ECHO if answer in self._sent else PieceKind.OTHER

    def _take(self, text: str, end: str) -> tuple[Piece, ...]:
        answer = _tail(text)
        damaged = () if answer == text else (self._other(text[: len(text) - len(answer)]),)
        kind = self._kind(answer)
        if kind is PieceKind.FINAL:
            self.verdict = self._judge(answer)
        elif kind is PieceKind.ECHO:
            self.echoed = True
        elif kind is PieceKind.OTHER:
            return (*damaged, self._other(answer))
        elif kind is PieceKind.INFO and self._quoted and self._expect and (head := self._expect.match(answer)):
            self._lines.append(head.group())
            self._content = []
            return (*damaged, self._more_content(self._content, answer[head.end() :], end, head.group()))
        elif kind is PieceKind.INFO:
            self._lines.append(answer)
        return (*damaged, Piece(kind, answer))

    def _more_content(self, content: list[str], text: str, end: str, head: str = "") -> Piece:
        before, quote, after = text.partition('"')
        content.append(before)
        if not quote:
            content.append(end)
        else:
            self._text = "".join(content)
            self._content = None
            if after:
                self._odd.append(after)
        return Piece(PieceKind.INFO, head + text)

    def _other(self, text: str) -> Piece:
        if _SUSPICIOUS.match(text) or not text.isascii() or not text.isprintable():
            self._odd.append(text)
        return Piece(PieceKind.OTHER, text)
