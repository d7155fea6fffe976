"""Logs come in, an analyst judges alerts by keyboard and adds an exception, and the CISO reads the watch on a phone."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browsing import Server

COMPUTED = 180_000
"""Milliseconds that a worker or the pump may take on a busy machine."""
STRANGER = "192.0.2.240"
BACKUP = {"TargetUserName": "svc-backup"}
NOTE = "The spraying from 192.0.2.240 is blocked at the edge. Watch for its neighbours."
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WAITING = "/alerts/?state=new&state=open"


def api(page: Page, path: str) -> Any:
    answer = page.request.get(f"/api/{path}")
    assert answer.ok, f"{path}: {answer.status}"
    return answer.json()


@pytest.fixture
def picture(tmp_path: Path) -> Iterator[Callable[[Page, str], None]]:
    """Keeps a picture of a step in the folder that ACCORD_UI_PICTURES names, where it does."""
    folder = Path(os.environ["ACCORD_UI_PICTURES"]) if os.environ.get("ACCORD_UI_PICTURES") else None

    def taken(page: Page, name: str) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=folder / f"{name}.png", full_page=True)

    yield taken


def token_of(page: Page, name: str) -> str:
    """A new token of the HTTP collector of a source."""
    page.goto("/sources/")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("button", name=re.compile("token", re.IGNORECASE)).click()
    confirm = page.locator("dialog[open] [data-confirm-ok]")
    if confirm.count():
        confirm.click()
    shown = page.locator("section", has=page.get_by_role("heading", name="Its token")).locator("pre")
    return shown.inner_text().strip()


def send(url: str, token: str, records: list[dict[str, Any]]) -> None:
    """Hand records to the HTTP collector, as a log sender does."""
    body = "\n".join(map(json.dumps, records)).encode()
    wanted = urllib.request.Request(f"{url}/collect/", body, {"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(wanted, timeout=60) as answer:
        assert answer.status == 200


def sign_ins(now: datetime) -> list[dict[str, Any]]:
    """Sixteen accounts whose password one address got wrong."""
    return [
        {
            "TimeGenerated": (now - timedelta(seconds=20 * (16 - number))).isoformat(), "Type": "SigninLogs",
            "UserPrincipalName": f"invented{number:02d}@veldrana.example", "IPAddress": STRANGER, "ResultType": "50126",
            "Location": "ZZ", "IsInteractive": True,
        }
        for number in range(16)
    ]  # fmt: skip


def logons(computer: str, address: str, now: datetime) -> list[dict[str, Any]]:
    """The backup service with its old password again."""
    return [
        {
            "TimeCreated": (now - timedelta(seconds=5 * (14 - number))).isoformat(), "EventID": 4625,
            "Channel": "Security", "Provider_Name": "Microsoft-Windows-Security-Auditing", "Computer": computer,
            "IpAddress": address, "LogonType": "3", **BACKUP,
        }
        for number in range(14)
    ]  # fmt: skip


def until(found: Callable[[], Any], what: str) -> Any:
    """What is found within COMPUTED."""
    end = time.monotonic() + COMPUTED / 1000
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(1)
    pytest.fail(f"not within {COMPUTED / 1000:.0f} s: {what}")


def judge_by_keyboard(page: Page, keys: list[str], picture: Callable[[Page, str], None]) -> list[str]:
    """Open the first alert of the queue, then take and judge; each verdict leads to the suggested next one."""
    page.goto(WAITING)
    expect(page.locator("#list-region tbody tr").first).to_be_visible()
    picture(page, "1-queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/alerts/A-\d+/"))
    judged = []
    for number, key in enumerate(keys):
        alert = re.search(r"/alerts/(A-\d+)/", page.url)
        assert alert is not None
        judged.append(alert[1])
        if not number:
            picture(page, "2-triage")
        page.keyboard.press("t")
        expect(page.locator(".triage-bar")).to_contain_text("Owner: Iselin Brakke")
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf"^(?!.*/alerts/{alert[1]}/).*$"))
    return judged


def add_exception(page: Page, alert: str, picture: Callable[[Page, str], None]) -> str:
    """From the alert by x: its replay is looked at, then it is put in force."""
    page.goto(f"/alerts/{alert}/")
    page.keyboard.press("x")
    page.wait_for_url(re.compile(r"/exceptions/new/"))
    expect(page.locator(f"input[value={BACKUP['TargetUserName']}]").first).to_be_visible()
    page.get_by_role("button", name=re.compile("Replay the last")).click()
    expect(page.get_by_role("heading", name="Put it in force")).to_be_visible(timeout=COMPUTED)
    false = page.get_by_role("row", name=re.compile("Judged false"))
    assert int(false.locator("td").first.inner_text()) >= 5
    true = page.get_by_role("row", name=re.compile("Judged true"))
    assert int(true.locator("td").first.inner_text()) == 0
    picture(page, "3-replay")
    page.locator("input[name=title]").fill("Backup service with its old password")
    page.locator("input[name=expires]").fill((datetime.now(UTC) + timedelta(days=14)).date().isoformat())
    page.locator("textarea[name=reason]").fill("Known; the service is moved to a managed account by then.")
    page.get_by_role("button", name="Save the exception").click()
    page.wait_for_url(re.compile(r"/exceptions/E-\d+/$"))
    picture(page, "4-exception")
    return page.url.rstrip("/").rpartition("/")[2]


def test_from_the_logs_to_the_phone(
    fresh_accord: Server, sign_in: Callable[..., Page], picture: Callable[[Page, str], None]
) -> None:
    analyst = sign_in("analyst")
    now = datetime.now(UTC)

    # A sender hands in what happened a moment ago; the rules find it.
    send(fresh_accord.url, token_of(analyst, "Microsoft Entra"), sign_ins(now))
    find = f"alerts?entity={STRANGER}"
    sprayed = until(lambda: api(analyst, find)["items"], "an alert of password spraying")
    assert sprayed[0]["level"] == "high" and sprayed[0]["state"] == "new"

    # Five alerts by keyboard: take, then a verdict, which leads to the next.
    judged = judge_by_keyboard(analyst, ["1", "3", "1", "2", "1"], picture)
    assert len(set(judged)) == 5
    verdicts = [api(analyst, f"alerts/{key}")["verdict"] for key in judged]
    assert verdicts == ["true", "benign", "true", "false", "true"]

    # An exception for what comes every morning, after its replay; then the same again makes no alert.
    mornings = api(analyst, "alerts?entity=svc-backup&state=new&limit=50")["items"]
    assert mornings, "the backup service has no open alert"
    exception = add_exception(analyst, mornings[0]["key"], picture)
    computer, address = host_of(analyst, mornings[0]["key"])
    token = token_of(analyst, "Domain controllers")
    send(fresh_accord.url, token, logons(computer, address, datetime.now(UTC)))
    until(lambda: any(row["dropped"] for row in api(analyst, "exceptions")["items"]), "hits that are kept out")

    # The watch is composed anew, with a note to the next shift, and shows all of it.
    analyst.goto("/daily-watch/")
    analyst.locator("textarea[name=text]").fill(NOTE)
    analyst.get_by_role("button", name="Leave the note").click()
    expect(analyst.locator("main")).to_contain_text(NOTE)
    analyst.get_by_role("button", name="Compose anew").click()
    expect(analyst.locator("main")).to_contain_text(f"Exception {exception}")
    picture(analyst, "5-watch")
    watch = api(analyst, "daily-watches/newest")
    figures = {fact["key"]: fact["value"] for part in watch["sections"] for fact in part["statements"]}
    assert figures["watch.verdict.true"] >= 3 and figures["watch.exceptions_new"] == 1
    assert figures["watch.excepted"] >= 1 and figures["watch.silent"] >= 1

    # The CISO reads it on a phone, without scrolling sideways, and follows a figure to its rows.
    ciso = sign_in("ciso", **PHONE)
    ciso.goto("/")
    ciso.get_by_role("link", name="All: Monitoring").click()
    ciso.wait_for_url("**/daily-watch/")
    main = ciso.locator("main")
    for said in ("In plain words", NOTE, f"Exception {exception}", "Okta, customers and carriers"):
        expect(main).to_contain_text(said)
    assert ciso.evaluate("document.documentElement.scrollWidth") <= 390
    picture(ciso, "6-phone")
    ciso.locator(".statement", has_text="Alerts that wait").click()
    ciso.wait_for_url(re.compile(r"/alerts/\?state=new"))
    waiting = len(api(ciso, "alerts?state=new&state=open&limit=200")["items"])
    assert waiting == figures["watch.waiting"]


def host_of(page: Page, alert: str) -> tuple[str, str]:
    """The computer and the address of an alert."""
    told = api(page, f"alerts/{alert}")
    group = re.search(r"IpAddress (\S+?),", told["entity"])
    assert group is not None, told["entity"]
    return str(told["host"]), group[1]
