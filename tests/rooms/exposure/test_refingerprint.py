"""Another version of fingerprints: shown before it runs, merged histories, going on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.exposure.models import Finding, Scan
from accord.exposure.services import check_rollups, import_scan, refingerprint
from accord.exposure.services.lifecycle import Wish, act
from accord.intake.fingerprint import VERSIONS, renew, weakness
from accord.intake.records import Observation

pytestmark = pytest.mark.django_db
PLUGINS = range(1, 50)
Nessus = Callable[..., Path]
Moment = Callable[[float], Any]
CVES = {1: ["CVE-2026-0001"], 2: ["CVE-2026-0002"]}


def seen(**told: Any) -> Observation:
    return Observation(
        **{"target": "", "definition_id": "CVE-2026-0001", "title": "", "kind": "vulnerability", "check": "", **told}
    )


def use(actor: User, version: int) -> dict[str, int]:
    job = refingerprint.submit(actor, version)
    done = refingerprint.run(actor, version)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    assert list(check_rollups()) == []
    return done


def ports() -> list[tuple[str, int | None, str]]:
    rows = Finding.objects.order_by("definition__identifier", "port")
    return list(rows.values_list("definition__identifier", "port", "state"))


def test_versions_differ_in_the_port_of_vulnerabilities_only() -> None:
    one, other = seen(port=443, protocol="tcp"), seen(port=8443, protocol="tcp")
    assert weakness(one, 1) != weakness(other, 1)
    assert weakness(one, 2) == weakness(other, 2) == weakness(seen(), 2)
    for kind in ("service", "misconfiguration", "secret", "code", "licence"):
        a, b = seen(kind=kind, port=443, protocol="tcp"), seen(kind=kind, port=8443, protocol="tcp")
        assert weakness(a, 2) != weakness(b, 2)
        assert weakness(a, 2).partition(":")[2] == weakness(a, 1).partition(":")[2]
    assert [v.number for v in VERSIONS.values()] == list(VERSIONS)


def test_a_key_is_renewed_from_what_is_kept_or_carried_over() -> None:
    one = seen(port=443, protocol="tcp", component="curl")
    assert renew(weakness(one, 1), [one], 2) == (weakness(one, 2), True)
    assert renew(weakness(one, 2), [one], 1) == (weakness(one, 1), True)
    anchored = seen(path="a.py", anchor="x", kind="code")
    kept = seen(path="a.py", kind="code")
    assert renew(weakness(anchored, 1), [kept], 2) == (weakness(anchored, 2), True)
    cut = seen(port=443, protocol="tcp", component="c" * 400)
    key, certain = renew(weakness(cut, 1), [seen(port=443, protocol="tcp", component="c" * 299 + "…")], 2)
    assert not certain and key.startswith("2:")


@pytest.fixture
def two_ports(estate: User, nessus: Nessus, moment: Moment) -> User:
    """A vulnerability on two ports of the web server, another on one port, an open service."""
    hosts = {
        "web.shop.example": [(1, 443, 4), (1, 8443, 4), (2, 443, 3), (3, 443, 0)],
        "db.shop.example": [(1, 443, 4)],
    }
    import_scan(estate, nessus(hosts, plugins=PLUGINS, cves=CVES))
    import_scan(estate, nessus({"web.shop.example": [(1, 8443, 4)]}, end=moment(1), plugins=[9], cves=CVES))
    return estate


def test_the_preview_writes_nothing_and_tells_what_happens(two_ports: User) -> None:
    before = list(Finding.objects.order_by("pk").values_list("pk", "fingerprint"))
    shown = refingerprint.preview(2)
    merging = Finding.objects.filter(asset__key="A-WEB", port__in=(443, 8443), definition__kind="vulnerability")
    doubled = [row.pk for row in merging if row.check_name == merging.get(port=8443).check_name]
    assert (shown.findings, shown.merged, shown.groups, shown.uncertain) == (5, 1, 1, 0)
    assert shown.samples == [sorted(doubled)]
    assert list(Finding.objects.order_by("pk").values_list("pk", "fingerprint")) == before
    done = use(two_ports, 2)
    assert done["merged"] == shown.merged and Finding.objects.count() == 4
    assert refingerprint.waiting() == 0 and refingerprint.in_force() == 2


def test_histories_are_merged(two_ports: User, moment: Moment) -> None:
    old, new = (
        Finding.objects.filter(asset__key="A-WEB", port__in=(443, 8443))
        .filter(definition=Finding.objects.get(port=8443).definition)
        .order_by("port")
    )
    low = min(old.pk, new.pk)
    act(two_ports, Finding.objects.filter(pk=new.pk), Wish("claim", "done"))
    use(two_ports, 2)
    one = Finding.objects.get(pk=low)
    assert (one.state, one.said, one.last_seen, one.first_seen) == ("claimed", "done", moment(1), moment(0))
    entry = ledger.history("finding", one.key)[0]
    assert entry.verb == "merge" and f'"was":"F-{max(old.pk, new.pk)}"' in entry.after
    assert ledger.verify().holds


def test_scans_find_by_the_version_in_force(two_ports: User, nessus: Nessus, moment: Moment) -> None:
    use(two_ports, 2)
    hosts = {
        "web.shop.example": [(1, 9443, 4), (1, 443, 4), (2, 443, 3), (3, 443, 0)],
        "db.shop.example": [(1, 443, 4)],
    }
    import_scan(two_ports, nessus(hosts, end=moment(2), plugins=PLUGINS, cves=CVES))
    assert Finding.objects.count() == 4
    assert Scan.objects.order_by("-pk")[0].added == 0
    shown = refingerprint.preview(1)
    assert shown.merged == 0 and shown.may_split == shown.changed > 0
    use(two_ports, 1)
    import_scan(two_ports, nessus(hosts, end=moment(3), plugins=PLUGINS, cves=CVES))
    assert Finding.objects.count() == 5
    assert list(check_rollups()) == []


def test_it_goes_on_where_it_was_stopped(two_ports: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refingerprint, "ROWS", 2)

    def stop(done: int, total: int | None = None, message: str = "") -> None:
        if done >= 2:
            raise jobs.Cancelled

    job = refingerprint.submit(two_ports, 2)
    with pytest.raises(jobs.Cancelled):
        refingerprint.run(two_ports, 2, stop)
    assert 0 < refingerprint.waiting() < 5
    with pytest.raises(Refused, match="being renewed"):
        refingerprint.submit(two_ports, 2)
    Job.objects.filter(pk=job.pk).update(state=Job.State.CANCELLED)
    use(two_ports, 2)
    assert refingerprint.waiting() == 0 and Finding.objects.count() == 4
    with pytest.raises(Refused, match="is in force"):
        refingerprint.submit(two_ports, 2)
    with pytest.raises(Refused, match="no version 7"):
        refingerprint.submit(two_ports, 7)


def test_not_while_a_scan_is_on_its_way(two_ports: User) -> None:
    Scan.objects.filter(pk=Scan.objects.order_by("pk")[0].pk).update(state=Scan.State.APPLYING)
    with pytest.raises(Refused, match="on its way"):
        refingerprint.submit(two_ports, 2)
    assert refingerprint.in_force() == 1
