"""Orders about records, uploads, settings and the CA. Each is given a station beside, for its own thread."""

from pathlib import Path

from station.app import Station
from station.domain.events import SettingsSaved
from station.domain.faults import Fault
from station.domain.ids import BatchId
from station.domain.line import CloudState
from station.domain.secret import Secret
from station.engine.commands import Decide, Export, Release, Rework, SaveSettings, ShowProduct, WithdrawRework
from station.engine.faults import NOT_AS_SEEN, NOTHING_CHOSEN, NOTHING_NAMED, UNKNOWN_WORD, WHOLE_PATH
from station.engine.people_orders import second_of
from station.engine.results import (
    Done,
    Image,
    MadeCa,
    Product,
    Reconciliation,
    Saved,
    Unreleased,
    UnreleasedFile,
    Written,
)
from station.exporting import ExportDesk, Form
from station.host.files import sha256_of_file
from station.journal.codec import context_hash
from station.journal.cycle_times import expected_seconds
from station.line.decisions import close_batch, decide_uploads, declare_rework, find_unit, withdraw_rework
from station.line.faults import UNKNOWN_UNIT
from station.line.overdue import units_to_decide
from station.line.releases import find_unreleased, name_of
from station.people.rights import Actor, Right
from station.settings.drafts import FIXTURE, RECIPE, STATION, draft_of, load_named
from station.settings.steps import CommandStep
from station.signed_record import SignedRecord

_DECISIONS = {"onboarded": CloudState.ONBOARDED, "send-again": CloudState.WAITING, "hold": CloudState.HELD}


def show_product(view: Station, command: ShowProduct) -> Product:
    """Return what arming this product would build. Raises LINE-171, LINE-175, SET faults."""
    opened = view.opened
    loaded, fixture = opened.recipe(command.product), opened.fixture()
    recipe = loaded.value
    unreleased = find_unreleased(view.records, [opened.settings, loaded, fixture])
    return Product(
        product=recipe.product,
        file=str(loaded.path),
        sha256=loaded.sha256,
        images=tuple(Image(name=one.path.name, file=str(one.path), sha256=one.sha256) for one in recipe.images),
        steps=tuple(step.name if isinstance(step, CommandStep) else step.do.value for step in recipe.steps),
        scans_labels=recipe.scans_labels,
        for_cloud=recipe.cloud is not None,
        unreleased=tuple(str(one) for one in unreleased),
        passphrase_asked=opened.value.ca.passphrase is None,
        expected_seconds=expected_seconds(opened.value.data, context_hash(loaded.context())),
    )


def close_order(view: Station, actor: Actor, record: SignedRecord, batch: BatchId, reason: str) -> Reconciliation:
    """Close a batch that is not complete. Raises PPL-111 to PPL-116, LINE-167 to LINE-169."""
    counted = close_batch(view.gate, view.records, batch, actor, reason)
    words = tuple(record.batch_ended(batch))
    return Reconciliation(
        batch=batch,
        quantity=counted.ordered,
        outcomes=counted.counts(),
        not_started=counted.not_started,
        beyond=counted.beyond,
        words=words,
    )


def decide(view: Station, actor: Actor, command: Decide) -> Done:
    """Decide about uploads, of all units or of none. Raises PPL-111, 112 and 116, LINE-161 to 163, ENG-126."""
    state = _DECISIONS.get(command.decision)
    if state is None:
        raise UNKNOWN_WORD.fault(what="A decision", word=command.decision, known=", ".join(_DECISIONS))
    view.gate.require(actor, Right.DECIDE, command.reason)
    records = view.records
    late = units_to_decide(records, view.opened.clock.now(), view.opened.value.cloud)
    return Done(words=tuple(decide_uploads(view.gate, records, command.units, state, actor, command.reason, late)))


def rework(view: Station, actor: Actor, command: Rework) -> Done:
    """Allow one more attempt. Raises PPL-101 to PPL-116, LINE-162 and 163, JRN-203 and 206."""
    find_unit(view.records, command.unit)  # nobody's PIN is tried for nothing
    second = second_of(view, command.second, command.second_pin)
    return Done(words=(declare_rework(view.gate, view.records, command.unit, actor, command.reason, second),))


def withdraw(view: Station, actor: Actor, command: WithdrawRework) -> Done:
    """Take a declared rework back. Raises PPL-101 to PPL-117, LINE-162 and 163, JRN-207 and 208."""
    find_unit(view.records, command.unit)
    second = second_of(view, command.second, command.second_pin)
    return Done(words=(withdraw_rework(view.gate, view.records, command.unit, actor, command.reason, second),))


