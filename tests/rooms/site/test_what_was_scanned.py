"""Reports that do not name what was scanned: two projects' `pip.json`, told apart by what one says they are about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from typer.testing import CliRunner, Result

from accord.core import accounts, jobs
from accord.core.roles import Role
from accord.exposure.models import Finding, Scan
from accord.intake import archive
from accord.site.command_line import app, application

pytestmark = pytest.mark.django_db(transaction=True)
application()


def report(*packages: str, sound: str = "") -> bytes:
    """What pip-audit writes where each of these packages has a weakness, and `sound` has none."""
    rows = [
        {"id": f"PYSEC-2026-{len(name)}", "fix_versions": ["2.0"], "aliases": [], "description": "A weakness"}
        for name in packages
    ]
    listed = [{"name": name, "version": "1.0", "vulns": [row]} for name, row in zip(packages, rows, strict=True)]
    if sound:
        listed.append({"name": sound, "version": "2.0", "vulns": []})
    return json.dumps({"dependencies": listed, "fixes": []}).encode()


def take(folder: Path, content: bytes, *more: str) -> Result:
    folder.mkdir(exist_ok=True)
    path = folder / "pip.json"
    path.write_bytes(content)
    return CliRunner().invoke(app, ["import", str(path), *more])


def states() -> dict[tuple[str, str], str]:
    return {(row.target.name, row.component): row.state for row in Finding.objects.select_related("target")}


def test_two_projects_do_not_close_each_others_findings(tmp_path: Path) -> None:
    assert take(tmp_path / "shop", report("flask", "jinja"), "--target", "team/shop").exit_code == 0
    assert take(tmp_path / "backend", report("django", sound="flask"), "--target", "backend").exit_code == 0
    assert set(states().values()) == {"open"} and len(states()) == 3
    (tmp_path / "shop" / "pip.json").unlink()
    assert take(tmp_path / "shop", report("flask", sound="jinja"), "--target", "team/shop").exit_code == 0
    closed = [component for (_, component), state in states().items() if state == "closed"]
    assert closed == ["jinja"]
    assert set(Scan.objects.values_list("name", flat=True)) == {"team › shop.json", "backend.json"}


def test_one_report_is_about_one_target(tmp_path: Path) -> None:
    take(tmp_path / "a", report("flask"))
    (tmp_path / "b.json").write_bytes(report("django"))
    done = CliRunner().invoke(app, ["import", str(tmp_path / "a"), "--target", "shop"])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["import", str(tmp_path), "--target", "shop"])
    assert done.exit_code == 1 and "Give one report with it." in done.output


def test_the_page_and_the_api_take_what_was_scanned() -> None:
    user = accounts.add_account(None, "ciso@scanned.example", "C", [(Role.CISO, "")])
    client = Client()
    client.force_login(user)
    given = {"uploads": [SimpleUploadedFile("pip.json", report("flask"))], "target": "shop"}
    assert client.post("/scans/import/", given).status_code == 302
    two = [SimpleUploadedFile(name, report(name)) for name in ("one.json", "two.json")]
    refused = client.post("/scans/import/", {"uploads": two, "target": "shop"})
    assert refused.status_code == 422 and "Hand in one report with it." in refused.content.decode()
    _, token = accounts.add_token(user, "script")
    told = Client().post(
        "/api/scans", {"file": SimpleUploadedFile("pip.json", report("django")), "target": "backend"},
        headers={"Authorization": f"Bearer {token}"},
    ).json()  # fmt: skip
    for scan in Scan.objects.all():
        jobs._execute(str(scan.job))
    assert told["new"] and {scan.name for scan in Scan.objects.all()} == {"shop.json", "backend.json"}
    assert set(states().values()) == {"open"}


@pytest.mark.parametrize(
    ("target", "name", "called"),
    [("shop", "pip.json", "shop.json"), (" a/b\\c ", "x/y.JSON", "a › b › c.JSON"), ("shop", "report", "shop")],
)
def test_what_a_report_is_called(target: str, name: str, called: str) -> None:
    assert archive.about(target, name) == called
