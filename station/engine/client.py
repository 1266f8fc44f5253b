"""A face's side: find the engine of a station, or start it; ask it, and hear what it tells.

For windows, commands and tests alike: no Qt. Nothing here waits for ever: an engine that says nothing for
:data:`SILENCE` seconds (it beats once a second) counts as lost.
"""

import json
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Final

from station.domain.faults import Fault, Retry, StationFault
from station.engine.commands import Command, Request
from station.engine.faults import ENDING, LOST, NOT_ANSWERING, NOT_RUNNING, NOT_STARTED, OTHER_PROTOCOL
from station.engine.pushes import Push, Welcome
from station.engine.results import Answer, Failed, Result
from station.engine.whereabouts import PURPOSE, STARTED, Whereabouts, read_whereabouts
from station.engine.wire import GREETING, LONGEST_ANSWER, decode_reply, encode_request
from station.host.clock import Deadline
from station.host.detached import start_detached
from station.host.faults import FOLDER_IN_USE, PROGRAM_HUNG, PROGRAM_MISSING
from station.host.local_socket import LocalConnection, dial, greet
from station.host.program import own_command
from station.journal.database import will_migrate
from station.opened import Opened

SILENCE: Final = 15.0
"""Seconds of silence after which the engine counts as lost."""

_MIGRATING: Final = 3600.0
"""Seconds that its start may take when it has to keep a copy of an older journal and bring that up to date."""
_HANDSHAKE: Final = 5.0
_MOST_WAITING: Final = 1000
"""Commands that may wait for an engine that takes none; then it counts as lost."""
_PAUSE: Final = 0.1
"""Seconds between two looks for an engine that is just starting."""

_AGAIN: Final = 2.0
"""Seconds after which one is started once more, where the other one has not come or was just ending."""


class CommandFailedError(Exception):
    """A command ended with a fault; :attr:`failed` says which. A lost engine is one too (ENG-104)."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(f"{failed.code}: {failed.sentence}")
        self.failed = failed


class EngineLink:
    """One face's connection. Commands may be asked from any thread; what the engine tells comes on one thread."""

    def __init__(self, connection: LocalConnection, welcome: Welcome) -> None:
        self._connection = connection
        self.welcome: Final = welcome
        """What the engine said first. It is also the first that a listener hears."""
        self._waiting: dict[int, Future[Result]] = {}
        self._last = 0
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._outgoing: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._listener: Callable[[Push], None] | None = None
        self._why: Failed | None = None
        self._closed = False
        self.lost: Callable[[Failed], None] | None = None
        """Called once, on the reader's thread, when the connection ends without :meth:`close`."""
        self._thread = threading.Thread(target=self._read, name="engine link", daemon=True)
        threading.Thread(target=self._send, name="engine link, out", daemon=True).start()

    def listen(self, callback: Callable[[Push], None]) -> None:
        """Hear everything from the welcome on, in order, on the reader's thread. Once; set :attr:`lost` before.

        Answers come on that thread too, through their futures, and only from now on.
        """
        self._listener = callback
        self._thread.start()

    def ask(self, command: Command) -> "Future[Result]":
        """Send a command. Its result comes as the future's; a fault as :class:`CommandFailedError`."""
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            why = self._why
            if why is None:
                self._last += 1
                number = self._last
                self._waiting[number] = future
        if why is not None:
            future.set_exception(CommandFailedError(why))
            return future
        # Another thread sends: an engine that stands still takes nothing, and whoever asks must not stand with it.
        try:
            self._outgoing.put_nowait(encode_request(Request(number=number, command=command)))
        except queue.Full:
            self._connection.hang_up()  # the reader hears of it, and tells everybody
        return future

    def close(self) -> None:
        """Leave; the engine goes on. Safe to repeat. Not from the reader's thread."""
        self._closed = True
        self._connection.hang_up()
        if self._thread.is_alive():
            self._thread.join()
        self._end(_failed(LOST.fault("this side left")))
        self._connection.close()

    def _send(self) -> None:
        while (data := self._outgoing.get()) is not None:
            try:
                with self._sending:
                    self._connection.send(data)
            except OSError:
                self._connection.hang_up()  # the reader hears of it, and tells everybody
                return

    def _read(self) -> None:
        tell = self._listener or (lambda _push: None)
        tell(self.welcome)
        why = _failed(LOST.fault())
        try:
            while True:
                said = decode_reply(self._connection.receive(LONGEST_ANSWER))
                if not isinstance(said, Answer):
                    tell(said)
                elif said.number:
                    self._answered(said)
                elif isinstance(said.result, Failed):
                    why = said.result  # its last word
        except (OSError, EOFError) as error:
            why = Failed(code=why.code, sentence=why.sentence, detail=why.detail or str(error))
        except Fault as fault:
            why = _failed(fault)
        self._connection.hang_up()
        with self._sending:
            self._connection.close()
        self._end(why)
        if self.lost is not None and not self._closed:
            self.lost(why)

    def _answered(self, answer: Answer) -> None:
        with self._lock:
            future = self._waiting.pop(answer.number, None)
        if future is None:
            return
        if isinstance(answer.result, Failed):
            future.set_exception(CommandFailedError(answer.result))
        else:
            future.set_result(answer.result)

    def _end(self, why: Failed) -> None:
        with suppress(queue.Full):  # then the sender has hung up already
            self._outgoing.put_nowait(None)
        with self._lock:
            self._why = self._why or why
            left, self._waiting = list(self._waiting.values()), {}
        for future in left:
            future.set_exception(CommandFailedError(why))


