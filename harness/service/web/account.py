"""Somebody's own account: password, language, tokens, and all that is known about them."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.language import LANGUAGES
from harness.sentence import Sentence
from harness.service.access import SCOPES, Actor, allowed
from harness.service.passwords import LEAST, check_password, hash_password
from harness.service.store.courses import courses
from harness.service.store.people import checked_name, set_language, set_password, user_by_id
from harness.service.store.personal import export_person
from harness.service.store.tokens import create_token, revoke_token, tokens_of
from harness.service.web.addresses import attachment, client_address
from harness.service.web.forms import number, text
from harness.service.web.guarding import absent, guard, signed_in
from harness.service.web.hashing import hashing
from harness.service.web.limiting import limiter_of
from harness.service.web.login import log_in
from harness.service.web.refusal import Forbidden
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["export_answer", "routes"]

#: Ten years: more is no limit.
_MOST_DAYS = 3650


async def _show(request: Request) -> Response:
    return await _page(request, signed_in(request))


async def _page(request: Request, actor: Actor, *, secret: str = "", error: UsageError | None = None) -> Response:
    service = service_of(request)
    user_id = actor.user_id
    tokens = await service.read(lambda connection: tokens_of(connection, user_id))
    mine = await service.read(lambda connection: courses(connection, of_user=user_id))
    person = await service.read(lambda connection: user_by_id(connection, user_id))
    assert person is not None
    return render(
        request,
        "people_account.html",
        status_code=400 if error else 200,
        person={"name": person["name"], "email": person["email"], "has_password": person["password"] is not None},
        tokens=tokens,
        courses=mine,
        scopes=list(SCOPES),
        languages=LANGUAGES,
        least=LEAST,
        secret=secret,
        error=error,
        has_changed=request.method == "GET" and request.query_params.get("changed") == "password",
    )


async def _password(request: Request) -> Response:
    actor = signed_in(request)
    service = service_of(request)
    limiter = limiter_of(request)
    async with request.form() as form:
        before, after = text(form, "before", strip=False), text(form, "after", strip=False)
    known = await service.read(lambda connection: user_by_id(connection, actor.user_id))
    assert known is not None
    email, address = known["email"] or actor.user_id, client_address(request)
    limiter.before_login(email, address)
    is_right, _ = await hashing(lambda: check_password(known["password"], before))
    if not is_right:
        limiter.failed_login(email, address)
        return await _page(request, actor, error=UsageError(Sentence("that is not your password")))
    try:
        hashed = await hashing(lambda: hash_password(after, email=email))
    except UsageError as error:
        return await _page(request, actor, error=error)
    await service.writer.do(lambda connection: set_password(service.database, connection, actor.user_id, hashed))
    return await log_in(request, actor.user_id, to="/account?changed=password")


async def _language(request: Request) -> Response:
    actor = signed_in(request)
    service = service_of(request)
    async with request.form() as form:
        chosen = text(form, "language") or None
    if chosen is not None and chosen not in LANGUAGES:
        raise absent(request)
    await service.writer.do(lambda connection: set_language(connection, actor.user_id, chosen))
    return RedirectResponse("/account", 303)


async def _new_token(request: Request) -> Response:
    actor = signed_in(request)
    service = service_of(request)
    async with request.form() as form:
        name, course_id = text(form, "name"), text(form, "course") or None
        scopes = frozenset(value for value in form.getlist("scope") if isinstance(value, str))
        try:
            days = number(form, "days", int)
        except UsageError as error:
            return await _page(request, actor, error=error)
    if course_id is not None:
        guard(request, "token.make", course=course_id)
    elif not any(allowed(actor, "token.make", course=one) for one in actor.roles) and not actor.is_admin:
        raise Forbidden
    try:
        if days is not None and not 1 <= days <= _MOST_DAYS:
            raise UsageError(Sentence("a token is good for {least} to {most} days", least=1, most=_MOST_DAYS))
        shown = checked_name(name)
        secret = await service.writer.do(
            lambda connection: create_token(
                service.database,
                connection,
                user_id=actor.user_id,
                name=shown,
                scopes=scopes,
                course_id=course_id,
                days=days,
            )
        )
    except UsageError as error:
        return await _page(request, actor, error=error)
    return await _page(request, actor, secret=secret)


async def _revoke(request: Request) -> Response:
    actor = signed_in(request)
    service = service_of(request)
    token_id = request.path_params["token"]
    done = await service.writer.do(
        lambda connection: revoke_token(service.database, connection, token_id, user_id=actor.user_id)
    )
    if not done:
        raise absent(request)
    return RedirectResponse("/account", 303)


async def _export(request: Request) -> Response:
    actor = signed_in(request)
    guard(request, "person.export", owner=actor.user_id)
    return await export_answer(request, actor.user_id, by=actor)


async def export_answer(request: Request, user_id: str, *, by: Actor) -> Response:
    """Return all that is known about a person, as a file."""
    service = service_of(request)
    address = client_address(request)
    data = await service.writer.do(
        lambda connection: export_person(service.database, connection, user_id, by=by.user_id, address=address)
    )
    headers = {"Content-Disposition": attachment(f"dout-{user_id}.zip"), "Cache-Control": "no-store"}
    return Response(data, media_type="application/zip", headers=headers)


async def _home(request: Request) -> Response:
    """Send people to where their work is."""
    actor = signed_in(request)
    return RedirectResponse("/manage/courses" if actor.is_admin else "/courses", 303)


routes = [
    Route("/", _home),
    Route("/account", _show),
    Route("/account/password", _password, methods=["POST"]),
    Route("/account/language", _language, methods=["POST"]),
    Route("/account/tokens", _new_token, methods=["POST"]),
    Route("/account/tokens/{token}/revoke", _revoke, methods=["POST"]),
    Route("/account/export", _export, methods=["POST"]),
]
