"""`station upload`: drain the outbox and say what came of it."""

from station.app import Station
from station.domain.line import CloudState
from station.line.faults import NO_CLOUD
from station.line.feed import Told
from station.line.uploader import Uploader
from station.running import ALL_PASSED, STATION_FAULT, STOPPED, UNITS_FAILED, Face

_DONE = (CloudState.ONBOARDED, CloudState.NONE)
_UNDER_WAY = (CloudState.WAITING, CloudState.SENDING)


def drain(station: Station, face: Face, patience: float) -> int:
    """Send what waits and see it through. Return 0 when nothing is left, 1 when some were refused, 4 when some wait.

    After a Ctrl-C the request under way ends first; 130 when then some wait.
    """
    cloud = station.opened.cloud()
    if cloud is None:
        raise NO_CLOUD.fault(path=station.opened.settings.path)

    def tell(notice: object) -> None:
        if isinstance(notice, Told) and not face.json:
            face.say(f"{notice.code} {notice.sentence}")

    station.feed.listen(tell)
    outbox = station.outbox(cloud)
    uploader = Uploader(outbox, station.opened.clock, station.feed)
    uploader.nudge(flush=True)
    uploader.start()
    stopped = False
    try:
        uploader.wait_idle(patience)
    except KeyboardInterrupt:
        stopped = True
    finally:
        uploader.end()
    counts = station.records.outbox_counts()
    if face.json:
        face.emit({"event": "outbox", "counts": counts, "blocked": outbox.blocked})
    else:
        face.say(", ".join(f"{count} {state}" for state, count in counts.items()) or "The outbox is empty.")
    if any(counts.get(state) for state in _UNDER_WAY):
        return STOPPED if stopped else STATION_FAULT
    return UNITS_FAILED if any(counts.get(state) for state in CloudState if state not in _DONE) else ALL_PASSED
