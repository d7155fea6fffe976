"""The rest of the database of `benchmarks.lists`: words of weaknesses, fixes, cases, tickets, statements, coverage."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np

Fill = Callable[[Any, list[tuple[Any, ...]], list[str]], None]
OWNERS, WORDS, LENGTH = 40, 4000, 60
CASES, TICKETS, STATEMENTS, ACCEPTANCES, SOFTWARE = 500, 20_000, 10_000, 2_000, 50_000
STARTS = ("ka", "lo", "mi", "nu", "pe", "ra", "so", "tu", "va", "zi", "bre", "cra", "dro", "flu", "gri", "sta")
KNOWN = ("remote", "buffer", "overflow", "injection", "memory", "certificate", "password", "privilege", "log4j")


def vocabulary() -> list[str]:
    """Invented words, the real ones among the frequent."""
    made = [a + b + c for a in STARTS for b in STARTS for c in STARTS]
    return [*made[:40], *KNOWN, *made[40:WORDS]]


def texts(number: int, seed: int) -> list[tuple[str, str]]:
    """(title, description) of each weakness; few words are in most of them, most words in few."""
    words = np.array(vocabulary())
    share = 1 / (np.arange(len(words)) + 10.0)
    chosen = np.random.default_rng(seed).choice(len(words), (number, LENGTH + 4), p=share / share.sum())
    drawn = words[chosen]
    return [(" ".join(row[:4]).capitalize(), " ".join(row[4:])) for row in drawn]


def owners(table: Callable[[str, list[str], list[list[str]]], Any]) -> Any:
    """People who own systems in IT."""
    return table("person", ["key", "name"], [[f"P-{n:02}", f"Person Number{n:02}"] for n in range(OWNERS)])


def owner_of(system: int) -> str:
    """The owner of the n-th system in IT; every tenth has none."""
    return "" if system % 10 == 9 else f"P-{system % OWNERS:02}"


def fill_more(fill: Fill, actor: Any, assets: int, now: datetime) -> None:
    """Everything that rests on findings: fixes are counted by the service, the others are rows."""
    from accord.exposure.services import searching
    from accord.exposure.services.fixes import recount_fixes

    since = time.monotonic()
    words = searching.rebuild()
    print(f"words of {words} in {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    since = time.monotonic()
    fixes = recount_fixes(actor)
    print(f"{fixes} fixes counted in {time.monotonic() - since:.0f} s", file=sys.stderr, flush=True)
    _work(fill, actor, now)
    _surfaces(fill, assets, now)


def _work(fill: Fill, actor: Any, now: datetime) -> None:
    from accord.decisions.models import Acceptance
    from accord.exposure.models import Definition, Fix, Ticket, TriageCase, VexStatement
    from accord.organization.models import Person

    kinds = list(Definition.objects.order_by("pk").values_list("pk", flat=True)[:STATEMENTS])
    fill(
        TriageCase,
        [(pk, "open", "exploited", now, now + timedelta(days=n % 9), 5) for n, pk in enumerate(kinds[:CASES])],
        ["definition", "state", "because", "opened", "due", "findings"],
    )  # fmt: skip
    fill(
        VexStatement, [(pk, "affected", "product", f"pkg:pypi/p{pk}", "Supplier", now - timedelta(hours=n))
                       for n, pk in enumerate(kinds)],
        ["definition", "status", "reach", "purl", "author", "said"],
    )  # fmt: skip
    people = list(Person.objects.values_list("pk", flat=True))
    fixes = list(Fix.objects.values_list("pk", flat=True)[:TICKETS])
    fill(
        Ticket,
        [(pk, people[n % len(people)], f"T-{n}", now, now - timedelta(minutes=n)) for n, pk in enumerate(fixes)],
        ["fix", "owner", "reference", "due", "made"],
    )  # fmt: skip
    fill(
        Acceptance,
        [(f"AC-{n:05}", "definition", f"CVE-{n}", f"Weakness {n}", "because", (now + timedelta(days=n)).date(), "draft",
          actor.pk) for n in range(ACCEPTANCES)],
        ["key", "scope", "subject", "name", "reason", "until", "state", "by"],
    )  # fmt: skip


def _surfaces(fill: Fill, assets: int, now: datetime) -> None:
    from accord.exposure.models import AssetCoverage, EndedSupport

    surfaces = ("network", "web", "cloud", "container")
    fill(
        AssetCoverage,
        [(n, surfaces[n % 4], n % 4, n % 3, n % 2, n % 2, n % 4, n % 4, n % 3, n % 50 == 0, float(n % 9999))
         for n in range(1, assets + 1)],
        ["asset", "surface", "owner", "scanned", "edr", "logs", "backup", "mfa", "supported", "unwatched", "money_mid"],
    )  # fmt: skip
    fill(
        EndedSupport,
        [(n, "python", "3.8", f"python 3.8.{n}", "purl", (now + timedelta(days=n % 900 - 400)).date(), n % 900 < 400)
         for n in range(1, min(assets, SOFTWARE) + 1)],
        ["target", "product", "cycle", "software", "matched_by", "ends", "ended"],
    )  # fmt: skip


def more_pages() -> list[tuple[str, str]]:
    """(what, address) of the pages that came with fixes, searches by word, owners, coverage and cases."""
    from accord.exposure.models import Finding, Fix

    fix = Fix.objects.filter(open_findings__gt=0).order_by("-open_findings")[0]
    asset = Finding.objects.filter(asset__isnull=False).select_related("asset")[0].asset
    word = vocabulary()
    queries = {
        "words, frequent": f"search={word[0]}+{word[1]}", "words, one frequent": "search=remote",
        "words, rare": f"search={word[2500]}+{word[30]}", "words, none": "search=remote+unheardof",
        "words, open and critical": "search=buffer+overflow&state=open&severity=critical",
        "words, last page": "search=remote+overflow&sort=-first_seen", "component word": "search=component 120",
        "owner searched": "search=Person+Number07", "large owner": "owner=P-00&state=open",
        "owner": "owner=P-07", "owner, critical": "owner=P-07&severity=critical", "no owner": "owner=unknown",
        "asset searched by key": f"search={asset.key}", "asset searched by host": f"search={asset.name.upper()}",
        "exact CVE": "search=cve-2015-10000", "overdue": "overdue=yes", "stale": "stale=yes",
    }  # fmt: skip
    found = [(f"findings: {name}", f"/findings/?{query}") for name, query in queries.items()]
    for name, address in {
        "definitions: words": "/definitions/?search=remote+overflow",
        "definitions: rare": f"/definitions/?search={word[2500]}",
        "definitions: critical": "/definitions/?severity=critical",
        "fixes": "/fixes/", "fixes: open": "/fixes/?open=yes", "fixes: words": "/fixes/?search=component-12",
        "fixes: word, none": "/fixes/?search=unheardof", "fixes: owner": "/fixes/?owner=P-07",
        "fixes: large owner, 3 days": "/fixes/?owner=P-00&urgency=3d", "fixes: system": "/fixes/?system=S-004",
        "fixes: overdue": "/fixes/?overdue=yes", "fixes: by price": "/fixes/?sort=-price_mid",
        "fix": fix.get_absolute_url(), "tickets": "/tickets/", "tickets: by due": "/tickets/?sort=due",
        "campaigns": "/campaigns/", "triage cases": "/triage/", "statements": "/statements/",
        "statements: of a CVE": "/statements/?definition=CVE-2015-10000", "acceptances": "/acceptances/",
        "acceptances: state": "/acceptances/?state=draft", "coverage": "/coverage/",
        "coverage: assets": "/coverage/assets/", "coverage: unwatched": "/coverage/assets/?unwatched=yes",
        "coverage: no EDR": "/coverage/assets/?edr=no", "coverage: system": "/coverage/assets/?system=S-004",
        "end of support": "/end-of-support/", "end of support: ended": "/end-of-support/?state=ended",
        "scans: of a scanner": "/scans/?scanner=Nes", "unclaimed: name": "/unclaimed/?search=host-1",
        "unclaimed: by worst": "/unclaimed/?sort=worst",
    }.items():  # fmt: skip
        found.append((name, address))
    return found
