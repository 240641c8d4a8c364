"""One item per check: names, places, selection, verdicts; and totals that never come from what happened to run."""

import json

import pytest
from pytest_runs import RIGHT, SWAPPED, run_pytest, write

PARTIAL = "PARTIAL RUN - not a grade"
BROKEN = "class AddLayer(:\n    x = (\n"


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, layers_py=SWAPPED, good_py=RIGHT)
    return tmp_path


def collected(run):
    return [line for line in run.lines if "::" in line]


def test_node_ids_are_the_file_and_the_check(folder):
    run = run_pytest("--grade=layers.py", "--collect-only", "-q", folder=folder)
    assert collected(run)[:3] == [
        "layers.py::AddLayer.forward",
        "layers.py::AddLayer.backward",
        "layers.py::AddLayer.arrays",
    ]
    assert run.status == 0
    assert PARTIAL not in run.out


def test_the_result_is_the_same_beside_all_plugins_that_are_installed(folder):
    run = run_pytest("--grade=layers.py", "--grade=good.py", folder=folder, others=True)
    run.shows("SCORE 45/100", "SCORE 100/100")
    assert run.status == 1


def test_collecting_runs_and_parses_nothing(folder):
    write(folder, layers_py=BROKEN)
    run = run_pytest("--grade=layers.py", "--collect-only", "-q", folder=folder)
    assert len(collected(run)) == 13
    assert run.status == 0


