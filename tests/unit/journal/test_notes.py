"""Checkpoints: what the C2SP readers of others take, byte for byte, and nothing else."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from sigstore._internal.rekor import checkpoint as sigstore_checkpoint

from station.journal.notes import Checkpoint, VerifierKey, parse_checkpoint, read_checkpoint, sign_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "nrf91-station/T1"
MADE = Checkpoint(NAME, 20852163, hashlib.sha256(b"root").digest())


def test_the_note_is_what_the_specification_says() -> None:
    text = f"{NAME}\n20852163\n{base64.b64encode(MADE.root).decode()}\n"
    public = KEY.public_key().public_bytes_raw()
    key_id = hashlib.sha256(NAME.encode() + b"\n\x01" + public).digest()[:4]
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    assert sign_checkpoint(MADE, NAME, KEY) == f"{text}\n\u2014 {NAME} {signature}\n"
    assert VerifierKey.of(NAME, KEY).text() == f"{NAME}+{key_id.hex()}+{base64.b64encode(b'%c' % 1 + public).decode()}"


def test_the_key_of_the_specification_of_signed_notes() -> None:
    """From Go's golang.org/x/mod/sumdb/note: the checksum database's key, known to everybody."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    key = VerifierKey.read(text)
    assert (key.name, key.key_id.hex(), key.text()) == ("sum.golang.org", "033de0ae", text)


def test_sigstore_reads_it() -> None:
    note = sigstore_checkpoint.SignedNote.from_text(sign_checkpoint(MADE, NAME, KEY))
    read = sigstore_checkpoint.LogCheckpoint.from_text(note.note)
    assert (read.origin, read.log_size, read.log_hash) == (NAME, 20852163, MADE.root.hex())
    assert read.other_content == []
    (signature,) = note.signatures
    assert (signature.name, signature.sig_hash) == (NAME, VerifierKey.of(NAME, KEY).key_id)
    Ed25519PublicKey.verify(KEY.public_key(), base64.b64decode(signature.signature), note.note.encode())


@given(st.text("abc/-.09", min_size=1, max_size=20), st.integers(0, 10**17), st.binary(min_size=32, max_size=32))
def test_what_is_signed_reads_back(name: str, size: int, root: bytes) -> None:
    made = Checkpoint(name, size, root)
    note = sign_checkpoint(made, name, KEY)
    assert read_checkpoint(note, VerifierKey.read(VerifierKey.of(name, KEY).text() + "\n")) == made
    assert parse_checkpoint(note) == made
    assert sign_checkpoint(made, name, KEY) == note


def test_signatures_of_others_are_let_be() -> None:
    key = VerifierKey.of(NAME, KEY)
    note = sign_checkpoint(MADE, NAME, KEY)
    witness = Ed25519PrivateKey.from_private_bytes(bytes(32))
    added = sign_checkpoint(MADE, "witness", witness).rpartition("\n\n")[2]
    assert read_checkpoint(note + added, key) == MADE
    assert read_checkpoint(note.rpartition("\n\n")[0] + "\n\n" + added + note.rpartition("\n\n")[2], key) == MADE


def test_every_changed_byte_is_noticed() -> None:
    key, note = VerifierKey.of(NAME, KEY), sign_checkpoint(MADE, NAME, KEY)
    for at in range(len(note)):
        for other in ("x" if note[at] != "x" else "y", "", note[at] * 2):
            with pytest.raises(ValueError, match=r"."):
                read_checkpoint(note[:at] + other + note[at + 1 :], key)


@pytest.mark.parametrize(
    "change",
    [
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.rstrip("\n"),
        lambda note: note + "\n",
        lambda note: note + "not a signature\n",
        lambda note: note.partition("\n\n")[0] + "\n\n",
        lambda note: note.replace("20852163", "020852163"),
        lambda note: note.replace("20852163", "+20852163"),
        lambda note: "x" * 70000 + note,
        lambda note: note[:0],
    ],
)
def test_another_form_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"."):
        read_checkpoint(change(sign_checkpoint(MADE, NAME, KEY)), VerifierKey.of(NAME, KEY))


def test_another_key_is_refused_even_under_the_same_name() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ValueError, match="no signature"):
        read_checkpoint(sign_checkpoint(MADE, NAME, other), VerifierKey.of(NAME, KEY))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "x" * 129])
def test_a_name_that_no_note_can_carry_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="can't name a key"):
        VerifierKey.of(name, KEY)


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-1], lambda text: "x" + text, lambda text: text.replace("+", " ")]
)
def test_a_spoilt_verifier_key_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="verifier key"):
        VerifierKey.read(spoil(VerifierKey.of(NAME, KEY).text()))


def test_the_fingerprint_is_the_hash_of_the_key() -> None:
    key = VerifierKey.of(NAME, KEY)
    assert key.fingerprint.replace(" ", "") == hashlib.sha256(key.public).hexdigest()
