"""The report as JUnit XML in pytest's family ``xunit2``, for the test view of GitLab, Jenkins and others."""

import re
from xml.etree import ElementTree as ET

from harness.language import ENGLISH, Language
from harness.records import CheckResult, Outcome, Report, Verdict
from harness.render.numbers import points
from harness.render.phrases import reason_and_hint, title_of
from harness.render.told import check_text, report_text
from harness.render.visible import visible_part

__all__ = ["render_junit"]

#: What XML 1.0 cannot hold, not even as a number (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, language: Language = ENGLISH) -> str:
    """Return one test suite with a test case for each check, in ASCII.

    The schema has no place for points: they are properties of the suite. The time of a single check is not measured.
    """
    shown = visible_part(report)
    suites = ET.Element("testsuites", {"name": "dout"})
    suite = ET.SubElement(suites, "testsuite", {"name": _xml(shown.submission.name)})
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(shown).items():
        ET.SubElement(properties, "property", {"name": _xml(name), "value": _xml(value)})
    if shown.outcome is not Outcome.GRADED:
        case = ET.SubElement(suite, "testcase", {"classname": suite.attrib["name"], "name": shown.outcome.value})
        reason, _ = reason_and_hint(shown, language)
        _say(case, "error", shown.outcome.value, reason, report_text(report, language))
    for result in shown.checks:
        # GitLab takes two cases of one class and name for one: the id is unique within a file.
        named = {"classname": f"{suite.attrib['name']}.{_xml(result.layer)}", "name": _xml(result.id)}
        _add_verdict(ET.SubElement(suite, "testcase", named), result, language)
    counts = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    suite.attrib |= {name: str(len(suite.findall(path))) for name, path in counts.items()}
    suite.attrib["skipped"] = str(len(suite.findall("testcase/skipped")))
    suite.attrib["time"] = f"{shown.timing.wall_s:.3f}"
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="us-ascii").decode()}\n'


def _properties(report: Report) -> dict[str, str]:
    found = {
        "schema": report.schema,
        "assignment": report.assignment.id,
        "seed": str(report.seed),
        "score": "" if report.score is None else points(report.score),
        "max_score": points(report.max_score),
    }
    return found | {f"points {one.id}": f"{points(one.score)}/{points(one.max_score)}" for one in report.checks}


def _add_verdict(case: ET.Element, result: CheckResult, language: Language) -> None:
    if result.verdict is Verdict.PASSED:
        return
    tag = {Verdict.BLOCKED: "skipped", Verdict.GRADER_FAULT: "error"}.get(result.verdict, "failure")
    told = check_text(result, language)
    title = told if result.verdict is Verdict.BLOCKED else title_of(result, language)
    _say(case, tag, result.code or result.verdict.value, title, told)


def _say(case: ET.Element, tag: str, kind: str, title: str, text: str) -> None:
    ET.SubElement(case, tag, {"type": _xml(kind), "message": _xml(title)}).text = _xml(text)


def _xml(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
