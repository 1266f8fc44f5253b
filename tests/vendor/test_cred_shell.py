"""The vendor's own installer (nrfcloud-utils 3.3.1) provisions simulated boards through their credentials shells.

Its own flows, run as it is shipped: `tls_cred_shell` with a key that it makes on the PC, and `nrf_cloud_cred_shell`
with a key that the board makes. Only the list of serial ports is put in its way, in its process alone. Afterwards the
station's drivers look at the same board, and must see what the installer left.
"""

import csv
import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from station.devices.cred_shell import CredShell
from station.devices.ports import PortSettings, open_port
from station.devices.shell import Shell
from station.domain.modem import CredentialType
from station.host.clock import SystemClock
from station.simulator.bench import Bench
from station.simulator.board import Board
from station.simulator.timings import Timings

pytestmark = [
    pytest.mark.vendor,
    pytest.mark.timeout(1200),  # the first one installs the clients
    pytest.mark.skipif(sys.platform == "win32", reason="the installer takes no address of an RFC 2217 port"),
]

TAG = 16842753
DEVICE_ID = "line-unit-17"
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
AUTHORITY = (
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
)


@dataclass(frozen=True)
class Installed:
    status: int
    said: str
    board: Board
    folder: Path
    address: str

    def stored(self, kind: CredentialType) -> bytes:
        (content,) = (item.content for item in self.board.stored() if (item.sec_tag, item.type) == (TAG, kind))
        return content


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path / "bench", 1, Timings.fast()) as started:
        yield started


@pytest.fixture(scope="module")
def authority(vendor_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA, made by the vendor's own script."""
    folder = tmp_path_factory.mktemp("shell-authority")
    command: tuple[str | Path, ...] = (vendor_python, "-m", "nrfcloud_utils.create_ca_cert", *AUTHORITY, "-p", folder)
    subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return folder


def install(
    vendor_python: Path, authority: Path, bench: Bench, *way: str, description: Mapping[str, object]
) -> Installed:
    board = bench.insert(1, bench.new_board(description))
    folder = bench.folder.parent
    (certificate,), (key,) = authority.glob("*_ca.pem"), authority.glob("*_prv.pem")
    device = str(Path(bench.port_address(1) or "").resolve())
    options = ("--ca", certificate, "--ca-key", key, "--id-str", DEVICE_ID, "--sectag", str(TAG), "--tags", "line-1")
    telling = ("--verify", "--plain", "--csv", folder / "onboard.csv")
    given: tuple[str | Path, ...] = ("--port", device, "--cmd-type", *way, *options, *telling)
    done = subprocess.run(
        [vendor_python, "-c", WITH_PORT, device, INSTALLER, *given],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        cwd=folder,
        check=False,
    )
    return Installed(done.returncode, done.stdout + done.stderr, board, folder, device)


def seen_by_the_station(installed: Installed) -> tuple[Mapping[int, str | None], bytes | None]:
    """Return what the station's own driver lists, and the public key it reads."""
    clock = SystemClock()
    with open_port(PortSettings(installed.address), clock) as port:
        driver = CredShell(Shell(port, clock))
        driver.connect(10.0)
        rows = {row.type: row.sha256 for row in driver.list_credentials(TAG)}
        own = driver.public_key(TAG) if driver.has_key(TAG) else None
    return rows, own


def spki_of(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def nul_digest(text: bytes) -> str:
    return hashlib.sha256(text + b"\0").hexdigest()


def test_the_installer_writes_a_key_that_it_made_through_the_tls_shell(
    vendor_python: Path, authority: Path, bench: Bench
) -> None:
    way = ("tls_cred_shell", "--local-cert")
    done = install(vendor_python, authority, bench, *way, description={"framing": "cred_shell"})
    assert done.status == 0, done.said
    assert "Credential verification: PASS" in done.said
    certificate = x509.load_pem_x509_certificate(done.stored(CredentialType.CLIENT_CERT))
    assert certificate.subject.rfc4514_string() == f"CN={DEVICE_ID}"
    key = done.board.key(TAG)
    assert key is not None
    assert key.spki == spki_of(certificate)
    # This client writes CR LF, whatever it talks to.
    assert done.stored(CredentialType.ROOT_CA) == ROOT_CA.replace("\n", "\r\n").encode()
    rows, own = seen_by_the_station(done)
    assert rows == {
        kind: nul_digest(done.stored(kind))
        for kind in (CredentialType.ROOT_CA, CredentialType.CLIENT_CERT, CredentialType.CLIENT_KEY)
    }
    assert own is None
    with (done.folder / "onboard.csv").open(newline="") as file:
        ((device, *_),) = csv.reader(file)
    assert device == DEVICE_ID


def test_the_installer_has_the_board_make_its_key(vendor_python: Path, authority: Path, bench: Bench) -> None:
    done = install(vendor_python, authority, bench, "nrf_cloud_cred_shell", description={"framing": "cred_shell"})
    assert done.status == 0, done.said
    assert "Private Key matches device certificate" in done.said
    certificate = x509.load_pem_x509_certificate(done.stored(CredentialType.CLIENT_CERT))
    assert certificate.subject.rfc4514_string() == f"CN={DEVICE_ID}"
    rows, own = seen_by_the_station(done)
    assert own == spki_of(certificate)
    assert rows[CredentialType.CLIENT_KEY] is None
    assert rows[CredentialType.CLIENT_CERT] == nul_digest(done.stored(CredentialType.CLIENT_CERT))


@pytest.mark.parametrize(
    ("way", "fault", "said", "status"),
    [
        (("tls_cred_shell", "--local-cert"), {"do": "corrupt-write", "match": "add .* SERV"}, "SHA mismatch", 12),
        (("tls_cred_shell", "--local-cert"), {"do": "ignore-write", "match": "add .* PK"}, "Private Key not found", 12),
        (("nrf_cloud_cred_shell",), {"do": "error", "match": "cred csr"}, "Failed to obtain CSR", 9),
    ],
    ids=str,
)
def test_the_installer_sees_what_goes_wrong(
    vendor_python: Path, authority: Path, bench: Bench, way: tuple[str, ...], fault: object, said: str, status: int
) -> None:
    description = {"framing": "cred_shell", "faults": {"commands": [fault]}}
    done = install(vendor_python, authority, bench, *way, description=description)
    assert done.status == status, done.said
    assert said in done.said
    assert not (done.folder / "onboard.csv").exists()
