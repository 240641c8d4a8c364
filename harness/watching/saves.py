"""Notices that a file was saved, however the editor does it."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

__all__ = ["Saves"]

#: Milliseconds: how often watchfiles looks, and how long the file must be left alone before a save counts as over.
_STEP = 25
#: Milliseconds: a file that is written all the time is graded all the same.
_LONGEST = 100
#: Seconds between two looks of our own: network and virtual file systems tell nothing when a file changes.
_LOOK = 0.5

#: What tells two states of a file apart without reading it; None while there is none.
_Signature = tuple[int, int, int, int] | None


class Saves:
    """A thread that calls ``tell`` soon after the file was written, replaced, deleted or made. A context manager.

    Not the file but its folder is watched: most editors write another file and give it the name. ``tell`` may be
    called although nothing has changed.
    """

    def __init__(self, path: Path, tell: Callable[[], None]) -> None:
        self._path, self._tell = path, tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="dout-saves", daemon=True)
        self._seen = _signature(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for told in self._looks():
                now = _signature(self._path)
                if told or now != self._seen:
                    self._seen = now
                    self._tell()
            # Here when the system cannot watch: too many watches, or the folder is gone.
            self._stop.wait(_LOOK)

    def _looks(self) -> Iterator[bool]:
        """Yield each time that the file should be looked at: True when the system says that it has changed."""
        from watchfiles import watch

        yield False
        names = {self._path.name, os.path.basename(os.path.realpath(self._path))}
        try:
            for changes in watch(
                *self._folders(),
                watch_filter=lambda _, changed: os.path.basename(changed) in names,
                debounce=_LONGEST,
                step=_STEP,
                stop_event=self._stop,
                rust_timeout=int(_LOOK * 1000),
                yield_on_timeout=True,
                raise_interrupt=False,
                recursive=False,
            ):
                yield bool(changes)
                if not all(map(os.path.isdir, self._folders())):
                    return
        except (OSError, RuntimeError):
            return

    def _folders(self) -> set[str]:
        """Return the folder that the file is in, and that of the file that a link leads to."""
        return {os.path.dirname(os.path.abspath(self._path)), os.path.dirname(os.path.realpath(self._path))}


def _signature(path: Path) -> _Signature:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_dev
