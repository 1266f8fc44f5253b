"""Orders that would lose a unit: what erases, resets or locks a board, and what must stand before and behind it."""

from collections.abc import Iterator, Sequence
from typing import Final

from station.domain.line import ChipFamily, StepKind
from station.settings.explain import Problem
from station.settings.placed import Placed

_RESETS: Final = frozenset(
    {
        StepKind.RECOVER,
        StepKind.MODEM_FIRMWARE,
        StepKind.FLASH,
        StepKind.READ_BACK,
        StepKind.POWER_CYCLE,
        StepKind.LOCK,
    }
)
"""What resets the board or cuts its power."""

_CHANGES: Final = _RESETS - {StepKind.READ_BACK, StepKind.LOCK}
"""What leaves another board than the one that was proven before."""

_GIVES: Final = frozenset({StepKind.GENERATE, StepKind.WRITE, StepKind.PROVE})
"""What the modem must have stored before it is reset."""

_CREDENTIALS: Final = frozenset(
    {
        StepKind.ATTEST,
        StepKind.ENROL,
        StepKind.CLEAR,
        StepKind.GENERATE,
        StepKind.SIGN,
        StepKind.WRITE,
        StepKind.PROVE,
        StepKind.STORE,
    }
)
_TALKS: Final = (_CREDENTIALS - {StepKind.SIGN}) | {StepKind.IDENTIFY}
"""What sends AT commands, so that an image must be there that takes them."""


def find_image_problems(
    steps: Sequence[Placed], *, proves: bool, family: ChipFamily | None, given: StepKind | None = StepKind.WRITE
) -> list[Problem]:
    """Return what is wrong with an order of steps on a board with this chip (None: not told). Pure.

    ``proves`` is false for a product that can't prove its credentials: they are only listed. ``given`` is the step
    behind which there is something to prove, None where there never is.
    """
    problems: list[Problem] = []
    for index, step in enumerate(steps):
        before, behind = steps[:index], steps[index + 1 :]
        texts = [
            *_loses_credentials(step, before, family),
            *_loses_what_was_found(step, before, behind),
            *_loses_what_is_unstored(step, before),
            *_finds_no_firmware(step, before),
            *_meets_unknown_modem(step, before, behind),
            *_reads_back_wrongly(step, before),
        ]
        if step.kind is StepKind.RECOVER and StepKind.FLASH not in _kinds(behind):
            texts.append('"recover" leaves the board empty: it needs "flash" somewhere behind it.')
        if step.kind is StepKind.LOCK and behind:
            texts.append('"lock" must be the last step: what fails behind it can only be mended by erasing the board.')
        problems += [(("steps", index), text) for text in texts]
    return problems + ([] if given is None else _unproven_at_the_end(steps, proves, given))


def _kinds(steps: Sequence[Placed]) -> list[StepKind]:
    return [step.kind for step in steps]


def _last(steps: Sequence[Placed], *kinds: StepKind) -> int | None:
    return max((index for index, step in enumerate(steps) if step.kind in kinds), default=None)


def _image_on_board(before: Sequence[Placed]) -> Placed | None:
    """Return what last decided which image is on the board: a flash, or a recovery, which leaves none."""
    index = _last(before, StepKind.FLASH, StepKind.RECOVER)
    return None if index is None else before[index]


def _loses_credentials(step: Placed, before: Sequence[Placed], family: ChipFamily | None) -> Iterator[str]:
    if not step.wipes or StepKind.GENERATE not in _kinds(before):
        return
    if step.survives_on is None:
        touched = 'write erase = "touched", ' if step.kind in (StepKind.FLASH, StepKind.READ_BACK) else ""
        yield (
            f'"{step.kind}" behind "generate-key" may erase the modem\'s key and credentials: put it before '
            f'"generate-key", {touched}or, where the factory has seen that credentials survive it on this chip, '
            f'write credentials_survive_on = "{family or ChipFamily.NRF91X1}".'
        )
    elif family is not None and step.survives_on is not family:
        yield (
            f'credentials_survive_on = "{step.survives_on}" says nothing of this product, whose chip is "{family}": '
            f'"{step.kind}" behind "generate-key" may erase the modem\'s key and credentials.'
        )


