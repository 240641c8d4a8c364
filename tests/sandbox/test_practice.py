"""What the zygote does once so that its workers need not: it leaves nothing that a worker or a learner could see."""

import sys
import warnings

from harness.sandbox import practice
from harness.sandbox.protocol import Answer, Done, decode_from_worker, messages_in


def test_practice_answers_every_call_with_a_value(monkeypatch):
    said = []
    monkeypatch.setattr(practice, "_sent_nowhere", lambda *messages: said.extend(messages))
    practice.practise()
    parsed, loaded, *several, done = said
    assert (parsed.problems, loaded.problems) == ([], [])
    answers = [decode_from_worker(body) for one in several for body in messages_in(bytes(one))[::-1]]
    assert [type(answer) for answer in answers] == [Answer] * (2 * practice._CASES)
    assert done == Done()


def test_practice_leaves_nothing_behind():
    before = sys.stdin, sys.stdout, sys.stderr, warnings.filters[:], dict(sys.modules)
    practice.practise()
    assert (sys.stdin, sys.stdout, sys.stderr, warnings.filters[:], dict(sys.modules)) == before
