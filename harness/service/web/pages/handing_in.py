"""Takes a submission from the form of an assignment's page: a chosen file, or else what stands in the editor."""

import hashlib
from contextlib import AbstractAsyncContextManager

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.escape import plain
from harness.sentence import Sentence
from harness.service.store.accepting import Incoming, Refused
from harness.service.web.finding import assignment_at
from harness.service.web.forms import text as text_of_form
from harness.service.web.guarding import guard
from harness.service.web.pages.learning import assignment_page, text_in
from harness.service.web.refusal import TooMany, Unauthenticated
from harness.service.web.routing import Route
from harness.service.web.taking_in import taken_in

__all__ = ["routes"]

#: What the text of the editor is called.
_NAME = "layers.py"
#: Characters of a name that a row has room for.
_LONGEST_NAME = 255


def _form(request: Request) -> AbstractAsyncContextManager[FormData]:
    return request.form(max_files=1, max_fields=10, max_part_size=1 << 20)


async def _submit(request: Request) -> Response:
    try:
        found = await assignment_at(request, "course.see")
        actor = guard(request, "submission.make", course=found["course_id"])
    except Unauthenticated as ended:
        # The session has ended while they wrote.
        async with _form(request) as form:
            ended.kept = text_of_form(form, "text")
        raise
    async with _form(request) as form:
        upload, text, key = form.get("file"), form.get("text"), form.get("key")
        is_file = isinstance(upload, UploadFile) and bool(upload.filename)
        name, data = _NAME, text.replace("\r\n", "\n").encode("utf-8", "replace") if isinstance(text, str) else b""
        if isinstance(upload, UploadFile) and upload.filename:
            name, data = upload.filename.replace("\\", "/").rpartition("/")[2][-_LONGEST_NAME:], await upload.read()
    refused: Refused
    if not data.strip():
        refused = Refused(
            "empty", Sentence("there is nothing to hand in"), Sentence("write in the editor or choose a file")
        )
        if is_file:
            refused = Refused("empty", Sentence("{file} is empty", file=plain(name)), Sentence("save it first"))
        written = text if isinstance(text, str) else ""
        return await assignment_page(request, found, text=written, refused=refused, status_code=422)
    incoming = Incoming(
        assignment_id=found["id"],
        user_id=actor.user_id,
        name=name or _NAME,
        data=data,
        # Pressing the button twice is handing in once; going back and changing the text is not.
        idempotency_key=f"{str(key)[:100]}:{hashlib.sha256(data).hexdigest()}",
    )

    try:
        accepted = await taken_in(request, found["course_id"], incoming)
    except TooMany as often:
        # A page of its own would take the text away.
        refused = Refused("too-often", often.message, often.hint)
        return await assignment_page(
            request, found, text=text_in(data), refused=refused, status_code=often.status, headers=often.headers
        )
    except Refused as error:
        refused = error
    else:
        return RedirectResponse(f"/submissions/{accepted.id}", 303)
    wait = refused.retry_after
    headers = {} if wait is None else {"Retry-After": str(round(wait))}
    status = 429 if refused.code == "too-soon" else 409
    # Nothing is lost: what was written, or read from the file, stands in the editor.
    return await assignment_page(
        request, found, text=text_in(data), refused=refused, status_code=status, headers=headers
    )


routes = [Route("/assignments/{assignment_id}/submissions", _submit, methods=["POST"], name="submit")]
