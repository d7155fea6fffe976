"""From fixes, windows, teams, efforts, rules and sheets to the problem that the patch plan's engine solves."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from accord.estate.models import CapabilitySystem
from accord.exposure.models import (
    ChangeFreeze,
    ChangeWindow,
    DowntimeLimit,
    Fix,
    FixDecision,
    FixEffort,
    FreezeSystem,
    PatchJob,
    PatchRule,
    SystemFix,
    SystemTeam,
    TeamHours,
    WindowSystem,
)  # fmt: skip
from accord.exposure.selectors.fixes import price_of_part

if TYPE_CHECKING:
    from accord.engines.patching import Problem

DAYS_A_YEAR = 365.25
DAY = 86400.0
UNSURE = re.compile(r"[,|<>= ]|alpha|beta|rc|pre|dev", re.IGNORECASE)
PARTS = re.compile(r"\d+|[A-Za-z]+")
Why = PatchJob.Why


@dataclass(slots=True)
class Work:
    """One fix on one system that may become a job; `why` is set where it cannot be planned at all."""

    fix: Fix
    part: SystemFix
    rate: tuple[float, float, float] | None
    findings: int
    worst_class: int
    due: datetime | None
    team: str = ""
    effort: FixEffort | None = None
    also: list[str] = field(default_factory=list)
    decision: FixDecision | None = None
    why: Why | None = None
    earliest: float = 0.0
    pinned: int = -1


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a plan is computed from. `jobs` are the works that the problem holds, in its order; `out` the others."""

    begins: date
    ends: date
    windows: list[ChangeWindow]
    teams: list[str]
    freezes: list[ChangeFreeze]
    jobs: list[Work]
    out: list[Work]
    problem: Problem
    digest: str


def span_of(window: ChangeWindow, begins: date) -> tuple[float, float]:
    """When a window starts and ends, in days after the plan's begin."""
    zone = timezone.get_current_timezone()
    clock = time.fromisoformat(window.start_time) if window.start_time else time()
    zero = datetime.combine(begins, time(), zone)
    start = (datetime.combine(window.starts, clock, zone) - zero).total_seconds() / DAY
    return start, start + float(window.hours) / 24


def last_day(begins: date) -> date:
    """The day until which loss is counted where nobody says another: a week after the last window that is planned."""
    last = ChangeWindow.objects.filter(starts__gte=begins).order_by("-starts").values_list("starts", flat=True).first()
    return (last or begins) + timedelta(days=7)


def order_of(version: str) -> tuple[tuple[int, int, str], ...] | None:
    """A key that orders versions of one component; None where their order is not certain."""
    if not version or UNSURE.search(version) or not version[0].isdigit():
        return None
    return tuple((1, int(p), "") if p.isdigit() else (0, 0, p.lower()) for p in PARTS.findall(version))


def gather(begins: date, ends: date, first: int) -> Inputs:
    """Read everything and build the problem; loss is counted until `ends`, `first` as in `engines.patching.Problem`."""
    windows = sorted(
        ChangeWindow.objects.filter(starts__gte=begins, starts__lte=ends), key=lambda w: span_of(w, begins)
    )
    windows = [w for w in windows if span_of(w, begins)[1] <= (ends - begins).days]
    hours = list(TeamHours.objects.select_related("window").order_by("team"))
    team_of = dict(SystemTeam.objects.values_list("system_id", "team"))
    teams = sorted({row.team for row in hours} | set(team_of.values()))
    works = _works(begins, ends, [w.key for w in windows], team_of)
    jobs, out = [w for w in works if w.why is None], [w for w in works if w.why is not None]
    freezes = list(ChangeFreeze.objects.filter(starts__lte=ends, ends__gte=begins).order_by("starts", "key"))
    problem = _problem(begins, ends, windows, teams, hours, freezes, jobs, first)
    return Inputs(begins, ends, windows, teams, freezes, jobs, out, problem, _digest(problem, works))


