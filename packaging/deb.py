"""The Debian package: the program below /opt, its launchers, menu entry, icon and udev rules. No data, no daemon.

What the program's libraries need of the system is read from them; each such library has its package here, and one that
has none stops the build.
"""

import gzip
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

from workshop import Refusal, Workshop, run

NAME: Final = "nrf91-station"
HOME: Final = Path("opt", NAME)
ARCHITECTURE: Final = "amd64"
MAINTAINER: Final = "nRF91 station developers <nrf91-station@localhost>"

LIBRARIES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2"), "libc6"),
    **dict.fromkeys(("librt.so.1", "libutil.so.1", "ld-linux-x86-64.so.2"), "libc6"),
    "libgcc_s.so.1": "libgcc-s1",
    "libstdc++.so.6": "libstdc++6",
    "libz.so.1": "zlib1g",
    # Python's own.
    "libbz2.so.1.0": "libbz2-1.0",
    "libcrypto.so.3": "libssl3",
    "libexpat.so.1": "libexpat1",
    "libffi.so.8": "libffi8",
    "liblzma.so.5": "liblzma5",
    "libsqlite3.so.0": "libsqlite3-0",
    "libssl.so.3": "libssl3",
    "libuuid.so.1": "libuuid1",
    # Qt's.
    "libbrotlicommon.so.1": "libbrotli1",
    "libbrotlidec.so.1": "libbrotli1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libdrm.so.2": "libdrm2",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libgio-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-glx.so.0": "libxcb-glx0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libzstd.so.1": "libzstd1",
}
"""Which package of Debian 12 has a library that a packaged program may ask the system for."""

RENAMED: Final[Mapping[str, str]] = {
    "libglib2.0-0": "libglib2.0-0t64 | libglib2.0-0",
    "libssl3": "libssl3t64 | libssl3",
}
"""Since Debian 13 and Ubuntu 24.04 these have another name."""

AT_WORK: Final = """\
#!/bin/sh
# The program loads its parts when it needs them: exchanged under a line that runs, they would not fit.
set -e
case "$1" in
    WHEN)
        for process in /proc/[0-9]*; do
            case "$(readlink "$process/exe" 2>/dev/null)" in
                /opt/nrf91-station/*)
                    echo "The station is at work on this PC (process ${process#/proc/}). End its batch, close its" >&2
                    echo "windows, wait half a minute (or: station engine --stop), then do this again." >&2
                    exit 1
                    ;;
            esac
        done
        ;;
esac
"""
"""Before unpacking, and before removing (WHEN: what dpkg does)."""
POSTINST: Final = """\
#!/bin/sh
# Probes that are plugged in get the rights of the rules; where udev does not run, it reads them when it starts.
set -e
if [ "$1" = configure ] && [ -d /run/udev ] && command -v udevadm >/dev/null; then
    udevadm control --reload || true
    udevadm trigger --subsystem-match=usb --subsystem-match=tty || true
fi
"""
POSTRM: Final = """\
#!/bin/sh
# The rules are gone. Data and settings are people's, and are never touched: not by "purge" either.
set -e
if [ -d /run/udev ] && command -v udevadm >/dev/null; then
    udevadm control --reload || true
fi
"""
SCRIPTS: Final[Mapping[str, str]] = {
    "preinst": AT_WORK.replace("WHEN", "install|upgrade"),
    "prerm": AT_WORK.replace("WHEN", "remove"),
    "postinst": POSTINST,
    "postrm": POSTRM,
}
_ELF: Final = b"\x7fELF"


def make_deb(shop: Workshop, papers: Path, out: Path, revision: int) -> Path:
    """Write the package of ``shop.tree`` into ``out`` and return it. ``papers``: what lies in its doc folder."""
    version = f"{shop.version}-{revision}"
    root = shop.folder / f"deb-{revision}"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(shop.tree, root / HOME, symlinks=True)
    lay_out(root, shop.source / "packaging" / "linux", papers)
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024
    (control / "control").write_text(control_text(version, depends(shop.tree), size), encoding="utf-8")
    for name, script in SCRIPTS.items():
        (control / name).write_text(script, encoding="utf-8")
    (root / "usr/share/doc" / NAME / "changelog.Debian.gz").write_bytes(changelog(version, int(shop.epoch)))
    set_rights(root, int(shop.epoch))
    file = out / f"{NAME}_{version}_{ARCHITECTURE}.deb"
    packed = ("-Zgzip", "-z1") if shop.as_it_is else ("-Zxz", "-z6")  # a trial needn't be small, but soon there
    run("dpkg-deb", "--root-owner-group", *packed, "--build", root, file, extra=shop.settings)
    return file


