"""Any text made visible and kept whole: what a reader can't see, or would be misled by, is spelled out.

Texts of devices, programs and people may hold anything. In tables and on paper a control character, a line break or a
mark that turns the direction of reading is written as ``\\u{2e}`` with its code point, and so is a character that a
font can't draw. :func:`restore` gives the text back, character by character: nothing is ever dropped.
"""

import re
import unicodedata
from collections.abc import Callable, Container
from typing import Final

_ESCAPED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
# Marks that change how other characters are read (UAX 9, UTR 36), and those that break lines without being seen to.
_MISLEADING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2028\u2029"
)
_INVISIBLE: Final = ("Cc", "Cs", "Cn")


def _draws_nothing(character: str) -> bool:
    return unicodedata.category(character) == "Cf" or "\ufe00" <= character <= "\ufe0f" or character == "\u034f"


def spell(character: str) -> str:
    """Return one character by its code point."""
    return f"\\u{{{ord(character):x}}}"


def visible(text: str, drawable: Container[str] | None = None) -> str:
    """Return ``text`` with everything spelled out that can't be seen, or is not in ``drawable`` (a font). Pure."""
    if drawable is None and text.isascii() and text.isprintable() and "\\u{" not in text:
        return text

    def needs(character: str) -> bool:
        if character in _MISLEADING or unicodedata.category(character) in _INVISIBLE:
            return True
        # Joiners and variants are part of how a screen shows a text; on paper they are nothing at all.
        return drawable is not None and (character not in drawable or _draws_nothing(character))

    return spelled(text, needs)


def spelled(text: str, needs: Callable[[str], bool]) -> str:
    """Return ``text`` with the characters spelled out that need it, and with what only looks spelled out marked so."""
    return "".join(spell(one) if needs(one) or text.startswith("\\u{", at) else one for at, one in enumerate(text))


def restore(text: str) -> str:
    """Return the text that :func:`visible` was given. Pure."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
