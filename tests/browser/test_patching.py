"""A weakness enters CISA's catalogue: it is ranked anew, decided with two keys, planned, and proved fixed by a scan.

A scan that looked at the asset for something else proves nothing: what it did not look for is stale, not fixed.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

COMPUTED = 120_000
"""Milliseconds that a worker may take on a busy machine."""
SYSTEM = "SYS-VPN"


def api(page: Page, path: str) -> Any:
    answer = page.request.get(f"/api/{path}")
    assert answer.ok, f"{path}: {answer.status}"
    return answer.json()


def hand_in(page: Page, address: str, path: Path) -> None:
    page.goto(address)
    page.locator("input[type=file]").set_input_files(path)
    page.locator("main form button[type=submit]").first.click()


def sign(page: Page, role: str, password: str) -> None:
    page.get_by_role("link", name=re.compile(f"Sign .*{role}")).first.click()
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()


def nessus(path: Path, host: dict[str, str], plugins: list[str], when: datetime) -> Path:
    """A report that looked for these plugins on one host and saw nothing."""
    tags = "".join(f'<tag name="{name}">{value}</tag>' for name, value in host.items() if value and name != "name")
    path.write_text(
        '<?xml version="1.0" ?><NessusClientData_v2><Policy><policyName>Again</policyName><Preferences>'
        "<ServerPreferences><preference><name>plugin_set</name>"
        f"<value>{';'.join(plugins)}</value></preference></ServerPreferences></Preferences></Policy>"
        f'<Report name="Again"><ReportHost name="{host["name"]}"><HostProperties>{tags}'
        f'<tag name="Credentialed_Scan">true</tag><tag name="HOST_END_TIMESTAMP">{int(when.timestamp())}</tag>'
        "</HostProperties></ReportHost></Report></NessusClientData_v2>"
    )
    return path


def exposed(page: Page) -> dict[str, Any]:
    """An open finding of a Nessus plugin with a CVE that CISA does not list yet, on a host of the system."""
    rows = api(page, f"findings?system={SYSTEM}&state=open&known_exploited=no&limit=200")["items"]
    for row in rows:
        whole = api(page, f"findings/{row['id'] if 'id' in row else row['key'].removeprefix('F-')}")
        if str(whole["check"]).startswith("nessus:") and str(row["target"]).startswith("host:"):
            definition = api(page, f"definitions/{row['definition']}")
            cves = [name for name in definition["aliases"] if name.startswith("CVE-")]
            if cves and not definition["kev"]:
                return {**row, "check": whole["check"], "cve": cves[0]}
    pytest.fail("the sample company has no such finding")


def test_from_the_catalogue_to_the_proof(fresh_accord, sign_in, company, watch, tmp_path) -> None:
    ciso = sign_in("ciso")
    finding = exposed(ciso)
    address = f"/findings/{finding['key'].removeprefix('F-')}/"
    ciso.goto(address)
    before = finding["priority"]

    # An entry arrives in the catalogue: the finding is ranked anew and its clock starts.
    kev = json.loads(next((fresh_accord.home / "sample" / "feeds").glob("*kev*.json")).read_text())
    today = datetime.now(UTC).date()
    kev["vulnerabilities"].append(
        {
            "cveID": finding["cve"], "vendorProject": "Invented", "product": "Invented",
            "vulnerabilityName": "Invented",
            "dateAdded": today.isoformat(), "dueDate": (today + timedelta(days=21)).isoformat(),
            "requiredAction": "Apply updates.", "shortDescription": "Invented.",
            "knownRansomwareCampaignUse": "Unknown", "notes": "",
        }
    )  # fmt: skip
    kev["count"] = len(kev["vulnerabilities"])
    kev["dateReleased"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.0000Z")
    feed = tmp_path / "known_exploited_vulnerabilities.json"
    feed.write_text(json.dumps(kev))
    hand_in(ciso, "/feeds/update/", feed)
    expect(ciso.locator("main")).to_contain_text("Done", timeout=COMPUTED)
    after = api(ciso, f"findings/{finding['key'].removeprefix('F-')}")
    assert after["known_exploited"] is True
    assert after["priority"].split("/")[0] in ("triage", "3d", "14d")
    assert after["priority"] != before
    ciso.goto("/notices/")
    expect(ciso.locator("main")).to_contain_text(finding["cve"])
    if after["priority"].startswith("triage"):
        ciso.goto("/triage/")
        expect(ciso.locator("main")).to_contain_text(finding["definition"])

    # The owner in IT asks whether to patch or to wait, proposes a window and signs for the CIO; the CISO signs too.
    ciso.goto(address)
    ciso.locator("a[href^='/fixes/FX-']").first.click()
    key = ciso.url.rstrip("/").rpartition("/")[2]
    owner = sign_in("manager")
    owner.goto(f"/fixes/{key}/")
    owner.get_by_role("row", name="Remote access").get_by_role("link", name="Patch or wait").click()
    expect(owner.locator("#comparison")).to_contain_text("Expected cost", timeout=COMPUTED)
    for name, values in (("window_share", ("20%", "50%", "100%")), ("fails", ("1%", "3%", "8%"))):
        for end, value in zip(("low", "mid", "high"), values, strict=True):
            owner.locator(f"input[name={name}_{end}]").fill(value)
    owner.get_by_role("button", name="Compute the options").click()
    owner.wait_for_url(re.compile("/sheets/SHEET-"))
    sheet = owner.url
    expect(owner.get_by_role("heading", name="Options side by side")).to_be_visible(timeout=COMPUTED)
    owner.locator("input[name=chosen][value=window]").check()
    owner.get_by_role("button", name="Propose").click()
    sign(owner, "CIO", company.logins["manager"][1])
    expect(owner.locator(".key-cio")).to_contain_text("Tomas Grevenik")
    ciso.goto(sheet)
    sign(ciso, "CISO", company.logins["ciso"][1])
    expect(ciso.locator(".subtitle")).to_contain_text("in force since")

    # The patch plan shows it in its window, with the sheet.
    ciso.goto("/patch-plans/new/")
    ciso.locator("main form button[type=submit]").first.click()
    ciso.get_by_role("link", name="See the result").click(timeout=COMPUTED)
    ciso.wait_for_url(re.compile(r"/patch-plans/\d+/$"))
    expect(ciso.locator("main")).to_contain_text(sheet.rstrip("/").rpartition("/")[2])

    # A scan that looks at the host for something else leaves it open and stale; one that looks for it proves the fix.
    asset = api(ciso, f"assets/{finding['asset_key']}")
    host = {
        "name": finding["target"].removeprefix("host:"), "host-fqdn": finding["target"].removeprefix("host:"),
        "host-ip": next(iter(asset["addresses"]), ""),
    }  # fmt: skip
    now = datetime.now(UTC)
    analyst = sign_in("analyst")
    other = nessus(tmp_path / "other.nessus", host, ["19506"], now - timedelta(minutes=2))
    hand_in(analyst, "/scans/import/", other)
    expect(analyst.locator(".badge", has_text="Landed")).to_be_visible(timeout=COMPUTED)
    analyst.goto(address)
    expect(analyst.locator("main")).to_contain_text("Stale.")
    assert api(analyst, address.strip("/"))["state"] == "open"
    plugin = finding["check"].partition(":")[2]
    same = nessus(tmp_path / "same.nessus", host, ["19506", plugin], now - timedelta(minutes=1))
    hand_in(analyst, "/scans/import/", same)
    expect(analyst.locator(".badge", has_text="Landed")).to_be_visible(timeout=COMPUTED)
    closed = api(analyst, address.strip("/"))
    assert closed["state"] == "closed", closed["state"]
    analyst.goto(address)
    expect(analyst.locator("main")).to_contain_text("Closed")
