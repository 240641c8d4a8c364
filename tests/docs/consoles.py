"""Runs the ```console blocks of the pages: ``$ command`` lines, each followed by what it prints.

A ```text block with ``of="command"`` shows the output of a command that the reader was told of above.

A block runs in a copy of what a clone offers a reader (``examples/``, ``student_template/``, ``pyproject.toml``), in
an empty folder (``in=empty``), in one that ``dout init`` has made (``in=template``), or in the same with the layers
written (``in=solved``). Files that the page writes (fences with ``file=NAME``) are there as well.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pages import ROOT, Fence, fences

__all__ = [
    "CONSOLES",
    "ELISION",
    "Command",
    "agrees",
    "comparable",
    "environment",
    "parsed",
    "pieces",
    "prepare",
    "presented",
    "run_block",
]

CONSOLES = [block for block in fences("console", "text") if block.language == "console" or "of" in block.attributes]

ELISION = "..."
#: What differs from one machine or run to the next, and what stands for it on the pages.
_PLACEHOLDERS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\bsha256 [0-9a-f]{16}\b"), "sha256 <beginning>"),
    (re.compile(r'("(?:wall|cpu)_s": )[\d.e-]+'), r"\1<seconds>"),
    (re.compile(r'("execution_time": |<testsuite .*\btime=")[\d.]+'), r"\1<seconds>"),
    (re.compile(r'("(?:stop|duration)": )[1-9]\d*'), r"\1<milliseconds>"),
    (re.compile(r'("version": )"\d+\.\d[^"]*"'), r'\1"<version>"'),
    (re.compile(r'("(?:dout|python|numpy)": )"\d[^"]*"'), r'\1"<version>"'),
    (re.compile(r"\b(dout|Python|pytest|pluggy|numpy|msgspec)([- ])\d+\.\d[\w.]*"), r"\1\2<version>"),
    (re.compile(r"^plugins: .*$"), "plugins: <plugins>"),
    (re.compile(r"^(system|encodings): .*$"), r"\1: <of this machine>"),
    (re.compile(r"^drawn cases are kept in .*$"), "drawn cases are kept in <folder>"),
)
_LOCK = "<lock>"
#: What a page shows as it was, although another machine shows another: only the comparison looks away.
_EQUALISED = (
    (re.compile(r"\bin \d+\.\d\ds( \(\d+:\d\d:\d\d\))?"), "in <seconds>s"),
    (re.compile(r"\bisolation [A-D]\b"), "isolation <level>"),
    (re.compile(r"^  locks in force: .*"), "  locks in force: <locks>"),
    (re.compile(r'"level": "[A-D]"'), '"level": "<level>"'),
    (re.compile(r'^( *)"(?:seccomp|landlock|uid|userns|rlimits)",?$'), rf'\1"{_LOCK}"'),
)
#: A line that only a machine of a low isolation level prints.
_ONLY_ELSEWHERE = re.compile(r"Isolation [CD]: ")
_PYTEST_RULE = re.compile(r"^(=+) (.+?) (=+)$")
_TERMINAL_WIDTH = 80
#: Variables by which a service or a user changes what programs print.
_CHANGES_OUTPUT = frozenset({"BUILD_NUMBER", "CI", "FORCE_COLOR", "PY_COLORS", "TERM"})


class Command(NamedTuple):
    """One command and the output that the page shows for it; blank lines at its end are the page's own."""

    text: str
    expected: list[str]


def parsed(block: Fence) -> list[Command]:
    """Return the commands of a console block."""
    if "of" in block.attributes:
        return [Command(block.attributes["of"], block.text.split("\n"))]
    commands: list[Command] = []
    continued = False
    for line in block.text.split("\n"):
        if continued:
            commands[-1] = commands[-1]._replace(text=f"{commands[-1].text}\n{line}")
        elif line.startswith("$ "):
            commands.append(Command(line[2:], []))
        else:
            assert commands, f"{block.id}: a console block begins with `$ command`"
            commands[-1].expected.append(line)
            continue
        continued = line.endswith("\\")
    return [Command(command.text, _without_blank_end(command.expected)) for command in commands]


