"""Loads the reference layers, the instructor's own code and trusted, with the source that is hashed."""

import hashlib
import importlib
import os
import sys
import types
from functools import cache
from pathlib import Path

__all__ = ["ReferenceLayer", "located", "reference_classes", "reference_layer", "remember"]

#: A reference layer, and the bytes of the file that it is in.
ReferenceLayer = tuple[type, bytes]

#: By the assignment's hash and its references. An assignment that was read keeps the classes of the hashed source,
#: also when the file is being edited.
_read: dict[tuple[str, tuple[str, ...]], tuple[type, ...]] = {}


def located(reference: str, folder: Path) -> str:
    """Return ``reference`` with the whole path where it is ``file.py:class``, from ``folder`` on."""
    file, _, name = reference.rpartition(":")
    return f"{(folder / file).resolve()}:{name}" if file.endswith(".py") else reference


def reference_layer(reference: str) -> ReferenceLayer:
    """Return the class that ``module:class`` or ``/path/of/file.py:class`` names.

    Raises:
        ImportError: there is no such module or file, or its source cannot be read.
        AttributeError: there is no such class in it.
        Exception: whatever its code raises.
    """
    place, _, name = reference.rpartition(":")
    try:
        if place.endswith(".py"):
            data = Path(place).read_bytes()
            module = _executed(place, data)
        elif place:
            module = importlib.import_module(place)
            # A module in C has no file, and nothing in it is a layer.
            data = Path(getattr(module, "__file__", None) or os.devnull).read_bytes()
        else:
            raise ImportError("write module:class or file.py:class")
    except OSError as error:
        raise ImportError(f"its source cannot be read: {error.strerror}") from None
    if not hasattr(module, name):
        raise AttributeError(f"there is no {name} in it")
    found = getattr(module, name)
    if not isinstance(found, type):
        raise AttributeError(f"{name} is not a class")
    return found, data


@cache
def _executed(path: str, data: bytes) -> types.ModuleType:
    """Return the file as a module, of the very bytes that are hashed; nothing is written beside it."""
    name = f"dout_reference_{hashlib.sha256(path.encode() + data).hexdigest()[:16]}"
    module = types.ModuleType(name)
    module.__file__ = path
    # Where dataclasses and typing look a class's module up.
    sys.modules[name] = module
    try:
        exec(compile(data, path, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def remember(sha256: str, layers: dict[str, type], references: tuple[str, ...]) -> None:
    """Keep the classes of an assignment that was read."""
    _read[sha256, references] = tuple(layers[reference] for reference in references)


def reference_classes(sha256: str, references: tuple[str, ...]) -> tuple[type, ...]:
    """Return the classes of the assignment with this hash."""
    found = _read.get((sha256, references))
    return found if found is not None else tuple(reference_layer(reference)[0] for reference in references)
