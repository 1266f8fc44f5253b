"""Which orders of steps make sense: what needs what before it, each refusal with its reason.

What concerns images, erasing and the debug port is in :mod:`station.settings.order_of_images`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from station.domain.line import ChipFamily, RepeatClass, StepKind
from station.settings.explain import Problem
from station.settings.order_of_images import find_image_problems
from station.settings.placed import Placed

_NEEDS: Final[tuple[tuple[StepKind, StepKind, str], ...]] = (
    (StepKind.CLEAR, StepKind.IDENTIFY, "nothing on a board is changed before it has said who it is"),
    (StepKind.GENERATE, StepKind.IDENTIFY, "a key belongs to a board that has said who it is"),
    (
        StepKind.GENERATE,
        StepKind.CLEAR,
        "there a board that was interrupted gets its own key and certificate back, and any other loses its old ones; "
        "without it such a board could never be finished",
    ),
    (StepKind.SIGN, StepKind.GENERATE, "there is no key to sign a certificate for"),
    (StepKind.WRITE, StepKind.SIGN, "there is no certificate to write"),
    (StepKind.PROVE, StepKind.WRITE, "there is nothing in the board to prove yet"),
    (StepKind.STORE, StepKind.WRITE, "it stores what was written, so it comes behind the last write"),
    (StepKind.READ_BACK, StepKind.WRITE, "there is nothing in the board to read back yet"),
    (StepKind.LOCK, StepKind.IDENTIFY, "it is never done twice, so it must be known on which board it was done"),
)
"""Which step must come somewhere before which, and why."""

_ONCE: Final = (StepKind.GENERATE, StepKind.SIGN, StepKind.WRITE, StepKind.READ_BACK, StepKind.LOCK)

_LEADS_TO: Final[dict[StepKind, tuple[StepKind, str]]] = {
    StepKind.GENERATE: (StepKind.SIGN, "a key without a certificate is of no use"),
    StepKind.SIGN: (StepKind.WRITE, "a certificate that no board gets is of no use"),
    StepKind.WRITE: (StepKind.STORE, "without it the modem may lose what was written when the power goes"),
}
"""What must come somewhere after a step, and why."""


def find_order_problems(
    steps: Sequence[Placed], *, unproven_because: str | None, family: ChipFamily | None = None
) -> list[Problem]:
    """Return what is wrong with an order of steps, for a product with this chip where one is named. Pure."""
    kinds = [step.kind for step in steps]
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        found = _wrong_here(step, kinds[:index], kinds[index + 1 :])
        problems += [(("steps", index), text) for text in found]
    if StepKind.IDENTIFY not in kinds:
        problems.append((("steps",), 'a step "identify" is missing: a board without an identity can\'t be recorded.'))
    problems += _proof_problems(kinds, unproven_because)
    return problems + find_image_problems(steps, proves=unproven_because is None, family=family)


def _wrong_here(step: Placed, before: Sequence[StepKind], behind: Sequence[StepKind]) -> Iterator[str]:
    kind = step.kind
    for needing, needed, why in _NEEDS:
        if kind is needing and needed not in before:
            yield f'"{kind}" needs "{needed}" somewhere before it: {why}.'
    if kind in _ONCE and kind in before:
        yield f'"{kind}" stands here a second time; once is enough.'
    if kind is StepKind.STORE and StepKind.PROVE not in _since(StepKind.STORE, before):
        yield '"store" stands here a second time, with no "prove" since the first; once is enough.'
    if kind in _LEADS_TO and _LEADS_TO[kind][0] not in (*before, *behind):
        needed, why = _LEADS_TO[kind]
        yield f'"{kind}" needs "{needed}" somewhere behind it: {why}.'
    if kind is StepKind.CLEAR and StepKind.GENERATE in before:
        yield '"clear-credentials" would delete the key that was just generated; put it before "generate-key".'
    if kind is StepKind.COMMAND and step.repeat is RepeatClass.ONE_WAY and StepKind.IDENTIFY not in before:
        yield (
            'a "command" with repeat "one-way" needs "identify" somewhere before it: it is never done twice, '
            "so it must be known on which board it was done."
        )


def _since(kind: StepKind, before: Sequence[StepKind]) -> Sequence[StepKind]:
    """Return what stands behind the last ``kind``; where there is none, a step that needs nothing new."""
    if kind not in before:
        return (StepKind.PROVE,)
    return before[len(before) - list(reversed(before)).index(kind) :]


def _proof_problems(kinds: Sequence[StepKind], unproven_because: str | None) -> list[Problem]:
    proven = StepKind.PROVE in kinds
    if StepKind.WRITE in kinds and not proven and unproven_because is None:
        text = (
            'a step "prove" is missing behind "write-credentials": nothing shows that key and certificate belong '
            "together. If this product can't prove it, say why in no_proof_reason."
        )
        return [(("steps",), text)]
    if proven and unproven_because is not None:
        return [(("no_proof_reason",), 'there is a step "prove": leave this reason out.')]
    return []
