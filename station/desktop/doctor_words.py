"""What the doctor says of a station in order, and most often of one that is not, in the reader's language.

The doctor speaks English, as its report does: here its texts are recognised as faults' sentences are. What stands
here no more, or not yet, is shown as the doctor has it.
"""

from typing import Final

from PySide6.QtCore import QCoreApplication

from station.desktop.fault_phrases import QT_TRANSLATE_NOOP
from station.desktop.fault_words import recover, say
from station.doctor.findings import Finding

_CONTEXT: Final = "Doctor"

TEXTS: Final = (
    # Headings and what was looked at.
    QT_TRANSLATE_NOOP("Doctor", "This PC"),
    QT_TRANSLATE_NOOP("Doctor", "Settings"),
    QT_TRANSLATE_NOOP("Doctor", "Data"),
    QT_TRANSLATE_NOOP("Doctor", "CA and secrets"),
    QT_TRANSLATE_NOOP("Doctor", "Clock"),
    QT_TRANSLATE_NOOP("Doctor", "Fixture"),
    QT_TRANSLATE_NOOP("Doctor", "Cloud"),
    QT_TRANSLATE_NOOP("Doctor", "software"),
    QT_TRANSLATE_NOOP("Doctor", "user"),
    QT_TRANSLATE_NOOP("Doctor", "port grabbers"),
    QT_TRANSLATE_NOOP("Doctor", "time service"),
    QT_TRANSLATE_NOOP("Doctor", "station file"),
    QT_TRANSLATE_NOOP("Doctor", "fixture file"),
    QT_TRANSLATE_NOOP("Doctor", "recipe"),
    QT_TRANSLATE_NOOP("Doctor", "recipes"),
    QT_TRANSLATE_NOOP("Doctor", "updates"),
    QT_TRANSLATE_NOOP("Doctor", "data folder"),
    QT_TRANSLATE_NOOP("Doctor", "disk"),
    QT_TRANSLATE_NOOP("Doctor", "free space"),
    QT_TRANSLATE_NOOP("Doctor", "in use"),
    QT_TRANSLATE_NOOP("Doctor", "writing"),
    QT_TRANSLATE_NOOP("Doctor", "journal"),
    QT_TRANSLATE_NOOP("Doctor", "journal file"),
    QT_TRANSLATE_NOOP("Doctor", "checkpoints"),
    QT_TRANSLATE_NOOP("Doctor", "slots"),
    QT_TRANSLATE_NOOP("Doctor", "CA folder"),
    QT_TRANSLATE_NOOP("Doctor", "CA files"),
    QT_TRANSLATE_NOOP("Doctor", "CA validity"),
    QT_TRANSLATE_NOOP("Doctor", "CA root key"),
    QT_TRANSLATE_NOOP("Doctor", "CA passphrase"),
    QT_TRANSLATE_NOOP("Doctor", "CA key"),
    QT_TRANSLATE_NOOP("Doctor", "API key"),
    QT_TRANSLATE_NOOP("Doctor", "time"),
    QT_TRANSLATE_NOOP("Doctor", "USB rights"),
    QT_TRANSLATE_NOOP("Doctor", "port rights"),
    QT_TRANSLATE_NOOP("Doctor", "outbox"),
    QT_TRANSLATE_NOOP("Doctor", "cloud"),
    QT_TRANSLATE_NOOP("Doctor", "cloud's clock"),
    QT_TRANSLATE_NOOP("Doctor", "Provisioning API"),
    QT_TRANSLATE_NOOP("Doctor", "port"),
    QT_TRANSLATE_NOOP("Doctor", "power"),
    QT_TRANSLATE_NOOP("Doctor", "probe"),
    # What was seen, and how to mend it.
    QT_TRANSLATE_NOOP("Doctor", "An ordinary user."),
    QT_TRANSLATE_NOOP(
        "Doctor", "This runs as root: what a station writes as root, its technician's user can't open later."
    ),
    QT_TRANSLATE_NOOP("Doctor", "Run the station and this check as the user who works at the line."),
    QT_TRANSLATE_NOOP("Doctor", "Run this check as the user who works at the line."),
    QT_TRANSLATE_NOOP("Doctor", "Neither ModemManager nor brltty runs."),
    QT_TRANSLATE_NOOP("Doctor", "It is synchronised by systemd-timesyncd."),
    QT_TRANSLATE_NOOP("Doctor", "The system does not say."),
    QT_TRANSLATE_NOOP("Doctor", "See what `timedatectl` shows beside 'synchronized'."),
    QT_TRANSLATE_NOOP("Doctor", "A time service keeps it right."),
    QT_TRANSLATE_NOOP("Doctor", "No time service keeps this PC's clock right."),
    QT_TRANSLATE_NOOP(
        "Doctor",
        "Switch on the PC's time synchronisation (timedatectl set-ntp true), or set the clock by hand each shift.",
    ),
    QT_TRANSLATE_NOOP("Doctor", "Run start.py once: it installs the right version."),
    QT_TRANSLATE_NOOP("Doctor", "Only the station file says where it is."),
    QT_TRANSLATE_NOOP("Doctor", "Mend the station file first."),
    QT_TRANSLATE_NOOP("Doctor", "Correct it in that file."),
    QT_TRANSLATE_NOOP("Doctor", "Correct `recipes` in the station file."),
    QT_TRANSLATE_NOOP("Doctor", "Correct `data` in the station file."),
    QT_TRANSLATE_NOOP("Doctor", "Only the fixture file says what hangs on them."),
    QT_TRANSLATE_NOOP("Doctor", "Mend it first."),
    QT_TRANSLATE_NOOP("Doctor", "Mend these first."),
    QT_TRANSLATE_NOOP("Doctor", "Mend the secret first."),
    QT_TRANSLATE_NOOP("Doctor", "Mend the passphrase first."),
    QT_TRANSLATE_NOOP("Doctor", "No package newer than {version} is in {folder}."),
    QT_TRANSLATE_NOOP("Doctor", "Version {version} is there: {path}, whole."),
    QT_TRANSLATE_NOOP("Doctor", "Have IT install it, when no batch is open."),
    QT_TRANSLATE_NOOP("Doctor", "The folder is not there yet."),
    QT_TRANSLATE_NOOP("Doctor", "Look again once it is."),
    QT_TRANSLATE_NOOP("Doctor", "Look again."),
    QT_TRANSLATE_NOOP("Doctor", "Look again when it has ended."),
    QT_TRANSLATE_NOOP("Doctor", "Look again when the batch has ended."),
    QT_TRANSLATE_NOOP("Doctor", "No station works there now."),
    QT_TRANSLATE_NOOP("Doctor", "The running station writes there."),
    QT_TRANSLATE_NOOP("Doctor", "The running station works with it."),
    QT_TRANSLATE_NOOP("Doctor", "{folder}, open to its user alone."),
    QT_TRANSLATE_NOOP("Doctor", "{folder} is open to other users (mode {mode})."),
    QT_TRANSLATE_NOOP("Doctor", "{folder} is no folder."),
    QT_TRANSLATE_NOOP("Doctor", "{folder} belongs to another user."),
    QT_TRANSLATE_NOOP("Doctor", "A disk of this PC ({kind})."),
    QT_TRANSLATE_NOOP("Doctor", "A disk of this PC."),
    QT_TRANSLATE_NOOP("Doctor", "It lies on a network or shared disk ({kind}): a power cut can lose the journal."),
    QT_TRANSLATE_NOOP("Doctor", "It lies in memory ({kind}): all of it is gone when this PC is switched off."),
    QT_TRANSLATE_NOOP("Doctor", "It lies on a disk that can be unplugged ({kind})."),
    QT_TRANSLATE_NOOP("Doctor", "It lies in a container's own layer ({kind}) and is deleted with the container."),
    QT_TRANSLATE_NOOP("Doctor", "Give the container a volume of this PC's disk for the data folder."),
    QT_TRANSLATE_NOOP("Doctor", "Put the data folder on a disk inside this PC (`data` in the station file)."),
    QT_TRANSLATE_NOOP("Doctor", "Free some space now."),
    QT_TRANSLATE_NOOP("Doctor", "Free some space: below 0.25 GiB no batch should be started."),
    QT_TRANSLATE_NOOP("Doctor", "Written, synced and read back in {milliseconds} ms."),
    QT_TRANSLATE_NOOP("Doctor", "Replace the disk; don't start a batch."),
    QT_TRANSLATE_NOOP("Doctor", "Move the data folder to a faster disk: every step waits for it."),
    QT_TRANSLATE_NOOP("Doctor", "There is none yet; the first start makes it."),
    QT_TRANSLATE_NOOP("Doctor", "It is empty; the first start fills it."),
    QT_TRANSLATE_NOOP("Doctor", "SQLite finds no damage in it."),
    QT_TRANSLATE_NOOP("Doctor", "None is latched."),
    QT_TRANSLATE_NOOP("Doctor", "Latched by a station fault: {slots}."),
    QT_TRANSLATE_NOOP("Doctor", "Mend it, then acknowledge the slot when the batch runs."),
    QT_TRANSLATE_NOOP("Doctor", "The second place has every checkpoint that is kept here."),
    QT_TRANSLATE_NOOP("Doctor", "No second place for checkpoints is named; keep copies away from this PC."),
    QT_TRANSLATE_NOOP(
        "Doctor", "Bring the second place back, or correct `second_place`; the next checkpoint delivers all."
    ),
    QT_TRANSLATE_NOOP("Doctor", "The root's key is not on this PC."),
    QT_TRANSLATE_NOOP("Doctor", "The root's key is still on this PC ({path}); the line never needs it."),
    QT_TRANSLATE_NOOP("Doctor", "Copy the CA's folder to two safe places, then delete root.key here."),
    QT_TRANSLATE_NOOP("Doctor", "{path}; root and line certificate belong together."),
    QT_TRANSLATE_NOOP("Doctor", "The line's certificate is valid until {day}."),
    QT_TRANSLATE_NOOP("Doctor", "The passphrase opens the line's key, and the key fits the certificate."),
    QT_TRANSLATE_NOOP("Doctor", "The station file names no place for it: a person types it at the start."),
    QT_TRANSLATE_NOOP("Doctor", "To have it checked, name its place under [ca], or start a batch."),
    QT_TRANSLATE_NOOP("Doctor", "There is no CA in {folder}, so nothing can be signed."),
    QT_TRANSLATE_NOOP("Doctor", "Make one: station ca init. Or restore the folder from the backup."),
    QT_TRANSLATE_NOOP("Doctor", "It is not tried without its passphrase."),
    QT_TRANSLATE_NOOP("Doctor", "It is not tried while the CA's files are wrong."),
    QT_TRANSLATE_NOOP("Doctor", "In the environment variable {name}."),
    QT_TRANSLATE_NOOP("Doctor", "In the keyring, as {name}."),
    QT_TRANSLATE_NOOP("Doctor", "In {path}, which only its owner can read."),
    QT_TRANSLATE_NOOP("Doctor", "It agrees with the cloud's."),
    QT_TRANSLATE_NOOP("Doctor", "Set the clock, and switch on time synchronisation."),
    QT_TRANSLATE_NOOP("Doctor", "It takes the API key, which is the team {name}'s, as it must be."),
    QT_TRANSLATE_NOOP("Doctor", "It takes the API key; the team has {count} active provisioning rule(s)."),
    QT_TRANSLATE_NOOP("Doctor", "Check the network, and provisioning_url under [cloud] in the station file."),
    QT_TRANSLATE_NOOP("Doctor", "It is not asked without its key."),
    QT_TRANSLATE_NOOP("Doctor", "The station file names none; finished units wait."),
    QT_TRANSLATE_NOOP("Doctor", "To onboard units, add a [cloud] table to it."),
    QT_TRANSLATE_NOOP("Doctor", "There; this user may open it, and no program is seen to have it open."),
    QT_TRANSLATE_NOOP("Doctor", "There; the running station has it open."),
    QT_TRANSLATE_NOOP("Doctor", "There. Whether a program has it open is not looked at: that would open it."),
    QT_TRANSLATE_NOOP("Doctor", "Not there now: it waits for a board."),
    QT_TRANSLATE_NOOP("Doctor", "The port is not there."),
    QT_TRANSLATE_NOOP("Doctor", "Check cable and power of the fixture, and the slot's `port` in the fixture file."),
    QT_TRANSLATE_NOOP("Doctor", "This user may not open it."),
    QT_TRANSLATE_NOOP("Doctor", "A network port: reaching it would open it."),
    QT_TRANSLATE_NOOP("Doctor", "To try it, start a batch with one board."),
    QT_TRANSLATE_NOOP("Doctor", "It is not plugged in."),
    QT_TRANSLATE_NOOP("Doctor", "root may open every port."),
    QT_TRANSLATE_NOOP("Doctor", "ModemManager is not installed."),
    QT_TRANSLATE_NOOP("Doctor", "udev's rules keep ModemManager off probes and boards."),
    QT_TRANSLATE_NOOP("Doctor", "Log out and in again."),
    QT_TRANSLATE_NOOP("Doctor", "Call the engineer."),
    QT_TRANSLATE_NOOP("Doctor", "Tell the engineer; the other checks stand."),
    QT_TRANSLATE_NOOP("Doctor", "There was no answer within {seconds} s."),
    QT_TRANSLATE_NOOP(
        "Doctor", "See whether a window asks for a password, or a disk or network hangs; then look again."
    ),
    QT_TRANSLATE_NOOP("Doctor", "{name}, {steps} steps; every file it pins is there and right."),
    QT_TRANSLATE_NOOP(
        "Doctor", "{name}, {steps} steps; every file it pins is there and right, and so are the programs of its steps."
    ),
    QT_TRANSLATE_NOOP("Doctor", "{name}, {count} slots."),
)
"""In the order in which they are tried."""


def tell(text: str) -> str:
    """Return one of the doctor's texts in the reader's language; as it came where it is not known. Pure."""
    for template in TEXTS:
        fields = recover(template, text)
        if fields is not None:
            return QCoreApplication.translate(_CONTEXT, template).format(**fields)
    return text


def tell_finding(one: Finding) -> tuple[str, str]:
    """Return what was seen, and how it is mended.

    The doctor cuts a fault's sentence behind its first full stop, and so is the translation cut.
    """
    whole = f"{one.seen} {one.mend}"
    translated = say(one.code, whole) if one.code else whole
    if translated != whole:
        seen, stop, mend = translated.partition("\u3002")
        return seen + stop, mend
    return tell(say(one.code, one.seen)), tell(one.mend)
