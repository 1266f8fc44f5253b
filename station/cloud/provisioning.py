"""nRF Cloud's Provisioning API: devices are claimed by their attestation tokens, and told what to do by tags' rules.

Reference section 2. It has a base address of its own; the team's API key goes to that and, elsewhere, to the team API.
A claim is sent once and never again: what an unclear one did is found out by looking for its devices. Dry runs, looks
and unclaiming are safe to repeat. Marked [?] where no documentation could be read: ``GET /claimed-devices/{uuid}`` and
the list of a device's commands; an answer of another form is unclear there, never a success.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar

from station.cloud import protocol as say
from station.cloud import provisioning_answers as answers
from station.cloud.asking import Asker, Reach
from station.cloud.provisioning_rows import Claim, RuleOrder, read_claims, write_claim, write_rule, write_tag
from station.cloud.replies import read_told, refuses_key
from station.cloud.team_answers import read_accepted, says_absent
from station.cloud.wire import Line, Reply, Silence
from station.cloud.words import quote
from station.domain.ids import DeviceId, DeviceUuid
from station.domain.secret import Secret

_PAGES_MOST = 50
_JSON: Final = "application/json"
_FAILING = (400, 404, 409, 410, 422)
"""Statuses by which a dry run says of the device, and not of itself, that it can't be claimed."""

One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Claimable:
    """The dry run says that the device can be claimed now."""


@dataclass(frozen=True, slots=True)
class NotClaimable:
    """The dry run says that it can't, and why in the API's own words. Nothing was done."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """This team has not claimed the device."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """The device is this team's no more: whoever has its token may claim it."""


@dataclass(frozen=True, slots=True)
class Made:
    """It is there now; ``there_before`` where nothing had to be made."""

    there_before: bool


DryRunAnswer = Claimable | NotClaimable | say.Trouble
ClaimAnswer = say.Accepted | say.Settled | say.Invalid | say.Trouble
DeviceAnswer = answers.ClaimedDevice | NotClaimed | say.Trouble
UnclaimAnswer = Unclaimed | NotClaimed | say.Trouble


