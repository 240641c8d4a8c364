"""The sentences that every format of a report shares: verdicts, what to do about them, and what to do next."""

from collections.abc import Iterator

from harness.language import ENGLISH, Language, marked
from harness.records import AssignmentId, CheckResult, Report, Verdict, Warn

__all__ = [
    "SELF_CHECK",
    "WORDS",
    "about_assignment",
    "about_hidden",
    "advice",
    "all_passed",
    "due_date",
    "graded_against",
    "hints_of",
    "message_of",
    "next_step",
    "note",
    "parted",
    "placed_note",
    "reason_and_hint",
    "self_check",
    "title_of",
    "verdict_word",
    "wanted_of",
    "what_else",
]

SELF_CHECK = "SELF-CHECK"
#: One word for each verdict.
WORDS = {
    Verdict.PASSED: marked("PASS"),
    Verdict.BLOCKED: marked("BLOCKED"),
    Verdict.GRADER_FAULT: marked("GRADER FAULT"),
    Verdict.TIMEOUT: marked("TIMEOUT"),
    Verdict.MEMORY_LIMIT: marked("MEMORY"),
    Verdict.CRASHED: marked("CRASHED"),
    Verdict.RAISED: marked("FAIL"),
    Verdict.CONTRACT: marked("FAIL"),
    Verdict.WRONG: marked("FAIL"),
}
#: What to do about a verdict; most tools say what is wrong, few what to do next (Keuning, Jeuring, Heeren 2019).
_NEXT = {
    Verdict.TIMEOUT: marked("look for a loop that does not end, or for input() or sleep(), in what is called here."),
    Verdict.MEMORY_LIMIT: marked("look for an array or a list that grows and grows in what is called here."),
    Verdict.CRASHED: marked("look for exit(), quit() or a function that calls itself without end."),
    Verdict.RAISED: marked("write or correct it, then call it with these inputs yourself."),
    Verdict.CONTRACT: marked("change your code so that it does what is wanted, also for these inputs."),
    Verdict.WRONG: marked("work the expected values out by hand, then see what your code does instead."),
    Verdict.GRADER_FAULT: marked("this is not your file's fault: tell your instructor."),
}
#: Where nothing could be called there are no inputs to think about: a class or a method is missing.
_NEXT_MISSING = marked("write it, or correct its name.")


def about_assignment(report: Report, language: Language = ENGLISH) -> str:
    """Return which assignment and cases a report is about."""
    return graded_against(report.assignment, report.seed, language)


def graded_against(given: AssignmentId, seed: int, language: Language = ENGLISH) -> str:
    """Return which assignment and cases something was graded against, and when it is due where its author said so."""
    about = language.text("{id} version {version}, seed {seed}", id=given.id, version=given.version, seed=seed)
    return about + (", " + language.text("due {date}", date=due_date(given.due)) if given.due else "")


def due_date(due: str) -> str:
    """Return an ISO 8601 date and time as people write it, with a space for the T."""
    return due.replace("T", " ")


def verdict_word(verdict: Verdict, language: Language = ENGLISH) -> str:
    """Return the word for a verdict."""
    return language.text(WORDS[verdict])


