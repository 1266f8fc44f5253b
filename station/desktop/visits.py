"""The pages of the window, in the order of their keys."""

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt

from station.desktop.batch_page import BatchPage
from station.desktop.line_page import LinePage
from station.desktop.quality_page import QualityPage
from station.desktop.rail import Stop
from station.desktop.station_page import StationPage
from station.desktop.surroundings import Surroundings
from station.desktop.units_page import UnitsPage
from station.desktop.uploads_page import UploadsPage

translate = QCoreApplication.translate

VisitedPage = LinePage | BatchPage | UnitsPage | UploadsPage | QualityPage | StationPage

STOPS: Final = (
    Stop("line", "line", Qt.Key.Key_F1, lambda: translate("Rail", "Line")),
    Stop("batch", "batch", Qt.Key.Key_F2, lambda: translate("Rail", "Batch")),
    Stop("units", "units", Qt.Key.Key_F3, lambda: translate("Rail", "Units")),
    Stop("uploads", "uploads", Qt.Key.Key_F4, lambda: translate("Rail", "Uploads")),
    Stop("quality", "quality", Qt.Key.Key_F5, lambda: translate("Rail", "Quality")),
    Stop("station", "station", Qt.Key.Key_F6, lambda: translate("Rail", "Station")),
)


def build_pages(surroundings: Surroundings) -> dict[str, VisitedPage]:
    """Return every page by its stop's name."""
    return {
        "line": LinePage(surroundings),
        "batch": BatchPage(surroundings),
        "units": UnitsPage(surroundings),
        "uploads": UploadsPage(surroundings),
        "quality": QualityPage(surroundings),
        "station": StationPage(surroundings),
    }
