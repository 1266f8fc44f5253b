"""The packages, as far as it goes without building one: control file, rights, places, installer, wheel's own files.

What is built is tried by commands of its own: packaging/try_deb.py and packaging/try_wheel.py.
"""

import configparser
import importlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import PySide6
import pytest
from PIL import Image

import start
from station.doctor.udev import NORDIC, SEGGER, apply_rules, read_rules, usb_device, usb_port
from station.host.program import PARTS
from station.settings.loading import load_recipe
from station.software import built_source, lock_hash, source_commit

ROOT = Path(__file__).resolve().parents[3]
PACKAGING = ROOT / "packaging"
SPEC = (PACKAGING / "pyinstaller" / "station.spec").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Debian packages are made on Linux")


@pytest.fixture
def deb(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that makes Debian packages."""
    monkeypatch.syspath_prepend(str(PACKAGING))  # as for who starts packaging/build.py
    return importlib.import_module("deb")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A program's folder with one library, Qt's for X11, and what of Qt that one asks for."""
    folder = Path(PySide6.__file__).parent / "Qt"
    shutil.copy(folder / "plugins" / "platforms" / "libqxcb.so", tmp_path)
    for name in ("Core", "Gui", "XcbQpa"):
        (tmp_path / f"libQt6{name}.so.6").touch()
    return tmp_path


@linux
def test_the_control_file_has_what_dpkg_asks_for(deb: ModuleType) -> None:
    text = deb.control_text("1.2.3-4", "libc6 (>= 2.36), zlib1g", 1234)
    paragraph, description = text.split("Description: ")
    fields = dict(line.split(": ", 1) for line in paragraph.splitlines())
    assert fields["Package"] == PROJECT["name"]
    assert fields["Version"] == "1.2.3-4"
    assert fields["Depends"] == "libc6 (>= 2.36), zlib1g"
    assert {"Architecture", "Maintainer", "Installed-Size"} <= fields.keys()
    assert all(line.startswith(" ") for line in description.splitlines()[1:])


@linux
def test_what_the_libraries_ask_of_the_system_is_asked_of_apt(deb: ModuleType, tree: Path) -> None:
    needed = deb.depends(tree).split(", ")
    assert "libxcb-cursor0" in needed
    assert not [one for one in needed if one.startswith("libQt6")]
    assert any(re.fullmatch(r"libc6 \(>= 2\.\d+\)", one) for one in needed)


@linux
def test_a_library_that_comes_along_is_asked_of_nobody(deb: ModuleType, tree: Path) -> None:
    (tree / "libxcb-cursor.so.0").touch()
    assert "libxcb-cursor0" not in deb.depends(tree)


@linux
def test_a_library_that_no_package_is_known_for_stops_the_build(deb: ModuleType, tree: Path) -> None:
    (tree / "libQt6Gui.so.6").unlink()
    with pytest.raises(deb.Refusal, match=r"libQt6Gui\.so\.6, for libqxcb\.so"):
        deb.depends(tree)


@linux
def test_a_library_that_looks_into_a_folder_of_the_builders_stops_the_build(deb: ModuleType, tree: Path) -> None:
    library, own = tree / "libqxcb.so", b"$ORIGIN/../../lib"
    made = library.read_bytes()
    assert own in made
    library.write_bytes(made.replace(own, b"/home/alice/mylib"))
    with pytest.raises(deb.Refusal, match=r"libqxcb\.so looks for libraries in /home/alice/mylib"):
        deb.depends(tree)


@linux
def test_what_has_another_name_since_is_asked_for_by_either(deb: ModuleType) -> None:
    assert deb.RENAMED["libglib2.0-0"] == "libglib2.0-0t64 | libglib2.0-0"
    assert deb.RENAMED.keys() <= set(deb.LIBRARIES.values())


@linux
def test_what_start_py_asks_for_qt_is_known_to_the_package(deb: ModuleType) -> None:
    assert {soname: package for package, soname in start.QT_LIBRARIES.items()}.items() <= deb.LIBRARIES.items()


@linux
def test_only_programs_can_be_executed_and_nobody_but_root_may_write(deb: ModuleType, tree: Path) -> None:
    shutil.copy(tree / "libqxcb.so", tree / "jlinkarm_nrf_worker_linux")
    for path in tree.iterdir():
        path.chmod(0o666)
    deb.set_rights(tree, 1_700_000_000)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in tree.iterdir()}
    assert modes.pop("jlinkarm_nrf_worker_linux") == 0o755
    assert set(modes.values()) == {0o644}
    assert {path.stat().st_mtime for path in tree.iterdir()} == {1_700_000_000}


