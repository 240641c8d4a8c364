"""The parts of ``dout class`` by themselves."""

import io
import json
import os

import msgspec
import pytest
from right_layers import RIGHT

from harness.class_records import ClassHead, ClassRow, LeftOut
from harness.errors import UsageError
from harness.feedback import Feedback
from harness.language import ENGLISH
from harness.records import AssignmentId, Isolation, LayerScore, Level, Outcome, Versions
from harness.submission import submission_from_bytes
from harness.whole_class import progress
from harness.whole_class.compare import changes
from harness.whole_class.files import OutError, file_stem, write_chunks, write_whole
from harness.whole_class.grading import prepared_folder
from harness.whole_class.index import index_chunks, read_index
from harness.whole_class.progress import Progress
from harness.whole_class.shape import shape_of
from harness.whole_class.similar import Groups
from harness.whole_class.store import Key, Store, Stored
from harness.whole_class.summary import Naming, similar_lines

ISOLATION = Isolation(Level.A, ("seccomp",))
VERSIONS = Versions("0", "3", "2")
KEY = Key(
    assignment=AssignmentId("a", "1", "0" * 64),
    seed=1,
    isolation=ISOLATION,
    versions=VERSIONS,
    language="en",
    feedback=Feedback.FULL,
)


def row(learner: str, score: float | None = 1.0, **other) -> ClassRow:
    outcome = Outcome.GRADER_FAULT if score is None else Outcome.GRADED
    fields = {"learner": learner, "file": f"{learner}.py", "sha256": "", "outcome": outcome, "score": score}
    return ClassRow(**(fields | {"report": f"reports/{learner}.json", "page": f"pages/{learner}.html"} | other))


def stored(learner: str, score: float | None = 1.0) -> Stored:
    return Stored(row=row(learner, score), given="x")


PLACES = {"a": 0, "b": 1, "c": 2}


def names(store: Store) -> list[str]:
    return [one.learner for one in store.rows()]


# The names of files.


@pytest.mark.parametrize("name", ["kim", "20231234", "김민수", "kim@example.org", "a-b_c", "layers.v2"])
def test_a_plain_name_is_the_name_of_its_files(name):
    assert file_stem(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "a/b",
        "a\\b",
        ".a",
        "a.",
        "a b",
        "a~b",
        "CON",
        "nul.txt",
        "-x",
        "n" * 200,
        "<b>",
        "a\0",
        "\ud800",
        "가" * 60,
    ],
)
def test_any_other_name_makes_a_harmless_one_that_no_plain_name_is_equal_to(name):
    stem = file_stem(name)
    assert "~" in stem
    assert not set(stem) & set('/\\<>:"|?*\0')
    assert not stem.startswith((".", "-"))
    assert len(stem.encode()) < 200
    assert file_stem(stem) != stem


def test_names_that_differ_in_what_is_dropped_have_different_files():
    assert len({file_stem(name) for name in ("a b", "a  b", "a/b", "a_b", "a\\b")}) == 5


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path):
    path = tmp_path / "x"
    write_whole(str(path), b"old")

    def chunks():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OutError, match="No space left"):
        write_chunks(str(path), chunks())
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("x", b"old")]


# The rows.


def test_rows_are_given_in_the_order_of_the_class_and_the_last_one_of_each_counts(tmp_path):
    with Store(str(tmp_path), KEY, PLACES) as store:
        for place, one in ((2, stored("c")), (0, stored("a", 5)), (0, stored("a", 7))):
            store.add(place, one)
        assert [(one.learner, one.score) for one in store.rows()] == [("a", 7), ("c", 1)]
        store.tidy()
        assert [(one.learner, one.score) for one in store.rows()] == [("a", 7), ("c", 1)]
        store.add(1, stored("b"))
        assert names(store) == ["a", "b", "c"]
    assert len((tmp_path / "rows.jsonl").read_bytes().splitlines()) == 4


def test_rows_are_there_again_after_the_end(tmp_path):
    with Store(str(tmp_path), KEY, PLACES) as store:
        store.add(1, stored("b"))
    with Store(str(tmp_path), KEY, PLACES) as store:
        assert store.get(0) is None
        assert store.get(1) == stored("b")


