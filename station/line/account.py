"""Arming's look at the cloud: whose account it is, what it has no place for, and what still waits for another one."""

from typing import assert_never

from station.cloud.protocol import COLUMNS, Cloud
from station.journal.records import Records
from station.line.faults import NEVER_CONFIRMED
from station.line.prepared import PreparedUploads
from station.line.team import Confirmed, TeamGate, Unreachable
from station.settings.recipe import Recipe
from station.settings.station import CloudSettings


def settle_account(
    gate: TeamGate, records: Records, cloud: Cloud, recipe: Recipe, wanted: str | None
) -> tuple[str, bool, list[str]]:
    """Return the account's name, whether it was confirmed just now, and what whoever arms should know.

    Where no cloud can say whose the token is, arming is a person's word for what the station file says.
    Raises LINE-151 to LINE-153.
    """
    answer = gate.ask(by_person=True)
    match answer:
        case Confirmed():
            told = _tell_confirmed(cloud, answer, wanted)
            found, confirmed = answer.team_id, True
        case Unreachable():
            if answer.last is None:
                raise NEVER_CONFIRMED.fault(why=answer.reason)
            found, confirmed = answer.last[0], False
            told = [f"The cloud can't be reached ({answer.reason}). Team {found} as last confirmed; uploads wait."]
        case _:
            assert_never(answer)
    return found, confirmed, [*told, *tell_unplaced(cloud, recipe), *_tell_elsewhere(records, found)]


def tell_unplaced(cloud: Cloud, recipe: Recipe) -> list[str]:
    """Return a sentence on what the recipe says of its units and the cloud's API has no place for; else nothing."""
    rules = recipe.cloud
    if rules is None:
        return []
    said = dict(zip(COLUMNS, (rules.subtype, rules.tags, rules.firmware_types), strict=True))
    lost = [column for column in cloud.unplaced(recipe.way.hands_over) if said[column]]
    if not lost:
        return []
    kind = recipe.way.hands_over.replace("-", " ")
    many = f"{', '.join(lost[:-1])} and {lost[-1]}" if len(lost) > 1 else lost[0]
    return [f"The {cloud.api} API has no place for the recipe's {many} beside a {kind}: the cloud will not know them."]


def named_account(records: Records, cloud: CloudSettings | None) -> str:
    """Return the account that the station file means: what it names, else what was confirmed last; "" for neither."""
    if cloud is None:
        return ""
    if cloud.kind == "organisation":
        return f"{cloud.organisation}/{cloud.project}"
    last = records.account(cloud.place)
    return cloud.team or (last[0] if last is not None else "")


def _tell_confirmed(cloud: Cloud, answer: Confirmed, wanted: str | None) -> list[str]:
    if cloud.api == "organisation":
        return [
            f"Units go to {answer.team_name}, as the station file says. The cloud can't be asked whose the token is: "
            "whoever arms the batch confirms it."
        ]
    hint = f'The key is team {answer.team_id}\'s. Write team = "{answer.team_id}" under [cloud].'
    return [] if wanted else [hint]


def _tell_elsewhere(records: Records, account: str) -> list[str]:
    uploads = PreparedUploads(records)
    _, theirs = uploads.split(records.open_uploads(), account)
    if not theirs:
        return []
    units = sum(len(upload.units) for upload in theirs)
    others = ", ".join(sorted({uploads.account(upload) for upload in theirs}))
    return [
        f"{units} unit(s) are in uploads for another account ({others}): these wait, and are neither sent nor asked "
        "about with this account's key. Put the old station file back for them, or decide about them."
    ]
