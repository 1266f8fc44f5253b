"""nRF Cloud's team API (``/v1`` with an API key): OnboardDevices, RegisterCertificates, bulk operations, devices.

Reference section 1. Stateless but for what the cloud's clock said last. ``send`` asks once and never again; looks are
tried three times within seconds before they give up. The key goes to the base address and nowhere else; the files that
a bulk operation names are fetched without it.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote as percent_encode

from station.cloud import protocol as say
from station.cloud import team_answers
from station.cloud.address import Bearer, may_fetch
from station.cloud.asking import Asker, Reach
from station.cloud.errors import read_errors
from station.cloud.provisioning import ProvisioningApi
from station.cloud.provisioning_rows import read_claims, render_claims
from station.cloud.replies import OTHER_ACCOUNT, cloud_time, read_look, read_told, refuses_key
from station.cloud.rows import MAX_BODY_BYTES, MAX_ROWS, may_be_body, render_rows, replaces_certificates
from station.cloud.wire import Flaw, NoKey, Reply, Silence, Timeouts
from station.cloud.words import quote
from station.credentials.jws import is_compact
from station.domain.ids import DeviceId, DeviceUuid, Sha256
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import Clock
from station.host.files import sha256_of

_PAGES_MOST = 200
_CLAIMS_MOST = 100
_SILENT_FILES_MOST = 3
_FILE_MAY_BE_LATE = timedelta(minutes=10)
_TIME_BEFORE = timedelta(minutes=10)
"""Bodies are looked for from so long before the given time: the cloud's servers need not agree to the second."""


