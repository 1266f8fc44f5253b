"""Secrets as a type that cannot be shown by accident."""

from typing import Final, NoReturn


class Secret:
    """Text that no ``repr``, ``str``, format, pickle or comparison gives away; only :meth:`reveal` does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """Return the secret itself: call it where it is used, keep the result nowhere."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")

    def __bool__(self) -> bool:
        return bool(self._text)
