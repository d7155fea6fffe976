"""A noun's operations on the API: the same list, checks and permissions as its screens."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Body, Router, Schema

from accord.core.api import idempotent
from accord.core.errors import Refused
from accord.core.imports import remove
from accord.core.nouns import Noun
from accord.core.permissions import guard_api
from accord.core.values import Kind, render
from accord.ui.lists import list_json
from accord.ui.lists.spec import ListSpec
from accord.ui.nouns.address import key_parts, url_key
from accord.ui.nouns.screens import NounScreens
from accord.ui.nouns.writes import save_in_scope


class Page(Schema):
    """One page of a list. `next` and `previous` go into `after` and `before`."""

    items: list[dict[str, Any]]
    next: str | None
    previous: str | None
    count: int
    count_capped: bool


class Written(Schema):
    """What a write did: `added`, `changed` or `unchanged`, and the row as it is now."""

    result: str
    item: dict[str, Any]


def list_parameters(spec: ListSpec) -> list[dict[str, Any]]:
    """The OpenAPI description of a list's parameters: its filters, order, search and paging."""
    sorts = [name for column in spec.sorts for name in (column, f"-{column}")]
    given: list[tuple[str, str, dict[str, Any]]] = [
        ("q", "Search", {"type": "string"}),
        ("sort", "Order", {"type": "string", "enum": sorts}),
        ("limit", "Rows a page", {"type": "integer", "minimum": 1, "maximum": 200}),
        ("after", "Cursor: the `next` of the page before", {"type": "string"}),
        ("before", "Cursor: the `previous` of the page after", {"type": "string"}),
    ]
    for wanted in spec.filters:
        choices = [value for value, _ in wanted.options(None)] if not callable(wanted.choices) else []
        schema: dict[str, Any] = {"type": "string", **({"enum": choices} if choices else {})}
        if wanted.multiple:
            schema = {"type": "array", "items": schema}
        given.append((wanted.name, wanted.label, schema))
    return [
        {"in": "query", "name": name, "required": False, "description": label, "schema": schema}
        for name, label, schema in given
    ]


def list_operation(router: Router, address: str, spec: ListSpec, name: str = "") -> None:
    """GET `address`: one page of the list. `name` where it is not the list of its noun."""

    @router.get(
        address, response=Page, summary=spec.title, description=spec.intro,
        operation_id=f"list_{name or spec.noun}", openapi_extra={"parameters": list_parameters(spec)},
    )  # fmt: skip
    @guard_api("view", spec.noun)
    def listed(request: HttpRequest) -> dict[str, Any]:
        return list_json(spec, request)


def noun_operations(router: Router, *screens: NounScreens) -> None:
    """GET list, GET one, PUT one, DELETE one for each noun; a key of several parts is written `A~B`."""
    for one in screens:
        list_operation(router, f"/{one.prefix}", one.list)
        _single(router, one)


def _single(router: Router, screens: NounScreens) -> None:
    noun, address = screens.noun, f"/{screens.prefix}/{{path:key}}"

    @router.get(address, summary=f"One {noun.label}", operation_id=f"get_{noun.name}", response=dict[str, Any])
    @guard_api("view", noun.name)
    def get(request: HttpRequest, key: str) -> dict[str, Any]:
        return as_json(noun, _find(screens, request, key))

    @router.put(
        address, summary=f"Add or change one {noun.label}", operation_id=f"put_{noun.name}", response=Written,
        description=_columns(noun),
    )  # fmt: skip
    @guard_api("change", noun.name)
    @idempotent
    def put(request: HttpRequest, key: str, body: Body[dict[str, Any]]) -> dict[str, Any]:
        parts = key_parts(noun, key)
        if parts is None:
            raise Refused(f"“{key[:100]}” cannot be the key of a {noun.label}.")
        values = {name: _text(value) for name, value in body.items()}
        for column, part in zip(noun.key_columns, parts.values(), strict=True):
            values[column.name] = render(part)
        saved, found = save_in_scope(request.user, noun, values, parts)  # type: ignore[arg-type]
        result = "added" if found.added else "changed" if found.changed else "unchanged"
        return {"result": result, "item": as_json(noun, saved)}

    @router.delete(
        address, summary=f"Remove one {noun.label}", operation_id=f"delete_{noun.name}", response={204: None}
    )
    @guard_api("change", noun.name)
    def delete(request: HttpRequest, key: str) -> tuple[int, None]:
        remove(request.user, noun, _find(screens, request, key, "change"))  # type: ignore[arg-type]
        return 204, None


def as_json(noun: Noun, thing: Any) -> dict[str, Any]:
    """An object as the API shows it: values as an export writes them, lists as lists, unknown as null."""
    row = noun.row(thing)
    found: dict[str, Any] = {"key": url_key(noun, thing)} if noun.is_link else {}
    for column in noun.columns:
        value = row[column.name]
        plain = value if value is None or isinstance(value, bool | int | list) else render(value)
        found[column.name] = plain
    return found


def _find(screens: NounScreens, request: HttpRequest, key: str, verb: str = "view") -> Any:
    parts = key_parts(screens.noun, key)
    thing = screens.visible(request, verb).filter(**parts).first() if parts is not None else None
    if thing is None:
        raise Http404
    return thing


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, float):
        return format(value, "f").rstrip("0").rstrip(".")
    if isinstance(value, dict):
        raise Refused("A value is a text, number, yes/no or list of texts, not an object.")
    return render(value)


def _columns(noun: Noun) -> str:
    lines = []
    for column in noun.columns:
        words = [
            f"`{column.name}`",
            column.kind.value + (f" of {column.noun}" if column.kind is Kind.REF else ""),
        ]
        if column.choices:
            words.append("one of " + ", ".join(value for value, _ in column.choices))
        if column.required:
            words.append("required")
        lines.append(" · ".join(words))
    return "Columns:\n\n" + "\n".join(f"* {line}" for line in lines)