@linux
def test_everything_lies_where_the_system_looks_for_it(deb: ModuleType, tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    root = tmp_path / "root"
    deb.lay_out(root, PACKAGING / "linux", papers)
    menu = configparser.ConfigParser(interpolation=None)
    menu.optionxform = str  # type: ignore[assignment,method-assign]  # keys there tell large from small letters
    menu.read(root / "usr/share/applications/nrf91-station.desktop", encoding="utf-8")
    entry = menu["Desktop Entry"]
    program, *words = entry["Exec"].split()
    assert (root / program.lstrip("/")).readlink() == Path("/opt/nrf91-station/station")
    assert words == ["desktop"]
    assert (root / f"usr/share/icons/hicolor/scalable/apps/{entry['Icon']}.svg").is_file()
    rules = read_rules(root)
    for vendor in (SEGGER, NORDIC):
        assert apply_rules(rules, usb_device(vendor)).for_seat
        assert apply_rules(rules, usb_port(vendor)).is_left_alone


@linux
def test_the_scripts_are_shell_and_touch_no_files(deb: ModuleType) -> None:
    assert deb.SCRIPTS.keys() == {"preinst", "postinst", "prerm", "postrm"}
    for script in deb.SCRIPTS.values():
        subprocess.run(["/bin/sh", "-n"], input=script, text=True, check=True)
        assert not re.search(r"\b(rm|mv|find|chown|chmod|useradd|systemctl)\b", script)


@linux
@pytest.mark.parametrize(("script", "words"), [("preinst", "upgrade 0.1.0-1"), ("prerm", "remove")])
def test_nothing_stands_in_the_way_where_no_station_runs_from_a_package(
    deb: ModuleType, script: str, words: str
) -> None:
    text = deb.SCRIPTS[script]
    subprocess.run(["/bin/sh", "-s", *words.split()], input=text, text=True, check=True)
    # The same, with a folder in which something runs just now: this Python.
    busy = text.replace("/opt/nrf91-station/*", f"{Path(sys.executable).resolve()}*")
    done = subprocess.run(["/bin/sh", "-s", *words.split()], input=busy, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "station is at work" in done.stderr


def installer() -> dict[str, list[dict[str, str]]]:
    """Return the sections of the Windows installer: each line's parameters."""
    text = (PACKAGING / "windows" / "station.iss").read_text(encoding="utf-8")
    sections: dict[str, list[dict[str, str]]] = {}
    for block in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
        name, rest = block.split("]", 1)
        lines = [line for line in rest.splitlines() if line.strip() and not line.startswith((";", "#"))]
        pairs = [re.findall(r'(\w+): (?:"([^"]*)"|([^;]+))', line) for line in lines]
        sections[name] = [{key: quoted or plain.strip() for key, quoted, plain in line} for line in pairs]
        if name == "Setup":
            sections[name] = [dict(line.split("=", 1) for line in lines)]
    return sections


def test_the_installer_packs_what_pyinstaller_makes_and_no_more() -> None:
    (setup,) = installer()["Setup"]
    sources = [line["Source"] for line in installer()["Files"]]
    programs = {f"{name}.exe" for name in re.findall(r'program\("([\w-]+)"', SPEC)}
    assert programs == {"station.exe", "station-desktop.exe"}
    assert {source.rpartition("\\")[2] for source in sources if source.endswith(".exe")} == programs
    assert r"{#Tree}\_internal\*" in sources
    assert {source for source in sources if source.startswith("{#Tree}.")} == {
        "{#Tree}.cdx.json",
        "{#Tree}.licences.txt",
    }
    started = {line["Filename"].rpartition("\\")[2] for line in installer()["Icons"]}
    assert started <= programs | {"licences.txt"}
    for named in (setup["LicenseFile"], setup["SetupIconFile"]):
        assert (PACKAGING / "windows" / named.replace("\\", "/")).is_file()


def test_the_installer_is_for_the_pc_and_leaves_what_people_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PACKAGING))
    (setup,) = installer()["Setup"]
    assert setup["PrivilegesRequired"] == "admin"
    assert setup["AppVersion"] == "{#Version}"
    assert importlib.import_module("build").inno_version("1.2.3") == '#define Version "1.2.3"\n'
    assert '#include Tree + ".iss"' in (PACKAGING / "windows" / "station.iss").read_text(encoding="utf-8")
    assert "UninstallDelete" not in installer()
    assert [line["Name"] for line in installer()["InstallDelete"]] == [r"{app}\_internal"]
    (runtime,) = installer()["Run"]
    assert runtime["Filename"] == r"{tmp}\vc_redist.x64.exe"
    assert "vc_redist.x64.exe" in {line.get("DestName") for line in installer()["Files"]}


