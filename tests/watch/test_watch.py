"""``dout watch`` as a whole: in a terminal of its own, and through a pipe. Each step waits for what is shown."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import below, children, is_alive, until
from saved_files import RIGHT, WRONG

import harness

ROOT = str(Path(harness.__file__).parent.parent)
WAIT = 60.0
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")
KEYS = "h: hint  l: list  n: next  c: check all  q: quit"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "harness.cli", "watch", *map(str, arguments)]


def environment(**changed: str) -> dict[str, str]:
    hidden = ("COLUMNS", "PYTHONIOENCODING", "DOUT_LANG", "LANG", "LC_ALL", "LC_MESSAGES")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return kept | {"PYTHONPATH": ROOT, "TERM": "xterm", "PYTHONUTF8": "1"} | changed


class Watched:
    """A running ``dout watch`` and what it has written."""

    def __init__(self, process: "subprocess.Popen[bytes]", reader: int) -> None:
        self.process, self._reader = process, reader
        self.text = ""

    def shows(self, wanted: str) -> str:
        """Wait until ``wanted`` was written since the last call, and return everything up to its end."""
        end = time.monotonic() + WAIT
        while wanted not in self.text:
            assert self._read(end - time.monotonic()), f"{wanted!r} was not shown: {self.text!r}"
        before, _, self.text = self.text.partition(wanted)
        return before + wanted

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._reader], [], [], max(seconds, 0.0))
        try:
            data = os.read(self._reader, 65536) if ready else b""
        except OSError:  # what a terminal says when its other side was closed
            data = b""
        self.text += data.decode().replace("\r\n", "\n")
        return bool(data)

    def ends(self) -> int:
        """Wait for the end, and return the exit status; ``text`` then holds the last of what was written."""
        while self._read(WAIT):
            pass
        return self.process.wait(WAIT)


class Terminal(Watched):
    """The same in a terminal."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, slave: int) -> None:
        super().__init__(process, master)
        self.master, self.slave = master, slave

    def presses(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def mode(self) -> list[object]:
        return termios.tcgetattr(self.slave)

    def ends(self) -> int:
        # The slave that the test holds would keep the terminal open.
        status = self.process.wait(WAIT)
        while self._read(0.0):
            pass
        return status


def take_terminal() -> None:
    """Make standard input the terminal of this process, so that Ctrl-C reaches it."""
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def in_terminal(folder: Path, *arguments: object, **variables: str) -> Iterator[Terminal]:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(**variables),
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        preexec_fn=take_terminal,  # noqa: PLW1509 - this process has no other thread
    )  # fmt: skip
    try:
        yield Terminal(process, master, slave)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


@contextlib.contextmanager
def in_pipe(folder: Path, *arguments: object, **variables: str) -> Iterator[Watched]:
    process = subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(**variables),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield Watched(process, process.stdout.fileno())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layers.py").write_text(WRONG, "utf-8")
    return tmp_path


# In a terminal.


def test_a_session_saves_asks_lists_and_quits(folder):
    with in_terminal(folder) as watch:
        first = watch.shows(KEYS)
        assert "MulLayer.backward" in first
        watch.presses("h")
        assert "Hint 1 of " in watch.shows(KEYS)
        watch.presses("l")
        assert "PASS     AddLayer.forward" in watch.shows(KEYS)
        (folder / "layers.py").write_text(RIGHT, "utf-8")
        watch.shows("Grading layers.py ...")
        assert "All 13 checks passed. Well done." in watch.shows(KEYS)
        watch.presses("q")
        assert watch.ends() == 0
        assert "layers.py has 100/100 points. To go on later: dout watch layers.py" in watch.text


def test_the_line_of_keys_is_the_last_on_the_screen(folder):
    with in_terminal(folder) as watch:
        screen = watch.shows(KEYS).rpartition("\x1b[H\x1b[2J")[2]
        assert screen.splitlines()[-1] == KEYS
        assert re.fullmatch(r"Progress \[#{18}-{22}\] 45/100", screen.splitlines()[-3])
        assert watch.text == ""


@pytest.mark.parametrize("end", ["q", "\x03", "\x04"], ids=["q", "Ctrl-C", "Ctrl-D"])
def test_the_terminal_is_as_it_was_and_the_status_0(folder, end):
    with in_terminal(folder) as watch:
        before = watch.mode()
        watch.shows(KEYS)
        during = watch.mode()
        assert not during[3] & (termios.ICANON | termios.ECHO)
        watch.presses(end)
        assert watch.ends() == 0
        assert watch.mode() == before
        assert "Traceback" not in watch.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_to_end_leaves_the_terminal_as_it_was(folder, number):
    with in_terminal(folder) as watch:
        before = watch.mode()
        watch.shows(KEYS)
        watch.process.send_signal(number)
        assert watch.ends() == 128 + number
        assert watch.mode() == before
        assert "Traceback" not in watch.text


