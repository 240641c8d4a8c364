"""Wrong use is one line and a hint; help teaches by example and fits a terminal; streams may be closed or full."""

import os

import pytest
from commands import RIGHT

USAGE = {
    "nothing": ([], "say what to do, for example: dout grade layers.py"),
    "an unknown command": (["grad"], "invalid choice: 'grad'"),
    "no path": (["grade"], "PATH"),
    "a seed in words": (["grade", "x.py", "--seed", "seven"], "'seven' is not a whole number from 0 to"),
    "a negative seed": (["grade", "x.py", "--seed", "-5"], "'-5' is not a whole number from 0 to"),
    "a huge seed": (["grade", "x.py", "--seed", "1" + "0" * 30], "is not a whole number from 0 to"),
    "a seed of 5000 digits": (["grade", "x.py", "--seed", "1" * 5000], "is not a whole number from 0 to"),
    "an unknown level": (["grade", "x.py", "--isolation", "E"], "invalid choice: 'E'"),
    "an unknown format": (["grade", "x.py", "--format", "xml"], "invalid choice: 'xml'"),
    "an unknown option": (["grade", "x.py", "--fast"], "--fast"),
    "an unknown assignment": (["grade", "x.py", "--assignment", "ch99"], "there is no assignment 'ch99'"),
    "no action": (["assignment"], "say what to do, for example: dout assignment check"),
    "no service": (["bundle"], "say what to do, for example: dout bundle gradescope"),
    "an unknown service": (["bundle", "moodle"], "invalid choice: 'moodle'"),
    "standard input twice": (["grade", "-", "-"], "standard input can be read only once"),
    "a device": (["grade", "/dev/null"], "/dev/null"),
    "a folder that cannot be made": (["init", "/proc/x/y"], "cannot be written"),
    "a steering character": (["grade", "\x1b[31m"], "\\x1b[31m"),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE.values(), ids=USAGE)
def test_wrong_use_is_one_line_and_a_hint(dout, arguments, said):
    done = dout(*arguments)
    first, second = done.stderr.decode().splitlines()
    assert done.returncode == 2
    assert first.startswith(("dout: ", "dout grade: ", "dout assignment: ", "dout bundle: "))
    assert said in first
    assert second.startswith(("hint: ", "try: dout"))
    assert done.stdout == b""


@pytest.mark.parametrize(
    "words",
    [
        *([], ["grade"], ["watch"], ["init"], ["doctor"], ["assignment"], ["assignment", "check"]),
        *(["bundle"], ["bundle", "gradescope"]),
    ],
    ids=" ".join,
)
def test_help_teaches_by_example_and_fits_80_columns(dout, words):
    done = dout(*words, "--help", env={"COLUMNS": "80"})
    text = done.stdout.decode()
    assert done.returncode == 0
    assert max(map(len, text.splitlines())) <= 80
    assert "example" in text
    assert f"  {' '.join(['dout', *words])}" in text


def test_the_version_is_one_line(dout):
    done = dout("--version")
    assert (done.returncode, done.stdout.decode().split()[0]) == (0, "dout")


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("shell", "said"),
    {">&-": "standard output is closed", ">/dev/full": "No space left on device"}.items(),
    ids=["closed", "full"],
)
@pytest.mark.parametrize("words", [["grade", "{right}"], ["--help"], ["--version"]], ids=lambda words: words[0])
def test_a_standard_output_that_cannot_be_written_is_an_error_of_its_own(dout, right, words, shell, said, unbuffered):
    arguments = [word.format(right=right) for word in words]
    done = dout(*arguments, shell=shell, env={"PYTHONUNBUFFERED": unbuffered})
    assert done.returncode == 3
    assert done.stderr.decode().startswith("dout: standard output ")
    assert said in done.stderr.decode()


def test_a_reader_that_leaves_the_pipe_ends_the_command_with_3(dout, right):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = dout("grade", right, stdout=writer, env={"PYTHONUNBUFFERED": ""})
    finally:
        os.close(writer)
    assert done.returncode == 3
    assert done.stderr == (
        b"dout: standard output cannot be written: Broken pipe\n"
        b"hint: the program behind the pipe ended before it had read everything\n"
    )


def test_a_closed_error_stream_keeps_complaints_out_of_the_report(dout, right):
    done = dout("grade", right, "nowhere.py", shell="2>&-")
    assert done.returncode == 2
    assert b"nowhere" not in done.stdout


def test_a_closed_standard_input_is_told(dout):
    done = dout("grade", "-", shell="<&-")
    assert (done.returncode, done.stderr.split(b"\n")[0]) == (2, b"dout: standard input is closed")


def test_a_report_can_be_written_although_standard_output_is_closed(dout, right, tmp_path):
    assert dout("grade", right, "--output", tmp_path / "report.txt", shell=">&-").returncode == 0
    assert "SCORE 100/100" in (tmp_path / "report.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "words",
    [["doctor"], ["assignment", "check", "ch05-add-mul"], ["init", "made"], ["bundle", "gradescope"]],
    ids=lambda words: words[0],
)
def test_every_command_says_that_the_disk_is_full(dout, words):
    done = dout(*words, shell=">/dev/full")
    assert done.returncode == 3
    assert b"No space left on device" in done.stderr


def test_a_process_without_any_standard_stream_grades_as_any_other(dout, right, tmp_path):
    # The sandbox's own descriptors then have the numbers of the standard streams.
    done = dout("grade", right, "--output", tmp_path / "report.txt", shell="<&- >&- 2>&-")
    assert done.returncode == 0
    assert "SCORE 100/100" in (tmp_path / "report.txt").read_text("utf-8")


def test_a_working_folder_that_was_removed_is_no_obstacle(dout, right, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = dout("grade", right, cwd=gone, preexec_fn=gone.rmdir)
    assert (done.returncode, done.stderr) == (0, b"")


def test_init_writes_the_exercise_which_earns_nothing_and_is_met_kindly(dout, tmp_path):
    made = dout("init", tmp_path / "chapter5")
    assert made.returncode == 0
    assert b"next: open " in made.stdout
    graded = dout("grade", tmp_path / "chapter5")
    assert graded.returncode == 1
    assert b"SCORE 0/100\nEvery point is still there to be won.\nNext: begin with AddLayer.forward" in graded.stdout


def test_init_overwrites_nothing_and_writes_nothing_beside_it(dout, tmp_path):
    (tmp_path / "layers.py").write_text(RIGHT, "utf-8")
    done = dout("init", tmp_path)
    assert done.returncode == 2
    assert b"exists already; nothing was written" in done.stderr
    assert (tmp_path / "layers.py").read_text("utf-8") == RIGHT
    assert not (tmp_path / "README.md").exists()
