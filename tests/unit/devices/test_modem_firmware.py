"""Which modem firmware may be built on, by family and version."""

import pytest

from station.devices.firmware import lists_true_hashes, read_firmware, require_firmware
from station.domain.faults import UnitFault
from station.domain.modem import FirmwareFamily

NRF9160, NRF91X1, NTN = FirmwareFamily.NRF9160, FirmwareFamily.NRF91X1, FirmwareFamily.NRF9151_NTN


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        ("mfw_nrf9160_1.3.5", NRF9160, (1, 3, 5)),
        ("mfw_nrf9160_1.3.1-FOTA-TEST", NRF9160, (1, 3, 1)),
        ("mfw_nrf91x1_2.0.2", NRF91X1, (2, 0, 2)),
        ("mfw_nrf9161_2.0.0", NRF91X1, (2, 0, 0)),
        ("mfw_nrf91x1_2.10.0", NRF91X1, (2, 10, 0)),
        ("mfw_nrf9151-ntn_1.0.0-1.alpha", NTN, (1, 0, 0)),
    ],
)
def test_family_and_version_are_read(text: str, family: FirmwareFamily, version: tuple[int, int, int]) -> None:
    firmware = read_firmware(text)
    assert (firmware.family, firmware.version, firmware.text) == (family, version, text)


@pytest.mark.parametrize("text", ["mfw-pti_nrf91x1_2.3.3", "mfw_pti_nrf9160_1.3.0", "MFW-PTI_nrf91x1_2.4.0"])
def test_production_test_images_are_refused(text: str) -> None:
    with pytest.raises(UnitFault, match="AT-301"):
        read_firmware(text)


@pytest.mark.parametrize("text", ["", "mfw_nrf9999_1.0.0", "2.0.2", "mfw_nrf91x1_2.0", "mfw_nrf91x1_2.0.2.1", "v2.0.2"])
def test_what_is_no_known_firmware_is_refused(text: str) -> None:
    with pytest.raises(UnitFault, match="AT-302"):
        read_firmware(text)


@pytest.mark.parametrize(
    "text", ["mfw_nrf9160_1.3.0", "mfw_nrf91x1_2.0.0", "mfw_nrf91x1_2.10.0", "mfw_nrf9151-ntn_1.0.0-1.alpha"]
)
def test_firmware_new_enough_for_its_family_passes(text: str) -> None:
    require_firmware(read_firmware(text))


@pytest.mark.parametrize("text", ["mfw_nrf9160_1.2.9", "mfw_nrf91x1_1.9.9"])
def test_firmware_too_old_for_its_family_is_refused(text: str) -> None:
    with pytest.raises(UnitFault, match="AT-303"):
        require_firmware(read_firmware(text))


def test_a_product_may_ask_for_more_and_for_fewer_families() -> None:
    minimums = {NRF91X1: (2, 0, 2)}
    require_firmware(read_firmware("mfw_nrf91x1_2.0.2"), minimums)
    with pytest.raises(UnitFault, match="AT-303"):
        require_firmware(read_firmware("mfw_nrf91x1_2.0.1"), minimums)
    with pytest.raises(UnitFault, match="AT-304"):
        require_firmware(read_firmware("mfw_nrf9160_1.3.5"), minimums)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("mfw_nrf9160_1.3.1", False),
        ("mfw_nrf9160_1.3.2", True),
        ("mfw_nrf91x1_2.0.0", True),
        ("mfw_nrf9151-ntn_1.0.0", True),
    ],
)
def test_hashes_are_true_from_1_3_2_on(text: str, true: bool) -> None:
    assert lists_true_hashes(read_firmware(text)) is true
