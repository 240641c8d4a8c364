"""What pages load beside themselves: style sheets, the editor, and what makes pages live. All of it ships with dout."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from harness.render.class_page.style import STYLE as CLASS_STYLE
from harness.render.html import STYLE as REPORT_STYLE
from harness.render.page import PAGE_STYLE
from harness.service.web.guarding import public
from harness.service.web.refusal import NotFound
from harness.service.web.routing import Route

__all__ = ["STAMP", "routes"]

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".txt": "text/plain", ".svg": "image/svg+xml"}


def _files() -> dict[str, bytes]:
    files = {path.name: path.read_bytes() for path in _FOLDER.iterdir() if path.suffix in _TYPES}
    # Pages look like reports and dashboards, because they have the same style sheet and then one of their own.
    shared = (PAGE_STYLE, *(style.removeprefix(PAGE_STYLE) for style in (REPORT_STYLE, CLASS_STYLE)))
    files["site.css"] = "".join(shared).encode() + files["site.css"]
    return files


_FILES = _files()
#: In the address of every file: another one after each change, so that browsers may keep them for ever.
STAMP = hashlib.sha256(b"".join(_FILES[name] for name in sorted(_FILES))).hexdigest()[:12]


async def _file(request: Request) -> Response:
    public(request)
    name = request.path_params["name"]
    if name not in _FILES:
        raise NotFound
    cached = "public, max-age=31536000, immutable" if request.path_params["stamp"] == STAMP else "no-cache"
    media_type = _TYPES[Path(name).suffix]
    return Response(_FILES[name], media_type=media_type, headers={"Cache-Control": cached})


routes = [Route("/static/{stamp}/{name}", _file, name="static")]
