"""Tampers: seeded changes of a bundle or a journal, each of which a verifier has to find.

Three hands: one that has only the file, one that signs it all again with a key of their own, and one inside that has
the station's own key. What an insider leaves out of an export can't be seen in it, so theirs change, move or add.
"""

import hashlib
import json
import random
import sqlite3
import zlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station.evidence.forms import canonical, ending, headers, read_key
from station.evidence.summary import Summary
from station.evidence.verifier import MANIFEST
from station.journal.notes import Checkpoint, VerifierKey, parse_checkpoint, sign_checkpoint
from station.journal.packing import unpack_leaf

Members = dict[str, bytes]
Tamper = Callable[[bytes, random.Random, Ed25519PrivateKey], bytes]


def unpack(bundle: bytes) -> Members:
    """Read a bundle that is in order, by a reader of these tests' own."""
    members: Members = {}
    at = 0
    while bundle[at : at + 4] == b"PK\3\4":
        size, length = int.from_bytes(bundle[at + 22 : at + 26], "little"), bundle[at + 26]
        start = at + 30 + length
        members[bundle[at + 30 : start].decode()] = bundle[start : start + size]
        at = start + size
    return members


def pack(members: list[tuple[str, bytes]]) -> bytes:
    parts, rows, at = [], [], 0
    for name, content in members:
        before, row = headers(name, len(content), zlib.crc32(content), at)
        parts += [before, content]
        rows.append(row)
        at += len(before) + len(content)
    return b"".join([*parts, ending(rows, at)])


def signed_again(members: Members, key: Ed25519PrivateKey, name: str = "nrf91-station/T1", **changes: object) -> bytes:
    """Pack members with a manifest that fits, signed by ``key``."""
    rest = {one: content for one, content in sorted(members.items()) if not one.startswith("manifest.")}
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = {one: hashlib.sha256(content).hexdigest() for one, content in rest.items()}
    manifest["entries"] = rest["events.jsonl"].count(b"\n")
    manifest |= changes
    text = canonical(manifest).encode()
    said = f"{MANIFEST}\n{name}\n{hashlib.sha256(text).hexdigest()}\n"
    signature = b64encode(VerifierKey.of(name, key).key_id + key.sign(said.encode())).decode()
    note = f"{said}\n\u2014 {name} {signature}\n".encode()
    return pack([("manifest.json", text), ("manifest.sig", note), *rest.items()])


# --- With only the file ----------------------------------------------------------------------------------------------


