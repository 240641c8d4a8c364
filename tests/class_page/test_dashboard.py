"""The dashboard as text: what it shows, what it hides, and that a class of any kind and size makes a sound page."""

import html.parser
import itertools
import re
import tracemalloc

import msgspec
import pytest
from sample_class import HEAD, LEFT_OUT, P, W, class_of, head_of, row_of

from harness.class_records import ClassCheck, LeftOut
from harness.language import ENGLISH, language
from harness.records import Outcome, Verdict, Warn
from harness.render.dashboard import dashboard

NONE = head_of(checks=[])


def made(rows, head=HEAD, left_out=(), lang="en", *, anonymous=False):
    return "".join(dashboard(head, lambda: iter(rows), left_out, language(lang), anonymous=anonymous))


class Page(html.parser.HTMLParser):
    """Refuses elements that do not end where they should, and keeps what is asked for below."""

    VOID = ("meta", "!doctype")

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.hrefs = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                self.ids.append(value)
            if name in {"aria-labelledby", "aria-describedby"}:
                self.references += value.split()
            if name == "href":
                self.hrefs.append(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


CLASSES = {
    "nobody": (HEAD, []),
    "one learner": (HEAD, [row_of("a")]),
    "all full marks": (HEAD, [row_of(str(n)) for n in range(30)]),
    "all failed": (HEAD, [row_of(str(n), [W] * len(HEAD.checks), codes=["MUL-SWAP"]) for n in range(30)]),
    "no points": (head_of(max_score=0.0, checks=[ClassCheck(id="c", layer="L", title="t", max_score=0.0)]), [row_of("a", [P], head_of(checks=[ClassCheck(id="c", layer="L", title="t", max_score=0.0)]))]),
    "no checks": (NONE, [row_of("a", [], NONE)]),
    "nobody graded": (HEAD, [row_of("a", [], NONE, outcome=Outcome.GRADER_FAULT, score=None), row_of("b", [], NONE, outcome=Outcome.NOT_GRADABLE, score=0.0)]),
    "some of all": (HEAD, list(class_of(60, ungraded=10, faults=15)())),
    "a large class": (HEAD, list(class_of(1200)())),
}  # fmt: skip


@pytest.mark.parametrize("anonymous", [False, True], ids=["named", "anonymous"])
@pytest.mark.parametrize(("head", "rows"), CLASSES.values(), ids=CLASSES)
def test_any_class_makes_a_sound_page(head, rows, anonymous):
    page = Page(made(rows, head, LEFT_OUT, anonymous=anonymous))
    assert len(set(page.ids)) == len(page.ids)
    assert {*page.references, *(href[1:] for href in page.hrefs if href.startswith("#"))} <= set(page.ids)
    assert {"script", "img", "iframe", "link"}.isdisjoint(page.tags)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody", "Nothing was graded."),
        ("all full marks", "all passed"),
        ("all failed", "none passed"),
        ("one learner", "one learner only"),
        ("no points", "The assignment has no points."),
        ("nobody graded", "Without a score: 1."),
    ],
)
def test_what_cannot_be_computed_is_said(name, words):
    head, rows = CLASSES[name]
    text = made(rows, head)
    assert words in text
    assert not re.search(r"\bnan\b|\binf\b|None", text)


def test_learners_are_listed_from_the_lowest_score_each_with_a_link():
    text = made([row_of("ann"), row_of("bob", [P, *[W] * 12]), row_of("cy", [P, P, *[W] * 11])])
    listed = re.findall(r'<th scope="row" class="who"><a href="([^"]+)"', text)
    assert listed == ["./reports/bob.html", "./reports/cy.html", "./reports/ann.html"]


def test_a_cell_has_its_word_and_a_class_for_each_kind_of_verdict():
    verdicts = [P, W, Verdict.BLOCKED, Verdict.TIMEOUT, Verdict.CONTRACT, Verdict.RAISED, Verdict.CRASHED, Verdict.MEMORY_LIMIT]  # fmt: skip
    head = head_of(checks=HEAD.checks[: len(verdicts)])
    found = re.findall(r'<td class="([pfbs])">([^<]+)</td>', made([row_of("a", verdicts, head)], head))
    assert found == [
        ("p", "PASS"), ("f", "FAIL"), ("b", "BLOCKED"), ("s", "TIMEOUT"), ("f", "FAIL"), ("f", "FAIL"),
        ("s", "CRASHED"), ("s", "MEMORY"),
    ]  # fmt: skip


