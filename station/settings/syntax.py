"""What is wrong with a file that is no TOML, in the words of somebody who edits it rather than of a parser."""

import re
from typing import Final

_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_WORDS: Final = (
    (r"Invalid value \(at end", "the file ends before the value does. Add what is missing: a value, ] or }"),
    (
        r"Invalid value|Invalid date",
        'that is no value. Text needs quotes ("text"), a list [ ], a table { }; true and false are lower case',
    ),
    (
        r"Unescaped|Reserved escape|Invalid hex|Escaped character",
        "a backslash in a text has a meaning of its own. Write folders with /, or the text between 'single quotes'",
    ),
    (
        r'(Illegal|Found invalid) character .\\[nr].|Unterminated string|Expected "."',
        "a text has no end. Close it, on its line, with the quote that it began with",
    ),
    (r"(Illegal|Found invalid) character", "there is a character that can't be seen. Write the line anew"),
    (r"Expected '='", 'behind a key (letters a to z, digits, _ and -) comes = and its value. Write key = "value"'),
    (
        r"Cannot overwrite a value|Duplicate inline table key",
        "this key stands in its table already. Leave one of the two out",
    ),
    (
        r"Cannot ",
        "this table stands in the file already. Put its keys together there; one more item of a list is [[name]]",
    ),
    (
        r"Expected newline",
        "something is left over behind the value. Begin a new line for it, or write # before a comment",
    ),
    (r"Unclosed|Expected comma", "a list or table is not closed there. Add the missing comma, ] or }"),
    (r"Expected '\]", "a table's head is not closed. Write [name], or [[name]] for one item of a list"),
    (
        r"Invalid (statement|initial character)",
        "a line begins with a key, a [table], or # and a comment. Put a key with other characters between quotes",
    ),
)
"""What ``tomllib`` says (of any Python from 3.11 on), and what somebody should do about it."""


def explain_syntax(error: ValueError, text: str) -> str:
    """Return where and why ``text`` is no TOML, and what to do; nothing of the text, which may be secret. Pure."""
    raw = str(error)
    found = _PLACE.search(raw)
    if found is None:  # the one error that is not the parser's own: too many digits
        return "a number in it is too long. Write it shorter"
    place = (
        f"line {found[1]}, column {found[2]}" if found[1] else f"line {text.rstrip().count(chr(10)) + 1}, at the end"
    )
    words = next((words for begin, words in _WORDS if re.match(begin, raw)), "this can't be read. Write the line anew")
    return f"{place}: {words}"
