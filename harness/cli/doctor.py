"""``dout doctor``: what this machine offers, found out by trying."""

import argparse
import locale
import platform
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import harness
from harness.cli import FAULT, OK
from harness.cli.console import say, show
from harness.interrupts import held_back
from harness.language import Language, chosen_language
from harness.sentence import Sentence, marked

if TYPE_CHECKING:
    from harness.sandbox.selftest import Canary

__all__ = ["run"]

LEVELS = {
    "A": marked("seccomp, Landlock and a user of its own: a learner's code reaches nothing"),
    "B": marked("seccomp and resource limits: it reaches nothing that a system call is needed for"),
    "C": marked("Landlock without seccomp: it reaches no file, but other parts of the system"),
    "D": marked("a separate process with deadlines: it can read and write what you can"),
}


def run(options: argparse.Namespace) -> int:
    """Print the level reached, why not a better one, the attacks tried, versions and encodings."""
    with held_back():
        import msgspec
        import numpy as np

        from harness.cases import cache_directory
        from harness.render.cells import wrapped
        from harness.sandbox.limits import WorkerLimits
        from harness.sandbox.runner import Sandbox
        from harness.sandbox.selftest import not_held, self_test

    language = chosen_language(options.lang)
    text = language.text
    with Sandbox() as sandbox:
        with sandbox.spawn(WorkerLimits()) as worker:
            isolation = sandbox.isolation_of(worker)
        canaries = self_test(sandbox, WorkerLimits())
        missing = [(lock, language.told(why)) for lock, why in sandbox.missing.items()]
    locks = ", ".join(isolation.layers) or text("none")
    packages = f"numpy {np.__version__}, msgspec {msgspec.__version__}"
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    screen, files = getattr(sys.stdout, "encoding", None), sys.getfilesystemencoding()
    paragraphs = [
        ("", text("isolation level {level}: {what}", level=isolation.level, what=text(LEVELS[isolation.level]))),
        ("  ", text("locks in force: {locks}", locks=locks)),
        *[("  ", text("not here: {lock}: {why}", lock=lock, why=why)) for lock, why in missing],
        ("", ""),
        ("", text("attacks tried from inside a learner's process")),
        *_attempts(canaries, language),
        ("", ""),
        ("", f"dout {harness.__version__}, Python {platform.python_version()}, {packages}"),
        ("", text("system: {system}", system=system)),
        (
            "",
            text(
                "encodings: screen {screen}, files {files}, locale {locale}",
                screen=screen,
                files=files,
                locale=locale.getpreferredencoding(do_setlocale=False),
            ),
        ),
        ("", text("drawn cases are kept in {folder}", folder=cache_directory())),
    ]
    shown = [line for margin, one in paragraphs for line in wrapped(one, margin, " " * len(margin) + "  ")]
    show("\n".join(shown) + "\n")
    broken = not_held(isolation.layers, canaries)
    for canary in broken:
        attempt = Sentence(canary.what)
        say(Sentence("a lock that is in force did not stop this: {attempt}", attempt=attempt), lang=options.lang)
    if broken:
        say(
            Sentence("this machine does not keep a learner's code in"),
            Sentence("grade no stranger's file here, and please report it"),
            options.lang,
        )
    return FAULT if broken else OK


def _attempts(canaries: "Sequence[Canary]", language: Language) -> Iterator[tuple[str, str]]:
    from harness.render.cells import width_of

    words = {True: language.text("stopped"), False: language.text("OPEN")}
    width = max(map(width_of, words.values()))
    for canary in canaries:
        word = words[canary.stopped]
        yield f"  {word}{' ' * (width - width_of(word))}  ", language.text(canary.what)
