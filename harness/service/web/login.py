"""Logging in and out, and accepting an invitation."""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from harness.errors import UsageError
from harness.sentence import Sentence
from harness.service.access import Actor
from harness.service.passwords import LEAST, check_password, hash_password
from harness.service.store.invitations import Invitation, accept_invitation, open_invitation
from harness.service.store.people import checked_email, checked_name, replace_hash, user_by_email
from harness.service.store.sessions import end_session, end_sessions, start_session
from harness.service.web.addresses import client_address, local_path
from harness.service.web.forms import text
from harness.service.web.guarding import public, signed_in
from harness.service.web.hashing import hashing
from harness.service.web.identifying import forget_session, keep_session, session_secret
from harness.service.web.limiting import limiter_of
from harness.service.web.refusal import Refusal
from harness.service.web.rendering import render
from harness.service.web.routing import Route
from harness.service.web.service import service_of

__all__ = ["begin_session", "log_in", "routes"]


async def begin_session(request: Request, response: Response, user_id: str) -> None:
    """Start a session for somebody who has shown who they are, and have the browser keep it."""
    service = service_of(request)
    before, address = session_secret(request), client_address(request)
    secret = await service.writer.do(
        lambda connection: start_session(
            service.database,
            connection,
            user_id,
            hours=service.settings.session_hours,
            before=before,
            address=address,
        )
    )
    keep_session(service, response, secret)


async def log_in(request: Request, user_id: str, *, to: str = "/") -> Response:
    """Start a session, and send the browser on to a path of this site."""
    response = RedirectResponse(local_path(to), 303)
    await begin_session(request, response, user_id)
    return response


async def _show_login(request: Request) -> Response:
    actor = public(request)
    to = local_path(request.query_params.get("next", "/"))
    if actor.user_id:
        return RedirectResponse(to, 303)
    return _login_page(request, to)


def _login_page(
    request: Request, to: str, *, status: int = 200, email: str = "", error: UsageError | None = None
) -> Response:
    issuer = service_of(request).settings.oidc_issuer
    return render(
        request,
        "login.html",
        status_code=status,
        next=to,
        email=email,
        error=error,
        # People know their provider by its host.
        provider=urlsplit(issuer).hostname if issuer else None,
    )


async def _login(request: Request) -> Response:
    public(request)
    service = service_of(request)
    limiter = limiter_of(request)
    async with request.form() as form:
        email, password = text(form, "email").strip().casefold()[:320], text(form, "password", strip=False)
        to = local_path(text(form, "next"))
    address = client_address(request)
    limiter.before_login(email, address)
    known = await service.read(lambda connection: user_by_email(connection, email))
    is_right, renewed = await hashing(lambda: check_password(known["password"] if known else None, password))
    if known is None or not is_right or known["disabled_at"] is not None:
        limiter.failed_login(email, address)
        # The same words whatever is wrong: nobody learns who has an account.
        error = UsageError(Sentence("the e-mail address or the password is not right"))
        return _login_page(request, to, status=401, email=email, error=error)
    user_id: str = known["id"]
    if renewed is not None:
        await service.writer.do(lambda connection: replace_hash(connection, user_id, renewed))
    return await log_in(request, user_id, to=to)


async def _logout(request: Request) -> Response:
    actor = public(request)
    service = service_of(request)
    if request.url.path.endswith("/everywhere"):
        signed_in(request)
        await service.writer.do(lambda connection: end_sessions(connection, actor.user_id))
    elif secret := session_secret(request):
        await service.writer.do(lambda connection: end_session(connection, secret))
    response = RedirectResponse("/login", 303)
    forget_session(service, response)
    # The back button shows no page of who was here before.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


async def _invitation(request: Request) -> tuple[str, Invitation]:
    service = service_of(request)
    secret = request.path_params["secret"]
    found = await service.read(lambda connection: open_invitation(service.database, connection, secret))
    if found is None:
        raise Refusal(
            Sentence("this invitation was used, withdrawn, or is too old"), Sentence("ask for a new one"), status=404
        )
    return secret, found


async def _show_invitation(request: Request) -> Response:
    actor = public(request)
    _, found = await _invitation(request)
    return _invitation_page(request, actor, found)


def _invitation_page(
    request: Request, actor: Actor, found: Invitation, error: UsageError | None = None, name: str = "", email: str = ""
) -> Response:
    return render(
        request,
        "login_invitation.html",
        status_code=400 if error else 200,
        invitation=found,
        # Who has an account shows that it is theirs: a link alone never opens it.
        must_log_in=found.user_id not in {None, actor.user_id},
        least=LEAST,
        error=error,
        name=name or found.name or "",
        email=found.email or email,
    )


async def _accept(request: Request) -> Response:
    actor = public(request)
    service = service_of(request)
    secret, found = await _invitation(request)
    name = email = ""
    hashed: str | None = None
    try:
        if not actor.user_id and found.user_id is None:
            async with request.form() as form:
                name, email = text(form, "name"), text(form, "email")
                password = text(form, "password", strip=False)
            name = checked_name(name)
            email = found.email or checked_email(email)
            hashed = await hashing(lambda: hash_password(password, email=email))
        user_id, _ = await service.writer.do(
            lambda connection: accept_invitation(
                service.database,
                connection,
                secret,
                actor_id=actor.user_id or None,
                name=name,
                email=email,
                password=hashed,
            )
        )
    except UsageError as error:
        return _invitation_page(request, actor, found, error, name, email)
    return RedirectResponse("/", 303) if actor.user_id else await log_in(request, user_id)


routes = [
    Route("/login", _show_login),
    Route("/login", _login, methods=["POST"]),
    Route("/logout", _logout, methods=["POST"]),
    Route("/logout/everywhere", _logout, methods=["POST"]),
    Route("/join/{secret}", _show_invitation),
    Route("/join/{secret}", _accept, methods=["POST"]),
]