@pytest.mark.parametrize("tail", [b'{"row":', b"\xff\n", b"{}\n", b'{"row":{}}\n'])
def test_a_line_that_was_cut_off_or_damaged_costs_nothing_else(tmp_path, tail):
    with Store(str(tmp_path), KEY, PLACES) as store:
        store.add(0, stored("a"))
    with (tmp_path / "rows.jsonl").open("ab") as file:
        file.write(tail)
    with Store(str(tmp_path), KEY, PLACES) as store:
        store.add(1, stored("b"))
        assert names(store) == ["a", "b"]
    with Store(str(tmp_path), KEY, PLACES) as store:
        assert names(store) == ["a", "b"]


@pytest.mark.parametrize("field", ["seed", "language", "isolation", "versions", "feedback", "assignment"])
def test_rows_that_were_made_from_something_else_do_not_hold(tmp_path, field):
    other = {
        "seed": 2,
        "language": "ko",
        "isolation": Isolation(Level.B, ()),
        "versions": Versions("1", "3", "2"),
        "feedback": Feedback.NONE,
        "assignment": AssignmentId("a", "1", "1" * 64),
    }
    with Store(str(tmp_path), KEY, PLACES) as store:
        store.add(0, stored("a"))
        store.add(1, stored("b"))
    with Store(str(tmp_path), msgspec.structs.replace(KEY, **{field: other[field]}), {"a": 0}) as store:
        assert store.get(0) is None
        # Whoever is not in the class any more: there are files to be removed.
        assert [one.learner for one in store.gone] == ["b"]


def test_a_disk_that_fills_up_in_the_middle_of_a_row_keeps_those_before(tmp_path, monkeypatch):
    class Full(io.FileIO):
        """A disk with room for three bytes."""

        left = 3

        def write(self, data):
            if not self.left:
                raise OSError(28, "No space left on device")
            self.left -= 3
            return super().write(data[:3])

    with Store(str(tmp_path), KEY, PLACES) as store:
        store.add(0, stored("a"))
        whole = store._file
        store._file = Full(tmp_path / "rows.jsonl", "a+b")
        with pytest.raises(OutError, match="No space left"):
            store.add(1, stored("b"))
        store._file.close()
        store._file = whole
        store.add(2, stored("c"))
        assert names(store) == ["a", "c"]


# The index.


def head() -> ClassHead:
    return ClassHead(
        assignment=KEY.assignment, title="T", seed=1, max_score=1, checks=[], isolation=ISOLATION, versions=VERSIONS
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_index_is_json_with_one_row_a_line(tmp_path, count):
    rows, left = (
        [row(str(number)) for number in range(count)],
        [LeftOut(reason="unknown", entry="x", learners=[], message="who?")] * count,
    )
    (tmp_path / "report.json").write_bytes(b"".join(index_chunks(head(), rows, left)))
    data = json.loads((tmp_path / "report.json").read_bytes())
    assert msgspec.convert(data["rows"], list[ClassRow]) == rows
    assert msgspec.convert(data["left_out"], list[LeftOut]) == left
    assert {name: data[name] for name in ClassHead.__struct_fields__} == json.loads(msgspec.json.encode(head()))
    assert [one.learner for one in read_index(str(tmp_path)).rows] == [one.learner for one in rows]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"schema": "dout-class/2", "checks": [], "rows": []}', b"\xff"])
def test_what_is_no_index_is_refused(tmp_path, data):
    (tmp_path / "report.json").write_bytes(data)
    with pytest.raises(UsageError, match="index"):
        read_index(str(tmp_path))


