"""``dout bundle gradescope``: dout and an assignment as an autograder to upload."""

import argparse
from pathlib import Path

from harness.cli import OK
from harness.cli.console import show
from harness.escape import plain
from harness.interrupts import held_back
from harness.language import chosen_language

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write the zip, and say what to do with it."""
    with held_back():
        from harness.bundle.gradescope import gradescope_bundle, write_bundle

    more = ["--isolation", options.isolation]
    if options.feedback:
        more += ["--feedback", options.feedback]
    target = Path(options.output)
    write_bundle(target, gradescope_bundle(options.assignment, seed=options.seed, lang=options.lang, options=more))
    language = chosen_language(options.lang)
    lines = [
        language.text("wrote {file}", file=target),
        language.text(
            "next: upload it in Gradescope (Configure Autograder), and test it there with a file of your own"
        ),
    ]
    show("".join(plain(line) + "\n" for line in lines))
    return OK
