"""The faults of this room can all be told, and each says what to do."""

import re
import string

import pytest

from station.devices import faults
from station.domain.faults import FaultSpec

SPECS = {name: spec for name, spec in vars(faults).items() if isinstance(spec, FaultSpec)}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_fault_can_be_told(spec: FaultSpec) -> None:
    fields = {name for _, name, _, _ in string.Formatter().parse(spec.sentence) if name}
    fault = spec.fault("detail", **dict.fromkeys(fields, "«»"))
    assert "{" not in fault.sentence
    assert fault.sentence.count("«»") >= len(fields)
    assert re.fullmatch(r"(AT|DEV)-[1-3]\d\d", fault.code)
    # What happened, then what to do.
    assert len(re.findall(r"[.;:!](?:\s|$)", spec.sentence)) >= 2


def test_codes_are_unique() -> None:
    codes = [spec.code for spec in SPECS.values()]
    assert len(set(codes)) == len(codes)
    assert len(codes) > 30


def test_a_refusal_is_never_an_unknown_outcome() -> None:
    refusals = [spec for spec in SPECS.values() if spec.code.startswith("AT-2")]
    fields = dict.fromkeys(("action", "number", "command", "length", "option", "why"), "x")
    assert not any(faults.is_outcome_unknown(spec.fault(**fields)) for spec in refusals)
