"""What the line says to faces, as the engineers' log has it."""

from station.journal.codec import Entry
from station.line.feed import Notice, Progress, SlotChanged, Told
from station.line.log import engineer_log


def log_notice(notice: Notice) -> None:
    """Log what faces see, shortly: places and codes; whoever wants more looks the entry up in the journal."""
    log = engineer_log()
    match notice:
        case Entry(event=event):
            names = ("attempt", "slot", "batch", "step", "outcome", "device_id", "upload", "request_id", "reason")
            fields = {name: value for name in names if (value := getattr(event, name, None)) is not None}
            fault = getattr(event, "fault", None)
            log.info(event.kind, seq=notice.seq, **fields, **({"code": fault.code} if fault else {}))
        case SlotChanged():
            log.info("slot", slot=notice.slot, state=notice.state.value)
        case Told():
            log.info("told", code=notice.code, sentence=notice.sentence)
        case Progress():
            pass
