"""The doctor's look at the CA and at the places of secrets. No secret is shown, and nothing is signed."""

import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from station.ca.authority import Authority
from station.ca.faults import CLOCK_BEFORE_CA, ENDED, PASSPHRASE_WRONG
from station.ca.folder import ROOT_KEY, AuthorityFiles
from station.doctor.findings import Verdict, advice, judge_fault, not_checked, ok, trouble
from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.clock import Clock
from station.host.secrets import EnvironmentSecret, FileSecret, KeyringSecret, SecretSource

_EXPIRES_SOON: Final = timedelta(days=90)


def judge_ca_folder(folder: Path) -> Verdict:
    """Return whether the CA's folder is there and closed to others."""
    if not folder.is_dir():
        return trouble(
            f"There is no CA in {folder}, so nothing can be signed.",
            "Make one: station ca init. Or restore the folder from the backup.",
        )
    mode = stat.S_IMODE(folder.stat().st_mode)
    if sys.platform != "win32" and mode & 0o077:
        return trouble(f"{folder} is open to other users (mode {mode:04o}).", f'Close it: chmod 700 "{folder}"')
    return ok(f"{folder}, open to its user alone.")


def judge_ca_files(files: AuthorityFiles) -> Verdict:
    """Return which CA it is; the files were found to belong together."""
    return ok(f"{files.description.name}; root and line certificate belong together.")


def judge_validity(files: AuthorityFiles, now: datetime) -> Iterator[Verdict]:
    """Yield whether the line's certificate is valid, and for how long (the root's always lasts longer). Pure."""
    begin, end = files.line.not_valid_before_utc, files.line.not_valid_after_utc
    if now > end:
        yield from judge_fault(ENDED.fault(now=_day(now), end=_day(end)))
    elif now < begin:
        yield from judge_fault(CLOCK_BEFORE_CA.fault(now=_day(now), begin=_day(begin)))
    elif end - now < _EXPIRES_SOON:
        yield advice(
            f"The line's certificate ends in {(end - now).days} days, at {_day(end)}; nothing is signed after that.",
            "Have a new CA made before, and have the cloud's and the products' owners know about it.",
        )
    else:
        yield ok(f"The line's certificate is valid until {_day(end)}.")


def judge_root_key(folder: Path) -> Verdict:
    """Return whether the root's key was taken off this PC."""
    if (folder / ROOT_KEY).exists():
        return advice(
            f"The root's key is still on this PC ({folder / ROOT_KEY}); the line never needs it.",
            "Copy the CA's folder to two safe places, then delete root.key here.",
        )
    return ok("The root's key is not on this PC.")


def judge_key(folder: Path, passphrase: Secret, clock: Clock) -> list[Verdict]:
    """Return whether the passphrase opens the line's key, by opening the CA as a batch would."""
    try:
        Authority.open(folder, passphrase, clock)
    except Fault as fault:
        found = judge_fault(fault)
        if fault.code == PASSPHRASE_WRONG.code:
            mend = (
                "Put the right one where the station file says that it is kept; if it is right, the file is damaged: "
                "restore it from the backup."
            )
            return [replace(one, mend=mend) for one in found]
        return found
    return [ok("The passphrase opens the line's key, and the key fits the certificate.")]


def judge_source(source: SecretSource) -> Verdict:
    """Return where a secret was found, without a word of it."""
    match source:
        case EnvironmentSecret(variable):
            return ok(f"In the environment variable {variable}.")
        case KeyringSecret(service, name):
            return ok(f"In the keyring, as {service}/{name}.")
        case FileSecret(path):
            return ok(f"In {path}, which only its owner can read.")


def asked_for() -> Verdict:
    """Return why a passphrase that is kept nowhere is not tried."""
    return not_checked(
        "The station file names no place for it: a person types it at the start.",
        "To have it checked, name its place under [ca], or start a batch.",
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