@pytest.mark.parametrize(
    ("selection", "letters"),
    [
        (["-k", "MulLayer"], "PFBFB"),
        (["-k", "forward and not graph"], "PP"),
        (["--deselect=layers.py::MulLayer"], "PPPPPPBB"),
        (["-x"], "PPPPPPF"),
        (["--maxfail=2"], "PPPPPPFB"),
        (["layers.py::MulLayer.backward"], "F"),
        (["layers.py::MulLayer.backward", "layers.py::AddLayer.state"], "PF"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_with_checks_left_out_there_is_no_score_and_no_report_file(folder, selection, letters):
    run = run_pytest("--grade=layers.py", "--grade-report=json:r.json", *selection, folder=folder)
    run.shows(
        f"layers.py {letters}*",
        f"{PARTIAL}: {len(letters)} of 13 checks ran.",
        f"{PARTIAL}: r.json was not written. Run all checks for that.",
    )
    assert "SCORE" not in run.out
    assert not (folder / "r.json").exists()


def test_lf_runs_what_did_not_pass_before(folder):
    write(folder, other_py=RIGHT)
    run_pytest("--grade=layers.py", "--grade=other.py", folder=folder)
    write(folder, layers_py=RIGHT)
    run = run_pytest("--grade=layers.py", "--grade=other.py", "--lf", folder=folder)
    assert run.status == 0
    run.shows("layers.py PPPPPP*", f"{PARTIAL}: 6 of 13 checks ran.", f"{PARTIAL}: no check of other.py ran.")
    assert "SCORE" not in run.out


def test_lf_finds_a_file_outside_of_the_root_directory_again(tmp_path):
    write(tmp_path, course__pytest_ini="[pytest]\n", course__good_py=RIGHT, elsewhere__layers_py=SWAPPED)
    arguments = ["--grade=good.py", f"--grade={tmp_path / 'elsewhere' / 'layers.py'}"]
    run_pytest(*arguments, folder=tmp_path / "course")
    run = run_pytest(*arguments, "--lf", folder=tmp_path / "course")
    run.shows("../elsewhere/layers.py FBFBBB*")


def test_a_selection_of_nothing_is_pytests_own_exit_status(folder):
    run = run_pytest("--grade=layers.py", "-k", "nothing", folder=folder)
    assert run.status == pytest.ExitCode.NO_TESTS_COLLECTED
    run.shows(f"{PARTIAL}: no check of layers.py ran.")


def test_ids_win_over_the_path(folder):
    """As VS Code runs one test: the path stays in the arguments and ids are added."""
    identifiers = ["layers.py::AddLayer.forward", str(folder / "layers.py::AddLayer.backward")]
    run = run_pytest("--grade=layers.py", "--grade=good.py", *identifiers, "--rootdir", folder, folder=folder)
    run.shows("layers.py PP *", f"{PARTIAL}: 2 of 13 checks ran.", f"{PARTIAL}: no check of good.py ran.")


@pytest.mark.parametrize("form", [["--grade=layers.py::AddLayer.state"], ["--grade", "layers.py::AddLayer.state"]])
def test_an_id_can_stand_in_grade_itself(folder, form):
    run_pytest(*form, folder=folder).shows("layers.py P *", f"{PARTIAL}: 1 of 13 checks ran.")


def test_an_id_relative_to_the_root_directory_is_found(tmp_path):
    write(tmp_path, pytest_ini="[pytest]\n", a__layers_py=RIGHT, b__x_txt="")
    run = run_pytest("--grade=../a", "a/layers.py::AddLayer.state", folder=tmp_path / "b")
    run.shows("../a/layers.py P *")


def test_a_folder_above_selects_all_of_a_submission(folder):
    run_pytest("--grade=layers.py", ".", folder=folder).shows("SCORE 45/100")


def test_an_item_leads_to_the_line_of_its_method_or_class(tmp_path):
    write(tmp_path, layers_py=RIGHT.replace("class MulLayer", "class mul_layer"))
    write(tmp_path, places_py="def pytest_itemcollected(item):\n    print('AT', item.name, item.location[:2])\n")
    run = run_pytest("--grade", "-p", "places", "--collect-only", "-qs", folder=tmp_path, PYTHONPATH=str(tmp_path))
    assert [line for line in run.lines if line.startswith("AT ")] == [
        "AT AddLayer.forward ('layers.py', 1)",
        "AT AddLayer.backward ('layers.py', 4)",
        "AT AddLayer.arrays ('layers.py', 0)",
        "AT AddLayer.gradient ('layers.py', 4)",
        "AT AddLayer.state ('layers.py', 0)",
        "AT MulLayer.forward ('layers.py', 9)",
        "AT MulLayer.backward ('layers.py', 13)",
        "AT MulLayer.arrays ('layers.py', 8)",
        "AT MulLayer.gradient ('layers.py', 13)",
        "AT MulLayer.state ('layers.py', 8)",
        "AT graph.shop_forward ('layers.py', None)",
        "AT graph.shop_backward ('layers.py', None)",
        "AT graph.random ('layers.py', None)",
    ]


def test_a_failure_says_the_verdict_first_and_the_next_step_last(folder):
    run = run_pytest("--grade=layers.py", "--tb=short", "-k", "MulLayer", folder=folder)
    text = run.out[run.out.index("= FAILURES =") : run.out.index("= layers.py =")]
    failures = [part.strip("_").splitlines() for part in text.split("MulLayer.backward")]
    assert failures
    run.shows(
        "_* MulLayer.backward multiplies dout by the other input _*",
        "FAIL  MulLayer.backward*[[]MUL-SWAP]",
        "            dx     2.0        3.0        3.0",
        "  where:    layers.py:15",
        "Next: fix MulLayer.backward (layers.py:15), save, and grade again.",
        "_* MulLayer.backward is the derivative of its own forward _*",
        "Next: fix MulLayer.gradient (layers.py:15), save, and grade again.",
    )
    for hidden in ("grading_session", "Traceback", "CheckNotPassed"):
        assert hidden not in run.out


def test_a_blocked_check_names_what_it_waits_for(folder):
    write(folder, kept_py="def pytest_runtest_logreport(report):\n    if report.failed: print(repr(report.longrepr))\n")
    run = run_pytest(
        "--grade=layers.py", "-p", "kept", "-s", "-k", "MulLayer.state", folder=folder, PYTHONPATH=str(folder)
    )
    run.shows("*'BLOCKED by MulLayer.backward?nNext: make MulLayer.backward pass first.'*")


@pytest.mark.parametrize(
    ("body", "word", "letter"),
    [
        ("raise ValueError('no')", "FAIL", "F"),
        ("while True: pass", "TIMEOUT", "T"),
        ("[0] * 10**12", "MEMORY", "M"),
        ("__import__('os')._exit(0)", "CRASHED", "C"),
    ],
    ids=["raised", "timeout", "memory", "crashed"],
)
def test_each_verdict_has_a_word_and_a_letter(tmp_path, body, word, letter):
    write(tmp_path, layers_py=RIGHT.replace("return x * y", body))
    selection = ["--grade", "-k", "MulLayer.forward"]
    run_pytest(*selection, "-v", folder=tmp_path).shows(f"layers.py::MulLayer.forward {word} *")
    run_pytest(*selection, folder=tmp_path).shows(f"layers.py {letter} *")


def test_a_file_that_does_not_parse_is_one_failure_and_the_others_are_graded(tmp_path):
    write(tmp_path, a_py=RIGHT, b_py=BROKEN, c_py=SWAPPED)
    run = run_pytest("--grade=a.py", "--grade=b.py", "--grade=c.py", "-rf", folder=tmp_path)
    assert run.status == 1
    run.shows(
        "a.py PPPPPPPPPPPPP*",
        "b.py NBBBBBBBBBBBB*",
        "c.py PPPPPPFBFBPBB*",
        "SCORE 100/100",
        "NOT GRADABLE  line 1: this is not Python*",
        "SCORE 45/100",
        "NOT GRADABLE b.py::AddLayer.forward*",
        "* 3 failed, 20 passed, 16 blocked *",
    )
    assert run.out.count("this is not Python") == 1


def test_on_a_ci_system_the_summary_tells_the_whole_reason(tmp_path):
    write(tmp_path, b_py=BROKEN)
    run = run_pytest("--grade=b.py", "-rf", folder=tmp_path, CI="true")
    run.shows("NOT GRADABLE b.py::AddLayer.forward*", "*this is not Python*", "Next: *")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty.py is empty"),
        (b"\x00\x01\x02", "*bytes of value zero*"),
        (b"# " + b"x" * (1 << 20), "*bytes; at most*"),
        ("# 층".encode("cp949"), "*is not valid UTF-8*"),
    ],
    ids=["empty", "binary", "too large", "encoding"],
)
def test_a_file_that_cannot_be_read_is_one_failing_item(tmp_path, data, reason):
    (tmp_path / "empty.py").write_bytes(data)
    write(tmp_path, good_py=RIGHT)
    run = run_pytest("--grade=empty.py", "--grade=good.py", "-v", folder=tmp_path)
    assert run.status == 1
    run.shows(
        "empty.py::gradable NOT GRADABLE *", f"NOT GRADABLE  {reason}*", "SCORE 100/100", "* 1 failed, 13 passed *"
    )
    assert PARTIAL not in run.out


def test_a_folder_with_two_candidates_is_one_failing_item(tmp_path):
    write(tmp_path, hw__a_py=RIGHT, hw__b_py=RIGHT)
    run = run_pytest("--grade=hw", "-v", folder=tmp_path)
    run.shows("hw::gradable NOT GRADABLE *", "NOT GRADABLE  2 files could be the one to grade: hw/a.py, hw/b.py.")


@pytest.mark.parametrize("stale", ["layers.py::AddLayer.forward", "layers.py::gradable"])
@pytest.mark.parametrize("text", ["", RIGHT], ids=["empty", "right"])
def test_an_id_of_an_earlier_state_of_the_file_still_runs(tmp_path, stale, text):
    """An editor's test tree is as old as its last discovery."""
    write(tmp_path, layers_py=text)
    run = run_pytest("--grade=layers.py", stale, folder=tmp_path)
    assert run.status == (0 if text else 1)


def test_the_score_is_that_of_the_plan_even_when_classes_are_missing(tmp_path):
    write(tmp_path, layers_py="class AddLayer:\n    def forward(self, x, y):\n        return x + y\n")
    run = run_pytest("--grade", "--grade-report=json:r.json", folder=tmp_path)
    run.shows("SCORE 8/100")
    assert json.loads((tmp_path / "r.json").read_text())["max_score"] == 100.0
