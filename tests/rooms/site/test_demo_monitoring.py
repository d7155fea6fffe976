"""The sample company's fortnight of monitoring, through spool, pump, rules, alerts and triage."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accord.core import accounts, ledger
from accord.core.roles import Role
from accord.monitoring.models import Alert, AlertNote, DailyWatch, RuleScore, Source, SourceHost, SourceWatch
from accord.monitoring.selectors import daily
from accord.site import demo_monitoring
from accord.site.sample import logs

pytestmark = pytest.mark.django_db


def test_a_fortnight_comes_in_is_judged_and_leaves_work(settings: Any, tmp_path: Path) -> None:
    settings.ACCORD_EVENTS = str(tmp_path / "events")
    analyst = accounts.add_account(None, "ana@sample.example", "Ana", [(Role.ANALYST, "")])
    ciso = accounts.add_account(None, "ciso@sample.example", "Cis", [(Role.CISO, "")])
    told: list[str] = []
    demo_monitoring.load(analyst, ciso, told.append)
    ended = timezone.now()
    assert told[0].startswith("Logs: ")

    # What came is stored once, and what could not be read is counted.
    sources = {source.name: source for source in Source.objects.all()}
    assert len(sources) == 11
    assert 30_000 < sum(source.events for source in sources.values()) < 60_000
    assert sum(source.malformed for source in sources.values()) == 29
    assert not list((tmp_path / "events" / "spool").rglob("*.part"))

    # Enough is judged for scorecards and times, and enough is left for a day's work.
    alerts = list(Alert.objects.exclude(state="folded"))
    states = Counter(alert.state for alert in alerts)
    verdicts = Counter(alert.verdict for alert in alerts if alert.state == "closed")
    assert states["new"] >= 8 and states["open"] == 1
    assert min(verdicts[name] for name in ("true", "benign", "false")) >= 3
    assert all(alert.opened <= ended and alert.opened >= alert.first for alert in alerts)
    closed = [alert for alert in alerts if alert.closed is not None]
    assert all(alert.opened < alert.acknowledged < alert.closed <= timezone.now() for alert in closed)  # type: ignore[operator]
    assert all(alert.minutes > 0 for alert in closed)
    assert AlertNote.objects.count() == len(closed) + states["open"]
    assert RuleScore.objects.filter(advice="tune").exists() or RuleScore.objects.filter(advice="retire").exists()

    # What is not watched is known: a source that fell silent, and a machine that nobody has in a list.
    silent = SourceWatch.objects.filter(state="silent").values_list("source__name", flat=True)
    assert list(silent) == ["Okta, customers and carriers"]
    assert SourceHost.objects.filter(host__iexact=logs.UNKNOWN).exists()

    # Each watch says what was true that morning.
    watches = list(DailyWatch.objects.order_by("until"))
    assert len(watches) >= 2
    for watch in watches:
        then = daily.Watch.from_content(watch.frozen)
        waiting = [
            alert for alert in alerts
            if alert.opened < watch.until and (alert.closed is None or alert.closed >= watch.until)
        ]  # fmt: skip
        fact = then.fact("watch.waiting")
        assert fact is not None and fact.value == watch.waiting
        assert abs(watch.waiting - len(waiting)) <= 2  # risk alerts were opened by what came later that day
    assert ledger.verify().holds

    before = Alert.objects.count()
    demo_monitoring.load(analyst, ciso, told.append)
    assert Alert.objects.count() == before and len(told) == 1
