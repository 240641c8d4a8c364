"""Without ``--grade`` the plugin does nothing, and loads nothing beyond what pytest has loaded."""

from pytest_runs import PLUGIN, run_pytest, run_python, write

#: Schemathesis' own plugin imports Hypothesis, where it is installed for the tests of the service.
WITHOUT = "'-p', 'no:schemathesis'"


def test_importing_the_plugin_loads_nothing_that_pytest_has_not(tmp_path):
    code = (
        "import sys, pytest\n"
        "seen = set(sys.modules)\n"
        "import harness.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - seen))\n"
    )
    assert run_python(code, folder=tmp_path) == ["harness", "harness.pytest_plugin"]


def test_a_run_without_grade_loads_nothing_of_the_grader(tmp_path):
    write(tmp_path, test_own_py="def test_own(): pass\n")
    # Hypothesis' own plugin imports Hypothesis at the end of every run.
    code = (
        "import sys, pytest\n"
        f"assert pytest.main([*{PLUGIN}, '-qq', '-p', 'no:hypothesispytest', '-p', 'no:xdist', {WITHOUT}]) == 0\n"
        "heavy = {'harness', 'reference', 'numpy', 'msgspec', 'hypothesis'}\n"
        "print('LOADED', *sorted(name for name in sys.modules if name.partition('.')[0] in heavy))\n"
    )
    loaded = run_python(code, folder=tmp_path)
    loaded = loaded[loaded.index("LOADED") + 1 :]
    assert [name for name in loaded if name not in {"harness", "harness.pytest_plugin"}] == []


def test_a_run_without_grade_is_as_it_was(tmp_path):
    write(tmp_path, test_own_py="def test_own(fixed): assert 0\n", layers_py="", pkg__init_py="")
    write(tmp_path, conftest_py="import pytest\n@pytest.fixture\ndef fixed(): pass\n")
    run = run_pytest("--grade-seed=5", folder=tmp_path)
    run.shows(
        "test_own.py F*",
        "=* FAILURES =*",
        "*AssertionError*",
        "=* short test summary info =*",
        "FAILED test_own.py::test_own*",
    )
    assert "grade: " not in run.out


def test_collect_only_imports_no_numpy(tmp_path):
    write(tmp_path, layers_py="class AddLayer: pass\n")
    code = (
        "import sys, pytest\n"
        f"assert pytest.main([*{PLUGIN}, '-qq', '--grade', '--collect-only', {WITHOUT}]) == 0\n"
        "print('LOADED', *sorted({'numpy', 'hypothesis'} & set(sys.modules)))\n"
    )
    loaded = run_python(code, folder=tmp_path)
    assert loaded[loaded.index("LOADED") + 1 :] == []
