"""``dout assignment check`` tries what no reading tells: the reference, the cases, the texts, the examples."""

import shutil

import pytest

from harness.cli import main
from harness.errors import SandboxError

CUT = "x - y"
BACK = "return dout, -dout"


@pytest.fixture
def folder(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DOUT_LANG", raising=False)
    made = tmp_path / "sub"
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
    "raises": (f"return {CUT}", "raise ValueError('no')", "the reference raised ValueError: no in SubLayer.forward(2.0, 3.0)", None),
    "divides by zero at zero": (f"return {CUT}", "return 1 / x - y", "the reference of SubLayer is not linear in x", "the checks are exact for sums and products"),
    "is an exponential": (f"return {CUT}", "return 2 ** x - y", "the reference of SubLayer is not linear in x", "the checks are exact"),
    "is a cube": (f"return {CUT}", "return x - y ** 3", "the reference of SubLayer is not linear in y", "the checks are exact"),
    "is a product with a square": (f"return {CUT}", "return x * y * y", "the reference of SubLayer is not linear in x, y", "the checks are exact"),
    "returns nothing": (f"return {CUT}", "pass", "the reference returned None from SubLayer.forward(2.0, 3.0)", None),
    "returns a pair forward": (f"return {CUT}", "return x, y", "SubLayer.forward(2.0, 3.0) of the reference returned 2 value(s)", "return one value"),
    "returns one gradient": (BACK, "return dout", "SubLayer.backward(1.0) of the reference returned 1 value(s)", "return dx, dy"),
    "returns text": (BACK, "return dout, 'x'", "the reference returned", None),
    "adds up": (f"return {CUT}", "return (x - y).sum() if hasattr(x, 'sum') else x - y", "another shape than (3,) from SubLayer.forward", "a layer works entry by entry"),
    "is wrong against finite differences": (BACK, "return dout, dout", "the reference layers fail SubLayer.gradient: ", "fix the reference layer"),
    "is not proportional to dout": (BACK, "return dout * abs(dout), -dout", "the reference layers fail SubLayer.backward: ", "fix the reference layer"),
    "needs too long for a call": (f"return {CUT}", "import time; time.sleep(0.3); return x - y", "the reference of SubLayer needs more than 0.1 s for one call", "a learner's layer has no more time"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "hint"), REFERENCES.values(), ids=REFERENCES)
def test_a_reference_that_cannot_be_is_refused_at_its_line(old, new, message, hint, folder, capsys):
    change(folder / "reference.py", (f"        {old}\n", f"        {new}\n"))
    if "sleep" in new:
        change(folder / "assignment.toml", ("call_seconds = 2.0", "call_seconds = 0.1"))
    first, *more = refused(folder, capsys)
    file = folder / "assignment.toml"
    assert first.startswith(f"{file}:{line_of(file, 'reference.py:SubLayer')}: ")
    assert message in first
    assert hint is None or more[0].startswith(f"hint: {hint}")


def test_a_reference_is_held_against_differences_also_where_no_check_asks_for_them(folder, capsys):
    text = (folder / "assignment.toml").read_text("utf-8")
    begin, end = text.index('[[check]]\nid = "SubLayer.gradient"'), text.index('[[check]]\nid = "SubLayer.state"')
    (folder / "assignment.toml").write_text(text[:begin] + text[end:], "utf-8")
    assert main(["assignment", "check", str(folder)]) == 0
    capsys.readouterr()
    change(folder / "reference.py", (BACK, "return dout, dout"))
    assert "the reference layers fail SubLayer.gradient: " in refused(folder, capsys)[0]


def test_a_reference_that_does_not_end_is_refused(dout, folder):
    change(folder / "reference.py", (f"        return {CUT}\n", "        while True: pass\n"))
    done = dout("assignment", "check", folder, timeout=60)
    assert done.returncode == 2
    assert b"the reference of SubLayer needs more than 2.0 s for one call" in done.stderr


def test_a_reference_that_is_slow_in_all_is_refused(folder, capsys):
    change(
        folder / "reference.py", (f"        return {CUT}\n", "        import time; time.sleep(0.01); return x - y\n")
    )
    change(folder / "assignment.toml", ("submission_seconds = 10.0", "submission_seconds = 0.5"))
    assert "the reference layers need more than 0.5 s for all cases" in refused(folder, capsys)[0]


def test_magnitudes_whose_products_are_too_large_are_refused_at_their_line(folder, capsys):
    change(folder / "assignment.toml", ("[1e-60, 1e60]", "[1e-60, 1.7e308]"))
    change(folder / "reference.py", (f"return {CUT}", "return 3 * x - y"), (BACK, "return 3 * dout, -dout"))
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
    change(path, ("-dout, dout", "dout, -dout"))
    told = refused(folder, capsys)
    assert told[0] == f"{path}:1: this wrong example earns every point"
    assert told[1].startswith("hint: if it is wrong, add a check that sees it")


def test_a_right_example_that_loses_points_is_refused_with_its_line(folder, capsys):
    path = folder / "examples" / "right" / "with_arrays.py"
    change(path, ("dy = dout * -1", "dy = dout"))
    told = refused(folder, capsys)
    assert told[0].startswith(
        f"{path}:{line_of(path, 'dy = dout')}: this right example does not earn every point: SubLayer.backward: "
    )


def test_a_right_example_that_cannot_be_graded_is_refused(folder, capsys):
    path = folder / "examples" / "right" / "empty.py"
    path.write_text("", "utf-8")
    assert refused(folder, capsys)[0].startswith(f"{path}:1: this right example does not earn every point: ")


def test_examples_run_in_the_sandbox_and_may_be_notebooks_folders_or_broken(folder, capsys, tmp_path):
    (folder / "examples" / "wrong" / "broken.py").write_text("class SubLayer:\n  def forward(self", "utf-8")
    (folder / "examples" / "wrong" / "escapes.py").write_text(f"open({str(tmp_path / 'out')!r}, 'w')\n", "utf-8")
    inner = folder / "examples" / "right" / "a_folder"
    inner.mkdir()
    (inner / "sub.py").write_text((folder / "reference.py").read_text("utf-8"), "utf-8")
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
    change(file, ("SUB-SWAP", "SUB-TURNED"))
    told = refused(folder, capsys)
    line = line_of(file, "SUB-TURNED")
    assert told[0] == f"{file}:{line}: the mistake 'SUB-TURNED' has no text in the language en"
    assert told[2] == f"{file}:{line}: the mistake 'SUB-TURNED' has no text in the language ko"


def test_all_faults_of_the_file_are_told_one_on_a_line(folder, capsys):
    file = folder / "assignment.toml"
    change(file, ("points = 40", "points = -40"), ('kind = "state"', 'kind = "stat"'))
    lines = line_of(file, "points = -40"), line_of(file, 'kind = "stat"')
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
    change(folder / "assignment.toml", ("points = 40", "points = -40"))
    (told,) = refused(folder, capsys, "--lang", "ko")
    assert told.startswith(f"{folder / 'assignment.toml'}:")
    assert told.endswith("점수는 음수일 수 없습니다")
