"""Who may do what: every right, and every route, for every role, with an object of one's own and a foreign one."""

import itertools

import pytest
import sqlalchemy as sa
from ground import Ground
from lms import Lms
from starlette.routing import Mount, Route

from harness.service.access import ADMIN, NOBODY, RIGHTS, SCOPES, Actor, allowed, may_know
from harness.service.schema import ASSISTANT, INSTRUCTOR, LEARNER, ROLES, assignment, lti_platform
from harness.service.store.courses import Revision, create_assignment
from harness.service.store.hooks import make_webhook
from harness.service.store.invitations import invite, open_invitations
from harness.service.store.tokens import create_token, tokens_of

ROLE_NAMES = ("nobody", "stranger", *ROLES, ADMIN)
#: Written a second time, by hand, from the issue: a table that is copied from the code agrees with every mistake.
MAY = {
    LEARNER: {"course.see", "submission.make", "token.make"},
    ASSISTANT: {"submission.see", "class.see", "submission.regrade", "people.see"},
    INSTRUCTOR: {
        "submission.make_for",
        "grade.override",
        "grade.export",
        "assignment.change",
        "people.change",
        "webhook.change",
        "audit.see",
    },
    ADMIN: {"course.make", "metrics.see", "service.see", "service.change", "person.export", "person.erase"},
}
OWN = {"submission.see", "person.export"}


def rights_of(role):
    order = (*ROLES, ADMIN)
    return set().union(*(MAY[one] for one in order[: order.index(role) + 1])) if role in order else set()


def actor(role, **limits):
    if role == "nobody":
        return NOBODY
    roles = {"here": role} if role in ROLES else {}
    return Actor(user_id="me", name="Me", is_admin=role == ADMIN, roles=roles, **limits)


@pytest.mark.parametrize("role", ROLE_NAMES)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_right_is_had_by_the_role_that_it_is_for(right, role):
    for course, owner in itertools.product(("here", "elsewhere", None), ("me", "other", None)):
        by_role = right in rights_of(role) and (course == "here" or role == ADMIN)
        by_owning = role != "nobody" and owner == "me" and right in OWN
        assert allowed(actor(role), right, course=course, owner=owner) is (by_role or by_owning), (course, owner)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("right", RIGHTS)
def test_a_token_leaves_no_more_than_its_scope_its_course_and_its_owners_role(right, scope):
    for role, course, owner in itertools.product(ROLE_NAMES, ("here", "elsewhere", None), ("me", "other")):
        person = allowed(actor(role), right, course=course, owner=owner)
        scoped = allowed(actor(role, scopes=frozenset({scope})), right, course=course, owner=owner)
        assert scoped is (person and right in SCOPES[scope])
        bound = actor(role, scopes=frozenset({scope}), only_course="here")
        assert allowed(bound, right, course=course, owner=owner) is (scoped and course == "here")


def test_no_scope_leads_to_people_tokens_or_the_service():
    reached = set().union(*SCOPES.values())
    assert reached.isdisjoint({"token.make", "service.change", "service.see", "course.make", "person.export"})


def test_a_right_that_is_not_known_is_no_yes():
    with pytest.raises(KeyError):
        allowed(actor(ADMIN), "everything")


def test_who_may_not_is_told_so_only_of_what_they_may_know_of():
    learner, stranger = actor(LEARNER), actor("stranger")
    assert may_know(learner, "class.see", course="here")
    assert not may_know(stranger, "class.see", course="here")
    assert may_know(learner, "submission.regrade", course="here", owner="me")
    assert not may_know(learner, "submission.see", course="here", owner="other")
    assert may_know(actor(ASSISTANT), "grade.override", course="here", owner="other")
    # Of no course at all: that there are people and a service everybody knows.
    assert may_know(stranger, "service.see")


def test_a_token_is_told_of_what_its_owner_sees_in_its_own_course_alone():
    assert may_know(actor(INSTRUCTOR, scopes=frozenset({"read"})), "submission.regrade", course="here", owner="other")
    bound = actor(ADMIN, scopes=frozenset({"read"}), only_course="here")
    assert may_know(bound, "grade.override", course="here", owner="other")
    assert not may_know(bound, "grade.override", course="elsewhere", owner="other")


