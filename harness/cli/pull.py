"""``dout pull``: bring the grades and reports of a class from a grading service into a folder."""

import argparse
import contextlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli import INTERRUPTED, OK
from harness.cli.console import say, show, show_passing
from harness.errors import UsageError
from harness.interrupts import held_back
from harness.language import chosen_language
from harness.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.remote.client import Client

__all__ = ["run"]

#: What the folder has already: submission to generation and score.
_INDEX = "pulled.json"
_PAGE = "200"


def run(options: argparse.Namespace) -> int:
    """Bring what is new."""
    with held_back():
        from urllib.parse import quote

        from harness.cli.connecting import connected
        from harness.report_files import write_file

    client = connected(options)
    address = f"/api/v1/assignments/{quote(options.assignment, safe='')}"
    out = Path(options.output)
    try:
        (out / "reports").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            Sentence("{file} cannot be written: {error}", file=out, error=error.strerror),
            Sentence("choose another folder"),
        ) from None
    known = _known(out / _INDEX)
    new = 0
    try:
        for one in _submissions(client, address):
            grade, found = one.get("grade"), str(one["id"])
            if not grade or not re.fullmatch(r"[0-9a-f-]{36}", found):
                continue
            stand = [grade["generation"], grade["score"]]
            file = out / "reports" / f"{found}.json"
            if known.get(found) == stand and file.is_file():
                continue
            write_file(file, client.get(f"/api/v1/submissions/{found}/report", format="json").body)
            known[found] = stand
            new += 1
            show_passing(str(new))
        write_file(out / "grades.csv", client.get(f"{address}/marks", format="csv").body)
    except (KeyError, TypeError, AttributeError):
        raise UsageError(Sentence("there is no grading service at this address")) from None
    except KeyboardInterrupt:
        stopped = Sentence("stopped; {count} reports are new in {folder}", count=new, folder=out)
        say(stopped, Sentence("run the same command again: it goes on where it was"), options.lang)
        return INTERRUPTED
    finally:
        # Also what came before a lost connection is not brought twice.
        with contextlib.suppress(UsageError):
            write_file(out / _INDEX, json.dumps(known, indent=0) + "\n")
    text = chosen_language(options.lang).text
    told = text("{new} new reports, {all} in all, and grades.csv, in {folder}", new=new, all=len(known), folder=out)
    show(told + "\n")
    return OK


def _submissions(client: "Client", address: str) -> "Iterator[dict[str, Any]]":
    before = ""
    while True:
        page = client.get(f"{address}/submissions", limit=_PAGE, before=before).json()
        yield from page["submissions"]
        if not page["next"]:
            return
        before = page["next"]


def _known(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Half-written or not there: all is brought again.
        return {}
    return found if isinstance(found, dict) else {}
