"""Which orders of steps make sense: what needs what before it, each refusal with its reason."""

from collections.abc import Sequence
from typing import Final

from station.domain.line import StepKind
from station.settings.explain import Problem

_NEEDS: Final[dict[StepKind, tuple[StepKind, str]]] = {
    StepKind.CLEAR: (StepKind.IDENTIFY, "nothing on a board is changed before it has said who it is"),
    StepKind.GENERATE: (StepKind.IDENTIFY, "a key belongs to a board that has said who it is"),
    StepKind.SIGN: (StepKind.GENERATE, "there is no key to sign a certificate for"),
    StepKind.WRITE: (StepKind.SIGN, "there is no certificate to write"),
    StepKind.PROVE: (StepKind.WRITE, "there is nothing in the board to prove yet"),
    StepKind.STORE: (StepKind.WRITE, "it stores what was written, so it comes behind the last write"),
}
"""What must come somewhere before a step, and why."""

_ONCE: Final = (StepKind.GENERATE, StepKind.SIGN, StepKind.WRITE, StepKind.STORE)

_LEADS_TO: Final[dict[StepKind, tuple[StepKind, str]]] = {
    StepKind.GENERATE: (StepKind.SIGN, "a key without a certificate is of no use"),
    StepKind.SIGN: (StepKind.WRITE, "a certificate that no board gets is of no use"),
    StepKind.WRITE: (StepKind.STORE, "without it the modem may lose what was written when the power goes"),
}
"""What must come somewhere after a step, and why."""


def find_order_problems(kinds: Sequence[StepKind], *, unproven_because: str | None) -> list[Problem]:
    """Return what is wrong with an order of steps. Pure."""
    problems: list[Problem] = []
    for index, kind in enumerate(kinds):
        problems += [(("steps", index), text) for text in _wrong_here(kind, kinds[:index], kinds[index + 1 :])]
    if StepKind.IDENTIFY not in kinds:
        problems.append((("steps",), 'a step "identify" is missing: a board without an identity can\'t be recorded.'))
    return problems + _proof_problems(kinds, unproven_because)


def _wrong_here(kind: StepKind, before: Sequence[StepKind], behind: Sequence[StepKind]) -> list[str]:
    wrong = []
    if kind in _NEEDS and _NEEDS[kind][0] not in before:
        needed, why = _NEEDS[kind]
        wrong.append(f'"{kind}" needs "{needed}" somewhere before it: {why}.')
    if kind in _ONCE and kind in before:
        wrong.append(f'"{kind}" stands here a second time; once is enough.')
    if kind in _LEADS_TO and _LEADS_TO[kind][0] not in (*before, *behind):
        needed, why = _LEADS_TO[kind]
        wrong.append(f'"{kind}" needs "{needed}" somewhere behind it: {why}.')
    if kind is StepKind.CLEAR and StepKind.GENERATE in before:
        wrong.append('"clear-credentials" would delete the key that was just generated; put it before "generate-key".')
    return wrong


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
