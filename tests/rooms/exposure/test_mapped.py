"""Files of no known format: mapped by hand, kept, recognized, imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from typer.testing import CliRunner

from accord.core import accounts, jobs, ledger
from accord.core.models import Job, StoredFile, User
from accord.core.roles import Role
from accord.exposure.models import Finding, ImportMapping, Scan
from accord.site.command_line import app, application

pytestmark = pytest.mark.django_db(transaction=True)
application()
CSV = """Server,Vulnerability,CVE,Rating,Version
db-1.invented.example,Old database,CVE-2026-9,Urgent,11.2
db-2.invented.example,Old database,CVE-2026-9,Urgent,11.4
,No server,CVE-2026-9,Urgent,11.4
"""
COLUMNS = {
    "scanner": "Invented Auditor", "target_kind": "host", "separator": ",", "severities": "urgent = critical",
    "field_title": "vulnerability", "field_id": "cve", "field_severity": "rating", "field_hostname": "server",
    "field_component_version": "version",
}  # fmt: skip


@pytest.fixture
def http(analyst: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(analyst)
    return client


def hand_in(http: Client, text: str = CSV, name: str = "audit.csv") -> str:
    given = SimpleUploadedFile(name, text.encode())
    return str(http.post("/scans/import/", {"uploads": given}).headers["location"])


def land() -> None:
    for job in Job.objects.filter(state="queued"):
        jobs.run_in_worker.call(str(job.pk))


def test_a_file_is_mapped_kept_and_imported(http: Client) -> None:
    address = hand_in(http)
    assert address.startswith("/scans/map/")
    page = http.get(address).content.decode()
    assert "vulnerability (Old database)" in page
    shown = http.post(address, {**COLUMNS, "look": "1"}).content.decode()
    assert "Critical" in shown
    assert "Rows that cannot be read" in shown
    assert not Scan.objects.exists()
    done = http.post(address, {**COLUMNS, "name": "Auditor", "import": "1"})
    scan = Scan.objects.get()
    assert done.headers["location"] == f"/scans/{scan.pk}/"
    land()
    scan.refresh_from_db()
    assert (scan.state, scan.scanner, scan.added, scan.name) == ("landed", "Invented Auditor", 2, "audit.csv")
    assert {f.definition.identifier for f in Finding.objects.all()} == {"CVE-2026-9"}
    assert {f.severity_name for f in Finding.objects.all()} == {"critical"}
    assert StoredFile.objects.filter(name="audit.csv").exists(), "the file is kept as it came"
    assert ledger.history("mapping", "Auditor")


def test_a_file_with_the_same_columns_is_recognized(http: Client) -> None:
    http.post(hand_in(http), {**COLUMNS, "name": "Auditor", "import": "1"})
    other = hand_in(http, CSV.replace("db-", "web-"), "later.csv")
    page = http.get(other).content.decode()
    assert "Auditor" in page
    assert "Invented Auditor" in page
    assert "urgent = critical" in page


def test_what_is_wrong_stands_at_its_field(http: Client) -> None:
    address = hand_in(http)
    answer = http.post(address, {**COLUMNS, "field_hostname": "", "import": "1"})
    assert answer.status_code == 422
    assert "No column says on what it was found." in answer.content.decode()
    assert http.post(address, {**COLUMNS, "severities": "urgent"}).status_code == 422
    assert http.post(address, {**COLUMNS, "severities": "urgent = purple"}).status_code == 422
    assert not Scan.objects.exists()


def test_nobody_else_maps_somebodys_file(http: Client) -> None:
    address = hand_in(http)
    other = accounts.add_account(None, "other@b.example", "Other", [(Role.ANALYST, "")])
    stranger = Client(headers={"host": "localhost"})
    stranger.force_login(other)
    assert stranger.get(address).status_code == 404
    assert http.get(address[:-3] + "x/").status_code == 404


def test_several_files_and_what_is_no_table(http: Client) -> None:
    files = [SimpleUploadedFile("a.csv", CSV.encode()), SimpleUploadedFile("b.csv", CSV.encode() + b"x,y,z,low,1\n")]
    page = http.post("/scans/import/", {"uploads": files}).content.decode()
    assert page.count("/scans/map/") == 2
    location = hand_in(http, "just words", "notes.txt")
    assert location.startswith("/scans/") and "map" not in location, "it is refused with its reason"


def test_a_mapping_is_listed_and_forgotten(http: Client) -> None:
    http.post(hand_in(http), {**COLUMNS, "name": "Auditor", "import": "1"})
    held = ImportMapping.objects.get()
    assert "Invented Auditor" in http.get("/scans/mappings/").content.decode()
    assert "rating" in http.get(f"/scans/mappings/{held.pk}/").content.decode()
    http.post(f"/scans/mappings/{held.pk}/remove/")
    assert not ImportMapping.objects.exists()
    assert Scan.objects.exists()


def test_the_command_line_maps_by_name_by_file_and_by_columns(http: Client, tmp_path: Path) -> None:
    http.post(hand_in(http), {**COLUMNS, "name": "Auditor", "import": "1"})
    land()
    path = tmp_path / "later.csv"
    path.write_text(CSV.replace("db-", "web-"))

    def run(*arguments: str) -> dict[str, object]:
        done = CliRunner().invoke(app, ["import", str(path), "--json", *arguments])
        found: dict[str, object] = json.loads(done.stdout)
        return found

    by_name = run("--mapping", "Auditor")
    assert by_name["ok"], by_name
    assert by_name["scans"][0]["counts"]["added"] == 2  # type: ignore[index]
    assert by_name["scans"][0]["rows_refused"] == 1  # type: ignore[index]
    held = tmp_path / "mapping.json"
    held.write_text(json.dumps(ImportMapping.objects.get().content))
    path.write_text(CSV.replace("db-", "app-"))
    assert run("--mapping", str(held))["scans"][0]["counts"]["added"] == 2  # type: ignore[index]
    assert not run("--mapping", "nothing")["ok"]
