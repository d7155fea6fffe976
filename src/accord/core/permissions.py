"""Who may do what: reads the one permission table and guards views and API operations with it.

The table is a CSV (setting `ACCORD_PERMISSION_TABLE`): a row for each noun and verb, a column for each
role, and in the cell `yes`, `unit` (only within the units of the grant), `own` (only what belongs to the
account itself) or nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from enum import StrEnum
from functools import cache, wraps
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accord.core.models import User
from accord.core.roles import Role


class Reach(StrEnum):
    """How far a permission goes."""

    ALL = "yes"
    UNIT = "unit"
    OWN = "own"


Table = dict[tuple[str, str], dict[Role, Reach]]
View = TypeVar("View", bound=Callable[..., Any])


@cache
def table() -> Table:
    """(verb, noun) → role → reach, as the CSV says. A malformed cell is a ValueError with its row."""
    found: Table = {}
    path = Path(settings.ACCORD_PERMISSION_TABLE)
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            cell = (row["verb"], row["noun"])
            if cell in found:
                raise ValueError(f"{path.name}: {cell[0]} {cell[1]} stands there twice")
            found[cell] = {role: Reach(row[role.value]) for role in Role if row[role.value]}
    return found


def verbs(noun: str) -> set[str]:
    """The verbs that the table knows for a noun."""
    return {verb for verb, name in table() if name == noun}


def reach(user: Any, verb: str, noun: str) -> Reach | None:
    """The widest reach that any of the account's roles gives, or None. An unknown pair is a KeyError."""
    cell = table()[(verb, noun)]
    if not isinstance(user, User) or not user.is_active:
        return None
    reaches = {cell[role] for role in user.roles if role in cell}
    return next((r for r in (Reach.ALL, Reach.UNIT, Reach.OWN) if r in reaches), None)


def allowed(user: Any, verb: str, noun: str) -> bool:
    return reach(user, verb, noun) is not None


def require(user: Any, verb: str, noun: str) -> None:
    """Raise PermissionDenied with the reason in plain words unless the account may."""
    if not allowed(user, verb, noun):
        raise PermissionDenied(f"Your roles do not include “{verb} {noun}”.")


def guard(verb: str, noun: str) -> Callable[[View], View]:
    """Protect a view: anonymous visitors go to the log-in page, accounts without the permission get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            require(request.user, verb, noun)
            return cast(HttpResponse, view(request, *args, **kwargs))

        guarded.accord_guard = (verb, noun)  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def guard_api(verb: str, noun: str) -> Callable[[View], View]:
    """Protect an API operation; write it under the router's decorator. 403 without the permission.

    Its annotations are resolved here, where its module is known: ninja would look for them in this one.
    """

    def decorate(operation: View) -> View:
        @wraps(operation)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            require(getattr(request, "auth", None) or request.user, verb, noun)
            return operation(request, *args, **kwargs)

        guarded.accord_guard = (verb, noun)  # type: ignore[attr-defined]
        guarded.__signature__ = signature(operation, eval_str=True)  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def open_to_all(reason: str) -> Callable[[View], View]:
    """Mark a view that needs no permission, with the reason why that is right (the walk prints it)."""

    def decorate(view: View) -> View:
        view.accord_open = reason  # type: ignore[attr-defined]
        return view

    return decorate


Scoper = Callable[[Any, set[str]], Any]
_scopers: dict[str, Scoper] = {}
_expander: list[Callable[[frozenset[str]], set[str]]] = []


def scope_noun(noun: str, scoper: Scoper) -> None:
    """Say how a queryset of `noun` is cut to a set of scope keys (the room that owns the noun knows)."""
    _scopers[noun] = scoper


def expand_scopes_with(expander: Callable[[frozenset[str]], set[str]]) -> None:
    """Say how a scope opens into all that it holds (a unit into its sub-units). Set once, by the owner."""
    _expander[:] = [expander]


def scopes(user: User) -> set[str]:
    """All scope keys that the account's scoped grants reach, opened into their parts."""
    own = frozenset[str]().union(*user.roles.values()) if user.roles else frozenset()
    return _expander[0](own) if _expander and own else set(own)


def scoped(user: Any, noun: str, queryset: QuerySet[Any], verb: str = "view") -> QuerySet[Any]:
    """Cut a queryset to what the account may see: everything, its units' part, or nothing."""
    match reach(user, verb, noun):
        case Reach.ALL:
            return queryset
        case Reach.UNIT if noun in _scopers:
            return cast("QuerySet[Any]", _scopers[noun](queryset, scopes(user)))
        case _:
            return queryset.none()
