import json
import stat
import sys

import pytest
from sample_reports import report

from harness.errors import UsageError
from harness.report_files import joined, write_file


def test_one_report_is_an_object_and_several_an_array():
    assert json.loads(joined([report()], "json", several=False))["score"] == 3.0
    assert [one["score"] for one in json.loads(joined([report(), report()], "json", several=True))] == [3.0, 3.0]
    assert json.loads(joined([report()], "json", several=True))[0]["score"] == 3.0


def test_a_file_is_written_whole_and_replaced_whole(tmp_path):
    path = tmp_path / "r.txt"
    write_file(path, "first, and longer")
    write_file(path, "층\ud800")
    assert path.read_bytes() == "층\\ud800".encode()
    assert [one.name for one in tmp_path.iterdir()] == ["r.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no permission bits there")
def test_a_report_can_be_read_by_whoever_may_read_other_new_files(tmp_path):
    (tmp_path / "other").touch()
    write_file(tmp_path / "r.txt", "")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("other", "r.txt")]
    assert modes[0] == modes[1]


def test_a_write_that_fails_leaves_the_older_report_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "r.txt"
    path.write_text("older")

    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(UsageError, match="No space left"):
        write_file(path, "newer")
    assert path.read_text() == "older"
    assert [one.name for one in tmp_path.iterdir()] == ["r.txt"]


def test_a_folder_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path / "no" / "r.txt", "")
