"""What a fixture file may say: defaults written once, and nothing shared between two slots."""

from collections.abc import Callable
from pathlib import Path

import pytest

from station.settings.fixture import Fixture
from station.settings.loading import load_fixture
from station.settings.reading import Loaded

Refused = Callable[[Callable[[], object]], list[str]]
Load = Callable[[str], Loaded[Fixture]]

HEAD = 'schema = 1\nname = "f"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fixture.toml"


@pytest.fixture
def load(path: Path) -> Load:
    """How to load a fixture from a text."""

    def loaded(text: str) -> Loaded[Fixture]:
        path.write_text(text, encoding="utf-8")
        return load_fixture(path, data=Path("/data"))

    return loaded


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        ("/dev/ttyACM0", "/dev/ttyACM0"),
        ("usb-SEGGER_J-Link_000000000001-if00", "usb-SEGGER_J-Link_000000000001-if00"),
        ("pci-0000:00:14.0-usb-0:2:1.0", "pci-0000:00:14.0-usb-0:2:1.0"),
        ("com7", "COM7"),
        ("COM12", "COM12"),
        ("\\\\\\\\.\\\\COM12", "\\\\.\\COM12"),
        ("socket://10.0.0.7:4000", "socket://10.0.0.7:4000"),
        ("rfc2217://bench.local:4001", "rfc2217://bench.local:4001"),
        ("bench/slot1", "/data/bench/slot1"),
        ("bench/slot{slot}", "/data/bench/slot5"),
    ],
)
def test_each_kind_of_port_is_taken(load: Load, written: str, opened: str) -> None:
    fixture = load(f'{HEAD}[[slots]]\nnumber = 5\npresence = "port"\nport = "{written}"\n').value
    assert fixture.slots[0].port == opened


def test_defaults_hold_for_every_slot_that_has_none_of_its_own(load: Load) -> None:
    fixture = load(
        f"""{HEAD}
[defaults]
port = "bench/slot{{slot}}"
presence = "port"
programmer = "simulated"
power = {{ on = ["relay", "{{slot}}"], off = ["relay", "-{{slot}}"], timeout_s = 2 }}
[[slots]]
number = 3
[[slots]]
number = 4
port = "COM4"
presence = "scan"
programmer = {{ kind = "simulated", address = "socket://127.0.0.1:9", probe = 7 }}
power = "none"
"""
    ).value
    first, second = fixture.slots
    assert (first.port, first.presence) == ("/data/bench/slot3", "port")
    assert first.programmer is not None
    assert (first.programmer.address, first.programmer.probe) == ("/data/bench/bench.json", 3)
    assert first.power is not None
    assert (first.power.on, first.power.off) == (("relay", "3"), ("relay", "-3"))
    assert (second.port, second.presence, second.power) == ("COM4", "scan", None)
    assert second.programmer is not None
    assert (second.programmer.address, second.programmer.probe) == ("socket://127.0.0.1:9", 7)


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ('number = 1\nport = "COM1"', 'number = 1\nport = "COM2"', "number: the same number as the "),
        ('number = 1\nport = "COM1"', 'number = 2\nport = "com1"', "port: the same port as slot "),
        ('number = 1\nport = "a/../p"', 'number = 2\nport = "p"', "port: the same port as slot "),
        (
            'number = 1\nport = "COM1"\nprogrammer = "simulated"',
            'number = 2\nport = "COM2"\nprogrammer = { kind = "simulated", probe = 1 }',
            "programmer: the same probe as slot ",
        ),
    ],
)
def test_two_slots_share_nothing(
    load: Load, path: Path, refused: Refused, first: str, second: str, problem: str
) -> None:
    text = f'{HEAD}[defaults]\npresence = "port"\n[[slots]]\n{first}\n[[slots]]\n{second}\n'
    lines = refused(lambda: load(text))
    assert len(lines) == 2
    names = ("the 1st [[slots]]", "the 2nd [[slots]]") if "number:" in problem else ("slot 1", "slot 2")
    for name, line in zip(names, lines, strict=True):
        assert line.startswith(f"{path}: {name}: {problem}")


