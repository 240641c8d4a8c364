"""Pages lead to one another: no link leads nowhere, and each reader finds all that is theirs from the first page on."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.routing import Match

from harness.service.web.app import routes


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if (tag, name) == ("a", "href") and value]


def walked(browser, start="/"):
    """Return the status of every address of this site that links lead to, and the pattern of its route."""
    found, waiting = {}, [start]
    while waiting:
        address = waiting.pop()
        parts = urlsplit(urljoin("http://dout.test/", address))
        here = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.netloc != "dout.test" or here in found or parts.path.startswith("/static/"):
            continue
        # Another order or filter of the same list is the same page.
        if parts.query and sum(known.partition("?")[0] == parts.path for known in found) > 3:
            continue
        answer = browser.get(here)
        found[here] = answer.status_code
        if answer.is_redirect:
            waiting.append(answer.headers["location"])
        elif answer.headers["content-type"].startswith("text/html"):
            waiting += [urljoin(f"http://dout.test{here}", link) for link in Links(answer.text).found]
    return found


def pattern(address):
    scope = {"type": "http", "method": "GET", "path": address.partition("?")[0], "headers": []}
    return next(route.path for route in routes if route.matches(scope)[0] is Match.FULL)


LEARNER = {
    "/courses", "/account", "/assignments/{assignment_id}", "/assignments/{assignment_id}/history",
    "/submissions/{submission_id}", "/submissions/{submission_id}/file", "/submissions/{submission_id}/changes",
}  # fmt: skip
ASSISTANT = {
    "/assignments/{assignment_id}/class", "/assignments/{assignment_id}/submissions",
    "/assignments/{assignment_id}/similar", "/assignments/{assignment_id}/learners/{user_id}",
    "/submissions/{submission_id}", "/courses/{course}/people",
}  # fmt: skip
INSTRUCTOR = ASSISTANT | {
    "/courses/{course}/manage", "/courses/{course}/webhooks", "/courses/{course}/log", "/courses/{course}/log.csv",
    "/assignments/{assignment_id}/grades.csv", "/assignments/{assignment_id}/gradebook",
}  # fmt: skip
ADMIN = INSTRUCTOR | {"/manage/courses", "/manage/people", "/manage/lti", "/service", "/log", "/log.csv"}


@pytest.mark.parametrize(
    ("role", "theirs"),
    [("learner", LEARNER), ("assistant", ASSISTANT), ("instructor", INSTRUCTOR), ("admin", ADMIN)],
    ids=["learner", "assistant", "instructor", "admin"],
)
def test_every_link_leads_somewhere_and_every_page_is_found(sqlite_site, role, theirs):
    site = sqlite_site
    course = site.course("dl")
    assignment = site.ground.assignment(course)
    mina = site.person("Mina", dl="learner")
    for data in (b"x = 1\n", b"x = 2\n"):
        site.ground.hand_in(assignment, mina, data)
    reader = (
        mina if role == "learner" else site.person("Kim", is_admin=role == "admin", dl=role.replace("admin", "learner"))
    )
    found = walked(site.browser(reader))
    assert {address: status for address, status in found.items() if status >= 400} == {}
    assert theirs - {pattern(address) for address in found} == set()
