"""What udev's rules give: the station's own file, the vendors' files, and all that takes it away again."""

import os
import re
import tempfile
from pathlib import Path

import pytest

from station.doctor.findings import State, Verdict
from station.doctor.rights import (
    RULES_FILE,
    User,
    judge_modem_manager,
    judge_port_rights,
    judge_probe_rules,
    mend_rules,
    read_user,
)
from station.doctor.udev import NORDIC, SEGGER, Outcome, apply_rules, parse_rules, read_rules, usb_device, usb_port

OURS = Path(__file__).parents[3] / "packaging" / "linux" / "71-nrf91-station.rules"
# The parts of systemd's own rules that matter here.
SYSTEM = """\
SUBSYSTEM=="tty", KERNEL=="tty[A-Z]*[0-9]|ttymxc[0-9]*", GROUP="dialout"
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", MODE="0664"
"""
TECHNICIAN = User("tina", False, frozenset({"tina"}), frozenset({"tina"}))
DIALOUT = User("tina", False, frozenset({"tina", "dialout"}), frozenset({"tina", "dialout"}))
ROOT = User("root", True, frozenset({"root"}), frozenset({"root"}))


def install(root: Path, name: str, text: str, folder: str = "etc/udev/rules.d") -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / name).write_text(text, encoding="utf-8")


def probe_states(root: Path, user: User = TECHNICIAN) -> dict[str, State]:
    """States for SEGGER's and Nordic's devices."""
    found = judge_probe_rules(read_rules(root), user, root)
    return {vendor: one.state for vendor, one in zip(("SEGGER", "Nordic"), found, strict=True)}


def outcome_of(text: str, name: str = "60-x.rules", vendor: str = SEGGER) -> Outcome:
    return apply_rules([parse_rules(name, text)], usb_device(vendor))


# The station's own file.


def test_the_stations_own_file_is_what_the_doctor_wants(tmp_path: Path) -> None:
    install(tmp_path, "50-udev-default.rules", SYSTEM, "usr/lib/udev/rules.d")
    install(tmp_path, "ModemManager", "", "usr/sbin")
    rules = read_rules(tmp_path)
    assert probe_states(tmp_path) == {"SEGGER": State.TROUBLE, "Nordic": State.ADVICE}
    assert judge_port_rights(rules, TECHNICIAN).state is State.TROUBLE
    assert judge_modem_manager(rules, tmp_path).state is State.ADVICE

    install(tmp_path, OURS.name, OURS.read_text(encoding="utf-8"))
    rules = read_rules(tmp_path)
    assert probe_states(tmp_path) == {"SEGGER": State.OK, "Nordic": State.OK}
    assert judge_port_rights(rules, TECHNICIAN).state is State.ADVICE  # theirs while they sit there
    assert judge_port_rights(rules, DIALOUT).state is State.OK
    assert judge_modem_manager(rules, tmp_path).state is State.OK


def test_the_stations_own_file_gives_what_it_says_and_to_these_alone() -> None:
    parsed = parse_rules(OURS.name, OURS.read_text(encoding="utf-8"))
    assert not parsed.odd
    for vendor in (SEGGER, NORDIC):
        device = apply_rules([parsed], usb_device(vendor))
        assert (device.mode, device.group, device.for_seat) == (0o660, "plugdev", True)
        assert device.environment["ID_MM_DEVICE_IGNORE"] == "1"
        port = apply_rules([parsed], usb_port(vendor))
        assert (port.group, port.for_seat, port.environment["ID_MM_PORT_IGNORE"]) == ("root", True, "1")
    assert apply_rules([parsed], usb_device("1d6b")) == apply_rules([parsed], usb_port("0403")) == Outcome()


def test_each_line_of_the_stations_own_file_is_needed(tmp_path: Path) -> None:
    text = OURS.read_text(encoding="utf-8")
    for line in [line for line in text.splitlines() if re.match("SUBSYSTEM", line)]:
        install(tmp_path, "50-udev-default.rules", SYSTEM)
        install(tmp_path, OURS.name, text.replace(line, ""))
        assert State.TROUBLE in (
            *probe_states(tmp_path).values(),
            judge_port_rights(read_rules(tmp_path), TECHNICIAN).state,
        )


def test_the_file_that_the_mend_names_is_there() -> None:
    assert RULES_FILE == OURS
    assert str(OURS) in mend_rules()
    assert OURS.name in (OURS.parent / "README.md").read_text(encoding="utf-8")
    assert OURS.name < "73-seat-late.rules"


# Other people's.

