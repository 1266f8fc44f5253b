"""Programs that live under a spy: one process that has everything loaded, of which each of them is made by forking.

``python -m tests.faults.child`` reads an order (JSON) a line and answers each with how its program ended.
"""

import json
import os
import subprocess
import sys
import threading
import traceback
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.faults.acts import quick
from tests.faults.controls import CONTROLS
from tests.faults.points import Spy
from tests.faults.scenarios import SCENARIOS
from tests.line.processes import child_environment

PATIENCE = 90.0


class Nursery:
    """Makes children, one at a time. For one thread."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=Path(__file__).parents[2],
            env=child_environment({"PYTHONHASHSEED": "0"}),
        )

    def run(
        self, scenario: str, root: Path, log: Path, kill_at: str = "", controls: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """Have a scenario acted in a process of its own; return how that ended (minus a signal) and what it printed."""
        order = {"scenario": scenario, "root": str(root), "log": str(log), "kill_at": kill_at, "controls": controls}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        pid = int(self._process.stdout.readline())
        late = threading.Timer(PATIENCE, os.kill, (pid, 15))
        late.start()
        try:
            status = int(self._process.stdout.readline())
        finally:
            late.cancel()
        return status, Path(f"{log}.out").read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(PATIENCE)


def live(order: dict[str, Any]) -> None:
    """Act the scenario in this process, which then ends."""
    out = os.open(f"{order['log']}.out", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (out, 1), (out, 2)):
        os.dup2(old, new)
    status = 1
    try:
        root = Path(order["root"])
        spy = Spy(root, Path(order["log"]), order["kill_at"])
        with ExitStack() as stack:
            stack.enter_context(quick())
            # A control is the product made wrong: under the spy, as the product is.
            for name in order["controls"]:
                stack.enter_context(CONTROLS[name]())
            stack.enter_context(spy.installed())
            SCENARIOS[order["scenario"]].act(root)
        status = 0
    except BaseException:  # noqa: BLE001 -- whatever ended it is for the one who ordered it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Take orders until there are no more."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live(json.loads(line))
        answers.write(f"{pid}\n")
        answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")


if __name__ == "__main__":
    main()
