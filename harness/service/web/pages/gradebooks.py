"""Takes the gradebook that a platform exported, and gives it back with the marks of a class in it."""

import base64
from collections.abc import Sequence

import sqlalchemy as sa
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from harness.errors import UsageError
from harness.escape import plain
from harness.render.exported import FILLED, exported_text
from harness.sentence import Sentence
from harness.service.class_rows import marks
from harness.service.store.standings import standings
from harness.service.web.exporting import exported
from harness.service.web.finding import assignment_at
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["routes"]

#: Characters of the name of a column: Canvas takes 255.
_LONGEST_COLUMN = 255


async def _gradebook(request: Request) -> Response:
    return _page(request, await assignment_at(request, "grade.export"))


def _page(
    request: Request,
    found: sa.RowMapping,
    *,
    platform: str = "canvas",
    column: str | None = None,
    refused: UsageError | None = None,
    filled: str | None = None,
    missing: Sequence[str] = (),
) -> Response:
    return render(
        request,
        "gradebook.html",
        status_code=200 if refused is None else 422,
        assignment=found,
        platforms=[*FILLED],
        platform=platform,
        column=found["title"] if column is None else column,
        refused=refused,
        # In the page itself: nothing is kept on the server, and a browser without scripts can save it.
        filled=None if filled is None else base64.b64encode(filled.encode()).decode(),
        missing=missing,
    )


async def _fill(request: Request) -> Response:
    found = await assignment_at(request, "grade.export")
    async with request.form(max_files=1, max_fields=10) as form:
        platform, column = str(form.get("platform", "")), str(form.get("column", "")).strip()[:_LONGEST_COLUMN]
        upload = form.get("file")
        data = await upload.read() if isinstance(upload, UploadFile) else b""
    missing: list[str] = []
    try:
        if platform not in FILLED:
            raise UsageError(Sentence("this platform's gradebook cannot be filled in"), Sentence("choose another one"))
        if not data:
            raise UsageError(Sentence("no file was chosen"), Sentence("choose the file that the platform exported"))
        text = exported_text(platform, data, Sentence("the file"))
        # Before anything is written down: what does not fit is not given away.
        graded = await service_of(request).read(
            lambda connection: [
                one
                for one in marks(standings(connection, found["course_id"], found["id"]), 0.0, lambda _: "")
                if one.score is not None
            ]
        )
        done = FILLED[platform](text, graded, column or found["title"])
    except UsageError as refused:
        return _page(request, found, platform=platform, column=column, refused=refused)
    names = {one.learner: one.name for one in graded}
    missing = [plain(f"{names[login]} ({login})", 600) for login in done.missing]
    filled = await exported(request, found, f"{platform}-filled", lambda _: done.text)
    return _page(request, found, platform=platform, column=column, filled=filled, missing=missing)


routes = [
    Route("/assignments/{assignment_id}/gradebook", _gradebook, name="gradebook"),
    Route("/assignments/{assignment_id}/gradebook", _fill, methods=["POST"], name="fill-gradebook"),
]
