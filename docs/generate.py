"""Write the generated parts of the documentation anew: ``python docs/generate.py``. A test holds them current."""

import importlib
import pkgutil
import re
from pathlib import Path

import station
from station.domain.faults import FaultSpec, Retry, StationFault, UnitFault
from station.line.flow import draw_repeat_classes, draw_states, draw_steps

DOCS = Path(__file__).resolve().parent
_BLAME = {UnitFault: "the unit", StationFault: "the station"}
_RETRY = {Retry.NEVER: "no", Retry.SAME_UNIT: "at once", Retry.AFTER_OPERATOR: "after mending"}


def fault_specs() -> list[FaultSpec]:
    """Return every fault that any room declares, by code."""
    found: dict[str, FaultSpec] = {}
    for module in pkgutil.walk_packages(station.__path__, "station."):
        if module.name.endswith(".faults") and not module.name.startswith(("station.simulator", "station.desktop")):
            for value in vars(importlib.import_module(module.name)).values():
                if isinstance(value, FaultSpec):
                    found[value.code] = value
    return [found[code] for code in sorted(found)]


def draw_faults() -> str:
    """Return all faults as a Markdown table."""
    rows = ["| code | at fault | what it says | again? |", "| --- | --- | --- | --- |"]
    for spec in fault_specs():
        sentence = re.sub(r"\{(\w+)[^}]*\}", r"*\1*", spec.sentence).replace("|", "\\|").replace("\n", " ")
        blame = _BLAME.get(spec.blame, "nobody" if spec.blame.__name__ == "Refusal" else "the program")
        rows.append(f"| {spec.code} | {blame} | {sentence} | {_RETRY[spec.retry]} |")
    return "\n".join(rows)


def parts() -> dict[str, dict[str, str]]:
    """Return for each file its generated parts by their marks."""
    return {
        "architecture.md": {
            "states": f"```mermaid\n{draw_states()}\n```",
            "steps": draw_steps(),
            "repeat": draw_repeat_classes(),
        },
        "faults.md": {"faults": draw_faults()},
    }


def rendered(text: str, marks: dict[str, str]) -> str:
    """Return ``text`` with what stands between each pair of marks made anew."""
    for mark, content in marks.items():
        pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"the mark {mark} is missing")
        text = pattern.sub(lambda match, content=content: match[1] + content + match[2], text)
    return text


if __name__ == "__main__":
    for name, marks in parts().items():
        path = DOCS / name
        path.write_text(rendered(path.read_text(encoding="utf-8"), marks), encoding="utf-8")
