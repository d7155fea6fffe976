"""What the pages of coverage and of tests read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accord.estate.models import System, SystemAsset
from accord.estate.selectors import alignment
from accord.exposure.models import (
    AssetCoverage,
    Safeguard,
    ScanTarget,
    SecurityTest,
    SecurityTestRule,
    SecurityTestSurface,
    SecurityTestSystem,
    Surface,
    SurfaceInventory,
    Target,
)

SHOWN = 20
DONE = SecurityTest.TestState.DONE


def unwatched(top: int = SHOWN) -> list[dict[str, Any]]:
    """The assets that no tool watches, the dearest first, each with its systems and the goals these carry.

    Five queries and the alignment's.
    """
    rows = list(
        AssetCoverage.objects.filter(unwatched=True).select_related("asset__owner")
        .order_by("-money_mid", "-goal_weight", "asset_id")[:top]
    )  # fmt: skip
    rows.sort(key=lambda row: (row.money_mid is None, -(row.money_mid or 0.0), -(row.goal_weight or 0.0), row.asset_id))
    if not rows:
        return []
    aligned = alignment()
    names = {goal.key: goal.name for goal in aligned.goals}
    links: dict[int, list[SystemAsset]] = defaultdict(list)
    for link in SystemAsset.objects.filter(asset_id__in=[r.asset_id for r in rows]).select_related("system"):
        links[link.asset_id].append(link)
    found = []
    for row in rows:
        goals: dict[str, float | None] = {}
        for link in links[row.asset_id]:
            carried = aligned.carried.get(link.system.key)
            for key, weight in (carried.goals if carried else {}).items():
                before = goals.get(key, 0.0)
                goals[key] = None if weight is None or before is None else before + weight * float(link.share)
        ordered = sorted(goals.items(), key=lambda pair: (-(pair[1] or 0.0), pair[0]))
        found.append({
            "row": row, "asset": row.asset, "surface": row.get_surface_display(),
            "systems": sorted(links[row.asset_id], key=lambda link: (-link.share, link.system.name)),
            "goals": [{"name": names.get(key, key), "key": key, "weight": weight} for key, weight in ordered],
        })  # fmt: skip
    return found


def unclaimed(top: int = 8) -> dict[str, Any]:
    """How many targets no asset answers to, by kind, and which scans saw them last. Three queries."""
    rows = Target.objects.filter(state=Target.State.UNCLAIMED)
    kinds = dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    seen = (
        ScanTarget.objects.filter(target__state=Target.State.UNCLAIMED)
        .order_by().values("scan_id", "scan__title", "scan__name", "scan__scanner", "scan__observed")
        .annotate(n=Count("pk")).order_by("-scan__observed", "-n")[:top]
    )  # fmt: skip
    labels = dict(Target._meta.get_field("kind").choices or ())
    return {
        "number": sum(kinds.values()),
        "kinds": sorted(((labels.get(kind, kind), n) for kind, n in kinds.items()), key=lambda pair: -pair[1]),
        "scans": list(seen),
    }


def inventories() -> list[dict[str, Any]]:
    """What assets do not list one by one, with how much of it is covered ((safeguard, number) each). One query."""
    names = ("pk", "key", "name", "surface", "number", "source", "as_of")
    surfaces, safeguards = dict(Surface.choices), dict(Safeguard.choices)
    found: dict[int, dict[str, Any]] = {}
    for *row, safeguard, covered in SurfaceInventory.objects.values_list(
        *names, "coverage__safeguard", "coverage__covered"
    ):
        one = found.setdefault(row[0], {**dict(zip(names, row, strict=True)), "covered": []})
        if safeguard is not None:
            one["covered"].append((safeguards[safeguard], covered))
    order = [surface.value for surface in Surface]
    ordered = sorted(found.values(), key=lambda one: (order.index(one["surface"]), one["key"]))
    return [{**one, "surface": surfaces[one["surface"]], "covered": sorted(one["covered"])} for one in ordered]


def _counting(within: int | None, tool: str) -> str:
    """Which evidence counts, in words; "" = all."""
    whose = f" of {tool}" if tool else ""
    if within is not None:
        return f"evidence{whose} of the last {within} days counts"
    return f"only evidence{whose} counts" if tool else ""


def rules_in_words() -> list[dict[str, str]]:
    """The rules in force as sentences, the organization's own first. One query."""
    from accord.exposure.services.safeguards import CODES, FACTS, rules

    in_force, own, _ = rules()
    labels = {name: str(label) for name, label in Safeguard.choices}
    of_surface = {name: str(label).lower() for name, label in Surface.choices}
    words = []
    for n, rule in enumerate(in_force):
        safeguard = list(labels)[rule.safeguard]
        where = [
            of_surface[CODES[FACTS[f]][code]] if FACTS[f] == "surface" else CODES[FACTS[f]][code].replace("_", " ")
            for f, code in rule.conditions
        ]
        words.append({
            "safeguard": labels[safeguard],
            "text": ("asked of " if rule.required else "not asked of ") + (", ".join(where) or "every asset"),
            "days": _counting(rule.within, own[n].source if n < len(own) else ""),
            "source": own[n].key if n < len(own) else "Accord's own, until you give a rule for it",
        })  # fmt: skip
    return words


