"""The doctor's look at udev's rules: what they give this user, and whether they keep ModemManager off. Linux alone.

The rules are read and followed as udev would (udev(7)) for a device like a J-Link, plugged in or not: whose rules they
are, and what their files are called, does not matter. A rule that asks for what can't be known here is passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

SEGGER: Final = "1366"
NORDIC: Final = "1915"

_FOLDERS: Final = ("etc", "run", "usr/local/lib", "usr/lib", "lib")
"""By precedence: a file hides those of the same name in the folders behind its own."""
_UACCESS_READ: Final = "73-seat-late.rules"
"""systemd's own file that acts on the tag ``uaccess``: a tag that is set later does nothing."""

_PAIR = re.compile(r'\s*([A-Z]+)(?:\{([^}"]*)\})?\s*(==|!=|\+=|-=|:=|=)\s*[ei]?"((?:[^"\\]|\\.)*)"\s*,?')
_TESTS: Final = frozenset({"==", "!="})


@dataclass(frozen=True, slots=True)
class Pair:
    """One condition or assignment of a rule: ``ENV{DEVTYPE}=="usb_device"``."""

    key: str
    attribute: str
    operator: str
    value: str


Rule = tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A file of rules; ``odd`` are the lines that are none."""

    name: str
    rules: Sequence[Rule]
    odd: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """What rules can know of a device, by key and attribute. A value of None is one that may be anything."""

    facts: Mapping[tuple[str, str], frozenset[str] | None]


@dataclass(slots=True)
class Outcome:
    """What rules made of a device. ``mode`` and ``group`` are its node's."""

    mode: int = 0o600
    group: str = "root"
    for_seat: bool = False
    """Who sits at the screen may use it (uaccess)."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def is_left_alone(self) -> bool:
        """Whether ModemManager keeps off it."""
        marks = [self.environment.get(name) for name in ("ID_MM_DEVICE_IGNORE", "ID_MM_PORT_IGNORE")]
        return "1" in marks or self.environment.get("ID_MM_CANDIDATE") == "0"

    def opens_for(self, groups: frozenset[str]) -> bool:
        """Return whether a user in these groups may read and write it, from anywhere."""
        return self.mode & 0o006 == 0o006 or (self.mode & 0o060 == 0o060 and self.group in groups)


def usb_device(vendor: str) -> Device:
    """Return a USB device of ``vendor``, of whatever product."""
    return Device(
        {
            ("SUBSYSTEM", ""): frozenset({"usb"}),
            ("SUBSYSTEMS", ""): frozenset({"usb"}),
            ("KERNEL", ""): frozenset({"1-2"}),
            ("ENV", "DEVTYPE"): frozenset({"usb_device"}),
            ("ATTR", "idVendor"): frozenset({vendor}),
            ("ATTR", "idProduct"): None,
            **_of_both(vendor),
        }
    )


def usb_port(vendor: str) -> Device:
    """Return a serial port of such a device."""
    return Device(
        {
            ("SUBSYSTEM", ""): frozenset({"tty"}),
            ("SUBSYSTEMS", ""): frozenset({"tty", "usb"}),
            ("KERNEL", ""): frozenset({"ttyACM0"}),
            **_of_both(vendor),
        }
    )


def _of_both(vendor: str) -> Mapping[tuple[str, str], frozenset[str] | None]:
    return {
        ("ACTION", ""): frozenset({"add"}),
        ("ATTRS", "idVendor"): frozenset({vendor}),
        ("ATTRS", "idProduct"): None,
        ("ENV", "ID_BUS"): frozenset({"usb"}),
        ("ENV", "ID_VENDOR_ID"): frozenset({vendor}),
        ("ENV", "ID_USB_VENDOR_ID"): frozenset({vendor}),
        ("ENV", "ID_MODEL_ID"): None,
        ("ENV", "ID_USB_MODEL_ID"): None,
    }


def read_rules(root: Path) -> Sequence[RuleFile]:
    """Return the PC's rules in the order in which udev goes through them. Files that can't be read are left out."""
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for path in (root / folder / "udev/rules.d").glob("*.rules"):
            found.setdefault(path.name, path)
    files = []
    for name, path in sorted(found.items()):
        try:
            files.append(parse_rules(name, path.read_text("utf-8", "replace")))
        except OSError:  # one we may not read is none we can rely on
            continue
    return files


def parse_rules(name: str, text: str) -> RuleFile:
    """Return the rules of a file's text. Pure."""
    rules, odd = [], []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pairs, place = [], 0
        while match := _PAIR.match(line, place):
            pairs.append(Pair(match[1], match[2] or "", match[3], match[4]))
            place = match.end()
        if line[place:].strip():
            odd.append(line)
        else:
            rules.append(tuple(pairs))
    return RuleFile(name, rules, odd)


def apply_rules(files: Sequence[RuleFile], device: Device) -> Outcome:
    """Return what becomes of a device that is plugged in. Pure."""
    outcome = Outcome()
    final: set[str] = set()
    for file in files:
        for rule in _rules_that_hold(file, device, outcome):
            for pair in rule:
                if pair.operator not in _TESTS:
                    _assign(outcome, pair, final, is_late=file.name >= _UACCESS_READ)
    return outcome


def _rules_that_hold(file: RuleFile, device: Device, outcome: Outcome) -> Iterator[Rule]:
    """Yield the rules whose conditions hold; each is dealt with before the next one is looked at."""
    label: str | None = None
    for rule in file.rules:
        if label is not None:
            if not any(pair.key == "LABEL" and pair.value == label for pair in rule):
                continue
            label = None
        if all(_holds(pair, device, outcome) for pair in rule if pair.operator in _TESTS):
            yield rule
            label = next((pair.value for pair in rule if pair.key == "GOTO"), None)


def _holds(pair: Pair, device: Device, outcome: Outcome) -> bool:
    where = (pair.key, pair.attribute)
    if pair.key == "ENV" and pair.attribute in outcome.environment:
        facts: frozenset[str] | None = frozenset({outcome.environment[pair.attribute]})
    elif where in device.facts:
        facts = device.facts[where]
    elif pair.key == "ENV":
        facts = frozenset({""})
    else:
        return False
    if facts is None:
        return pair.operator == "=="
    fits = any(fnmatchcase(fact, pattern) for fact in facts for pattern in pair.value.split("|"))
    return fits == (pair.operator == "==")


def _assign(outcome: Outcome, pair: Pair, final: set[str], *, is_late: bool) -> None:
    if pair.key in final:
        return
    if pair.operator == ":=":
        final.add(pair.key)
    match pair.key:
        case "MODE" if re.fullmatch("[0-7]{1,4}", pair.value):
            outcome.mode = int(pair.value, 8)
        case "GROUP":
            outcome.group = pair.value
            if outcome.mode == 0o600:
                outcome.mode = 0o660  # udev(7): a group of its own may use it, where no mode is given
        case "TAG" if pair.value == "uaccess":
            outcome.for_seat = pair.operator != "-=" and (outcome.for_seat or not is_late)
        case "TAG" if pair.operator in ("=", ":="):
            outcome.for_seat = False
        case "ENV":
            outcome.environment[pair.attribute] = pair.value
        case _:
            pass
