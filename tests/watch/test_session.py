"""A session by its events: what is graded, when, and what is shown then."""

import queue
import threading

import pytest
from saved_files import RIGHT, WRONG

from harness.errors import UsageError
from harness.language import ENGLISH
from harness.watching.display import PlainDisplay, TerminalDisplay
from harness.watching.events import Pressed, Quit, Resumed, Saved
from harness.watching.session import Session

WAIT = 60.0


class Running:
    """A session in a thread of its own; what it shows arrives in a queue."""

    def __init__(self, path, assignment, sandbox) -> None:
        self.path = path
        self.told: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.session = Session(path, assignment, None, sandbox=sandbox, display=self, language=ENGLISH)
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.session.run()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            self.error = error
            self.told.put(("error", str(error)))

    def grading(self, name: str) -> None:
        self.told.put(("grading", name))

    def show(self, text: str) -> None:
        self.told.put(("show", text))

    def leave(self, text: str) -> None:
        self.told.put(("leave", text))

    def next(self) -> tuple[str, str]:
        return self.told.get(timeout=WAIT)

    def saves(self, source: str | None) -> None:
        if source is None:
            self.path.unlink()
        else:
            self.path.write_text(source, "utf-8")
        self.session.events.put(Saved())

    def presses(self, key: str) -> None:
        self.session.events.put(Pressed(key))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.events.put(Quit())
        self._thread.join()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(WRONG, "utf-8")
    return path


@pytest.fixture
def running(path, assignment, sandbox):
    with Running(path, assignment, sandbox) as started:
        yield started


def test_the_file_is_graded_as_it_is_and_then_at_each_save(running):
    assert running.next() == ("grading", "layers.py")
    kind, text = running.next()
    assert kind == "show"
    assert "layers.py: save 1" in text
    assert "45/100" in text
    running.saves(RIGHT)
    assert running.next() == ("grading", "layers.py")
    assert "layers.py: save 2" in running.next()[1]


def skip_first(running) -> str:
    assert running.next()[0] == "grading"
    kind, text = running.next()
    assert kind == "show"
    return text


def test_a_save_that_changes_nothing_is_not_graded_again(running):
    skip_first(running)
    running.saves(WRONG)
    running.presses("l")
    kind, text = running.next()
    assert kind == "show"
    assert "save 1" in text


def test_keys_change_what_is_shown_without_grading(running):
    skip_first(running)
    running.presses("h")
    kind, text = running.next()
    assert kind == "show"
    assert "Hint 1 of " in text


def test_c_grades_again_although_nothing_was_saved(running):
    skip_first(running)
    running.presses("c")
    assert running.next()[0] == "grading"
    kind, text = running.next()
    assert kind == "show"
    assert "SCORE 45/100" in text


def test_q_ends_with_the_last_words(running):
    skip_first(running)
    running.presses("q")
    assert running.next() == ("leave", "layers.py has 45/100 points. To go on later: dout watch layers.py\n")


def test_a_terminal_that_is_gone_ends_it_too(running):
    skip_first(running)
    running.session.events.put(Quit())
    assert running.next()[0] == "leave"


def test_after_a_pause_the_same_is_shown_again(running):
    text = skip_first(running)
    running.session.events.put(Resumed())
    assert running.next() == ("show", text)


def test_a_file_that_goes_is_waited_for_and_graded_when_it_is_back(running):
    skip_first(running)
    running.saves(None)
    kind, text = running.next()
    assert kind == "show"
    assert text.startswith("There is no layers.py here now.")
    running.saves(WRONG)
    assert running.next()[0] == "grading"
    assert "45/100" in running.next()[1]


def test_an_editor_that_empties_the_file_first_is_given_a_moment(running):
    skip_first(running)
    running.saves("")
    running.saves(RIGHT)
    assert running.next()[0] == "grading"
    assert "100/100" in running.next()[1]


def test_a_file_that_stays_empty_is_told(running):
    skip_first(running)
    running.saves("")
    kind, text = running.next()
    assert kind == "show"
    assert text.startswith("layers.py is empty.")


def test_a_key_during_the_moment_of_doubt_does_not_end_it(running):
    skip_first(running)
    running.saves(None)
    running.presses("l")
    assert "save 1" in running.next()[1]
    assert running.next()[1].startswith("There is no layers.py here now.")


def test_text_that_is_no_python_is_told_and_the_next_save_is_graded(running):
    skip_first(running)
    running.saves("class MulLayer(:\n")
    assert running.next()[0] == "grading"
    assert "NOT GRADABLE" in running.next()[1]
    running.saves(RIGHT)
    assert running.next()[0] == "grading"
    assert "100/100" in running.next()[1]


def test_bytes_that_are_no_text_are_told(running):
    skip_first(running)
    running.path.write_bytes(b"%PDF-1.4 layers")
    running.session.events.put(Saved())
    assert running.next()[0] == "grading"
    assert "NOT GRADABLE" in running.next()[1]


def test_a_loop_that_does_not_end_costs_its_check_and_not_the_session(running):
    skip_first(running)
    running.saves(RIGHT.replace("return x * y", "\n        while True: pass"))
    assert running.next()[0] == "grading"
    assert "TIMEOUT" in running.next()[1]
    running.saves(RIGHT)
    assert running.next()[0] == "grading"
    assert "100/100" in running.next()[1]


def test_a_file_that_is_not_there_at_the_start_is_waited_for(path, assignment, sandbox):
    path.unlink()
    with Running(path, assignment, sandbox) as running:
        assert running.next()[1].startswith("There is no layers.py here now.")
        running.saves(RIGHT)
        assert running.next()[0] == "grading"
        assert "100/100" in running.next()[1]


def test_what_is_no_file_is_a_wrong_use(tmp_path, assignment, sandbox):
    device = tmp_path / "layers.py"
    device.symlink_to("/dev/null")
    with Running(device, assignment, sandbox) as running:
        assert running.next()[0] == "error"
    assert isinstance(running.error, UsageError)


def test_plain_blocks_follow_one_another_and_steer_nothing():
    written: list[str] = []
    display = PlainDisplay(written.append, ENGLISH)
    display.grading("layers.py")
    display.show("one\n")
    display.leave("bye\n")
    assert "".join(written) == "Grading layers.py ...\none\n\nbye\n"


def test_a_terminal_shows_the_keys_in_its_last_line():
    written: list[str] = []
    TerminalDisplay(written.append, ENGLISH).show("one\n")
    assert written == ["\x1b[H\x1b[2Jone\n\nh: hint  l: list  n: next  c: check all  q: quit"]
