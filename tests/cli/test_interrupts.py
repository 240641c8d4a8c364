"""Ctrl-C is held back while code is imported that does not survive it, and then does what it always does."""

import contextlib
import signal
import threading

import pytest

from harness.interrupts import held_back, noticed


def test_ctrl_c_waits_for_the_end_of_the_block():
    done = []

    def interrupted():
        with held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_is_the_one_that_is_told():
    def wrong():
        with held_back():
            signal.raise_signal(signal.SIGINT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wrong()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_that_ignores_ctrl_c_goes_on_ignoring_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_there_is_nothing_to_hold_back():
    done = []

    def called():
        with held_back():
            done.append("the block")

    thread = threading.Thread(target=called)
    thread.start()
    thread.join()
    assert done


def test_ctrl_c_whose_exception_was_lost_is_noticed():
    with noticed() as came:
        assert not came()
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert came()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_somebody_else_takes_care_of_is_left_to_them():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with noticed() as came:
            signal.raise_signal(signal.SIGINT)
            assert not came()
    finally:
        signal.signal(signal.SIGINT, before)
