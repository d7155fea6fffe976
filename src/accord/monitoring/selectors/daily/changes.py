"""What changed in the threat picture: rules, techniques, what attackers use now, and entities of growing risk."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Q

from accord.core.statements import Statement
from accord.monitoring.models import Alert, EntityRisk, ExploitedWeakness, Rule, RuleException, RuleVersion
from accord.monitoring.selectors.daily.parts import Line, Period, Section, address, plural
from accord.ui import format as write

SHOWN = 5


def section(period: Period) -> Section:
    """Nine queries at most."""
    base: dict[str, Any] = {"query": "monitoring.selectors.daily.changes", "as_of": period.until}
    rules, rule_lines = _rules(period)
    fresh = _techniques(period)
    entered = ExploitedWeakness.objects.filter(at__gte=period.since, at__lt=period.until).order_by("at", "pk")
    # One that left and came back is one weakness.
    exploited = list({one.identifier: one for one in entered}.values())[::-1]
    grown, entity_lines = _entities(period)
    facts = [
        Statement("watch.rules_new", "New rules", rules["new"], "rules", source="First versions that were brought in",
                  href=address("rule_list", added=period.text), **base),
        Statement("watch.rules_changed", "Changed rules", rules["changed"], "rules",
                  source="Rules of which a further version was brought in",
                  href=address("rule_list", changed=period.text), **base),
        Statement("watch.exceptions_new", "New exceptions", rules["exceptions"], "exceptions",
                  source="Exceptions that were saved", href=address("exception_list"), **base),
        Statement("watch.techniques_new", "Techniques seen for the first time", len(fresh), "techniques",
                  source="Techniques of rules that raised no alert before", href=address("alert_list"), **base),
        Statement("watch.exploited", "Weaknesses now known to be exploited", len(exploited), "weaknesses",
                  source="Entries of the catalogue of known exploited vulnerabilities",
                  href=address("exposure:definition_list", entered=period.text), **base),
        Statement("watch.entities", "Hosts, users and addresses of growing risk", grown, "entities",
                  source="Entities on which a rule fired, two rules or more in seven days",
                  href=address("entity_list"), **base),
    ]  # fmt: skip
    lines = [
        *rule_lines,
        *(Line(f"Technique {name}", address("alert_list", technique=name), f"first fired by: {title}")
          for name, title in list(fresh.items())[:SHOWN]),
        *(Line(one.identifier, one.href, f"{one.title}; entered on {write.date(one.at)}") for one in exploited[:SHOWN]),
        *entity_lines,
    ]  # fmt: skip
    return Section("changed", "What changed", facts, lines, "Nothing changed in rules, techniques or risk.")


def _rules(period: Period) -> tuple[dict[str, int], list[Line]]:
    within = Q(created__gte=period.since, created__lt=period.until)
    versions = RuleVersion.objects.filter(within).aggregate(
        new=Count("id", filter=Q(number=1)), changed=Count("rule", filter=Q(number__gt=1), distinct=True)
    )
    exceptions = list(
        RuleException.objects.filter(within).select_related("owner").order_by("-created", "pk")[: SHOWN + 1]
    )
    number = len(exceptions) if len(exceptions) <= SHOWN else RuleException.objects.filter(within).count()
    lines = [
        Line(f"Exception {one.key} {one.title}", address("exception_detail", one.key),
             f"by {one.owner.name}, until {write.date(one.expires)}: {one.reason}"[:300])
        for one in exceptions[:SHOWN]
    ]  # fmt: skip
    return {"new": versions["new"], "changed": versions["changed"], "exceptions": number}, lines


def _techniques(period: Period) -> dict[str, str]:
    """Techniques whose rules raised alerts in the period and never before → a rule's title."""
    raised = Alert.objects.filter(rule__isnull=False).order_by()
    before = set(raised.filter(opened__lt=period.since).values_list("rule", flat=True).distinct())
    now = set(
        raised.filter(opened__gte=period.since, opened__lt=period.until).values_list("rule", flat=True).distinct()
    )
    rows = Rule.objects.filter(pk__in=now - before).order_by("title", "pk").values_list("title", "techniques")
    known = {
        name
        for techniques in Rule.objects.filter(pk__in=before).values_list("techniques", flat=True)
        for name in techniques
    } if now - before else set()  # fmt: skip
    fresh: dict[str, str] = {}
    for title, techniques in rows:
        for name in techniques:
            if name not in known:
                fresh.setdefault(name, title)
    return dict(sorted(fresh.items()))


def _entities(period: Period) -> tuple[int, list[Line]]:
    grown = EntityRisk.objects.annotate(newest=Max("fired__last", filter=Q(fired__set_aside=False))).filter(
        rules__gte=2, newest__gte=period.since, newest__lt=period.until
    )
    lines = [
        Line(f"{one.get_kind_display()} {one.name}", address("alert_list", entity=one.name),
             f"risk {one.value:,.0f} as of {write.datetime(one.at)}, from {plural(one.rules, 'rule')}")
        for one in grown.order_by("-value", "pk")[:SHOWN]
    ]  # fmt: skip
    return grown.count() if lines else 0, lines
