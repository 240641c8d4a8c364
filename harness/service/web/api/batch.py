"""The operation that hands many files in at once, for learners: each is accepted or refused by itself."""

import asyncio
from collections.abc import Sequence
from functools import partial

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from harness.errors import DoutError
from harness.service.store.accepting import Accepted, Incoming, Refused
from harness.service.store.on_behalf import Giver, accept_for, learners_named, the_one
from harness.service.web.addresses import client_address
from harness.service.web.api import shapes
from harness.service.web.api.operations import Answer, Operation, answer, body_of, query_of, read
from harness.service.web.api.problems import told
from harness.service.web.api.submitting import checked_file, receipt
from harness.service.web.finding import assignment_at
from harness.service.web.guarding import identified
from harness.service.web.service import service_of
from harness.service.web.taking_in import count, let_batch_in

__all__ = ["operations"]


async def _submit_all(request: Request) -> Response:
    query_of(request, shapes.Nothing)
    assignment = await assignment_at(request, "submission.make_for")
    actor = identified(request)
    batch = await body_of(request, shapes.Batch)
    course_id = assignment["course_id"]
    let_batch_in(request, course_id, len(batch.submissions))
    names = {one.learner for one in batch.submissions}
    meant = await read(request, lambda connection: learners_named(connection, course_id, names))
    service = service_of(request)
    giver = Giver(actor.user_id, course_id, client_address(request))

    def write(connection: sa.Connection, incoming: Sequence[Incoming]) -> list[Accepted | Refused]:
        return accept_for(service.database, service.jobs, connection, incoming, giver)

    async def one(given: shapes.BatchItem) -> Accepted | Refused:
        name, data = checked_file(given.name, given.data)
        incoming = Incoming(
            assignment_id=assignment["id"],
            user_id=the_one(meant[given.learner]),
            name=name,
            data=data,
            idempotency_key=given.idempotency_key,
        )
        result = await service.writer.do_together(write, incoming)
        count(request, course_id, result)
        return result

    done = await asyncio.gather(*map(one, batch.submissions), return_exceptions=True)
    tell = partial(_result, request)
    return answer(
        shapes.BatchResults(
            results=[tell(given, result) for given, result in zip(batch.submissions, done, strict=True)]
        )
    )


def _result(request: Request, given: shapes.BatchItem, done: Accepted | BaseException) -> shapes.BatchResult:
    if isinstance(done, Accepted):
        return shapes.BatchResult(learner=given.learner, status=202, submission=receipt(done))
    if not isinstance(done, (DoutError, sa.exc.SQLAlchemyError)):
        # A mistake of ours. What was accepted beside it stays: the same request once more says so.
        raise done
    problem = told(request, done)
    return shapes.BatchResult(learner=given.learner, status=problem.status, problem=problem)


operations = (
    Operation(
        name="submitBatch",
        method="POST",
        path="/assignments/{id}/submissions/batch",
        told="Hand files in for learners, many at once; for instructors. Each is accepted or refused by itself.",
        handle=_submit_all,
        body=shapes.Batch,
        problems=("unprocessable", "no-assignment", "too-large", "too-often"),
        answers={200: Answer(told="What became of each, in the order of the request.", shape=shapes.BatchResults)},
    ),
)
