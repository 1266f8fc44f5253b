"""A token that a device signs for nRF Cloud, as that takes it (nrf-cloud-api reference section 4)."""

from datetime import datetime
from typing import Final

from station.devices.modem import Modem
from station.domain.ids import DeviceId, DeviceUuid
from station.domain.secret import Secret

_MOMENT: Final = 300
"""Seconds, for a token that the cloud is asked with at once."""


def sign_for_cloud(
    modem: Modem,
    now: datetime,
    sec_tag: int,
    device_id: DeviceId | None,
    uuid: DeviceUuid | None,
    seconds: int = _MOMENT,
) -> Secret:
    """Return a token by which the cloud is asked for the device; ``device_id`` None: by the modem's UUID.

    No audience; a subject only where the issuer, which has the UUID, names another device, as in the vendor's library.
    It expires, so that nobody can use it later, and for that the modem needs a clock: all that is changed in it. Safe
    to repeat.
    """
    modem.set_clock(now)
    subject = None if uuid is not None and device_id == DeviceId(uuid) else device_id
    return Secret(modem.sign_jwt(sec_tag, audience="", subject=subject, seconds=seconds))
