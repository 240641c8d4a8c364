import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_class import HEAD, LEFT_OUT, class_of

from harness.assignment import built_in
from harness.errors import SubmissionError
from harness.grader import grade, ungradable_report
from harness.language import language
from harness.render.dashboard import dashboard
from harness.render.html import render_html
from harness.sandbox.runner import Sandbox
from harness.submission import submission_from_bytes

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: As root there is no sandbox of its own; and nothing is to be looked up or fetched.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


@pytest.fixture
def page_at(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file from disk in a browser; its complaints, and whatever the page asks of the network, end the test."""
    contexts, complaints, asked = [], [], []

    def opened(path: Path, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("file:")] == []


@pytest.fixture
def page_of(page_at: Callable[..., Any], sandbox: Sandbox, tmp_path: Path) -> Callable[..., Any]:
    """Open the report on a text."""

    def opened(source: str | bytes, lang: str = "en", **options: Any) -> Any:
        data = source.encode() if isinstance(source, str) else source
        assignment = built_in()
        try:
            report = grade(submission_from_bytes("layers.py", data), assignment, sandbox=sandbox)
        except SubmissionError as error:
            report = ungradable_report(error, "layers.py", "", assignment, 1)
        path = tmp_path / "report.html"
        path.write_text(render_html(report, language(lang)), encoding="utf-8")
        return page_at(path, **options)

    return opened


@pytest.fixture
def dashboard_of(page_at: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Open the dashboard of so many made-up learners."""

    def opened(count: int, lang: str = "en", *, anonymous: bool = False, **options: Any) -> Any:
        path = tmp_path / "dashboard.html"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(dashboard(HEAD, class_of(count), LEFT_OUT, language(lang), anonymous=anonymous))
        return page_at(path, **options)

    return opened


@pytest.fixture(scope="session")
def violations() -> Callable[[Any], list[str]]:
    """What axe finds on a page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

    def found(page: Any) -> list[str]:
        seen = axe.Axe().run(page).response["violations"]
        return [f"{one['id']}: {one['help']} {[node['html'][:120] for node in one['nodes'][:2]]}" for one in seen]

    return found
