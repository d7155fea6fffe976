"""Whether texts can be run, before they are kept: compiled with all that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from accord.core.errors import Problem, Refused
from accord.monitoring.models import Rule
from accord.monitoring.services.rules.texts import Document, documents, line_of
from accord.monitoring.services.ruleset import folder, members_of, path_of, placeholders, said, texts_of

if TYPE_CHECKING:
    from accord.engines.sigma import Program
    from accord.engines.sigma.rules import Text

FEW = 200
DEEPEST = 5
CANDIDATE = "candidate"
"""The path under which a text is compiled that no rule has yet."""


class Compiled(NamedTuple):
    """What became of a text: why it is not run ("" = it is), the fields that it asks, and its product; that of a
    correlation rule is the one that all its rules have."""

    problem: str = ""
    needs: Sequence[str] = ()
    product: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that can be run, and the program in which it was compiled (under the path `path`)."""

    document: Document
    program: Program
    path: str
    compiled: Compiled


def check(text: str, rule: Rule | None = None) -> Checked:
    """One rule as a person wrote it; `Refused` says on which line of it what is wrong, or why it cannot be run."""
    from accord.engines.sigma import compile_rules

    document = _one(text)
    path = path_of(rule.pk, 0) if rule is not None else CANDIDATE
    program = compile_rules([(path, text), *supports([document.text], rule)], placeholders())
    for fault in program.faults:
        if fault.path == path:
            raise _refused(text, fault.problem, fault.line)
    found = compiled_as(program).get(path, Compiled())
    if found.problem:
        raise _refused(text, found.problem, None)
    return Checked(document, program, path, found)


def _one(text: str) -> Document:
    found, faults = documents("text", text)
    if faults:
        raise _refused(text, faults[0].problem, faults[0].line)
    if len(found) != 1:
        words = f"It holds {len(found)} documents" if found else "It is empty"
        raise Refused(Problem(None, "text", f"{words}; one rule is expected.", "Keep one rule for each text."))
    return found[0]


def _refused(text: str, problem: str, line: int | None) -> Refused:
    return Refused(Problem(line or line_of(text, problem), "text", problem, "Correct it and save again."))


def compiled_as(program: Program) -> dict[str, Compiled]:
    """What became of each rule and correlation rule of a program, by path."""
    from accord.engines.sigma.correlation_rules import correlations_of, known_by

    products: dict[str, set[str]] = {}
    found = {}
    for rule in program.rules:
        product = (rule.source.product or "").lower()
        found[rule.path] = Compiled(said(rule.problem), list(rule.fields), product)
        products.update((name, {product}) for name in known_by(rule))
    correlations = correlations_of(program)
    for _ in range(DEEPEST):  # a correlation rule may name others
        for one in correlations:
            held = set[str]().union(*(products.get(name, set()) for name in one.members))
            products.update((name, held) for name in known_by(one))
            found[one.path] = Compiled(one.problem, [], min(held) if len(held) == 1 else "")
    return found


def supports(texts: Iterable[str], without: Rule | None = None) -> list[Text]:
    """What texts rest on: the enabled filters, and for correlation rules the rules that they name, in any depth."""
    fields = ("pk", "version_id", "version__text", "is_correlation")
    rows = Rule.objects.filter(version__isnull=False)
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    found = list(rows.filter(enabled=True, is_filter=True).order_by("pk").values_list(*fields))
    there, open_ = {row[0] for row in found}, [text for text in texts if "correlation" in text]
    while open_:
        names = members_of(open_)
        more = rows.filter(Q(identifier__in=names) | Q(name__in=names)).exclude(pk__in=there).order_by("pk")
        new = list(more.values_list(*fields))
        found += new
        there |= {row[0] for row in new}
        open_ = [row[2] for row in new if row[3]]
    return [(path_of(rule, version), text) for rule, version, text, _ in found]


def with_supports(pairs: Sequence[tuple[int, int]]) -> list[Text]:
    """The texts of these versions and of what they rest on."""
    texts = texts_of(pairs)
    there = {path for path, _ in texts}
    return [*texts, *(one for one in supports(text for _, text in texts) if one[0] not in there)]


def compiled(texts: Sequence[Text]) -> Program:
    """Texts that are looked at once: a few are compiled, many are kept on disk (where there is room for few)."""
    from accord.engines.sigma import compile_rules
    from accord.engines.sigma.cache import load_or_compile

    given = placeholders()
    return compile_rules(texts, given) if len(texts) < FEW else load_or_compile(texts, folder() / "checked", given)
