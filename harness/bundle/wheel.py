"""The dout that runs here as a wheel: what is packed grades as what was tried, and no package index is asked for it."""

import base64
import hashlib
import importlib.metadata
from pathlib import Path

import harness
import reference
from harness.bundle.zipped import zipped
from harness.errors import UsageError
from harness.sentence import Sentence
from harness.template import files_below, template_directory

__all__ = ["wheel"]


def wheel() -> tuple[str, bytes]:
    """Return the name of a wheel of this dout, and its bytes.

    Source: https://packaging.python.org/en/latest/specifications/binary-distribution-format/, wheel 1.0.

    Raises:
        UsageError: dout runs from a folder without being installed, so what it needs is written nowhere.
    """
    try:
        installed = importlib.metadata.distribution("dout")
    except importlib.metadata.PackageNotFoundError:
        raise UsageError(
            Sentence("dout is not installed here, so it cannot be packed"),
            Sentence("install it with pip, also from a checkout: pip install ."),
        ) from None
    folders = {
        "harness": Path(harness.__file__).parent,
        "reference": Path(reference.__file__).parent,
        # In a checkout they lie beside the package.
        "harness/assignment_template": template_directory("assignment_template"),
        "harness/student_template": template_directory("student_template"),
    }
    files = {
        f"{name}/{file.as_posix()}": (folder / file).read_bytes()
        for name, folder in folders.items()
        for file in files_below(folder)
    }
    about = f"dout-{installed.version}.dist-info"
    for name in ("METADATA", "entry_points.txt", "licenses/LICENSE"):
        if text := installed.read_text(name):
            files[f"{about}/{name}"] = text.encode()
    files[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: dout\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    lines = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in sorted(files.items())]
    record = "".join([*lines, f"{about}/RECORD,,\n"]).encode()
    return f"dout-{installed.version}-py3-none-any.whl", zipped(
        {**dict(sorted(files.items())), f"{about}/RECORD": record}
    )


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