def test_the_installer_looks_whether_either_program_runs_and_waits_for_nobody() -> None:
    text = (PACKAGING / "windows" / "station.iss").read_text(encoding="utf-8")
    code = text.rpartition("[Code]")[2]
    programs = {f"{name}.exe" for name in re.findall(r'program\("([\w-]+)"', SPEC)}
    assert set(re.findall(r"\{app\}\\([\w.-]+)", code)) == programs
    assert not re.search(r"(?<!Suppressible)MsgBox\(", code)
    # ISPP looks for what an expression names in the compiler's folder alone, unless it is a whole path.
    (tree,) = re.findall(r"#define Tree (.+)", text)
    assert tree.startswith("AddBackslash(SourcePath) + ")


def test_the_icon_has_the_sizes_that_windows_asks_for() -> None:
    with Image.open(PACKAGING / "windows" / "station.ico") as icon:
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= icon.info["sizes"]


def test_what_the_program_is_made_of_is_there_and_named_as_it_is_looked_for() -> None:
    for script in re.findall(r'HERE / "([\w.]+\.py)"', SPEC):
        compile((PACKAGING / "pyinstaller" / script).read_text(encoding="utf-8"), script, "exec")
    compile(SPEC, "station.spec", "exec")
    told = (ROOT / "station" / "software.py").read_text(encoding="utf-8")
    libraries = re.findall(r'"(\w+)"', re.search(r"for name in \(([^)]*)\)", told)[1])  # type: ignore[index]
    copied = re.search(r"for name in \(([^)]*)\)\s+for entry in copy_metadata", SPEC)
    assert copied is not None
    assert set(re.findall(r'"([\w-]+)"', copied[1])) == {PROJECT["name"], *libraries}
    for part in PARTS:
        assert importlib.util.find_spec(part) is not None


def test_every_licence_that_is_told_is_one_that_is_allowed() -> None:
    rules = tomllib.loads((PACKAGING / "licences.toml").read_text(encoding="utf-8"))
    told = [*rules["told"].values(), *(row["licence"] for row in rules["within"])]
    assert {one for expression in told for one in expression.split(" AND ")} <= rules["allowed"].keys()
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for row in rules["within"]:
        assert row["of"] == PROJECT["name"] or re.search(rf"^{row['of']}==", lock, re.MULTILINE)
        if asked := row.get("asked"):
            module, _, name = asked.partition(":")
            assert re.match(r"\d+\.\d+", getattr(importlib.import_module(module), name)())
    for names in rules["texts"].values():
        assert all((PACKAGING / "licences" / name).stat().st_size > 500 for name in names)


def test_a_wheel_brings_its_examples_and_which_source_it_is_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    importlib.import_module("setup").complete(tmp_path)
    found = built_source(tmp_path)
    assert found is not None
    assert found.commit == source_commit(ROOT)
    assert found.lock_sha256 == lock_hash(ROOT)
    for folder in ("config", "fixtures/simulated", "packaging/linux"):
        wanted = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        for path in wanted:
            if path.name not in ("generate.py", ".gitattributes") and path.suffix != ".pyc":
                assert (tmp_path / "_shipped" / path).read_bytes() == (ROOT / path).read_bytes()
    assert not list((tmp_path / "_shipped").rglob(".git*"))
    # What was brought along is enough: recipes name roots and firmware by paths that lead from one to the other.
    for recipe in (tmp_path / "_shipped" / "config" / "recipes").glob("*.toml"):
        assert load_recipe(recipe).value.steps