def export(view: Station, actor: Actor, record: SignedRecord, command: Export) -> Written:
    """Write records into a folder. Raises as :class:`station.exporting.ExportDesk`; ENG-126, 127 and 130."""
    forms = []
    for name in command.forms:
        if name not in {form.value for form in Form}:
            raise UNKNOWN_WORD.fault(what="A form", word=name, known=", ".join(form.value for form in Form))
        forms.append(Form(name))
    folder = _whole_path(command.folder)
    since = _whole_path(command.since) if command.since else None
    desk = ExportDesk(view, actor, folder, command.reason, record=record)
    if command.batch is not None:
        paths = desk.batch(command.batch, forms, since)
    elif command.units:
        units = []
        for unit in command.units:
            row = view.records.unit(unit)
            if row is None:
                raise UNKNOWN_UNIT.fault(text=unit)
            units.append(row)
        paths = desk.units(units, forms, since)
    else:
        raise NOTHING_CHOSEN.fault()
    return Written(paths=tuple(map(str, paths)))


def checkpoint(record: SignedRecord, actor: Actor, reason: str) -> Written:
    """Sign the journal as it is now. Raises PPL-111, EVD-1xx."""
    kept = record.checkpoint(actor, reason)
    return Written(paths=(str(kept.path),), words=kept.waiting)


def list_unreleased(view: Station) -> Unreleased:
    """Return what releasing everything would release: of station file, fixture and every recipe. Looks only."""
    opened = view.opened
    names = [STATION, FIXTURE, *(f"{RECIPE}{path.stem}" for path in sorted(opened.value.recipes.glob("*.toml")))]
    found: list[UnreleasedFile] = []
    broken: list[str] = []
    for name in names:
        try:
            loaded = load_named(name, opened.settings)
        except Fault as fault:
            broken.append(f"{name}: {fault.code} {fault.sentence}")
            continue
        found += [
            UnreleasedFile(file=name, path=str(loaded.path), sha256=loaded.sha256, changed=one.last is not None)
            for one in find_unreleased(view.records, [loaded])
        ]
    return Unreleased(files=tuple(found), broken=tuple(broken))


def release(view: Station, actor: Actor, command: Release) -> Done:
    """Stand for the files that are named, as they were looked at. Raises PPL-111, 112 and 116, ENG-134, 135, SET."""
    view.gate.require(actor, Right.CHANGE_SETTINGS, command.reason)
    if not command.files:
        raise NOTHING_NAMED.fault()
    settings = []
    for named in command.files:
        loaded = load_named(named.file, view.opened.settings)
        if loaded.sha256 != named.sha256:
            raise NOT_AS_SEEN.fault(path=loaded.path)
        settings.append(loaded)
    released = view.releases.release(actor, settings, command.reason)
    return Done(words=tuple(f"released: {one}" for one in released))


def save_settings(view: Station, actor: Actor, command: SaveSettings) -> Saved:
    """Replace a settings file, if it is sound and as it was when the text was begun; one at a time.

    The intent is in the journal first. Raises PPL-111, 112 and 116, SET-10x, ENG-135; nothing is changed then.
    """
    view.gate.require(actor, Right.CHANGE_SETTINGS, command.reason)
    data = view.opened.value.data
    draft = draft_of(command.file, command.text, view.opened.settings)
    about, name = name_of(draft.judge(data=data))
    before = sha256_of_file(draft.path)
    if command.before != before:
        raise NOT_AS_SEEN.fault(path=draft.path)
    saved = SettingsSaved(
        about=about,
        name=name,
        before=before,
        after=draft.sha256,
        operator=actor.id,
        reason=command.reason.strip(),
    )
    view.journal.commit(saved, by=actor.id)
    draft.save(data=data)
    words: tuple[str, ...] = ("Not released yet: nothing is built with it before an engineer does that.",)
    if command.file == STATION:
        words = ("It counts when the engine has been started anew.", *words)
    return Saved(file=command.file, path=str(draft.path), sha256=draft.sha256, words=words)


def create_ca(view: Station, actor: Actor, passphrase: Secret) -> MadeCa:
    """Make the CA. Raises PPL-111, CA-1xx."""
    view.opened.redactor.add(passphrase)
    made = view.create_ca(passphrase, actor)
    return MadeCa(folder=str(made.folder), name=made.name, root_sha256=made.root_sha256, line_sha256=made.line_sha256)


def _whole_path(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # the home of somebody whom this PC doesn't know
        path = Path(text)
    if not path.is_absolute():
        raise WHOLE_PATH.fault(path=text)
    return path
