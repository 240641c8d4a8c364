"""Makes the tables of the pages that come from code, between ``<!-- table: NAME -->`` and ``<!-- end of table -->``."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pages import ROOT

from harness.catalogue import entries
from harness.cli.explain import Blanks
from harness.diagnosis import GENERAL

__all__ = ["TABLES", "first_sentence", "modules", "with_table"]

_END = "<!-- end of table -->"


def modules() -> Iterator[Path]:
    """Yield every module of the product, packages before what is in them."""
    for package in ("harness", "reference"):
        # The editor's bundle is built from npm packages, one of which has a script in Python.
        found = [path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]
        yield from sorted(found, key=lambda path: (path.parent, path.name != "__init__.py", path.name))


def first_sentence(path: Path) -> str:
    """Return the first sentence of a module's docstring, in one line."""
    text = " ".join((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split())
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0]


def _module_rows() -> Iterator[str]:
    yield "| module | what it is for |"
    yield "|---|---|"
    for path in modules():
        # A pipe would end the cell; two backticks are reStructuredText, one is Markdown.
        words = re.sub(r":\w+:`([^`]*)`", r"`\1`", first_sentence(path).replace("``", "`").replace("|", "\\|"))
        yield f"| `{path.relative_to(ROOT).as_posix()}` | {words} |"


def _mistake_rows() -> Iterator[str]:
    yield "| code | what it says |"
    yield "|---|---|"
    for code, found in sorted(entries("en").items()):
        # As in `dout explain`: what the report fills in is in capitals.
        text = found.message_for(Blanks())
        yield f"| `{code}` | {text}{' General.' if code in GENERAL else ''} |"


def _setting_rows() -> Iterator[str]:
    yield "| setting | unless it is set | what it is |"
    yield "|---|---|---|"
    lines = (ROOT / "harness" / "service" / "settings.py").read_text(encoding="utf-8").split("\n")
    start = lines.index("class Settings(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):")
    said: list[str] = []
    for line in lines[start:]:
        if line.startswith("    @"):
            return
        if line.startswith("    #: "):
            said.append(line.removeprefix("    #: "))
        elif set_to := re.fullmatch(r"    (\w+): .* = (.+)", line):
            what = " ".join(said).replace("``", "`").replace("|", "\\|")
            default = {"Level.B": "B", "1 << 20": "1048576"}.get(set_to[2], set_to[2].strip('"')) or "-"
            yield f"| `{set_to[1]}` | {default} | {what} |"
            said = []


def _metric_rows() -> Iterator[str]:
    """Yield the figures for Prometheus. The module is read, not imported: the page is the same without the extra."""
    yield "| figure | what it is |"
    yield "|---|---|"
    tree = ast.parse((ROOT / "harness" / "service" / "web" / "metrics.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value is not None and ast.unparse(node.target) == "FAMILIES":
            for name, said in ast.literal_eval(node.value).items():
                yield f"| `{name}` | {said} |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "modules": _module_rows,
    "mistakes": _mistake_rows,
    "settings": _setting_rows,
    "metrics": _metric_rows,
}


def with_table(text: str, name: str) -> str:
    """Return the page ``text`` with the table ``name`` made anew; unchanged where it has no such table."""
    begin = f"<!-- table: {name} -->\n"
    if begin not in text:
        return text
    before, _, rest = text.partition(begin)
    _, end, after = rest.partition(_END)
    assert end, f"the table {name} has no end"
    rows = "".join(f"{row}\n" for row in TABLES[name]())
    return f"{before}{begin}{rows}{end}{after}"
