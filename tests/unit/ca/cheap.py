"""CAs for tests that are not about passphrases: opening one of the station's strength takes a quarter of a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from station.ca import keyfile


@contextmanager
def cheap_passphrases() -> Iterator[None]:
    """Have keys that are written in the block cost whoever opens them next to nothing, in this and any other program.

    Only the writer is told another strength: the files name theirs, and the product opens them as it opens any. What a
    passphrase costs in truth, test_key_files.py looks at; and whatever makes its CA with the station's own commands
    has it so.
    """
    with mock.patch.object(keyfile, "_N", 16):
        yield
