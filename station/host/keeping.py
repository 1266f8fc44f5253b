"""Putting a secret where the station file will say that it is: into the keyring, or a private file."""

from typing import TYPE_CHECKING, assert_never

from station.domain.faults import Fault
from station.domain.secret import Secret
from station.host.faults import FILE_EXISTS, SECRET_NOT_KEPT
from station.host.files import create_file, make_private_folder, read_private_text
from station.host.secrets import UNUSABLE_KEYRINGS, EnvironmentSecret, FileSecret, KeyringSecret, SecretSource

if TYPE_CHECKING:  # loaded where a secret is put into one: it is a tenth of every command's start
    from keyring.backend import KeyringBackend


def keep_secret(source: SecretSource, secret: Secret, what: str, *, backend: "KeyringBackend | None" = None) -> None:
    """Put ``secret`` there, and return once it was read back. Safe to repeat with the same secret.

    A file is made for its owner alone and never overwritten (HOST-110); a keyring's entry of the same name is
    replaced. Raises HOST-118, HOST-102, HOST-103. A variable of the environment can't be kept: HOST-118.
    """
    match source:
        case FileSecret(path):
            make_private_folder(path.parent)
            try:
                create_file(path, secret.reveal().encode())
            except Fault as fault:
                if fault.code != FILE_EXISTS.code or read_private_text(path) != secret.reveal():
                    raise
        case KeyringSecret(service, name):
            _into_keyring(service, name, secret, what, backend)
        case EnvironmentSecret(variable):
            reason = "a program can't set a variable for the next one"
            raise SECRET_NOT_KEPT.fault(what=what, where=f"the variable {variable}", reason=reason)
        case _:
            assert_never(source)


def has_keyring(backend: "KeyringBackend | None" = None) -> bool:
    """Return whether this PC has a keyring that protects what it holds. Opens nothing, asks nobody."""
    import keyring  # noqa: PLC0415 -- see above

    chosen = backend or keyring.get_keyring()
    return not type(chosen).__module__.startswith(UNUSABLE_KEYRINGS)


def _into_keyring(service: str, name: str, secret: Secret, what: str, backend: "KeyringBackend | None") -> None:
    import keyring  # noqa: PLC0415
    from keyring.errors import KeyringError  # noqa: PLC0415

    backend = backend or keyring.get_keyring()
    where = f"the keyring as {service}/{name}"
    if not has_keyring(backend):
        raise SECRET_NOT_KEPT.fault(what=what, where=where, reason="this PC has no keyring that protects it")
    try:
        backend.set_password(service, name, secret.reveal())
        kept = backend.get_password(service, name)
    except KeyringError as error:
        # Its text stays out: a backend is foreign code and may quote what it was given.
        reason = f"the keyring refused it ({type(error).__name__})"
        raise SECRET_NOT_KEPT.fault(what=what, where=where, reason=reason) from None
    if kept != secret.reveal():
        raise SECRET_NOT_KEPT.fault(what=what, where=where, reason="it gave something else back")
