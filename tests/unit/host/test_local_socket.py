"""Local connections: whole messages for who has the key, and nothing for anybody else."""

import os
import socket
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from station.host.local_socket import (
    LONGEST_PATH,
    LocalConnection,
    LocalListener,
    TooLongError,
    admit,
    clear_away,
    dial,
    greet,
)

KEY, WORDS = b"k" * 32, b"words 1"
PATIENCE = 10.0


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[LocalListener]:
    made = LocalListener(tmp_path)
    yield made
    made.stop()
    made.close()


def pair(listener: LocalListener) -> tuple[LocalConnection, LocalConnection]:
    """Return both ends of a new connection: that of whoever dialled, and the listener's."""
    dialled = dial(listener.address, PATIENCE)
    accepted = listener.accept()
    assert accepted is not None
    return dialled, accepted


def met(listener: LocalListener, key: bytes, words: bytes) -> tuple[BaseException | None, BaseException | None]:
    """Return how the greeting ended on either side: who dials has ``key`` and says ``words``."""
    dialled, accepted = pair(listener)
    host: Future[None] = Future()

    def serve() -> None:
        try:
            admit(accepted, KEY, WORDS)
            host.set_result(None)
        except (OSError, EOFError) as error:
            host.set_exception(error)
        accepted.close()

    thread = threading.Thread(target=serve)
    thread.start()
    guest: BaseException | None = None
    try:
        greet(dialled, key, words)
    except (OSError, EOFError) as error:
        guest = error
    dialled.close()
    thread.join()
    return guest, host.exception(PATIENCE)


def test_messages_arrive_whole_and_in_order(listener: LocalListener) -> None:
    here, there = pair(listener)
    sent = [b"", b"a", b"\n" * 70_000, bytes(range(256)) * 100]

    def send() -> None:
        for message in sent:
            here.send(message)

    thread = threading.Thread(target=send)
    thread.start()
    assert [there.receive(100_000) for _ in sent] == sent
    thread.join()
    there.close()
    with pytest.raises((EOFError, OSError)):
        here.receive(10)
    here.close()


def test_both_sides_know_the_key(listener: LocalListener) -> None:
    assert met(listener, KEY, WORDS) == (None, None)


def test_a_wrong_key_is_refused_by_the_listener(listener: LocalListener) -> None:
    guest, host = met(listener, b"x" * 32, WORDS)
    assert isinstance(host, ConnectionRefusedError)
    assert isinstance(guest, EOFError)  # it is not even told why


@pytest.mark.parametrize("words", [b"words 2", b"words 10", b""])
def test_other_words_are_noticed(listener: LocalListener, words: bytes) -> None:
    guest, host = met(listener, KEY, words)
    assert isinstance(guest, ConnectionAbortedError)
    assert host is not None


def test_a_listener_that_lies_about_the_key_is_noticed(listener: LocalListener) -> None:
    dialled, accepted = pair(listener)
    accepted.send(WORDS + b"n" * 32)
    accepted.send(b"p" * 32)
    with pytest.raises(ConnectionRefusedError):
        greet(dialled, KEY, WORDS)
    dialled.close()
    accepted.close()


def test_nothing_is_read_beyond_the_limit(listener: LocalListener) -> None:
    here, there = pair(listener)
    here.send(b"x" * 101)
    with pytest.raises(TooLongError):
        there.receive(100)
    here.close()
    there.close()


def test_silence_has_an_end(listener: LocalListener) -> None:
    here, there = pair(listener)
    there.limit_silence(0.05)
    with pytest.raises(OSError):  # noqa: PT011 -- which one is the operating system's choice
        there.receive(10)
    there.limit_silence(None)
    here.send(b"late")
    assert there.receive(10) == b"late"
    here.close()
    there.close()


def test_hanging_up_wakes_whoever_receives_and_whoever_sends(listener: LocalListener) -> None:
    here, there = pair(listener)
    ended = threading.Barrier(3, timeout=PATIENCE)

    def receive() -> None:
        with pytest.raises((EOFError, OSError)):
            here.receive(10)
        ended.wait()

    def send() -> None:
        with pytest.raises(OSError):  # noqa: PT012, PT011 -- which message first finds no room is the system's choice
            while True:
                here.send(b"x" * 100_000)
        ended.wait()

    for work in (receive, send):
        threading.Thread(target=work, daemon=True).start()
    here.hang_up()
    ended.wait()
    here.close()
    there.close()


def test_stopping_wakes_whoever_accepts(tmp_path: Path) -> None:
    listener = LocalListener(tmp_path)
    accepted: Future[LocalConnection | None] = Future()
    thread = threading.Thread(target=lambda: accepted.set_result(listener.accept()))
    thread.start()
    listener.stop()
    assert accepted.result(PATIENCE) is None
    thread.join()
    listener.close()


def test_only_its_user_may_connect_and_nothing_stays(tmp_path: Path) -> None:
    listener = LocalListener(tmp_path)
    path = Path(listener.address)
    assert path.parent == tmp_path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    listener.close()
    listener.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError):  # noqa: PT011 -- which one is the operating system's choice
        dial(listener.address, PATIENCE)


def test_what_a_killed_one_left_is_in_nobodys_way(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / ".engine.sock"))
    left.close()
    listener = LocalListener(tmp_path)
    here, there = pair(listener)
    here.send(b"hello")
    assert there.receive(10) == b"hello"
    here.close()
    there.close()
    listener.close()


def test_a_long_path_gets_a_private_folder_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * LONGEST_PATH)
    folder.mkdir()
    listener = LocalListener(folder)
    own = Path(listener.address).parent
    assert own.parent != folder
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    here, there = pair(listener)
    here.close()
    there.close()
    listener.close()
    assert not own.exists()


def test_only_what_a_listener_made_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * LONGEST_PATH)
    folder.mkdir()
    listener = LocalListener(folder)
    clear_away(str(tmp_path / "mine" / "sock"))
    clear_away(os.devnull)
    assert folder.exists()
    clear_away(listener.address)  # as after a kill
    assert not Path(listener.address).parent.exists()
    listener.close()
