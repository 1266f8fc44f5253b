"""Credentials behind a last image that speaks no AT: the first unit of a batch is read back with a check image."""

from station.devices.faults import is_outcome_unknown
from station.domain.faults import Fault
from station.line.faults import NO_LAST_IMAGE, READ_BACK_FAILED
from station.line.step_flash import put
from station.line.step_keys import prove, store
from station.line.step_write import require_kept
from station.line.work import Work
from station.settings.recipe import ReadBackStep


def read_back(work: Work, step: ReadBackStep) -> dict[str, object]:
    """Show with a check image that the last image left the credentials alone, then flash that image again.

    Once a batch: later units rely on the first one's result, and their record names it. Raises LINE-126, with which
    the batch stops. Safe to repeat from its start.
    """
    last, bench = work.last_image, work.bench
    if last is None:
        raise NO_LAST_IMAGE.fault()
    if (earlier := bench.read_backs.find(bench.batch, work.records)) is not None:
        return {"read_back": False, "relies_on_attempt": earlier}
    put(work, step.do, step.image, step.erase, step.timeout_s)
    try:
        # A product that can't prove its key says why in its recipe; that the credentials are there is shown.
        proven = prove(work) if bench.recipe.no_proof_reason is None else {"listed": require_kept(work)}
        store(work)
    except Fault as fault:
        if is_outcome_unknown(fault):
            raise
        raise READ_BACK_FAILED.fault(f"{fault.code}: {fault.detail}", why=fault.sentence.rstrip(".")) from fault
    put(work, step.do, last.image, last.erase, last.timeout_s)
    return {"read_back": True, "check_image": step.image.path.name, **proven}
