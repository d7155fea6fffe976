"""The pages and the API of this room: what they show, to whom, with how many queries."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accord.core import accounts, jobs
from accord.core.models import Job, User
from accord.core.roles import Role
from accord.exposure import services
from accord.exposure.models import Definition, Finding, Scan, Target
from accord.exposure.services import import_scan
from accord.ui import format as write

Nessus = Callable[..., Path]
WEB, PAY, STRANGER = "web.shop.example", "pay.example", "stranger.example"
MOST, ONE_OBJECT = 15, 25


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


@pytest.fixture
def ciso(estate: User) -> Client:
    return client_of(accounts.add_account(None, "ciso@exposure.example", "C", [(Role.CISO, "")]))


@pytest.fixture
def head(estate: User) -> Client:
    return client_of(accounts.add_account(None, "head@exposure.example", "H", [(Role.HEAD, "U-H")]))


@pytest.fixture
def landed(estate: User, nessus: Nessus, tmp_path: Path) -> User:
    """Findings on the shop, the payroll and a stranger; CVE-2024-0001 is exploited."""
    catalogue = {"catalogVersion": "1", "dateReleased": "2026-05-01T00:00:00Z", "count": 1}
    catalogue["vulnerabilities"] = [{"cveID": "CVE-2024-0001", "dateAdded": "2026-04-01"}]  # type: ignore[assignment]
    path = tmp_path / "kev.json"
    path.write_text(json.dumps(catalogue))
    services.update_feeds(estate, kev_path=path)
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    hosts = {WEB: [(1, 443, 4), (2, 443, 1), (3, 0, 0)], PAY: [(1, 443, 4)], STRANGER: [(2, 80, 1)]}
    import_scan(estate, nessus(hosts, cves={1: ["CVE-2024-0001"]}, vectors={1: vector}, plugins=[1, 2, 3]))
    return estate


def listed(client: Client, query: str = "") -> list[tuple[str, str]]:
    """(definition, target) of each row of the list, through the API."""
    answer = client.get(f"/api/findings?{query}")
    assert answer.status_code == 200, answer.content
    assert client.get(f"/findings/?{query}").status_code == 200
    found = [(row["definition"], row["target"]) for row in answer.json()["items"]]
    return [(definition.removeprefix("nessus:"), target.removeprefix("host:")) for definition, target in found]


def test_the_most_urgent_first(ciso: Client, landed: User) -> None:
    assert listed(ciso) == [("1", WEB), ("1", PAY), ("2", WEB), ("2", STRANGER), ("3", WEB)]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("state=open&priority=triage", [("1", WEB), ("1", PAY)]),
        ("priority=triage&priority=none", [("1", WEB), ("1", PAY), ("3", WEB)]),
        ("priority=14d", []),
        ("severity=critical", [("1", WEB), ("1", PAY)]),
        ("severity=low&severity=info", [("2", WEB), ("2", STRANGER), ("3", WEB)]),
        ("severity=unknown", []),
        ("known_exploited=yes", [("1", WEB), ("1", PAY)]),
        ("known_exploited=unknown", []),
        ("reach=internal", [("1", PAY)]),
        ("reach=unknown", [("2", STRANGER)]),
        ("system=S-PAY", [("1", PAY)]),
        ("unit=U-S&severity=low", [("2", WEB)]),
        ("unit=U", [("1", WEB), ("1", PAY), ("2", WEB), ("3", WEB)]),
        ("asset=A-WEB&severity=low", [("2", WEB)]),
        ("definition=nessus:2", [("2", WEB), ("2", STRANGER)]),
        ("definition=cve-2024-0001", [("1", WEB), ("1", PAY)]),
        ("search=CVE-2024", [("1", WEB), ("1", PAY)]),
        ("search=Payroll+server", [("1", PAY)]),
        ("search=A-PAY", [("1", PAY)]),
        ("search=nothing", []),
        ("search=scan:999", []),
        ("state=closed", []),
    ],
)
def test_filters(ciso: Client, landed: User, query: str, rows: list[tuple[str, str]]) -> None:
    assert listed(ciso, query) == rows


def test_a_large_system_is_met_on_the_way_through_the_order(
    ciso: Client, landed: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.exposure.selectors import narrow

    small = listed(ciso, "system=S-SHOP"), listed(ciso, "unit=U-S")
    monkeypatch.setattr(narrow, "MANY", 0)
    assert (listed(ciso, "system=S-SHOP"), listed(ciso, "unit=U-S")) == small


def test_findings_of_a_scan_and_of_a_target(ciso: Client, landed: User) -> None:
    assert len(listed(ciso, f"search=scan:{Scan.objects.get().pk}")) == 5
    assert listed(ciso, f"search=target:{Target.objects.get(name=STRANGER).pk}") == [("2", STRANGER)]


@pytest.mark.parametrize("wrong", ["priority=soon", "severity=grave", "state=broken", "sort=secret", "frobnicate=1"])
def test_wrong_parameters_are_refused(ciso: Client, landed: User, wrong: str) -> None:
    assert ciso.get(f"/api/findings?{wrong}").status_code == 422
    assert ciso.get(f"/findings/?{wrong}").status_code == 200


def test_a_department_head_sees_what_their_units_use(head: Client, landed: User) -> None:
    assert listed(head) == [("1", PAY)]
    mine, other = Finding.objects.get(asset__key="A-PAY"), Finding.objects.filter(asset__key="A-WEB").first()
    assert other is not None
    for prefix in ("", "/api"):
        end = "" if prefix else "/"
        assert head.get(f"{prefix}/findings/{mine.pk}{end}").status_code == 200
        assert head.get(f"{prefix}/findings/{other.pk}{end}").status_code == 404
    page = head.get("/definitions/nessus:1/").content.decode()
    assert "Payroll server" in page and ">Web<" not in page
    assert head.get("/unclaimed/").status_code == 403


def test_a_finding_leads_only_to_pages_that_its_reader_may_open(head: Client, ciso: Client, landed: User) -> None:
    finding = Finding.objects.get(asset__key="A-PAY")
    for reader, sees in ((ciso, True), (head, False)):
        page = reader.get(finding.get_absolute_url()).content.decode()
        assert (finding.last_scan.get_absolute_url() in page) is sees
        assert str(finding.last_scan) in page
        for address in set(re.findall(r'href="(/(?:scans|fixes)/[^"?#]+)"', page)):
            assert reader.get(address).status_code == 200, address


def test_the_page_of_a_finding_says_why(ciso: Client, landed: User) -> None:
    finding = Finding.objects.get(asset__key="A-WEB", definition__identifier="nessus:1")
    page = ciso.get(finding.get_absolute_url()).content.decode()
    kev = f"CISA KEV of {write.date('2026-05-01')}"
    for words in ("3 days and forensic triage", "CISA BOD 26-04", kev, "never loaded", "Sell",
                  "Share on the asset", "18", "nessus:1"):  # fmt: skip
        assert words in page, words
    told = ciso.get(f"/api/findings/{finding.pk}").json()
    assert told["verdict"]["worst"] == "triage" and told["verdict"]["settled"] is True
    assert told["goal_weight"] == pytest.approx(0.18)
    facts = {reason["fact"]: reason["value"] for reason in told["verdict"]["reasons"]}
    assert facts == {
        "known_exploited": True, "exposed": True, "automatable": None, "total_impact": True, "epss": None,
        "goal_weight": pytest.approx(0.18), "score": pytest.approx(9.8), "price": None,
    }  # fmt: skip
    stranger = Finding.objects.get(asset=None)
    page = ciso.get(stranger.get_absolute_url()).content.decode()
    assert "What would change it" in page and "Nobody has claimed it" in page


PAGES = [
    "/findings/", "/definitions/", "/scans/", "/unclaimed/", "/unclaimed/?state=ignored", "/feeds/", "/scans/import/",
    "/feeds/update/", "/findings/?state=open&system=S-SHOP&unit=U&severity=critical&search=CVE",
]  # fmt: skip


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(address)
        number = len(seen)
    assert answer.status_code == 200, address
    return number


def test_queries_do_not_grow_with_the_rows(ciso: Client, landed: User, nessus: Nessus, moment: Any) -> None:
    finding, scan = Finding.objects.filter(asset__key="A-WEB").first(), Scan.objects.get()
    assert finding is not None
    single = [finding.get_absolute_url(), scan.get_absolute_url(), "/definitions/nessus:2/",
              Target.objects.get(name=STRANGER).get_absolute_url(), "/api/posture", "/api/findings", "/"]  # fmt: skip
    before = {address: queries(ciso, address) for address in (*PAGES, *single)}
    hosts = {f"h{n}.example": [(p, 443, 3) for p in range(30)] for n in range(40)}
    hosts[WEB] = [(p, 443, 3) for p in range(60)]
    import_scan(landed, nessus(hosts, end=moment(1)))
    after = {address: queries(ciso, address) for address in (*PAGES, *single)}
    assert {a: (n, after[a]) for a, n in before.items() if after[a] > n} == {}
    assert {a: n for a, n in after.items() if n > (ONE_OBJECT if a in single else MOST)} == {}


def test_a_department_head_asks_no_more(head: Client, landed: User) -> None:
    for query in ("", "asset=A-PAY", "system=S-PAY&severity=critical", "definition=nessus:1&known_exploited=yes"):
        assert queries(head, f"/findings/?{query}") <= MOST, query


def test_upload_of_several_files(ciso: Client, estate: User, conftest: Any) -> None:
    good = conftest.nessus_bytes({WEB: [(1, 443, 4)]})
    image = conftest.trivy_bytes("registry.example/app:1", [("CVE-2024-0001", "curl", "HIGH")])
    contents = {"a.nessus": good, "../../b.json": image, "c": b"x"}
    answer = ciso.post("/scans/import/", {"uploads": [SimpleUploadedFile(n, c) for n, c in contents.items()]})
    assert (answer.status_code, answer["Location"]) == (302, "/scans/")
    for job in Job.objects.filter(kind="exposure.import"):
        jobs._execute(job.pk)
    states = dict(Scan.objects.values_list("name", "state"))
    assert states == {"a.nessus": "landed", "b.json": "landed", "c": "refused"}
    refused = Scan.objects.get(name="c")
    page = ciso.get(refused.get_absolute_url()).content.decode()
    assert "Why it was refused" in page and "Try again" in page
    again = ciso.post("/scans/import/", {"uploads": [SimpleUploadedFile("again.nessus", good)]}, follow=True)
    assert b"the same file adds nothing" in again.content
    assert Scan.objects.count() == 3
    assert ciso.post(f"/scans/{refused.pk}/resume/").status_code == 302
    assert Job.objects.filter(kind="exposure.import").count() == 4
    assert ciso.get(f"/scans/{refused.pk}/progress/").status_code == 200
    assert ciso.post("/scans/import/", {}).status_code == 422


def test_upload_of_an_archive_takes_the_reports_in_it(ciso: Client, estate: User, conftest: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("north/a.nessus", conftest.nessus_bytes({WEB: [(1, 443, 4)]}))
        image = conftest.trivy_bytes("registry.example/app:1", [("CVE-2024-0001", "curl", "HIGH")])
        archive.writestr("../../south/b.json", image)
    answer = ciso.post("/scans/import/", {"uploads": [SimpleUploadedFile("all.zip", packed.getvalue())]})
    assert (answer.status_code, answer["Location"]) == (302, "/scans/")
    assert sorted(Scan.objects.values_list("name", flat=True)) == ["a.nessus", "b.json"]


def test_decisions_on_targets(ciso: Client, landed: User) -> None:
    stranger = Target.objects.get(name=STRANGER)
    page = ciso.get("/unclaimed/").content.decode()
    assert STRANGER in page and f'value="{stranger.pk}" form="targets-form"' in page
    bad = ciso.post("/unclaimed/decide/", {"action": "ignore", "targets": [stranger.pk], "reason": ""}, follow=True)
    assert b"Say why nobody needs to look at it" in bad.content
    assert b"Choose at least one" in ciso.post("/unclaimed/decide/", {"action": "new"}, follow=True).content
    ciso.post("/unclaimed/decide/", {"action": "ignore", "targets": [stranger.pk], "reason": "a toaster"})
    assert "a toaster" in ciso.get(stranger.get_absolute_url()).content.decode()
    assert STRANGER in ciso.get("/unclaimed/?state=ignored").content.decode()
    ciso.post("/unclaimed/decide/", {"action": "restore", "targets": [stranger.pk]})
    done = ciso.post("/unclaimed/decide/", {"action": "new", "targets": [stranger.pk]}, follow=True)
    assert b"1 asset made" in done.content
    assert Finding.objects.get(target=stranger).asset.key == STRANGER  # type: ignore[union-attr]
    away = ciso.post(
        "/unclaimed/decide/", {"action": "restore", "targets": [stranger.pk], "next": "https://evil.example/"}
    )
    assert away["Location"] == "/unclaimed/"


def test_writes_on_the_api(ciso: Client, landed: User, conftest: Any) -> None:
    user = User.objects.get(email="ciso@exposure.example")
    _, token = accounts.add_token(user, "script")
    bare, bearer = Client(), {"Authorization": f"Bearer {token}"}
    stranger = Target.objects.get(name=STRANGER)
    assert bare.get("/api/unclaimed").status_code == 401
    assert [row["id"] for row in bare.get("/api/unclaimed", headers=bearer).json()["items"]] == [stranger.pk]

    def post(path: str, body: Any, **more: str) -> Any:
        return bare.post(f"/api/{path}", json.dumps(body), content_type="application/json", headers={**bearer, **more})

    assert post("unclaimed/claim", {"targets": [stranger.pk], "asset": "NONE"}).status_code == 422
    first = post("unclaimed/claim", {"targets": [stranger.pk], "asset": "A-DB"}, **{"Idempotency-Key": "k1"})
    assert first.json()["items"][0]["asset"] == "A-DB"
    again = post("unclaimed/claim", {"targets": [stranger.pk], "asset": "A-DB"}, **{"Idempotency-Key": "k1"})
    assert again.json() == first.json()
    assert post("unclaimed/claim", {"targets": [stranger.pk], "asset": "A-DB"}).status_code == 422
    report = conftest.trivy_bytes("registry.example/app:2", [("CVE-2024-0009", "curl", "HIGH")])
    for turn in range(2):
        told = bare.post("/api/scans", {"file": SimpleUploadedFile("t.json", report)}, headers=bearer).json()
        assert told["new"] is (turn == 0)
    jobs._execute(told["job"])
    scan = bare.get(f"/api/scans/{told['scan']}", headers=bearer).json()
    assert (scan["state"], scan["added"], scan["problems"]) == ("landed", 1, [])
    definition = bare.get("/api/definitions/CVE-2024-0009", headers=bearer).json()
    assert definition["open_findings"] == 1 and definition["known_exploited"] is False
    assert post("feeds/update", {}).json()["job"]


def test_the_csv_of_the_list(ciso: Client, landed: User) -> None:
    lines = b"".join(ciso.get("/findings/?format=csv&state=open").streaming_content).decode().splitlines()  # type: ignore[arg-type]
    assert len(lines) == 6 and lines[0].startswith("title,priority,price,asset")


def test_the_palette_finds(ciso: Client, landed: User) -> None:
    finding = Finding.objects.first()
    assert finding is not None
    for text, href in (
        ("cve-2024", Definition.objects.get(identifier="nessus:1").get_absolute_url()),
        (finding.key, finding.get_absolute_url()),
        ("stranger", Target.objects.get(name=STRANGER).get_absolute_url()),
        ("upload", "/scans/import/"),
    ):
        groups = ciso.get("/ui/palette/", {"q": text}).json()["groups"]
        assert href in [item["href"] for group in groups for item in group["items"]], text


def test_feeds_page_names_age_and_runs(ciso: Client, landed: User, tmp_path: Path) -> None:
    page = ciso.get("/feeds/").content.decode()
    assert "Age of CISA KEV" in page and "Never loaded" in page
    scores = SimpleUploadedFile("epss.csv", b"cve,epss,percentile\nCVE-2024-0001,0.25,0.9\n")
    answer = ciso.post("/feeds/update/", {"uploads": [scores]}, follow=True)
    assert b"Load feeds" in answer.content
    job = Job.objects.get(kind="exposure.feeds")
    jobs._execute(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error
    assert set(Finding.objects.filter(definition__identifier="nessus:1").values_list("epss", flat=True)) == {0.25}
    assert ciso.get(f"/feeds/jobs/{job.pk}/").status_code == 200
