"""How a command speaks to a grading service: with the token that is kept for it, in the reader's language."""

import argparse
import os

from harness.cli.console import say
from harness.language import chosen_language
from harness.remote.client import Client, checked_address
from harness.remote.tokens import token_for
from harness.sentence import Sentence

__all__ = ["connected"]


def connected(options: argparse.Namespace) -> Client:
    """Return a client of the service at ``--server``, which says so when it gets no answer.

    Raises:
        UsageError: that is no address of a service, or there is no token for it.
    """
    server = checked_address(options.server)
    lost = Sentence("no answer from {server}; trying again", server=server)
    return Client(
        server,
        token_for(server, os.environ),
        lang=chosen_language(options.lang).code,
        lost=lambda: say(lost, lang=options.lang),
    )
