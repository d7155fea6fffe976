"""The views of a noun's screens and their routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from accord.core import nouns
from accord.core.errors import Refused
from accord.core.imports import remove
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.values import Kind
from accord.ui import format as write
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.lists.screen import Cell
from accord.ui.nouns.address import key_parts, link_to, list_url, url_for, url_key
from accord.ui.nouns.fields import list_column, unit_of
from accord.ui.nouns.forms import NounForm, prefill
from accord.ui.nouns.related import cell_of, related_table, related_to
from accord.ui.nouns.screens import NounScreens
from accord.ui.nouns.writes import save_in_scope

View = Callable[..., HttpResponse]


def noun_urls(screens: NounScreens) -> list[URLPattern]:
    """The routes: <plural>/, <plural>/-/new/, <plural>/-/{edit,delete,history}/<key>/, <plural>/<key>/."""
    name, prefix = screens.noun.name, screens.prefix
    return [
        path(f"{prefix}/", list_page(screens.list), name=f"{name}_list"),
        path(f"{prefix}/-/new/", new_page(screens), name=f"{name}_new"),
        path(f"{prefix}/-/edit/<path:key>/", edit_page(screens), name=f"{name}_edit"),
        path(f"{prefix}/-/delete/<path:key>/", delete_page(screens), name=f"{name}_delete"),
        path(f"{prefix}/-/history/<path:key>/", history_page(screens), name=f"{name}_history"),
        path(f"{prefix}/<path:key>/", detail_page(screens), name=f"{name}_detail"),
    ]


def detail_page(screens: NounScreens) -> View:
    """The page of one object: statements, facts, related rows, history."""

    @guard("view", screens.noun.name)
    @require_safe
    def view(request: HttpRequest, key: str) -> HttpResponse:
        thing = _get(screens, request, key)
        return render(request, screens.detail_template, detail_context(screens, request, thing))

    return view


def history_page(screens: NounScreens) -> View:
    """Everything the ledger holds about one object (the last 500 entries)."""

    @guard("view", screens.noun.name)
    @require_safe
    def view(request: HttpRequest, key: str) -> HttpResponse:
        thing = _get(screens, request, key)
        noun = screens.noun
        context = {
            "title": f"History of {screens.title_of(thing)}",
            "breadcrumb": [*_crumbs(screens), (screens.title_of(thing), link_to(noun, thing))],
            "history": parts.history(noun.name, noun.key_of(noun.row(thing)), 500),
        }
        return render(request, "ui/history.html", context)

    return view


def new_page(screens: NounScreens) -> View:
    """The form of a new object; URL parameters that name columns fill it in."""

    @guard("change", screens.noun.name)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        noun = screens.noun
        form = NounForm(noun, request.POST or None, initial=prefill(noun, request.GET.dict()),
                        currency=write.default_currency())  # fmt: skip
        if request.method == "POST" and form.is_valid():
            found = key_parts(noun, _typed_key(noun, form.values()))
            if found is not None and noun.model._default_manager.filter(**found).exists():
                form.add_error(noun.key_columns[-1].name, f"There is already {_a(noun.label)} with this key.")
            elif saved := _save(screens, request, form, expected={}):
                messages.success(request, f"{screens.singular} {screens.title_of(saved)} added.")
                return _onward(request, link_to(noun, saved))
        context = {
            "title": f"Add {_a(noun.label)}",
            "form": form,
            "breadcrumb": _crumbs(screens),
            "cancel_href": _next(request) or list_url(noun.name),
            "submit_label": "Add",
            "noun": noun,
        }
        return render(request, screens.form_template, context, status=422 if form.errors else 200)

    return view


def edit_page(screens: NounScreens) -> View:
    """The form of an object that is there. A change made by somebody else meanwhile is never overwritten."""

    @guard("change", screens.noun.name)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, key: str) -> HttpResponse:
        noun = screens.noun
        thing = _get(screens, request, key, "change")
        form = NounForm(noun, request.POST or None, thing=thing, currency=write.default_currency())
        if request.method == "POST" and form.is_valid():
            saved = _save(screens, request, form, expected=_seen(form))
            if saved is not None:
                messages.success(request, f"{screens.title_of(saved)} saved.")
                return _onward(request, link_to(noun, saved))
        title = screens.title_of(thing)
        context = {
            "title": f"Edit {title}",
            "form": form,
            "noun": noun,
            "thing": thing,
            "breadcrumb": [*_crumbs(screens), (title, link_to(noun, thing))],
            "cancel_href": _next(request) or link_to(noun, thing),
        }
        return render(request, screens.form_template, context, status=422 if form.errors else 200)

    return view


def delete_page(screens: NounScreens) -> View:
    """Asks, then deletes; refused with the reason while something still refers to the object."""

    @guard("change", screens.noun.name)
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest, key: str) -> HttpResponse:
        noun = screens.noun
        thing = _get(screens, request, key, "change")
        title, problems, status = screens.title_of(thing), [], 200
        if request.method == "POST":
            try:
                remove(cast(User, request.user), noun, thing)
            except Refused as refused:
                problems, status = refused.problems, 409
            else:
                messages.success(request, f"{screens.singular} {title} deleted.")
                return _onward(request, list_url(noun.name))
        context = {
            "title": f"Delete {title}?",
            "breadcrumb": [*_crumbs(screens), (title, link_to(noun, thing))],
            "question": f"The {noun.label} {title} will be taken out. Its history stays in the ledger.",
            "problems": problems,
            "cancel_href": link_to(noun, thing),
        }
        return render(request, "ui/confirm.html", context, status=status)

    return view


def detail_context(screens: NounScreens, request: HttpRequest, thing: Any) -> dict[str, Any]:
    """What the detail page's template needs."""
    noun = screens.noun
    key = url_key(noun, thing)
    context: dict[str, Any] = {
        "title": screens.title_of(thing),
        "subtitle": "" if noun.is_link else f"{screens.singular} {noun.key_of(noun.row(thing))}",
        "breadcrumb": _crumbs(screens),
        "noun": noun,
        "thing": thing,
        "facts": facts(screens, thing),
        "statements": list(screens.statements(request, thing)) if screens.statements else [],
        "related": [table for one in related_to(screens) if (table := related_table(one, request, thing))],
        "history": parts.history(noun.name, noun.key_of(noun.row(thing)), 8),
        "history_href": url_for(noun.name, key, "history"),
        "detail_actions": _actions(screens, request, thing),
    }
    if screens.context is not None:
        context.update(screens.context(request, thing))
    return context


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an object's facts."""

    label: str
    cell: Cell
    help: str = ""
    long: bool = False


