"""One grade for each generation: what a worker writes down, whoever else works on the same submission."""

import msgspec
import pytest
from ground import EXAMPLES, Ground, graded

from harness.assignment import built_in
from harness.errors import SandboxError, SubmissionError
from harness.grader import fault_report, ungradable_report
from harness.records import Report
from harness.sentence import Sentence
from harness.service.schema import attempt, audit, grade, report, submission
from harness.service.store.grading import MOST_CRASHES, Claim, CrashedBefore, claim, fail, finish, hand_back, result_of
from harness.service.store.personal import erase_person
from harness.service.store.queueing import REGRADE_PRIORITY, regrade

ASSIGNMENT = built_in("ch05-add-mul")


class Site:
    """One submission, and workers that claim it."""

    def __init__(self, ground: Ground, **revision) -> None:
        self.ground, self.database = ground, ground.database
        self.course = ground.course()
        self.work = ground.assignment(self.course, **revision)
        self.one = ground.hand_in(self.work, ground.learner(self.course)).id

    def claim(self, executor: str = "w", gen: int = 0) -> Claim | None:
        with self.database.writing() as connection:
            return claim(self.database, connection, executor, self.one, gen)

    def finish(self, claimed: Claim, made: Report) -> bool:
        with self.database.writing() as connection:
            return finish(self.database, connection, result_of(claimed, made))

    def row(self):
        return self.ground.of(submission, self.one)[0]

    def states(self) -> list[str]:
        return [row["state"] for row in sorted(self.ground.rows(attempt), key=lambda row: (row["gen"], row["n"]))]


@pytest.fixture
def site(ground):
    return Site(ground)


def test_a_claim_holds_all_that_grading_needs(site):
    claimed = site.claim()
    assert (claimed.n, claimed.gen, claimed.revision, claimed.source) == (1, 0, 1, "ch05-add-mul")
    assert claimed.data == (EXAMPLES / "seed.py").read_bytes()
    assert site.row()["status"] == "running"


def test_a_grade_is_written_with_its_report_and_a_line_in_the_log(site):
    assert site.finish(site.claim(), graded())
    assert [(row["score"], row["attempt_n"], row["gen"]) for row in site.ground.rows(grade)] == [(45.0, 1, 0)]
    assert msgspec.json.decode(site.ground.rows(report)[0]["json"])["schema"] == "dout-report/1"
    assert [row["action"] for row in site.ground.rows(audit)] == ["grade.made"]
    assert (site.row()["status"], site.states()) == ("graded", ["done"])


def test_of_two_who_finish_the_first_stands(site):
    first, second = site.claim("a"), site.claim("b")
    assert site.finish(first, graded(10.0))
    assert not site.finish(second, graded(20.0))
    assert [row["score"] for row in site.ground.rows(grade)] == [10.0]
    assert site.states() == ["done", "superseded"]
    assert len(site.ground.rows(report)) == 1


def test_a_commit_whose_answer_was_lost_is_not_superseded_by_itself(site):
    claimed = site.claim()
    assert site.finish(claimed, graded())
    assert site.finish(claimed, graded())
    assert site.states() == ["done"]


def test_what_is_graded_is_not_claimed_again(site):
    site.finish(site.claim(), graded())
    assert site.claim() is None


def test_what_nobody_knows_is_not_claimed(site):
    site.one = "nothing"
    assert site.claim() is None


def test_the_fourth_worker_is_not_sacrificed(site):
    for _ in range(MOST_CRASHES):
        assert site.claim() is not None
    assert site.claim() is None
    assert (site.row()["status"], site.row()["reason"]) == ("failed", "grader_crash")
    assert site.states() == ["crashed"] * MOST_CRASHES


def test_a_submission_whose_worker_ended_is_claimed_alone_or_not_at_all(site):
    site.claim()
    with pytest.raises(CrashedBefore), site.database.writing() as connection:
        claim(site.database, connection, "w", site.one, 0, alone=False)
    assert site.states() == ["running"]
    assert site.claim().n == 2
    assert site.states() == ["crashed", "running"]


