"""What pages load: the editor's bundle belongs to its sources, is licensed, and nothing in it goes elsewhere."""

import hashlib
import json
from pathlib import Path

import pytest

import harness.service.web
from harness.service.web.static_files import STAMP

WEB = Path(harness.service.web.__file__).parent
BUILT = json.loads((WEB / "static" / "built.json").read_bytes())


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("folder", "kind"), [("editor", "sources"), ("static", "built")])
def test_the_bundle_is_what_was_built_from_these_sources(folder, kind):
    # After a change: tox -e editor.
    assert {name: sha256(WEB / folder / name) for name in BUILT[kind]} == BUILT[kind]


def test_the_lock_file_has_codemirror_6_and_not_the_5_that_npm_calls_newest():
    packages = json.loads((WEB / "editor" / "package-lock.json").read_bytes())["packages"]
    assert packages["node_modules/codemirror"]["version"] == "6.0.2"
    assert "node_modules/@codemirror/view" in packages


def test_every_package_in_the_bundle_has_its_licence_beside_it():
    packages = json.loads((WEB / "editor" / "package-lock.json").read_bytes())["packages"]
    shipped = [path.removeprefix("node_modules/") for path in packages if path and "esbuild" not in path]
    licences = (WEB / "static" / "LICENSES.txt").read_text("utf-8")
    assert len(shipped) > 10
    assert [name for name in shipped if f"{name} {packages['node_modules/' + name]['version']} (" not in licences] == []


def test_a_file_is_kept_for_ever_under_the_address_that_pages_use(sqlite_site):
    browser = sqlite_site.browser()
    for name, kind in {
        "site.css": "text/css",
        "editor.js": "text/javascript",
        "htmx.min.js": "text/javascript",
    }.items():
        answer = browser.get(f"/static/{STAMP}/{name}")
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in browser.get("/static/old/site.css").headers["cache-control"]


@pytest.mark.parametrize("name", ["nothing.js", "built.json", "..%2f__init__.py", "site.css%00"])
def test_nothing_else_is_handed_out(sqlite_site, name):
    # Who has not logged in is told no more than that.
    assert sqlite_site.browser().get(f"/static/{STAMP}/{name}").status_code == 404


def test_style_sheets_and_scripts_of_ours_load_nothing_from_elsewhere(sqlite_site):
    browser = sqlite_site.browser()
    for name in ("site.css", "site.js"):
        text = browser.get(f"/static/{STAMP}/{name}").text
        assert "://" not in text
        assert "@import" not in text


def test_the_page_about_dependencies_names_what_comes_from_npm_in_the_version_that_is_built():
    page = (Path(__file__).parents[2] / "docs" / "dependencies.md").read_text(encoding="utf-8")
    wanted = json.loads((WEB / "editor" / "package.json").read_bytes())["devDependencies"]
    assert [f"{name} {version}" for name, version in wanted.items() if f"{name} {version}" not in page] == []
