"""Real probes in a fixture file: each slot its own, ports found through it, and every mistake told by slot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from station.settings.fixture import Fixture, NrfjprogProgrammer, NrfutilProgrammer, Vcom
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


def slots(*texts: str, defaults: str = "") -> str:
    tables = "".join(f"[[slots]]\nnumber = {number}\n{text}\n" for number, text in enumerate(texts, start=1))
    return f'{HEAD}[defaults]\npresence = "scan"\n{defaults}\n{tables}'


def test_a_slots_probe_is_its_programmers(load: Load) -> None:
    fixture = load(
        slots(
            'probe = "000960012345"',
            'probe = "THINGY91X_1234567890A"\nprogrammer = "nrfjprog"\nport = "COM3"',
            'programmer = { kind = "nrfjprog", probe = "7", speed_khz = 500 }\nport = "vcom1"',
            'programmer = "none"\nport = "COM4"',
            defaults='programmer = "nrfutil"\nport = "VCOM0"\n',
        )
    ).value
    assert [slot.programmer for slot in fixture.slots] == [
        NrfutilProgrammer(kind="nrfutil", probe="000960012345"),
        NrfjprogProgrammer(kind="nrfjprog", probe="THINGY91X_1234567890A", speed_khz=2000),
        NrfjprogProgrammer(kind="nrfjprog", probe="7", speed_khz=500),
        None,
    ]
    assert [slot.port for slot in fixture.slots] == [Vcom(0), "COM3", Vcom(1), "COM4"]


def test_a_number_may_be_part_of_a_default(load: Load) -> None:
    fixture = load(slots("", "", defaults='programmer = "nrfutil"\nport = "vcom0"\nprobe = "00096000000{slot}"')).value
    assert [slot.programmer.probe for slot in fixture.slots if slot.programmer] == ["000960000001", "000960000002"]


def test_the_journals_copy_names_probe_and_port_once(load: Load) -> None:
    content = load(slots('programmer = "nrfutil"\nprobe = "007"\nport = "vcom0"')).context()["content"]
    assert isinstance(content, dict)
    (slot,) = content["slots"]
    assert (slot["port"], slot["programmer"]) == ("vcom0", {"kind": "nrfutil", "probe": "007"})
    assert "probe" not in slot


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('programmer = "nrfutil"\nprobe = "12"', 'programmer = "nrfutil"\nprobe = "12"'),
        ('programmer = "nrfutil"\nprobe = "000960012345"', 'programmer = "nrfutil"\nprobe = "960012345"'),
        ('programmer = "nrfutil"\nprobe = "12"', 'programmer = "nrfjprog"\nprobe = "012"'),
        ('programmer = "nrfutil"\nprobe = "THINGY91_A"', 'programmer = "nrfjprog"\nprobe = "thingy91_a"'),
        ('programmer = "nrfutil"\nprobe = "12"', 'programmer = { kind = "nrfjprog", probe = "12" }'),
    ],
)
def test_no_two_slots_have_one_probe_whatever_drives_it(
    load: Load, path: Path, refused: Refused, first: str, second: str
) -> None:
    lines = refused(lambda: load(slots(first, second, defaults='port = "vcom0"')))
    assert lines == [
        f"{path}: slot {number}: programmer: the same probe as slot {other}; each slot has its own."
        for number, other in ((1, 2), (2, 1))
    ]


BY_ID = "usb-SEGGER_J-Link_000960012345-if"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('probe = "960012345"\nport = "vcom0"', f'probe = "7"\nport = "{BY_ID}00"'),
        ('probe = "960012345"\nport = "vcom1"', f'programmer = "none"\nport = "/dev/serial/by-id/{BY_ID}02"'),
        (f'probe = "8"\nport = "{BY_ID}0a"', 'probe = "00960012345"\nprogrammer = "nrfjprog"\nport = "vcom5"'),
        (f'probe = "8"\nport = "{BY_ID}01"', f'probe = "7"\nport = "/dev/serial/by-id/{BY_ID}01"'),
    ],
)
def test_no_two_slots_have_one_port_by_whatever_name(
    load: Load, path: Path, refused: Refused, first: str, second: str
) -> None:
    lines = refused(lambda: load(slots(first, second, defaults='programmer = "nrfutil"')))
    assert lines == [
        f"{path}: slot {number}: port: the same port as slot {other}; each slot has its own."
        for number, other in ((1, 2), (2, 1))
    ]


def test_ports_of_one_probe_are_several(load: Load) -> None:
    first = 'probe = "960012345"\nport = "vcom0"'
    for name in (
        f"{BY_ID}02",
        f"{BY_ID}01",
        BY_ID.replace("45-", "46-") + "00",
        BY_ID.replace("J-Link", "Other") + "00",
    ):
        loaded = load(slots(first, f'probe = "7"\nport = "{name}"', defaults='programmer = "nrfutil"'))
        assert len(loaded.value.slots) == 2
    # A slot may name its own probe's port as udev does.
    load(
        slots(
            f'probe = "960012345"\nport = "{BY_ID}00"', 'probe = "7"\nport = "vcom0"', defaults='programmer = "nrfutil"'
        )
    )


def test_a_text_and_a_number_are_two_probes(load: Load) -> None:
    loaded = load(slots('probe = "12A"', 'probe = "012A"', defaults='port = "vcom0"\nprogrammer = "nrfutil"'))
    assert len(loaded.value.slots) == 2


@pytest.mark.parametrize(
    ("slot", "problem"),
    [
        ('programmer = "nrfutil"\nport = "COM1"', "probe: missing; it must be the serial number of the slot's J-"),
        ('programmer = "nrfutil"\nport = "COM1"\nprobe = 960012345', "probe: 960012345 is not right; it must be the"),
        ('programmer = "nrfutil"\nport = "COM1"\nprobe = ""', 'probe: "" is not right; it must be the serial'),
        ('programmer = "nrfutil"\nport = "COM1"\nprobe = "a b"', 'probe: "a b" is not right; it must be the serial'),
        (
            'programmer = { kind = "nrfutil", probe = "a b" }\nport = "COM1"',
            'programmer.probe: "a b" is not right; it must be the serial',
        ),
        (
            'programmer = { kind = "nrfutil", speed_khz = 4000 }\nprobe = "1"\nport = "COM1"',
            "programmer.speed_khz: no such key. Allowed: kind, probe.",
        ),
        (
            'programmer = { kind = "nrfjprog", speed_khz = 10 }\nprobe = "1"\nport = "COM1"',
            "programmer.speed_khz: 10 is not right; it must be a whole number of kHz from",
        ),
        (
            'programmer = { kind = "nrfutl" }\nport = "COM1"',
            'programmer.kind: "nrfutl" is not right. Did you mean "nrfutil"? Allowed: nrfjprog, nrfutil, simulated.',
        ),
        ('port = "vcom0"', "port: \"vcom0\" is a port of the slot's probe, and it has none: programmer = "),
        ('programmer = "simulated"\nport = "vcom0"', 'port: "vcom0" is a port of the slot\'s probe, and it has none'),
        ('probe = "1"\nport = "COM1"', 'probe: only a real probe has a serial number: programmer = "nrfutil" or'),
        ('programmer = "simulated"\nprobe = "1"\nport = "COM1"', "probe: only a real probe has a serial number"),
        ('port = "vcom0"\nprobe = "1"', "probe: only a real probe has a serial number"),
        ("port = 7", "port: 7 is not right; it must be a serial port: a device path"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_by_slot_and_key(
    load: Load, path: Path, refused: Refused, slot: str, problem: str
) -> None:
    lines = refused(lambda: load(slots(slot)))
    assert any(line.startswith(f"{path}: slot 1: {problem}") for line in lines), lines


def test_a_probe_that_is_wrong_is_told_once(load: Load, refused: Refused) -> None:
    assert len(refused(lambda: load(slots('programmer = "nrfutil"\nport = "COM1"\nprobe = 9')))) == 1


def test_slots_are_called_as_the_file_numbers_them(load: Load, path: Path, refused: Refused) -> None:
    text = f'{HEAD}[defaults]\npresence = "scan"\n'
    for number in ("12", "7", "7", '"x"'):
        text += f'[[slots]]\nnumber = {number}\nport = "x://"\n'
    text += '[[slots]]\nport = "x://"\n'
    lines = [line.removeprefix(f"{path}: ") for line in refused(lambda: load(text))]
    assert [line.partition(": port")[0] for line in lines if ": port" in line] == [
        "slot 12",
        "the 2nd [[slots]]",
        "the 3rd [[slots]]",
        "the 4th [[slots]]",
        "the 5th [[slots]]",
    ]


def test_a_slot_that_is_no_table_is_counted(load: Load, path: Path, refused: Refused) -> None:
    (line,) = refused(lambda: load(f"slots = [3]\n{HEAD}"))
    assert line.startswith(f"{path}: the 1st [[slots]]: 3 is not right")


def test_defaults_alone_are_told_that_slots_are_missing(load: Load, path: Path, refused: Refused) -> None:
    lines = refused(lambda: load(f'{HEAD}[defaults]\npresence = "scan"\n'))
    assert lines == [f"{path}: slots: missing; it must be a list of [[slots]] with at least one."]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (slots('port = "/dev/tty{number}"'), "slot 1: port: nothing is put in place of {number}; write {slot} for"),
        (slots('port = "/dev/tty{Slot}"'), "slot 1: port: nothing is put in place of {Slot}"),
        (slots('port = "/dev/tty{slot:02}"'), "slot 1: port: nothing is put in place of {slot:02}"),
        (slots('port = "COM1"', defaults='power = { on = ["r", "{ch}"], off = ["r"], timeout_s = 1 }'),
         "defaults.power.on[1]: nothing is put in place of {ch}"),
    ],
)  # fmt: skip
def test_a_mark_that_stands_for_nothing_is_refused(
    load: Load, path: Path, refused: Refused, text: str, place: str
) -> None:
    (line,) = refused(lambda: load(text))
    assert line.startswith(f"{path}: {place}")


def test_braces_that_are_no_mark_stay(load: Load) -> None:
    argument = '{"channel": {slot}, "on": [{}, {1}]}'
    power = f"power = {{ on = ['r', '{argument}'], off = ['r'], timeout_s = 1 }}"
    (slot,) = load(slots(f'port = "COM1"\n{power}')).value.slots
    assert slot.power is not None
    assert slot.power.on[1] == argument.replace("{slot}", "1")
