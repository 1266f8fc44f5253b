"""What exactly was proven of a unit, sentence by sentence, from what its steps observed."""

from collections.abc import Iterator, Sequence

from station.domain.line import Outcome, StepKind
from station.evidence.unit_record import AttemptRecord, StepRecord


def read_proofs(attempts: Sequence[AttemptRecord]) -> tuple[str, ...]:
    """Return the proofs that count: those of the last attempt and of what it carried on with. Pure.

    A step that did not pass proves nothing. "" and unknown results say nothing here; they are in the steps' table.
    """
    known = {attempt.id: attempt for attempt in attempts}
    chain: list[AttemptRecord] = []
    at = attempts[-1] if attempts else None
    while at is not None and at not in chain:
        chain.insert(0, at)
        at = known.get(at.adopts) if at.adopts is not None else None
    said = [
        (text, attempt)
        for attempt in chain
        for step in attempt.steps
        if step.outcome is Outcome.PASSED
        for text in _proven(step)
    ]
    last = chain[-1] if chain else None
    return tuple(
        dict.fromkeys(
            text if attempt is last else f"{text} (in attempt {attempt.id}, carried on with)" for text, attempt in said
        )
    )


def _proven(step: StepRecord) -> Iterator[str]:
    got = step.results
    match step.kind:
        case StepKind.FLASH if got.get("verified"):
            yield f"image {_named(got)} is in the board: {got['verified']}"
        case StepKind.MODEM_FIRMWARE if got.get("verified") or got.get("seen_by"):
            how = got.get("verified") or f"was there already, seen by {got.get('seen_by')}"
            yield f"modem firmware {got.get('version', '')} ({_named(got)}): {how}"
        case StepKind.GENERATE if got.get("proven"):
            yield f"key: {got['proven']}"
        case StepKind.ATTEST if got.get("proven"):
            yield f"attestation token: {got['proven']}"
        case StepKind.ENROL if got.get("proven"):
            yield f"onboarding token for {got.get('account', '')}: {got['proven']}"
        case StepKind.WRITE if got.get("compared_by"):
            what = "server roots and certificate" if got.get("certificate_sha256") else "server roots"
            yield f"{what} are in the modem: compared by {got['compared_by']}"
        case StepKind.PROVE if got.get("jwt"):
            listed = f"; listed again: types {', '.join(map(str, _list(got['listed'])))}" if got.get("listed") else ""
            yield f"the modem holds the private key: token {got['jwt']}{listed}"
        case StepKind.PROVE if got.get("not_proven"):
            yield f"not proven that the modem holds the private key: {got['not_proven']}"
        case StepKind.PROVE if got.get("signed"):
            yield f"the board holds the private key: {got['signed']}"
        case StepKind.READ_BACK if got.get("read_back"):
            yield f"the last image left the credentials alone: shown with {got.get('check_image', 'a check image')}"
        case StepKind.READ_BACK if got.get("relies_on_attempt"):
            yield f"the last image leaves credentials alone: relies on attempt {got['relies_on_attempt']} of this batch"
        case StepKind.POWER_CYCLE if got.get("verified_again"):
            yield f"kept over a power cut: {', '.join(map(str, _list(got['verified_again'])))}"
        case StepKind.LOCK if got.get("proven"):
            yield f"debug access: {got['proven']}"
        case _:
            pass


def _named(got: dict[str, object]) -> str:
    return f"{got.get('image', '')} (SHA-256 {got.get('sha256', '')})"


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]
