"""The recipes in ``config`` for the other ways, as they lie there, from the board to the cloud."""

import pytest

from station.domain.line import CloudState
from station.host.files import replace_file
from tests.line.harness import ROOT, Line
from tests.line.trial import QUICK, Trial

BOARDS = {
    "tracker-attested": {},
    "meter-public-key": {},
    "gateway-station-key": {"framing": "cred_shell"},
    "tracker-station-key": {"profile": "nrf9160-old"},
    "gateway-device-shell": {"framing": "cred_shell"},
    "module-nrf93m1": {"profile": "nrf93m1"},
}


@pytest.mark.parametrize("product", BOARDS)
def test_an_example_s_unit_comes_to_the_cloud(line: Line, product: str) -> None:
    attested = product == "tracker-attested"
    line.write(slots=1, station=QUICK, slot='presence = "scan"', organisation=attested)
    text = (ROOT / "config" / "recipes" / f"{product}.toml").read_text()
    text = text.replace('"../roots/', f'"{ROOT}/config/roots/')
    replace_file(line.folder / "recipes" / f"{product}.toml", text.encode())
    with Trial(line, product=product) as trial:
        end = trial.put({"serial": "ONE", **BOARDS[product]})
        assert end.passed, end
    with line.open().records() as records:
        (unit,) = records.find_units("", limit=2)
        assert unit.cloud is (CloudState.CLAIMED if attested else CloudState.ONBOARDED)
