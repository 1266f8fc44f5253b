"""``python -m station.simulator`` as a child process: it starts, tells where it is, and never outlives its parent."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

REPOSITORY = Path(__file__).parents[3]


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "station.simulator", "--folder", str(folder), "--no-delay", *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], process.stderr.read()
        yield process, json.loads(Path(ready[1]).read_text())
    finally:
        process.kill()
        process.communicate()


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    _, errors = process.communicate(timeout=20)
    return process.returncode, errors


@pytest.mark.parametrize("way", ["the parent is gone", "SIGTERM", "SIGINT"])
def test_it_ends_in_order(tmp_path: Path, way: str) -> None:
    if sys.platform == "win32" and way != "the parent is gone":
        pytest.skip("no such signals on Windows")
    with started(tmp_path / "bench", "--slots", "2") as (process, told):
        requests.post(f"{told['control']}/slots/1", json={"serial": "SN1"}, timeout=10).raise_for_status()
        if way != "the parent is gone":
            process.send_signal(getattr(signal, way))
        assert ended(process) == (0, "")  # communicate closes standard input
    assert list((tmp_path / "bench").iterdir()) == []


def test_it_brings_the_cloud(tmp_path: Path) -> None:
    with started(tmp_path / "bench") as (_, told):
        assert requests.get(f"{told['cloud']}/account", timeout=10).status_code == 401


def test_the_same_seed_gives_the_same_boards(tmp_path: Path) -> None:
    def imei(seed: str) -> str:
        with started(tmp_path / seed, "--seed", seed, "--transport", "rfc2217") as (_, told):
            board = requests.post(f"{told['control']}/slots/1", json={"serial": "SN1"}, timeout=10).json()
            return str(board["imei"])

    assert imei("1") == imei("1") != imei("2")


def test_a_wrong_fault_script_stops_it_with_a_sentence(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text('{"evry": {}}')
    ran = subprocess.run(
        [sys.executable, "-m", "station.simulator", "--folder", str(tmp_path), "--faults", str(script)],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("SIM-101")
