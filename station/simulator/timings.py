"""How long the simulated hardware takes."""

import random
from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds between ``low`` and ``high``; with probability ``odd`` up to ``outlier`` instead."""

    low: float
    high: float
    odd: float = 0.0
    outlier: float = 0.0

    def draw(self, rng: random.Random) -> float:
        """Return one duration; 0.0 without touching ``rng`` when the span is zero."""
        if self.high <= 0.0:
            return 0.0
        if self.odd and rng.random() < self.odd:
            return rng.uniform(self.high, self.outlier)
        return rng.uniform(self.low, self.high)

    def scaled(self, factor: float) -> "Span":
        """Return this span, every bound multiplied by ``factor``."""
        return Span(self.low * factor, self.high * factor, self.odd, self.outlier * factor)


@dataclass(frozen=True, slots=True)
class Timings:
    """One set of durations, in seconds, and the serial line's pace.

    The defaults are as near to hardware as the references tell (at-commands section 1 and 3, flashing section 3.5);
    nobody has published how long %KEYGEN takes, so "about a second, now and then three" is an assumption.
    ``paced`` tells whether bytes take their time on the wire.
    """

    command: Span = Span(0.002, 0.01)
    keygen: Span = Span(0.6, 1.4, odd=0.03, outlier=3.0)
    offline: Span = Span(0.3, 1.3)
    power_off: Span = Span(0.6, 2.0)
    write: Span = Span(0.05, 0.1)
    sign: Span = Span(0.08, 0.15)
    boot: Span = Span(0.4, 0.8)
    probe: Span = Span(0.2, 0.5)
    """Attaching to a target; every probe operation begins with it."""
    app_flash: Span = Span(1.6, 2.4)
    """Erasing and starting, beside the bytes themselves."""
    modem_flash: Span = Span(6.0, 9.0)
    recover: Span = Span(1.2, 3.0)
    lock: Span = Span(0.3, 0.6)
    flash_bytes_per_second: float = 120_000.0
    """0.0: bytes take no time."""
    paced: bool = True

    @classmethod
    def realistic(cls) -> Self:
        """Return durations as on hardware."""
        return cls()

    @classmethod
    def fast(cls) -> Self:
        """Return the same behaviour, twenty times as fast, on a line without a pace."""
        return cls().scaled(0.05)

    @classmethod
    def none(cls) -> Self:
        """Return no delay at all: what then takes time is the station's own."""
        return cls().scaled(0.0)

    def scaled(self, factor: float) -> Self:
        """Return these durations times ``factor``; the line keeps its pace only at 1."""
        spans = {
            item.name: span.scaled(factor)
            for item in fields(self)
            if isinstance(span := getattr(self, item.name), Span)
        }
        speed = self.flash_bytes_per_second / factor if factor else 0.0
        return replace(self, **spans, flash_bytes_per_second=speed, paced=self.paced and factor == 1.0)
