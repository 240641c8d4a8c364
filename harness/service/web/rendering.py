"""Makes pages of templates, in the reader's language. All that is filled in is escaped."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from harness.escape import plain
from harness.language import LANGUAGES, Language, language
from harness.render.numbers import points
from harness.sentence import marked
from harness.service.access import NOBODY, allowed
from harness.service.web.addresses import asked_for, local_path
from harness.service.web.service import service_of
from harness.service.web.static_files import STAMP

__all__ = ["LANGUAGE_COOKIE", "ROLE_NAMES", "environment", "language_of", "part", "render"]

#: Holds the language that somebody chose at the top of a page.
LANGUAGE_COOKIE = "lang"
#: Each in itself.
_LANGUAGE_NAMES = {"en": "English", "ko": "한국어"}

#: Templates translate the name of a role; the program that collects sentences finds it here.
ROLE_NAMES = (marked("learner"), marked("assistant"), marked("instructor"))

environment = Environment(
    loader=PackageLoader("harness.service.web"),
    # Learner text is never markup: whatever the template is called.
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters |= {"plain": lambda text: plain(text, 255), "points": points}


def render(request: Request, name: str, /, *, status_code: int = 200, **values: Any) -> HTMLResponse:
    """Return the page of a template.

    Every template has, beside ``values``: ``actor``; ``allowed`` (:func:`harness.service.access.allowed` of the actor);
    ``csrf``, for a hidden field of that name in each form; ``lang`` and ``language_names``; ``t("a sentence",
    name=value)``, which translates; ``told(sentence)``, for a ``Sentence``; ``when(seconds)``, a time as the clock on
    the wall shows it, with its zone; ``clock(seconds)``, the same for a field of a form, and ``zone``, which is said
    beside it; ``path``, of the request; ``this_page``, where a link leads that comes back to this page; ``stamp``,
    for the addresses of static files.
    """
    spoken = language_of(request)
    state = request.state
    actor = getattr(state, "actor", NOBODY)
    zone = service_of(request).settings.zone

    def clock(seconds: float | None, name: str = "") -> str:
        if seconds is None:
            return ""
        at = datetime.fromtimestamp(seconds, zone)
        # Not by strftime, to which the year 987 has three digits.
        return f"{at.replace(tzinfo=None).isoformat(' ', 'minutes')}{at.strftime(name)}"

    text = environment.get_template(name).render(
        {
            "actor": actor,
            "clock": clock,
            "this_page": _way_back(request),
            "zone": str(zone),
            "allowed": lambda right, **about: allowed(actor, right, **about),
            "csrf": getattr(state, "csrf", None) or "",
            "lang": spoken.code,
            "language_names": _LANGUAGE_NAMES,
            "path": request.url.path,
            "stamp": STAMP,
            "t": spoken.text,
            "told": spoken.told,
            "when": lambda seconds: clock(seconds, " %Z"),
            **values,
        }
    )
    # Pages are about somebody: no cache keeps them, and the back button after the logout shows nothing.
    return HTMLResponse(text, status_code, headers={"Cache-Control": "no-store", "Content-Language": spoken.code})


def _way_back(request: Request) -> str:
    """Return where a page can be asked for again: the answer to a form is asked for at the page of the form."""
    if request.method in {"GET", "HEAD"}:
        return asked_for(request)
    return local_path(urlsplit(request.headers.get("referer", "")).path)


def part(name: str, spoken: Language, **values: Any) -> str:
    """Return a part of a page, which knows nothing of a request."""
    return environment.get_template(name).render(t=spoken.text, told=spoken.told, lang=spoken.code, **values)


def language_of(request: Request) -> Language:
    """Return the language that somebody chose, or else the first that their browser asks for and dout speaks."""
    actor = getattr(request.state, "actor", NOBODY)
    wanted = [
        request.cookies.get(LANGUAGE_COOKIE, ""),
        actor.language or "",
        *_accepted(request.headers.get("accept-language", "")[:200]),
    ]
    return language(next((code for one in wanted if (code := one[:2].lower()) in LANGUAGES), "en"))


def _accepted(header: str) -> list[str]:
    """Return the languages of ``Accept-Language``, the best first (RFC 9110, section 12.5.4)."""
    weighted = []
    for part in header.split(","):
        name, _, weight = part.strip().partition(";")
        try:
            weighted.append((float(weight.partition("=")[2] or 1), name))
        except ValueError:
            continue
    return [name for weight, name in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]
