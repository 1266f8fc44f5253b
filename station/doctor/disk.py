"""What kind of disk a folder lies on, as far as the operating system tells."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from station.doctor.data import existing_part
from station.doctor.findings import Verdict, advice, ok, trouble, unknown

_NETWORK: Final = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "gfs2",
        "ocfs2",
        "davfs",
        "9p",
        "virtiofs",
        "drvfs",
        "vboxsf",
        "prl_fs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.davfs",
        "fuse.vmhgfs-fuse",
        "fuse.gvfsd-fuse",
    ]
)
"""Other computers' disks, and folders shared with a virtual machine's host: locks and syncs are not reliable there."""
_MEMORY: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_WITHOUT_RIGHTS: Final = frozenset({"vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "hfs", "hfsplus"})
_LAYERS: Final = frozenset({"overlay", "aufs"})
_LOCAL: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "jfs", "reiserfs", "bcachefs"})

_ELSEWHERE: Final = "Put the data folder on a disk inside this PC (`data` in the station file)."
_WINDOWS_KINDS: Final = {2: "removable", 3: "local", 4: "network", 6: "memory"}
"""GetDriveTypeW's answers."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system; ``device`` is its ``major:minor``."""

    point: str
    kind: str
    device: str


def judge_disk(folder: Path, root: Path) -> Verdict:
    """Return whether ``folder`` lies on a disk that keeps a journal safe. ``root`` is where /proc and /sys lie."""
    place = existing_part(folder).resolve()
    if sys.platform == "win32":
        return judge_drive(_WINDOWS_KINDS.get(_drive_type(place), ""))
    if sys.platform != "linux":
        return unknown("This system does not say what disk it is.", _ELSEWHERE)
    mount = find_mount(place, (root / "proc/self/mountinfo").read_text("utf-8", "surrogateescape"))
    if mount is None:
        return unknown("This system does not say what disk it is.", _ELSEWHERE)
    return judge_mount(mount, removable=_is_removable(mount.device, root))


def find_mount(path: Path, mountinfo: str) -> Mount | None:
    """Return the mount that ``path`` lies on, from the text of /proc/self/mountinfo (proc(5)). Pure."""
    best: Mount | None = None
    for line in mountinfo.splitlines():
        before, mark, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if not mark or len(fields) < 5:
            continue
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4])
        # The last of equals lies over the others.
        if path.is_relative_to(point) and (best is None or len(point) >= len(best.point)):
            best = Mount(point, kinds[0], fields[2])
    return best


def judge_mount(mount: Mount, *, removable: bool) -> Verdict:
    """Return what this file system means for a journal. Pure."""
    kind = mount.kind
    if kind in _NETWORK:
        return trouble(f"It lies on a network or shared disk ({kind}): a power cut can lose the journal.", _ELSEWHERE)
    if kind in _MEMORY:
        return trouble(f"It lies in memory ({kind}): all of it is gone when this PC is switched off.", _ELSEWHERE)
    if kind in _WITHOUT_RIGHTS:
        return trouble(f"Its file system ({kind}) can't keep it private to one user.", _ELSEWHERE)
    if removable:
        return advice(f"It lies on a disk that can be unplugged ({kind}).", _ELSEWHERE)
    if kind in _LAYERS:
        return advice(
            f"It lies in a container's own layer ({kind}) and is deleted with the container.",
            "Give the container a volume of this PC's disk for the data folder.",
        )
    if kind in _LOCAL:
        return ok(f"A disk of this PC ({kind}).")
    return unknown(f"The file system {kind} is not known to this station.", _ELSEWHERE)


def judge_drive(kind: str) -> Verdict:
    """Return what Windows's kind of drive means for a journal. Pure."""
    match kind:
        case "local":
            return ok("A disk of this PC.")
        case "network":
            return trouble("It lies on a network drive: a power cut can lose the journal.", _ELSEWHERE)
        case "memory":
            return trouble("It lies in memory: all of it is gone when this PC is switched off.", _ELSEWHERE)
        case "removable":
            return advice("It lies on a disk that can be unplugged.", _ELSEWHERE)
        case _:
            return unknown("Windows does not say what disk it is.", _ELSEWHERE)


def _is_removable(device: str, root: Path) -> bool:
    """Return whether the kernel calls the disk removable, or it hangs on USB."""
    block = root / "sys/dev/block" / device
    if not block.exists():
        return False  # no disk of its own: btrfs and the like; nobody says
    place = block.resolve()
    marks = [one / "removable" for one in (place, place.parent)]
    return "/usb" in str(place) or any(mark.is_file() and mark.read_text().strip() == "1" for mark in marks)


if sys.platform == "win32":
    import ctypes

    def _drive_type(place: Path) -> int:
        return int(ctypes.windll.kernel32.GetDriveTypeW(place.anchor))

else:

    def _drive_type(place: Path) -> int:  # noqa: ARG001 -- asked for on Windows alone
        return 0