def facts(screens: NounScreens, thing: Any) -> list[Fact]:
    """The noun's columns with this object's values."""
    found = []
    for column in screens.noun.columns:
        if not screens.noun.is_link and (column.key or column.name == screens.noun.title):
            continue
        unit = unit_of(column)
        label = f"{column.title}, {unit}" if unit else column.title
        if column.kind is Kind.MONEY:
            label = f"{column.title}, {write.default_currency()}"
        shown = cell_of(list_column(screens.noun, column), thing)
        found.append(Fact(label, shown, column.help, column.kind in (Kind.LONG, Kind.LIST)))
    return found


def _actions(screens: NounScreens, request: HttpRequest, thing: Any) -> list[tuple[str, str | None, str]]:
    noun = screens.noun
    found: list[tuple[str, str | None, str]] = list(screens.actions(request, thing)) if screens.actions else []
    if may(request.user, "change", noun.name):
        found += [
            ("Edit", link_to(noun, thing, "edit"), ""),
            ("Delete", link_to(noun, thing, "delete"), "quiet"),
        ]
    return [action for action in found if action[1]]


def _save(screens: NounScreens, request: HttpRequest, form: NounForm, *, expected: Mapping[str, Any] | None) -> Any:
    """Write through the gate; the object, or None with the reasons on the form."""
    noun, values = screens.noun, form.values()
    key = key_parts(noun, _typed_key(noun, values)) or {}
    try:
        saved, _ = save_in_scope(cast(User, request.user), noun, values, key, expected=expected)
    except Refused as refused:
        form.refuse(refused.problems)
        return None
    return saved


def _typed_key(noun: nouns.Noun, values: Mapping[str, str]) -> str:
    given = [" ".join(values.get(c.name, "").split()) for c in noun.key_columns]
    return "~".join(part.replace("%", "%25").replace("~", "%7E") for part in given)


def _seen(form: NounForm) -> Mapping[str, Any] | None:
    try:
        seen = json.loads(form.cleaned_data.get("_seen") or "null")
    except ValueError:
        seen = None
    return seen if isinstance(seen, dict) else {}


def _get(screens: NounScreens, request: HttpRequest, key: str, verb: str = "view") -> Any:
    found = key_parts(screens.noun, key)
    thing = screens.visible(request, verb).filter(**found).first() if found is not None else None
    if thing is None:
        raise Http404(f"There is no {screens.noun.label} “{key[:100]}” that you may see.")
    return thing


def _crumbs(screens: NounScreens) -> list[tuple[str, str | None]]:
    return [(screens.title, list_url(screens.noun.name))]


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure()) else ""


def _onward(request: HttpRequest, href: str | None) -> HttpResponse:
    return HttpResponseRedirect(_next(request) or href or "/")


def _url_text(thing: Any) -> str:
    from urllib.parse import quote

    return quote(str(thing.key), safe="")


def _a(label: str) -> str:
    return f"{'an' if label[:1].lower() in 'aeio' else 'a'} {label}"