def test_the_hardest_check_comes_first_and_the_columns_begin_with_the_easiest():
    verdicts = [W, P, *[P] * 11]
    text = made([row_of("a", verdicts), row_of("b", [P, *verdicts[1:]])])
    table = text[text.index('id="checks"') :]
    assert re.search(r"<tr><th scope=\"row\"><code>([^<]+)", table)[1] == "AddLayer.forward"
    assert re.findall(r'class="check"[^>]*><span>([^<]+)', text)[-1] == "AddLayer.forward"


def test_a_hidden_check_is_marked():
    checks = [ClassCheck(id="secret", layer="L", title="t", max_score=1.0, visibility="hidden")]
    head = head_of(checks=checks)
    assert "<code>secret</code> <strong>hidden</strong>" in made([row_of("a", [P], head)], head)


def test_titles_are_those_of_the_readers_language():
    checks = [ClassCheck(id="c", layer="L", title="right", titles={"ko": "맞음"}, max_score=1.0)]
    head = head_of(checks=checks)
    text = made([row_of("a", [W], head, codes=["MUL-SWAP"])], head, lang="ko")
    assert "맞음" in text
    assert "두 기울기가 서로 바뀜" in text
    assert '<html lang="ko">' in text


def test_a_mistake_of_a_later_version_is_shown_by_its_name():
    assert "<code>NEW-MISTAKE</code>" in made([row_of("a", codes=["NEW-MISTAKE"])])


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "\x1b[31mred\x00",
    "</bdi></table></main>",
    "شهرزاد",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_is_shown_and_is_nothing_else(text):
    rows = [
        row_of("k", name=text, section=text, codes=[text], page=f"reports/{text}.html"),
        row_of(text, [], NONE, outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn(text, None, text)),
        row_of("f", [], NONE, name=text, outcome=Outcome.GRADER_FAULT, score=None, reason=Warn(text, None, text)),
    ]
    head = head_of(title=text)
    made_page = made(rows, head, [LeftOut(reason=text, entry=text, learners=[text], message=text)])
    page = Page(made_page)
    assert {"script", "img"}.isdisjoint(page.tags)
    assert page.tags.count("main") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", made_page)
    assert all(href.startswith(("#", "./reports/")) for href in page.hrefs)


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("a b/김.html", "./a%20b/%EA%B9%80.html"),
        ("javascript:alert(1)", "./javascript%3Aalert%281%29"),
        ("//evil.example/x", "./evil.example/x"),
        ("a#b?c%d.html", "./a%23b%3Fc%25d.html"),
    ],
)
def test_a_link_leads_to_a_file_beside_the_page(path, href):
    assert f'href="{href}"' in made([row_of("a", page=path)])


def test_a_learner_without_a_page_has_no_link():
    assert [href for href in Page(made([row_of("a", page="")])).hrefs if not href.startswith("#")] == []


NAMED = [
    row_of("key-1", name="Name One", id="key-1", email="mail1@example.org", section="Section-9", file="Name One.py", codes=["MUL-SWAP"]),
    row_of("key-2", [], NONE, name="Name Two", outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn("EMPTY", None, "Name Two.py is empty")),
    row_of("key-3", [], NONE, name="Name Three", outcome=Outcome.GRADER_FAULT, score=None, reason=Warn("GRADER-FAULT", None, "Name Three")),
]  # fmt: skip
ABOUT = [LeftOut(reason="unknown", entry="Name Four.py", learners=["Name Five"], message="Name Six")]


def test_an_anonymous_page_names_nobody_and_links_nothing():
    text = made(NAMED, left_out=ABOUT, anonymous=True)
    assert not re.search(r"Name|key-|mail1|Section-9|reports/|\.py\b", text)
    assert all(words in text for words in ("Learner 1<", "<code>EMPTY</code>: 1", "roster: 1", "a score: 1"))
    shown = made(NAMED, left_out=ABOUT)
    assert all(f"Name {number}" in shown for number in ("One", "Two", "Three", "Four", "Five"))


