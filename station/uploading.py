"""`station upload`: drain the outbox and say what came of it."""

from collections import Counter
from collections.abc import Mapping

from station.app import Station
from station.domain.check_events import CheckState, FinalChecked
from station.domain.events import UploadAccepted, UploadPrepared, UploadSending, UploadSettled, UploadUnclear
from station.domain.ids import UploadId
from station.domain.line import CloudState
from station.exit_codes import ALL_PASSED, STATION_FAULT, STOPPED, UNITS_FAILED
from station.host.clock import Stop
from station.interrupts import Interrupts
from station.journal.codec import Entry
from station.line.faults import NO_CLOUD
from station.line.feed import Notice, Told
from station.line.uploader import Uploader
from station.outlet import Outlet
from station.running import Face, emit_notice, pass_on
from station.signed_record import SignedRecord

_DONE = (CloudState.ONBOARDED, CloudState.CLAIMED, CloudState.NONE)
_UNDER_WAY = (CloudState.WAITING, CloudState.SENDING)

_STOPPING = "Stopping: the request under way ends; nothing new is sent. Ctrl-C again tells what leaving now means."
_WHAT_STAYS = (
    "A request to the cloud is under way. Leaving now (Ctrl-C once more) cuts it: what became of it is looked for at "
    "the next upload, before anything of it is sent again; all else stays in the outbox as it is."
)


def drain(station: Station, face: Face, patience: float, *, look: bool = False) -> int:
    """Send what waits and see it through. Return 0 when nothing is left, 1 when some were refused, 4 when some wait.

    With ``look``, every claimed unit is looked at too: has its device made its cloud key? Ends early, saying so, where
    waiting is of no use: the key is refused, nothing can be reached, all is overdue. After a Ctrl-C the request under
    way ends first; 130 when then some wait.
    """
    cloud = station.opened.cloud()
    if cloud is None:
        raise NO_CLOUD.fault(path=station.opened.settings.path)
    stop = Stop()
    with Outlet() as outlet:
        show = emit_notice if face.json else UploadLines(_sizes(station)).show
        station.feed.listen(lambda notice: pass_on(outlet, face, notice, show))
        SignedRecord(station).catch_up()
        outbox = station.outbox(cloud)
        if look:
            outbox.claims.look_at_all()
        uploader = Uploader(outbox, station.opened.clock, station.feed)
        uploader.nudge(flush=True)
        with Interrupts(stop, outlet, face.say, stopping=_STOPPING, what_stays=lambda: _WHAT_STAYS):
            uploader.start()
            try:
                uploader.wait_idle(patience, stop.event)
            finally:
                uploader.end()
        station.journal.catch_up()  # what was settled last is shown before what it comes to
        counts = station.records.outbox_counts()
        if face.json:
            end: dict[str, object] = {
                "event": "outbox",
                "counts": counts,
                "blocked": outbox.blocked,
                "stuck": outbox.stuck,
            }
            outlet.put(lambda: face.emit(end))
        else:
            outlet.put(lambda: face.say(_in_words(counts) or "The outbox is empty."))
    if any(counts.get(state) for state in _UNDER_WAY):
        return STOPPED if stop.requested else STATION_FAULT
    return UNITS_FAILED if any(counts.get(state) for state in CloudState if state not in _DONE) else ALL_PASSED


class UploadLines:
    """A line for everything that somebody who waits for uploads wants to see."""

    def __init__(self, sizes: Mapping[UploadId, int]) -> None:
        """``sizes``: how many units the uploads have that are under way already."""
        self._sizes = dict(sizes)

    def show(self, face: Face, notice: Notice) -> None:
        """Print the notice, if it is worth a line."""
        match notice:
            case Entry(event=UploadPrepared(units=units)):
                self._sizes[UploadId(notice.seq)] = len(units)
            case Entry(event=UploadSending(upload=upload)):
                self._say(face, notice, f"sending {self._units(upload)}")
            case Entry(event=UploadAccepted(upload=upload, request_id=request)):
                self._say(face, notice, f"the cloud took {self._units(upload)} and works on them (request {request})")
            case Entry(event=UploadUnclear(upload=upload, reason=reason)):
                self._say(face, notice, f"nobody knows what became of {self._units(upload)}: {reason}; looked for now")
            case Entry(event=UploadSettled(rows=rows)):
                states = _in_words(Counter(row.state for row in rows))
                self._say(face, notice, f"cloud: {states or 'nothing new'}")
            case Entry(event=FinalChecked() as check) if check.state is CheckState.UNSURE:
                self._say(face, notice, f"final check of unit {check.unit}: {check.sentence}")
            case Told():
                face.say(f"{notice.code} {notice.sentence}")
            case _:
                pass

    def _units(self, upload: UploadId) -> str:
        number = self._sizes.get(upload, 0)
        return "1 unit" if number == 1 else f"{number} units"

    @staticmethod
    def _say(face: Face, entry: Entry, text: str) -> None:
        face.say(f"{entry.at.astimezone():%H:%M:%S} {text}")


def _sizes(station: Station) -> dict[UploadId, int]:
    return {upload.id: len(upload.units) for upload in station.records.open_uploads()}


def _in_words(counts: Mapping[CloudState, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())
