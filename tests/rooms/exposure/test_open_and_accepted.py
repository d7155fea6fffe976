"""What is accepted leaves the queue of work, and every count agrees with the list to which it leads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accord.briefing.parts import Home
from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.exposure import services
from accord.exposure.models import Definition, Finding, Target
from accord.exposure.services import import_scan
from accord.exposure.services.lifecycle import Wish, accept, act

Nessus = Callable[..., Path]
WEB, DB, PAY, STRANGER = "web.shop.example", "db.shop.example", "pay.example", "stranger.example"
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.fixture
def findings(estate: User, nessus: Nessus, tmp_path: Path) -> User:
    """Ten findings: one accepted, one worked on, one claimed, one false positive, six untouched; plugin 1 is in KEV."""
    catalogue = {
        "catalogVersion": "1", "dateReleased": "2026-05-01T00:00:00Z", "count": 1,
        "vulnerabilities": [{"cveID": "CVE-2024-0001", "dateAdded": "2026-04-01"}],
    }  # fmt: skip
    (tmp_path / "kev.json").write_text(json.dumps(catalogue))
    services.update_feeds(estate, kev_path=tmp_path / "kev.json")
    everywhere = [(1, 443, 4), (2, 443, 3), (3, 0, 1)]
    hosts = {WEB: everywhere, DB: everywhere, PAY: everywhere, STRANGER: [(2, 80, 3)]}
    import_scan(estate, nessus(hosts, cves={1: ["CVE-2024-0001"]}, vectors={1: VECTOR, 2: VECTOR}, plugins=[1, 2, 3]))
    one = {
        name: Finding.objects.filter(asset__key=asset, definition__identifier=f"nessus:{plugin}")
        for name, asset, plugin in (
            ("accepted", "A-WEB", 1), ("start", "A-DB", 1), ("claim", "A-PAY", 1), ("false_positive", "A-DB", 3),
        )
    }  # fmt: skip
    assert accept(estate, one["accepted"], timezone.now() + timedelta(days=30), "no window", "ACC-1") == 1
    for name in ("start", "claim", "false_positive"):
        act(estate, one[name], Wish(name, "looked at by hand"))
    return estate


def _client(role: Role, unit: str = "") -> Client:
    client = Client()
    user = accounts.add_account(None, f"{role.value}@open.example", "C", [(role, unit)])
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _states(client: Client, query: str) -> list[str]:
    answer = client.get(f"/api/findings?limit=200&{query}")
    assert answer.status_code == 200, answer.content
    return sorted(row["state"] for row in answer.json()["items"])


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("state=open", {"open": 6, "in_progress": 1, "claimed": 1}),
        ("state=open_and_accepted", {"open": 6, "in_progress": 1, "claimed": 1, "accepted": 1}),
        ("state=open&state=accepted", {"open": 6, "in_progress": 1, "claimed": 1, "accepted": 1}),
        ("state=open&state=in_progress", {"open": 6, "in_progress": 1, "claimed": 1}),
        ("state=open&state=open_and_accepted", {"open": 6, "in_progress": 1, "claimed": 1, "accepted": 1}),
        ("state=open&state=false_positive", {"open": 6, "in_progress": 1, "claimed": 1, "false_positive": 1}),
        ("state=accepted", {"accepted": 1}),
        ("state=in_progress&state=claimed", {"in_progress": 1, "claimed": 1}),
        ("state=open&known_exploited=yes", {"in_progress": 1, "claimed": 1}),
        ("state=open&system=S-SHOP&severity=critical", {"in_progress": 1}),
        ("", {"open": 6, "in_progress": 1, "claimed": 1, "accepted": 1, "false_positive": 1}),
    ],
)
def test_what_a_state_lists(findings: User, query: str, states: dict[str, int]) -> None:
    ciso = _client(Role.CISO)
    assert _states(ciso, query) == sorted(name for name, number in states.items() for _ in range(number))
    page = ciso.get(f"/findings/?{query}").content.decode()
    assert f"<strong>{sum(states.values())}</strong>" in page


def _counted(home: Home) -> Iterator[tuple[str, str, str]]:
    """(where it stands, the address in the list, the count told beside it)."""
    for fact in home.statements:
        if fact.href.startswith("/findings/") and fact.value is not None:
            yield fact.label, fact.href, str(fact.value)
    for table in (*home.main, *home.side):
        for row in table.rows:
            for head, cell in zip(table.heads, row, strict=True):
                if cell.href.startswith("/findings/"):
                    counts = re.fullmatch("[0-9,]+", cell.text)
                    told = cell.text if counts else row[list(table.heads).index("Open")].text
                    yield f"{table.title}: {head}: {cell.text}", cell.href, told


@pytest.mark.parametrize(("role", "unit"), [(Role.CISO, ""), (Role.CIO, ""), (Role.HEAD, "U-S"), (Role.HEAD, "U-H")])
def test_every_count_of_a_home_is_that_of_its_list(findings: User, role: Role, unit: str) -> None:
    client = _client(role, unit)
    home: Any = client.get("/").context["home"]
    held = list(_counted(home))
    if role in (Role.CISO, Role.HEAD):
        assert held, "a home that leads to no finding proves nothing"
    for where, href, told in held:
        query = urlsplit(href).query
        assert "open" not in parse_qs(query).get("state", []), f"{where} counts what is accepted as well"
        shown = len(_states(client, query))
        least = told.removeprefix("at least ")
        assert shown >= int(least) if least != told else shown == int(told.replace(",", "")), f"{where} → {href}"


def test_pages_of_things_count_what_their_lists_show(findings: User) -> None:
    ciso = _client(Role.CISO)
    seen = 0
    for path, number in (
        *((one.get_absolute_url(), one.open_findings) for one in Definition.objects.filter(open_findings__gt=0)),
        *((one.get_absolute_url(), one.open_findings) for one in Target.objects.filter(state="unclaimed")),
    ):
        page = ciso.get(path)
        assert page.status_code == 200, path
        assert len(_states(ciso, urlsplit(page.context["all_href"]).query)) == number, path
        seen += number
    assert seen == 10, "nine on definitions, and that of the target without an asset once more"


def test_no_address_in_the_code_mixes_both_up() -> None:
    """Whoever links to open findings says which: to be worked, or all that counts count."""
    import accord

    source = Path(accord.__file__).parent
    wrong = [
        path.relative_to(source).as_posix()
        for path in sorted([*source.rglob("*.py"), *source.rglob("*.html")])
        if re.search(
            r"finding_list[^\n]*state\W{1,4}open\b(?!_)|findings/\?[^\s\"']*state=open\b(?!_)", path.read_text()
        )
    ]
    assert wrong == []


def test_the_queue_of_the_search_is_that_of_the_filter(findings: User) -> None:
    ciso = _client(Role.CISO)
    assert len(_states(ciso, "state=open&search=A-WEB")) == 2
    assert len(_states(ciso, "state=open_and_accepted&search=A-WEB")) == 3
