"""Pages of the life of findings: acts from the page and the list, statements, undoing, fingerprints, and the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accord.core import accounts, jobs
from accord.core.models import Job, User
from accord.core.roles import Role
from accord.exposure.models import Finding, Scan, VexStatement
from accord.exposure.services import import_scan

pytestmark = pytest.mark.django_db
PLUGINS = range(1, 50)
Nessus = Callable[..., Path]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def client(estate: User, nessus: Nessus) -> Client:
    hosts = {"web.shop.example": [(1, 443, 4), (2, 80, 3)], "db.shop.example": [(1, 5432, 4)]}
    import_scan(estate, nessus(hosts, plugins=PLUGINS, cves={1: ["CVE-2026-0001"]}))
    return client_of(estate)


def run_jobs(kind: str) -> Job:
    job = Job.objects.filter(kind=kind).order_by("-created")[0]
    jobs._execute(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    return job


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_from_the_page_of_a_finding(client: Client) -> None:
    row = Finding.objects.get(port=80)
    shown = page(client, row.get_absolute_url())
    assert "Claim fixed" in shown and "Take the claim back" not in shown and 'value="reopen"' not in shown
    data = {"action": "claim", "note": "nginx 1.29", "findings": row.pk, "next": row.get_absolute_url()}
    answer = client.post(reverse("exposure:finding_work"), data, follow=True)
    shown = answer.content.decode()
    assert "nginx 1.29" in shown and "Fixed, not verified" in shown and "Take the claim back" in shown
    row.refresh_from_db()
    assert row.state == "claimed"
    answer = client.post(reverse("exposure:finding_work"), {**data, "action": "claim", "note": ""}, follow=True)
    assert "Say how it was fixed" in answer.content.decode()
    assert client.post(reverse("exposure:finding_work"), {**data, "action": "false_positive"}).status_code == 403


def test_from_a_choice_in_the_list_and_over_a_filter(client: Client) -> None:
    shown = page(client, reverse("exposure:finding_list"))
    assert shown.count('name="findings"') == 3 and "All 3 that fit the filter" in shown
    chosen = list(Finding.objects.filter(definition__aliases__value="CVE-2026-0001").values_list("pk", flat=True))
    data = {"action": "false_positive", "note": "banner only", "findings": chosen, "scope": "chosen"}
    assert len(chosen) == 2
    client.post(reverse("exposure:finding_judge"), data)
    assert Finding.objects.filter(state="false_positive").count() == len(chosen)
    asked = {"action": "reopen", "note": "no, it is there", "scope": "all", "query": "state=false_positive&after=x"}
    shown = client.post(reverse("exposure:finding_judge"), asked).content.decode()
    assert f"{len(chosen)} findings?" in shown and not Job.objects.filter(kind="exposure.act").exists()
    answer = client.post(reverse("exposure:finding_judge"), {**asked, "confirmed": "yes"})
    job = run_jobs("exposure.act")
    assert answer.headers["Location"] == reverse("exposure:act_job", args=[job.pk])
    assert job.result is not None and job.result["changed"] == len(chosen)
    assert f"{len(chosen)} finding" in page(client, answer.headers["Location"])
    assert not Finding.objects.exclude(state="open").exists()


def test_filters_for_what_needs_a_look(client: Client, moment: Callable[[float], Any]) -> None:
    Finding.objects.filter(port=80).update(stale_since=moment(1), due=None)
    Finding.objects.filter(port=443).update(due=moment(2))
    Finding.objects.filter(port=5432).update(due=moment(2), state="accepted")
    url = reverse("exposure:finding_list")
    for query, number in (("stale=yes", 1), ("stale=no", 2), ("overdue=yes", 1)):
        assert page(client, f"{url}?{query}").count('name="findings"') == number
    shown = page(client, Finding.objects.get(port=80).get_absolute_url())
    assert "Stale." in shown and "did not look for it" in shown


def test_statements(client: Client, estate: User) -> None:
    page(client, reverse("exposure:statement_new") + "?definition=CVE-2026-0001&asset=A-WEB")
    data = {"definition": "CVE-2026-0001", "status": "not_affected", "asset": "A-WEB"}
    assert client.post(reverse("exposure:statement_new"), data).status_code == 422
    answer = client.post(reverse("exposure:statement_new"), {**data, "justification": "component_not_present"})
    one = VexStatement.objects.get()
    assert answer.headers["Location"] == one.get_absolute_url()
    shown = page(client, one.get_absolute_url())
    held = one.covers.get()
    assert held.key in shown and "The component is not in the product" in shown and "Withdraw" in shown
    assert one.key in page(client, reverse("exposure:statement_list"))
    assert one.key in page(client, held.get_absolute_url())
    client.post(reverse("exposure:statement_withdraw", args=[one.pk]), {"reason": "it is"})
    assert "it is" in page(client, one.get_absolute_url())
    assert Finding.objects.get(pk=held.pk).state == "open"


def test_undoing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Scan.objects.get()
    shown = page(client, scan.get_absolute_url())
    assert "It looked at 2 targets." in shown and "what it did not see of these is closed" in shown
    url = reverse("exposure:scan_undo", args=[scan.pk])
    assert url in shown and "Go: nobody else saw them" in page(client, url)
    from accord.exposure.services import undo

    monkeypatch.setattr(undo, "LOOKED_AT_ONCE", 1)
    assert "Looking at what it touched" in page(client, url)
    run_jobs("exposure.undo_preview")
    assert "As of" in page(client, url)
    client.post(url, {"reason": "the wrong company"})
    run_jobs("exposure.undo")
    shown = page(client, scan.get_absolute_url())
    assert "the wrong company" in shown and "Undone" in shown
    assert not Finding.objects.exists()


def test_fingerprints(client: Client, estate: User) -> None:
    url = reverse("exposure:fingerprints")
    assert "in force" in page(client, url) and "Show what it would do" not in page(client, url)
    ciso = client_of(accounts.add_account(None, "ciso@exposure.example", "Cis", [(Role.CISO, "")]))
    assert "Show what it would do" in page(ciso, url)
    version = reverse("exposure:fingerprint_version", args=[2])
    assert "Computing every key" in page(ciso, version)
    run_jobs("exposure.fingerprints_preview")
    assert "Use version 2" in page(ciso, version)
    assert client.get(version).status_code == 403
    ciso.post(version)
    run_jobs("exposure.fingerprints")
    assert "Go on" not in page(ciso, url)
    assert set(Finding.objects.values_list("fingerprint", flat=True)) == {
        f for f in Finding.objects.values_list("fingerprint", flat=True) if ":2:" in f
    }


def test_the_history_tells_imports_and_people(
    client: Client, estate: User, nessus: Nessus, moment: Callable[[float], Any]
) -> None:
    row = Finding.objects.get(port=80)
    client.post(reverse("exposure:finding_work"), {"action": "claim", "note": "done", "findings": row.pk})
    Finding.objects.update(acted=moment(0.5))
    import_scan(estate, nessus({"web.shop.example": []}, end=moment(1), plugins=PLUGINS))
    shown = page(client, row.get_absolute_url())
    assert "the fix is verified" in shown and "found it" in shown and "claimed it" in shown