#: What each route asks for. "everybody": no login; "self": anybody's own account; else a right, in ``{course}`` where
#: the path has one. A route that is missing here fails the test: say here what is to be asked of it.
ROUTES = {
    "GET /login": "everybody",
    "POST /login": "everybody",
    "POST /logout": "everybody",
    "POST /logout/everywhere": "self",
    "GET /oidc/login": "everybody",
    "GET /oidc/callback": "everybody",
    "GET /lti/login": "everybody",
    "POST /lti/login": "everybody",
    "POST /lti/launch": "everybody",
    "GET /lti/jwks.json": "everybody",
    "GET /join/{secret}": "everybody",
    "POST /join/{secret}": "everybody",
    "GET /": "self",
    "GET /account": "self",
    "POST /account/password": "self",
    "POST /account/language": "self",
    "POST /account/tokens": "self",
    "POST /account/tokens/{token}/revoke": "self",
    "POST /account/export": "self",
    "GET /manage/courses": "service.see",
    "POST /manage/courses": "course.make",
    "POST /manage/courses/{course}/name": "course.make",
    "GET /manage/people": "service.see",
    "POST /manage/invitations": "service.change",
    "POST /manage/invitations/{invitation}/withdraw": "service.change",
    "POST /manage/people/{user}/disable": "service.change",
    "POST /manage/people/{user}/enable": "service.change",
    "POST /manage/people/{user}/export": "person.export",
    "POST /manage/people/{user}/erase": "person.erase",
    "GET /manage/lti": "service.see",
    "POST /manage/lti": "service.change",
    "POST /manage/lti/{platform}/courses": "service.change",
    "POST /manage/lti/{platform}/courses/drop": "service.change",
    "POST /manage/lti/{platform}/drop": "service.change",
    "GET /courses/{course}/manage": "assignment.change",
    "POST /courses/{course}/assignments": "assignment.change",
    "POST /courses/{course}/assignments/{assignment}/revisions": "assignment.change",
    "POST /courses/{course}/assignments/{assignment}/title": "assignment.change",
    "GET /courses/{course}/webhooks": "webhook.change",
    "POST /courses/{course}/webhooks": "webhook.change",
    "POST /courses/{course}/webhooks/{webhook}/drop": "webhook.change",
    "GET /courses/{course}/people": "people.see",
    "POST /courses/{course}/people/{user}/role": "people.change",
    "POST /courses/{course}/people/{user}/remove": "people.change",
    "POST /courses/{course}/invitations": "people.change",
    "POST /courses/{course}/invitations/{invitation}/withdraw": "people.change",
    "POST /courses/{course}/roster": "people.change",
    "GET /log": "service.see",
    "GET /log.csv": "service.see",
    "GET /courses/{course}/log": "audit.see",
    "GET /courses/{course}/log.csv": "audit.see",
    "GET /courses": "self",
    "GET /language/{code}": "everybody",
    "GET /static/{stamp}/{name}": "everybody",
    "GET /healthz": "everybody",
    "GET /readyz": "everybody",
    "GET /metrics": "metrics.see",
    "GET /service": "service.see",
    "POST /service/drain": "service.change",
    "POST /service/again": "service.change",
}
#: Pages of assignments and submissions: ``{id}`` of other names, as in the API. Those who may not are told as people are.
PAGE_ROUTES = {
    "GET /assignments/{assignment_id}": "course.see",
    "GET /assignments/{assignment_id}/history": "course.see",
    "POST /assignments/{assignment_id}/submissions": "submission.make",
    "GET /assignments/{assignment_id}/class": "class.see",
    "GET /assignments/{assignment_id}/submissions": "class.see",
    "GET /assignments/{assignment_id}/learners/{user_id}": "class.see",
    "GET /assignments/{assignment_id}/similar": "class.see",
    "GET /assignments/{assignment_id}/grades.csv": "grade.export",
    "GET /assignments/{assignment_id}/gradebook": "grade.export",
    "POST /assignments/{assignment_id}/gradebook": "grade.export",
    "POST /assignments/{assignment_id}/regrade": "submission.regrade",
    "GET /submissions/{submission_id}": "submission.see",
    "GET /submissions/{submission_id}/file": "submission.see",
    "GET /submissions/{submission_id}/changes": "submission.see",
    "POST /submissions/{submission_id}/regrade": "submission.regrade",
    "POST /submissions/{submission_id}/override": "grade.override",
    # These never end for those who may: tests/service/test_pages_live.py reads them.
    "GET /assignments/{assignment_id}/events": "class.see",
    "GET /submissions/{submission_id}/events": "submission.see",
}


