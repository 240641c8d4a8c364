"""``docs/dashboard.md`` says the limits that the code has."""

from pathlib import Path

from sample_class import HEAD, row_of

from harness.language import ENGLISH
from harness.render import class_summary
from harness.render.class_page import bands, checks, heat_map, mistakes, ungraded
from harness.render.class_page.discrimination import chance_bound
from harness.render.dashboard import dashboard

PAGE = " ".join((Path(__file__).resolve().parents[2] / "docs" / "dashboard.md").read_text("utf-8").split())


def test_the_page_says_how_many_of_each_are_shown():
    assert f"beyond {bands.BEYOND} learners only" in PAGE
    assert f"Beyond {heat_map.LISTED:,} learners the table has the {heat_map.LISTED:,} with the lowest" in PAGE
    assert f"Of those who could not be graded, {ungraded._SHOWN} are listed." in PAGE
    assert f"up to {mistakes._SHOWN} of them" in PAGE
    assert f"up to {class_summary._NAMES} of those" in PAGE
    assert class_summary._ROWS == 5
    assert f"Below +{checks._WEAK:.2f}, *weak*" in PAGE
    assert f"further from zero than {chance_bound(36):.2f}" in PAGE


def test_the_page_names_every_section_in_its_order():
    rows = [row_of(str(n), codes=["SIGN"]) for n in range(501)]
    text = "".join(dashboard(HEAD, lambda: iter(rows), [], ENGLISH, anonymous=False))
    headings = ("Scores", "Commonest mistakes", "Checks", "The whole class by checks", "Learners and checks")
    for places in (
        [PAGE.index(f"| {one.lower()} |") for one in headings],
        [text.index(f'">{one}') for one in headings],
    ):
        assert places == sorted(places)
