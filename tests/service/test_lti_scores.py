"""Scores for an LMS: what stands is what arrives, whatever fails on the way, and never an older one after a newer."""

import io
import json
import time
import zipfile
from datetime import datetime

import msgspec
import pytest
import sqlalchemy as sa
from browsing import Site
from lms import ROLE, Lms, new_key, public
from test_claims import graded

from harness.service import outbox as outbox_module
from harness.service import outgoing
from harness.service.class_rows import marks
from harness.service.engine import Jobs
from harness.service.key_sets import KeySets
from harness.service.lti.ags import scores_url
from harness.service.lti.keys import own_key, published
from harness.service.outbox import Outbox
from harness.service.reaper import Duties
from harness.service.schema import enrolment, lease, lti_member, outbox, worker
from harness.service.store.grading import claim, fail, finish, result_of
from harness.service.store.messages import MOST_TRIES, given_up, try_again, wait_after
from harness.service.store.personal import erase_person, export_person
from harness.service.store.queueing import regrade
from harness.service.store.standings import standings


class Class:
    """A course that an LMS sends learners to, and an outbox that tells it of their grades."""

    def __init__(self, database, folder, **revision):
        self.lms, self.database = Lms(), database
        self.site = Site(database, folder, public_url="https://dout.test", lti_platforms=(self.lms.platform(),))
        self.site.app.state.key_sets = KeySets(self.lms.client, public)
        self.ground = self.site.ground
        self.work = self.ground.assignment(self.site.course("dl"), **revision)
        self.lms.tool_keys = published(own_key(database))
        self.addresses = {}
        self.outbox = Outbox(database, self.site.settings, open_client=self.lms.client, look_up=self.look_up)

    def look_up(self, host, port):
        return self.addresses.get(host, ["93.184.216.34"])

    def learner(self, subject="mina-at-the-lms", **changes):
        """Return the id of somebody whom the LMS has sent."""
        assert self.lms.launch(self.site.browser(), sub=subject, **changes).status_code == 303
        return next(row["user_id"] for row in self.ground.rows(lti_member) if row["subject"] == subject)

    def hand_in(self, user_id, score=45.0):
        """Return the id of a submission that is graded."""
        one = self.ground.hand_in(self.work, user_id).id
        self.grade(one, score)
        return one

    def grade(self, one, score=45.0, gen=0):
        with self.database.writing() as connection:
            claimed = claim(self.database, connection, "w", one, gen)
            assert finish(self.database, connection, result_of(claimed, graded(score)))

    def deliver(self, *, again=False):
        """Do one round; with ``again``, as if the wait between two tries were over."""
        if again:
            with self.database.writing() as connection:
                connection.execute(sa.update(outbox).values(next_at=0.0))
        return self.outbox.deliver_once()

    def scores(self):
        return [score["scoreGiven"] for score in self.lms.posted]

    def standing(self):
        return {who: score["scoreGiven"] for who, score in self.lms.book.items()}

    def messages(self):
        return sorted(self.ground.rows(outbox), key=lambda row: row["id"])

    def close(self):
        self.site.close()


@pytest.fixture
def school(database, tmp_path):
    made = Class(database, tmp_path)
    yield made
    made.close()


def test_a_score_arrives_exactly_as_the_grade_that_stands(school):
    one = school.hand_in(school.learner(), 47.25)
    assert school.deliver() == 1
    [score] = school.lms.posted
    assert score | {"timestamp": ""} == {
        "userId": "mina-at-the-lms",
        "scoreGiven": 47.25,
        "scoreMaximum": graded().max_score,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "",
    }
    assert abs(datetime.fromisoformat(score["timestamp"]).timestamp() - time.time()) < 10
    [message] = school.messages()
    assert (message["tries"], message["error"]) == (1, None)
    assert message["done_at"] is not None
    assert school.deliver() == 0
    assert one not in message["payload"], "what is said is looked up when it is said"


def test_the_message_is_written_with_the_grade_or_not_at_all(school):
    one = school.ground.hand_in(school.work, school.learner()).id
    with school.database.writing() as connection:
        claimed = claim(school.database, connection, "w", one, 0)
        assert finish(school.database, connection, result_of(claimed, graded()))
        connection.rollback()
    assert school.messages() == []
    school.grade(one)
    assert len(school.messages()) == 1


