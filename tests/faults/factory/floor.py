"""What everything in a simulated factory stands on: its time, its chance, and the end of its lives.

Nothing here asks this PC for the time or for randomness: the same seed gives the same bytes.
"""

import secrets
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from unittest import mock

import stamina
import stamina.instrumentation
import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

BEGIN: Final = datetime(2026, 6, 1, 6, tzinfo=UTC)
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Killed(BaseException):
    """The station's process is gone, here and now. No handler of the product may take it for a fault."""


class FactoryClock:
    """Time that passes only when somebody waits for it. ``shift`` is how wrong this PC's wall clock is."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.shift = timedelta()

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.seconds) + self.shift

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.pass_by(max(seconds, 0.001))
        return event.is_set()

    def pass_by(self, seconds: float) -> None:
        """Let time go on."""
        self.seconds += max(0.0, seconds)


class TrueTime:
    """The same time as the cloud has it: nobody sets its clock wrong."""

    def __init__(self, clock: FactoryClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self._clock.seconds)

    def monotonic(self) -> float:
        return self._clock.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return self._clock.wait(event, seconds)


class Life:
    """One run of the station's program. Once it is over, nothing it still tries has any effect."""

    def __init__(self) -> None:
        self.over = False
        self._mishaps: list[tuple[int, Callable[[], object]]] = []
        self.touched = 0
        """How often the program has touched the world."""

    def touch(self) -> None:
        """Say that the program is about to touch the world; whatever was to happen at this moment happens."""
        if self.over:
            raise Killed
        self.touched += 1
        while self._mishaps and self._mishaps[0][0] <= self.touched:
            self._mishaps.pop(0)[1]()
            if self.over:
                raise Killed

    def soon(self, touches: int, mishap: Callable[[], object]) -> None:
        """Have something happen at the so many-th touch from now."""
        self._mishaps.append((self.touched + touches, mishap))
        self._mishaps.sort(key=lambda one: one[0])

    def calm(self) -> None:
        """Have nothing happen that was still to come."""
        self._mishaps.clear()

    def kill(self) -> None:
        """End the program as SIGKILL does; raised to it at its next touch, and for ever after."""
        self.over = True


class Chance:
    """All that a factory leaves to chance, and a count of what was done with it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.order = Random(f"factory/{seed}/order")
        self.faults = Random(f"factory/{seed}/faults")
        self.network = Random(f"factory/{seed}/network")
        self.ways = Random(f"factory/{seed}/ways")
        """A stream of its own: days with the certificate's way alone draw nothing from it."""
        self.injected: Counter[str] = Counter()

    def strikes(self, rng: Random, share: float) -> bool:
        """Return whether something of this likelihood happens now."""
        return rng.random() < share


class _Repeatable(ec.ECDSA):
    """ECDSA whose signatures follow from key and data (RFC 6979)."""

    def __init__(self, algorithm: Any, deterministic_signing: bool = True) -> None:
        super().__init__(algorithm, deterministic_signing=deterministic_signing)


def _drop(_logger: Any, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent  # a thousand bad boards fill a log; what is a mistake of ours is found by its code


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Have this PC's sources of randomness follow a seed, and retries of a moment take none of real time.

    The system's and the libraries' own functions are replaced, none of the station's: keys, serial numbers, nonces,
    signatures. For one thread.
    """
    rng = Random(f"factory/{seed}/entropy")
    # The library looks its own class up once, at the first signature: before another stands in its place.
    key = ec.derive_private_key(7, ec.SECP256R1())
    key.public_key().verify(key.sign(b"", ec.ECDSA(hashes.SHA256())), b"", ec.ECDSA(hashes.SHA256()))

    def generate(curve: ec.EllipticCurve, _backend: Any = None) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(1 + rng.getrandbits(384) % (_P256_ORDER - 1), curve)

    def text(size: int = 32) -> str:
        return urlsafe_b64encode(rng.randbytes(size)).rstrip(b"=").decode("ascii")

    def repeatably(sign: Callable[..., Any]) -> Callable[..., Any]:
        return lambda builder, *arguments, **named: sign(builder, *arguments, **(named | {"ecdsa_deterministic": True}))

    quiet, before = structlog.get_config(), stamina.instrumentation.get_on_retry_hooks()
    with ExitStack() as stack:
        for owner, name, source in (
            (secrets, "token_bytes", lambda size=32: rng.randbytes(size)),
            (secrets, "token_hex", lambda size=32: rng.randbytes(size).hex()),
            (secrets, "token_urlsafe", text),
            (ec, "generate_private_key", generate),
            (ec, "ECDSA", _Repeatable),
            (x509.CertificateBuilder, "sign", repeatably(x509.CertificateBuilder.sign)),
            (
                x509.CertificateSigningRequestBuilder,
                "sign",
                repeatably(x509.CertificateSigningRequestBuilder.sign),
            ),
            (x509, "random_serial_number", lambda: rng.getrandbits(159) | 1),
        ):
            stack.enter_context(mock.patch.object(owner, name, source))
        stack.enter_context(stamina.set_testing(True, attempts=3, cap=True))
        stamina.instrumentation.set_on_retry_hooks(())
        structlog.configure(processors=[_drop])
        stack.callback(lambda: structlog.configure(**quiet))
        stack.callback(stamina.instrumentation.set_on_retry_hooks, before)
        yield
