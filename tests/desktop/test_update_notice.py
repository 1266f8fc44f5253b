"""The window's resting line tells of a newer package and of what is wrong with its folder; the line is not touched."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from station.desktop.background import Background
from station.desktop.update_notice import UpdateNotice
from station.evidence.station_key import create_station_key, open_station_key
from station.settings.station import UpdateSettings
from station.updates.looking import own_kind
from station.updates.manifest import MANIFEST, describe, write_manifest

NAME = "example.com/line-it"
MS = 30_000


def test_a_newer_package_waits_for_the_batch_and_a_share_that_is_gone_is_told(tmp_path: Path, qtbot: QtBot) -> None:
    key = create_station_key(tmp_path / "keys", NAME).text()
    file = tmp_path / f"station-99.2.0{own_kind()}"
    file.write_bytes(b"package")
    listed = write_manifest([describe(file, "99.2.0")], open_station_key(tmp_path / "keys", NAME))
    (tmp_path / MANIFEST).write_bytes(listed)
    background = Background()
    try:
        notice = UpdateNotice(UpdateSettings.model_construct(folder=tmp_path, key=key), background)
        assert notice.words(busy=False) == "", "it does not wait for the folder"
        with qtbot.waitSignal(notice.changed, timeout=MS):
            pass
        for busy, when in ((True, "after the batch"), (False, "now or later")):
            assert f"99.2.0 of the station is there ({file.name}): for IT, {when}." in notice.words(busy=busy)
        (tmp_path / MANIFEST).unlink()
        with qtbot.waitSignal(notice.changed, timeout=MS):
            notice.look()
        assert notice.words(busy=False).startswith("UPD-101 The folder for updates")
        notice.end()
    finally:
        background.end()


def test_without_a_folder_there_is_nothing_to_say(qtbot: QtBot) -> None:  # noqa: ARG001 -- it needs an application
    background = Background()
    notice = UpdateNotice(None, background)
    notice.look()
    assert notice.words(busy=False) == ""
    background.end()
