"""``dout assignment check`` tries what no reading tells: the reference, the cases, the texts, the examples."""

import shutil

import pytest

from harness.cli import main
from harness.errors import SandboxError

FORWARD = "return w * x + b"
BACKWARD = "return dw, dx, db"


@pytest.fixture
def folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DOUT_LANG", raising=False)
    made = tmp_path / "line"
    assert main(["assignment", "new", str(made)]) == 0
    capsys.readouterr()
    return made


def change(path, *pairs):
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def line_of(path, part):
    return next(number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if part in line)


def refused(folder, capsys, *options):
    """Check the folder, which has to be refused, and return what is said."""
    assert main(["assignment", "check", str(folder), *options]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    return seen.err.splitlines()


#: What is changed in the reference -> the complaint, and what to do.
REFERENCES = {
    "raises": (FORWARD, "raise ValueError('no')", "the reference raised ValueError: no in LineLayer.forward(2.0, 3.0, 2.0)", None),
    "divides": (FORWARD, "return b + w / x", "the reference of LineLayer is not linear in x", "the checks are exact for sums and products"),
    "is an exponential": (FORWARD, "return 2 ** x - w", "the reference of LineLayer is not linear in x", "the checks are exact"),
    "is a cube": (FORWARD, "return w - b ** 3", "the reference of LineLayer is not linear in b", "the checks are exact"),
    "returns nothing": (FORWARD, "pass", "the reference returned None from LineLayer.forward(2.0, 3.0, 2.0)", None),
    "returns a pair forward": (FORWARD, "return w, x", "LineLayer.forward(2.0, 3.0, 2.0) of the reference returned 2 value(s)", "return one value"),
    "returns one gradient": (BACKWARD, "return dout", "LineLayer.backward(1.0) of the reference returned 1 value(s)", "return dw, dx, db"),
    "returns text": (BACKWARD, "return dw, dx, 'x'", "the reference returned", None),
    "adds up": (FORWARD, "return (w * x + b).sum() if hasattr(x, 'sum') else w * x + b", "another shape than (3,) from LineLayer.forward", "a layer works entry by entry"),
    "is wrong against finite differences": (BACKWARD, "return dw, dw, db", "the reference layers fail LineLayer.gradient: ", "fix the reference layer"),
    "is not proportional to dout": (BACKWARD, "return dw * abs(dout), dx, db", "the reference layers fail LineLayer.backward: ", "fix the reference layer"),
    "needs too long for a call": (FORWARD, "import time; time.sleep(0.3); return w", "the reference of LineLayer needs more than 0.1 s for one call", "a learner's layer has no more time"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "hint"), REFERENCES.values(), ids=REFERENCES)
def test_a_reference_that_cannot_be_is_refused_at_its_line(old, new, message, hint, folder, capsys):
    change(folder / "reference.py", (f"        {old}\n", f"        {new}\n"))
    if "sleep" in new:
        change(folder / "assignment.toml", ("call_seconds = 2.0", "call_seconds = 0.1"))
    first, *more = refused(folder, capsys)
    file = folder / "assignment.toml"
    assert first.startswith(f"{file}:{line_of(file, 'reference.py:LineLayer')}: ")
    assert message in first
    assert hint is None or more[0].startswith(f"hint: {hint}")


def test_a_reference_is_held_against_differences_also_where_no_check_asks_for_them(folder, capsys):
    text = (folder / "assignment.toml").read_text("utf-8")
    begin, end = text.index('[[check]]\nid = "LineLayer.gradient"'), text.index('[[check]]\nid = "LineLayer.state"')
    (folder / "assignment.toml").write_text(text[:begin] + text[end:], "utf-8")
    assert main(["assignment", "check", str(folder)]) == 0
    capsys.readouterr()
    change(folder / "reference.py", (BACKWARD, "return dw, dw, db"))
    assert "the reference layers fail LineLayer.gradient: " in refused(folder, capsys)[0]


def test_a_reference_that_does_not_end_is_refused(dout, folder):
    change(folder / "reference.py", (FORWARD, "while True: pass"))
    done = dout("assignment", "check", folder, timeout=60)
    assert done.returncode == 2
    assert b"the reference of LineLayer needs more than 2.0 s for one call" in done.stderr


def test_a_reference_that_is_slow_in_all_is_refused(folder, capsys):
    change(folder / "reference.py", (FORWARD, f"import time; time.sleep(0.01); {FORWARD}"))
    change(folder / "assignment.toml", ("submission_seconds = 10.0", "submission_seconds = 0.5"))
    assert "the reference layers need more than 0.5 s for all cases" in refused(folder, capsys)[0]


def test_magnitudes_whose_products_are_too_large_are_refused_at_their_line(folder, capsys):
    change(folder / "assignment.toml", ("[1e-60, 1e60]", "[1e-60, 1e200]"))
    file = folder / "assignment.toml"
    assert refused(folder, capsys)[0].startswith(
        f"{file}:{line_of(file, 'magnitudes = ')}: the magnitudes are too large: the reference returned no finite number"
    )


def test_a_seed_whose_cases_cannot_be_built_is_refused_at_its_line(folder, capsys, monkeypatch):
    def fails(assignment, seed):
        raise SandboxError("the cases of seed 1 could not be built: no reason")

    monkeypatch.setattr("harness.cases._built_elsewhere", fails)
    file = folder / "assignment.toml"
    assert refused(folder, capsys) == [
        f"{file}:{line_of(file, 'default_seed')}: the cases of seed 1 could not be built: no reason"
    ]


def test_a_wrong_example_that_earns_every_point_is_refused(folder, capsys):
    path = folder / "examples" / "wrong" / "swapped.py"
    change(path, ("dout * self.w, dout * self.x", "dout * self.x, dout * self.w"))
    told = refused(folder, capsys)
    assert told[0] == f"{path}:1: this wrong example earns every point"
    assert told[1].startswith("hint: if it is wrong, add a check that sees it")


def test_a_right_example_that_loses_points_is_refused_with_its_line(folder, capsys):
    path = folder / "examples" / "right" / "other_words.py"
    change(path, ("[x * dout, w * dout", "[x * dout, x * dout"))
    told = refused(folder, capsys)
    assert told[0].startswith(
        f"{path}:{line_of(path, 'return [')}: this right example does not earn every point: LineLayer.backward: "
    )


def test_a_right_example_that_cannot_be_graded_is_refused(folder, capsys):
    path = folder / "examples" / "right" / "empty.py"
    path.write_text("", "utf-8")
    assert refused(folder, capsys)[0].startswith(f"{path}:1: this right example does not earn every point: ")


def test_examples_run_in_the_sandbox_and_may_be_notebooks_folders_or_broken(folder, capsys, tmp_path):
    (folder / "examples" / "wrong" / "broken.py").write_text("class LineLayer:\n  def forward(self", "utf-8")
    (folder / "examples" / "wrong" / "escapes.py").write_text(f"open({str(tmp_path / 'out')!r}, 'w')\n", "utf-8")
    inner = folder / "examples" / "right" / "a_folder"
    inner.mkdir()
    (inner / "line.py").write_text((folder / "reference.py").read_text("utf-8"), "utf-8")
    (folder / "examples" / "right" / ".hidden").write_text("", "utf-8")
    assert main(["assignment", "check", str(folder)]) == 0
    assert "examples: 2 right, each with every point; 5 wrong" in " ".join(capsys.readouterr().out.split())
    assert not (tmp_path / "out").exists()


def test_an_assignment_without_examples_is_in_order(folder, capsys):
    shutil.rmtree(folder / "examples")
    assert main(["assignment", "check", str(folder)]) == 0
    assert "no examples: put submissions into examples/right and examples/wrong" in capsys.readouterr().out


def test_a_mistake_without_a_text_is_refused_at_its_line(folder, capsys):
    file = folder / "assignment.toml"
    change(file, ("LINE-NO-DOUT", "LINE-OURS"))
    told = refused(folder, capsys)
    line = line_of(file, "LINE-OURS")
    for language in ("en", "ko"):
        assert f"{file}:{line}: the mistake 'LINE-OURS' has no text in the language {language}" in told


def test_a_text_without_a_mistake_is_refused_at_its_line(folder, capsys):
    path = folder / "catalogue.ko.toml"
    path.write_text(
        path.read_text("utf-8") + '[SIGHN]\nmessage = "m"\nexplanation = "e"\nhints = ["a", "b", "c"]\n', "utf-8"
    )
    assert refused(folder, capsys, "--lang", "en") == [
        f"{path}:{line_of(path, '[SIGHN]')}: there is no mistake 'SIGHN', neither in dout nor in [[layer]]",
        "hint: `dout explain` lists all codes",
    ]


def test_a_catalogue_of_no_sense_is_refused_at_its_line(folder, capsys):
    path = folder / "catalogue.en.toml"
    change(path, ("{layer}.{method}", "{layer"))
    assert refused(folder, capsys)[0].startswith(f"{path}:{line_of(path, '[LINE-NO-DOUT]')}: LINE-NO-DOUT: ")


def test_all_faults_of_the_file_are_told_one_on_a_line(folder, capsys):
    file = folder / "assignment.toml"
    change(file, ("points = 35", "points = -35"), ('kind = "state"', 'kind = "stat"'))
    lines = line_of(file, "points = -35"), line_of(file, 'kind = "stat"')
    assert refused(folder, capsys) == [
        f"{file}:{lines[0]}: points cannot be negative",
        f"{file}:{lines[1]}: the kind 'stat' is not one of forward, backward, arrays, gradient, state",
    ]


def test_a_misspelt_key_is_told_at_its_own_line_with_the_nearest_that_there_is(folder, capsys):
    file = folder / "assignment.toml"
    change(file, ("# visibility", "visibilty"))
    assert refused(folder, capsys) == [
        f"{file}:{line_of(file, 'visibilty')}: there is no key 'visibilty' here",
        "hint: did you mean visibility?",
    ]


def test_faults_are_told_in_the_readers_language(folder, capsys):
    change(folder / "assignment.toml", ("points = 35", "points = -35"))
    (told,) = refused(folder, capsys, "--lang", "ko")
    assert told.startswith(f"{folder / 'assignment.toml'}:")
    assert told.endswith("점수는 음수일 수 없습니다")
