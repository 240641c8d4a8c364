"""``dout submit``: hand a file in to a grading service, wait, and show the report."""

import argparse
import os
import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli import FAULT, INTERRUPTED, OK
from harness.cli.console import is_terminal, say, show
from harness.cli.grade import deliver, status_of
from harness.errors import SandboxError, UsageError
from harness.interrupts import held_back
from harness.language import chosen_language
from harness.remote.reasons import FAILED
from harness.sentence import Sentence

if TYPE_CHECKING:
    from harness.remote.client import Client

__all__ = ["run"]

#: Seconds between two questions: the first, and the longest. A grading takes a tenth of a second.
_FIRST_LOOK, _LONGEST_LOOK = 0.2, 3.0
#: Bytes; services take one MiB unless they were told otherwise.
_MOST = 64 << 20


def run(options: argparse.Namespace) -> int:
    """Hand in and wait, or keep a token."""
    with held_back():
        from harness.cli.connecting import connected
        from harness.remote.client import checked_address
        from harness.remote.tokens import keep_token

    server = checked_address(options.server)
    if options.login:
        path = keep_token(server, _asked_token(options), os.environ)
        show(chosen_language(options.lang).text("the token is kept in {file}", file=path) + "\n")
        return OK
    if options.path is None or options.assignment is None:
        raise UsageError(
            Sentence("say which file, and for which assignment"),
            Sentence("write it like {example}", example="dout submit layers.py --server URL --assignment ID"),
        )
    client = connected(options)
    if options.roster is not None:
        from harness.cli.submit_class import hand_in_class

        return hand_in_class(client, options)
    return _handed_in(client, _read(options.path), options)


def _asked_token(options: argparse.Namespace) -> str:
    if is_terminal(sys.stdin):
        import getpass

        return getpass.getpass(chosen_language(options.lang).text("Token: ")).strip()
    return "" if sys.stdin is None else sys.stdin.readline(1000).strip()


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST + 1)
    except IsADirectoryError:
        raise UsageError(
            Sentence("{file} is a folder", file=path), Sentence("give one file; for a class, give its --roster as well")
        ) from None
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be read: {error}", file=path, error=error.strerror),
            Sentence("give the path of the file to hand in"),
        ) from None
    if not data:
        raise UsageError(Sentence("{file} is empty", file=path), Sentence("save it first"))
    return data


def _handed_in(client: "Client", data: bytes, options: argparse.Namespace) -> int:
    # However often this call sends the file, it is one submission.
    key = secrets.token_hex(32)
    found = ""
    try:
        headers = {"Idempotency-Key": key, "Content-Type": "application/octet-stream"}
        address = f"/api/v1/assignments/{_quoted(options.assignment)}/submissions"
        found = str(client.post(address, data, headers, name=Path(options.path).name).json()["id"])
        done = _waited(client, found, options)
    except (KeyError, TypeError):
        raise UsageError(Sentence("there is no grading service at this address")) from None
    except (KeyboardInterrupt, SandboxError) as stop:
        if found:
            hint = Sentence("look later at {address}", address=f"{client.server}/submissions/{found}")
            say(Sentence("your file is handed in, and is graded there all the same"), hint, options.lang)
        if isinstance(stop, SandboxError):
            raise
        if not found:
            say(Sentence("stopped; perhaps the file was handed in"), Sentence("look at the service"), options.lang)
        return INTERRUPTED
    if done["status"] != "graded":
        reason = FAILED.get(str(done.get("reason")), Sentence("it was withdrawn"))
        say(
            Sentence("it could not be graded: {reason}", reason=reason),
            Sentence("it costs no attempt, and your instructor can have it graded again"),
            options.lang,
        )
        return FAULT
    return _shown(client, found, options)


def _waited(client: "Client", found: str, options: argparse.Namespace) -> dict[str, Any]:
    language, wait, before = chosen_language(options.lang), _FIRST_LOOK, ""
    while True:
        now: dict[str, Any] = client.get(f"/api/v1/submissions/{found}").json()
        if now["status"] not in ("queued", "running"):
            return now
        queue = now.get("queue") or {}
        told = language.text("being graded")
        if now["status"] == "queued":
            told = language.text("waiting in the queue: place {place}", place=queue.get("position") or "?")
        if told != before and sys.stderr is not None and is_terminal(sys.stderr):
            sys.stderr.write(told + "\n")
            before = told
        time.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_LOOK)


def _shown(client: "Client", found: str, options: argparse.Namespace) -> int:
    with held_back():
        from harness.render.json import read_json
        from harness.report_files import joined

    data = client.get(f"/api/v1/submissions/{found}/report", format="json").body
    reports = read_json(data, client.server)
    deliver(joined(reports, options.format, chosen_language(options.lang), several=False), options)
    return status_of(reports, None)


def _quoted(part: str) -> str:
    from urllib.parse import quote

    return quote(part, safe="")
