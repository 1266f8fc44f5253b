"""%CMNG, %KEYGEN, %ATTESTTOKEN, %JWT and %CERTEXPIRY of a simulated modem (at-commands sections 1 to 3)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cryptography import x509

from station.domain.modem import CredentialType
from station.simulator.board import Board, hyphenated
from station.simulator.faults import Do, Trait
from station.simulator.general import Handler
from station.simulator.keys import DEFAULT_KEY_USAGE, KeyKind, KeyPair, build_csr, read_attributes
from station.simulator.modem_state import ModemState
from station.simulator.request import INCORRECT_PARAMETERS, Reply, Request
from station.simulator.store import (
    ALREADY_EXISTS,
    HIGHEST_USER_TAG,
    INVALID_CONTENT,
    NO_ACCESS,
    NOT_FOUND,
    Item,
    Refused,
)
from station.simulator.tokens import CSR_MESSAGE, PUBLIC_KEY_MESSAGE, attestation_text, device_jwt, keygen_text

_JWT_FAILED = 525
_NONCE = re.compile(r"[0-9A-Fa-f]{32}")
_KEY_USAGE = re.compile(r"[01]{9}")
_UINT32 = 2**32


def _cmng(modem: ModemState, request: Request) -> Reply:
    if not request.parameters:
        raise Refused(None)
    tag = request[1].number() if request[1].given else None
    kind = request[2].number() if request[2].given else None
    if (tag is None and kind is not None) or (tag or 0) >= _UINT32:
        raise Refused(None)
    operation = request[0].number()
    if operation == 1:
        lines = (_row(modem.board, item) for item in modem.board.store.listed(tag, kind))
        return modem.answer(*lines)
    if tag is None or kind is None:
        raise Refused(None)
    if operation == 2:
        item = modem.board.store.read(tag, kind)
        content = item.content.decode("latin-1")
        return modem.answer(f'{_row(modem.board, item)},"{content}"')
    modem.require_inactive()
    took = modem.timings.write.draw(modem.board.rng)
    if operation == 0:
        _write(modem.board, tag, kind, request)
    elif operation == 3:
        if not request.bent(Do.IGNORE_DELETE):
            modem.board.store.delete(tag, kind)
    else:
        raise Refused(None)
    return modem.answer(seconds=took)


def _write(board: Board, tag: int, kind: int, request: Request) -> None:
    content = request[3].string().encode("latin-1")
    if request.bent(Do.IGNORE_WRITE):
        return
    stored = content
    if request.bent(Do.CORRUPT_WRITE):
        at = content.find(b"\n") + 10  # within the first line of base64: only a digest or a reading back tells
        stored = content[:at] + (b"B" if content[at : at + 1] == b"A" else b"A") + content[at + 1 :]
    board.store.write(tag, kind, content, stored=stored)


def _row(board: Board, item: Item) -> str:
    return f'%CMNG: {item.sec_tag},{item.type},"{board.store.listed_sha(item)}"'


def _keygen(modem: ModemState, request: Request) -> Reply:
    if modem.board.firmware.old or len(request.parameters) < 2:
        raise Refused(None)
    tag, key_type = request[0].number(), request[1].number()
    content = request[2].number() if request[2].given else 0
    usage = request[4].string() if request[4].given else DEFAULT_KEY_USAGE
    if key_type not in (CredentialType.CLIENT_KEY, CredentialType.ENDORSEMENT_KEY) or content > 1:
        raise Refused(INCORRECT_PARAMETERS)
    if tag > HIGHEST_USER_TAG:
        raise Refused(NO_ACCESS)
    if not _KEY_USAGE.fullmatch(usage):
        raise Refused(INCORRECT_PARAMETERS)
    subject = _subject(modem.board, request)
    modem.require_inactive()
    key = _new_key(modem.board, tag, key_type, request)
    public = content == 1 or key_type == CredentialType.ENDORSEMENT_KEY
    text = _keygen_answer(modem.board, key, tag, subject, usage, public=public, request=request)
    return modem.answer(f'%KEYGEN: "{text}"', seconds=modem.timings.keygen.draw(modem.board.rng))


def _subject(board: Board, request: Request) -> tuple[tuple[str, str], ...]:
    if request.bent(Do.OTHER_CN):
        return (("CN", (request.fault.text if request.fault else "") or "nrf-350000000000000"),)
    if not request[3].given:
        return (("CN", board.uuid),)
    try:
        return read_attributes(request[3].string())
    except ValueError:
        raise Refused(INCORRECT_PARAMETERS) from None


def _new_key(board: Board, tag: int, key_type: int, request: Request) -> KeyPair:
    stored = board.store.find(tag, key_type)
    if stored is not None:
        if key_type == CredentialType.CLIENT_KEY or stored.key is None:
            raise Refused(ALREADY_EXISTS)
        return stored.key
    kind = KeyKind.P256
    if request.bent(Do.RSA_KEY):
        kind = KeyKind.RSA
    elif request.bent(Do.P384_KEY):
        kind = KeyKind.P384
    key = KeyPair.generate(kind)
    board.store.put_key(tag, key_type, key)
    board.counters.keys_generated += 1
    return KeyPair.generate() if request.bent(Do.OTHER_KEY) else key


def _keygen_answer(
    board: Board,
    key: KeyPair,
    tag: int,
    subject: tuple[tuple[str, str], ...],
    usage: str,
    *,
    public: bool,
    request: Request,
) -> str:
    uuid, identity = board.uuid_bytes, board.identity
    if request.bent(Do.OTHER_DEVICE_CSR):
        stranger = Board(f"{board.serial}-stranger", profile=board.profile, seed=board.seed)
        uuid, identity, key = stranger.uuid_bytes, stranger.identity, KeyPair.generate()
        if not request[3].given:
            subject = (("CN", stranger.uuid),)
    body = key.spki
    if not public:
        body = build_csr(
            key,
            subject,
            key_usage=usage,
            null_parameters=Trait.CLEAN_CSR not in board.plan.traits,
            broken_signature=request.bent(Do.BROKEN_CSR),
        )
    text = keygen_text(
        body,
        message=PUBLIC_KEY_MESSAGE if public else CSR_MESSAGE,
        uuid=uuid,
        sec_tag=tag + 1 if request.bent(Do.OTHER_TAG) else tag,
        identity=identity,
        body_as_aad=board.body_as_aad,
        digest=bytes(32) if request.bent(Do.WRONG_DIGEST) else None,
        broken_signature=request.bent(Do.BROKEN_COSE),
    )
    if request.bent(Do.TRUNCATED):
        left, _, right = text.partition(".")
        return f"{left[: len(left) * 2 // 3]}.{right[: len(right) // 3]}"
    return text


def _attest(modem: ModemState, request: Request) -> Reply:
    board = modem.board
    challenge = request[0].string() if request.parameters else ""
    if board.firmware.old or (challenge and not _NONCE.fullmatch(challenge)):
        raise Refused(None)
    text = attestation_text(
        uuid=board.uuid_bytes,
        device_type=board.profile.device_type,
        firmware_uuid=board.firmware_uuid_bytes,
        nonce=bytes.fromhex(challenge) or None,
        identity=board.identity,
    )
    return modem.answer(f'%ATTESTTOKEN: "{text}"', seconds=modem.timings.sign.draw(board.rng))


def _jwt(modem: ModemState, request: Request) -> Reply:
    board = modem.board
    if board.firmware.old or len(request.parameters) not in (0, 1, 2, 3, 4, 6):
        raise Refused(None)
    algorithm = request[0].number() if request[0].given else 0
    seconds = request[1].number() if request[1].given else 0
    if algorithm != 0:
        raise Refused(INCORRECT_PARAMETERS)
    now = modem.time() if seconds else None
    if seconds and now is None:
        raise Refused(_JWT_FAILED)
    key = board.identity
    if request[4].given:
        item = board.store.find(request[4].number(), request[5].number())
        if item is None:
            raise Refused(NOT_FOUND)
        if item.key is None:
            # What a modem says to a key that is none is published nowhere: that the token failed is our guess.
            raise Refused(_JWT_FAILED if item.type == CredentialType.CLIENT_KEY else NO_ACCESS)
        key = item.key
    try:
        text = device_jwt(
            key,
            hardware=board.profile.silicon,
            uuid=board.uuid,
            firmware_uuid=hyphenated(board.firmware_uuid_bytes),
            subject=request[2].text,
            audience=request[3].text,
            issued=int(now.timestamp()) if now else None,
            seconds=seconds,
        )
    except ValueError:
        raise Refused(_JWT_FAILED) from None
    return modem.answer(f'%JWT: "{text}"', seconds=modem.timings.sign.draw(board.rng))


def _cert_expiry(modem: ModemState, request: Request) -> Reply:
    if len(request.parameters) < 2 or request[1].number() not in (0, 1, 10):
        raise Refused(INCORRECT_PARAMETERS)
    item = modem.board.store.find(request[0].number(), request[1].number())
    if item is None:
        raise Refused(NOT_FOUND)
    try:
        certificate = x509.load_pem_x509_certificate(item.content)
    except ValueError:
        raise Refused(INVALID_CONTENT) from None
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    serial = f"{certificate.serial_number:X}"
    return modem.answer(f"%CERTEXPIRY: {serial},{start:%Y%m%d%H%M%S}Z,{end:%Y%m%d%H%M%S}Z")


HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {
        "%CMNG": _cmng,
        "%KEYGEN": _keygen,
        "%ATTESTTOKEN": _attest,
        "%JWT": _jwt,
        "%CERTEXPIRY": _cert_expiry,
    }
)
