"""What docs/ci.md shows of the files for CI is in these files, and its snippets use no more than there is."""

from collections.abc import Iterator
from typing import Any

import pytest
from pages import ROOT, Fence, fences
from test_docs_complete import rows

yaml = pytest.importorskip("yaml", reason="PyYAML is not installed here")
SNIPPETS = [block for block in fences("yaml") if block.page.name == "ci.md"]


def read(text: str) -> Any:
    # As text: YAML 1.1 reads the key `on` as a truth value.
    return yaml.load(text, Loader=yaml.BaseLoader)


def mappings(data: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in ``data``."""
    if isinstance(data, dict):
        yield data
    for inside in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from mappings(inside)


ACTION = read((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = read((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))


def table(heading: str) -> list[list[str]]:
    return [[cell.strip("`") for cell in row] for row in rows("ci.md", heading)]


def test_the_table_of_inputs_is_the_action() -> None:
    documented = [row[:2] for row in table("GitHub Actions")]
    assert documented == [[name, one["default"]] for name, one in ACTION["inputs"].items()]


def test_the_table_of_variables_is_the_template() -> None:
    assert [row[:2] for row in table("GitLab")] == [[name, value] for name, value in GITLAB["variables"].items()]


@pytest.mark.parametrize("block", SNIPPETS, ids=[block.id for block in SNIPPETS])
def test_the_snippet_uses_what_there_is(block: Fence) -> None:
    (hook,) = read((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    template = (ROOT / "student_template/.github/workflows/grade.yml").read_text(encoding="utf-8")
    known = {step["uses"] for step in mappings(read(template)) if "uses" in step}
    for found in mappings(read(block.text)):
        if "dout" in found.get("uses", ""):
            assert found["with"].keys() <= ACTION["inputs"].keys()
        elif "uses" in found:
            assert found["uses"] in known
        assert "${{" not in found.get("run", "")
        if "file" in found:
            assert (ROOT / found["file"]).is_file()
        if found.get("id", "").startswith("dout-"):
            assert found["id"] == hook["id"]
        names = [name for name in found.get("variables", {}) if name.startswith("DOUT_")]
        assert set(names) <= GITLAB["variables"].keys()
