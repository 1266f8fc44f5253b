"""Which orders of steps make sense: what needs what before it, each refusal with its reason.

What concerns images, erasing and the debug port is in :mod:`station.settings.order_of_images`; what needs what in each
way of getting credentials, in :mod:`station.settings.way_rules`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from station.domain.line import ChipFamily, RepeatClass, StepKind
from station.domain.ways import Way
from station.settings.explain import Problem
from station.settings.order_of_images import find_image_problems
from station.settings.placed import Placed
from station.settings.way_rules import RULES, WayRules, wrong_steps

_ONCE: Final = (
    StepKind.ATTEST,
    StepKind.ENROL,
    StepKind.GENERATE,
    StepKind.SIGN,
    StepKind.WRITE,
    StepKind.READ_BACK,
    StepKind.LOCK,
)


def find_order_problems(
    steps: Sequence[Placed],
    *,
    unproven_because: str | None,
    family: ChipFamily | None = None,
    way: Way = Way.CERTIFICATE,
) -> list[Problem]:
    """Return what is wrong with an order of steps, for a product with this chip where one is named. Pure."""
    kinds, rules = [step.kind for step in steps], RULES[way]
    problems: list[Problem] = [
        (("steps",) if index is None else ("steps", index), text) for index, text in wrong_steps(way, kinds)
    ]
    for index, step in enumerate(steps):
        found = _wrong_here(step, kinds[:index], kinds[index + 1 :], rules)
        problems += [(("steps", index), text) for text in found]
    if StepKind.IDENTIFY not in kinds:
        problems.append((("steps",), 'a step "identify" is missing: a board without an identity can\'t be recorded.'))
    problems += _proof_problems(kinds, unproven_because, way)
    proves = unproven_because is None
    return problems + find_image_problems(steps, proves=proves, family=family, given=rules.proof_behind)


def _wrong_here(step: Placed, before: Sequence[StepKind], behind: Sequence[StepKind], rules: WayRules) -> Iterator[str]:
    kind = step.kind
    if kind in rules.never:
        return  # said already, and nothing else of it matters
    for needing, needed, why in rules.needs:
        if kind is needing and needed not in before:
            yield f'"{kind}" needs "{needed}" somewhere before it: {why}.'
    if kind in _ONCE and kind in before:
        yield f'"{kind}" stands here a second time; once is enough.'
    if kind is StepKind.STORE and rules.stores and StepKind.PROVE not in _since(StepKind.STORE, before):
        yield '"store" stands here a second time, with no "prove" since the first; once is enough.'
    if kind is StepKind.STORE and not rules.signs and StepKind.WRITE in behind:
        yield '"store" stands before "write-credentials": it stores what was written, so it comes behind that.'
    for leading, needed, why in rules.leads_to:
        if kind is leading and needed not in (*before, *behind):
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


def _proof_problems(kinds: Sequence[StepKind], unproven_because: str | None, way: Way) -> list[Problem]:
    proven, given = StepKind.PROVE in kinds, RULES[way].proof_behind
    if given is None:
        text = f'the way "{way}" has no step "prove": leave this reason out.'
        return [] if unproven_because is None else [(("no_proof_reason",), text)]
    if given in kinds and not proven and unproven_because is None:
        what = "key and certificate belong together" if RULES[way].signs else "the modem has its key"
        text = (
            f'a step "prove" is missing behind "{given}": nothing shows that {what}. '
            "If this product can't prove it, say why in no_proof_reason."
        )
        return [(("steps",), text)]
    if proven and unproven_because is not None:
        return [(("no_proof_reason",), 'there is a step "prove": leave this reason out.')]
    return []
