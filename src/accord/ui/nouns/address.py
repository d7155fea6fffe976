"""Where an object's page is: its key in the URL, and links from any room to any noun's page.

A key of several parts is written `G-1~CAP-2`; `%` and `~` inside a part are percent-encoded.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from accord.core.nouns import Noun
from accord.core.values import BadValue, Kind, parse, render

_namespaces: dict[str, str] = {}


def remember(noun: str, namespace: str) -> None:
    """Note in which URL namespace a noun's pages are."""
    _namespaces[noun] = namespace


def url_key(noun: Noun, thing: Model) -> str:
    """The object's key as it stands in a URL."""
    row = [render(_value(thing, column.attribute)) for column in noun.key_columns]
    return "~".join(part.replace("%", "%25").replace("~", "%7E") for part in row)


def key_parts(noun: Noun, text: str) -> dict[str, Any] | None:
    """Lookups of the model's fields behind a key of a URL; None where it cannot be one."""
    parts = [unquote(part) for part in text.split("~")]
    if len(parts) != len(noun.key_columns):
        return None
    found: dict[str, Any] = {}
    for column, part in zip(noun.key_columns, parts, strict=True):
        try:
            value = parse(column.kind, part)
        except BadValue:
            return None
        if value is None:
            return None
        found[f"{column.attribute}__key" if column.kind is Kind.REF else column.attribute] = value
    return found


def url_for(noun: str, key: str, page: str = "detail") -> str | None:
    """The address of a page about the object with this URL key; None where the noun has no screens."""
    namespace = _namespaces.get(noun)
    if namespace is None:
        return None
    try:
        return reverse(f"{namespace}:{noun}_{page}", args=[key])
    except NoReverseMatch:
        return None


def list_url(noun: str, page: str = "list") -> str | None:
    """The address of a noun's list (or its form for a new one, page "new")."""
    namespace = _namespaces.get(noun)
    if namespace is None:
        return None
    try:
        return reverse(f"{namespace}:{noun}_{page}")
    except NoReverseMatch:
        return None


def link_to(noun: Noun, thing: Model | None, page: str = "detail") -> str | None:
    """The address of an object's page."""
    return None if thing is None else url_for(noun.name, url_key(noun, thing), page)


def _value(thing: Model, attribute: str) -> Any:
    value = getattr(thing, attribute)
    return getattr(value, "key", value) if isinstance(value, Model) else value