def test_what_is_late_arrives_with_the_points_that_it_keeps(sqlite_site, tmp_path):
    school = Class(sqlite_site.database, tmp_path, due_at=1.0, late_factor=0.5)
    school.hand_in(school.learner(), 40.0)
    school.deliver()
    assert school.scores() == [20.0]
    school.close()


def test_a_score_that_a_person_gave_arrives_and_so_does_its_taking_back(school):
    one = school.hand_in(school.learner(), 40.0)
    teacher = school.site.browser(school.site.person("Kim", dl="instructor"))
    school.deliver()
    for score in ("44", ""):
        assert teacher.send_form(f"/submissions/{one}/override", score=score, reason="an oral exam").status_code == 303
        school.deliver()
    assert school.scores() == [40.0, 44.0, 40.0]
    assert school.standing() == {"mina-at-the-lms": 40.0}


def test_a_regrade_arrives_when_it_is_there_and_the_old_score_stands_until_then(school):
    one = school.hand_in(school.learner(), 40.0)
    school.deliver()
    with school.database.writing() as connection:
        regrade(school.database, school.ground.jobs, connection, one, "kim")
    assert school.deliver() == 0
    school.grade(one, 50.0, gen=1)
    school.deliver()
    assert school.scores() == [40.0, 50.0]


def test_what_could_not_be_graded_sends_no_score_and_leaves_an_old_one(school):
    learner = school.learner()
    lost = school.ground.hand_in(school.work, learner).id
    with school.database.writing() as connection:
        fail(school.database, connection, lost, 0, "grader_fault")
    assert school.deliver() == 1
    assert school.lms.posted == []
    one = school.hand_in(learner, 40.0)
    school.deliver()
    with school.database.writing() as connection:
        gen = regrade(school.database, school.ground.jobs, connection, one, "kim")
        fail(school.database, connection, one, gen, "grader_crash")
    school.deliver()
    assert school.standing() == {"mina-at-the-lms": 40.0}


def test_the_lms_has_the_score_that_exports_have(school):
    mina, jun = school.learner(), school.learner("jun-at-the-lms")
    for who, scores in ((mina, (50.0, 30.0)), (jun, (10.0, 20.0))):
        for score in scores:
            school.hand_in(who, score)
    while school.deliver():
        pass
    with school.database.reading() as connection:
        standing = standings(connection, school.site.course("dl"), school.work)
        exported = {one.learner: one.score for one in marks(standing, 100.0, str)}
    assert exported == {mina: 50.0, jun: 20.0}
    assert school.standing() == {"mina-at-the-lms": 50.0, "jun-at-the-lms": 20.0}


@pytest.mark.parametrize("answers", [[500], [503, 429], [500] * 5, [409], [408]])
def test_a_score_is_sent_again_after_a_failure_that_may_pass(school, answers):
    school.hand_in(school.learner())
    school.lms.next_answers = [*answers]
    for number in range(len(answers)):
        school.deliver(again=True)
        [message] = school.messages()
        assert (message["tries"], message["done_at"]) == (number + 1, None)
        assert message["error"].startswith("the answer was status ")
        assert message["next_at"] > time.time() + 5
        assert school.deliver() == 0, "nothing is tried before its time"
    school.deliver(again=True)
    assert school.scores() == [45.0]


def test_an_lms_that_says_when_to_come_back_is_not_asked_before(school):
    school.hand_in(school.learner())
    school.lms.next_answers = [429]
    school.lms.retry_after = "7200"
    school.deliver()
    assert school.messages()[0]["next_at"] > time.time() + 7000


def test_an_answer_that_does_not_come_is_not_waited_for(school, monkeypatch):
    monkeypatch.setattr(outgoing, "DEADLINE_S", 0.2)
    school.hand_in(school.learner())
    school.lms.next_answers = [5.0]
    began = time.monotonic()
    school.deliver()
    assert time.monotonic() - began < 4
    assert "no answer" in school.messages()[0]["error"]
    school.deliver(again=True)
    assert school.scores() == [45.0]