VENDORS_OWN = [
    # as Nordic's nrf-udev has them
    'ACTION!="add", SUBSYSTEM!="usb_device", GOTO="end"\n'
    'SUBSYSTEM=="usb", ATTRS{idVendor}=="1366", MODE="0666"\nLABEL="end"\n',
    # as SEGGER's 99-jlink.rules has them, a line for each product
    'ATTR{idProduct}=="0101", ATTR{idVendor}=="1366", MODE="666"\n'
    'ATTR{idProduct}=="1061", ATTR{idVendor}=="1366", MODE="666"\n',
    'ATTRS{idVendor}=="1366", ENV{ID_MM_DEVICE_IGNORE}="1", TAG+="uaccess"\n',
    'ENV{ID_VENDOR_ID}=="1366", \\\n  MODE:="0660", GROUP:="tina"\nSUBSYSTEM=="usb", MODE="0600"\n',
    'SUBSYSTEM!="usb", GOTO="no"\nATTR{idVendor}=="13*", MODE="0666"\nLABEL="no"\n',
]


@pytest.mark.parametrize("text", VENDORS_OWN)
def test_rules_of_others_count_by_what_they_do(tmp_path: Path, text: str) -> None:
    install(tmp_path, "60-whatever.rules", text)
    assert probe_states(tmp_path)["SEGGER"] is State.OK


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("60-x.rules", '# ATTRS{idVendor}=="1366", MODE="0666"\n'),
        ("60-x.rules", 'ATTRS{idVendor}=="1915", MODE="0666"\n'),
        ("60-x.rules", 'ATTRS{idVendor}!="1366", MODE="0666"\n'),
        ("60-x.rules", 'ATTRS{idVendor}=="1366", MODE="0644"\n'),
        ("60-x.rules", 'ATTRS{idVendor}=="1366", MODE="0660", GROUP="plugdev"\n'),  # of which the user is none
        ("60-x.rules", 'ATTRS{idVendor}=="1366", PROGRAM=="/bin/ask", MODE="0666"\n'),
        ("60-x.rules", 'ACTION=="remove", ATTRS{idVendor}=="1366", MODE="0666"\n'),
        ("60-x.rules", 'ATTRS{idVendor}=="1366", MODE="0666"\nSUBSYSTEM=="usb", MODE="0600"\n'),
        ("60-x.rules", 'ACTION=="add", GOTO="end"\nATTRS{idVendor}=="1366", MODE="0666"\nLABEL="end"\n'),
        ("60-x.rules", 'ATTRS{idVendor}=="1366", MODE="0666" and more\n'),
        ("99-x.rules", 'ATTRS{idVendor}=="1366", TAG+="uaccess"\n'),  # too late to be heard
        ("60-x.rules", 'ATTRS{idVendor}=="1366", TAG+="uaccess"\nSUBSYSTEM=="usb", TAG-="uaccess"\n'),
    ],
)
def test_rules_that_do_not_give_it_do_not_count(tmp_path: Path, name: str, text: str) -> None:
    install(tmp_path, name, text)
    assert probe_states(tmp_path)["SEGGER"] is State.TROUBLE


def test_a_file_hides_its_namesakes_and_later_ones_have_the_last_word(tmp_path: Path) -> None:
    good = 'ATTRS{idVendor}=="1366", MODE="0666"\n'
    install(tmp_path, "60-a.rules", good, "usr/lib/udev/rules.d")
    assert probe_states(tmp_path)["SEGGER"] is State.OK
    (tmp_path / "etc/udev/rules.d").mkdir(parents=True)
    (tmp_path / "etc/udev/rules.d/60-a.rules").symlink_to("/dev/null")
    assert probe_states(tmp_path)["SEGGER"] is State.TROUBLE
    install(tmp_path, "59-b.rules", good, "lib/udev/rules.d")
    assert probe_states(tmp_path)["SEGGER"] is State.OK


def test_files_go_by_name_wherever_they_lie(tmp_path: Path) -> None:
    install(tmp_path, "60-a.rules", 'ATTRS{idVendor}=="1366", MODE="0666"\n', "usr/lib/udev/rules.d")
    install(tmp_path, "61-b.rules", 'ATTRS{idVendor}=="1366", MODE="0600"\n')
    assert probe_states(tmp_path)["SEGGER"] is State.TROUBLE
    install(tmp_path, "62-c.rules", 'ATTRS{idVendor}=="1366", MODE="0666"\n', "lib/udev/rules.d")
    assert probe_states(tmp_path)["SEGGER"] is State.OK


