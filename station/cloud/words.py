"""A stranger's words, made fit to be kept in the journal and shown on a screen."""

from station.domain.secret import Secret

_LIMIT = 300


def quote(text: str, *secrets: Secret) -> str:
    """Return ``text`` on one line of at most 300 printable characters, with ``secrets`` masked. Pure.

    Control characters, line ends and halves of surrogate pairs (which no file could hold) become blanks.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), "***")
    # Cut first, then once more: what is looked at stays bounded whatever the cloud sends.
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LIMIT]).split())
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"
