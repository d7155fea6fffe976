"""The list of exceptions to rules."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accord.monitoring.models import RuleException
from accord.monitoring.services.exception_gate import OPERATORS
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec

STATES = [("live", "In force"), ("expired", "Expired"), ("ended", "Ended")]


def words_of(one: RuleException) -> list[str]:
    """The conditions in words."""
    return [f"{c['field']} {OPERATORS[c['operator']]} “{c['value']}”" for c in one.conditions]


def _in_state(found: QuerySet[Any], value: Any) -> QuerySet[Any]:
    live = Q(ended=None, expires__gt=timezone.now())
    wanted = {"live": live, "ended": Q(ended_by__isnull=False), "expired": ~live & Q(ended_by=None)}
    return found.filter(wanted[value])


def _rules(one: RuleException) -> list[str]:
    return ["all rules"] if one.everywhere else [rule.title for rule in one.rules.all()]


EXCEPTIONS = ListSpec(
    noun="rule_exception",
    title="Exceptions",
    rows=lambda request: RuleException.objects.select_related("owner").prefetch_related("rules"),
    columns=[
        ListColumn("title", "Exception", sort="title", link=lambda x: x.get_absolute_url()),
        ListColumn("state", "State", kind="badge", badge="exception"),
        ListColumn("conditions", "Drops hits where", words_of, "list"),
        ListColumn("rules", "Of", _rules, "list"),
        ListColumn("owner", "Owner", lambda x: str(x.owner)),
        ListColumn("expires", "Until", kind="datetime", sort="expires"),
        ListColumn("dropped", "Hits dropped", kind="int", sort="dropped"),
        ListColumn("last", "Last dropped", kind="datetime", sort="last", blank="none yet"),
        ListColumn("key", "Key", hidden=True),
        ListColumn("reason", "Reason", hidden=True),
        ListColumn("despite", "Why despite true alerts", hidden=True),
        ListColumn("created", "Since", kind="datetime", hidden=True),
        ListColumn("ended", "Ended", kind="datetime", hidden=True),
        ListColumn("id", "Number", kind="int", sort="id", hidden=True),
    ],
    filters=[
        ListFilter("state", "State", "choice", _in_state, STATES),
        ListFilter("owner", "Owner (e-mail)", "ref", lambda found, v: found.filter(owner__email__iexact=str(v))),
        ListFilter("rule", "Rule (identifier)", "text", lambda found, v: found.filter(
            Q(everywhere=True) | Q(pk__in=RuleException.objects.filter(rules__identifier=str(v)).values("pk")))),
    ],
    search=("key__iexact", "title", "reason"),
    default_sort="-id",
    empty=Empty("There is none. Make one from an alert that is always false: its replay shows what would vanish.",
                "New exception", "monitoring:exception_new", "change", "rule_exception"),
    actions=[("New exception", "monitoring:exception_new", "change", "rule_exception")],
    intro="Hits that fit all conditions are no alerts until a day. They are counted, by rule and day.",
)  # fmt: skip