def test_rules_speak_to_each_other_by_properties() -> None:
    text = 'ATTRS{idVendor}=="1366", ENV{MARK}="yes"\nENV{MARK}=="yes", MODE="0666"\nENV{OTHER}=="?*", MODE="0600"\n'
    assert outcome_of(text).mode == 0o666
    assert outcome_of(text, vendor=NORDIC).mode == 0o600
    assert outcome_of('ATTRS{idVendor}=="1366", GROUP="plugdev"').opens_for(frozenset({"plugdev"}))


# The user.


def plug(root: Path, vendor: str, mode: int) -> Path:
    """Plug a device in; its node has ``mode``."""
    folder = root / "sys/bus/usb/devices/1-2"
    folder.mkdir(parents=True)
    (root / "sys/bus/usb/devices/1-2:1.0").mkdir()
    for name, text in (("idVendor", vendor), ("busnum", "1"), ("devnum", "12")):
        (folder / name).write_text(f"{text}\n")
    node = root / "dev/bus/usb/001/012"
    node.parent.mkdir(parents=True)
    node.touch()
    node.chmod(mode)
    return node


def test_a_probe_that_can_be_opened_needs_no_rule_that_we_understand(tmp_path: Path) -> None:
    plug(tmp_path, SEGGER, 0o600)
    assert probe_states(tmp_path)["SEGGER"] is State.OK


def test_a_probe_that_cannot_be_opened_is_trouble() -> None:
    # Not in tmp_path: root's is closed to the user that root becomes here.
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        plug(root, SEGGER, 0o000)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        try:
            assert probe_states(root) == {"SEGGER": State.TROUBLE, "Nordic": State.ADVICE}
        finally:
            if was_root:
                os.seteuid(0)


def test_groups_that_a_new_login_brings_are_told_as_that(tmp_path: Path) -> None:
    install(tmp_path, "50-udev-default.rules", SYSTEM)
    install(tmp_path, "60-x.rules", 'ATTRS{idVendor}=="1366", SUBSYSTEM=="usb", MODE="0660", GROUP="plugdev"\n')
    late = User("tina", False, frozenset({"tina"}), frozenset({"tina", "dialout", "plugdev"}))
    assert "log out and in again" in judge_port_rights(read_rules(tmp_path), late).mend.lower()
    probe = next(judge_probe_rules(read_rules(tmp_path), late, tmp_path))
    assert (probe.state, probe.mend) == (State.TROUBLE, "Log out and in again.")
    now = User("tina", False, late.listed, late.listed)
    assert judge_port_rights(read_rules(tmp_path), now).state is State.OK
    assert probe_states(tmp_path, now)["SEGGER"] is State.OK


def test_the_group_that_owns_ports_here_is_the_one_that_is_named(tmp_path: Path) -> None:
    install(tmp_path, "50-udev-default.rules", SYSTEM.replace("dialout", "uucp"))
    verdict = judge_port_rights(read_rules(tmp_path), TECHNICIAN)
    assert verdict.state is State.TROUBLE
    assert 'usermod -aG uucp "$USER"' in verdict.mend


def test_root_is_told_of_the_others_and_is_no_trouble(tmp_path: Path) -> None:
    assert set(probe_states(tmp_path, ROOT).values()) == {State.ADVICE}
    assert judge_port_rights((), ROOT).state is State.OK


def test_this_user_is_read_from_the_system() -> None:
    user = read_user(Path("/"))
    assert user.name
    assert user.groups <= user.listed


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("", State.ADVICE),
        ('ATTRS{idVendor}=="1366|1915", ENV{ID_MM_DEVICE_IGNORE}="1"\n', State.OK),
        ('SUBSYSTEM=="tty", ATTRS{idVendor}=="1366|1915", ENV{ID_MM_PORT_IGNORE}="1"\n', State.OK),
        ('SUBSYSTEM=="tty", ATTRS{idVendor}=="1366|1915", ENV{ID_MM_CANDIDATE}="0"\n', State.OK),
        ('ATTRS{idVendor}=="1366", ENV{ID_MM_DEVICE_IGNORE}="1"\n', State.ADVICE),
        ('ATTRS{idVendor}=="1366|1915", ENV{ID_MM_DEVICE_IGNORE}="0"\n', State.ADVICE),
    ],
)
def test_modem_manager_is_kept_off_or_it_is_told(tmp_path: Path, text: str, state: State) -> None:
    install(tmp_path, "60-x.rules", text)
    assert judge_modem_manager(read_rules(tmp_path), tmp_path).state is State.OK  # there is none
    install(tmp_path, "ModemManager", "", "usr/sbin")
    found: Verdict = judge_modem_manager(read_rules(tmp_path), tmp_path)
    assert found.state is state
    assert bool(found.mend) == (state is not State.OK)