#: The same for programs, which are answered 401 rather than sent to a login. ``{id}`` is of what stands before it.
API_ROUTES = {
    "GET /api/v1/openapi.json": "everybody",
    "GET /api/v1/courses": "self",
    "POST /api/v1/assignments/{id}/submissions": "submission.make",
    "GET /api/v1/assignments/{id}/submissions": "class.see",
    "POST /api/v1/assignments/{id}/submissions/batch": "submission.make_for",
    "POST /api/v1/assignments/{id}/regrade": "submission.regrade",
    "GET /api/v1/assignments/{id}/marks": "grade.export",
    "GET /api/v1/submissions/{id}": "submission.see",
    # Of each that is named it is asked whether it may be seen: tests/service/test_api.py.
    "POST /api/v1/submissions/lookup": "self",
    "GET /api/v1/submissions/{id}/report": "submission.see",
    # Never ends for those who may: tests/service/test_api.py reads it.
    "GET /api/v1/submissions/{id}/events": "submission.see",
    "POST /api/v1/submissions/{id}/regrade": "submission.regrade",
    "GET /api/v1/courses/{id}/roster": "people.see",
    "POST /api/v1/courses/{id}/roster": "people.change",
    "GET /api/v1/courses/{id}/webhooks": "webhook.change",
    "POST /api/v1/courses/{id}/webhooks": "webhook.change",
    "DELETE /api/v1/webhooks/{id}": "webhook.change",
}


def found_routes():
    from harness.service.web.app import routes

    for route in routes:
        assert isinstance(route, (Route, Mount)), f"{route} is of no kind that this test knows"
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield f"{method} {route.path}"


def test_it_is_said_of_every_route_who_may_use_it():
    assert set(found_routes()) == set(ROUTES) | set(PAGE_ROUTES) | set(API_ROUTES)


def objects(site, slug, someone):
    """Return what the paths of all routes name: things of the course ``slug``, and of the user ``someone``."""
    database, course = site.database, site.course(slug)
    teacher = site.person("Kim", **{slug: "instructor"})

    def make(connection):
        first = Revision(source="ch05-add-mul")
        create_assignment(
            database,
            connection,
            site.service.installed,
            course_id=course,
            slug="ch05",
            title="Layers",
            first=first,
            by=teacher,
        )
        secret = invite(database, connection, role="learner", course_id=course, by=teacher)
        create_token(database, connection, user_id=someone, name="CI", scopes=frozenset({"read"}))
        return {
            "course": slug,
            "user": someone,
            "assignment": "ch05",
            "invitation": open_invitations(database, connection, course)[0]["id"],
            "secret": secret,
            "code": "ko",
            "stamp": "none",
            "name": "site.css",
            "token": tokens_of(connection, someone)[0]["id"],
            "platform": registered(connection),
            "webhook": hooked(database, connection, course, teacher),
        }

    return site.writing(make)


def hooked(database, connection, course, by):
    """Return the id of a webhook."""
    url = "https://receiver.example"
    return make_webhook(database, connection, course_id=course, url=url, private=False, by=by)[0]["id"]


def registered(connection):
    """Return the id of an LMS."""
    one = Lms().platform()
    values = {column.name: getattr(one, column.name, 0.0) for column in lti_platform.c}
    connection.execute(sa.insert(lti_platform).values(values))
    return one.id


def come(site, role):
    """Return somebody who has ``role`` in the course "here", or none."""
    site.course("here")
    me = None if role == "nobody" else site.person("Me", is_admin=role == ADMIN)
    if role in ROLES:
        site.enrol(me, "here", role)
    return me


