"""The engineers' log, as the line writes to it. The journal alone is the record."""

from typing import cast

import structlog


def engineer_log() -> structlog.stdlib.BoundLogger:
    """Return the logger; before logging is set up (a test, a tool) it follows structlog's own defaults."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger("station.line"))