@dataclass(frozen=True, slots=True)
class Tested:
    """When something was tested last (None: never), by which test, and whether that is too long ago by a rule.

    `within` None: no rule says how often.
    """

    key: str
    name: str
    test: SecurityTest | None
    within: int | None
    today: date

    @property
    def overdue(self) -> bool:
        if self.within is None:
            return False
        last = self.test.ends if self.test is not None else None
        return last is None or last < self.today - timedelta(days=self.within)


def _last(tests: dict[Any, list[SecurityTest]], thing: Any, kind: str = "") -> SecurityTest | None:
    fitting = [test for test in tests[thing] if not kind or test.kind == kind]
    return max(fitting, key=lambda test: (test.ends or date.min, test.pk)) if fitting else None


def tests_of_surfaces() -> list[Tested]:
    """Each surface with its last test that is done, by the strictest rule that names it. Two queries."""
    today = timezone.localdate()
    tests: dict[Any, list[SecurityTest]] = defaultdict(list)
    for row in SecurityTestSurface.objects.filter(test__state=DONE).select_related("test"):
        tests[row.surface].append(row.test)
    rules = list(SecurityTestRule.objects.exclude(surface="").order_by("within_days"))
    found = []
    for surface in Surface:
        asked = [rule for rule in rules if rule.surface == surface.value]
        checked = [
            Tested(surface.value, str(surface.label), _last(tests, surface.value, rule.kind), rule.within_days, today)
            for rule in asked
        ] or [Tested(surface.value, str(surface.label), _last(tests, surface.value), None, today)]
        found.append(next((one for one in checked if one.overdue), checked[0]))
    return found


def tests_of_systems(top: int = 200) -> list[Tested]:
    """Systems that were never tested, or not within the time of a rule; the heaviest of goals first.

    Three queries and the alignment's.
    """
    today = timezone.localdate()
    tests: dict[Any, list[SecurityTest]] = defaultdict(list)
    for row in SecurityTestSystem.objects.filter(test__state=DONE).select_related("test"):
        tests[row.system_id].append(row.test)
    rules = list(SecurityTestRule.objects.filter(surface="").order_by("within_days"))
    aligned = alignment()
    found: list[tuple[float, Tested]] = []
    for system in System.objects.order_by("key"):
        asked = [rule for rule in rules if not rule.criticality or rule.criticality == system.criticality]
        checked = [
            Tested(system.key, system.name, _last(tests, system.pk, rule.kind), rule.within_days, today)
            for rule in asked
        ] or [Tested(system.key, system.name, _last(tests, system.pk), None, today)]
        one = next((one for one in checked if one.overdue), checked[0])
        if one.overdue or one.test is None:
            found.append((aligned.weight_of(system.key) or 0.0, one))
    found.sort(key=lambda pair: (-pair[0], pair[1].key))
    return [one for _, one in found[:top]]
