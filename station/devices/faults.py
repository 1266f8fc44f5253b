"""What can go wrong with a modem (AT-) and with ports, power and programmers (DEV-).

AT-1xx: nobody knows what the modem did. AT-2xx: it said no, and did nothing. AT-3xx: it is not fit for the line.
"""

from typing import Final

# Declared beside, and listed here with the room's others.
from station.devices.image_faults import (  # noqa: F401 -- for whoever lists the faults of a room
    IMAGE_EMPTY,
    IMAGE_LOCKS_FOREVER,
    IMAGE_NO_PLACE,
    IMAGE_NO_VECTORS,
    IMAGE_NOT_MODEM,
    IMAGE_NOT_STARTED,
    IMAGE_OTHER_FAMILY,
    IMAGE_OUTSIDE,
    IMAGE_TOO_BIG,
    IMAGE_TRUNCATED,
    IMAGE_UICR_STAYS,
    IMAGE_UNREADABLE,
)
from station.domain.faults import Bug, Fault, FaultSpec, Retry, StationFault, UnitFault

# The conversation itself.
NO_ANSWER = FaultSpec(
    "AT-101",
    UnitFault,
    "The modem did not answer {command} within {seconds} s; nobody knows whether it did it. "
    "Seat the board again and start it once more.",
    Retry.SAME_UNIT,
)
NO_CONTACT = FaultSpec(
    "AT-102",
    UnitFault,
    "Nothing answers at {port}. Check that the board is seated, has power and carries the right firmware; "
    "then start it again.",
    Retry.SAME_UNIT,
)
DEVICE_RESET = FaultSpec(
    "AT-103",
    UnitFault,
    "The board restarted by itself ({command}). Check its seat and the supply, then start it once more.",
    Retry.SAME_UNIT,
)
ODD_REPLY = FaultSpec(
    "AT-104",
    UnitFault,
    "The modem's answer to {command} can't be read. Start the board once more; if it happens again, check the cable.",
    Retry.SAME_UNIT,
)
TOO_MUCH = FaultSpec(
    "AT-105",
    UnitFault,
    "The board sends without end instead of answering {command}. Check that it carries the right firmware.",
    Retry.SAME_UNIT,
)
ANSWER_LOST = FaultSpec(
    "AT-106",
    UnitFault,
    "The board's firmware lost the modem's answer to {command}; nobody knows whether it was done. "
    "Start the board once more.",
    Retry.SAME_UNIT,
)

# What is never sent.
FRAMING_WRONG = FaultSpec(
    "AT-151",
    StationFault,
    "The board's firmware does not take AT commands as the product says ({framing}). Check product and firmware.",
)
COMMAND_TOO_LONG = FaultSpec(
    "AT-152",
    StationFault,
    "The text for the modem has {length} bytes, and it takes at most {longest} in one command. Shorten the credential.",
)
TEXT_UNSENDABLE = FaultSpec(
    "AT-153",
    StationFault,
    "The text for the modem holds {what}, which {framing} can't carry. Correct the credential or its name.",
)
COMMAND_MALFORMED = FaultSpec(
    "AT-154", Bug, "The station made a malformed AT command. Put the board aside and call the engineer.", Retry.NEVER
)

