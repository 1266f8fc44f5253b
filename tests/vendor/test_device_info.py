"""Nordic's own tools (nrfcloud-utils) read the station's device-info CSV, and would have written the same bytes."""

import json
import subprocess
from pathlib import Path

import pytest

from station.domain.ids import DeviceId, Imei
from station.evidence.device_info_csv import DeviceInfo, render_device_info

pytestmark = pytest.mark.vendor

ROWS = (
    DeviceInfo(DeviceId("50503642-3633-4685-802c-1c2c0bf87a01"), "mfw_nrf91x1_2.0.2", Imei("359445996936203")),
    DeviceInfo(DeviceId("nrf-004402990020434"), "mfw_nrf9160_1.3.6", Imei("004402990020434")),
)
_READ = """
import json, sys
from nrfcloud_utils.nrf_cloud_onboard import read_devinfo_csv
print(json.dumps(read_devinfo_csv(sys.argv[1])))
"""
_WRITE = """
import json, sys
from nrfcloud_utils.cli_helpers import save_devinfo_csv
for device, firmware, imei in json.loads(sys.argv[2]):
    save_devinfo_csv(sys.argv[1], True, False, device, firmware, imei)
"""


def _ask(python: Path, program: str, *arguments: str) -> str:
    command = [str(python), "-I", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_vendors_reader_takes_the_stations_file(vendor_python: Path, tmp_path: Path) -> None:
    path = tmp_path / "device-info.csv"
    path.write_bytes(render_device_info(ROWS))
    read = json.loads(_ask(vendor_python, _READ, str(path)))
    assert read == [[row.device_id, row.modem_firmware, row.imei] for row in ROWS]


def test_firmware_with_a_comma_stays_one_column(vendor_python: Path, tmp_path: Path) -> None:
    path = tmp_path / "device-info.csv"
    path.write_bytes(render_device_info([DeviceInfo(ROWS[0].device_id, 'odd, "one"\r\n', ROWS[0].imei)]))
    ((device, firmware, imei),) = json.loads(_ask(vendor_python, _READ, str(path)))
    assert (device, imei) == (ROWS[0].device_id, ROWS[0].imei)
    assert firmware.split() == ["odd", "one"]


def test_vendors_writer_makes_the_same_bytes(vendor_python: Path, tmp_path: Path) -> None:
    path = tmp_path / "vendor.csv"
    rows = [(row.device_id, row.modem_firmware, row.imei) for row in ROWS]
    _ask(vendor_python, _WRITE, str(path), json.dumps(rows))
    assert path.read_bytes() == render_device_info(ROWS)