class TeamCloud:
    """A :class:`station.cloud.protocol.Cloud`: the team an API key belongs to."""

    def __init__(
        self,
        base_url: str,
        key: Secret,
        *,
        clock: Clock,
        version: str,
        timeouts: Timeouts | None = None,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        max_rows: int = MAX_ROWS,
        provisioning_url: str | None = None,
    ) -> None:
        """``base_url`` includes ``/v1``; only this PC's own loopback may be plain HTTP.

        ``provisioning_url`` is the Provisioning API's, which gets the key too, and attestation tokens.
        Raises CLD-101 to CLD-105 where something of the station file can't be used. Nothing is asked yet.
        """
        reach = Reach(clock, version, timeouts, ca_bundle, proxy)
        self._asker = Asker(base_url, key, reach)
        self._claims = ProvisioningApi(provisioning_url, key, reach) if provisioning_url is not None else None
        self._base, self._key, self._clock = self._asker.base, key, clock
        self._look, self._read_look = self._asker.look, self._asker.read_look
        self._max_rows = max_rows

    @property
    def api(self) -> Literal["team"]:
        """The team API."""
        return "team"

    @property
    def place(self) -> str:
        """The base address: the key tells the rest."""
        return self._base

    @property
    def takes(self) -> frozenset[CredentialKind]:
        """Everything; attestation tokens only where the Provisioning API is known, which takes them."""
        tokens = {CredentialKind.ATTESTATION_TOKEN}
        return frozenset(CredentialKind) - (tokens if self._claims is None else set())

    @property
    def can_look(self) -> bool:
        """Bulk operations are listed, and devices fetched."""
        return True

    def max_rows(self, kind: CredentialKind) -> int:
        """Return the most rows one body may have: onboarding tokens go one by one.

        Claims are tried out one by one before they go together: no more of them than that takes half a minute for.
        """
        if kind is CredentialKind.ATTESTATION_TOKEN:
            return min(self._max_rows, _CLAIMS_MOST)
        return 1 if kind is CredentialKind.ONBOARDING_TOKEN else min(self._max_rows, MAX_ROWS)

    def unplaced(self, kind: CredentialKind) -> tuple[str, ...]:
        """Return what a body has no columns for: RegisterPublicKeys has none but ID and key."""
        return say.COLUMNS if kind is CredentialKind.PUBLIC_KEY else ()

    def repeatable(self, kind: CredentialKind) -> bool:
        """Return whether sending a body twice is the same as once.

        RegisterPublicKeys is: a device has one key, and the same one written over itself changes nothing (reference
        section 1.4). The others are not: what a second one would do depends on what the first did.
        """
        return kind is CredentialKind.PUBLIC_KEY

    def account(self) -> say.AccountAnswer:
        """Ask which team the key belongs to (``GET /account``)."""
        with self._asker.wire.line() as line:
            answer = self._look(line, "/account")
        account = team_answers.read_account(answer) if isinstance(answer, Reply) else None
        if account is not None:
            return account
        # Nothing was asked but who we are: whatever is wrong with that question is wrong with the key.
        if isinstance(answer, Reply) and answer.status == 422:
            told = read_told(answer, self._key)
            return say.CredentialRefused(f"the cloud answered HTTP 422 to the key: {told.words}")
        return self._read_look(answer)

    def time(self) -> datetime | None:
        """Return the time by the cloud's clock; see :meth:`station.cloud.asking.Asker.time`. Asks nothing."""
        return self._asker.time()

    def render(self, rows: Sequence[say.OnboardRow]) -> bytes:
        """Return the body for ``rows``: of one kind, and all replace certificates or none; see ``rows.render_rows``."""
        if rows and rows[0].kind is CredentialKind.ATTESTATION_TOKEN:
            return render_claims(rows, self.max_rows(rows[0].kind))
        return render_rows(rows, self.max_rows(rows[0].kind) if rows else MAX_ROWS)

    def send(self, body: bytes, kind: CredentialKind, device_ids: Sequence[DeviceId]) -> say.SendAnswer:
        """Hand the body over, once, over a connection of its own; ``replies`` says what is what.

        ``POST /devices``, or ``POST /devices/certificates`` for rows that replace certificates: OnboardDevices refuses
        a device that it has with another certificate, and RegisterCertificates onboards none. Public keys go to
        ``POST /devices/public-keys``. An onboarding token goes to ``POST /devices/{id}``, which settles it at once.
        Attestation tokens go to the Provisioning API.
        """
        if kind is CredentialKind.ATTESTATION_TOKEN:
            return self._provisioning().claim(body)
        if kind is CredentialKind.ONBOARDING_TOKEN:
            answer = self._asker.hand_over(_device_path(device_ids[0]), body, "application/json")
            if isinstance(answer, Reply) and answer.status == 202:  # its body is empty, and so tells nothing more
                return say.Settled((say.Onboarded(),))
            return self._asker.read_send(answer)
        path = "/devices/certificates" if replaces_certificates(body) else "/devices"
        answer = self._asker.hand_over("/devices/public-keys" if kind is CredentialKind.PUBLIC_KEY else path, body)
        request_id = team_answers.read_accepted(answer) if isinstance(answer, Reply) else None
        if request_id is not None:
            return say.Accepted(request_id)
        if isinstance(answer, Reply) and answer.status == 202:
            return say.Unclear("the cloud took the body, but its request ID can't be read")
        return self._asker.read_send(answer)

    def poll(self, request_id: say.RequestId, device_ids: Sequence[DeviceId], kind: CredentialKind) -> say.PollAnswer:
        """Ask how far a body is (``GET /bulk-ops-requests/{id}``) and, where it failed, which rows did.

        Claims are among them, in one form of the Provisioning API's answers: a device is claimed then, not onboarded.
        """
        answer = self._poll(request_id, device_ids)
        if kind is not CredentialKind.ATTESTATION_TOKEN or not isinstance(answer, say.Settled):
            return answer
        rows = [say.Claimed() if isinstance(row, say.Onboarded) else row for row in answer.rows]
        return self._provisioning().confirm([DeviceUuid(device) for device in device_ids], rows)

    def _poll(self, request_id: say.RequestId, device_ids: Sequence[DeviceId]) -> say.PollAnswer:
        if team_answers.read_request_id(request_id) is None:
            return say.Unclear(f"{quote(request_id)!r} is no request ID of this API")
        with self._asker.wire.line() as line:
            answer = self._look(line, f"/bulk-ops-requests/{request_id}")
        if isinstance(answer, Silence):
            return self._read_look(answer)
        if team_answers.says_absent(answer):
            return say.NotFound(f"this team's cloud knows no request {request_id}")
        operation = team_answers.read_operation(answer)
        if operation is None or operation.request_id != request_id:
            return self._read_look(answer)
        match operation.status:
            case "PENDING" | "IN_PROGRESS":
                return say.Working(operation.status)
            case "SUCCEEDED":
                return say.Settled(tuple(say.Onboarded() for _ in device_ids))
            case "FAILED":
                return self._read_failed(operation, len(device_ids), cloud_time(answer, self._clock.now()))
            case other:
                return say.Unclear(f"the cloud names a state this program does not know: {quote(other)}")

    def find_sent(
        self, body_sha256: Sha256, since: datetime | None, but_not: Collection[say.RequestId] = ()
    ) -> say.FindAnswer:
        """Look through the team's bulk operations since then (10 minutes earlier), or all, for these very bytes.

        ``NotFound`` only when each of them was looked at; the first that matches counts. A file or two that can't be
        had don't keep the others from being looked at, but where the files' host is silent, it is not waited for.
        A file that can't be had is ``Unclear``, whatever its host did: that says nothing of the API.
        """
        # No end: a time that lags behind the cloud's then finds too much, never too little.
        window = [] if since is None else [("startRequestedAt", _iso(since - _TIME_BEFORE))]
        not_seen: say.Unclear | None = None
        silent = 0
        token, tokens = "", {""}
        for _ in range(_PAGES_MOST):
            with self._asker.wire.line() as line:
                query = window + ([("pageNextToken", token)] if token else [])
                answer = self._look(line, "/bulk-ops-requests", query=query)
            page = team_answers.read_page(answer) if isinstance(answer, Reply) else None
            if page is None:
                return self._read_look(answer)
            for operation in page.operations:
                if operation.request_id in but_not:
                    continue
                file = self._fetch_file(operation.uploaded_url)
                if not isinstance(file, Reply):
                    asked = None if isinstance(file, say.NotSent) else file.retry_after_s
                    not_seen = say.Unclear(f"a body that it has can't be looked at: {file.reason}", asked)
                    silent += not isinstance(file, say.Unclear)
                    if silent == _SILENT_FILES_MOST:
                        return not_seen
                elif file.flaw:
                    continue  # one too long is none of ours
                elif sha256_of(file.body) == body_sha256:
                    return say.Found(operation.request_id)
                elif not may_be_body(file.body):
                    not_seen = say.Unclear("what it shows in a body's place is no body")
            token = page.next_token
            if not token:
                return not_seen or say.NotFound("no bulk operation since then has this body")
            if token in tokens:
                return say.Unclear("the cloud's list of bulk operations goes in circles")
            tokens.add(token)
        return say.Unclear(f"the cloud's list of bulk operations has more than {_PAGES_MOST} pages")

    def try_out(self, rows: Sequence[say.OnboardRow]) -> say.TryAnswer:
        """Ask the Provisioning API for a dry run of each claim; of other rows nothing is asked."""
        if not rows or rows[0].kind is not CredentialKind.ATTESTATION_TOKEN:
            return say.Tried(("",) * len(rows))
        return self._provisioning().try_out(read_claims(self.render(rows)))

    def keyed(self, device_ids: Sequence[DeviceId]) -> say.KeyedAnswer:
        """Ask the Provisioning API which devices have carried out the making of their cloud access key."""
        if self._claims is None:
            return say.NoWay("the station file names no Provisioning API")
        return self._claims.keyed([DeviceUuid(device) for device in device_ids])

    def unruled(self, tags: Sequence[str]) -> say.RuleAnswer:
        """Ask the Provisioning API which of ``tags`` no active rule has."""
        return self._provisioning().unruled(tags)

    def _provisioning(self) -> ProvisioningApi:
        if self._claims is None:  # `takes` says so, and whoever hands over asks that first
            raise AssertionError("there is no Provisioning API to hand tokens to")
        return self._claims

    def known(
        self, device_ids: Sequence[DeviceId], kind: CredentialKind = CredentialKind.CERTIFICATE
    ) -> say.KnownAnswer:
        """Ask for each device (``GET /devices/{id}``): 200 with its ID is present, the API's own 404 absent.

        ListDevices would be faster, but a filter it had not understood would make devices look absent.
        A device that the cloud denies to a key it otherwise takes may be another team's: unknown. Where the cloud
        falls silent half-way, the rest is unknown and may be asked for again.
        """
        if kind is CredentialKind.ATTESTATION_TOKEN:
            return self._provisioning().claimed([DeviceUuid(device) for device in device_ids])
        present: set[DeviceId] = set()
        absent: set[DeviceId] = set()
        unknown: list[tuple[DeviceId, str]] = []
        account: say.AccountAnswer | None = None
        with self._asker.wire.line() as line:
            for place, device_id in enumerate(device_ids):
                answer = self._look(line, _device_path(device_id))
                if isinstance(answer, Reply):
                    if team_answers.is_device(answer, device_id):
                        present.add(device_id)
                        continue
                    if team_answers.says_absent(answer):
                        absent.add(device_id)
                        continue
                read = self._read_look(answer)
                if isinstance(read, say.CredentialRefused):
                    account = account or self.account()
                    if not isinstance(account, say.Account):
                        return read
                elif isinstance(read, say.NotSent | say.Busy):
                    if not place:
                        return read
                    unknown += [(each, read.reason) for each in device_ids[place:]]
                    break
                unknown.append((device_id, read.reason))
        return say.KnownDevices(frozenset(present), frozenset(absent), tuple(unknown))

    def accepts_jwt(self, device_id: DeviceId, token: Secret) -> say.JwtAnswer:
        """Ask for the device (``GET /devices/{id}``) with a token it signed, instead of the key."""
        if not is_compact(token.reveal()):
            return say.JwtRefused("this is no JWT")
        with self._asker.wire.line() as line:
            answer = self._look(line, _device_path(device_id), auth=Bearer(self._base, token))
        if isinstance(answer, Reply):
            if team_answers.is_device(answer, device_id):
                return say.JwtAccepted()
            told = read_told(answer, self._key, token)
            if team_answers.says_absent(answer):
                return say.JwtRefused("the cloud does not know the device")
            if refuses_key(answer.status, told) or told.code == OTHER_ACCOUNT:
                return say.JwtRefused(f"the cloud answered HTTP {answer.status}: {told.words}")
        read = read_look(answer, self._clock.now(), self._key, token)
        return say.Unclear(read.reason) if isinstance(read, say.CredentialRefused) else read

    def _read_failed(self, operation: team_answers.Operation, rows: int, now: datetime) -> say.PollAnswer:
        file = self._fetch_file(operation.errors_url)
        if isinstance(file, Reply) and file.flaw:
            file = say.Unclear(str(file.flaw))
        if isinstance(file, say.Unclear):
            # The file may be late by a moment. One that is not there long after will not come any more.
            if operation.completed_at is not None and now - operation.completed_at < _FILE_MAY_BE_LATE:
                return say.Unclear(f"the cloud's error list can't be had yet: {file.reason}")
            return say.Settled((say.Unknown(f"the cloud's error list can't be had: {file.reason}"),) * rows)
        if not isinstance(file, Reply):
            return file
        errors = read_errors(file.body, rows)
        if errors is None:
            excerpt = quote(file.body.decode("utf-8", "replace"), self._key)
            return say.Settled((say.Unknown(f"the cloud's error list can't be read: {excerpt}"),) * rows)
        results = (
            say.Refused(quote(errors[row], self._key)) if row in errors else say.Onboarded() for row in range(rows)
        )
        return say.Settled(tuple(results))

    def _fetch_file(self, url: str) -> Reply | say.NotSent | say.Busy | say.Unclear:
        """Return a bulk operation's file, whole or too long, fetched without the key; no reason quotes its address."""
        if not may_fetch(url, self._base):
            return say.Unclear("the cloud names no usable address for a bulk operation's file")
        with self._asker.wire.line() as line:
            answer = self._asker.ask(line, url, NoKey(), limit=MAX_BODY_BYTES)
        if isinstance(answer, Reply) and answer.status == 200 and answer.flaw in (Flaw.NONE, Flaw.LONG):
            return answer
        read = self._read_look(answer)
        # No key was shown, so none was refused: the address may have run out.
        return say.Unclear(read.reason) if isinstance(read, say.CredentialRefused) else read


def _device_path(device_id: DeviceId) -> str:
    return f"/devices/{percent_encode(device_id, safe='')}"


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