def test_the_order_of_an_anonymous_list_does_not_follow_the_order_of_the_rows():
    rows = [row_of(f"{n:03}", codes=[f"C{n % 7}"]) for n in range(40)]
    one, other = (made(given, anonymous=True) for given in (rows, rows[::-1]))
    first = other.index('id="learners"')
    assert one[one.index('id="learners"') :] == other[first:]
    assert "C0" in one


def test_equal_scores_stay_in_the_order_of_the_rows():
    text = made([row_of(name) for name in ("zoe", "ann", "moe")])
    assert re.findall(r'class="who"><a[^>]+><bdi>([^<]+)', text) == ["zoe", "ann", "moe"]


def test_beyond_five_hundred_learners_rows_stand_for_many():
    def has_bands(count):
        return 'id="bands"' in made([row_of(str(n)) for n in range(count)])

    assert not has_bands(500)
    assert has_bands(501)


def test_a_page_lists_a_thousand_and_says_where_the_others_are():
    text = made([row_of(str(n)) for n in range(1001)])
    assert text.count('<th scope="row" class="who"><a ') == 1000
    assert "These are the 1000 of 1001 learners with the lowest scores; grades.csv has all of them." in text


def test_of_those_who_could_not_be_graded_two_hundred_are_listed():
    rows = [row_of(str(n), [], NONE, outcome=Outcome.NOT_GRADABLE, score=0.0, reason=Warn("EMPTY", None, "empty")) for n in range(203)]  # fmt: skip
    text = made(rows)
    assert text.count("<code>EMPTY</code></td>") == 200
    assert "And 3 more; grades.csv has all of them." in text


def test_a_left_out_entry_has_the_words_of_its_reason_and_is_counted():
    entries = [LeftOut(reason="several", entry=f"{n}.py", learners=["Ann"], message="m") for n in range(205)]
    text = made([], left_out=[*entries, LeftOut(reason="of-tomorrow", entry="x", learners=[], message="m")])
    assert "Handed in more than once, and nothing says which counts: 205</summary>" in text
    assert "And 5 more." in text
    assert "of-tomorrow: 1</summary>" in text


def test_a_few_left_out_entries_are_open_and_many_are_not():
    def entries(count):
        return [LeftOut(reason="missing", entry="", learners=["Ann"], message="m")] * count

    assert "<details open><summary>Nothing was handed in: 20<" in made([], left_out=entries(20))
    assert "<details><summary>Nothing was handed in: 21<" in made([], left_out=entries(21))


def test_verdicts_that_are_not_those_of_the_head_are_refused():
    with pytest.raises(ValueError, match="zip"):
        made([row_of("a", [P], head_of(checks=HEAD.checks[:1]))])


def test_every_reason_of_the_intake_has_a_heading():
    from harness.intake.found import Reason
    from harness.render.class_page.ungraded import left_out_words

    assert [reason for reason in Reason if left_out_words(reason.value, ENGLISH) == reason.value] == []


def test_a_page_comes_in_pieces_and_holds_few_rows_of_a_hundred_thousand():
    sample = list(class_of(500)())

    def rows():
        # As from a file on disk: each is an object of its own, so that keeping all of them would be seen.
        for number, row in enumerate(itertools.islice(itertools.cycle(sample), 100_000)):
            yield msgspec.structs.replace(row, learner=f"2026{number:06}")

    pieces = longest = 0
    tracemalloc.start()
    try:
        for piece in dashboard(HEAD, rows, LEFT_OUT, ENGLISH, anonymous=False):
            pieces += 1
            longest = max(longest, len(piece))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pieces > 1000
    assert longest < 20_000
    # A hundred thousand such rows are more than 20 megabytes; the thousand that are listed are a fraction of one.
    assert peak < 1_500_000


@pytest.mark.parametrize(("lang", "told"), [("en", "due 2026-12-18 18:00"), ("ko", "2026-12-18 18:00")])
def test_when_the_assignment_is_due_is_said_at_the_top(lang, told):
    due = msgspec.structs.replace(HEAD.assignment, due="2026-12-18T18:00")
    page = made([row_of("a")], msgspec.structs.replace(HEAD, assignment=due), lang=lang)
    top = page.partition("<main>")[0]
    assert language(lang).text("due {date}", date="2026-12-18 18:00") in top
    assert told in top
    assert "2026-12-18" not in made([row_of("a")], lang=lang)
