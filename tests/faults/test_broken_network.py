"""The real client and the real simulated cloud with a broken network between them: cut at every point, onboarded once.

The conversation of one upload is recorded unharmed first; then each of its connections is cut in turn, behind so many
bytes of the request or of the answer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from station.cloud.team import TeamCloud
from station.domain.line import CloudState
from station.host.files import sha256_of
from station.simulator.cloud_rows import read_rows
from tests.faults.controls import CONTROLS
from tests.faults.proxy import Cut, Passed, Proxy, open_proxy
from tests.unit.line.outbox_rig import Rig, open_rig

pytestmark = pytest.mark.announces("stamina.retry_scheduled", "Failed to parse headers")


@dataclass
class Network:
    """A rig whose client reaches its cloud through the proxy alone."""

    rig: Rig
    proxy: Proxy

    def upload(self, *cuts: Cut | None) -> list[Passed]:
        """Have a unit pass and be onboarded, while this happens to the connections; return what came through them."""
        (unit,) = self.rig.add_units(1)
        self.proxy.script(*cuts)
        self.rig.drain()
        assert self.rig.state(unit) is CloudState.ONBOARDED
        return self.proxy.connections

    def require_once(self) -> None:
        """Raise unless each unit is onboarded once, with its certificate, by the only body that the cloud ever took."""
        rig = self.rig
        taken: Counter[str] = Counter()
        for operation in rig.cloud.world.operations():
            taken.update(row.device_id for row in read_rows(operation.body, "text/csv"))
        units = [rig.device(row.unit) for row in rig.records.outbox()]
        assert taken == dict.fromkeys(units, 1)
        truth: Any = rig.cloud.truth()["devices"]
        there = {one["device_id"]: one["certificate_sha256"] for one in truth}
        for device in units:
            row = rig.records.active_certificate(device)
            assert row is not None
            assert there.pop(device) == sha256_of(rig.records.certificate_der(row))
        assert there == {}


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with open_rig(tmp_path) as rig:
        port = urlsplit(rig.cloud.base_url).port
        assert port is not None
        with open_proxy(port) as proxy:
            rig.restart(base_url=f"http://127.0.0.1:{proxy.port}/v1", make=TeamCloud)
            yield Network(rig, proxy)


def _points(size: int, every: int, *near: int) -> list[int]:
    """Return places between the first byte and the last: both ends, around ``near``, and one in ``every``."""
    around = {place + step for place in (0, *near, size) for step in (-1, 0, 1)}
    return sorted(place for place in around | set(range(0, size, every)) if 0 <= place <= size)


def _cuts(whole: Passed, every: int) -> Iterator[Cut]:
    """Yield every way to cut this connection; by a reset and by an end in turns."""
    yield Cut(refuse=True)
    head = whole.up.find(b"\r\n\r\n") + 4
    for number, place in enumerate(_points(len(whole.up), every, head)):
        yield Cut(up=place, down=0, reset=number % 2 == 0)
    head = whole.down.find(b"\r\n\r\n") + 4
    for number, place in enumerate(_points(len(whole.down) - 1, every, whole.down.find(b"\r\n") + 2, head)):
        yield Cut(down=place, reset=number % 2 == 1)


def _conversation(network: Network) -> list[Passed]:
    network.upload()  # the first one also asks the cloud for the time
    whole = [Passed(one.up, one.down) for one in network.upload()]
    assert any(one.up.startswith(b"POST /v1/devices ") for one in whole)
    assert any(b"bulk-ops-requests" in one.up for one in whole)
    return whole


def test_an_upload_that_is_cut_anywhere_ends_with_its_unit_onboarded_once(network: Network) -> None:
    whole = _conversation(network)
    tried = 0
    for place, connection in enumerate(whole):
        sends = connection.up.startswith(b"POST")
        for cut in _cuts(connection, 10 if sends else 60):
            seen = network.upload(*[None] * place, cut)
            assert connection.up.startswith(seen[place].up[:20]), "another connection was cut than was meant"
            tried += 1
    network.require_once()
    assert tried > 100


def test_whatever_is_cut_twice_in_a_row_is_no_different(network: Network) -> None:
    whole = _conversation(network)
    place = next(number for number, one in enumerate(whole) if one.up.startswith(b"POST"))
    for first in (Cut(down=0), Cut(up=len(whole[place].up) - 1, down=0), Cut(down=20, reset=True)):
        for second in (Cut(refuse=True), Cut(down=0), Cut(down=90), Cut(up=10, down=0, reset=True)):
            network.upload(*[None] * place, first, second, second, second)
    network.require_once()


def test_a_body_whose_answer_was_dropped_is_found_and_not_sent_again(network: Network) -> None:
    whole = _conversation(network)
    place = next(number for number, one in enumerate(whole) if one.up.startswith(b"POST"))
    before = len(network.rig.posts())
    seen = network.upload(*[None] * place, Cut(down=0))
    assert [one.up[:4] for one in seen].count(b"POST") == 1
    assert len(network.rig.posts()) == before + 1
    assert "unclear" in network.rig.kinds()
    network.require_once()


def test_a_slow_network_changes_nothing(network: Network) -> None:
    network.upload(*[Cut(delay=0.05)] * 6)
    network.require_once()


def test_an_outbox_that_posts_blindly_is_caught(network: Network) -> None:
    whole = _conversation(network)
    place = next(number for number, one in enumerate(whole) if one.up.startswith(b"POST"))
    with CONTROLS["post blindly"]():
        network.upload(*[None] * place, Cut(down=0))
    with pytest.raises(AssertionError):
        network.require_once()
