"""What can happen while a file is watched; each comes from a thread or a signal and is dealt with in order."""

from queue import SimpleQueue

from harness.records import Record

__all__ = ["Event", "Events", "Pressed", "Quit", "Resumed", "Saved"]


class Saved(Record, frozen=True):
    """The file may have changed: whoever gets this looks at its content."""


class Pressed(Record, frozen=True):
    """A key was pressed."""

    key: str


class Resumed(Record, frozen=True):
    """The screen belongs to somebody else since it was written: after Ctrl-Z and `fg`."""


class Quit(Record, frozen=True):
    """There will be no more keys: the terminal is gone."""


Event = Saved | Pressed | Resumed | Quit
#: Not queue.Queue: a signal handler puts events in while the main thread may be taking one out.
Events = SimpleQueue[Event]
