"""nRF Cloud's organisation API (``/v1/organizations/…/projects/…`` with an Organization Auth Token).

Reference section 3.2, and the behaviour of the one official client (memfault-cli 1.12.0). One call is known for
certain: devices in bulk, whose status is asked for where the answer says. No way is known to fetch a device, to list
what was sent, to replace a certificate, or to ask whose the token is. So what became of a body without an answer is
for a person to see in the portal.

The token goes to the base address's own origin and nowhere else: a status address at another one is not asked.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote as percent_encode
from urllib.parse import urljoin, urlsplit

from station.cloud import protocol as say
from station.cloud.address import Bearer, is_at_home
from station.cloud.asking import Asker, Reach
from station.cloud.jsontext import read_json
from station.cloud.organisation_rows import COLUMNS, read_inline_errors, render_headed_rows
from station.cloud.rows import MAX_ROWS
from station.cloud.wire import Reply, Silence, Timeouts
from station.cloud.words import quote
from station.domain.ids import DeviceId, Sha256
from station.domain.secret import Secret
from station.domain.ways import CredentialKind
from station.host.clock import Clock

_BULK: Final = "/long-range/devices/bulk"
_LONGEST_URL: Final = 2000
_NO_WAY: Final = "the organisation API is not known to tell what it has"
_WORKING: Final = ("PENDING", "IN_PROGRESS")


class OrganisationCloud:
    """A :class:`station.cloud.protocol.Cloud`: one project of an organisation."""

    def __init__(
        self,
        base_url: str,
        token: Secret,
        *,
        organisation: str,
        project: str,
        clock: Clock,
        version: str,
        timeouts: Timeouts | None = None,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        max_rows: int = MAX_ROWS,
    ) -> None:
        """``base_url`` includes ``/v1``; only this PC's own loopback may be plain HTTP.

        Raises CLD-101 to CLD-105 where something of the station file can't be used. Nothing is asked yet.
        """
        path = f"/organizations/{percent_encode(organisation, safe='')}/projects/{percent_encode(project, safe='')}"
        self._asker = Asker(base_url.rstrip("/") + path, token, Reach(clock, version, timeouts, ca_bundle, proxy))
        home = urlsplit(self._asker.base)
        self._origin = f"{home.scheme}://{home.netloc}"
        self._status_bearer = Bearer(self._origin, token)
        self._organisation, self._project = organisation, project
        self._max_rows = max_rows

    @property
    def api(self) -> Literal["organisation"]:
        """The organisation API."""
        return "organisation"

    @property
    def place(self) -> str:
        """The project's address."""
        return self._asker.base

    @property
    def takes(self) -> frozenset[CredentialKind]:
        """Whatever has a column; a public key alone has none."""
        return frozenset(COLUMNS)

    @property
    def can_look(self) -> bool:
        """No way is known to look for devices or bodies."""
        return False

    def max_rows(self, kind: CredentialKind) -> int:  # noqa: ARG002 -- the protocol's; here all kinds are alike
        """Return the most rows one body may have, its header not counted."""
        return min(self._max_rows, MAX_ROWS)

    def unplaced(self, kind: CredentialKind) -> tuple[str, ...]:  # noqa: ARG002 -- the protocol's
        """Return what a body has no columns for: all but the device ID and its credential."""
        return say.COLUMNS

    def repeatable(self, kind: CredentialKind) -> bool:  # noqa: ARG002 -- the protocol's
        """Return False: the vendor's client sends nothing twice, as that could create devices twice."""
        return False

    def account(self) -> say.AccountAnswer:
        """Return what the station file says: no way is known to ask. Nothing is sent."""
        return say.Stated(self._organisation, self._project)

    def render(self, rows: Sequence[say.OnboardRow]) -> bytes:
        """Return the CSV body for ``rows``; see ``organisation_rows.render_headed_rows``."""
        return render_headed_rows(rows, min(self._max_rows, MAX_ROWS))

    def try_out(self, rows: Sequence[say.OnboardRow]) -> say.TryAnswer:
        """Return that nothing is known against the rows: no way is known to try them out. Nothing is sent."""
        return say.Tried(("",) * len(rows))

    def time(self) -> datetime | None:
        """Return the time by the cloud's clock; see :meth:`station.cloud.asking.Asker.time`. Asks nothing."""
        return self._asker.time()

    def send(
        self,
        body: bytes,
        kind: CredentialKind,  # noqa: ARG002 -- the header says it
        device_ids: Sequence[DeviceId],  # noqa: ARG002 -- the rows say it
    ) -> say.SendAnswer:
        """Hand the body over, once, over a connection of its own; ``replies`` says what is what."""
        answer = self._asker.hand_over(_BULK, body)
        if isinstance(answer, Reply) and answer.status == 202:
            url = self._status_url(answer)
            if url is not None:
                return say.Accepted(say.RequestId(url))
            # Another origin's address is not quoted either: it may be a file's, which needs no token to be read.
            return say.Unclear(
                "the cloud took the body, but names no address at its own host where its progress could be asked for"
            )
        read = self._asker.read_send(answer)
        if isinstance(answer, Reply) and answer.status == 404 and isinstance(read, say.Busy):
            return say.CredentialRefused(
                f"{read.reason} (organisation {self._organisation!r} or project {self._project!r} may be wrong)"
            )
        return read

    def poll(self, request_id: say.RequestId, device_ids: Sequence[DeviceId], kind: CredentialKind) -> say.PollAnswer:
        """Ask how far a body is, where its answer said (``Location`` or ``url``); the errors come with it."""
        if not self._may_ask(request_id):
            return say.Unclear("its progress is told at an address of another host, where the token must not go")
        with self._asker.wire.line() as line:
            answer = self._asker.ask(line, request_id, self._status_bearer)
        if isinstance(answer, Silence):
            return self._asker.read_look(answer)
        if _says_absent(answer):
            return say.NotFound("the project's cloud knows nothing at the address it gave")
        status = read_json(answer.body) if answer.status == 200 and not answer.flaw else None
        state = status.get("status") if isinstance(status, dict) else None
        if not isinstance(status, dict) or not isinstance(state, str):
            return self._asker.read_look(answer)
        if state in _WORKING:
            return say.Working(state)
        return self._read_end(state, status, device_ids, kind)

    def find_sent(
        self,
        body_sha256: Sha256,  # noqa: ARG002 -- the protocol's
        since: datetime | None,  # noqa: ARG002 -- the protocol's
        but_not: Collection[say.RequestId] = (),  # noqa: ARG002 -- the protocol's
    ) -> say.FindAnswer:
        """Return that there is no way. Nothing is sent."""
        return say.NoWay(_NO_WAY)

    def known(
        self,
        device_ids: Sequence[DeviceId],
        kind: CredentialKind = CredentialKind.CERTIFICATE,  # noqa: ARG002 -- the protocol's
    ) -> say.KnownAnswer:
        """Return that none of them can be told. Nothing is sent."""
        return say.KnownDevices(frozenset(), frozenset(), tuple((device, _NO_WAY) for device in device_ids))

    def keyed(self, device_ids: Sequence[DeviceId]) -> say.KeyedAnswer:  # noqa: ARG002 -- the protocol's
        """Return that there is no way. Nothing is sent."""
        return say.NoWay(_NO_WAY)

    def unruled(self, tags: Sequence[str]) -> say.RuleAnswer:  # noqa: ARG002 -- the protocol's
        """Return none: this API onboards by token in one step, without tags and rules. Nothing is sent."""
        return ()

    def accepts_jwt(self, device_id: DeviceId, token: Secret) -> say.JwtAnswer:  # noqa: ARG002 -- the protocol's
        """Return that no way is known; the token is not sent."""
        return say.Unclear(_NO_WAY)

    def _read_end(
        self, state: str, status: dict[str, object], device_ids: Sequence[DeviceId], kind: CredentialKind
    ) -> say.Settled:
        """Return each row's end: taken, where the list of errors was wholly understood and does not name it.

        A state without a meaning here vouches for no row that the list leaves out, and a failure that names nobody
        for none at all.
        """
        errors = read_inline_errors(status, device_ids)
        if errors is None or (state != "SUCCEEDED" and not errors):
            said = quote(str(status.get("errorSummary", "no errors")), self._asker.secret)
            unknown = say.Unknown(f"the cloud ended with {quote(state)}, and of its rows nothing can be told: {said}")
            return say.Settled((unknown,) * len(device_ids))
        taken: say.RowResult = say.Claimed() if kind is CredentialKind.ATTESTATION_TOKEN else say.Onboarded()
        if state not in ("SUCCEEDED", "FAILED"):
            taken = say.Unknown(f"the cloud ended with {quote(state)} and says nothing of this row")
        return say.Settled(
            tuple(
                say.Refused(quote(errors[row], self._asker.secret)) if row in errors else taken
                for row in range(len(device_ids))
            )
        )

    def _status_url(self, answer: Reply) -> str | None:
        """Return where the status is, from ``Location``, else from the body's ``url``; None where neither can be asked.

        A path alone is taken from the host's root, as the vendor's client does.
        """
        value = read_json(answer.body) if not answer.flaw else None
        named = [answer.headers.get("Location"), value.get("url") if isinstance(value, dict) else None]
        for text in named:
            if isinstance(text, str) and text.strip():
                try:
                    url = urljoin(f"{self._origin}/", text.strip())
                except ValueError:
                    continue
                if self._may_ask(url):
                    return url
        return None

    def _may_ask(self, url: str) -> bool:
        """Return whether the token may go there. Pure."""
        plain = len(url) <= _LONGEST_URL and url.isascii() and url.isprintable() and not any(c.isspace() for c in url)
        return plain and is_at_home(url, self._origin)


def _says_absent(answer: Reply) -> bool:
    """Return whether this is the API's own 404, ``{message, cause: […]}``, and no gateway's in its place. Pure."""
    value = read_json(answer.body) if answer.status == 404 and not answer.flaw else None
    return isinstance(value, dict) and isinstance(value.get("message"), str) and isinstance(value.get("cause"), list)
