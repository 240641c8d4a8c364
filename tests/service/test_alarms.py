"""The alarms of the documentation: about figures that there are, each with what to do; no promtool is needed."""

import re
import shutil
from pathlib import Path

import pytest
from browsing import Site
from prometheus_client.parser import text_string_to_metric_families
from test_metrics import Watched

from harness.service.database import Database
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


@pytest.fixture(scope="module")
def exposed(migrated_sqlite, tmp_path_factory):
    """The samples that ``/metrics`` gives: the names of each one's labels, and of what kind it is."""
    folder = tmp_path_factory.mktemp("alarms")
    shutil.copy(migrated_sqlite, folder / "dout.sqlite3")
    database = Database(f"sqlite:///{folder / 'dout.sqlite3'}")
    site = Site(database, folder)
    watched = Watched(site)
    watched.hand_in()
    watched.figures()
    secret = {"Authorization": f"Bearer {watched.secret}"}
    found = {}
    for family in text_string_to_metric_families(site.browser().get("/metrics", headers=secret).text):
        for sample in family.samples:
            found.setdefault(sample.name, (set(), family.type))[0].update(sample.labels)
    site.close()
    database.close()
    return found


#: A figure with what it is asked for, and the span of time behind it.
SELECTED = re.compile(r"\b(dout_\w+)(?:\{([^}]*)\})?(\[\w+\])?")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alarm_asks_for_samples_and_labels_that_a_service_gives(rule, exposed):
    for name, asked, span in SELECTED.findall(rule["expr"]):
        assert name in exposed
        labels, kind = exposed[name]
        assert set(re.findall(r"(\w+)\s*[=!]~?\"", asked)) <= labels
        # What only grows says nothing by itself, and what goes up and down has no rate.
        assert bool(span) is (kind in {"counter", "histogram"})
    known = set().union(*(exposed[name][0] for name, _, _ in SELECTED.findall(rule["expr"])), {"instance", "job"})
    assert {label for group in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in group.split(", ")} <= known
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= known
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
