"""The operation that hands a file in: 202 only after the commit, and sent twice it is accepted once."""

import re

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from harness.escape import plain
from harness.sentence import Sentence
from harness.service.access import Actor
from harness.service.ids import new_id
from harness.service.store.accepting import Accepted, Incoming
from harness.service.web.api import shapes
from harness.service.web.api.operations import PREFIX, Answer, Operation, answer, query_of
from harness.service.web.api.problems import Invalid, Unprocessable
from harness.service.web.finding import course_of_assignment_at
from harness.service.web.guarding import identified
from harness.service.web.taking_in import taken_in

__all__ = ["checked_file", "file_of", "key_of", "operations", "receipt"]

#: Characters: the longest file name that common file systems allow.
_LONGEST_NAME = 255
_KEY = re.compile(shapes.KEY)


async def _submit(request: Request) -> Response:
    assignment_id, course_id = await course_of_assignment_at(request, "submission.make")
    actor = identified(request)
    key = key_of(request, actor)
    name, data = await file_of(request, query_of(request, shapes.FileName).name)
    incoming = Incoming(assignment_id=assignment_id, user_id=actor.user_id, name=name, data=data, idempotency_key=key)
    told = receipt(await taken_in(request, course_id, incoming))
    return answer(told, 202, {"Location": told.url})


def receipt(accepted: Accepted) -> shapes.Receipt:
    """Return what is told of what was accepted."""
    return shapes.Receipt(**msgspec.structs.asdict(accepted), url=f"{PREFIX}/submissions/{accepted.id}")


def key_of(request: Request, actor: Actor) -> str:
    """Return what the client calls this submission. A person at a page need not call it anything.

    Raises:
        Invalid: a program gave none, or it is no key.
    """
    key = request.headers.get("idempotency-key", "")
    if not key and actor.scopes is None:
        return new_id()
    if not _KEY.fullmatch(key):
        raise Invalid(
            "key-missing",
            Sentence("the header Idempotency-Key is missing, or is not 1 to 200 ASCII characters without blanks"),
            Sentence("make a new one for each file, and send the same one when you send the file again"),
        )
    return key


async def file_of(request: Request, name: str) -> tuple[str, bytes]:
    """Return the name and the bytes of the file in a body: a part ``file`` of a form, or the body itself.

    Raises:
        Unprocessable: there is none, or it is empty.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data":
        try:
            async with request.form(max_files=1, max_fields=10) as form:
                part = form.get("file")
                if not isinstance(part, UploadFile):
                    raise Unprocessable(Sentence("the form has no file in its field {field}", field="file"))
                name, data = part.filename or name, await part.read()
        except (MultiPartException, KeyError, ValueError):
            raise Unprocessable(Sentence("the form cannot be read")) from None
    else:
        data = await request.body()
    return checked_file(name, data)


def checked_file(name: str, data: bytes) -> tuple[str, bytes]:
    """Return a file's name as it is stored, and its bytes.

    Raises:
        Unprocessable: it is empty.
    """
    if not data:
        raise Unprocessable(Sentence("the file is empty"), Sentence("save it first, then send it again"))
    return _displayed(name), data


def _displayed(name: str) -> str:
    last = re.split(r"[/\\]", name.encode("utf-8", "replace").decode())[-1]
    return plain(last)[:_LONGEST_NAME] or shapes.FileName().name


operations = (
    Operation(
        name="submit",
        method="POST",
        path="/assignments/{id}/submissions",
        told="Hand a file in. Accepted means that it will be graded, or visibly fail.",
        handle=_submit,
        query=shapes.FileName,
        takes=("application/octet-stream", "multipart/form-data"),
        headers={"Idempotency-Key": "Of the client's own making; the same one with the same file hands in once."},
        problems=(
            *("key-missing", "key-reused", "unprocessable", "no-assignment", "not-open", "closed"),
            *("no-attempts-left", "too-large", "too-soon", "too-often"),
        ),
        answers={
            202: Answer(
                told="It is accepted.", shape=shapes.Receipt, headers={"Location": "Where its status is to be asked."}
            )
        },
    ),
)