class ProvisioningApi:
    """The Provisioning API with one team's key. Safe from any thread; every call ends in bounded time."""

    def __init__(self, base_url: str, key: Secret, reach: Reach) -> None:
        """``base_url`` includes ``/v1``. Raises CLD-101 to CLD-105. Nothing is asked yet."""
        self._api = Asker(base_url, key, reach)

    @property
    def base_url(self) -> str:
        """Its base address: the one place this key goes to from here."""
        return self._api.base

    # --- claims ---------------------------------------------------------------------------------------------------

    def can_claim(self, claims: Sequence[Claim]) -> tuple[DryRunAnswer, ...]:
        """Return, for each claim in its order, whether it would be taken. Nothing is done there. Safe to repeat.

        After the first one that got no answer of its own the rest is not asked, and has that one's trouble.
        """
        found: list[DryRunAnswer] = []
        with self._api.wire.line() as line:
            key_good = self._key_good(line)
            for claim in claims:
                answer = self._dry_run(line, claim, key_good)
                found.append(answer)
                if not isinstance(answer, Claimable | NotClaimable):
                    found += [answer] * (len(claims) - len(found))
                    break
        return tuple(found)

    def try_out(self, claims: Sequence[Claim]) -> say.TryAnswer:
        """Return each claim's reason why it would be refused, or the trouble of the first that can't be told."""
        found = self.can_claim(claims)
        for one in found:
            if not isinstance(one, Claimable | NotClaimable):
                return one
        return say.Tried(tuple(one.reason if isinstance(one, NotClaimable) else "" for one in found))

    def claim(self, body: bytes) -> ClaimAnswer:
        """Hand a body of claims over, once. NOT safe to repeat after :class:`Unclear`.

        Both forms of answer: ``Accepted`` (202: the team API's bulk operations tell the rest), or ``Settled`` with a
        result a row, in the body's order. What the answer does not tell of a row is looked up, and is ``Unclear``
        of the whole where it can't be.
        """
        claims = read_claims(body)
        return self._read_claim(self._api.hand_over("/claimed-devices", body), claims)

    def unclaim(self, uuid: DeviceUuid) -> UnclaimAnswer:
        """Give the device up (204). Safe to repeat: what an unclear one did is looked up, as far as it can be."""
        with self._api.wire.line() as line:
            answer = line.exchange("DELETE", self._api.base + _path(uuid), self._api.bearer)
            if isinstance(answer, Reply):
                if answer.status == 204:
                    return Unclaimed()
                if says_absent(answer):
                    return NotClaimed("this team has not claimed it")
            read = self._api.read_send(answer)
            if isinstance(read, say.Invalid):
                return say.Unclear(read.reason)
            if isinstance(read, say.Unclear) and isinstance(self._device(line, uuid), NotClaimed):
                return Unclaimed()
        return read

    # --- looks ----------------------------------------------------------------------------------------------------

    def device(self, uuid: DeviceUuid) -> DeviceAnswer:
        """Ask for a claimed device (``GET /claimed-devices/{uuid}`` [?]). Safe to repeat."""
        with self._api.wire.line() as line:
            return self._device(line, uuid)

    def claimed(self, uuids: Sequence[DeviceUuid]) -> say.KnownAnswer:
        """Ask which devices this team has claimed; every one is in exactly one of the three. Safe to repeat."""
        return self._sort(uuids, self._is_claimed)

    def confirm(self, uuids: Sequence[DeviceUuid], rows: Sequence[say.RowResult]) -> say.Settled | say.Trouble:
        """Return ``rows``, what a claim's answer made of each device, held against the devices. Safe to repeat.

        One that was refused and is this team's is claimed: by an earlier sending of which nobody knew. One of which
        nothing could be told is claimed or it is not; where that can't be looked up now, that trouble is the answer.
        """
        asked = [uuid for uuid, row in zip(uuids, rows, strict=True) if not isinstance(row, say.Claimed)]
        seen = self.claimed(asked) if asked else say.KnownDevices(frozenset(), frozenset(), ())
        if not isinstance(seen, say.KnownDevices):
            if any(isinstance(row, say.Unknown) for row in rows):
                return seen
            return say.Settled(tuple(rows))
        return say.Settled(tuple(_held_against(seen, uuid, row) for uuid, row in zip(uuids, rows, strict=True)))

    def commands(self, uuid: DeviceUuid) -> tuple[answers.Command, ...] | NotClaimed | say.Trouble:
        """Ask for a claimed device's provisioning commands (``GET …/provisioning`` [?]). Safe to repeat."""
        with self._api.wire.line() as line:
            return self._commands(line, uuid)

    def keyed(self, uuids: Sequence[DeviceUuid]) -> say.KnownAnswer:
        """Ask which claimed devices have made their cloud access key, as far as their commands tell. Safe to repeat.

        Present: such a command is done. Absent: there is one and it is not. Unknown: whatever else, with the reason.
        """
        return self._sort(uuids, self._has_key)

    # --- rules ----------------------------------------------------------------------------------------------------

    def rules(self) -> tuple[answers.Rule, ...] | say.Trouble:
        """Ask for the team's provisioning rules. Safe to repeat."""
        with self._api.wire.line() as line:
            return self._rules(line)

    def unruled(self, tags: Sequence[str]) -> say.RuleAnswer:
        """Ask which of ``tags`` no active rule of the team has. Safe to repeat."""
        rules = self.rules()
        if not isinstance(rules, tuple):
            return rules
        ruled = {tag for rule in rules if rule.active for tag in rule.tags}
        return tuple(tag for tag in tags if tag not in ruled)

    def make_rule(self, order: RuleOrder) -> Made | say.Invalid | say.Trouble:
        """Have an active rule for the tag, made where there is none. Safe to repeat: it is looked for first.

        The tag is made too; that it is there already is no trouble. An unclear sending is looked up.
        """
        missing = self.unruled([order.tag])
        if missing != (order.tag,):
            return missing if not isinstance(missing, tuple) else Made(there_before=True)
        self._api.hand_over("/provisioning/tags", write_tag(order.tag), _JSON)  # refused where it is there: see below
        answer = self._api.hand_over("/provisioning-rules", write_rule(order), _JSON)
        if isinstance(answer, Reply) and answer.status == 201:
            return Made(there_before=False)
        read = self._api.read_send(answer)
        if isinstance(read, say.Unclear) and self.unruled([order.tag]) == ():
            return Made(there_before=False)
        return read

    def _rules(self, line: Line) -> tuple[answers.Rule, ...] | say.Trouble:
        return self._pages(line, "/provisioning-rules", answers.read_rules)

    # --- reading --------------------------------------------------------------------------------------------------

    def _dry_run(self, line: Line, claim: Claim, key_good: Callable[[], bool]) -> DryRunAnswer:
        url, body = f"{self._api.base}/claimed-devices", write_claim(claim)
        query = [("dryrun", "true")]
        answer = line.exchange("POST", url, self._api.bearer, query=query, body=body, content_type=_JSON)
        if isinstance(answer, Reply):
            if answer.status == 202:
                return Claimable()
            told = read_told(answer, self._api.secret)
            denied = answer.status in (401, 403) and not refuses_key(422, told)
            of_device = answer.status in _FAILING and not refuses_key(answer.status, told)
            if of_device or (denied and key_good()):
                return NotClaimable(told.words or f"the dry run of its claim was answered with HTTP {answer.status}")
        # A dry run does nothing: it is read as the look it is.
        return self._api.read_look(answer)

    def _read_claim(self, answer: Reply | Silence, claims: Sequence[Claim]) -> ClaimAnswer:
        if isinstance(answer, Reply):
            request_id = read_accepted(answer)
            if request_id is not None:
                return say.Accepted(request_id)
            told = answers.read_bulk_claim(answer, claims, self._api.secret)
            if told is not None:
                return self._settle(claims, told)
            if answer.status in (200, 201, 202):
                return say.Unclear("the cloud took the claims, but what became of them can't be read")
        return self._api.read_send(answer)

    def _settle(self, claims: Sequence[Claim], told: answers.BulkClaim) -> say.Settled | say.Unclear:
        def result(claim: Claim) -> say.RowResult:
            if claim.uuid in told.claimed:
                return say.Claimed()
            if claim.uuid in told.refused:
                return say.Refused(told.refused[claim.uuid])
            return say.Unknown("the cloud said nothing of it that can be read")

        answer = self.confirm([claim.uuid for claim in claims], [result(claim) for claim in claims])
        if isinstance(answer, say.Settled):
            return answer
        return say.Unclear(f"the cloud took the claims; what became of each can't be looked up now: {answer.reason}")

    def _device(self, line: Line, uuid: DeviceUuid) -> DeviceAnswer:
        answer = self._api.look(line, _path(uuid))
        if isinstance(answer, Reply):
            device = answers.read_device(answer, uuid)
            if device is not None:
                return device
            if says_absent(answer):
                return NotClaimed("this team has not claimed it")
        return self._api.read_look(answer)

    def _commands(self, line: Line, uuid: DeviceUuid) -> tuple[answers.Command, ...] | NotClaimed | say.Trouble:
        device = self._device(line, uuid)
        if not isinstance(device, answers.ClaimedDevice):
            return device
        return self._pages(line, f"{_path(uuid)}/provisioning", answers.read_commands)

    def _is_claimed(self, line: Line, uuid: DeviceUuid) -> bool | say.Trouble:
        match self._device(line, uuid):
            case answers.ClaimedDevice():
                return True
            case NotClaimed():
                return False
            case trouble:
                return trouble

    def _has_key(self, line: Line, uuid: DeviceUuid) -> bool | say.Trouble:
        commands = self._commands(line, uuid)
        if isinstance(commands, NotClaimed):
            return say.Unclear("this team has not claimed the device, or no more")
        if not isinstance(commands, tuple):
            return commands
        wanted = [one for one in commands if one.kind == answers.CLOUD_KEY]
        if not wanted:
            return say.Unclear("nothing tells the device to make a cloud access key: no rule has one of its tags")
        return any(one.done for one in wanted)

    def _sort(
        self, uuids: Sequence[DeviceUuid], ask: Callable[[Line, DeviceUuid], bool | say.Trouble]
    ) -> say.KnownDevices | say.Trouble:
        """Ask of each, over one line. Where the cloud falls silent half-way, the rest is unknown."""
        present: set[DeviceId] = set()
        absent: set[DeviceId] = set()
        unknown: list[tuple[DeviceId, str]] = []
        with self._api.wire.line() as line:
            key_good = self._key_good(line)
            for place, uuid in enumerate(uuids):
                answer = ask(line, uuid)
                match answer:
                    case bool():
                        (present if answer else absent).add(DeviceId(uuid))
                    case say.CredentialRefused() if not key_good():
                        return answer
                    case say.NotSent() | say.Busy() if not place:
                        return answer
                    case say.NotSent() | say.Busy():
                        unknown += [(DeviceId(each), answer.reason) for each in uuids[place:]]
                        break
                    case _:
                        unknown.append((DeviceId(uuid), answer.reason))
        return say.KnownDevices(frozenset(present), frozenset(absent), tuple(unknown))

    def _pages(
        self, line: Line, path: str, read: Callable[[Reply], tuple[tuple[One, ...], str] | None]
    ) -> tuple[One, ...] | say.Trouble:
        found: list[One] = []
        token = ""
        for _ in range(_PAGES_MOST):
            answer = self._api.look(line, path, query=[("pageNextToken", token)] if token else ())
            page = read(answer) if isinstance(answer, Reply) else None
            if page is None:
                return self._api.read_look(answer)
            found += page[0]
            token = page[1]
            if not token:
                return tuple(found)
        return say.Unclear(f"the cloud's list has more than {_PAGES_MOST} pages")

    def _key_good(self, line: Line) -> Callable[[], bool]:
        """Return a question that is asked at most once: a key that one device is denied to may be good."""
        return cache(lambda: isinstance(self._rules(line), tuple))


def _held_against(seen: say.KnownDevices, uuid: DeviceUuid, row: say.RowResult) -> say.RowResult:
    device_id = DeviceId(uuid)
    if device_id in seen.present:
        return say.Claimed()
    if isinstance(row, say.Unknown) and device_id in seen.absent:
        return say.Refused(f"the cloud did not claim this device, and gave no reason that can be read ({row.reason})")
    if isinstance(row, say.Unknown):
        return say.Unknown(dict(seen.unknown).get(device_id, row.reason))
    return row


def _path(uuid: DeviceUuid) -> str:
    return f"/claimed-devices/{quote(uuid)}"