def handed_in(site, slug, someone):
    """Return an assignment of the course ``slug``, and what ``someone`` has handed in there."""
    objects(site, slug, someone)
    with site.database.reading() as connection:
        work = connection.execute(
            sa.select(assignment.c.id).where(assignment.c.course_id == site.course(slug))
        ).scalar_one()
    return work, Ground(site.database, site.service.jobs).hand_in(work, someone).id


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("slug", ["here", "elsewhere"])
@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_route_is_for_those_alone_whom_it_is_for(sqlite_site, role, slug, own):
    site, me = sqlite_site, come(sqlite_site, role)
    values = objects(site, slug, me if own and me else site.person("Jun", **{slug: "learner"}))
    # As the routes are told of themselves, but for what has no place in a path.
    person = actor(role)
    # Whoever opens the link is in the course from then on: that comes last.
    for name, needed in sorted(ROUTES.items(), key=lambda item: "/join/" in item[0]):
        method, path = name.split(" ")
        browser = site.browser(me)
        answer = browser.request(
            method, path.format(**values), data={"csrf": browser.csrf} if method == "POST" else None
        )
        status, is_to_login = answer.status_code, answer.headers.get("location", "").startswith("/login?")
        course = slug if "{course}" in path else None
        about = (name, status)
        if needed == "everybody":
            assert status not in {403, 500}, about
        elif role == "nobody":
            assert is_to_login or status == 401, about
        elif needed == "self":
            # What is somebody else's is not there.
            assert (status == 404) is ("{token}" in path and not own), about
            assert status != 500, about
            if name != "POST /account/tokens":
                assert status != 403, about
        elif allowed(person, needed, course=course, owner="me" if own and "{user}" in path else None):
            assert status not in {401, 403, 500}, about
            assert not is_to_login, about
        elif course is not None and not allowed(person, "course.see", course=course):
            assert status == 404, about
        else:
            assert status == 403, about


def refusal(person, course, owner):
    """Return the status for who may not: what they do not see is not there, and of what they see they are told so."""
    sees = allowed(person, "course.see" if owner is None else "submission.see", course=course, owner=owner)
    return 403 if sees else 404


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("slug", ["here", "elsewhere"])
@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_operation_of_the_api_is_for_those_alone_whom_it_is_for(sqlite_site, role, slug, own):
    site, me = sqlite_site, come(sqlite_site, role)
    someone = me if own and me else site.person("Jun", **{slug: "learner"})
    work, submitted = handed_in(site, slug, someone)
    course_id = site.course(slug)
    hook = site.writing(lambda connection: hooked(site.database, connection, course_id, someone))
    ids = {"courses": course_id, "assignments": work, "submissions": submitted, "webhooks": hook}
    browser, person = site.browser(me), actor(role)
    for name, needed in API_ROUTES.items():
        method, path = name.split(" ")
        kind = path.split("/")[3]
        owner = "me" if own and me else "other"
        may = (
            allowed(person, needed, course=slug, owner=owner if kind == "submissions" else None)
            if needed in RIGHTS
            else me
        )
        if may and path.endswith("/events"):
            continue
        headers = {"X-CSRF-Token": browser.csrf, "Idempotency-Key": "k"} if method != "GET" else {}
        answer = browser.request(
            method, path.format(id=ids.get(kind)), headers=headers, content=b"x = 1\n" if headers else None
        )
        about = (name, answer.status_code, answer.text[:200])
        if needed == "everybody":
            assert answer.status_code == 200, about
        elif role == "nobody":
            assert answer.status_code == 401, about
        elif may:
            assert answer.status_code not in {401, 403, 404, 500} or "/report" in path, about
        else:
            assert answer.status_code == refusal(person, slug, owner if kind == "submissions" else None), about


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("slug", ["here", "elsewhere"])
@pytest.mark.parametrize("role", ROLE_NAMES)
def test_every_page_is_for_those_alone_whom_it_is_for(sqlite_site, role, slug, own):
    site, me = sqlite_site, come(sqlite_site, role)
    someone = me if own and me else site.person("Jun", **{slug: "learner"})
    work, submitted = handed_in(site, slug, someone)
    values = {"assignment_id": work, "submission_id": submitted, "user_id": someone}
    browser, person = site.browser(me), actor(role)
    for name, needed in PAGE_ROUTES.items():
        method, path = name.split(" ")
        owner = ("me" if own and me else "other") if "{submission_id}" in path else None
        may = allowed(person, needed, course=slug, owner=owner)
        if may and path.endswith("/events"):
            continue
        data = {"csrf": browser.csrf, "text": "x = 1\n", "reason": "r"} if method == "POST" else None
        answer = browser.request(method, path.format(**values), data=data)
        status, about = answer.status_code, (name, answer.status_code)
        if role == "nobody":
            assert answer.headers.get("location", "").startswith("/login?") or status == 401, about
        elif may:
            # A learner of another course is not in this one's list: a page of this learner is not there.
            assert status not in {401, 403, 500}, about
            assert status != 404 or "{user_id}" in path, about
        else:
            assert status == refusal(person, slug, owner), about
