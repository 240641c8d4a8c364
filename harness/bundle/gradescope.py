"""An autograder for Gradescope: two scripts, dout as a wheel, and the assignment, in one zip.

Names and places are those of https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

import importlib
import importlib.metadata
import zipfile
from collections.abc import Sequence
from pathlib import Path

from harness.assignment import BUILT_IN, Assignment, built_in, path_of, reader_language
from harness.bundle.wheel import wheel
from harness.bundle.zipped import zipped
from harness.errors import SandboxError, UsageError
from harness.grader import fault_report
from harness.render.gradescope import render_gradescope
from harness.report_files import write_file
from harness.sentence import Sentence
from harness.template import files_below

__all__ = ["gradescope_bundle", "write_bundle"]

_SCRIPTS = Path(__file__).parent / "scripts"
_EXECUTABLE = ("setup.sh", "run_autograder")
_OWN_PACKAGES = frozenset({"harness", "reference"})


def gradescope_bundle(assignment: str, *, seed: int | None, lang: str | None, options: Sequence[str] = ()) -> bytes:
    """Return the zip: the same bytes for the same dout and the same arguments.

    Args:
        assignment: The name of one that comes with dout, or the path of its file or folder.
        seed: Of the drawn cases; the assignment's own when null.
        lang: Language of the results; what ``dout grade`` takes when null.
        options: More of them for ``dout grade``, one a line without a line's end in it.

    Raises:
        AssignmentError: it does not make sense.
        UsageError: it cannot be packed.
    """
    known = built_in(assignment)
    name, packed = wheel()
    files, argument = _assignment_files(assignment, known)
    chosen = ["--assignment", argument, *options]
    chosen += [] if seed is None else ["--seed", str(seed)]
    chosen += [] if lang is None else ["--lang", lang]
    # What learners read when no grading has come to an end: no score, so that nobody has a 0 for it.
    reason = Sentence("the grader ended before it had a result")
    fault = SandboxError(reason, Sentence("tell your instructor: this is not your file's fault"))
    report = fault_report(fault, "submission", "", known, known.default_seed if seed is None else seed)
    whole = {
        **{script: _script(script) for script in _EXECUTABLE},
        "options.txt": "".join(f"{option}\n" for option in chosen).encode(),
        "fault.json": render_gradescope(report, reader_language(assignment, lang)).encode(),
        name: packed,
        **files,
        **_modules(known),
    }
    return zipped(whole, executable=_EXECUTABLE)


def _script(name: str) -> bytes:
    # git on Windows may have ended its lines as Windows does, which no shell understands.
    return (_SCRIPTS / name).read_bytes().replace(b"\r\n", b"\n")


def write_bundle(path: Path, data: bytes) -> None:
    """Write a bundle, whole or not at all; an earlier bundle of dout is replaced, any other file is not.

    Raises:
        UsageError: there is another file, or none can be written there.
    """
    if path.exists() and not _is_bundle(path):
        raise UsageError(
            Sentence("{file} exists already and is no bundle of dout; nothing was written", file=path),
            Sentence("choose another name with -o"),
        )
    write_file(path, data)


def _is_bundle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
    return "run_autograder" in names and any(name.startswith("dout-") and name.endswith(".whl") for name in names)


def _assignment_files(name: str, assignment: Assignment) -> tuple[dict[str, bytes], str]:
    """Return the files of an assignment, and what it is called where they are; those of dout are in the wheel."""
    path = path_of(name)
    if path.is_relative_to(BUILT_IN):
        return {}, name
    # Not the whole folder: there may be anything in it, submissions too.
    files = {f"assignment/{path.name}": path.read_bytes()}
    files |= {f"assignment/{own.name}": own.read_bytes() for own in sorted(path.parent.glob("catalogue.*.toml"))}
    for file in sorted({Path(place) for place in _places(assignment) if place.endswith(".py")}):
        if not file.is_relative_to(path.parent.resolve()):
            raise UsageError(
                Sentence("the reference file {file} is not in the assignment's folder", file=file),
                Sentence("move it there, and write its new place in the assignment"),
            )
        files[f"assignment/{file.relative_to(path.parent.resolve()).as_posix()}"] = file.read_bytes()
    return files, f"assignment/{path.name}"


def _places(assignment: Assignment) -> list[str]:
    """Return the modules, or the whole paths of the files, that hold the reference layers."""
    return [layer.reference.rpartition(":")[0] for layer in assignment.layer]


def _modules(assignment: Assignment) -> dict[str, bytes]:
    """Return the instructor's own modules that hold the reference layers.

    Raises:
        UsageError: such a module belongs to a package that is installed: it may be large, and need others.
    """
    modules = [place for place in _places(assignment) if not place.endswith(".py")]
    tops = sorted({module.partition(".")[0] for module in modules} - _OWN_PACKAGES)
    installed = importlib.metadata.packages_distributions() if tops else {}
    files: dict[str, bytes] = {}
    for top in tops:
        module = importlib.import_module(top)
        if top in installed or module.__file__ is None:
            raise UsageError(
                Sentence("the reference module {name} is not one of your own files", name=top),
                Sentence("copy the layers into a module beside the assignment, and name that"),
            )
        path = Path(module.__file__)
        if path.name == "__init__.py":
            files |= {
                f"modules/{top}/{file.as_posix()}": (path.parent / file).read_bytes()
                for file in files_below(path.parent)
            }
        else:
            files[f"modules/{path.name}"] = path.read_bytes()
    return files
