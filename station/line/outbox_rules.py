"""How the outbox waits, and how much it sends at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboxRules:
    """How the outbox waits. Times in seconds."""

    rows: int = 500
    """Units a body; the cloud's own limit holds too."""
    longest_wait: float = 60.0
    """A unit that waited so long goes even when the body is not full."""
    poll_first: float = 1.0
    poll_most: float = 30.0
    retry_first: float = 5.0
    retry_most: float = 900.0
    overdue: float = 3600.0
    """An upload without an end so long after it was sent is overdue: a person may decide about its units."""
    settle: float = 60.0
    """A body that the cloud doesn't show may still appear within this time after it was sent."""
    look_every: float = 600.0
    """Seconds between two looks at some claimed units: have they made their cloud keys?"""
