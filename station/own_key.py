"""The station's own signing key: where the station file puts it, made when the station begins."""

from station.domain.secret import Secret
from station.evidence.station_key import KEY_FILE, create_station_key, read_verifier_key
from station.journal.notes import VerifierKey
from station.opened import Opened


def ensure_own_key(opened: Opened) -> VerifierKey:
    """Return the public half of the station's key, which is made where there is none. Safe to repeat.

    The caller owns the data folder. Raises EVD-103, CA-102, HOST-1xx.
    """
    value = opened.value
    if (value.evidence_folder / KEY_FILE).exists():
        return read_verifier_key(value.evidence_folder)
    return create_station_key(value.evidence_folder, value.evidence_origin, own_key_passphrase(opened))


def own_key_passphrase(opened: Opened) -> Secret | None:
    """Return the passphrase of the station's key, None where it has none. Raises HOST-106, HOST-107, HOST-104."""
    place = opened.value.evidence.passphrase
    return None if place is None else opened.secret(place, "evidence passphrase")
