"""The nRF93M1's way: the modem has its own cloud access key, and signs a token by which one account may onboard it."""

import base64

from station.credentials.keys import read_p256_spki
from station.devices.protocols import Enroller
from station.host.files import sha256_of
from station.journal.codec import iso
from station.line.way_faults import NO_ACCOUNT
from station.line.work import Work


def enrol(work: Work) -> dict[str, object]:
    """Return the modem's access key and a fresh token for the account that the batch was armed with.

    The key is made where none is; then it stays. Safe to repeat: the same key, another token. Raises LINE-137 where no
    account was confirmed yet: the token is for one account alone.
    """
    if not work.bench.account:
        raise NO_ACCOUNT.fault()
    device = work.device()
    if not isinstance(device, Enroller):
        raise work.cannot(device, "enrol itself")
    key = device.access_key()
    read_p256_spki(key)
    token = device.registration_token(work.bench.account, key)
    # By this the cloud may take the device, for an hour and into this account alone: a claim, which the outbox needs.
    return {
        "onboarding": token.token.reveal(),
        "account": token.tenant,
        "expires": iso(token.expires),
        "access_key": base64.b64encode(key).decode(),
        "spki_sha256": sha256_of(key),
        "uuid": token.uuid,
        "proven": "token verified with the access key, for this device and this account",
    }
