"""The engineers' log, as the line writes to it. The journal alone is the record."""

from typing import cast

import structlog
from structlog.typing import FilteringBoundLogger


def engineer_log() -> FilteringBoundLogger:
    """Return the logger; before logging is set up (a test, a tool) it follows structlog's own defaults."""
    return cast(FilteringBoundLogger, structlog.get_logger("station.line"))
