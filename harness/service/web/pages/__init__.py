"""The pages, one module for each kind of reader. Each has a list ``routes``."""

from harness.service.web.pages import (
    auditing,
    gradebooks,
    handing_in,
    language_choice,
    learning,
    marking,
    operating,
    streams,
    teaching,
)
from harness.service.web.routing import Route

__all__ = ["routes"]

routes: list[Route] = [
    *learning.routes,
    *handing_in.routes,
    *streams.routes,
    *teaching.routes,
    *gradebooks.routes,
    *marking.routes,
    *operating.routes,
    *auditing.routes,
    *language_choice.routes,
]
