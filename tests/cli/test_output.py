"""``--output``: the report is written whole, as UTF-8, or not at all; Ctrl-C leaves nothing behind."""

import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from commands import RIGHT, command, environment
from processes import below, children, cpu_seconds, is_alive, until


def test_the_report_is_utf_8_whatever_the_console_is(dout, tmp_path):
    path = tmp_path / "é숙제.py"
    path.write_text(RIGHT, "utf-8")
    done = dout("grade", path, "--output", "report.txt", env={"PYTHONIOENCODING": "cp949", "LC_ALL": "C"})
    assert (done.returncode, done.stdout) == (0, b"")
    assert "é숙제.py: " in (tmp_path / "working" / "report.txt").read_text("utf-8")


def test_an_older_report_is_replaced(dout, right, tmp_path):
    (tmp_path / "report.txt").write_text("old", "utf-8")
    assert dout("grade", right, "--output", tmp_path / "report.txt").returncode == 0
    assert "SCORE" in (tmp_path / "report.txt").read_text("utf-8")


@pytest.mark.parametrize(
    "place", ["nowhere/report.txt", "file/report.txt", "folder", "/proc/report.txt"],
    ids=["a missing folder", "a file as folder", "a folder", "a read-only place"],
)  # fmt: skip
def test_a_place_that_cannot_be_written_is_one_line_and_2(dout, right, tmp_path, place):
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "folder").mkdir()
    done = dout("grade", right, "--output", tmp_path / place)
    assert done.returncode == 2
    assert b" cannot be written: " in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1].startswith(b"hint: ")
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_disk_that_fills_up_leaves_the_older_report_and_no_other_file(dout, right, tmp_path):
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "report.txt").write_text("old", "utf-8")

    def let_files_be_short():
        # As on a full disk, the write stops in the middle of the report.
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    # A measurement of coverage could not write its own file either.
    unmeasured = {name: None for name in os.environ if name.startswith("COVERAGE")}
    done = dout("grade", right, "--output", reports / "report.txt", preexec_fn=let_files_be_short, env=unmeasured)
    assert done.returncode == 2
    assert b"report.txt cannot be written: " in done.stderr
    assert (reports / "report.txt").read_text("utf-8") == "old"
    assert [path.name for path in reports.iterdir()] == ["report.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_that_is_full_is_one_line_and_2(dout, right):
    done = dout("grade", right, "--output", "/dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == b"dout: /dev/full cannot be written: No space left on device"


#: A disk of one page, which the older report fills; it is gone with the namespace.
SMALL_DISK = """\
mount -t tmpfs -o size=4k small "$0" || exit 77
printf old > "$0/report.txt"
"$@" --output "$0/report.txt"
status=$?
cat "$0/report.txt"; ls -A "$0"
exit $status
"""


def test_a_disk_that_is_full_is_told_and_leaves_the_older_report(right, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", SMALL_DISK, disk, *command("grade", right)],
            env=environment(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no disk can be made here: there is no unshare")
    if done.returncode == 77 or done.stderr.startswith(b"unshare:"):
        pytest.skip(f"no disk can be made here: {done.stderr.decode().strip()}")
    assert done.returncode == 2
    assert done.stderr.decode() == (
        f"dout: {disk}/report.txt cannot be written: No space left on device\nhint: choose another place for the file\n"
    )
    assert done.stdout == b"oldreport.txt\n"


@pytest.mark.needs_proc
def test_ctrl_c_while_a_learners_loop_runs_leaves_no_process_and_no_file(tmp_path):
    (tmp_path / "loop.py").write_text(RIGHT.replace("return x * y", "\n        while True: pass"), "utf-8")
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        command("grade", tmp_path / "loop.py", "--output", tmp_path / "report.txt"),
        cwd=tmp_path,
        env=environment(TMPDIR=str(temporary)),
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        # The worker is a grandchild; half a second of processor time is more than its start takes.
        until(lambda: any(cpu_seconds(pid) > 0.5 for pid in below(process.pid) - children(process.pid)))
        everyone = below(process.pid)
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert complaint == b"dout: interrupted; nothing was left behind\n"
    until(lambda: not any(map(is_alive, everyone)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop.py", "tmp"]
    assert list(temporary.iterdir()) == []


def test_when_nobody_reads_either_stream_the_status_is_still_ours():
    process = subprocess.Popen(command("explain"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    process.stdout.close()
    # 120 would be the interpreter's own: it tried to write once more at its end.
    assert process.wait(60) == 3
