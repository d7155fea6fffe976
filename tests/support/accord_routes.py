"""Every address that Accord answers: pages from the URL resolver, operations from the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property

PLACES = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000", "path": "x"}
Guard = tuple[str, str]


@dataclass(frozen=True)
class Page:
    """One page: its address with made-up keys in it, and the view behind it."""

    path: str
    name: str
    view: Callable[..., Any]

    @property
    def guard(self) -> Guard | None:
        return getattr(self.view, "accord_guard", None)

    @property
    def open_because(self) -> str | None:
        return getattr(self.view, "accord_open", None)

    @property
    def ours(self) -> bool:
        return self.view.__module__.startswith("accord.")

    def __str__(self) -> str:
        return f"{self.path} ({self.name or self.view.__name__})"


@dataclass(frozen=True)
class Operation:
    """One method of one address of the API."""

    method: str
    path: str
    view: Callable[..., Any]
    needs_input: bool

    @property
    def guard(self) -> Guard | None:
        return getattr(self.view, "accord_guard", None)

    @property
    def open_because(self) -> str | None:
        return getattr(self.view, "accord_open", None)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _example(pattern: Any) -> str:
    """The address part of one pattern, with a made-up value for each argument."""
    if isinstance(pattern, RoutePattern):
        return re.sub(r"<(?:(\w+):)?\w+>", lambda m: PLACES.get(m.group(1) or "str", "x"), str(pattern))
    return re.sub(r"<\w+>", "x", simplify_regex(str(pattern)).lstrip("/"))


def pages() -> list[Page]:
    """All pages but the API's."""
    return list(_pages(get_resolver(), "/", ""))


def _pages(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Page]:
    for entry in resolver.url_patterns:
        path = prefix + _example(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Page(path, namespace + (entry.name or ""), entry.callback)
        elif entry.app_name != "ninja":
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _pages(entry, path, inner)


def _api_prefix(resolver: URLResolver, prefix: str = "/") -> str | None:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            path = prefix + _example(entry.pattern)
            found = path if entry.app_name == "ninja" else _api_prefix(entry, path)
            if found:
                return found
    return None


def operations() -> list[Operation]:
    """All operations of the API."""
    from accord.site.api import api

    prefix = _api_prefix(get_resolver())
    assert prefix, "the API is mounted nowhere"
    found = []
    for router_prefix, router in api._routers:
        for route, view in router.path_operations.items():
            path = re.sub(r"\{(?:(\w+):)?(\w+)\}", lambda m: PLACES.get(m.group(1) or "str", "x"), route)
            whole = re.sub("/{2,}", "/", f"{prefix}/{router_prefix}/{path}")
            for operation in view.operations:
                for method in operation.methods:
                    found.append(Operation(method, whole, operation.view_func, bool(operation.models)))
    return found


class Walk:
    """The pages and operations, found once."""

    @cached_property
    def pages(self) -> list[Page]:
        return pages()

    @cached_property
    def operations(self) -> list[Operation]:
        return operations()


walk = Walk()