def flip(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    at = chance.randrange(len(bundle))
    return bundle[:at] + bytes([bundle[at] ^ 1 << chance.randrange(8)]) + bundle[at + 1 :]


def put_in(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    at = chance.randrange(len(bundle) + 1)
    return bundle[:at] + chance.randbytes(chance.randrange(1, 9)) + bundle[at:]


def cut_out(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    at = chance.randrange(len(bundle))
    return bundle[:at] + bundle[at + chance.randrange(1, 200) :]


def cut_off(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    return bundle[: chance.randrange(len(bundle))]


def change_member(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    """One member differs, and the archive around it is in order."""
    members = unpack(bundle)
    name = chance.choice([name for name in members if members[name]])
    content = bytearray(members[name])
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return pack(list({**members, name: bytes(content)}.items()))


def change_members(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    """A member is away, there twice, new, or in another place."""
    members = list(unpack(bundle).items())
    one, other = chance.sample(range(len(members)), 2)
    match chance.randrange(6):
        case 5:  # one more signature where the station's must stand alone
            note = sign_checkpoint(Checkpoint("x", 1, bytes(32)), "witness", Ed25519PrivateKey.generate())
            members[1] = ("manifest.sig", members[1][1] + note.rpartition("\n\n")[2].encode())
        case 0:
            members.pop(one)
        case 1:
            members.append(members[one])
        case 2:
            members.insert(one, ("extra.txt", b"read me first\n"))
        case 3:
            members[one], members[other] = members[other], members[one]
        case _:
            members[one], members[other] = (members[one][0], members[other][1]), (members[other][0], members[one][1])
            if members[one][1] == members[other][1]:
                members.pop(one)
    return pack(members)


def zip_trick(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    """What zip readers take in different ways."""
    members = unpack(bundle)
    end = bundle.rindex(b"PK\5\6")
    directory = int.from_bytes(bundle[end + 16 : end + 20], "little")
    match chance.randrange(7):
        case 6:  # a member's own header says something else than the directory
            at = bundle.index(
                headers(name := chance.choice(list(members)), len(members[name]), zlib.crc32(members[name]), 0)[0]
            )
            return flip(bundle[at : at + 30], chance, _).join((bundle[:at], bundle[at + 30 :]))
        case 0:  # something in front
            return chance.randbytes(chance.randrange(1, 99)) + bundle
        case 1:  # a comment behind
            return bundle[:-2] + b"\5\0hello"
        case 2:  # two members of one name, of which readers take the first or the last
            name = chance.choice(list(members))
            twice = [(name, b"other" + members[name]), (name, members[name])]
            chance.shuffle(twice)  # with the true one last, it would be the one that a dictionary keeps
            return pack([one for at in members.items() for one in (twice if at[0] == name else [at])])
        case 3:  # the directory tells another name than the member itself
            name = chance.choice(list(members)).encode()
            return bundle[:directory] + bundle[directory:].replace(name, bytes([name[0] ^ 1]) + name[1:], 1)
        case 4:  # a second archive inside the first, found from its end
            return bundle[:directory] + bundle
        case _:  # a member that the directory does not name
            before, _row = headers("hidden.txt", 2, zlib.crc32(b"hi"), 0)
            moved = bundle[:directory] + before + b"hi" + bundle[directory:end]
            return moved + bundle[end : end + 16] + (directory + len(before) + 2).to_bytes(4, "little") + bytes(2)


def change_manifest(bundle: bytes, chance: random.Random, key: Ed25519PrivateKey) -> bytes:
    """The manifest fits changed members, and the station's signature stands under it."""
    members = unpack(bundle)
    name = chance.choice(["events.jsonl", "summary.txt", "certificates.pem", "verify.py", "proofs.txt"])
    changed = {**members, name: members[name] + b"x\n"}
    again = unpack(signed_again(changed, key))
    again["manifest.sig"] = members["manifest.sig"]
    return pack(list(again.items()))


# --- With a key of their own -----------------------------------------------------------------------------------------


def sign_again(bundle: bytes, chance: random.Random, _: Ed25519PrivateKey) -> bytes:
    """All of it is consistent, and another key's; found only against a key or checkpoint from outside."""
    key = Ed25519PrivateKey.generate()
    members, name = unpack(bundle), "nrf91-station/T1"
    members["station.vkey"] = f"{VerifierKey.of(name, key).text()}\n".encode()
    for note in ("checkpoint.txt", "earlier-checkpoint.txt"):
        members[note] = sign_checkpoint(parse_checkpoint(members[note].decode()), name, key).encode()
    summary = Summary()
    for line in members["events.jsonl"].splitlines():
        summary.feed(json.loads(line))
    now = parse_checkpoint(members["checkpoint.txt"].decode())
    members["summary.txt"] = summary.text(read_key(members["station.vkey"].decode()), now.size, now.root).encode()
    members["readme.txt"] += bytes(chance.randrange(5) * b"\n")
    return signed_again(members, key)


# --- Inside, with the station's key ----------------------------------------------------------------------------------


def rewrite(bundle: bytes, chance: random.Random, key: Ed25519PrivateKey) -> bytes:
    """Entries are changed, moved, doubled or added, and the station itself signs the manifest again."""
    members = unpack(bundle)
    events = members["events.jsonl"].split(b"\n")[:-1]
    proofs = members["proofs.txt"].split(b"\n")[:-1]
    one, other = sorted(chance.sample(range(len(events)), 2))
    match chance.randrange(6):
        case 0:
            value = json.loads(events[one])
            value["by"] = "p999"
            events[one] = canonical(value).encode()
        case 1:
            at = chance.randrange(len(events[one]))
            events[one] = events[one][:at] + bytes([events[one][at] ^ 1]) + events[one][at + 1 :]
        case 2:
            events[one], events[other] = events[other], events[one]
            proofs[one], proofs[other] = proofs[other], proofs[one]
        case 3:
            events.insert(other, events[one])
            proofs.insert(other, proofs[one])
        case 4:
            value = json.loads(events[one]) | {"seq": json.loads(events[one])["seq"] + 1000}
            events.append(canonical(value).encode())
            proofs.append(proofs[one].replace(proofs[one].split(b" ")[0], str(value["seq"]).encode(), 1))
        case _:
            words = proofs[one].split(b" ")
            at = chance.randrange(1, len(words))
            words[at] = hashlib.sha256(words[at]).hexdigest().encode()
            proofs[one] = b" ".join(words)
    members["events.jsonl"] = b"".join(line + b"\n" for line in events)
    members["proofs.txt"] = b"".join(line + b"\n" for line in proofs)
    return signed_again(members, key)


def leave_out(bundle: bytes, chance: random.Random, key: Ed25519PrivateKey) -> bytes:
    """One entry that a unit's story needs is left out, with its proof, and the station signs that."""
    members = unpack(bundle)
    events = members["events.jsonl"].split(b"\n")[:-1]
    needed = ("step-", "attempt-", "unit-", "certificate-i", "context", "session-opened")
    kinds = [json.loads(event)["kind"] for event in events]
    return without(members, chance.choice([at for at, kind in enumerate(kinds) if kind.startswith(needed)]), key)


def without(members: Members, one: int, key: Ed25519PrivateKey) -> bytes:
    """Leave out the entry at place ``one``, with its proof."""
    members = dict(members)
    events = members["events.jsonl"].split(b"\n")[:-1]
    proofs = members["proofs.txt"].split(b"\n")[:-1]
    members["events.jsonl"] = b"".join(line + b"\n" for at, line in enumerate(events) if at != one)
    members["proofs.txt"] = b"".join(line + b"\n" for at, line in enumerate(proofs) if at != one)
    return signed_again(members, key)


def change_beside(bundle: bytes, chance: random.Random, key: Ed25519PrivateKey) -> bytes:
    """What stands beside the entries contradicts them, and the station signs that."""
    members = unpack(bundle)
    match chance.randrange(6):
        case 5:
            said = members["summary.txt"].replace(b"failed", b"passed").replace(b"3 units", b"4 units")
            return signed_again({**members, "summary.txt": said}, key)
        case 0:
            return signed_again({**members, "certificates.pem": b""}, key)
        case 1:
            return signed_again({**members, "ca-chain.pem": members["certificates.pem"]}, key)
        case 2:
            return signed_again(members, key, units=["dev-1"])
        case 3:
            return signed_again(members, key, entries=1)
        case _:
            checkpoint = parse_checkpoint(members["checkpoint.txt"].decode())
            other = Checkpoint(checkpoint.origin, checkpoint.size + chance.randrange(1, 9), checkpoint.root)
            note = sign_checkpoint(other, checkpoint.origin, key).encode()
            return signed_again({**members, "checkpoint.txt": note}, key)


OUTSIDE: tuple[Tamper, ...] = (
    flip,
    put_in,
    cut_out,
    cut_off,
    change_member,
    change_members,
    zip_trick,
    change_manifest,
    sign_again,
)
INSIDE: tuple[Tamper, ...] = (rewrite, leave_out, change_beside)


# --- A journal's file ------------------------------------------------------------------------------------------------


def tamper_journal(file: Path, chance: random.Random, signed: int) -> str:
    """Change the entries of a journal's file below ``signed``; return what was done."""
    db = sqlite3.connect(file)
    with db:
        db.execute("DROP TRIGGER event_stays")
        db.execute("DROP TRIGGER event_remains")
        one, other = sorted(chance.sample(range(1, signed + 1), 2))
        stored, second = (
            db.execute("SELECT leaf FROM event WHERE seq = ?", (seq,)).fetchone()[0] for seq in (one, other)
        )
        what = chance.choice(["flip", "flip stored", "drop", "swap", "double", "insert", "cut off"])
        match what:
            case "flip":
                changed = _flipped(unpack_leaf(stored), chance)
                db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (changed, one))
            case "flip stored":
                while _leaf_in(changed := _flipped(stored, chance)) == unpack_leaf(stored):
                    pass  # a packed leaf's last byte may have bits that say nothing
                db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (changed, one))
            case "drop":
                db.execute("DELETE FROM event WHERE seq = ?", (one,))
            case "swap":
                db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (second, one))
                db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (stored, other))
            case "double":
                db.execute("UPDATE event SET leaf = ? WHERE seq = ?", (stored, other))
            case "insert":
                last = db.execute("SELECT max(seq) FROM event").fetchone()[0]
                for seq in range(last, one - 1, -1):
                    db.execute("UPDATE event SET seq = ? WHERE seq = ?", (seq + 1, seq))
                db.execute("INSERT INTO event SELECT ?, at_us, kind, batch, attempt, unit, leaf FROM event "
                           "WHERE seq = ?", (one, one + 1))  # fmt: skip
            case _:
                db.execute("DELETE FROM event WHERE seq >= ?", (one,))
    db.close()
    return f"{what} {one} {other}"


def _flipped(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _leaf_in(stored: bytes) -> bytes | None:
    try:
        return unpack_leaf(stored)
    except ValueError:
        return None
