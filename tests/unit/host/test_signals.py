"""A signal that asks the program to end is heard, whichever thread the system gives it to."""

import os
import signal
import threading

import pytest

from station.host.signals import heard_signals

PATIENCE = 20.0
ASKED = signal.SIGTERM


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="only there a signal can be given to a thread")
def test_a_signal_that_another_thread_gets_is_heard_while_the_main_thread_waits() -> None:
    heard, over = threading.Event(), threading.Event()
    worker = threading.Thread(target=over.wait, name="works on")
    worker.start()
    try:
        with heard_signals([ASKED], lambda _: heard.set()):
            sender = threading.Thread(target=lambda: signal.pthread_kill(worker.ident or 0, ASKED))
            sender.start()
            # As an engine waits: nothing but the signal makes this thread run Python again.
            assert heard.wait(PATIENCE)
            sender.join()
    finally:
        over.set()
        worker.join()


def test_each_is_told_and_the_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(ASKED)
    told: list[int] = []
    came = threading.Semaphore(0)

    def take(number: int) -> None:
        told.append(number)
        came.release()

    with heard_signals([ASKED, signal.SIGINT], take):
        for number in (ASKED, signal.SIGINT, ASKED):
            os.kill(os.getpid(), number)
            assert came.acquire(timeout=PATIENCE)
    assert told == [ASKED, signal.SIGINT, ASKED]
    assert signal.getsignal(ASKED) == before
    assert signal.set_wakeup_fd(-1) == -1


def test_who_takes_one_may_want_what_the_main_thread_holds() -> None:
    held, took = threading.Lock(), threading.Event()

    def take(_number: int) -> None:
        with held:
            took.set()

    with heard_signals([ASKED], take):
        with held:
            os.kill(os.getpid(), ASKED)
        assert took.wait(PATIENCE)
