#!/usr/bin/env python3
"""Install a package in a clean Debian and see that all of it works there: ``python3 packaging/try_deb.py FILE.deb``.

As root, with debootstrap. Each Debian (12 and 13 unless told otherwise) is made anew from where this PC's own apt gets
its packages, in a namespace of its own: no mount and no process of it outlives this command. There the package is
installed, an ordinary user runs the demo, the doctor and the window (pictures are kept), a newer package is put over
it, and it is removed; what must stay stays. Ends with 1 where anything was not as it should be.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

USER, HOME = "technician", "/home/technician"
INSIDE = "--inside"
WINDOW_S = 2.0
"""The window has to be there by then (the issue's figure)."""
PICTURED = "xwd -root -silent | xwdtopnm 2>/dev/null | pnmtopng 2>/dev/null"


class Root:
    """One clean Debian below ``folder``, and what was seen in it."""

    def __init__(self, folder: Path, suite: str) -> None:
        self.folder = folder
        self.suite = suite
        self.failed = 0

    def tell(self, what: str, seen: str = "", *, good: bool | None = None) -> None:
        """Print one finding; ``good`` None: a figure."""
        mark = {True: "ok", False: "FAILED", None: ""}[good]
        self.failed += good is False
        sys.stdout.write(f"{self.suite:<9} {mark:<6} {what}{': ' if seen else ''}{seen}\n")
        sys.stdout.flush()

    def run(self, command: str, *, user: str = "root", timeout: float = 900) -> tuple[int, str]:
        """Run a line of shell in it and return its status and output; 124 where it takes too long."""
        home = HOME if user == USER else "/root"
        fresh = {
            "HOME": home,
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        proxies = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
        enter: list[str] = [
            "chroot",
            f"--userspec={user}:{user}",
            str(self.folder),
            "sh",
            "-c",
            f"cd {home} && {command}",
        ]
        try:
            done = subprocess.run(
                enter,
                env={**fresh, **proxies, "DEBIAN_FRONTEND": "noninteractive", "XDG_RUNTIME_DIR": f"/run/{user}"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return 124, (error.stdout or b"").decode("utf-8", "replace")
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def see(self, what: str, command: str, *expected: str, user: str = USER, codes: tuple[int, ...] = (0,)) -> str:
        """Run it, and tell whether it ended as it should and said what it should (patterns); return what it said."""
        begun = time.monotonic()
        code, said = self.run(command, user=user)
        took = time.monotonic() - begun
        missing = [pattern for pattern in expected if not re.search(pattern, said)]
        good = code in codes and not missing and "Traceback" not in said
        self.tell(what, f"{took:.2f} s" if good else f"status {code}, without {missing}\n{said[-3000:]}", good=good)
        return said


def main(words: list[str]) -> int:
    """Try the package in each Debian; 0 where all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--suite", action="append", help="a Debian's code name; may be given more than once")
    parser.add_argument("--work", type=Path, default=Path("/tmp/station-clean-root"), help="where the roots are made")  # noqa: S108 -- root's own, and made anew
    parser.add_argument("--pictures", type=Path, default=Path("dist"), help="where pictures of the window go")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        sys.stderr.write("a clean Debian is made by root, with debootstrap (apt-get install debootstrap).\n")
        return 2
    if not asked.inside:
        # What is mounted and started from here on is gone when this ends, however it ends.
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child", sys.executable, __file__, INSIDE, *words]
        os.execvp(alone[0], alone)  # noqa: S606 -- no shell is wanted
    failed = 0
    for suite in asked.suite or ["bookworm", "trixie"]:
        root = Root(asked.work.absolute() / suite, suite)
        try:
            make_root(root, asked.work.absolute())
            try_package(root, asked.package.absolute(), asked.pictures.absolute())
        except subprocess.CalledProcessError as error:
            root.tell(" ".join(map(str, error.cmd[:3])), f"status {error.returncode}", good=False)
        finally:
            leave(root)
        failed += root.failed
    sys.stdout.write(f"{failed} failed\n" if failed else "all as it should be\n")
    return 1 if failed else 0


def make_root(root: Root, work: Path) -> None:
    """Have a minimal Debian with an ordinary user, and nothing of the station's."""
    source = _package_source()
    base = work / f"{root.suite}.base"
    if not (base / "made").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.mkdir(parents=True)
        _call("debootstrap", "--variant=minbase", root.suite, base, source)
        (base / "made").touch()
    shutil.rmtree(root.folder, ignore_errors=True)
    _call("cp", "-a", "--reflink=auto", base, root.folder)
    (root.folder / "made").unlink()
    for kind, place, *options in (
        ("proc", "proc"),
        ("tmpfs", "dev", "-o", "mode=755"),
        ("tmpfs", "run", "-o", "mode=755"),
        ("tmpfs", "tmp", "-o", "mode=1777"),
    ):
        _call("mount", "-t", kind, *options, "none", root.folder / place)
    _make_devices(root.folder / "dev")
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(Path("/etc", name), root.folder / "etc" / name)
    (root.folder / "etc/apt/sources.list").write_text(f"deb {source} {root.suite} main\n", encoding="utf-8")
    for command in (f"useradd -m -s /bin/sh {USER}", f"install -d -m 700 -o {USER} /run/{USER}", "apt-get -q update"):
        code, said = root.run(command)
        if code:
            raise SystemExit(f"{command}: {said[-2000:]}")


def try_package(root: Root, package: Path, pictures: Path) -> None:
    """Install, use, upgrade and remove it."""
    shutil.copyfile(package, root.folder / "tmp/first.deb")
    install = "apt-get -q -y -o APT::Install-Recommends=false install"
    said = root.see("apt installs it", f"{install} /tmp/first.deb", r"Setting up nrf91-station", user="root")
    fetched = re.search(r"(\d+) newly installed", said)
    root.tell(
        "size", f"package {package.stat().st_size / 1e6:.0f} MB, /opt {_kib(root, '/opt/nrf91-station') / 1e3:.0f} MB"
    )
    root.tell("newly installed packages, itself included", fetched[1] if fetched else "?")
    root.see("all of it is root's, and nobody else may change it", _badly_owned(), r"\A\Z", user="root")
    root.see("nothing of it runs, or starts with the PC", "! ls /usr/lib/systemd/system/*station* 2>/dev/null")
    use(root)
    window(root, pictures / f"window-{root.suite}.png")
    root.see("a newer package is made", _newer(), user="root")
    refuse_while_it_runs(root, f"{install} /tmp/second.deb")
    kept = _digest(root)
    root.see("apt puts it over the old one", f"{install} /tmp/second.deb", r"Unpacking .* over", user="root")
    _tell_kept(root, kept)
    root.see("the demo goes on in the same record", "station demo --headless --fast --units 8", r"8 onboarded")
    verify = "station verify demo/data --checkpoint $(ls -t demo/data/checkpoints/*.txt | head -1)"
    root.see("all of the record verifies", verify, r"EVERYTHING HOLDS\.")
    wait_for_rest(root)
    refuse_newer_record(root)
    kept = _digest(root)
    root.see("apt removes it", "apt-get -q -y remove nrf91-station", r"Removing nrf91-station", user="root")
    _tell_kept(root, kept)
    root.see("apt purges what is left", "apt-get -q -y purge nrf91-station", r"Purging", user="root")
    left = "ls -d /opt/nrf91-station /usr/bin/station /usr/share/doc/nrf91-station 2>/dev/null"
    root.see("nothing of the program is left", f"! {left}", r"\A\Z", user="root")
    _tell_kept(root, kept)


def refuse_newer_record(root: Root) -> None:
    """A record that a newer station has written: this one refuses it with a sentence, and leaves every byte of it."""
    newer = "import sqlite3\nsqlite3.connect('demo/data/journal.db').execute('PRAGMA user_version = 99')\n"
    (root.folder / "tmp/newer.py").write_text(newer)
    sums = "sha256sum demo/data/journal.db"
    root.see("the record becomes a newer station's", f"station /tmp/newer.py && {sums} > /tmp/sums")
    for command in ("station units --station demo/station.toml", "station verify demo/data"):
        root.see(f"{command}: refused", command, r"written by a newer station", r"restore", codes=(1, 2, 4))
    root.see("every byte of it is left", "sha256sum -c /tmp/sums", r"OK")


def use(root: Root) -> None:
    """What needs no screen, as an ordinary user."""
    root.see("station --version", "station --version", r"nrf91-station \d", r"commit [0-9a-f]{40}", r"[0-9a-f]{64}")
    root.see("the same, a second time (start-up)", "station --version")
    demo = root.see("station demo --headless --fast", "station demo --headless --fast", r"24 onboarded", r"24 passed")
    for line in re.findall(r"(?:cycle time|first-pass yield)[^\n│]*", demo):
        root.tell("", line.strip())
    root.see("the demo's data is the user's alone", "test $(stat -c %a demo) = 700 -o $(stat -c %a demo/data) = 700")
    # In trouble, for want of a probe, and of groups; but it has looked, also at the rules that came along.
    fixture = "/opt/nrf91-station/_internal/station/_shipped/fixtures/example-jlink/fixture.toml"
    command = f"station doctor --json --station demo/station.toml --fixture {fixture}"
    doctor = root.see("station doctor", command, r"udev's rules give", codes=(0, 4))
    states = re.findall(r'"state": "([A-Z ]+)"', doctor)
    root.tell("it found", ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)))
    request = '{"op":"find","probe":1,"speed_khz":2000,"jlink":null,"timeout":20}'
    worker = f"printf '{request}' | station -m station.devices.nrfjprog_worker"
    root.see("pynrfjprog loads, and asks for SEGGER's library", worker, r'"error"', r"(?i)jlink|dll")
    (root.folder / "tmp/own.py").write_text("import ctypes, json, lzma, ssl, sys, uuid\nprint(sys.argv[1:])\n")
    root.see("a recipe's own program runs on its Python", "station /tmp/own.py a b", r"\['a', 'b'\]")


def window(root: Root, picture: Path) -> None:
    """The window under X11, until it is on the screen, three times; and a picture of the demo in it."""
    tools = (
        "apt-get -q -y -o APT::Install-Recommends=false install xvfb xauth xdotool x11-apps netpbm fonts-dejavu-core"
    )
    root.see("a screen to try it on (Xvfb)", tools, user="root")
    once = (
        "xvfb-run -a -s '-screen 0 1920x1080x24 -noreset' sh -c '"
        # On a busy PC the screen itself may be late, which is no time of the window's.
        "for i in $(seq 200); do xdotool getdisplaygeometry >/dev/null 2>&1 && break; sleep 0.05; done; "
        "begun=$(date +%s%N); station desktop {words} & "
        "for i in $(seq 600); do xdotool search --onlyvisible --name {name} >/dev/null 2>&1 && break; "
        "sleep 0.03; done; "
        "echo milliseconds $(( ($(date +%s%N) - begun) / 1000000 )) "
        'ticks $(cut -d" " -f14,15 /proc/$!/stat); '
        "sleep {wait}; {shot}; kill $!; wait'"
    )
    for number in (1, 2, 3):
        asked = once.format(words=f"--station new{number}/station.toml", name='"station"', wait=0, shot="true")
        _, said = root.run(asked, user=USER, timeout=120)
        _tell_window(root, "the window of a new station", said)
    shot = f"{PICTURED} > {HOME}/window.png"
    _, said = root.run(once.format(words="--demo", name='"nRF91 station"', wait=12, shot=shot), user=USER, timeout=180)
    _tell_window(root, "the window with the demo, its bench and engine", said)
    worked = once.format(words="--station demo/station.toml", name='"nRF91 station"', wait=0, shot="true")
    _, said = root.run(worked, user=USER, timeout=120)
    _tell_window(root, "the window of a station that has worked", said)
    taken = root.folder / HOME.lstrip("/") / "window.png"
    if taken.exists() and taken.stat().st_size > 10_000:
        picture.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(taken, picture)
        root.tell("a picture of it", str(picture))
    else:
        root.tell("a picture of it", said[-500:], good=False)


def refuse_while_it_runs(root: Root, install: str) -> None:
    """A newer package is refused while somebody works with the old one, and the old one is whole afterwards."""
    wait_for_rest(root)
    enter = ["/usr/sbin/chroot", f"--userspec={USER}:{USER}", str(root.folder), "/usr/bin/station"]
    words = ["demo", "--headless", "--folder", f"{HOME}/busy"]
    environment = {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*enter, *words], env=environment, stdin=quiet, stdout=quiet, stderr=quiet) as busy:
        root.see("while it runs, a newer one is refused", install, r"station is at work", user="root", codes=(100,))
        root.tell("what runs goes on", good=busy.poll() is None)
        busy.terminate()
    wait_for_rest(root)
    root.see("and is whole", "station --version")


def wait_for_rest(root: Root) -> None:
    """Return when the user's last process has ended: an engine stays for half a minute when its window is gone."""
    user = int(root.run(f"id -u {USER}")[1])
    until = time.monotonic() + 90
    while time.monotonic() < until:
        if not any(_owner(entry) == user for entry in (root.folder / "proc").iterdir() if entry.name.isdecimal()):
            return
        time.sleep(0.5)
    root.tell("every process of the station ends", good=False)


def _owner(process: Path) -> int | None:
    """Whose it is; None where it has ended, also where nobody has asked how (that would be this command's part)."""
    try:
        ended = process.joinpath("stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] == "Z"
        return None if ended else process.stat().st_uid
    except (FileNotFoundError, ProcessLookupError):
        return None


def _tell_window(root: Root, what: str, said: str) -> None:
    found = re.search(r"milliseconds (\d+) ticks (\d+) (\d+)", said)
    took = int(found[1]) / 1000 if found else float("inf")
    # A PC that has other work to do makes it late; what it asked for of a processor is its own.
    worked = (int(found[2]) + int(found[3])) / os.sysconf("SC_CLK_TCK") if found else 0.0
    good = took < WINDOW_S and "Traceback" not in said
    root.tell(
        what,
        f"{took:.2f} s until it is on the screen, {worked:.2f} s of a processor{'' if found else said[-1500:]}",
        good=good,
    )


def _newer() -> str:
    # The same program under the next number: what an upgrade does to files and data is apt's and the package's part.
    return (
        "rm -rf /tmp/second && dpkg-deb -R /tmp/first.deb /tmp/second"
        " && sed -i 's/^Version: .*/&.1/' /tmp/second/DEBIAN/control"
        " && dpkg-deb -Znone -b /tmp/second /tmp/second.deb"
    )


def _badly_owned() -> str:
    odd = r"\( ! -user root -o ! -group root -o ! -type l -perm /022 -o -perm /6000 \)"
    return rf"dpkg -L nrf91-station | tr '\n' '\0' | find -files0-from - -maxdepth 0 {odd} -print"


def _tell_kept(root: Root, kept: tuple[int, str]) -> None:
    now = _digest(root)
    root.tell("data and settings are as they were", f"{now[0]} files", good=now == kept and now[0] > 0)


def _digest(root: Root) -> tuple[int, str]:
    """What the user's folder holds, journal and settings, by content and rights."""
    folder = root.folder / HOME.lstrip("/")
    digest, count = hashlib.sha256(), 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest.update(f"{path.relative_to(folder)} {path.stat().st_mode} {path.stat().st_uid} ".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
            count += 1
    return count, digest.hexdigest()


def _kib(root: Root, path: str) -> int:
    return int(root.run(f"du -sk {path}")[1].split()[0])


def _package_source() -> str:
    command = ("/usr/bin/apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)")
    asked = subprocess.run(command, capture_output=True, text=True, check=True)
    found = [line.split(maxsplit=1)[1] for line in asked.stdout.splitlines() if line.startswith("Debian ")]
    if not found:
        raise SystemExit("this PC's apt knows no Debian to make a clean one from (apt-get update?)")
    return found[0]


def _make_devices(folder: Path) -> None:
    for name, major, minor in (("null", 1, 3), ("zero", 1, 5), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)):
        os.mknod(folder / name, 0o020666, os.makedev(major, minor))
        (folder / name).chmod(0o666)
    for name in ("pts", "shm"):
        (folder / name).mkdir()
    _call("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620", "none", folder / "pts")
    _call("mount", "-t", "tmpfs", "-o", "mode=1777", "none", folder / "shm")
    for name, to in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0")):
        (folder / name).symlink_to(to)


def leave(root: Root) -> None:
    """Unmount what is in it and delete it; the namespace's end would unmount it too."""
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    for place in sorted((one for one in mounted if Path(one).is_relative_to(root.folder)), reverse=True):
        subprocess.run(["umount", "--lazy", place], check=False)  # noqa: S607 -- found as root finds it
    if not any(Path(one).is_relative_to(root.folder) for one in Path("/proc/mounts").read_text("utf-8").split()):
        shutil.rmtree(root.folder, ignore_errors=True)


def _call(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