def _works(begins: date, ends: date, windows: list[str], team_of: dict[int, str]) -> list[Work]:
    rows = SystemFix.objects.filter(open_findings__gt=F("accepted") + F("claimed")).select_related("fix", "system")
    works = [
        Work(
            part.fix, part,
            _rate(part), part.open_findings, int(part.worst_class or 0), part.due,
        )
        for part in rows.order_by("pk")
    ]  # fmt: skip
    decisions: dict[Any, FixDecision] = {(d.system_id, d.fix_id): d for d in FixDecision.objects.all()}
    for work in works:
        work.decision = decisions.get((work.part.system_id, work.fix.pk))
    works = _folded(works)
    efforts = {e.applies_to: e for e in FixEffort.objects.all()}
    for work in works:
        fix = work.fix
        names = (fix.key, f"component:{fix.component}", f"ecosystem:{fix.ecosystem}", f"kind:{fix.kind}")
        work.effort = next((efforts[name] for name in names if name in efforts), None)
        work.team = team_of.get(work.part.system_id or 0, "")
        _decide(work, begins, ends, windows)
        if work.why is None and work.part.system_id is None:
            work.why = Why.NO_SYSTEM
        elif work.why is None and work.effort is None:
            work.why = Why.NO_EFFORT
        elif work.why is None and not work.team:
            work.why = Why.NO_TEAM
    return works


def _rate(part: SystemFix) -> tuple[float, float, float] | None:
    """The loss a day that falls to the system (low, middle, high), None where nothing is priced."""
    found = price_of_part(part)
    each = part.own_share / DAYS_A_YEAR
    return None if found is None else (found[0] * each, found[1] * each, found[2] * each)


def _decide(work: Work, begins: date, ends: date, windows: list[str]) -> None:
    """What a signed sheet says of it."""
    said = work.decision
    if said is None or said.choice == FixDecision.Choice.NOW:
        return
    if said.choice == FixDecision.Choice.WINDOW:
        if said.window in windows:
            work.pinned = windows.index(said.window)
        else:
            work.why = Why.PIN_BROKEN
    elif said.until is not None and said.until < ends:
        work.earliest = max((said.until - begins).days + 1.0, 0.0)
    else:
        work.why = Why.DROPPED if said.choice == FixDecision.Choice.ACCEPT else Why.HELD


def _folded(works: list[Work]) -> list[Work]:
    """Upgrades of one component on one system to versions of one major line are one job: the highest does them all.

    What a sheet speaks of, and versions whose order is not certain, stay jobs of their own.
    """
    lines: dict[Any, list[Work]] = defaultdict(list)
    kept = []
    for work in works:
        order = order_of(work.fix.target_version)
        if work.fix.kind != Fix.Kind.UPGRADE or order is None or work.decision is not None:
            kept.append(work)
        else:
            lines[work.part.system_id, work.fix.ecosystem, work.fix.component, order[0]].append(work)
    for line in lines.values():
        line.sort(key=lambda w: order_of(w.fix.target_version) or ())
        top = line[-1]
        for lower in line[:-1]:
            top.also.append(lower.fix.key)
            top.findings += lower.findings
            top.worst_class = min(top.worst_class, lower.worst_class)
            if lower.due is not None and (top.due is None or lower.due < top.due):
                top.due = lower.due
            if lower.rate is not None:
                before = top.rate or (0.0, 0.0, 0.0)
                top.rate = (before[0] + lower.rate[0], before[1] + lower.rate[1], before[2] + lower.rate[2])
        kept.append(top)
    return sorted(kept, key=lambda w: w.part.pk)


