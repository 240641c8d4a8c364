"""The first screen of the README: the two commands to the letter, and what they end in."""

from pathlib import Path

from consoles import CONSOLES, agrees, run_block
from pages import PAGES, ROOT, fences

README = PAGES[0]
GRADE = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/pytest --grade=examples/seed.py"
TESTS = "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox"
#: Lines of a window on a laptop, times two: what can be seen without scrolling far.
FIRST_LINES = 90


def test_the_two_commands_are_there_to_the_letter() -> None:
    commands = [block.text for block in fences("sh") if block.page == README]
    assert commands == [GRADE, TESTS]


def test_continuous_integration_runs_the_second_command_as_the_readme_has_it() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert f"'{TESTS}' README.md" in script
    assert 'bash -c "$command"' in script


def test_the_first_screen_is_that_of_a_wrong_submission(tmp_path: Path) -> None:
    first = next(block for block in CONSOLES if block.page == README)
    ((command, actual),) = run_block(first, tmp_path)
    assert command.text == "pytest --grade=examples/swapped.py"
    assert agrees(command.expected, actual)
    assert "SCORE 45/100" in command.expected
    assert first.line + len(command.expected) < FIRST_LINES


def test_what_the_first_command_ends_in_is_shown_below_it(tmp_path: Path) -> None:
    blocks = [block for block in fences() if block.page == README]
    command = next(number for number, block in enumerate(blocks) if block.text == GRADE)
    shown = blocks[command + 1]
    assert shown.attributes["of"] == GRADE.rpartition("/bin/")[2]
    ((ending, actual),) = run_block(shown, tmp_path)
    assert agrees(ending.expected, actual)
    assert "SCORE 100/100" in ending.expected
