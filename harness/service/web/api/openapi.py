"""The document that describes the API (OpenAPI 3.1), made of the table of operations and of the bodies' records."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

import harness
from harness.service.web.api.operations import ALWAYS, PREFIX, Answer, Operation
from harness.service.web.api.problems import CODES
from harness.service.web.api.shapes import Problem

__all__ = ["document"]

_REFERENCE = "#/components/schemas/{name}"
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


def document(operations: Sequence[Operation], address: str) -> dict[str, Any]:
    """Return the document.

    Args:
        operations: All of them.
        address: How people reach the service, without a slash at the end.
    """
    shapes = {found.shape for one in operations for found in one.answers.values() if found.shape is not None}
    given = {one.given for one in operations if one.given is not None}
    types = sorted({*shapes, *given, Problem}, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "dout",
            "version": harness.__version__,
            "summary": "Hand in layers, and read what a grading found.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": address or "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token, made on the page of an account."}
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.told,
        "parameters": [*([_ID] if "{id}" in one.path else []), *_query(one.query), *_headers(one.headers)],
        "responses": {
            **{str(status): _answer(found) for status, found in one.answers.items()},
            **_problems((*(ALWAYS if not one.is_public else ("bad-request",)), *one.problems)),
        },
    }
    if one.takes:
        made["requestBody"] = {"required": True, "content": {media: _taken(media, one.given) for media in one.takes}}
    if one.is_public:
        made["security"] = []
    return made


def _query(shape: type) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([shape], ref_template=_REFERENCE)
    found = components[shape.__name__]
    return [
        {"name": name, "in": "query", "required": name in found["required"], "schema": schema}
        for name, schema in found["properties"].items()
    ]


def _headers(names: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": name == "Idempotency-Key",
            "description": told,
            "schema": {"type": "string", **({"pattern": "^[!-~]{1,200}$"} if name == "Idempotency-Key" else {})},
        }
        for name, told in names.items()
    ]


def _answer(found: Answer) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name=found.shape.__name__)} if found.shape is not None else {}
    made: dict[str, Any] = {"description": found.told, "content": {media: {"schema": schema} for media in found.media}}
    if found.headers:
        made["headers"] = {
            name: {"description": told, "schema": {"type": "string"}} for name, told in found.headers.items()
        }
    return made


def _problems(codes: Sequence[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code], []).append(code)
    made = {}
    for status, names in sorted(by_status.items()):
        made[str(status)] = {
            "description": ", ".join(names),
            "content": {"application/problem+json": {"schema": {"$ref": _REFERENCE.format(name="Problem")}}},
        }
        if status in (409, 429):
            made[str(status)]["headers"] = {
                "Retry-After": {"description": "Seconds until it may be tried again.", "schema": {"type": "integer"}}
            }
    return made


def _taken(media: str, given: type | None) -> dict[str, Any]:
    if given is not None:
        return {"schema": {"$ref": _REFERENCE.format(name=given.__name__)}}
    if media != "multipart/form-data":
        return {"schema": {}}
    file = {"contentMediaType": "application/octet-stream"}
    return {"schema": {"type": "object", "required": ["file"], "properties": {"file": file}}}