def _loses_what_was_found(step: Placed, before: Sequence[Placed], behind: Sequence[Placed]) -> Iterator[str]:
    """An interrupted board's key is looked for while clearing, and may never have been stored: any reset may cost it.

    No statement that credentials survive helps, nor that the image's own pages alone are erased.
    """
    follow = _kinds(behind)
    cleared = StepKind.CLEAR in _kinds(before) and StepKind.CLEAR not in follow
    if step.kind in _RESETS and cleared and StepKind.GENERATE in follow:
        yield (
            f'"{step.kind}" between "clear-credentials" and "generate-key" may lose the key that an interrupted board '
            'was found to have there, and "sign" would give that key a certificate: put it before "clear-credentials".'
        )


def _loses_what_is_unstored(step: Placed, before: Sequence[Placed]) -> Iterator[str]:
    given = _last(before, *_GIVES)
    if step.kind in _RESETS and given is not None and StepKind.STORE not in _kinds(before[given:]):
        yield (
            f'"{step.kind}" needs "store" between "{before[given].kind}" and it: only what the modem has stored '
            "(AT+CFUN=0) before a reset or power cut is sure to be there after it."
        )


def _finds_no_firmware(step: Placed, before: Sequence[Placed]) -> Iterator[str]:
    image = _image_on_board(before)
    if step.kind in _TALKS and image is not None:
        if image.kind is StepKind.RECOVER:
            yield f'"{step.kind}" talks to the board\'s firmware, and "recover" left none: flash an image before it.'
        elif not image.answers_at:
            instead = ' A step "read-back" shows that the credentials are there.' if step.kind is StepKind.PROVE else ""
            yield (
                f'"{step.kind}" sends AT commands, which the image before it does not take (answers_at = false): '
                f"put it before that image.{instead}"
            )
    if (
        step.kind is StepKind.MODEM_FIRMWARE
        and step.skip_by == "modem"
        and (image is None or image.kind is not StepKind.FLASH or not image.answers_at)
    ):
        yield (
            'skip_by = "modem" asks the modem for its firmware: it needs "flash" before it, with an image that takes '
            'AT commands; or write skip_by = "probe".'
        )


def _meets_unknown_modem(step: Placed, before: Sequence[Placed], behind: Sequence[Placed]) -> Iterator[str]:
    if step.kind is StepKind.MODEM_FIRMWARE and StepKind.IDENTIFY not in _kinds(behind):
        yield '"modem-firmware" needs "identify" somewhere behind it: there the modem says which firmware it has now.'
    programmed = _last(before, StepKind.MODEM_FIRMWARE)
    if step.kind in _CREDENTIALS and programmed is not None and StepKind.IDENTIFY not in _kinds(before[programmed:]):
        yield (
            f'"{step.kind}" needs "identify" between "modem-firmware" and it: nothing is done with credentials before '
            "the modem has said which firmware it has now."
        )


def _reads_back_wrongly(step: Placed, before: Sequence[Placed]) -> Iterator[str]:
    if step.kind is not StepKind.READ_BACK:
        return
    image = _image_on_board(before)
    if image is None or image.kind is not StepKind.FLASH or image.answers_at:
        yield (
            '"read-back" is for a product whose last image takes no AT commands (flash with answers_at = false); '
            'where it does, "prove" behind that image shows it on every unit.'
        )
    elif image.erase is not step.erase:
        yield (
            f'"read-back" must erase as the image before it does (erase = "{image.erase}"): otherwise it shows nothing '
            "of what that image did to the credentials."
        )


def _unproven_at_the_end(steps: Sequence[Placed], proves: bool, given: StepKind) -> list[Problem]:
    """What was proven before the last change says nothing of the board that leaves the line."""
    kinds, changed = _kinds(steps), _last(steps, *_CHANGES)
    if given not in kinds or changed is None or changed < kinds.index(given):
        return []
    shown = {StepKind.PROVE, StepKind.READ_BACK} if proves else {StepKind.READ_BACK}
    if shown & set(kinds[changed + 1 :]):
        return []
    kind, image = kinds[changed], _image_on_board(steps[: changed + 1])
    silent = image is not None and not image.answers_at
    if not proves and not silent:
        text = (
            f'"{kind}" behind "{given}" leaves credentials that nothing looks at again, because this product '
            f'proves none (no_proof_reason): put it before "{given}".'
        )
    else:
        text = (
            f'"{kind}" behind "{given}" needs "{"read-back" if silent else "prove"}" somewhere behind it: '
            "nothing shows that the credentials are still there."
        )
    return [(("steps", changed), text)]