def test_after_ctrl_z_it_goes_on_where_it_was(folder):
    with in_terminal(folder) as watch:
        watch.shows(KEYS)
        during = watch.mode()
        watch.process.send_signal(signal.SIGSTOP)
        # As a shell does while it has the terminal.
        own = watch.mode()
        own[3] |= termios.ICANON | termios.ECHO
        termios.tcsetattr(watch.slave, termios.TCSANOW, own)
        watch.process.send_signal(signal.SIGCONT)
        watch.shows(KEYS)
        assert watch.mode() == during
        watch.presses("q")
        assert watch.ends() == 0


@pytest.mark.needs_proc
@pytest.mark.parametrize("end", ["q", "\x03"], ids=["q", "Ctrl-C"])
def test_no_process_is_left(folder, end):
    with in_terminal(folder) as watch:
        watch.shows(KEYS)
        everyone = below(watch.process.pid)
        assert everyone
        watch.presses(end)
        assert watch.ends() == 0
        until(lambda: not any(map(is_alive, everyone)))


@pytest.mark.needs_proc
def test_ctrl_c_while_a_learners_loop_runs_ends_it_at_once(folder):
    (folder / "layers.py").write_text("while True: pass\n", "utf-8")
    with in_terminal(folder) as watch:
        watch.shows("Grading layers.py ...")
        until(lambda: len(below(watch.process.pid)) > 1)
        everyone = below(watch.process.pid)
        watch.presses("\x03")
        assert watch.ends() == 0
        until(lambda: not any(map(is_alive, everyone)))
        assert "Traceback" not in watch.text


@pytest.mark.needs_proc
def test_one_sandbox_serves_the_whole_session(folder):
    with in_terminal(folder) as watch:
        watch.shows(KEYS)
        zygote = children(watch.process.pid)
        assert len(zygote) == 1
        (folder / "layers.py").write_text(RIGHT, "utf-8")
        watch.shows("100/100")
        assert children(watch.process.pid) == zygote


def test_a_terminal_that_cannot_be_steered_gets_plain_lines(folder):
    with in_terminal(folder, TERM="dumb") as watch:
        text = watch.shows("45/100\n")
        assert "\x1b" not in text
        watch.process.send_signal(signal.SIGINT)
        assert watch.ends() == 0


def test_a_file_may_come_later(tmp_path):
    with in_terminal(tmp_path, "mine.py") as watch:
        watch.shows("There is no mine.py here now.")
        watch.shows(KEYS)
        (tmp_path / "mine.py").write_text(RIGHT, "utf-8")
        watch.shows("100/100")


# Through a pipe.


@pytest.mark.parametrize("arguments", [[], ["--plain", "layers.py"]], ids=["a pipe", "--plain"])
def test_without_a_terminal_each_save_is_a_new_block(folder, arguments):
    with in_pipe(folder, *arguments) as watch:
        first = watch.shows("45/100\n")
        assert first.startswith("Grading layers.py ...\nlayers.py: save 1")
        (folder / "layers.py").write_text(RIGHT, "utf-8")
        second = watch.shows("100/100\n")
        assert second.startswith("\nGrading layers.py ...\nlayers.py: save 2")
        watch.process.send_signal(signal.SIGINT)
        assert watch.ends() == 0
        assert "\x1b" not in first + second + watch.text
        assert KEYS not in first + second + watch.text


def test_plain_in_a_terminal_reads_no_keys(folder):
    with in_terminal(folder, "--plain") as watch:
        before = watch.mode()
        watch.shows("45/100\n")
        assert watch.mode() == before
        watch.presses("\x03")
        assert watch.ends() == 0


def test_a_reader_that_leaves_the_pipe_ends_it_at_the_next_save(folder):
    with in_pipe(folder) as watch:
        watch.shows("45/100\n")
        os.dup2(os.open(os.devnull, os.O_RDONLY), watch._reader)
        (folder / "layers.py").write_text(RIGHT, "utf-8")
        assert watch.process.wait(WAIT) == 3


# Wrong use.


@pytest.mark.parametrize(
    ("arguments", "said"),
    {
        "no layers.py": ([], "there is no layers.py in this folder"),
        "a folder": (["."], ". is a folder"),
        "no such folder": (["nowhere/layers.py"], "there is no folder nowhere"),
        "a device": (["/dev/null"], "/dev/null"),
        "an unknown assignment": (["x.py", "--assignment", "ch99"], "there is no assignment 'ch99'"),
    }.values(),
)
def test_wrong_use_is_one_line_and_a_hint(tmp_path, arguments, said):
    done = subprocess.run(
        command(*arguments), cwd=tmp_path, env=environment(), capture_output=True, check=False, timeout=WAIT
    )
    first, second = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert said in first
    assert second.startswith("hint: ")
    assert done.stdout == b""