# What the modem refuses.
REFUSED = FaultSpec(
    "AT-201",
    UnitFault,
    "The modem refused to {action} (error {number}). Start the board once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
REFUSED_MUTELY = FaultSpec(
    "AT-202",
    UnitFault,
    "The modem refused to {action} and did not say why. Start the board once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
NOT_FOUND = FaultSpec(
    "AT-213",
    UnitFault,
    "The modem could not {action}: there is nothing in that place. Start the board from the beginning.",
    Retry.SAME_UNIT,
)
NO_ACCESS = FaultSpec(
    "AT-214",
    StationFault,
    "The modem does not allow to {action}: it keeps that place for itself. Correct the product's security tags.",
)
STORE_FULL = FaultSpec(
    "AT-215",
    UnitFault,
    "The modem could not {action}: its credential store is full. "
    "Have the product clear the old credentials first, then start the board again.",
)
MODEM_ACTIVE = FaultSpec(
    "AT-218",
    StationFault,
    "The modem could not {action}: the board's firmware keeps switching the modem on. Use firmware that leaves it off.",
)
ALREADY_THERE = FaultSpec(
    "AT-219",
    UnitFault,
    "The modem could not {action}: something is in that place already. "
    "Have the product clear the old credentials first, then start the board again.",
)
KEYGEN_FAILED = FaultSpec(
    "AT-223",
    UnitFault,
    "The modem failed to make a key. Start the board once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
CONTENT_REFUSED = FaultSpec(
    "AT-227",
    StationFault,
    "The modem could not {action}: it says the content is malformed. Check the product's certificates.",
)
LOW_SUPPLY = FaultSpec(
    "AT-228",
    StationFault,
    "The modem could not {action}: its supply is too low. Check the fixture's supply and contacts; "
    "trying again as it is won't help.",
)

# What a credentials shell and an nRF93M1 can have wrong besides.
OTHER_KEY = FaultSpec(
    "AT-240",
    UnitFault,
    "The board holds another private key than the one that its public key was taken from. "
    "Start the board from the beginning; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
KEY_STORED_DIFFERENTLY = FaultSpec(
    "AT-241",
    UnitFault,
    "The board did not store the private key as the station wrote it. "
    "Start it once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
SHELL_BUFFER_SMALL = FaultSpec(
    "AT-242",
    StationFault,
    "The board's firmware has too little room to take a credential of {length} bytes. "
    "Have it built with a larger CONFIG_TLS_CREDENTIALS_SHELL_CRED_BUF_SIZE.",
)
SHELL_COMMAND_MISSING = FaultSpec(
    "AT-243",
    StationFault,
    "The board's firmware has no shell command {command}. Check product and firmware: it needs {option}.",
)
CLOCK_REFUSED = FaultSpec(
    "AT-244",
    UnitFault,
    "The modem did not take the time: {why}. Start the board once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
NOT_AN_NRF93M1 = FaultSpec(
    "AT-306",
    UnitFault,
    "This modem carries {text}, and the product is for an nRF93M1. Check that it is the right board.",
)

# A modem that is not fit for the line.
PRODUCTION_TEST_IMAGE = FaultSpec(
    "AT-301",
    UnitFault,
    "This modem carries a production test firmware ({text}). Program its modem firmware, then start it again.",
)
FIRMWARE_UNKNOWN = FaultSpec(
    "AT-302",
    UnitFault,
    "This modem's firmware ({text}) is not known to the station. Check that it is the right board.",
)
FIRMWARE_TOO_OLD = FaultSpec(
    "AT-303",
    UnitFault,
    "This modem's firmware ({text}) is too old: {family} needs {minimum} or newer. "
    "Program its modem firmware, then start the board again.",
)
FIRMWARE_NOT_ALLOWED = FaultSpec(
    "AT-304",
    UnitFault,
    "This product is not built on modem firmware {family} ({text}). Check that it is the right board.",
)
NO_IMEI = FaultSpec("AT-305", UnitFault, "This modem has no IMEI. Put the board aside.", Retry.NEVER)

# Ports.
PORT_ABSENT = FaultSpec(
    "DEV-101", StationFault, "The port {port} is not there. Check the board's seat, the cable and the fixture file."
)
PORT_BUSY = FaultSpec(
    "DEV-102", StationFault, "Another program uses the port {port}. Close it (terminal, modem manager), then go on."
)
PORT_FORBIDDEN = FaultSpec(
    "DEV-103",
    StationFault,
    "You may not use the port {port}. Add this user to the group that owns it, then log in again.",
)
PORT_UNUSABLE = FaultSpec(
    "DEV-104", StationFault, "The port {port} can't be opened. Check its name and settings in the fixture file."
)
PORT_VANISHED = FaultSpec(
    "DEV-105",
    StationFault,
    "The port {port} vanished while it was in use: the board was taken out, or a cable is loose. "
    "Put it back, then go on.",
)
PORT_BLOCKED = FaultSpec(
    "DEV-106",
    StationFault,
    "The port {port} takes no data. Check the flow control setting in the fixture file, and the cable.",
)
PRESENCE_UNKNOWABLE = FaultSpec(
    "DEV-107",
    StationFault,
    "Whether a board is at {port} can't be seen from its port. Let the fixture file say that this slot starts by scan.",
)
VCOM_UNKNOWN = FaultSpec(
    "DEV-110",
    StationFault,
    "The probe {probe} is there, but has no serial port VCOM{index}; it has {count}. "
    "Correct `port` in the fixture file, or switch the probe's virtual serial ports on (J-Link Configurator).",
)

# Power.
POWER_FAILED = FaultSpec(
    "DEV-201",
    StationFault,
    "The power of this slot could not be switched {state}. Check the power switch and its program.",
)
POWER_NOT_SWITCHED = FaultSpec(
    "DEV-202",
    StationFault,
    "This slot's power can't be switched by the station. Change the product, or give the slot a power switch.",
)

# Programmers.
NO_PROGRAMMER = FaultSpec(
    "DEV-301",
    StationFault,
    "This slot has no programmer, and the product wants to {action}. Change the product, or use another fixture.",
)
PROBE_UNREACHABLE = FaultSpec(
    "DEV-302", StationFault, "The programmer {probe} can't be reached. Check that it is connected and switched on."
)
PROBE_SILENT = FaultSpec(
    "DEV-303",
    StationFault,
    "The programmer {probe} stopped answering while it should {action}; the board may be half programmed. "
    "Check the programmer, then start the board again.",
)
PROBE_ODD = FaultSpec(
    "DEV-304",
    StationFault,
    "The programmer {probe} gave an answer that can't be read. Start the board again; "
    "if it happens again, call the engineer.",
)
PROBE_FAILED = FaultSpec(
    "DEV-305",
    UnitFault,
    "The programmer could not {action} this board: {why}. Seat the board again and start it once more.",
    Retry.SAME_UNIT,
)
VERIFY_FAILED = FaultSpec(
    "DEV-306",
    UnitFault,
    "The board does not hold the image that was programmed. Start it once more; if it happens again, put it aside.",
    Retry.SAME_UNIT,
)
IMAGE_CHANGED = FaultSpec(
    "DEV-307",
    StationFault,
    "The image {path} is not the one this product was approved with: it has SHA-256 {found}, approved is {pinned}. "
    "Put the right file back.",
)
TARGET_UNPOWERED = FaultSpec(
    "DEV-308",
    UnitFault,
    "The programmer sees no powered board in this slot. Check its seat and supply, then start it once more.",
    Retry.SAME_UNIT,
)
PROBE_TROUBLE = FaultSpec(
    "DEV-309", StationFault, "The programmer {probe} could not {action}: {why}. Mend that, then start the board again."
)

# Real probes, and the programs that drive them.
TOOL_MISSING = FaultSpec(
    "DEV-310", StationFault, "The programmers of this line need {tool}, and {why}. Install it: {how}"
)
JLINK_MISSING = FaultSpec(
    "DEV-311",
    StationFault,
    "SEGGER's J-Link software is not on this PC, or too old. Install the newest J-Link Software and Documentation Pack "
    "from www.segger.com/downloads/jlink, or name its library in the station file (tools, jlink); then go on.",
)
TARGET_PROTECTED = FaultSpec(
    "DEV-312",
    UnitFault,
    "This board is locked against programmers. Put it aside. Only a product with a recover step opens it again, and "
    "that erases everything on it.",
    Retry.NEVER,
)
WRONG_FAMILY = FaultSpec(
    "DEV-313",
    UnitFault,
    "The chip on this board ({found}) is not the one that the product is made for ({expected}). Put it aside, and "
    "check product and boards.",
    Retry.NEVER,
)
PROBE_KILLED = FaultSpec(
    "DEV-314",
    StationFault,
    "The program that drives the programmer {probe} came to no end while it should {action}: {why}. "
    "The board may be half done; start it again.",
    Retry.SAME_UNIT,
)
PROBE_ABSENT = FaultSpec(
    "DEV-315",
    StationFault,
    "The programmer {probe} is not plugged in. Check its cable, and its serial number in the fixture file.",
)
TARGET_SILENT = FaultSpec(
    "DEV-316",
    UnitFault,
    "The programmer reaches no chip on this board: {why}. Seat the board again and start it once more.",
    Retry.SAME_UNIT,
)
TOOL_ODD = FaultSpec(
    "DEV-317",
    StationFault,
    "{tool} should {action} and said something that can't be read; nobody knows whether it was done. "
    "Start the board again; if it happens again, call the engineer.",
)
RECOVER_FAILED = FaultSpec(
    "DEV-318",
    UnitFault,
    "The programmer could not recover this board: {why}. Seat it again and start it once more.",
    Retry.SAME_UNIT,
)
MODEM_UPDATE_FAILED = FaultSpec(
    "DEV-319",
    UnitFault,
    "The modem firmware could not be programmed: {why}. Start the board once more; if it stops there again, put it "
    "aside: then a solder fault at the chip's reserved pins is probable.",
    Retry.SAME_UNIT,
)
LOCK_REFUSED = FaultSpec("DEV-320", UnitFault, "This board is not locked as it should be: {why}. Put it aside.")
NOT_BY_THIS_TOOL = FaultSpec(
    "DEV-321",
    StationFault,
    "{tool} does not {action}. Change the product, or give the slot another programmer in the fixture file.",
)

OPTION_UNKNOWN = FaultSpec(
    "DEV-322",
    StationFault,
    "This version of {tool} does not take {options}, without which it might {what}; nothing was done. Install another "
    'version of it, or let the fixture file say programmer = "nrfjprog".',
)

_UNKNOWN_AT: Final = (NO_ANSWER, DEVICE_RESET, ODD_REPLY, TOO_MUCH, ANSWER_LOST)
_UNKNOWN_DEV: Final = (PORT_VANISHED, PORT_BLOCKED, PROBE_SILENT, PROBE_ODD, PROBE_KILLED, TOOL_ODD)
_UNKNOWN_OUTCOME: Final = frozenset(spec.code for spec in (*_UNKNOWN_AT, *_UNKNOWN_DEV))


def is_outcome_unknown(fault: Fault) -> bool:
    """Return whether nobody knows if what was asked for was done: look before doing it again.

    False means that it certainly was not done: refused, or never sent. Pure.
    """
    return fault.code in _UNKNOWN_OUTCOME
