"""Which of a learner's submissions counts, and that pages, exports and the API say the same."""

import pytest
from ground import EXAMPLES, graded

from harness.assignment import built_in
from harness.grader import grade as grade_file
from harness.records import Outcome
from harness.sandbox.runner import Sandbox
from harness.service.class_rows import marks
from harness.service.ids import new_id
from harness.service.schema import override
from harness.service.store.counting import counting_submissions
from harness.service.store.queueing import regrade
from harness.service.store.standings import equal_answers, standings
from harness.submission import submission_from_bytes


class Work:
    """One learner's submissions to an assignment."""

    def __init__(self, ground, **revision):
        self.ground, self.database = ground, ground.database
        self.course = ground.course()
        self.assignment = ground.assignment(self.course, **revision)
        self.teacher = ground.learner(self.course, "Kim", role="instructor")
        self.learner = ground.learner(self.course)

    def hand_in(self, score=None, outcome=Outcome.GRADED):
        made = self.ground.hand_in(self.assignment, self.learner).id
        if score is not None:
            self.ground.grade(made, graded(score, outcome))
        return made

    def change(self, submission_id, score):
        self.ground.insert(
            override,
            id=new_id(),
            submission_id=submission_id,
            score=score,
            reason="r",
            by=self.teacher,
            at=self.database.clock,
        )

    def counting(self):
        with self.database.reading() as connection:
            return counting_submissions(connection, self.assignment, [self.learner, self.teacher]).get(self.learner)

    def mark(self):
        with self.database.reading() as connection:
            found = standings(connection, self.course, self.assignment)
            (one,) = marks(found, 0.0, lambda standing: standing.submission_id)
        return one.score, one.note


@pytest.fixture
def work(ground):
    return Work(ground)


def test_the_most_points_count_and_not_the_newest(work):
    work.hand_in(30.0)
    best = work.hand_in(80.0)
    work.hand_in(55.0)
    work.hand_in()
    assert work.counting() == best
    assert work.mark() == (80.0, best)


def test_of_equal_ones_the_newest_counts(work):
    work.hand_in(80.0)
    second = work.hand_in(80.0)
    assert work.counting() == second


def test_a_file_in_which_there_is_nothing_to_grade_takes_no_grade_away(work):
    best = work.hand_in(0.0)
    work.hand_in(0.0, Outcome.NOT_GRADABLE)
    assert work.counting() == best


def test_late_points_are_compared_after_the_deduction(ground):
    work = Work(ground)
    in_time = work.hand_in(60.0)
    ground.revise(work.assignment, 2, due_at=1.0, late_factor=0.5)
    late = work.hand_in(100.0)
    assert work.counting() == in_time
    work.change(late, 100.0)
    assert work.counting() == late


def test_a_changed_score_is_what_is_compared(work):
    first, second = work.hand_in(30.0), work.hand_in(80.0)
    work.change(second, 10.0)
    assert work.counting() == first
    work.change(second, 90.0)
    assert (work.counting(), work.mark()[0]) == (second, 90.0)
    work.change(second, 10.0)
    work.change(second, None)
    assert (work.counting(), work.mark()[0]) == (second, 80.0)


def test_an_old_grade_counts_until_the_new_one_stands(work):
    best, other = work.hand_in(80.0), work.hand_in(50.0)
    with work.database.writing() as connection:
        assert regrade(work.database, work.ground.jobs, connection, best, work.teacher) == 1
    assert (work.counting(), work.mark()[0]) == (best, 80.0)
    work.ground.grade(best, graded(20.0), 1)
    assert (work.counting(), work.mark()[0]) == (other, 50.0)


def test_without_a_grade_nothing_counts(work):
    work.hand_in()
    assert work.counting() is None
    assert work.mark() == (None, "")


def test_equal_answers_are_those_that_count_and_the_page_is_bounded(ground):
    course = ground.course()
    assignment = ground.assignment(course)
    right = (EXAMPLES / "seed.py").read_bytes()
    with Sandbox() as sandbox:
        made = grade_file(submission_from_bytes("layers.py", right), built_in(), sandbox=sandbox)
    for number in range(4):
        learner = ground.learner(course, f"L{number}")
        ground.grade(ground.hand_in(assignment, learner, right).id, made)
        # An empty file is like nobody's.
        ground.grade(ground.hand_in(assignment, learner, b"").id, graded(0.0, Outcome.NOT_GRADABLE))
    alone = ground.learner(course, "Alone")
    ground.grade(ground.hand_in(assignment, alone, b"x = 1").id, graded(10.0))
    teacher = ground.learner(course, "Kim", role="instructor")
    ground.grade(ground.hand_in(assignment, teacher, right).id, made)
    with ground.database.reading() as connection:
        compared, groups, (only,) = equal_answers(connection, course, assignment, groups=5, each=3)
        assert equal_answers(connection, course, assignment, groups=0, each=3) == (4, 1, [])
    assert (compared, groups, only.count, [name for _, name in only.some]) == (4, 1, 4, ["L0", "L1", "L2"])
    assert (only.score, only.max_score) == (100.0, 100.0)


def test_pages_and_exports_name_the_same_submission(sqlite_site):
    site, ground = sqlite_site, sqlite_site.ground
    assignment = ground.assignment(site.course("dl"))
    mina, teacher = site.person("Mina", dl="learner"), site.person("Kim", dl="instructor")
    ids = [ground.hand_in(assignment, mina, f"x = {score}".encode()).id for score in (30, 80, 55)]
    for one, score in zip(ids, (30.0, 80.0, 55.0), strict=True):
        ground.grade(one, graded(score))
    at = f"/assignments/{assignment}"
    for page in (
        site.browser(mina).get(f"{at}/history").text,
        site.browser(mina).get(at).text,
        site.browser(teacher).get(f"{at}/learners/{mina}").text,
    ):
        (counting,) = [part for part in page.split("<li>") if "this one counts" in part]
        assert f"/submissions/{ids[1]}" in counting
    assert f"/submissions/{ids[1]}" in site.browser(teacher).get(f"{at}/class").text
    assert ",80," in site.browser(teacher).get(f"{at}/grades.csv").text