def attach(
    opened: Opened, *, start: bool = True, timeout: float = 20.0, migrating: Callable[[], None] = lambda: None
) -> EngineLink:
    """Return a link to the engine of this station's data folder, which is started where none is there.

    Where its journal is of another format, whoever starts there first brings it to this one: ``migrating`` is called
    then, once, and that is waited for, beyond ``timeout``.

    Raises ENG-101 (none is there, and ``start`` is False), ENG-102 (it does not answer), ENG-103 (it can't be
    started), ENG-106 (of another version), HOST-105 (another program has the folder), and whatever fault the
    engine's start ended with, such as a settings file that can't be read.
    """
    folder, clock = opened.value.data, opened.clock
    deadline, again = Deadline(clock, timeout), Deadline(clock, 0.0)
    in_use: Fault | None = None
    patient = False
    while True:
        found = read_whereabouts(folder)
        if found is not None and (link := _connect(found, deadline, folder)) is not None:
            return link
        if not start:
            raise NOT_RUNNING.fault(folder=folder)
        if deadline.passed():
            raise NOT_STARTED.fault("its address did not appear in time", why="it is not there in time")
        if again.passed():
            if not patient and will_migrate(folder):
                patient, deadline = True, Deadline(clock, _MIGRATING)
                migrating()
            before, in_use = in_use, _start(opened, deadline)
            if before and in_use:
                raise in_use
            # Where another program is just starting one, or one is just ending, or a command is at work, that is
            # waited for.
            again = Deadline(clock, _AGAIN)
        else:
            clock.wait(threading.Event(), _PAUSE)


def ask_once(opened: Opened, command: Command, timeout: float = 20.0) -> Result:
    """Ask a running engine for one thing, and leave. Raises ENG-101 to ENG-106; CommandFailedError."""
    link = attach(opened, start=False, timeout=timeout)
    try:
        link.listen(lambda _push: None)
        return link.ask(command).result(timeout)
    except TimeoutError:
        raise NOT_ANSWERING.fault(process=link.welcome.process) from None
    finally:
        link.close()


def _connect(found: Whereabouts, deadline: Deadline, folder: Path) -> EngineLink | None:
    """Return a link; None where nobody listens there, the engine is just ending, or it is another folder's."""
    try:
        connection = dial(found.address, _HANDSHAKE)
    except (BlockingIOError, TimeoutError) as error:  # somebody listens, but too many wait at the door
        raise NOT_ANSWERING.fault(str(error), process=found.process) from error
    except OSError:
        return None
    try:
        connection.limit_silence(min(_HANDSHAKE, max(0.5, deadline.left())))
        greet(connection, found.key, GREETING)
        connection.limit_silence(SILENCE)
        first = decode_reply(connection.receive(LONGEST_ANSWER))
        if isinstance(first, Welcome) and Path(first.data).resolve() == folder.resolve():
            return EngineLink(connection, first)
        if isinstance(first, Answer) and isinstance(first.result, Failed) and first.result.code != ENDING.code:
            raise fault_of(first.result)
    except ConnectionAbortedError as error:
        connection.close()
        raise OTHER_PROTOCOL.fault(str(error)) from error
    except (BlockingIOError, TimeoutError) as error:
        connection.close()
        raise NOT_ANSWERING.fault(str(error), process=found.process) from error
    except (OSError, EOFError):
        pass  # it has just ended
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def _start(opened: Opened, deadline: Deadline) -> Fault | None:
    """Start an engine, unless another program is doing so. Raises the fault that its start ended with.

    Returns HOST-105 where a program that is no engine has the folder.
    """
    command = own_command("station", "engine", "--station", str(opened.settings.path))
    try:
        line = start_detached(command, timeout=max(1.0, deadline.left()), begins=STARTED)
    except Fault as fault:
        if fault.code in (PROGRAM_HUNG.code, PROGRAM_MISSING.code):
            raise NOT_STARTED.fault(f"{fault.sentence} {fault.detail}", why="its program did not run") from fault
        raise
    said = json.loads(line.removeprefix(STARTED))
    if "code" not in said:
        return None
    failed = Failed(code=said["code"], sentence=said["sentence"], detail=said["detail"])
    if failed.code == FOLDER_IN_USE.code:
        return None if PURPOSE in failed.sentence else fault_of(failed)
    raise fault_of(failed)


def fault_of(failed: Failed) -> Fault:
    """Return what the engine said as a fault of this program. Pure."""
    return StationFault(failed.code, failed.sentence, failed.detail, Retry.AFTER_OPERATOR)


def _failed(fault: Fault) -> Failed:
    return Failed(code=fault.code, sentence=fault.sentence, detail=fault.detail)
