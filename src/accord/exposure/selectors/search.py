"""What a text in a search box means: identifiers, assets, components, owners, or words.

    found, told = search.narrow(findings, "log4j remote")

The first of these that anything is known by decides: an identifier (CVE, advisory, check) that begins with the text, an
asset whose key, name, host name or address begins with it, a person who owns systems in IT; else components that begin
with it together with weaknesses and components that have all its words, each as the beginning of a word.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Concat

from accord.estate.models import Asset, AssetIdentity, System
from accord.exposure.models import (
    HAS_COMPONENT,
    ComponentWords,
    Definition,
    DefinitionAlias,
    DefinitionWords,
    Finding,
    TotalExposure,
)
from accord.exposure.models.searching import words_of
from accord.exposure.selectors.narrow import MANY, few, of_definitions, on_assets, starting
from accord.organization.models import Person
from accord.ui.lists import sparse

Rows = QuerySet[Any]
FOUND = 500
"""So many identifiers, assets or components that begin with the text are taken."""


@dataclass(frozen=True, slots=True)
class Known:
    """By what something is known that fits a text; `size` open findings are of weaknesses with its words."""

    asset: bool = False
    identity: bool = False
    owner: bool = False
    component: bool = False
    words: bool = False
    part_words: bool = False
    size: int = 0


def definitions(text: str) -> Rows:
    """Primary keys of the weaknesses that have all words of the text; a query that others take in."""
    return DefinitionWords.objects.filter(words__matching=text).values("pk")


def components(text: str) -> Rows:
    """Names of the components that have all words of the text."""
    return ComponentWords.objects.filter(words__matching=text).values("name")


def has_words(text: str) -> bool:
    return bool(words_of([text]))


def owned(text: str) -> Q:
    """Systems whose owner in IT has this key, or a name that begins with the text."""
    people = Person.objects.filter(Q(key__iexact=text) | Q(name__istartswith=text))
    return Q(it_owner__in=people)


def of_owner(found: Rows, key: str | None) -> Rows:
    """Findings on the assets of systems that a person owns in IT; of None: of systems that nobody owns there."""
    return on_assets(found, Q(it_owner=None) if key is None else Q(it_owner__key=key))


def known_by(text: str) -> Known:
    """By what something is known. One query, a look into an index for each way."""
    ways: dict[str, Rows] = {
        "asset": Asset.objects.filter(starting("key", text) | starting("name", text)),
        "identity": AssetIdentity.objects.filter(starting("value", text.lower())),
        "owner": System.objects.filter(owned(text)),
        "component": Finding.objects.filter(HAS_COMPONENT, starting("component", text)),
    }
    asked: dict[str, Any] = {f"by_{name}": Exists(rows) for name, rows in ways.items()}
    if has_words(text):  # sums and counts: asked whether one exists, PostgreSQL would read text after text
        asked["words"] = _all(Definition.objects.filter(pk__in=definitions(text)), Sum("open_findings"))
        asked["parts"] = _all(components(text), Count("pk"))
    row: dict[str, Any] | None = TotalExposure.objects.values("pk").annotate(**asked).first()  # type: ignore[assignment]
    if row is None:
        return Known()
    size = row.get("words")
    told = {name: bool(row[f"by_{name}"]) for name in ways}
    return Known(**told, words=size is not None, part_words=bool(row.get("parts")), size=size or 0)


def _all(rows: Rows, figure: Any) -> Subquery:
    """One figure over all rows, NULL or 0 without any."""
    return Subquery(rows.order_by().annotate(every=Value(1)).values("every").annotate(n=figure).values("n"))


def narrow(found: Rows, text: str) -> tuple[Rows, str]:
    """The findings that a text means, and in words what was looked for. At most four queries."""
    text = text.strip()
    begins = DefinitionAlias.objects.filter(starting("value", text.upper()))
    sizes = dict(begins.values_list("definition_id", "definition__open_findings")[: FOUND + 1])
    if sizes:
        told = f"weaknesses whose identifier begins with “{text}”{_cut(sizes)}"
        return of_definitions(found, dict(list(sizes.items())[:FOUND])), told
    known = known_by(text)
    if known.asset:
        named = Asset.objects.filter(starting("key", text) | starting("name", text))
        keys = list(named.values_list("pk", flat=True)[: FOUND + 1])
        told = f"assets whose key or name begins with “{text}”{_cut(keys)}"
        return few(found.filter(asset_id__in=keys[:FOUND])), told
    if known.identity:
        rows = AssetIdentity.objects.filter(starting("value", text.lower()))
        keys = list(rows.values_list("asset_id", flat=True)[: FOUND + 1])
        told = f"assets with a host name, address or identifier that begins with “{text}”{_cut(keys)}"
        return few(found.filter(asset_id__in=keys[:FOUND])), told
    if known.owner:
        return on_assets(found, owned(text)), f"systems whose owner in IT is “{text}”"
    return _by_words(found, text, known)


def _cut(keys: Collection[int]) -> str:
    return f", the first {FOUND}" if len(keys) > FOUND else ""


def _by_words(found: Rows, text: str, known: Known) -> tuple[Rows, str]:
    """Weaknesses and components that have the words, components that begin with the text."""
    if not (known.component or known.words or known.part_words):
        return found.none(), f"“{text}”: no identifier, asset, owner, component or word"
    names: list[str] = []
    if known.component or known.part_words:
        begin = Finding.objects.filter(HAS_COMPONENT, starting("component", text)).order_by()
        names = list(begin.values_list("component", flat=True).distinct()[: FOUND + 1]) if known.component else []
        names += list(components(text).values_list("name", flat=True)[: FOUND + 1]) if known.part_words else []
        names = list(dict.fromkeys(names))[:FOUND]
    kinds = definitions(text)
    told = " and ".join(
        [f"weaknesses with the words “{text}”"] * known.words + [f"components with “{text}”"] * bool(names)
    )
    size = 0
    if names and known.size <= MANY:
        size = Finding.objects.filter(HAS_COMPONENT, component__in=names).order_by().values("pk")[: MANY + 1].count()
    if size + known.size <= MANY:
        wanted = Q(component__in=names) & HAS_COMPONENT if names else Q()
        return few(found.filter(wanted | Q(definition_id__in=kinds) if known.words else wanted)), told
    wanted = Q(_part__in=names) if names else Q()
    walk = found.alias(_kind=F("definition_id") + 0, _part=Concat("component", Value("")))
    return sparse(walk.filter(wanted | Q(_kind__in=kinds) if known.words else wanted)), told
