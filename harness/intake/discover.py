"""Finds the submissions in a class's folder or zip by their names alone; no submission is opened."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from harness.archive import may_be_graded
from harness.errors import SubmissionError, UsageError
from harness.intake.containers import Container
from harness.intake.exports import CanvasName, canvas_name, is_canvas, moodle_name
from harness.intake.found import Entry, Export, Learner, Reason, Unassigned, displayed, fold
from harness.intake.gradescope import METADATA, WITHOUT_IT, submitters
from harness.sentence import Sentence

__all__ = ["discover"]

# Bytes. The file has every attempt's results with their outputs: for some hundred learners tens of megabytes.
_METADATA_LIMIT = 128 << 20
# What a browser puts behind the name of a file that it brings a second time.
_NUMBERED = re.compile(r" ?\([0-9]{1,3}\)$")


def discover(container: Container) -> tuple[Container, list[Entry], list[Unassigned]]:
    """Return the submissions in ``container``, sorted by their names, and what was left out.

    The first of the three is where the entries lie: ``container`` itself, or the only folder in it if that holds an
    export or is called as the container is: so zip programs wrap what they pack.

    Raises:
        UsageError: ``submission_metadata.yml`` is there and cannot be understood.
    """
    outer, container = container, _unwrapped(container)
    left_out: list[Unassigned] = []
    for place in [outer] if container is outer else [outer, container]:
        left_out += (Unassigned(Reason.UNSAFE, displayed(name)) for name in place.unsafe)
        left_out += (
            Unassigned(Reason.SYSTEM, displayed(n)) for n, folder in place.names.items() if _of_system(n, folder)
        )
    names = _handed_in(container)
    if METADATA in names:
        found = _gradescope(container, names)
    elif any(map(moodle_name, names)):
        found = _moodle(names)
    elif is_canvas(names):
        found = _canvas(names)
    else:
        found = map(_plain, names.items())
    entries: list[Entry] = []
    for one in found:
        if isinstance(one, Entry):
            entries.append(one)
        else:
            left_out.append(one)
    return container, entries, left_out


def _handed_in(container: Container) -> dict[str, bool]:
    return {name: is_folder for name, is_folder in container.names.items() if not _of_system(name, is_folder)}


def _of_system(name: str, is_folder: bool) -> bool:
    # A folder that is passed over in a submission is passed over here: __MACOSX, .git, node_modules.
    if is_folder:
        return not may_be_graded(f"{name}/layers.py")
    return name.startswith((".", "~$")) or name.lower() in {"thumbs.db", "desktop.ini"}


def _unwrapped(container: Container) -> Container:
    names = _handed_in(container)
    if len(names) != 1 or not all(names.values()) or any(map(moodle_name, names)):
        return container
    (name,) = names
    inner = container.inside(name)
    below = _handed_in(inner)
    learners = {said.number for said in map(canvas_name, below) if said is not None}
    if (
        METADATA in below
        or any(map(moodle_name, below))
        or (is_canvas(below) and len(learners) > 1)
        or fold(name) == fold(_NUMBERED.sub("", container.stem))
        or fold(name) == fold(container.stem)
    ):
        return inner
    return container


def _plain(item: tuple[str, bool]) -> Entry | Unassigned:
    name, is_folder = item
    shown = displayed(name)
    if not is_folder and not (name.lower().endswith(".zip") or may_be_graded(name)):
        return Unassigned(Reason.NOT_CODE, shown)
    whole = displayed(name if is_folder else PurePosixPath(name).stem)
    return Entry(
        name=shown,
        export=Export.PLAIN,
        learner=Learner(key=whole, name=whole),
        files=((name, name),),
        is_folder=is_folder,
    )


def _moodle(names: dict[str, bool]) -> Iterator[Entry | Unassigned]:
    flat: dict[str, list[tuple[str, str]]] = {}
    learners: dict[str, Learner] = {}
    for name, is_folder in names.items():
        said = moodle_name(name)
        if said is None:
            yield _plain((name, is_folder))
            continue
        if not said.handed_in or (not is_folder and said.file is None):
            yield Unassigned(Reason.FEEDBACK, displayed(name))
            continue
        learner = learners.setdefault(said.number, Learner(key=said.number, name=displayed(said.name)))
        if is_folder:
            yield Entry(
                name=displayed(name),
                export=Export.MOODLE,
                learner=learner,
                files=((name, name),),
                is_folder=True,
                number=said.number,
            )
        else:
            flat.setdefault(said.number, []).append((name, said.file or name))
    for number, files in flat.items():
        yield Entry(
            name=displayed(files[0][0]),
            export=Export.MOODLE,
            learner=learners[number],
            files=tuple(files),
            is_folder=False,
            number=number,
        )


def _canvas(names: dict[str, bool]) -> Iterator[Entry | Unassigned]:
    groups: dict[str, list[tuple[int, str, CanvasName]]] = {}
    for name in names:
        said = canvas_name(name)
        if said is None:
            yield Unassigned(Reason.NOT_CODE, displayed(name))
        elif said.attachment is None:
            yield Unassigned(Reason.FEEDBACK, displayed(name))
        else:
            groups.setdefault(said.number, []).append((said.attachment, name, said))
    for number, files in groups.items():
        learner = Learner(key=number, name=displayed(files[0][2].name))
        latest: dict[str, tuple[int, str, CanvasName]] = {}
        for one in sorted(files):
            file = _first_name(one[2].file)
            if file in latest:
                yield Unassigned(Reason.OLDER, displayed(latest[file][1]), (learner,))
            latest[file] = one
        kept = sorted(latest.values(), key=lambda one: one[1])
        yield Entry(
            name=displayed(kept[0][1]),
            export=Export.CANVAS,
            learner=learner,
            files=tuple((name, said.file) for _, name, said in kept),
            is_folder=False,
            late=any(said.late for _, _, said in kept),
            attempt=max(attachment for attachment, _, _ in kept),
            number=number,
        )


def _first_name(file: str) -> str:
    # Canvas calls a file that is handed in again layers-1.py, layers-2.py (Attachment.make_unique_filename).
    path = PurePosixPath(file)
    return fold(re.sub(r"-[0-9]{1,4}$", "", path.stem) + path.suffix)


def _gradescope(container: Container, names: dict[str, bool]) -> Iterator[Entry | Unassigned]:
    shown = f"{container.shown}/{METADATA}"
    try:
        text = container.read_file(METADATA, _METADATA_LIMIT).decode("utf-8-sig")
    except SubmissionError as exc:
        raise UsageError(exc.message, WITHOUT_IT) from None
    except UnicodeDecodeError:
        raise UsageError(Sentence("{file} is not UTF-8 text", file=shown), WITHOUT_IT) from None
    people = submitters(text, shown)
    for name, is_folder in names.items():
        if name == METADATA:
            continue
        if not people.get(name):
            yield Unassigned(Reason.UNLISTED, displayed(name))
            continue
        number = re.search(r"[0-9]{1,18}", name)
        for one in dict.fromkeys(people[name]):
            sid, email, known = displayed(one.sid), displayed(one.email), displayed(one.name)
            yield Entry(
                name=displayed(name),
                export=Export.GRADESCOPE,
                learner=Learner(key=sid or email or known, name=known, id=sid, email=email),
                files=((name, name),),
                is_folder=is_folder,
                # Submissions are numbered as they come. A name alone may be of two learners, so it has no attempts.
                attempt=int(number[0]) if number and (sid or email) else None,
            )
    for name in sorted(people.keys() - names.keys()):
        yield Unassigned(Reason.ABSENT, displayed(name))