def test_probes_of_two_benches_may_have_the_same_number(load: Load) -> None:
    probe = 'programmer = {{ kind = "simulated", address = "socket://h:{0}", probe = 1 }}'
    slots = "\n".join(f'[[slots]]\nnumber = {n}\nport = "COM{n}"\n{probe.format(n)}' for n in (1, 2))
    assert len(load(f'{HEAD}[defaults]\npresence = "port"\n{slots}\n').value.slots) == 2


SLOT = '[[slots]]\nnumber = 1\nport = "COM1"\npresence = "port"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEAD, "slots: missing; it must be a list of [[slots]] with at least one."),
        (f"{HEAD}slots = []\n", "slots: a list is not right; it must be a list of [[slots]]"),
        (f"{HEAD}slots = 3\n", "slots: 3 is not right"),
        (f"{HEAD}defaults = 3\n{SLOT}", "defaults: write a table [defaults] with the keys"),
        (
            HEAD + SLOT.replace("number = 1", "number = 0"),
            "the 1st [[slots]]: number: 0 is not right; it must be the number",
        ),
        (HEAD + SLOT.replace("number = 1", ""), "the 1st [[slots]]: number: missing"),
        (HEAD + SLOT.replace('"port"', '"light"'), 'slot 1: presence: "light" is not right; it must be "port" (a'),
        (HEAD + SLOT.replace("COM1", "telnet://h:1"), "slot 1: port: write an address on the network as"),
        (HEAD + SLOT.replace("COM1", "socket://h"), "slot 1: port: write an address on the network as"),
        (HEAD + SLOT.replace("COM1", "socket://h:x"), "slot 1: port: write an address on the network as"),
        (HEAD + SLOT.replace("COM1", "socket://u:p@h:1"), "slot 1: port: write an address on the network as"),
        (HEAD + SLOT.replace("COM1", "bench\\\\slot1"), "slot 1: port: write folders with / between them"),
        (HEAD + SLOT.replace("COM1", ""), 'slot 1: port: "" is not right; it must be a serial port: a device path'),
        (f'{HEAD}{SLOT}programmer = "jlink"\n', 'slot 1: programmer: "jlink" is not right; it must be "none", "simu'),
        (f'{HEAD}{SLOT}programmer = {{ kind = "jlink" }}\n', 'slot 1: programmer.kind: "jlink" is not right'),
        (
            f'{HEAD}{SLOT}programmer = {{ kind = "simulated", address = "rfc2217://h:1" }}\n',
            "slot 1: programmer.address: write",
        ),
        (f'{HEAD}{SLOT}power = {{ on = ["a"], off = ["b"] }}\n', "slot 1: power.timeout_s: missing; it must be"),
        (f'{HEAD}{SLOT}power = {{ on = [], off = ["b"], timeout_s = 1 }}\n', "slot 1: power.on: a list is not right"),
        (f"{HEAD}{SLOT}powr = 1\n", 'slot 1: powr: no such key; did you mean "power"? Allowed: flow_control, number,'),
        (f"{HEAD}{SLOT}flow_control = 1\n", "slot 1: flow_control: 1 is not right; it must be true"),
    ],
)
def test_each_mistake_is_told_by_key_and_what_would_be_right(
    load: Load, path: Path, refused: Refused, text: str, problem: str
) -> None:
    lines = refused(lambda: load(text))
    assert any(line.startswith(f"{path}: {problem}") for line in lines), lines


def test_a_mistake_in_the_defaults_is_told_once_and_there(load: Load, path: Path, refused: Refused) -> None:
    slots = "\n".join(f'[[slots]]\nnumber = {number}\nport = "COM{number}"' for number in range(1, 9))
    text = f'{HEAD}[defaults]\npresence = "prot"\nbaud = 1\n[defaults.power]\non = ["a"]\noff = ["b"]\n{slots}\n'
    lines = [line.removeprefix(f"{path}: ").split(":")[0] for line in refused(lambda: load(text))]
    assert sorted(lines) == ["defaults.baud", "defaults.power.timeout_s", "defaults.presence"]


def test_a_slots_own_mistake_is_told_in_the_slot(load: Load, path: Path, refused: Refused) -> None:
    text = f'{HEAD}[defaults]\npresence = "port"\n[[slots]]\nnumber = 1\nport = "COM1"\npresence = "prot"\n'
    (line,) = refused(lambda: load(text))
    assert line.startswith(f"{path}: slot 1: presence: ")
