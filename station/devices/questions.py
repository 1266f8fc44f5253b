"""Questions whose answers are known by their shape, so that no other line can be taken for them. All of them only look.

None but :data:`MODE` ends with ``?``: at_shell takes that for a wildcard where the shell has any.
"""

import re
from dataclasses import dataclass
from typing import Final

from station.devices.faults import ODD_REPLY
from station.devices.framing import label_of
from station.devices.replies import Reply


@dataclass(frozen=True, slots=True)
class Question:
    """An AT command and what its one information line looks like, whole; group 1 is the value."""

    command: str
    answer: re.Pattern[str]


MANUFACTURER: Final = Question("AT+CGMI", re.compile(r"(Nordic Semiconductor[ -~]*)"))
MODEL: Final = Question("AT+CGMM", re.compile(r"(nRF9[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*(?: \(R\d{1,3}\))?)"))
HARDWARE: Final = Question("AT%HWVERSION", re.compile(r"%HWVERSION: ([ -~]+)"))
FIRMWARE: Final = Question("AT+CGMR", re.compile(r"([A-Za-z][!-~]*_[!-~]*\d\.\d+\.\d+[!-~]*)"))
SUPPLY: Final = Question("AT%XVBAT", re.compile(r"%XVBAT: (\d{1,6})"))
IMEI: Final = Question("AT+CGSN=1", re.compile(r'\+CGSN: "(\d{15})"'))
MODE: Final = Question("AT+CFUN?", re.compile(r"\+CFUN: (\d{1,3})"))
"""Not for a shell."""
DEVICE_UUID: Final = Question(
    "AT%DEVICEUUID",
    re.compile(r'%DEVICEUUID: "?([0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})"?'),
)
ATTESTATION: Final = Question("AT%ATTESTTOKEN", re.compile(r'%ATTESTTOKEN: "([!#-~]+)"'))


def value_of(reply: Reply, answer: re.Pattern[str], command: str) -> str:
    """Return the one value that a reply's lines give, however often; AT-104 for none, or for several."""
    values = {match[1] for line in reply.lines if (match := answer.fullmatch(line))}
    if len(values) != 1:
        raise ODD_REPLY.fault(f"{len(values)} answers", command=label_of(command))
    return values.pop()
