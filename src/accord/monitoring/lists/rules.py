"""The lists of rules, and of what is no rule. Figures come from the scorecards' roll-up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accord.monitoring.models import Rule, RuleFault, RuleScore, RuleVersion
from accord.monitoring.selectors import hanging
from accord.monitoring.selectors import rules as selectors
from accord.monitoring.services.scorecards import WINDOWS
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, period, text, yes_no

FORM = "rules-form"
TOLD = "_rule_choices"
LEVELS = {"critical": 5, "high": 4, "medium": 3, "low": 2, "informational": 1, "none": 0}


def window_of(request: HttpRequest) -> int:
    """The days over which figures are shown."""
    given = request.GET.get("window", "")
    return int(given) if given in {str(one) for one in WINDOWS} else selectors.WINDOW


def _rows(request: HttpRequest) -> QuerySet[Any]:
    large = ("needs", "course_note")
    return selectors.with_scores(Rule.objects.defer(*large), window_of(request))


def _held(request: HttpRequest) -> dict[str, list[tuple[str, str]]]:
    """Collections, products and statuses that there are: one question a request."""
    held = request.__dict__.get(TOLD)
    if held is None:
        rows = list(Rule.objects.order_by().values_list("collection", "product", "status").distinct())
        held = request.__dict__[TOLD] = {
            name: [(one, one) for one in sorted({row[place] for row in rows} - {""})]
            for place, name in enumerate(("collection", "product", "status"))
        }
    return held


def choices_of(name: str) -> Any:
    return lambda request: _held(request)[name]


def _with_technique(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    named = Cast("techniques", TextField())
    named_rows: QuerySet[Any] = rows.annotate(named=named)
    return named_rows.filter(named__contains=f'"{value.strip().upper()}')


def _never_fired(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    return rows.filter(last_fired__isnull=value)


def _failing(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    return rows.filter(tests_failed__gt=0) if value else rows.filter(tests_failed=0)


def _waiting(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    return rows.filter(offered__isnull=not value)


def _vanished(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    return rows.filter(vanished__isnull=not value)


def _blinded(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    held = hanging.blinded()
    return rows.filter(pk__in=held) if value else rows.exclude(pk__in=held)


def _rests_on(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    return rows.filter(pk__in=hanging.rests_on(str(value).strip()))


def _is_local(rows: QuerySet[Any], value: bool) -> QuerySet[Any]:
    waits = Q(offered_why__in=[Rule.Why.TESTS, Rule.Why.BROKEN])
    changed = ~Q(upstream="") & ~Q(version__digest=F("upstream")) & ~waits
    return rows.filter(changed) if value else rows.exclude(changed)


def _version_of(first: bool) -> Any:
    """Narrows to rules of which a text was brought in within a period: the first one, or a further one."""
    wanted = Q(number=1) if first else Q(number__gt=1)

    def apply(rows: QuerySet[Any], ends: tuple[datetime | None, datetime | None]) -> QuerySet[Any]:
        since, until = ends
        within = wanted & (Q(created__gte=since) if since else Q()) & (Q(created__lt=until) if until else Q())
        return rows.filter(pk__in=RuleVersion.objects.filter(within).values("rule"))

    return apply


def _box(rule: Rule) -> str:
    return format_html(
        '<input type="checkbox" name="rules" value="{}" form="{}" aria-label="Choose {}">', rule.pk, FORM, rule.title
    )


def _source(rule: Rule) -> str:
    return "/".join(part or "*" for part in (rule.product, rule.category, rule.service))


def _tests(rule: Rule) -> str:
    return f"{rule.tests - rule.tests_failed} of {rule.tests} pass" if rule.tests else "none"


def _flag(name: str, label: str, apply: Any) -> ListFilter:
    return ListFilter(name, label, "bool", apply)


def _context(request: HttpRequest) -> dict[str, object]:
    states = selectors.by_state()
    return {
        "states": states, "enabled": sum(one.enabled for one in states), "days": window_of(request),
        "disabled": sum(one.disabled for one in states), "program": selectors.program(), "form_id": FORM,
        "may_change": may(request.user, "change", "rule"), "may_import": may(request.user, "import", "rule"),
        "may_decide": may(request.user, "decide", "rule"), "may_run": may(request.user, "run", "rule"),
        "query": request.GET.urlencode(),
    }  # fmt: skip


RULES = ListSpec(
    noun="rule",
    title="Rules",
    rows=_rows,
    columns=[
        ListColumn("title", "Rule", sort="title"),
        ListColumn("box", "Choose", value=_box, api=False),
        ListColumn("level", "Level", kind="badge", badge="rule_level"),
        ListColumn("state", "State", kind="badge", badge="rule_state", sort="state"),
        ListColumn("reason", "Why", kind="long", blank="–"),
        ListColumn("alerts", "Alerts", kind="int", sort="alerts", help="Opened within the window"),
        ListColumn("precision", "Precision", kind="share", sort="precision",
                   help="True and benign true among those judged so or false"),
        ListColumn("minutes", "Minutes", kind="number", sort="minutes", help="That analysts noted"),
        ListColumn("advice", "Suggested", kind="badge", badge="rule_course", sort="advice"),
        ListColumn("course", "Decided", kind="badge", badge="rule_course"),
        ListColumn("last_fired", "Last fired", kind="datetime", sort="last_fired", blank="never"),
        ListColumn("enabled", "On", kind="bool"),
        ListColumn("source", "Log source", value=_source),
        ListColumn("collection", "Collection", sort="collection"),
        ListColumn("tests", "Tests", value=_tests),
        ListColumn("identifier", "Identifier", hidden=True),
        ListColumn("id", "Number", kind="int", value="pk", hidden=True),
        ListColumn("path", "File", hidden=True),
        ListColumn("status", "Status", hidden=True),
        ListColumn("techniques", "Techniques", kind="list", hidden=True),
        ListColumn("hits", "Hits", kind="int", sort="hits", hidden=True),
        ListColumn("precision_low", "Precision, low end", kind="share", hidden=True),
        ListColumn("precision_high", "Precision, high end", kind="share", hidden=True),
        ListColumn("cost", "Cost of triage", kind="money", sort="cost", hidden=True),
        ListColumn("is_correlation", "Correlation rule", kind="bool", hidden=True),
        ListColumn("is_filter", "Filter", kind="bool", hidden=True),
    ],
    filters=[
        choice("state", "State", Rule.State.choices),
        choice("level", "Level", Rule.Level.choices),
        yes_no("enabled", "Enabled"),
        choice("product", "Product", choices_of("product"), blank=True),
        choice("collection", "Collection", choices_of("collection")),
        choice("status", "Status", choices_of("status"), blank=True),
        ListFilter("technique", "Technique", "text", _with_technique, placeholder="T1059"),
        _flag("never_fired", "Never fired", _never_fired),
        _flag("blinded", "Its sources are silent", _blinded),
        ListFilter("rests_on", "Rests on source alone (key)", "text", _rests_on),
        _flag("failing", "Tests fail", _failing),
        _flag("waiting", "Newer text waits", _waiting),
        period("added", "Added in", _version_of(first=True)),
        period("changed", "Changed in", _version_of(first=False)),
        _flag("changed_here", "Changed here", _is_local),
        _flag("vanished", "Gone from its collection", _vanished),
        yes_no("correlation", "Correlation rule", "is_correlation"),
        choice("advice", "Suggested", RuleScore.Advice.choices),
        choice("course", "Decided", Rule.Course.choices, blank=True),
        ListFilter("window", "Figures over", "choice", lambda rows, value: rows,
                   [(str(one), f"{one} days") for one in WINDOWS]),
    ],
    search=("title", "identifier__istartswith", "path"),
    default_sort="title",
    template="monitoring/rule_list.html",
    context=_context,
    empty=Empty("Take in the rules that come with Accord, or a collection of Sigma rules.",
                "Import rules", "monitoring:rule_import", "import", "rule"),
    actions=[
        ("Import rules", "monitoring:rule_import", "import", "rule"),
        ("Enable by policy", "monitoring:rule_policy", "change", "rule"),
        ("Placeholders", "monitoring:placeholder_list", "view", "placeholder"),
        ("Write a rule", "monitoring:rule_new", "change", "rule"),
    ],
    intro="What is looked for in events, why a rule is silent, what each gave and cost.",
)  # fmt: skip


FAULTS = ListSpec(
    noun="rule",
    title="Texts that are no rules",
    rows=lambda request: RuleFault.objects.select_related("collection"),
    columns=[
        ListColumn("path", "File", sort="path"),
        ListColumn("line", "Line", kind="int", blank="the whole file"),
        ListColumn("problem", "What is wrong", kind="long"),
        ListColumn("collection", "Collection", value="collection.name"),
    ],
    filters=[text("collection", "Collection", "collection__name")],
    search=("path", "problem"),
    default_sort="path",
    empty=Empty(
        "What an import cannot read as a rule would stand here, with its file, line and reason.",
        title="Every text of every collection is a rule",
    ),
    intro="Found at the newest import of each collection. The other rules run.",
    link=lambda row: None,
    context=lambda request: {"breadcrumb": [("Rules", reverse("monitoring:rule_list"))]},
)  # fmt: skip