def _problem(
    begins: date, ends: date, windows: list[ChangeWindow], teams: list[str], hours: list[TeamHours],
    freezes: list[ChangeFreeze], jobs: list[Work], first: int,
) -> Problem:  # fmt: skip
    import numpy as np

    from accord.engines.patching import Freeze, Jobs, Problem, Windows

    pks = sorted({w.part.system_id or 0 for w in jobs})
    system = {pk: at for at, pk in enumerate(pks)}
    team = {name: at for at, name in enumerate(teams)}
    at = {window.pk: n for n, window in enumerate(windows)}
    spans = [span_of(window, begins) for window in windows]
    team_hours = np.zeros((len(teams), len(windows)))
    for row in hours:
        if row.window_id in at:
            team_hours[team[row.team], at[row.window_id]] = float(row.hours)
    zero = datetime.combine(begins, time(), timezone.get_current_timezone())
    efforts = [(w, w.effort) for w in jobs if w.effort is not None]
    return Problem(
        Jobs(
            np.array([np.nan if w.rate is None else w.rate[1] for w in jobs], dtype=np.float64),
            np.array([float(e.hours) for _, e in efforts], dtype=np.float64),
            np.array([float(e.downtime) for _, e in efforts], dtype=np.float64),
            np.array([e.restart for _, e in efforts], dtype=np.bool_),
            np.array([team[w.team] for w in jobs], dtype=np.int64),
            np.array([system[w.part.system_id or 0] for w in jobs], dtype=np.int64),
            np.array([w.earliest for w in jobs], dtype=np.float64),
            np.array([np.inf if w.due is None else (w.due - zero).total_seconds() / DAY for w in jobs], np.float64),
            np.array([w.pinned for w in jobs], dtype=np.int64),
            np.array([w.worst_class for w in jobs], dtype=np.int64),
        ),
        Windows(
            np.array([s for s, _ in spans], dtype=np.float64), np.array([e for _, e in spans], dtype=np.float64),
            np.array([float(w.hours) for w in windows], dtype=np.float64), team_hours,
            np.array([np.inf if w.most_restarts is None else w.most_restarts for w in windows], dtype=np.float64),
            np.array([np.inf if w.most_downtime is None else float(w.most_downtime) for w in windows], np.float64),
            _open(windows, system),
        ),
        float((ends - begins).days),
        [Freeze(f.key, _frozen(f, windows, system)) for f in freezes],
        _rules(system), first,
    )  # fmt: skip


def _open(windows: list[ChangeWindow], system: dict[int, int]) -> Any:
    import numpy as np

    own: dict[int, list[int]] = defaultdict(list)
    for of, pk in WindowSystem.objects.values_list("window_id", "system_id"):
        own[of].append(pk)
    found = np.ones((len(system), len(windows)), dtype=np.bool_)
    for n, window in enumerate(windows):
        if window.pk in own:
            found[:, n] = False
            found[[system[pk] for pk in own[window.pk] if pk in system], n] = True
    return found


def _frozen(freeze: ChangeFreeze, windows: list[ChangeWindow], system: dict[int, int]) -> Any:
    import numpy as np

    pks = list(FreezeSystem.objects.filter(freeze=freeze).values_list("system_id", flat=True))
    rows = [system[pk] for pk in pks if pk in system] if pks else list(system.values())
    found = np.zeros((len(system), len(windows)), dtype=np.bool_)
    for n, window in enumerate(windows):
        _, end = span_of(window, window.starts)
        if freeze.starts <= window.starts + timedelta(days=max(-(-end // 1) - 1, 0)) and freeze.ends >= window.starts:
            found[rows, n] = True
    return found


def _rules(system: dict[int, int]) -> Any:
    import numpy as np

    from accord.engines.patching import Rules

    pairs: dict[str, list[tuple[int, int]]] = {"apart": [], "before": []}
    for a, rule, b in PatchRule.objects.order_by("pk").values_list("system_id", "rule", "other_id"):
        if a in system and b in system:
            pairs[rule].append((system[a], system[b]))
    members: dict[int, set[int]] = defaultdict(set)
    limits = dict(DowntimeLimit.objects.order_by("pk").values_list("capability_id", "most_systems"))
    for capability, pk in CapabilitySystem.objects.filter(capability__in=limits).values_list("capability", "system"):
        if pk in system:
            members[capability].add(system[pk])
    return Rules(
        np.array(pairs["apart"], dtype=np.int64).reshape(-1, 2), np.array(pairs["before"], np.int64).reshape(-1, 2),
        [(np.array(sorted(found)), limits[capability]) for capability, found in sorted(members.items())],
    )  # fmt: skip


def _digest(problem: Problem, works: list[Work]) -> str:
    """SHA-256 of everything that the plan is computed from."""
    found = hashlib.sha256()
    for part in (problem.jobs, problem.windows):
        for name in part.__dataclass_fields__:
            found.update(getattr(part, name).tobytes())
    for freeze in problem.freezes:
        found.update(freeze.name.encode() + freeze.frozen.tobytes())
    rules = problem.rules
    found.update(rules.apart.tobytes() + rules.before.tobytes())
    for members, most in rules.limits:
        found.update(members.tobytes() + bytes(str(most), "ascii"))
    told = [[w.fix.key, w.part.system_id, w.rate, w.findings, w.why, w.also, w.team] for w in works]
    found.update(json.dumps([problem.horizon, problem.first, told]).encode())
    return found.hexdigest()
