"""The trace of a mistake of ours, kept for an engineer; apart from the logs, which a program may have none of."""

import os
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from station.host.redaction import Redactor


def write_mistake(error: BaseException, redactors: Iterable[Redactor]) -> Path:
    """Write the trace of a mistake of ours into a new file that only its owner can read; return its path.

    No secret that a redactor knows is in it, nor anything that has the shape of one. Raises OSError.
    """
    text = Redactor().text("".join(traceback.format_exception(error)))
    for redactor in redactors:
        text = redactor.text(text)
    handle, path = tempfile.mkstemp(prefix="station-mistake-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
    return Path(path)
