"""The service's pages in a real browser: accessible, by keyboard, on narrow screens, live, and without scripts."""

import contextlib

import pytest

pytest.importorskip("starlette", reason="the extra 'service' is not installed")

from service_site import NASTY, live_site

from harness.service.store.sessions import end_sessions
from harness.service.web import live
from harness.service.web.pages import streams
from harness.service.web.refusal import Unauthenticated

NAMES = (
    "login", "courses", "assignment", "history", "report", "failed", "changes", "nasty", "account", "waiting", "class",
    "submissions", "gradebook", "similar", "marking", "people", "manage", "service", "log", "course log", "all courses", "lms", "webhooks", "no page",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(sandbox, tmp_path_factory):
    with live_site(tmp_path_factory.mktemp("service"), sandbox) as opened:
        yield opened


@pytest.fixture
def open_page(browser, site):
    """Open a page of the service; what the browser complains of, and requests to elsewhere, end the test.

    With ``ends`` the session ends meanwhile: then the browser may say once that it was refused.
    """
    contexts, complaints, asked, refusals = [], [], [], []

    def opened(name, lang="en", *, role=None, ends=False, **options):
        who, path = site.pages()[name]
        context = browser.new_context(**options)
        contexts.append(context)
        cookies = [{"name": "lang", "value": lang, "url": site.address}]
        if role or who:
            cookies.append(site.session(role or who))
        context.add_cookies(cookies)
        page = context.new_page()
        told = refusals if ends else complaints
        page.on(
            "console",
            lambda message: (told if "status of 401" in message.text else complaints).append(message.text),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A browser says of every answer of 404 that it is one.
    assert [one for one in complaints if "status of 404" not in one] == []
    assert len(refusals) <= 1
    assert [url for url in asked if not url.startswith(site.address)] == []


@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing(open_page, violations, name):
    found = {}
    for lang in ("en", "ko"):
        page = open_page(name, lang)
        assert page.locator("html").get_attribute("lang") == lang
        for details in page.locator("details").all():
            details.locator("summary").click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found[lang, scheme] = violations(page)
        page.close()
    assert found == {key: [] for key in found}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_scrolls_sideways_from_a_small_telephone_to_a_wall(open_page, name):
    for width, height in ((320, 640), (3840, 2160)):
        page = open_page(name, viewport={"width": width, "height": height})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width
        page.close()


def test_a_submission_is_written_and_handed_in_with_the_keyboard_alone_and_followed_to_its_report(open_page, site):
    page = open_page("assignment")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "editor":
            break
    page.keyboard.press("Control+a")
    page.keyboard.type("class AddLayer:\n")
    page.keyboard.type("def forward(self, x, y):\nreturn x + y\n")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    # A file input is one stop for Tab, and then comes the button.
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hand in"
    page.keyboard.press("Enter")
    page.wait_for_url("**/submissions/*")
    assert page.get_by_text("Your place in the queue:").is_visible()
    submission_id = page.url.rpartition("/")[2]
    site.grade(submission_id)
    # Nothing is pressed: the page is told.
    page.locator(".report .score").wait_for(timeout=10_000)
    assert page.get_by_role("heading", name="All checks").is_visible()
    download = page.request.get(f"{page.url}/file").text()
    assert download.startswith("class AddLayer:\n    def forward(self, x, y):\n        return x + y\n")


def test_the_editor_has_colours_under_the_strict_policy(open_page):
    page = open_page("assignment")
    # They come when the text was parsed, a moment after it is shown.
    page.wait_for_function("""() => {
        const root = document.querySelector('.editor').shadowRoot
        const colours = [...root.querySelectorAll('.cm-line span')].map((one) => getComputedStyle(one).color)
        return new Set(colours).size >= 2
    }""")
    assert page.evaluate("document.querySelector('.editor').shadowRoot.querySelectorAll('style').length") == 0


def test_a_dropped_file_is_read_into_the_editor(open_page):
    page = open_page("assignment")
    page.evaluate("""() => {
        const data = new DataTransfer()
        data.items.add(new File(['dropped = 1\\n'], 'mine.py', {type: 'text/x-python'}))
        document.querySelector('.editor').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true}))
    }""")
    page.locator(".cm-content", has_text="dropped = 1").wait_for()
    assert page.locator("#text").input_value() == "dropped = 1\n"


def test_everything_works_without_scripts(open_page):
    page = open_page("assignment", java_script_enabled=False)
    page.get_by_label("Your code").fill("x = 1\n")
    page.get_by_role("button", name="Hand in").click()
    assert page.get_by_text("Your place in the queue:").is_visible()
    page = open_page("submissions", java_script_enabled=False)
    page.get_by_label("State").select_option("graded")
    page.get_by_role("button", name="Show").click()
    assert "status=graded" in page.url
    assert page.locator(".status.queued").count() == 0


def test_a_table_is_filtered_as_one_types(open_page):
    page = open_page("submissions")
    assert page.locator("tbody tr").count() > 3
    page.get_by_label("Learner", exact=True).fill("müller")
    page.locator("tbody tr").nth(1).wait_for(state="detached")
    assert "Müller" in page.locator("tbody tr").inner_text()


def test_the_class_is_drawn_anew_when_a_grade_is_made(open_page, site):
    page = open_page("class")
    page.wait_for_timeout(2500)
    assert page.get_by_text("Newcomer").count() == 0
    site.hand_in(site.person("Newcomer", "learner"), b"class AddLayer:\n    pass\n# new\n")
    page.get_by_text("Newcomer").first.wait_for(timeout=10_000)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_filled_gradebook_is_saved(open_page, tmp_path, scripts):
    exported = tmp_path / "export.csv"
    exported.write_text("Student,ID,Chapter 5: two layers\n    Points Possible,,100\n", encoding="utf-8")
    page = open_page("gradebook", java_script_enabled=scripts)
    page.get_by_label("The exported file").set_input_files(exported)
    page.get_by_role("button", name="Fill in").click()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the filled gradebook").click()
    assert saving.value.suggested_filename == "ch05-canvas.csv"
    saving.value.save_as(tmp_path / "filled.csv")
    assert (tmp_path / "filled.csv").read_bytes() == exported.read_bytes()


@pytest.mark.parametrize("name", ["class", "waiting"])
def test_a_live_page_of_who_was_logged_out_shows_the_login(open_page, site, monkeypatch, name):
    monkeypatch.setattr(live, "_ALIVE", 0.2)
    page = open_page(name, ends=True)
    assert page.get_by_label("Password").count() == 0
    with site.database.writing() as connection:
        end_sessions(connection, site.people["instructor"])
    page.get_by_label("Password").wait_for(timeout=10_000)


@pytest.mark.parametrize("name", ["class", "waiting"])
def test_a_page_that_is_logged_out_before_it_can_follow_shows_the_login(open_page, site, monkeypatch, name):
    async def refused(request, right):
        with site.database.writing() as connection:
            end_sessions(connection, site.people["instructor"])
        raise Unauthenticated

    monkeypatch.setattr(streams, "assignment_at", refused)
    monkeypatch.setattr(streams, "submission_at", refused)
    page = open_page(name, ends=True)
    page.get_by_label("Password").wait_for(timeout=10_000)


@pytest.mark.parametrize("name", ["nasty", "history"])
def test_a_learners_text_is_shown_as_text_and_runs_nowhere(open_page, name):
    page = open_page(name)
    assert "taken" not in page.title()
    if name == "nasty":
        assert "<script>" in page.locator("main").inner_text()
        assert NASTY[:20] in page.locator("ins").first.inner_text()


def test_a_link_leads_past_the_navigation(open_page):
    page = open_page("courses")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_language_is_chosen_at_the_top_and_kept(open_page):
    page = open_page("courses")
    with contextlib.suppress(TimeoutError):
        page.get_by_role("link", name="한국어").click()
    assert page.locator("html").get_attribute("lang") == "ko"
    page.reload()
    assert page.get_by_role("heading", name="내 강좌").is_visible()
