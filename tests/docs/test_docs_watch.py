"""The screen of `dout watch` that a page shows is the one that is written for the file that the page names."""

import re

from pages import ROOT, fences

from harness.assignment import built_in
from harness.grader import grade
from harness.language import ENGLISH
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission
from harness.watching.attention import ranked
from harness.watching.screen import key_line, screen
from harness.watching.view import View


def shown() -> str:
    """Return what `dout watch examples/swapped.py` shows first."""
    assignment = built_in()
    with Sandbox() as sandbox:
        report = grade(read_submission(ROOT / "examples" / "swapped.py"), assignment, sandbox=sandbox)
    text = f"{screen(View(report=report, order=ranked(assignment), save=1), ENGLISH)}\n{key_line(ENGLISH)}"
    return re.sub("isolation [A-D]", "isolation A", text)


def test_the_screen_on_the_page_is_that_of_dout_watch() -> None:
    (block,) = [block for block in fences("text") if block.attributes.get("screen") == "watch"]
    assert block.text == shown()