def test_a_grader_fault_that_was_a_mark_before_is_a_change(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(b"".join(index_chunks(head(), [row("a"), row("b")], [])))
    (found,) = changes(read_index(str(path)), head(), [row("a"), row("b", None)])
    assert (found.learner, found.before.score, found.after.score) == ("b", 1, None)


# The same code.


def shape(text: str) -> str:
    found = [
        LayerScore(
            name=name, found_as=name, line=1 + text[: text.index(f"class {name}")].count("\n"), score=0, max_score=1
        )
        for name in ("AddLayer", "MulLayer")
    ]
    graph = LayerScore(name="graph", found_as=None, line=None, score=0, max_score=1)
    return shape_of(submission_from_bytes("layers.py", text.encode()), [*found, graph])


SAME = {
    "comments and blank lines": RIGHT.replace("\n", "\n\n").replace("return", "# it is\n        return"),
    "other names": RIGHT.replace("self.x", "self.a").replace("dout", "d"),
    "another order": "\n\nclass MulLayer:"
    + RIGHT.split("class MulLayer:")[1]
    + "\n"
    + RIGHT.split("class MulLayer:")[0],
    "annotations": RIGHT.replace("(self, dout)", "(self, dout: float) -> tuple[float, float]"),
    "brackets": RIGHT.replace("return dout, dout", "return (\n            dout,\n            dout\n        )"),
    "something else below": RIGHT + "\nprint(MulLayer().forward(2, 3))\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_names_comments_and_layout_do_not_matter(text):
    assert shape(text) == shape(RIGHT) != ""


OTHER = {
    "the other factor": RIGHT.replace("dout * self.y, dout * self.x", "dout * self.x, dout * self.y"),
    "another operation": RIGHT.replace("x + y", "x - y"),
    "another function": RIGHT.replace("return x + y", "return float(x + y)"),
    "a step more": RIGHT.replace("return x + y", "out = x + y\n        return out"),
    "another number": RIGHT.replace("x + y", "x + y + 1"),
}


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_what_the_code_does_matters(text):
    assert shape(text) not in {shape(RIGHT), ""}


DEEP = {
    "brackets": "x = " + "(" * 5000 + "1" + ")" * 5000,
    "signs": "x = " + "-" * 100_000 + "1",
    "a chain": "x = 1" + "+1" * 200_000,
    "attributes": "x = a" + ".a" * 100_000,
    "blocks": "\n".join("    " * depth + "if 1:" for depth in range(2, 300)),
    "lines": "x = 1\n        " * 5000,
    "no Python": "def def",
}


@pytest.mark.parametrize("body", DEEP.values(), ids=DEEP)
def test_a_class_that_a_parser_would_go_deep_in_is_compared_with_none(body):
    text = RIGHT.replace("return x + y", f"{body}\n        return x + y")
    assert shape(text) == ""


def test_a_class_in_which_no_two_are_the_same_says_so():
    lines = [*similar_lines(Groups(compared=2, groups=()), list, ENGLISH, Naming(ENGLISH, anonymous=False))]
    assert "no two are the same" in lines


# How far it is.


class Clock:
    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_terminal_has_a_bar_with_rate_and_time_left(clock):
    stream = io.StringIO()
    with Progress(stream, 1000, ENGLISH, bar=True) as shown:
        clock.now = 2.0
        for _ in range(100):
            shown.count(graded=True)
        shown.show()
        assert stream.getvalue() == "\r[###...........................] 100/1000  50/s  0:18 left\x1b[K"
        clock.now = 2.1
        shown.show()
        assert stream.getvalue().count("\r") == 1
    assert stream.getvalue().endswith("\r\x1b[K")


def test_elsewhere_there_is_a_line_now_and_then(clock):
    stream = io.StringIO()
    with Progress(stream, 1000, ENGLISH, bar=False) as shown:
        for second in range(25):
            clock.now = float(second)
            shown.count(graded=True)
            shown.show()
    assert stream.getvalue() == "11/1000  1.1/s  14:59 left\n21/1000  1.1/s  15:32 left\n"


def test_what_needs_no_grading_does_not_count_for_the_rate(clock):
    stream = io.StringIO()
    with Progress(stream, 4, ENGLISH, bar=False) as shown:
        shown.count(graded=False)
        clock.now = 10.0
        shown.show()
        shown.count(graded=True)
        clock.now = 20.0
        shown.show()
    assert stream.getvalue() == "1/4\n2/4  0.1/s  0:40 left\n"


def test_a_screen_that_is_closed_does_not_stop_the_grading(clock):
    stream = io.StringIO()
    stream.close()
    with Progress(stream, 4, ENGLISH, bar=True) as shown:
        clock.now = 10.0
        shown.show()
        clock.now = 20.0
        shown.show()


# The folder.


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        prepared_folder(str(tmp_path), "submissions")
    assert os.listdir(tmp_path) == ["thesis.txt"]