def test_one_that_was_never_lost_need_not_be_alone(site):
    with site.database.writing() as connection:
        assert claim(site.database, connection, "w", site.one, 0, alone=False).n == 1


def test_an_attempt_that_was_handed_back_is_no_crash(site):
    for _ in range(MOST_CRASHES + 2):
        claimed = site.claim()
        with site.database.writing() as connection:
            hand_back(connection, claimed)
    assert site.row()["status"] == "queued"
    assert site.claim() is not None


def test_a_late_submission_keeps_its_part(ground):
    with ground.database.reading() as connection:
        now = ground.database.now(connection)
    site = Site(ground, due_at=now - 60, late_factor=0.5)
    site.finish(site.claim(), graded(80.0))
    assert [row["score"] for row in ground.rows(grade)] == [40.0]


def test_a_file_that_cannot_be_graded_has_a_grade_and_costs_no_attempt(site):
    error = SubmissionError("EMPTY", Sentence("{file} is empty", file="layers.py"))
    site.finish(site.claim(), ungradable_report(error, "layers.py", "0" * 64, ASSIGNMENT, 1))
    assert [row["score"] for row in site.ground.rows(grade)] == [0.0]
    assert (site.row()["status"], site.row()["counts"]) == ("graded", False)


def test_a_fault_of_the_grader_is_no_grade(site):
    site.finish(site.claim(), fault_report(SandboxError("no"), "layers.py", "0" * 64, ASSIGNMENT, 1))
    assert site.ground.rows(grade) == []
    assert (site.row()["status"], site.row()["reason"], site.row()["counts"]) == ("failed", "grader_fault", False)


def regraded(site: Site):
    with site.database.writing() as connection:
        return regrade(site.database, site.ground.jobs, connection, site.one, "someone")


def test_a_regrade_leaves_the_old_grade_until_the_new_one_is_there(site):
    site.finish(site.claim(), graded(10.0))
    assert regraded(site) == 1
    assert site.row()["status"] == "queued"
    assert [row["score"] for row in site.ground.rows(grade)] == [10.0]
    assert site.ground.jobs.given[-1] == (site.one, 1, site.course, REGRADE_PRIORITY)
    site.finish(site.claim(gen=1), graded(20.0))
    assert [(row["gen"], row["score"]) for row in site.ground.rows(grade)] == [(0, 10.0), (1, 20.0)]


def test_a_regrade_uses_the_newest_revision(site):
    site.finish(site.claim(), graded())
    site.ground.revise(site.work, 2, seed=7)
    regraded(site)
    claimed = site.claim(gen=1)
    assert (claimed.revision, claimed.seed) == (2, 7)


def test_what_waits_anyway_is_not_asked_for_twice(site):
    assert regraded(site) is None
    assert len(site.ground.jobs.given) == 1


def test_the_grade_of_an_erased_person_is_not_made_anew(site):
    site.finish(site.claim(), graded(80.0))
    with site.database.writing() as connection:
        erase_person(site.database, connection, site.row()["user_id"], by="admin")
    assert regraded(site) is None
    assert [row["score"] for row in site.ground.rows(grade)] == [80.0]
    assert site.row()["status"] == "graded"


def test_a_failed_submission_can_be_graded_again(site):
    with site.database.writing() as connection:
        fail(site.database, connection, site.one, 0, "grader_fault")
    assert regraded(site) == 1
    assert site.finish(site.claim(gen=1), graded())
    assert (site.row()["status"], site.row()["counts"]) == ("graded", True)


def test_a_regrade_that_fails_takes_no_attempt_back(site):
    site.finish(site.claim(), graded())
    regraded(site)
    with site.database.writing() as connection:
        fail(site.database, connection, site.one, 1, "grader_fault")
    assert (site.row()["status"], site.row()["counts"]) == ("failed", True)
    assert len(site.ground.rows(grade)) == 1


def test_a_grade_of_an_older_generation_changes_nothing_of_the_newer(site):
    first = site.claim()
    with site.database.writing() as connection:
        fail(site.database, connection, site.one, 0, "grader_fault")
    regraded(site)
    assert site.finish(first, graded(10.0))
    assert site.row()["status"] == "queued"
