"""The gradebook that a platform exported comes back with the marks of the class in it."""

import base64
import re

import pytest
import sqlalchemy as sa
from ground import graded

from harness.service.schema import audit, enrolment

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Layers (42),Notes\r\n"
    "    Points Possible,,,,,100,\r\n"
    '"Kim, Mina",7,20260001,mina,A,,keep\r\n'
    '"Lee, Jun",8,20260002,jun,A,55,\r\n'
    '"Choi, Ha",9,20260009,ha,A,11,\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade\n"
    'Participant 1,Mina,mina@example.org,Submitted,,"100,00"\n'
    'Participant 2,Jun,jun@example.org,Submitted,,"100,00"\n'
)
BLACKBOARD = (
    '\ufeff"Last Name","First Name","Username","Student ID","Layers [Total Pts: 100 Score] |92376"\n'
    '"Kim","Mina","mina","20260001",""\n'
    '"Lee","Jun","jun","20260002","55"\n'
)


class Class:
    """Mina and Jun have grades, Sora has one and is in no file, Dana has none."""

    def __init__(self, site):
        self.site, self.ground = site, site.ground
        self.assignment = self.ground.assignment(site.course("dl"))
        self.teacher = site.person("Kim", dl="instructor")
        for name, number, score in (
            ("Mina", "20260001", 85.0),
            ("Jun", "20260002", 70.5),
            ("Sora", "20260003", 10.0),
            ("Dana", "20260004", None),
        ):
            learner = site.person(name, dl="learner")
            site.writing(
                lambda connection, learner=learner, number=number: connection.execute(
                    sa.update(enrolment).where(enrolment.c.user_id == learner).values(external_id=number)
                )
            )
            if score is not None:
                self.ground.grade(self.ground.hand_in(self.assignment, learner).id, graded(score))

    def send(self, text, platform="canvas", column="Layers", data=None):
        browser = self.site.browser(self.teacher)
        return browser.post(
            f"/assignments/{self.assignment}/gradebook",
            data={"csrf": browser.csrf, "platform": platform, "column": column},
            files={"file": ("export.csv", text.encode() if data is None else data)},
        )


@pytest.fixture
def course(site):
    return Class(site)


def saved(answer):
    assert answer.status_code == 200, answer.text
    (found,) = re.findall(r'href="data:text/csv;base64,([^"]+)"', answer.text)
    return base64.b64decode(found).decode()


def test_one_column_is_filled_in_and_all_else_stays(course):
    assert saved(course.send(CANVAS)) == CANVAS.replace("A,,keep", "A,85,keep").replace("A,55,", "A,70.5,")


def test_a_worksheet_of_moodle_is_filled_in_by_e_mail(course):
    text = saved(course.send(MOODLE, "moodle"))
    assert text == MOODLE.replace('Submitted,,"1', 'Submitted,85,"1', 1).replace('Submitted,,"1', 'Submitted,70.5,"1')


def test_a_file_of_blackboard_is_filled_in_and_stays_in_quotes(course):
    text = saved(course.send(BLACKBOARD, "blackboard"))
    assert text == BLACKBOARD.replace('"20260001",""', '"20260001","85"').replace('"55"', '"70.5"')


def test_who_has_a_grade_and_no_row_is_named_and_who_has_none_is_not(course):
    page = course.send(CANVAS).text
    assert "Sora (20260003)" in page
    assert "Dana" not in page
    assert "Mina (" not in page


def test_two_rows_that_can_be_one_learners_are_never_chosen_from(course):
    twice = CANVAS.replace("20260009", "20260001")
    answer = course.send(twice)
    assert answer.status_code == 422
    assert "the rows 3, 5 can be that of 20260001" in answer.text
    assert "data:text/csv" not in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"column": "Midterm"}, "the file has no column"),
        ({"text": CANVAS.replace(",100,", ",10,")}, "has 10 points"),
        ({"text": "a,b\n1,2\n"}, "this is no file that Canvas exported"),
        ({"text": ""}, "no file was chosen"),
        ({"platform": "excel"}, "cannot be filled in"),
        ({"data": "Identifier,학번".encode("cp949")}, "the file is not UTF-8 text"),
        ({"platform": "blackboard", "data": "Last Name".encode("utf-16")}, "with the delimiter Comma"),
        ({"platform": "blackboard"}, "this is no file that Blackboard exported"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_given_away(course, changes, told):
    answer = course.send(**{"text": CANVAS, **changes})
    assert answer.status_code == 422
    assert told in answer.text
    assert "data:text/csv" not in answer.text
    assert [row for row in course.ground.rows(audit) if row["action"] == "grade.export"] == []


def test_that_it_was_given_away_is_in_the_log(course):
    course.send(CANVAS)
    (row,) = [row for row in course.ground.rows(audit) if row["action"] == "grade.export"]
    assert (row["actor"], row["details"]) == (course.teacher, '{"format":"canvas-filled"}')


def test_the_page_speaks_korean(course):
    browser = course.site.browser(course.teacher, **{"Accept-Language": "ko"})
    page = browser.get(f"/assignments/{course.assignment}/gradebook").text
    assert "성적부" in page
    assert "Fill in" not in page
