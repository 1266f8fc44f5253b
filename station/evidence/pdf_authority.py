"""The sheet about a new CA: for the safe, beside the copy; whoever holds it can tell the CA from any other."""

from dataclasses import dataclass
from datetime import datetime

from station.domain.ids import Sha256
from station.evidence.pdf_paper import Paper, PaperSize
from station.evidence.pdf_parts import moment_text


@dataclass(frozen=True, slots=True)
class AuthoritySheet:
    """What stands on the sheet. No secret; ``copies`` are the places where copies were made and read back."""

    name: str
    station: str
    line: str
    folder: str
    passphrase_place: str
    created: datetime
    root_end: datetime
    line_end: datetime
    root_sha256: Sha256
    line_sha256: Sha256
    copies: tuple[str, ...]
    printed: datetime


def authority_pdf(sheet: AuthoritySheet, size: PaperSize = PaperSize.A4) -> bytes:
    """Return the sheet as a PDF: fingerprints in groups of four, a QR code of the root's, room for signatures. Pure."""
    paper = Paper(
        size,
        title=f"CA {sheet.name}",
        head=f"station {sheet.station}, {sheet.line}",
        foot="Keep this sheet with the copy, away from the PC. It holds no secret.",
        made=sheet.printed,
        subject="Fingerprints of a certificate authority",
    )
    paper.box("Certificate authority", [sheet.name, f"made {moment_text(sheet.created)} UTC"])
    for title, fingerprint, end in (
        ("Root certificate, SHA-256", sheet.root_sha256, sheet.root_end),
        ("Line certificate, SHA-256", sheet.line_sha256, sheet.line_end),
    ):
        paper.heading(f"{title} (valid until {end:%Y-%m-%d})", small=True)
        paper.code("\n".join(in_fours(fingerprint)), size=13.0)
        paper.skip(1.5)
    paper.qr(
        f"sha256:{sheet.root_sha256}",
        "The root's fingerprint. On another PC, `station ca show` must say the same: then it is this CA.",
    )
    paper.heading("Where it lies")
    paper.facts(
        [
            ("Folder on the PC", sheet.folder),
            ("Passphrase", sheet.passphrase_place),
            *[(f"Copy {number}", place) for number, place in enumerate(sheet.copies, 1)],
            *[(f"Copy {number} (write it down)", "") for number in range(len(sheet.copies) + 1, 3)],
        ]
    )
    paper.heading("What to do with it")
    paper.points(
        [
            "Two copies in two places that don't burn together. Their keys are encrypted by the passphrase.",
            "The passphrase in a sealed envelope in a third place: without it the CA is lost, and nobody can bring it "
            "back.",
            "Once two copies are safe, delete root.key from the PC: the line never needs it.",
            "If the PC, a copy and the passphrase may have come into wrong hands together, stop the line and tell "
            "the owner of the cloud account.",
        ]
    )
    paper.signatures(["Made by", "Copies seen by"])
    return paper.finish()


def in_fours(fingerprint: str) -> tuple[str, ...]:
    """Return a SHA-256 as it is read aloud and compared: two lines of eight groups of four. Pure."""
    groups = [fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)]
    return tuple(" ".join(groups[at : at + 8]) for at in range(0, len(groups), 8))
