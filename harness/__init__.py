"""dout: grades learner-written neural-network layers by the values that they return.

Importing this package imports neither numpy nor msgspec, so that a front can start the sandbox first.
"""

from typing import Any

__all__ = ["__version__", "check", "load_ipython_extension"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Return ``check``, imported when it is asked for: it brings numpy with it."""
    if name != "check":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # By its name, because every module of this package imports this one.
    from importlib import import_module

    globals()[name] = found = import_module("harness.selfcheck.live").check
    return found


def load_ipython_extension(ipython: Any) -> None:
    """Add ``%%grade`` to a notebook; called by ``%load_ext harness``."""
    from importlib import import_module

    ipython.register_magic_function(import_module("harness.selfcheck.magic").grade_magic(ipython), "cell", "grade")