def _without_blank_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def environment(scratch: Path) -> dict[str, str]:
    """Return the environment of a reader who has just installed dout beside this interpreter."""
    binaries = Path(sys.executable).parent
    for name in ("dout", "pytest"):
        assert shutil.which(name, path=binaries), f"no {name} beside {sys.executable}: install dout there first"
    hidden = ("PYTEST_", "PYTHON", "XDG_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(hidden)
        and name not in {"CI", "BUILD_NUMBER", "DOUT_LANG", "FORCE_COLOR", "PY_COLORS", "TERM", "TOX_ENV_NAME"}
    }
    return kept | {
        "PATH": f"{binaries}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "COLUMNS": str(_TERMINAL_WIDTH),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
        "XDG_CACHE_HOME": str(scratch / "cache"),
    }


def prepare(block: Fence, folder: Path) -> None:
    """Put into ``folder`` what the block's commands find there."""
    litter = shutil.ignore_patterns("__pycache__", "*_cache")
    if block.attributes.get("in") in {"template", "solved"}:
        shutil.copytree(ROOT / "student_template", folder, ignore=litter)
        if block.attributes["in"] == "solved":
            shutil.copy(ROOT / "examples" / "book.py", folder / "layers.py")
    else:
        folder.mkdir()
    if "in" not in block.attributes:
        for name in ("examples", "student_template"):
            shutil.copytree(ROOT / name, folder / name, ignore=litter)
        shutil.copy(ROOT / "pyproject.toml", folder)
        # Its testpaths name this one; pytest warns, which is an error in this project, when there is none.
        (folder / "tests").mkdir()
    for other in fences():
        if other.page == block.page and "file" in other.attributes:
            target = folder / other.attributes["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(other.text + "\n", encoding="utf-8")


def run_block(block: Fence, scratch: Path) -> Iterator[tuple[Command, list[str]]]:
    """Yield each command with the lines that it really prints, as a page would show them."""
    folder = scratch / "work"
    prepare(block, folder)
    variables, working, status = environment(scratch), folder, 0
    for command in parsed(block):
        if command.text.startswith("cd "):
            working /= command.text[3:]
            yield command, []
            continue
        done = subprocess.run(
            ["sh", "-c", f"(exit {status}); {command.text}"],
            cwd=working,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
        status = done.returncode
        yield command, presented(done.stdout.decode("utf-8"), folder)


def presented(output: str, folder: Path) -> list[str]:
    """Return the lines of ``output`` with placeholders for what no two machines share."""
    lines = output.replace(str(folder), "<folder>").rstrip("\n").split("\n") if output else []
    for number, line in enumerate(lines):
        for pattern, placeholder in _PLACEHOLDERS:
            line = pattern.sub(placeholder, line)  # noqa: PLW2901 - one substitution after the other
        lines[number] = line.rstrip()
    return lines


def comparable(line: str) -> str:
    """Return ``line`` without what may differ although the page shows it."""
    for pattern, placeholder in _EQUALISED:
        line = pattern.sub(placeholder, line)
    rule = _PYTEST_RULE.match(line)
    # pytest fills the line up: the number of signs depends on the digits of the duration.
    return f"=== {rule[2]} ===" if rule else line.rstrip()


def agrees(expected: Sequence[str], actual: Sequence[str]) -> bool:
    """Tell whether ``actual`` is what a page shows, where ``...`` stands for any run of lines."""
    pattern = r"(?:[^\n]*\n)*".join(re.escape(_joined(piece)) for piece in pieces(expected))
    return re.fullmatch(pattern, _joined(actual)) is not None


def _joined(lines: Sequence[str]) -> str:
    """Return the comparable lines as one text; how many locks a machine has makes no difference."""
    plain = [comparable(line) for line in lines if not _ONLY_ELSEWHERE.match(line)]
    return "".join(f"{line}\n" for number, line in enumerate(plain) if _LOCK not in line or line not in plain[:number])


def pieces(lines: Sequence[str]) -> list[list[str]]:
    """Return the runs of lines between elisions; an elision at an end gives an empty run there."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line == ELISION:
            found.append([])
        else:
            found[-1].append(line)
    return found
