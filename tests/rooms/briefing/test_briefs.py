"""The brief: its figures against the small company, what is frozen, who reads it, and its words."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from accord_tables import table
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from accord.briefing import selectors, services
from accord.briefing.draft import Draft
from accord.briefing.models import Brief
from accord.briefing.selectors.plan import progress
from accord.core import files, ledger
from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.core.statements import Statement
from accord.decisions import services as decisions
from accord.decisions.models import ActualCost, ActualDate, Decision, Plan
from accord.strategy.models import Initiative

Account = Callable[..., User]
pytestmark = pytest.mark.django_db
ORIGIN = "https://accord.example/"


def fact(draft: Draft, key: str) -> Statement:
    return next(one for one in draft.statements if one.key == key)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == 1
    return " ".join(reader.pages[0].extract_text().split())


@pytest.fixture
def signed(company: User, ciso: User) -> Decision:
    """A plan in force: I-1 from 2020-Q1 to Q2 for 1,000, I-2 from 2090-Q1 for 500."""
    schedule = [
        {
            "key": "I-1", "name": "New shop", "sponsor": "cio", "start": "2020-Q1", "finish": "2020-Q2",
            "money": [{"year": 2020, "capital": 600.0, "running": 400.0}],
        },
        {
            "key": "I-2", "name": "Second proof at log-in", "sponsor": "ciso", "start": "2090-Q1", "finish": "2090-Q1",
            "money": [{"year": 2090, "capital": 500.0, "running": 0.0}],
        },
    ]  # fmt: skip
    plan = Plan.objects.create(
        key="P-1", name="Joint", origin="joint", by=company, inputs_hash="0" * 64, value=0.1, loss=1.0,
        result={"schedule": schedule},
    )  # fmt: skip
    decision = decisions.propose(company, plan, title="Our plan")
    decisions.sign(company, decision, Role.CIO, "test")
    return decisions.sign(ciso, decision, Role.CISO, "test")


def test_an_empty_company_has_a_brief_in_which_everything_is_unknown(db: None) -> None:
    draft = selectors.board_brief()
    assert len(draft.statements) <= 7
    assert fact(draft, "brief.loss").value is None
    assert fact(draft, "brief.attacked").value is None
    assert draft.chart is None and draft.scenarios == () and draft.plan == ()
    assert draft.status == "No plan is in force."
    assert "unknown" in text_of(services.brief_pdf(draft))


def test_figures_come_from_the_rooms_below(exposed: None, run: Any, appetite: None) -> None:
    draft = selectors.board_brief()
    assert len(draft.statements) == 7
    loss = fact(draft, "brief.loss")
    assert (loss.value, loss.interval) == (500.0, (300.0, 900.0))
    assert fact(draft, "brief.bad_year").value == 3_000.0
    limit = fact(draft, "brief.limit")
    assert limit.value == pytest.approx(0.20)
    assert limit.note.replace("\u00a0", " ") == "We accept 10 %."
    assert limit.tone == "danger"
    assert fact(draft, "brief.goals").value == pytest.approx(0.425)
    support = fact(draft, "brief.support")
    assert support.value == 2
    assert support.note.replace("\u00a0", " ") == "They carry 30 % of our goals."
    assert fact(draft, "brief.attacked").value == 2
    assert fact(draft, "brief.plan").value == 0
    [scenario] = draft.scenarios
    assert (scenario.name, scenario.often, scenario.loss, scenario.share) == (
        "Shop stops",
        "once in 5 years",
        500.0,
        1.0,
    )
    assert all(one.href for one in draft.statements)


def test_what_is_asked_follows_from_the_figures(exposed: None, run: Any, appetite: None) -> None:
    asks = [ask.text.replace("\u00a0", " ") for ask in selectors.board_brief().asks]
    year = timezone.localdate().year + 1
    assert asks == [
        "Accept for now that a year costs more than EUR 1.00 k with a chance of 20 %, not 10 % as agreed.",
        f"Approve EUR 1.50 M for initiatives in {year}.",
        "Fund the replacement of systems that their makers no longer repair.",
    ]


def test_progress_is_the_frozen_plan_beside_what_was_recorded(signed: Decision) -> None:
    today = date(2026, 5, 4)
    found = progress(signed, today)
    assert [(row.key, row.state, row.due, row.planned, row.spent) for row in found.rows] == [
        ("I-1", "late to start", "2020-Q2", 1_000.0, None),
        ("I-2", "planned", "2090-Q1", 500.0, None),
    ]
    assert (found.planned, found.spent) == (1_500.0, None)
    first = Initiative.objects.get(key="I-1")
    ActualDate.objects.create(initiative=first, started=date(2020, 3, 1))
    ActualCost.objects.create(initiative=first, year=2020, capital=700)
    ActualCost.objects.create(initiative=first, year=2021, running=50)
    found = progress(signed, today)
    assert (found.rows[0].state, found.rows[0].spent, found.spent) == ("late", 750.0, 750.0)
    assert progress(signed, date(2020, 4, 1)).rows[-1].state == "planned"
    ActualDate.objects.filter(initiative=first).update(finished=date(2026, 1, 1))
    assert progress(signed, today).note == "2 initiatives: 1 done, 1 planned."


def test_a_plan_in_force_is_said_with_its_signers(signed: Decision, run: Any) -> None:
    draft = selectors.board_brief()
    assert draft.status.startswith("“Our plan” is in force since")
    assert draft.status.endswith("signed by CIO (CIO) and CISO (CISO).")
    assert fact(draft, "brief.plan").label == "Spent on the plan so far"
    assert fact(draft, "brief.plan").value is None
    assert "Our plan" in text_of(services.brief_pdf(draft))


def test_a_proposal_that_waits_is_said(company: User) -> None:
    plan = Plan.objects.create(
        key="P-2", name="Joint", origin="joint", by=company, inputs_hash="0" * 64, value=0.1, loss=1.0, result={}
    )
    decisions.sign(company, decisions.propose(company, plan, title="Our plan"), Role.CIO, "test")
    draft = selectors.board_brief()
    assert draft.status == "“Our plan” waits for the CISO. No plan is in force."
    assert fact(draft, "brief.plan").value == 1


def test_content_and_back_is_the_same_brief(exposed: None, run: Any, appetite: None, signed: Decision) -> None:
    draft = selectors.board_brief()
    again = Draft.from_content(json.loads(ledger.canonical(draft.as_content())))
    assert again.as_content() == draft.as_content()
    assert again.text == draft.text
    assert services.brief_pdf(again, ORIGIN) == services.brief_pdf(draft, ORIGIN)


def test_an_issued_brief_stays_as_it_was(exposed: None, run: Any, appetite: None, company: User) -> None:
    draft = selectors.board_brief()
    brief = services.issue(company, draft, ORIGIN)
    assert brief.key == f"B-{draft.as_of.isoformat()}-1"
    assert services.issue(company, draft, ORIGIN).key.endswith("-2")
    run.delete()
    assert selectors.board_brief().as_content() != draft.as_content()
    kept = Brief.objects.get(key=brief.key)
    assert Draft.from_content(kept.frozen).as_content() == draft.as_content()
    with files.open_file(kept.pdf) as stream:
        assert stream.read() == services.brief_pdf(draft, ORIGIN)
    entry = LedgerEntry.objects.get(noun="brief", key=brief.key)
    assert entry.verb == "issue"
    assert json.loads(entry.after)["content_hash"] == brief.content_hash
    assert ledger.verify().holds


def test_every_figure_in_the_pdf_links_to_its_rows(exposed: None, run: Any, appetite: None) -> None:
    draft = selectors.board_brief()
    page: Any = PdfReader(io.BytesIO(services.brief_pdf(draft, ORIGIN))).pages[0]
    links = {note.get_object()["/A"]["/URI"] for note in page["/Annots"]}
    assert {ORIGIN.rstrip("/") + one.href for one in draft.statements} <= links
    assert ORIGIN + "scenarios/SC-1/" in links
    assert "/Annots" not in PdfReader(io.BytesIO(services.brief_pdf(draft))).pages[0]


def test_words_that_do_not_fit_are_refused_with_their_line(company: User) -> None:
    draft = selectors.board_brief()
    with pytest.raises(Refused) as caught:
        services.reworded(draft, " ", ["fine", "x" * 181])
    assert [(p.row, p.column) for p in caught.value.problems] == [(None, "title"), (2, "asks")]
    with pytest.raises(Refused, match="at most 5"):
        services.reworded(draft, "T", ["a"] * 6)
    changed = services.reworded(draft, "  Our   brief ", ["One.", "", " Two. "])
    assert (changed.title, [ask.text for ask in changed.asks]) == ("Our brief", ["One.", "Two."])
    assert changed.statements == draft.statements


def test_jargon_in_the_words_is_flagged_with_plain_words(company: User) -> None:
    page = browser(company).get("/brief/", {"title": "Vulnerabilities", "asks": "Lower our TVaR."})
    body = page.content.decode()
    assert "<mark>Vulnerabilities</mark>: say “weak point”" in body
    assert "<mark>TVaR</mark>: say “average of the worst years”" in body
    assert "No words of the field" in browser(company).get("/brief/").content.decode()


def test_the_brief_is_written_in_plain_words(exposed: None, run: Any, appetite: None, signed: Decision) -> None:
    reading = selectors.board_brief().reading
    assert reading.jargon == ()
    assert reading.long_sentences == ()
    assert reading.grade is not None and reading.grade <= 9


def test_issue_on_screen_and_read_by_the_board(exposed: None, run: Any, company: User, account: Account) -> None:
    client = browser(company)
    shown = client.get("/brief/", {"title": "Spring brief", "asks": "Say yes.\nSay no."})
    assert "Spring brief" in shown.content.decode()
    answer = client.post("/brief/issue/", {"title": "Spring brief", "asks": "Say yes.\r\nSay no."}, follow=True)
    assert answer.status_code == 200
    brief = Brief.objects.get()
    assert [ask["text"] for ask in brief.frozen["asks"]] == ["Say yes.", "Say no."]
    assert "Issued as" in answer.content.decode()

    reader = browser(account(Role.BOARD))
    home = reader.get("/").content.decode()
    assert "Spring brief" in home and f'href="/briefs/{brief.key}/"' in home
    page = reader.get(f"/briefs/{brief.key}/")
    body = page.content.decode()
    assert page.status_code == 200 and "EUR 500" in body
    assert 'href="/loss/"' not in body and 'href="/findings/' not in body
    pdf = reader.get(f"/briefs/{brief.key}/pdf/")
    assert pdf["Content-Type"] == "application/pdf"
    assert "Spring brief" in text_of(b"".join(pdf.streaming_content))  # type: ignore[attr-defined]
    assert reader.get("/brief/").status_code == 403
    assert reader.post("/brief/issue/", {"title": "x"}).status_code == 403
    assert 'href="/loss/"' in client.get(f"/briefs/{brief.key}/").content.decode()


def test_figures_that_changed_since_they_were_shown_are_not_issued(company: User, run: Any) -> None:
    client = browser(company)
    shown = re.search(r'name="figures" value="(\w+)"', client.get("/brief/").content.decode())
    assert shown
    words = {"title": "T", "asks": "", "figures": shown[1]}
    import_tables(company, [table("system", "key,name,end_of_support\nS-PAY,Payroll,2020-01-01")])
    answer = client.post("/brief/issue/", words)
    assert answer.status_code == 422
    assert "The figures have changed" in answer.content.decode()
    assert not Brief.objects.exists()
    again = re.search(r'name="figures" value="(\w+)"', answer.content.decode())
    assert again
    assert client.post("/brief/issue/", {**words, "figures": again[1]}).status_code == 302


def test_words_that_do_not_fit_are_shown_beside_the_form_and_nothing_is_issued(company: User) -> None:
    answer = browser(company).post("/brief/issue/", {"title": "T", "asks": "\n".join(["a"] * 6)})
    assert answer.status_code == 422
    assert "Ask for at most 5" in answer.content.decode()
    assert not Brief.objects.exists()


def test_the_draft_as_pdf_has_the_words_of_the_page(company: User) -> None:
    answer = browser(company).get("/brief/pdf/", {"title": "Spring brief", "asks": "Say yes."})
    assert answer["Content-Type"] == "application/pdf"
    assert "Say yes." in text_of(answer.content)


def test_the_list_and_the_api(exposed: None, run: Any, company: User, account: Account) -> None:
    client = browser(company)
    draft = client.get("/api/brief").json()
    assert [one["key"] for one in draft["statements"]][:2] == ["brief.loss", "brief.bad_year"]
    assert draft["reading"]["jargon"] == []
    headers = {"Idempotency-Key": "one"}
    body = json.dumps({"asks": ["Say yes."]})
    for _ in range(2):
        made = client.post("/api/briefs", body, content_type="application/json", headers=headers)
        assert made.status_code == 200, made.content
    key = made.json()["key"]
    assert Brief.objects.count() == 1
    reader = browser(account(Role.BOARD))
    assert [row["key"] for row in reader.get("/api/briefs").json()["items"]] == [key]
    one = reader.get(f"/api/briefs/{key}").json()
    assert one["asks"] == [{"text": "Say yes.", "href": ""}]
    assert one["content_hash"] == Brief.objects.get().content_hash
    assert reader.get(f"/api/briefs/{key}/pdf").content.startswith(b"%PDF-1.7")
    assert reader.get("/api/briefs/B-0").status_code == 404
    assert key in reader.get("/briefs/").content.decode()
    too_long = json.dumps({"asks": ["x" * 200]})
    assert client.post("/api/briefs", too_long, content_type="application/json").status_code == 422


def test_no_brief_yet_tells_each_reader_what_they_can_do(company: User, account: Account, client: Client) -> None:
    pages = {}
    for reader in (company, account(Role.BOARD), account(Role.HEAD, "U-S")):
        client.force_login(reader, backend=settings.AUTHENTICATION_BACKENDS[-1])
        pages[reader.email] = client.get("/briefs/").content.decode()
    assert ["Issue the first" in page for page in pages.values()] == [True, False, False]
    assert ["you read it here" in page for page in pages.values()] == [False, True, True]
