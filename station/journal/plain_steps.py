"""Steps' leaves in the one form that nearly all entries of a journal have, told from their bytes alone.

What is checked of them is all that reading them would check: names, kinds of values, known words. Whatever is written
in any other way, were it as good, is read the long way by whoever asks here.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final

from station.domain.events import StepFinished, StepIntended
from station.domain.line import Outcome, RepeatClass, StepKind
from station.journal.codec import LEAF_VERSION, microseconds


def _one_of(words: Iterable[StrEnum]) -> bytes:
    return b'"(?:' + b"|".join(re.escape(word.value).encode() for word in words) + b')"'


# Each alternative begins with a byte of its own, so a leaf of another form is told at once, and nothing is tried twice.
# Possessive quantifiers would say the same: Pythons before 3.11.5 match too much with them (CPython issue 106052).
_NUMBER: Final = rb"(?:0|[1-9][0-9]{0,14})"
_TEXT: Final = rb'"[ !#-\[\]-~]*(?:\\["\\/bfnrt][ !#-\[\]-~]*)*"'
_VALUE: Final = rb"(?:%b|-?%b|true|false|null)" % (_TEXT, _NUMBER)
_LIST: Final = rb"\[(?:%b(?:,%b)*)?\]" % (_VALUE, _VALUE)
_RESULT: Final = rb"%b:(?:%b|%b)" % (_TEXT, _VALUE, _LIST)
_RESULTS: Final = rb"\{(?:%b(?:,%b)*)?\}" % (_RESULT, _RESULT)
_LEAF: Final = (
    rb'\{"at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}):([0-5][0-9])\.([0-9]{6})\+00:00","body":\{"attempt":(%b),%b\},'
    rb'"by":%b,"kind":"%b","mono_us":%b,"seq":(%b),"session":%b,"v":%d\}'
)
_INTENDED: Final = b'"index":%b,"name":%b,"repeat":%b,"step":%b' % (
    *(_NUMBER, _TEXT, _one_of(RepeatClass), _one_of(StepKind)),
)
_FINISHED: Final = b'"fault":null,"index":%b,"milliseconds":%b,"outcome":%b,"results":%b,"step":%b,"tries":%b' % (
    *(_NUMBER, _NUMBER, _one_of(Outcome), _RESULTS, _one_of(StepKind), _NUMBER),
)
_FORMS: Final = {
    kind: re.compile(
        _LEAF % (_NUMBER, body, _TEXT, kind.encode(), _NUMBER, _NUMBER, _NUMBER, LEAF_VERSION),
    ).fullmatch
    for kind, body in ((StepIntended.kind, _INTENDED), (StepFinished.kind, _FINISHED))
}


def step_of(kind: str, leaf: bytes) -> tuple[int, int, int] | None:
    """Return place, time (microseconds) and attempt of a step's leaf of this kind; None for any other, or form. Pure.

    Where it returns them, :func:`station.journal.codec.decode` reads the leaf and finds the same.
    """
    form = _FORMS.get(kind)
    found = form(leaf) if form is not None else None
    if found is None:
        return None
    minute, second, fraction, attempt, seq = found.groups()
    begun = _begin_of(minute)
    if begun is None:
        return None
    return int(seq), begun + int(second) * 1_000_000 + int(fraction), int(attempt)


@lru_cache(maxsize=64)
def _begin_of(minute: bytes) -> int | None:
    """Return when a minute began, which many entries share; None for one that there is not."""
    try:
        return microseconds(datetime.fromisoformat(minute.decode("ascii")).replace(tzinfo=UTC))
    except ValueError:
        return None
