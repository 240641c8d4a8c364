"""No wrong layer passes: each is caught by the check that should catch it, and costs the other layer nothing."""

from collections import Counter

import msgspec
import pytest
from inprocess import assignment, bank, caught_by, findings_of_each_check, judge, observe_text
from mutants import MUTANTS, TABLES, submission
from mutants.hostile import HOSTILE
from mutants.templates import RIGHT_ADD, RIGHT_MUL

from harness.cases import bank_for
from harness.grader import grade
from harness.language import LANGUAGES, language
from harness.records import Outcome, Verdict
from harness.sandbox.runner import Sandbox
from harness.submission import read_submission

LAYER_KINDS = ("forward", "backward", "arrays", "gradient", "state")


def check_ids(mutant):
    return {kind if "." in kind else f"{mutant.layer}.{kind}" for kind in mutant.caught_by}


def test_the_suite_is_large_and_no_mutant_replaces_another():
    assert len(MUTANTS) == sum(map(len, TABLES.values())) >= 60


def test_the_layers_around_the_mutants_are_right():
    assert not caught_by(judge(RIGHT_ADD + RIGHT_MUL))


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_mutant_is_caught_by_the_check_that_should_and_costs_the_other_layer_nothing(mutant):
    results = judge(submission(mutant.layer, mutant.source))
    caught, expected = caught_by(results), check_ids(mutant)
    assert expected <= caught
    # Whether the derivative shows a mistake depends on its region; a graph of wrong layers is wrong as well.
    assert {name for name in caught - expected if not name.startswith("graph.")} <= {f"{mutant.layer}.gradient"}
    other = "AddLayer" if mutant.layer == "MulLayer" else "MulLayer"
    assert all(results[f"{other}.{kind}"].verdict is Verdict.PASSED for kind in LAYER_KINDS)
    assert all(results[name].message and results[name].score == 0 for name in caught)
    # Whatever is found can be said in every language.
    assert all(language(code).sentences(results[name].said) for name in caught for code in LANGUAGES if code != "en")


@pytest.mark.parametrize("part", range(4))
def test_another_bank_catches_all_mutants_but_those_at_numbers_of_their_own(part):
    """On another seed, and without the probes: the strata find what is wrong in a region, not the draws."""
    cases = bank(2**40)
    fixed = len(cases.cases)
    passed = []
    for name, mutant in list(MUTANTS.items())[part::4]:
        seen = observe_text(submission(mutant.layer, mutant.source), cases)
        seen = msgspec.structs.replace(seen, cases=seen.cases[:fixed], calls=seen.calls[:fixed], probed=[])
        if not caught_by(judge(seen, cases)):
            passed.append(name)
    assert set(passed) <= TABLES["literals"].keys()


def test_numbers_of_their_own_are_asked_for_on_every_seed():
    cases = bank(2**40)
    assert all(caught_by(judge(submission(m.layer, m.source), cases)) for m in TABLES["literals"].values())


def test_every_check_of_a_layer_catches_something_that_no_other_of_its_checks_does():
    """The kill matrix. Each check judges by itself here, none waits for another."""
    alone = Counter()
    for mutant in [*list(TABLES["regions"].values())[::7], *TABLES["arrays"].values(), *TABLES["state"].values()]:
        findings = findings_of_each_check(observe_text(submission(mutant.layer, mutant.source)))
        killers = [kind for kind in LAYER_KINDS if findings[f"{mutant.layer}.{kind}"]]
        if len(killers) == 1:
            alone[mutant.layer, killers[0]] += 1
    assert alone.keys() == {(layer, kind) for layer in ("AddLayer", "MulLayer") for kind in LAYER_KINDS}


def test_every_check_of_the_graph_catches_something_that_no_other_check_does():
    alone = set()
    for mutant in TABLES["graphs"].values():
        findings = findings_of_each_check(observe_text(submission(mutant.layer, mutant.source)))
        killers = [name for name, finding in findings.items() if finding]
        if len(killers) == 1:
            alone.add(killers[0])
    assert alone == {"graph.shop_forward", "graph.shop_backward", "graph.random"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_a_wrong_layer_that_changes_its_surroundings_is_still_wrong(source, sandbox, tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(submission("MulLayer", source), encoding="utf-8")
    report = grade(read_submission(path), assignment(), sandbox=sandbox)
    assert report.outcome is Outcome.GRADED
    verdicts = {check.id: check.verdict for check in report.checks}
    assert verdicts["MulLayer.backward"] is not Verdict.PASSED
    assert verdicts["graph.shop_backward"] is not Verdict.PASSED


def test_the_sandbox_and_this_process_judge_alike(sandbox, tmp_path):
    """The other tests judge in this process; here a few mutants of every table go through the whole grader."""
    cases = bank_for(assignment(), assignment().default_seed)
    path = tmp_path / "layers.py"
    for table in TABLES.values():
        # What a layer that tosses a coin is caught by is another thing each time.
        steady = [mutant for mutant in table.values() if "random." not in mutant.source]
        for mutant in steady[:: max(1, len(steady) // 4)]:
            text = submission(mutant.layer, mutant.source)
            path.write_text(text, encoding="utf-8")
            report = grade(read_submission(path), assignment(), sandbox=sandbox)
            inside = judge(text, cases)
            assert [(check.id, check.verdict) for check in report.checks] == [
                (name, result.verdict) for name, result in inside.items()
            ]
