"""Every relative link and anchor leads somewhere."""

from pathlib import Path

import pytest
from pages import PAGES, ROOT, anchors, links, page_id

LINKS = [(page, line, target) for page in PAGES for line, target in links(page)]


def is_external(target: str) -> bool:
    return "://" in target or target.startswith("mailto:")


INTERNAL = [(page, line, target) for page, line, target in LINKS if not is_external(target)]


@pytest.mark.parametrize(
    ("page", "target"),
    [(page, target) for page, _, target in INTERNAL],
    ids=[f"{page_id(page)}:{line} {target}" for page, line, target in INTERNAL],
)
def test_the_link_leads_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    there = (page.parent / name).resolve() if name else page
    assert there.exists()
    if anchor:
        assert anchor in anchors(there)


def test_links_to_other_sites_are_encrypted() -> None:
    assert [target for _, _, target in LINKS if is_external(target) and not target.startswith("https://")] == []


@pytest.mark.parametrize("page", PAGES, ids=map(page_id, PAGES))
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    seen, waiting = set(), [PAGES[0]]
    while waiting:
        here = waiting.pop()
        if here in seen or here not in PAGES:
            continue
        seen.add(here)
        waiting += [
            (here.parent / target.partition("#")[0]).resolve() for _, target in links(here) if not is_external(target)
        ]
    assert page in seen


def test_every_picture_is_shown_on_a_page() -> None:
    shown = {(page.parent / target).resolve() for page, _, target in INTERNAL}
    assert {path for path in (ROOT / "docs" / "pictures").iterdir() if path not in shown} == set()
