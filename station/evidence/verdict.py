"""What is said of evidence in the end: what holds, what is not shown, and what may lie behind the last checkpoint.

A part of `verify.py`, which is copied into every bundle: it imports the standard library alone.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

# In a bundle's verify.py, what is imported here stands above.
from station.evidence.forms import plain

HARMLESS = frozenset({
    "checkpoint-made", "exported", "export-intended", "session-closed", "session-opened", "sign-in-refused",
    "signed-in", "signed-out",
})  # fmt: skip
"""Kinds of entries that may lie behind a journal's last checkpoint: nothing that a verdict says rests on them.

Who came and went, that a copy of a record left, and that a checkpoint was made, which is signed by itself. A forged one
would tell a lie about people's comings and goings and about copies, and about nothing that was built. Every other kind
is more than that, `context` (software, settings), `clock-corrected` (when) and `person-changed` (who may) too.
"""

UNSIGNED = ", but no public key is there to check signatures with: give the verifier line (the text of station.vkey)"
"""The gap of a journal without its station's key: what it says of its checkpoints is held against its entries alone."""


@dataclass
class Verdict:
    """What holds, in plain words, a line each.

    ``vouched``: a key or a checkpoint that was given from outside says whose it is. ``gaps``: what is not shown.
    ``remarks``: sentences that go with it. ``quick``: what the entries say was not looked at. ``pace``: how fast the
    signatures of units were checked, where that took long enough to tell.
    """

    findings: list[str]
    vouched: bool
    gaps: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    quick: bool = False
    pace: str = ""

    def __post_init__(self) -> None:
        self.findings = [plain(line) for line in self.findings]

    @property
    def exit_code(self) -> int:
        return 0 if self.vouched and not self.gaps else 3

    @property
    def sentence(self) -> str:
        unknown = ", but nothing you gave vouches for the key: anybody could have made this"
        said = "WHAT WAS LOOKED AT HOLDS" if self.quick else "EVERYTHING HOLDS"
        said += "" if self.vouched else " IN ITSELF"
        more = [gap.replace(", but ", ", and ") for gap in self.gaps[1:]]
        sentence = "".join([said, *self.gaps[:1], *more, "" if self.vouched else unknown, "."])
        return plain(" ".join([sentence, *self.remarks]))


def say_behind(size: int, last: int, behind: Counter[str], kept_behind: bool) -> tuple[list[str], list[str]]:
    """Return as gaps and as remarks what is signed by nothing. The entry that keeps a checkpoint can't be under it."""
    many = size - last
    if many == 0 or (many == 1 and kept_behind):
        return [], []
    if not last:
        return [f", but nothing signs any of its {size} entries"], []
    if behind.keys() <= HARMLESS:
        told = f"{many} entries ({', '.join(sorted(behind))}) are" if many > 1 else f"entry ({next(iter(behind))}) is"
        how = "none of them tells" if many > 1 else "it doesn't tell"
        return [], [f"The last {told} signed by no checkpoint yet; {how} how a unit was built, certified or uploaded."]
    are = "1 entry behind it is" if many == 1 else f"{many} entries behind it are"
    return [f" up to entry {last}; {are} signed by nothing yet"], []


def say_files(gone: int, folder: Path) -> list[str]:
    """Return as a remark that so many of the journal's own checkpoints have no file; the station writes one each."""
    many = "1 checkpoint of the journal has" if gone == 1 else f"{gone} checkpoints of the journal have"
    return [f"{many} no file any more in {folder}; keep copies of them elsewhere."] if gone else []


def say_quick(signatures: bool) -> str:
    """Return as a remark what a quick look leaves out."""
    whose = ", and whose signature each checkpoint has" if signatures else ""
    return (
        f"Looked at: that each entry is in its place and under the root of every checkpoint behind it{whose}. "
        "NOT looked at, as --quick was given: what the entries say; so neither a unit's steps nor one certificate nor "
        "one modem's proof of its key."
    )
