"""Zip archives that are the same bytes whenever they are made of the same files."""

import io
import stat
import zipfile
from collections.abc import Collection, Mapping

__all__ = ["zipped"]

#: The earliest that a zip can hold.
_DATE = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def zipped(files: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """Return a zip with ``files``, by their names in it; those in ``executable`` may be run."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = (stat.S_IFREG | (0o755 if name in executable else 0o644)) << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