def lay_out(root: Path, linux: Path, papers: Path) -> None:
    """Put everything but the program in its place below ``root``."""
    for link in ("usr/bin/station", f"usr/bin/{NAME}"):
        (root / link).parent.mkdir(parents=True, exist_ok=True)
        (root / link).symlink_to(f"/{HOME}/station")
    for name, place in (
        ("71-nrf91-station.rules", "usr/lib/udev/rules.d"),
        (f"{NAME}.desktop", "usr/share/applications"),
        (f"{NAME}.svg", "usr/share/icons/hicolor/scalable/apps"),
    ):
        (root / place).mkdir(parents=True)
        shutil.copyfile(linux / name, root / place / name)
    shutil.copytree(papers, root / "usr/share/doc" / NAME)


def control_text(version: str, needed: str, size_kib: int) -> str:
    """Return the package's control file. Pure."""
    return dedent(f"""\
        Package: {NAME}
        Version: {version}
        Architecture: {ARCHITECTURE}
        Maintainer: {MAINTAINER}
        Section: electronics
        Priority: optional
        Installed-Size: {size_kib}
        Depends: {needed}
        Recommends: fonts-dejavu-core
        Suggests: gnome-keyring | kwalletmanager, pipewire-bin | pulseaudio-utils | alsa-utils
        Description: production-line station for nRF91 devices
         Takes boards from blank to onboarded: flashes them, has their modems make
         keys, checks and signs their requests with the line's own CA, writes and
         proves their credentials, onboards them to nRF Cloud, and keeps a record
         that can be verified without it.
         .
         The program brings its own Python and Qt. J-Link software is SEGGER's, and
         is installed beside it where boards are flashed through probes.
        """)


def depends(tree: Path) -> str:
    """Return what the libraries in ``tree`` need of the system, as packages. Raises Refusal for one that has none."""
    asked = needed_libraries(tree)
    unknown = sorted(asked.keys() - LIBRARIES.keys())
    if unknown:
        sentences = [f"{name}, for {asked[name]}" for name in unknown]
        raise Refusal(f"no package is known for {'; '.join(sentences)} (packaging/deb.py, LIBRARIES)")
    glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "glibc 0").split()[1]
    packages = sorted({LIBRARIES[name] for name in asked})
    # Built against this one: an older one may lack what is called.
    return ", ".join(f"libc6 (>= {glibc})" if one == "libc6" else RENAMED.get(one, one) for one in packages)


def needed_libraries(tree: Path) -> dict[str, str]:
    """Return the libraries that something in ``tree`` asks for and ``tree`` has not, each with one that asks for it.

    Raises Refusal where something in it would look for them in a folder of the PC that builds: on a line PC that folder
    may be anybody's, who could put a library there.
    """
    there = {path.name for path in tree.rglob("*.so*")}
    found: dict[str, str] = {}
    for name, tag, asked in _asked_for([path for path in sorted(tree.rglob("*")) if is_elf(path)]):
        if tag == "NEEDED":
            if asked not in there:
                found.setdefault(asked, name)
        elif not all(folder.startswith("$ORIGIN") for folder in asked.split(":")):
            raise Refusal(
                f"{name} looks for libraries in {asked}, which is this PC's. Build with a Python that does not, such "
                "as Debian's own: /usr/bin/python3 packaging/build.py deb"
            )
    return found


def is_elf(path: Path) -> bool:
    """Whether it is a program or library of this system."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == _ELF


def _asked_for(libraries: list[Path]) -> Iterator[tuple[str, str, str]]:
    name = ""
    for line in run("objdump", "-p", *libraries).splitlines():
        if ":     file format" in line:
            name = Path(line.split(":")[0]).name
        elif asked := re.fullmatch(r"\s+(NEEDED|RPATH|RUNPATH)\s+(\S+)", line):
            yield name, asked[1], asked[2]


def changelog(version: str, epoch: int) -> bytes:
    """Return Debian's own changelog, of one entry; what changed is in the repository. Pure."""
    from email.utils import formatdate  # noqa: PLC0415 -- for this line alone

    text = f"{NAME} ({version}) stable; urgency=medium\n\n  * Built from the repository.\n\n"
    return gzip.compress(f"{text} -- {MAINTAINER}  {formatdate(epoch)}\n".encode(), mtime=epoch)


def set_rights(root: Path, epoch: int) -> None:
    """Everybody may read it all and change nothing; what is a program can be executed; all times are the commit's."""
    for path in sorted(root.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.name in SCRIPTS or is_program(path)
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
    root.chmod(0o755)


def is_program(path: Path) -> bool:
    """Whether it has to be executable: the station itself, and pynrfjprog's helper, which no user could make so."""
    return is_elf(path) and ".so" not in path.name