def wanted_of(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return what a check wants, in the reader's language where the assignment has it."""
    return result.titles.get(language.code, result.title)


def title_of(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return in one line what is wrong, or the name of the check where the mistake has no text."""
    entry = language.entry(result.code) if result.code else None
    return entry.message_for(_Values(result.values)) if entry else result.id


def what_else(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return what the message of a check says that its title and its table of values do not; empty for nothing."""
    has_table = result.counterexample is not None and bool(result.counterexample.got)
    if result.code is not None and (has_table or result.message == title_of(result)):
        return ""
    return message_of(result, language)


def message_of(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return what was found in a check; Python's own words are English everywhere. Empty where nothing is said."""
    return " ".join(language.sentences(result.said)) or result.message or ""


def hints_of(result: CheckResult, language: Language = ENGLISH) -> list[str]:
    """Return the hints at a mistake: a question, a place, the rule. Empty where it has no text."""
    entry = language.entry(result.code) if result.code else None
    return [entry.hint_for(number, _Values(result.values)) for number in (1, 2, 3)] if entry else []


class _Values(dict[str, object]):
    """The values of a stored report, which may be of a version that had fewer of them."""

    def __missing__(self, name: str) -> str:
        return "?"


def advice(result: CheckResult, language: Language = ENGLISH) -> str:
    """Return what to do about a check that did not pass; empty where there is nothing to say."""
    if result.verdict is Verdict.CONTRACT and result.counterexample is None and result.message:
        return language.text(_NEXT_MISSING)
    return language.text(_NEXT[result.verdict]) if result.verdict in _NEXT else ""


def all_passed(count: int, hidden: int, language: Language = ENGLISH) -> str:
    """Return the words for a report in which nothing that is shown failed."""
    if hidden:
        return language.text("All {count} visible checks passed.", count=count)
    return language.text("All {count} checks passed. Well done.", count=count)


def about_hidden(hidden: int, language: Language = ENGLISH) -> str:
    """Return what is said of the checks that are not shown."""
    return language.text("The points are those of the visible checks. Hidden checks: {count}.", count=hidden)


def note(warn: Warn, language: Language = ENGLISH) -> str:
    """Return what a warning says; Python's own words are English everywhere."""
    return " ".join(language.sentences(warn.said)) or warn.message


def placed_note(warn: Warn, language: Language = ENGLISH) -> str:
    """Return what a warning says, behind the line that it is about."""
    where = language.text("line {line}", line=warn.line) + ": " if warn.line is not None else ""
    return where + note(warn, language)


def self_check(report: Report, language: Language = ENGLISH) -> Iterator[str]:
    """Yield why a report is no mark of record; nothing for one that can be."""
    return (note(warn, language) for warn in report.warnings if warn.code == SELF_CHECK)


def next_step(report: Report, language: Language = ENGLISH, hidden: int = 0) -> str:
    """Return what to do next after a report that was graded and that leaves out ``hidden`` checks."""
    failed = next((one for one in report.checks if one.verdict not in (Verdict.PASSED, Verdict.BLOCKED)), None)
    if failed is None and any(one.verdict is Verdict.BLOCKED for one in report.checks):
        return language.text("a hidden check must pass first: try your methods with numbers of your own.")
    if failed is None:
        return all_passed(len(report.checks), hidden, language)
    where = f" ({report.submission.name}:{failed.line})" if failed.line is not None else ""
    again, begin = marked("fix {check}, save, and grade again."), marked("begin with {check}, save, and grade again.")
    sentence = again if report.score else begin
    return language.text(sentence, check=f"{failed.id}{where}")


def reason_and_hint(report: Report, language: Language = ENGLISH) -> tuple[str, str]:
    """Return why a report has no mark, in the sentence of the front that found out, and what to do about it."""
    faults = [result for result in report.checks if result.verdict is Verdict.GRADER_FAULT and result.message]
    told = [*[Warn(code="", line=None, message=one.message or "", said=one.said) for one in faults], *report.warnings]
    reason, hint = language.text("nothing is known about the reason"), ""
    if told:
        # A fault's message is a warning's, which has its sentences apart.
        same = next((warn for warn in report.warnings if warn.message == told[0].message), told[0])
        reason, hint = parted(same, language)
    if hint:
        return reason, hint
    fallback = {
        True: marked("grade again; if this comes back, tell your instructor."),
        False: marked("fix the file, save, and grade again."),
    }[report.score is None]
    return reason, language.text(fallback)


def parted(warn: Warn, language: Language = ENGLISH) -> tuple[str, str]:
    """Return the reason why something has no mark, and what to do about it; the latter empty where nothing says it."""
    known = language.sentences(warn.said)
    if len(known) == 2:
        return f"{known[0]}.", f"{known[1]}."
    reason, _, hint = note(warn, language).rpartition(" Next: ")
    return (reason, hint) if reason else (hint, "")
