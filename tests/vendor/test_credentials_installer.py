"""The vendor's own installer (nrfcloud-utils 3.3.1) provisions a simulated modem and verifies it.

It is run as it is shipped, non-interactively. One thing is put in its way from outside, in its process alone: the list
of serial ports, since no list of ports knows pseudo-terminals.
"""

import base64
import csv
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from station.simulator.bench import Bench
from station.simulator.timings import Timings

pytestmark = [
    pytest.mark.vendor,
    pytest.mark.timeout(1200),  # the first one installs the clients
    pytest.mark.skipif(sys.platform == "win32", reason="the installer takes no address of an RFC 2217 port"),
]

TAG = 16842753
INSTALLER = "nrfcloud_utils.device_credentials_installer"
ROOT_CA = (Path(__file__).parents[2] / "config" / "roots" / "amazon-root-ca-1.pem").read_text(encoding="ascii")
WITH_PORT = """
import runpy, sys
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

_, device, module, *arguments = sys.argv
port = ListPortInfo(device)
port.hwid = "USB VID:PID=1366:1059 SER=001051216197 LOCATION=1-1:1.0"
list_ports.comports = lambda include_links=False: [port]
sys.argv = [module, *arguments]
runpy.run_module(module, run_name="__main__")
"""


@dataclass(frozen=True)
class Installed:
    status: int
    said: str
    device_id: str
    board: Mapping[str, object]
    folder: Path

    def credential(self, kind: int) -> Mapping[str, object]:
        rows = self.board["credentials"]
        assert isinstance(rows, list)
        found: list[Mapping[str, object]] = [row for row in rows if (row["sec_tag"], row["type"]) == (TAG, kind)]
        assert len(found) == 1, rows
        return found[0]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 1, Timings.fast()) as started:
        yield started


@pytest.fixture(scope="module")
def authority(vendor_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, made by the vendor's own script."""
    folder = tmp_path_factory.mktemp("authority")
    names = [
        "--st",
        "Trondelag",
        "-l",
        "Trondheim",
        "-o",
        "Line",
        "--ou",
        "Test",
        "--cn",
        "Line CA",
        "-e",
        "ca@line.no",
    ]
    command = [vendor_python, "-m", "nrfcloud_utils.create_ca_cert", *names, "-p", folder]
    subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return folder


def install(
    vendor_python: Path, authority: Path, bench: Bench, command_type: str, description: Mapping[str, object]
) -> Installed:
    board = bench.insert(1, bench.new_board(description))
    folder = bench.folder.parent
    (certificate,), (key,) = authority.glob("*_ca.pem"), authority.glob("*_prv.pem")
    device = str(Path(bench.port_address(1)).resolve())
    signing = ("--ca", certificate, "--ca-key", key)
    naming = ("--id-str", "nrf-", "--id-imei", "--sectag", str(TAG), "--tags", "line-1")
    options = (*signing, *naming, "--verify", "--plain", "--csv", folder / "onboard.csv")
    done = subprocess.run(
        [vendor_python, "-c", WITH_PORT, device, INSTALLER, "--port", device, "--cmd-type", command_type, *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        check=False,
    )
    told = bench.describe_board(board.serial)
    return Installed(done.returncode, done.stdout + done.stderr, f"nrf-{board.imei}", told, folder)


@pytest.mark.parametrize(
    ("command_type", "framing", "profile"),
    [
        ("at", "at_host", "nrf9160"),
        ("at", "at_host", "nrf9151"),
        ("at_shell", "at_shell", "nrf9151"),
        ("auto", "at_shell", "nrf9151-ntn"),
    ],
)
def test_the_vendors_installer_provisions_and_verifies(
    vendor_python: Path, authority: Path, bench: Bench, command_type: str, framing: str, profile: str
) -> None:
    done = install(vendor_python, authority, bench, command_type, {"framing": framing, "profile": profile})
    assert done.status == 0, done.said
    assert "Credential verification: PASS" in done.said
    assert "COSE digest matches payload" in done.said
    stored = done.credential(1)["content"]
    assert isinstance(stored, str)
    certificate = x509.load_pem_x509_certificate(stored.encode())
    assert certificate.subject.rfc4514_string() == f"CN={done.device_id}"
    public = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert public.hex() == done.credential(2)["public_key"]
    # This client writes CR LF, whatever it talks to.
    assert done.credential(0)["sha256"] == hashlib.sha256(ROOT_CA.replace("\n", "\r\n").encode()).hexdigest()
    with (done.folder / "onboard.csv").open(newline="") as file:
        (row,) = csv.reader(file)
    assert row == [done.device_id, "", "line-1", "APP|MODEM", stored.replace("\r\n", "\n")]


@pytest.mark.parametrize(
    ("fault", "said", "status"),
    [
        ({"do": "corrupt-write", "match": f"CMNG=0,{TAG},1"}, "Client Cert - SHA mismatch", 12),
        ({"do": "ignore-write", "match": f"CMNG=0,{TAG},0"}, "CA Cert", 12),
        ({"do": "cme", "code": 519, "match": "KEYGEN"}, "Failed to obtain CSR", 9),
    ],
)
def test_the_vendors_installer_sees_what_goes_wrong(
    vendor_python: Path, authority: Path, bench: Bench, fault: object, said: str, status: int
) -> None:
    done = install(vendor_python, authority, bench, "at", {"faults": {"commands": [fault]}})
    assert done.status == status, done.said
    assert said in done.said
    assert not (done.folder / "onboard.csv").exists()


def test_the_vendors_files_are_untouched(vendor_python: Path) -> None:
    told = subprocess.run(
        [vendor_python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    packages = Path(told.stdout.strip())
    checked = 0
    for record in ("nrfcloud_utils-3.3.1.dist-info/RECORD", "nrfcredstore-2.1.0.dist-info/RECORD"):
        with (packages / record).open(newline="") as file:
            for name, digest, _ in csv.reader(file):
                if name.endswith(".py"):
                    actual = hashlib.sha256((packages / name).read_bytes()).digest()
                    assert digest == "sha256=" + base64.urlsafe_b64encode(actual).rstrip(b"=").decode(), name
                    checked += 1
    assert checked > 20
