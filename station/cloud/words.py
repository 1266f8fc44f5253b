"""A stranger's words, made fit to be kept in the journal and shown on a screen."""

import re

from station.domain.secret import Secret

_LIMIT = 300
_TOKEN = re.compile(r"2dn3[A-Za-z0-9_-]{40,}(\.[A-Za-z0-9_-]*)?|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}")
"""An attestation token, or what is left of one: whoever has it may claim the device (2dn3 is CBOR's own mark). Or a
JWT: an onboarding token, by which the account that it names may onboard the device, or a device's own."""


def quote(text: str, *secrets: Secret) -> str:
    """Return ``text`` on one line of at most 300 printable characters, ``secrets`` and tokens masked. Pure.

    Control characters, line ends and halves of surrogate pairs (which no file could hold) become blanks.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret.reveal(), "***")
    text = _TOKEN.sub("***", text)
    # Cut first, then once more: what is looked at stays bounded whatever the cloud sends.
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LIMIT]).split())
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"
