"""Ways to make the product wrong on purpose: a harness that does not catch each of them proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest import mock

from station.cloud.protocol import Accepted, Claimed, Onboarded, RowResult
from station.credentials.requests import make_key
from station.devices.faults import NO_ANSWER
from station.devices.tls_shell import TlsShell
from station.domain.events import RowSettled
from station.domain.faults import Fault
from station.domain.ids import DeviceId, Sha256, UnitId
from station.domain.line import Outcome
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.journal.codec import Entry
from station.journal.journal import Journal
from station.journal.rows import UploadRow
from station.line import attempt, outbox, recovery, slot, step_keys, verdicts
from station.line.faults import KEY_MISSING
from station.line.outbox import Outbox


@contextmanager
def post_blindly() -> Iterator[None]:
    """An outbox that takes a body whose answer was lost for one that never went, and sends it again."""

    def reconcile(outbox: Any, upload: UploadRow) -> None:
        answer = outbox._key.cloud.send(outbox._records.body(upload.body_sha256), CredentialKind.CERTIFICATE, ())
        if isinstance(answer, Accepted):
            outbox._accepted(upload, answer.request_id, "answer")

    with mock.patch.object(Outbox, "_reconcile", reconcile):
        yield


@contextmanager
def draw_first() -> Iterator[None]:
    """A line that shows a board's result before its record is committed."""
    true = attempt.run_attempt

    class Hasty:
        """The journal of an attempt, which tells the feed of an end that it is only about to write."""

        def __init__(self, journal: Any) -> None:
            self._journal = journal

        def __getattr__(self, name: str) -> Any:
            return getattr(self._journal, name)

        def commit(self, *events: Any, **named: Any) -> Any:
            told = [event for event in events if getattr(event, "kind", "") == "attempt-closed"]
            journal: Journal = self._journal._journal
            for event in told:
                entry = Entry(journal._next, journal._clock.now(), 0, journal._session, "", event)
                journal._committed([entry])
            return self._journal.commit(*events, **named)

    def run(bench: Any, *arguments: Any) -> Any:
        return true(replace(bench, journal=Hasty(bench.journal)), *arguments)

    with mock.patch.object(slot, "run_attempt", run):
        yield


@contextmanager
def fail_on_silence() -> Iterator[None]:
    """A step that takes a %KEYGEN without an answer for one that failed.

    Both are put in place once, for all slots: one that a slot's thread put there and took away again would do so under
    the others' feet, and which of them is then asked is a matter of who comes first.
    """
    true = step_keys.generate

    def generate(work: Any) -> Any:
        try:
            return true(work)
        except Fault as fault:
            if fault.code == NO_ANSWER.code:
                raise KEY_MISSING.fault("no answer") from fault
            raise

    with (
        mock.patch.object(step_keys, "is_outcome_unknown", return_value=False),
        mock.patch.object(step_keys, "generate", generate),
    ):
        yield


@contextmanager
def lock_again() -> Iterator[None]:
    """A recovery that takes a one-way step whose result is missing for one that may be done again."""
    with mock.patch.object(recovery, "_after_crash", return_value=Outcome.ABORTED):
        yield


@contextmanager
def repeat_anything() -> Iterator[None]:
    """An outbox that sends again whatever was not answered, as only bare public keys may be."""
    with mock.patch.object(Outbox, "_repeatable", return_value=True):
        yield


@contextmanager
def take_claims_for_keys() -> Iterator[None]:
    """An outbox that calls a unit onboarded whose claim the cloud has only taken."""
    true = verdicts.by_result

    def by_result(unit: UnitId, result: RowResult) -> RowSettled:
        return true(unit, Onboarded() if isinstance(result, Claimed) else result)

    with mock.patch.object(outbox, "by_result", by_result):
        yield


@contextmanager
def write_another_key() -> Iterator[None]:
    """A station that writes another key than the one it had certified."""

    def write_key(shell: TlsShell, sec_tag: int, _key: Secret) -> Sha256 | None:
        pem, _ = make_key(DeviceId("another"))
        return true(shell, sec_tag, pem)

    true = TlsShell.write_key
    with mock.patch.object(TlsShell, "write_key", write_key):
        yield


CONTROLS: Final[dict[str, Callable[[], AbstractContextManager[None]]]] = {
    "post blindly": post_blindly,
    "draw first": draw_first,
    "fail on silence": fail_on_silence,
    "lock again": lock_again,
    "repeat anything": repeat_anything,
    "take claims for keys": take_claims_for_keys,
    "write another key": write_another_key,
}
