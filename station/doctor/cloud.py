"""The doctor's look at the cloud: who it says we are, and what time it has."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, assert_never

from station.cloud.protocol import Account, AccountAnswer, Busy, CredentialRefused, NotSent, Stated, Trouble, Unclear
from station.cloud.provisioning_answers import Rule
from station.cloud.wire import NoKey, Reply, Timeouts, Wire
from station.doctor.findings import Verdict, advice, judge_fault, not_checked, ok, trouble, unknown
from station.host.clock import Clock
from station.line.faults import KEY_REFUSED, WRONG_TEAM
from station.settings.station import CloudSettings
from station.software import software_version

_CLOCKS_APART: Final = 30.0
_CLOCKS_WRONG: Final = 300.0
"""Seconds; the cloud's own time has whole ones, and the question takes a moment."""

_REACH: Final = (
    "Check the network, and [cloud] in the station file: base_url, and proxy and ca_bundle where the company has them."
)

_REACH_CLAIMS: Final = "Check the network, and provisioning_url under [cloud] in the station file."


def judge_account(answer: AccountAnswer, *, wanted: str | None, last: str | None) -> list[Verdict]:
    """Return what the cloud's answer means. ``last`` is the team it confirmed before, None where never. Pure."""
    match answer:
        case Account():
            return _judge_team(answer, wanted, last)
        case Stated():
            return [_judge_stated(answer, last)]
        case CredentialRefused():
            return judge_fault(KEY_REFUSED.fault(why=answer.reason))
        case NotSent():
            waits = (
                "units can still be built and wait in the outbox"
                if last
                else "no batch for the cloud can start before it has confirmed the key once"
            )
            return [trouble(f"{_begin(answer.reason)}; {waits}.", _REACH)]
        case Busy():
            return [unknown(f"{_begin(answer.reason)}.", f"Look again in some minutes. {_REACH}")]
        case Unclear():
            return [unknown(f"{_begin(answer.reason)}.", _REACH)]
        case _:
            assert_never(answer)


def _judge_stated(said: Stated, last: str | None) -> Verdict:
    name = f"organisation {said.organisation}, project {said.project}"
    if last is None:
        return advice(
            f"The station file names {name}; nobody has confirmed it, and the cloud can't be asked whose token it is.",
            "Read both names; arming a batch confirms them, and the first upload shows whether the token is right.",
        )
    return ok(f"The station file names {name}, as a person confirmed; the cloud can't be asked whose token it is.")


def _judge_team(found: Account, wanted: str | None, last: str | None) -> list[Verdict]:
    name = f"{found.team_id} ({found.team_name})" if found.team_name else found.team_id
    if wanted is not None and found.team_id != wanted:
        return judge_fault(WRONG_TEAM.fault(found=name, wanted=wanted))
    if last is not None and found.team_id != last:
        return [
            advice(
                f"The API key belongs to the team {name}; until now this station worked for {last}.",
                "See that the key is the right one before a batch starts.",
            )
        ]
    if wanted is None:
        return [
            advice(
                f"It takes the API key, which is the team {name}'s; the station file names no team.",
                f'Write team = "{found.team_id}" under [cloud].',
            )
        ]
    return [ok(f"It takes the API key, which is the team {name}'s, as it must be.")]


def judge_rules(answer: tuple[Rule, ...] | Trouble) -> list[Verdict]:
    """Return what the Provisioning API's answer to a question about its rules means. Pure."""
    match answer:
        case tuple():
            active = len([rule for rule in answer if rule.active])
            return [ok(f"It takes the API key; the team has {active} active provisioning rule(s).")]
        case CredentialRefused():
            return judge_fault(KEY_REFUSED.fault(why=answer.reason))
        case NotSent() | Busy() | Unclear():
            return [unknown(f"{_begin(answer.reason)}.", _REACH_CLAIMS)]
        case _:
            assert_never(answer)


def compare_clocks(cloud: CloudSettings, clock: Clock) -> Verdict:
    """Return how far this PC's clock is from the cloud's, asked for without the key."""
    if cloud.proxy is not None and cloud.proxy.user is not None:
        return not_checked("The proxy wants a login, which is not used for this.", "Compare it with a clock you trust.")
    wire = Wire(
        timeouts=Timeouts(connect=cloud.connect_timeout_s, read=cloud.read_timeout_s),
        ca_bundle=cloud.ca_bundle,
        proxy=cloud.proxy.url if cloud.proxy else None,
        clock=clock,
        user_agent=f"nrf91-station/{software_version()}",
    )
    with wire.line() as line:
        answer = line.exchange("GET", f"{cloud.base_url}/account", NoKey())
    said = answer.headers.get("Date", "") if isinstance(answer, Reply) else ""
    return judge_date(said, clock.now())


def judge_date(said: str, now: datetime) -> Verdict:
    """Return what an HTTP Date (RFC 9110 section 6.6.1) tells of a clock that says ``now``. Pure."""
    try:
        apart = (now - parsedate_to_datetime(said)).total_seconds()
    except (ValueError, TypeError, OverflowError):  # none, no date, or one without a time zone
        return unknown("The cloud does not say what time it has.", "Compare this PC's clock with one you trust.")
    if abs(apart) <= _CLOCKS_APART:
        return ok("It agrees with the cloud's.")
    seen = f"This PC's clock is {_length(abs(apart))} {'ahead of' if apart > 0 else 'behind'} the cloud's."
    mend = "Set the clock, and switch on time synchronisation."
    return trouble(seen, mend) if abs(apart) > _CLOCKS_WRONG else advice(seen, mend)


def _begin(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}"


def _length(seconds: float) -> str:
    if seconds < 7200:
        return f"{round(seconds)} s"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
