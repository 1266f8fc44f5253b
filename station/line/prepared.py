"""What an upload was prepared as: which kind of credential its body holds, and for whose account."""

from collections.abc import Sequence

from station.domain.events import AccountConfirmed, UploadPrepared
from station.domain.ids import EventSeq, UploadId
from station.domain.ways import CredentialKind
from station.journal.records import Records
from station.journal.rows import UploadRow


class PreparedUploads:
    """Reads how uploads began, once each. One thread uses it, with the reader it was given."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._known: dict[UploadId, UploadPrepared] = {}
        self._accounts: dict[UploadId, str] = {}

    def kind(self, upload: UploadRow) -> CredentialKind:
        """Return what its body holds."""
        return CredentialKind(self._read(upload).credential)

    def account(self, upload: UploadRow) -> str:
        """Return whose account it is for; "" where nobody had confirmed one.

        Where its entry does not say (a restore's, or one from before they did), it is the one confirmed last then.
        """
        if upload.id not in self._accounts:
            self._accounts[upload.id] = self._read(upload).account or self._confirmed_before(upload)
        return self._accounts[upload.id]

    def _confirmed_before(self, upload: UploadRow) -> str:
        before = [one for one in self._records.entries_of_kind(AccountConfirmed.kind) if one.seq < upload.id]
        last = before[-1].event if before else None
        return last.team_id if isinstance(last, AccountConfirmed) else ""

    def split(self, uploads: Sequence[UploadRow], account: str) -> tuple[list[UploadRow], list[UploadRow]]:
        """Return the uploads that may go on with this account's key, and those that wait for another one's.

        One of another account of whose units a person has decided waits for nothing any more: it is in neither.
        """
        ours, theirs = [], []
        for upload in uploads:
            its = self.account(upload)
            if not its or not account or its == account:
                ours.append(upload)
            elif self._records.undecided(upload):
                theirs.append(upload)
        return ours, theirs

    def forget(self, upload: UploadRow) -> None:
        """Keep no more of an upload that has ended."""
        self._known.pop(upload.id, None)
        self._accounts.pop(upload.id, None)

    def _read(self, upload: UploadRow) -> UploadPrepared:
        if upload.id not in self._known:
            event = self._records.entry(EventSeq(upload.id)).event
            if not isinstance(event, UploadPrepared):
                raise AssertionError(f"upload {upload.id} begins with {event.kind}")
            self._known[upload.id] = event
        return self._known[upload.id]
