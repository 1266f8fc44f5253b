"""The engine as a process: from taking the data folder to giving it back, and its one word to whoever started it."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from station.app import Station
from station.domain.faults import Fault
from station.engine.client import CommandFailedError, ask_once, fault_of
from station.engine.commands import Shutdown
from station.engine.faults import ENDING, LOST, OTHER_PROTOCOL
from station.engine.server import LINGER, Server
from station.engine.whereabouts import PURPOSE, STARTED, read_whereabouts
from station.host.detached import ask_to_end, let_go
from station.host.lock import find_owner
from station.host.signals import heard_signals
from station.line.faults import MISTAKE
from station.line.log import engineer_log
from station.opened import Opened


def run_engine(path: Path, read: Callable[[Path], Opened], *, linger: float = LINGER) -> None:
    """Own the station's data folder and serve faces, until nobody needs that any more.

    Where nobody sits at a terminal, the first line of standard output says how the start went, and later ones go
    nowhere. Raises what keeps it from starting, once that was said. In the main thread: it takes the signals.
    """
    watched = not sys.stdout.isatty()
    try:
        opened = read(path)
        with Station(opened, PURPOSE) as station:
            server = Server(station, linger=linger)
            with _ended_by_signals(server.over):
                _serve(server, watched=watched)
    except Fault as fault:
        _say({"code": fault.code, "sentence": fault.sentence, "detail": fault.detail}, watched=watched)
        raise
    except Exception as error:
        mistake = MISTAKE.fault(type(error).__name__, path="the log")
        _say({"code": mistake.code, "sentence": mistake.sentence, "detail": mistake.detail}, watched=watched)
        raise


def _serve(server: Server, *, watched: bool) -> None:
    try:
        server.open()
        _say({"process": os.getpid()}, watched=watched)
        if watched:
            let_go()
        server.over.wait()
    except Exception:
        engineer_log().exception("the engine ends by a mistake")
        raise
    finally:
        server.close()


def stop_engine(opened: Opened) -> str:
    """Ask the station's engine to end, and return what to tell whoever asked.

    Raises ENG-101 to 106, ENG-121, HOST-119.

    One of another version understands no command of this one: it gets the signal to end, which lets a run end first.
    """
    try:
        ask_once(opened, Shutdown(command_line=True))
    except Fault as fault:
        if fault.code != OTHER_PROTOCOL.code:
            raise
        try:
            owner = find_owner(opened.value.data) or ""
        except OSError as error:
            raise fault from error  # who that is can't be told
        found = read_whereabouts(opened.value.data)
        if found is None or not owner.startswith(f"{PURPOSE}, process {found.process} of "):
            raise  # nobody knows whose that number is
        ask_to_end(found.process)
        return "The engine, which is of another version, ends once its slots have come to rest."
    except CommandFailedError as error:
        if error.failed.code not in (LOST.code, ENDING.code):
            raise fault_of(error.failed) from error
    return "The engine ends."


def _say(value: dict[str, object], *, watched: bool) -> None:
    if not watched:
        return
    try:
        sys.stdout.write(f"{STARTED}{json.dumps(value)}\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        pass  # whoever started it is gone, or heard enough


@contextmanager
def _ended_by_signals(over: threading.Event) -> Iterator[None]:
    if (hangup := getattr(signal, "SIGHUP", None)) is not None:
        signal.signal(hangup, signal.SIG_IGN)  # the terminal of whoever started it
    names = ("SIGTERM", "SIGINT", "SIGBREAK")
    with heard_signals([getattr(signal, name) for name in names if hasattr(signal, name)], lambda _: over.set()):
        yield
