"""Whether a unit's onboarding token went to the cloud before, in an upload of an earlier attempt.

A modem may make the same token again for the same team: its access key is the same one. Of the others none comes twice:
a certificate and an attestation token are new with each attempt, and a public key may go as often as one likes.
"""

from collections.abc import Mapping

from station.cloud.protocol import OnboardingToken, OnboardRow
from station.domain.events import (
    CloudDeleted,
    UploadDecided,
    UploadPrepared,
    UploadPutOff,
    UploadSending,
    UploadSettled,
)
from station.domain.ids import Sha256, UnitId, UploadId
from station.domain.line import CloudState
from station.journal.records import Records

_OPEN = (CloudState.UNKNOWN, CloudState.ONBOARDED)


def sent_before(records: Records, made: Mapping[UnitId, OnboardRow]) -> dict[UnitId, CloudState]:
    """Return, of units that wait, whose very tokens the cloud took before, or may have taken (unknown). Looks only.

    Not among them: what it refused, what it had deleted since, and what a person has sent again.
    """
    found = {}
    for unit, row in made.items():
        if isinstance(row.credential, OnboardingToken) and (went := _went(records, unit)):
            token = row.credential.text.encode()
            states = {state for name, state in went if token in records.body(name)}
            if states:
                found[unit] = CloudState.ONBOARDED if CloudState.ONBOARDED in states else CloudState.UNKNOWN
    return found


def _went(records: Records, unit: UnitId) -> list[tuple[Sha256, CloudState]]:
    """Return the bodies that went with the unit, and how it stands with each."""
    bodies, states, last = dict[UploadId, Sha256](), dict[UploadId, CloudState](), UploadId(0)
    for entry in records.entries_about(unit):
        match entry.event:
            case UploadPrepared(body_sha256=name):
                last = UploadId(entry.seq)
                bodies[last] = name
            case UploadSending(upload=upload):
                states[upload] = CloudState.UNKNOWN
            case UploadPutOff(upload=upload):
                states.pop(upload, None)
            case UploadSettled(upload=upload, rows=rows):
                for row in rows:
                    if row.unit == unit and upload in states:
                        states[upload] = row.state
            case UploadDecided(state=CloudState.ONBOARDED as seen):
                # Of a token that was not sent again it is said too: what went before is what was seen.
                states |= {upload: seen for upload, state in states.items() if upload == last or state in _OPEN}
            case UploadDecided(state=CloudState.WAITING) | CloudDeleted(gone=True):
                states.clear()
            case _:
                pass
    return [(bodies[upload], state) for upload, state in states.items() if state in _OPEN]
