"""``dout serve``, ``dout web``, ``dout worker``, ``dout service``: the grading service."""

import argparse
import importlib.util
import os
import signal
import sys
from typing import TYPE_CHECKING

from harness.cli import OK, SOME_FAILED
from harness.cli.console import show
from harness.errors import UsageError
from harness.interrupts import Ended, held_back, signals_as_exceptions
from harness.language import Language, chosen_language
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.service.checkup import Observed
    from harness.service.settings import Settings

__all__ = ["run", "run_service", "run_web", "run_worker"]

#: Of the extra; all of them are installed together.
_PARTS = ("sqlalchemy", "dbos", "starlette", "uvicorn", "structlog", "alembic", "jinja2", "httpx", "joserfc")


def _needs_the_extra() -> None:
    missing = [name for name in _PARTS if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            Sentence("the service is not installed: {package} is missing", package=missing[0]),
            Sentence("try: {command}", command="pip install 'dout[service]'"),
        )


def run(options: argparse.Namespace) -> int:
    """Set everything up, start the web process and the workers, and keep them running."""
    _needs_the_extra()
    with held_back():
        from harness.service.logs import configure
        from harness.service.migrations import migrate
        from harness.service.running import admin_link, asked_to_end, check_free, opened, prepared_folder
        from harness.service.supervisor import Part, Supervisor

    language = chosen_language(options.lang)
    configure(plain=sys.stderr.isatty())
    with opened(options.config) as (settings, database):
        prepared_folder(settings)
        check_free(settings)
        migrate(database)
        link = admin_link(settings, database)
        count, address = settings.worker_count, settings.address
    config = ["--config", options.config] if options.config else []
    parts = [
        Part("web", ["web", *config]),
        *(Part(f"worker {number}", ["worker", *config]) for number in range(1, count + 1)),
    ]
    supervisor = Supervisor(parts, os.environ)
    with asked_to_end(supervisor.ask_to_stop):
        show(language.text("dout serves {address} with {count} workers.", address=address, count=count) + "\n")
        if link is not None:
            show(language.text("Open this link once, within a day, to become the administrator:") + f"\n  {link}\n")
        show(language.text("Ctrl-C ends it: what is being graded is finished first.") + "\n")
        sys.stdout.flush()
        return supervisor.run()


def run_web(options: argparse.Namespace) -> int:
    """Answer HTTP until asked to end."""
    _needs_the_extra()
    with held_back():
        from harness.service.logs import configure
        from harness.service.migrations import check_schema
        from harness.service.running import end_with_supervisor, opened, prepared_folder
        from harness.service.tracing import configure as trace
        from harness.service.web.server import serve

    configure(plain=sys.stderr.isatty())
    trace("web", os.environ)
    # uvicorn has its own way to end in order, which this signal begins.
    end_with_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        # uvicorn raises the signal that ended it once more: then what is open is still to be closed.
        with signals_as_exceptions(), opened(options.config) as (settings, database):
            prepared_folder(settings)
            check_schema(database)
            return serve(settings, database)
    except Ended:
        return OK


def run_worker(options: argparse.Namespace) -> int:
    """Grade until asked to end."""
    _needs_the_extra()
    with held_back():
        from harness.service.logs import configure
        from harness.service.migrations import check_schema
        from harness.service.running import asked_to_end, opened, prepared_folder
        from harness.service.tracing import configure as trace
        from harness.service.worker import Worker

    configure(plain=sys.stderr.isatty())
    trace("worker", os.environ)
    with opened(options.config) as (settings, database):
        prepared_folder(settings)
        check_schema(database)
        worker = Worker(database, settings, slots=options.slots)
        with asked_to_end(worker.ask_to_stop):
            worker.start()
            worker.wait()
            worker.stop()
    return OK


def run_service(options: argparse.Namespace) -> int:
    """Do one thing to a service: look what is wrong, migrate, help to register it, or make an administrator's link."""
    _needs_the_extra()
    with held_back():
        from harness.service.migrations import check_schema, migrate
        from harness.service.running import admin_link, opened, prepared_folder

    language = chosen_language(options.lang)
    with opened(options.config) as (settings, database):
        if options.action == "check":
            from harness.service.checkup import look

            return _checked([*look(settings, database)], language)
        if options.action == "lti":
            return _shown_for_an_lms(settings, language)
        if options.action == "migrate":
            prepared_folder(settings)
            migrate(database)
            show(language.text("The database is up to date.") + "\n")
        else:
            check_schema(database)
            link = admin_link(settings, database, always=True)
            show(language.text("Open this link once, within a day, to become an administrator:") + f"\n  {link}\n")
    return OK


def _shown_for_an_lms(settings: "Settings", language: Language) -> int:
    from harness.service.lti.registering import BLOCK, addresses

    show(language.text("The LMS asks for:") + "\n")
    for name, address in addresses(settings).items():
        show(f"  {language.text(name)}: {address}\n")
    page = f"{settings.address}/manage/lti"
    show("\n" + language.text("What it shows then is written into the page {page}", page=page) + "\n")
    show(language.text("or into the settings, for each deployment:") + f"\n\n{BLOCK}\n")
    if not settings.lti_platforms:
        show(language.text("No LMS is in the settings yet.") + "\n")
    for one in settings.lti_platforms:
        courses = ", ".join(f"{theirs} = {ours}" for theirs, ours in sorted(one.courses.items())) or "-"
        show(language.text("In the settings: {platform}; courses: {courses}", platform=one.key, courses=courses) + "\n")
    return OK


def _checked(found: "list[Observed]", language: Language) -> int:
    for one in found:
        mark = language.text("well") if one.is_well else language.text("WRONG")
        show(f"{mark:6} {language.told(one.what)}\n")
        if not one.is_well and one.hint is not None:
            show(f"       {language.text('hint')}: {language.told(one.hint)}\n")
    wrong = sum(not one.is_well for one in found)
    return SOME_FAILED if wrong else OK
