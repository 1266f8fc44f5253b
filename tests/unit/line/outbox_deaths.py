"""Clients of the cloud in whose hands a process ends, just before or just behind a sending."""

from typing import Any

from station.cloud.protocol import SendAnswer
from station.cloud.team import TeamCloud


class Died(BaseException):
    """The process ends here."""


class DiesBeforeSending(TeamCloud):
    """Its process ends when the intent to send is committed and no byte has left."""

    def send(self, *handed: Any) -> SendAnswer:  # noqa: ARG002 -- the protocol's signature
        raise Died


class DiesAfterSending(TeamCloud):
    """Its process ends when the cloud has the body and the answer is not committed."""

    def send(self, *handed: Any) -> SendAnswer:
        super().send(*handed)
        raise Died
