"""Who has the address of a bulk operation's file needs no key to read it: no log, error or sentence has one."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from station.cloud.protocol import Busy, NotSent, Unclear
from station.cloud.team import TeamCloud
from station.cloud.wire import Timeouts
from station.domain.ids import Sha256
from station.domain.secret import Secret
from station.host.clock import SystemClock
from station.host.logs import Logs
from station.host.redaction import Redactor

SIGNED = "0123456789abcdefplanted"
ULID = "01M80ZHPA2DENE7SR6GB10JK5C"
BROKEN = {
    "no header": b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 1\r\n\r\nx",
    "no header at the end": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nno header\r\n\r\nx",
    "a header without a name": b"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 1\r\n\r\nx",
    "a line that goes on from nothing": b"HTTP/1.1 200 OK\r\n x\r\nContent-Length: 1\r\n\r\nx",
    "no answer": b"",
    "no status": b"what?\r\n\r\n",
    "cut": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx",
    "chunks of nothing": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/y\r\nContent-Length: 0\r\n\r\n",
    "busy": b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300 + b"\r\n",
}


class Ear(logging.Handler):
    """Hears everything that any library says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.formatter = logging.Formatter("%(name)s %(message)s")
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear, root = Ear(), logging.getLogger()
    root.addHandler(ear)
    yield ear
    root.removeHandler(ear)


@pytest.mark.announces("stamina.retry_scheduled")
@pytest.mark.parametrize("level", ["warning", "debug"])
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_host_of_files_gets_no_address_into_any_log(
    peer: Callable, tmp_path: Path, ear: Ear, capfd: pytest.CaptureFixture[str], level: str, answer: bytes
) -> None:
    with peer(answer) as files:
        # A request of the team, whose body lies at a signed address.
        url = f"{files.origin}/body?X-Amz-Expires=9&X-Custom-Proof={SIGNED}&sig={SIGNED}"
        item = {"bulkOpsRequestId": ULID, "status": "SUCCEEDED", "endpoint": "x", "uploadedDataUrl": url}
        body = json.dumps({"items": [item]}).encode()
        with (
            peer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)) as cloud,
            Logs(tmp_path, "engine", redactor=Redactor(), clock=SystemClock(), level=level) as logs,
        ):
            quick = Timeouts(connect=1.0, read=0.4, total=0.8)
            team = TeamCloud(f"{cloud.origin}/v1", Secret("the-key"), clock=SystemClock(), version="1", timeouts=quick)
            found = team.find_sent(Sha256("0" * 64), None)
        assert files.received, "the file was never asked for"
    assert isinstance(found, NotSent | Busy | Unclear)
    said = [*ear.heard, logs.path.read_text(encoding="utf-8"), *capfd.readouterr(), repr(found)]
    assert not [one for one in said if SIGNED in one]
