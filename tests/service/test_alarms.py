"""The alarms of the documentation: about figures that there are, each with what to do."""

import re
from pathlib import Path

import pytest

from harness.service.web.metrics import FAMILIES

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")

DOCS = Path(__file__).parents[2] / "docs"
RULES = [
    rule for group in yaml.safe_load((DOCS / "alarms.yml").read_text("utf-8"))["groups"] for rule in group["rules"]
]
#: Of a histogram, in the form that Prometheus has it in.
KNOWN = set(FAMILIES) | {f"{name}{end}" for name in FAMILIES for end in ("_bucket", "_count", "_sum")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_is_about_figures_that_there_are(rule):
    named = set(re.findall(r"\bdout_\w+", rule["expr"]))
    assert named <= KNOWN
    assert named or rule["expr"].startswith("up{")
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]


def test_every_alarm_is_explained_and_no_other():
    page = (DOCS / "operate.md").read_text("utf-8")
    explained = re.findall(r"^\| `(Dout\w+)` \| \S.* \| \S.* \|$", page, re.MULTILINE)
    assert explained == [rule["alert"] for rule in RULES]


def test_values_that_alarms_ask_for_are_told():
    from harness.service.web import metrics

    told = {
        "state": (*metrics._STATES, *metrics._ENDS, "waiting", "given_up"),
        "reason": (*metrics._REFUSALS, *metrics._REASONS),
    }
    for rule in RULES:
        for label, value in re.findall(r"(state|reason)=\"([^\"]*)\"", rule["expr"]):
            assert value in told[label], rule["alert"]