def test_a_newer_grade_waits_for_no_older_one_and_no_older_one_comes_after_it(school):
    learner = school.learner()
    school.lms.next_answers = [500]
    school.hand_in(learner, 10.0)
    school.deliver()
    school.hand_in(learner, 20.0)
    while school.deliver(again=True):
        pass
    # What is sent late is what stands by then.
    assert set(school.scores()) == {20.0}
    assert school.standing() == {"mina-at-the-lms": 20.0}


def test_times_only_go_forward_for_many_grades_in_one_second_and_a_clock_that_was_put_back(school):
    learner = school.learner()
    for score in (10.0, 20.0, 30.0):
        school.hand_in(learner, score)
        school.deliver()
    with school.database.writing() as connection:
        connection.execute(sa.update(outbox).values(done_at=time.time() + 3600))
    school.hand_in(learner, 40.0)
    school.deliver()
    times = [score["timestamp"] for score in school.lms.posted]
    assert times == sorted(set(times))
    # All were taken by a gradebook that refuses what is not a second later.
    assert school.standing() == {"mina-at-the-lms": 40.0}
    assert all(row["error"] is None for row in school.messages())


def test_a_score_that_is_refused_for_good_is_given_up_and_shown_and_can_be_tried_again(school):
    school.hand_in(school.learner())
    school.lms.next_answers = [404]
    school.deliver()
    with school.database.reading() as connection:
        [lost] = given_up(connection)
    assert "status 404" in lost["error"]
    with school.database.writing() as connection:
        assert try_again(school.database, connection, lost["id"])
        assert not try_again(school.database, connection, "another")
    school.deliver()
    assert school.scores() == [45.0]
    with school.database.reading() as connection:
        assert given_up(connection) == []


def test_an_lms_that_is_away_for_more_than_two_days_is_given_up(school):
    school.hand_in(school.learner())
    school.lms.next_answers = [500] * MOST_TRIES
    for _ in range(MOST_TRIES):
        school.deliver(again=True)
    with school.database.reading() as connection:
        assert len(given_up(connection)) == 1
    assert school.deliver(again=True) == 0


def test_all_tries_take_a_little_more_than_two_days():
    for chance in (0.0, 1.0):
        waits = [wait_after(number, chance) for number in range(1, MOST_TRIES)]
        assert waits == sorted(waits)
        assert 36 * 3600 < sum(waits) < 80 * 3600
    assert 48 * 3600 < sum(wait_after(number, 0.5) for number in range(1, MOST_TRIES)) < 60 * 3600


def test_one_message_that_goes_wrong_stops_no_other(school, monkeypatch):
    for name in ("one", "two", "three"):
        school.hand_in(school.learner(name))
    right = outbox_module.score_of

    def wrong(stands, subject, at):
        if subject == "two":
            raise KeyError(subject)
        return right(stands, subject, at)

    monkeypatch.setattr(outbox_module, "score_of", wrong)
    school.deliver()
    assert set(school.standing()) == {"one", "three"}
    monkeypatch.undo()
    school.deliver(again=True)
    assert set(school.standing()) == {"one", "two", "three"}


def test_a_token_is_asked_for_once_and_again_when_it_is_not_good_any_more(school):
    learner = school.learner()
    for score in (10.0, 20.0):
        school.hand_in(learner, score)
        school.deliver()
    assert len(school.lms.tokens) == 1
    school.lms.tokens.append("another")
    school.hand_in(learner, 30.0)
    school.deliver()
    assert school.standing() == {"mina-at-the-lms": 30.0}
    assert len(school.lms.tokens) == 3


def test_an_lms_that_gives_no_token_is_asked_once_in_a_round_and_nothing_is_lost(school):
    for name in ("one", "two", "three"):
        school.hand_in(school.learner(name))
    school.lms.next_tokens = [500]
    assert school.deliver() == 3
    assert school.lms.next_tokens == []
    assert {row["error"] for row in school.messages()} == {"there was no answer: the LMS gives no token: status 500"}
    school.deliver(again=True)
    assert len(school.standing()) == 3


