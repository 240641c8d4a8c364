"""Ctrl-C at a moment when it would do harm, and other requests to end."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

__all__ = ["Ended", "held_back", "noticed", "signals_as_exceptions"]


class Ended(BaseException):
    """This process was asked to end by a signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def status(self) -> int:
        """What a shell says of a command that a signal ended."""
        return 128 + self.number


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Let a request to end unwind this process by :class:`Ended`, so that everything is left in order."""

    def end(number: int, frame: object) -> NoReturn:
        del frame
        signal.signal(number, signal.SIG_IGN)
        raise Ended(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # nohup and the like have their reasons.
    before = {number: signal.signal(number, end) for number in numbers if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held_back() -> Iterator[None]:
    """Keep Ctrl-C for the end of the block, which should be short.

    For imports of C code: msgspec 0.22, interrupted while it reads a type, ends the process by a segmentation fault.
    """
    caught: list[int] = []
    try:
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            raise ValueError("somebody else takes care of Ctrl-C")
        before = signal.signal(signal.SIGINT, lambda number, _: caught.append(number))
    except ValueError:
        # Also raised outside of the main thread, which is the only one that Ctrl-C interrupts.
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if caught:
        raise KeyboardInterrupt


@contextmanager
def noticed() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether Ctrl-C came during the block, for its end.

    Where Python runs inside of C code, the exception that Ctrl-C raises can get lost or become another one.
    """
    came: list[int] = []

    def note(number: int, frame: object) -> NoReturn:
        del frame
        came.append(number)
        raise KeyboardInterrupt

    try:
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            raise ValueError("somebody else takes care of Ctrl-C")
        before = signal.signal(signal.SIGINT, note)
    except ValueError:
        yield lambda: False
        return
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGINT, before)