def test_the_lms_gives_no_token_to_who_signs_with_another_key(school):
    school.lms.tool_keys = {"keys": [new_key(own_key(school.database).kid).as_dict(private=False)]}
    school.hand_in(school.learner())
    school.deliver()
    assert school.lms.posted == []
    assert "status 401" in school.messages()[0]["error"]


def test_who_comes_by_the_lms_after_a_grade_was_made_has_it_there_too(school):
    learner = school.learner(**{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {}})
    school.hand_in(learner)
    assert school.messages() == []
    school.learner(resource_link={"id": "another link"})
    school.deliver()
    assert school.scores() == [45.0]


def test_a_teacher_has_no_place_in_the_gradebook(school):
    school.lms.launch(school.site.browser(), roles=[ROLE + "Instructor"])
    [teacher] = school.ground.rows(enrolment)
    school.hand_in(teacher["user_id"])
    assert school.messages() == []


def test_of_an_erased_person_the_lms_is_told_nothing_any_more(school):
    learner = school.learner()
    school.hand_in(learner)
    with school.database.writing() as connection:
        erase_person(school.database, connection, learner, by="admin")
    assert school.ground.rows(lti_member) == []
    school.deliver()
    assert school.lms.posted == []


def test_what_the_lms_calls_somebody_is_in_what_is_known_about_them(school):
    learner = school.learner()
    with school.database.writing() as connection:
        packed = export_person(school.database, connection, learner, by=learner)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        known = json.loads(archive.read("person.json"))
    [place] = known["lms"]
    assert (place["subject"], place["resource_link"]) == ("mina-at-the-lms", "link-1")
    assert known["identities"][0]["issuer"] == "https://lms.example"


def test_a_platform_that_is_taken_out_of_the_settings_is_told_nothing(school):
    school.hand_in(school.learner())
    settings = msgspec.structs.replace(school.site.settings, lti_platforms=())
    Outbox(school.database, settings, open_client=school.lms.client, look_up=school.look_up).deliver_once()
    assert school.lms.posted == []
    assert "not registered" in school.messages()[0]["error"]


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_gradebook_in_our_own_network_is_not_spoken_to_unless_the_settings_name_its_host(school, address):
    learner = school.learner(
        **{
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitem": "https://inside.example/items/7?type_id=3",
            }
        }
    )
    school.addresses = {"inside.example": [address], "lms.example": [address]}
    school.hand_in(learner)
    school.deliver()
    assert "not public" in school.messages()[0]["error"]
    # Where the settings lead to is the operator's word.
    school.hand_in(school.learner("jun"))
    school.deliver()
    assert list(school.standing()) == ["jun"]


def test_the_address_of_scores_is_before_the_query():
    assert scores_url("https://lms.example/7/lineitem?type_id=3") == "https://lms.example/7/lineitem/scores?type_id=3"
    assert scores_url("https://lms.example/7/lineitem/") == "https://lms.example/7/lineitem/scores"


def test_one_worker_tells_and_the_lease_of_a_dead_one_is_free_when_it_is_reaped(school):
    settings = msgspec.structs.replace(school.site.settings, dead_after_s=5.0)
    jobs = Jobs(school.database)
    first, second = (Duties(school.database, jobs, settings, name) for name in ("first", "second"))
    told = []
    for name, one in (("first", first), ("second", second)):
        one._outbox = type("Told", (), {"deliver_once": lambda self, name=name: told.append(name)})()
    first.tell()
    assert told == [], "nothing waits, and nobody takes the lease"
    school.hand_in(school.learner())
    first.tell(), second.tell()
    assert told == ["first"]
    with school.database.writing() as connection:
        connection.execute(
            sa.insert(worker).values(
                executor="first",
                host="h",
                version="1",
                isolation="A",
                slots=1,
                is_draining=False,
                started_at=0.0,
                seen_at=0.0,
            )
        )
    second.reap()
    assert [row["holder"] for row in school.ground.rows(lease) if row["name"] == "outbox"] == []
    second.tell()
    assert told == ["first", "second"]
    jobs.close()
