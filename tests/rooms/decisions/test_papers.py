"""One paper, three ways: page, PDF and slides carry the same figures to the cent, and a signed one never changes."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from accord_small_company import account
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from pptx import Presentation
from pypdf import PdfReader

from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import paper, services
from accord.decisions.models import Decision, Frontier, Plan
from accord.decisions.services.signing import Reserved
from accord.outlet.decision import DecisionPaper

pytestmark = pytest.mark.django_db


def even(text: str) -> str:
    """A text with one kind of space, and without the marks at which a long word may break."""
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{ZERO WIDTH SPACE}", ""))


def of_page(content: bytes) -> str:
    return even(html.unescape(re.sub(r"<script.*?</script>|<[^>]+>", " ", content.decode(), flags=re.DOTALL)))


def of_pdf(content: bytes) -> str:
    return even(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages))


def of_deck(content: bytes) -> str:
    found = []
    for slide in Presentation(io.BytesIO(content)).slides:
        found.append(slide.notes_slide.notes_text_frame.text)
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
            if shape.has_chart:
                found += [node.text or "" for node in shape.chart._chartSpace.iter() if node.tag.endswith("}t")]
    return even(" ".join(found))


@pytest.fixture
def decision(frontier: Frontier, cio: User) -> Decision:
    return services.propose(cio, frontier.plans.get(origin="joint"), title="Plan 2027", note="Both of us gain.")


def signed(decision: Decision, cio: User, ciso: User) -> Decision:
    services.sign(cio, decision, Role.CIO, "password")
    item = decision.plan.items.first()
    assert item is not None
    point = Reserved("initiative", item.initiative.key, "It starts too early.")
    services.sign(ciso, decision, Role.CISO, "password", [point])
    return Decision.objects.get(pk=decision.pk)


def everywhere(client: Any, noun: str, key: str) -> dict[str, str]:
    name = {"plans": "plan", "decisions": "decision"}[noun]
    deck, pdf = client.get(f"/{noun}/{key}/deck.pptx"), client.get(f"/{noun}/{key}/{name}.pdf")
    assert deck["Content-Type"].endswith("presentationml.presentation") and f"{key}.pptx" in deck["Content-Disposition"]
    assert pdf["Content-Type"] == "application/pdf" and f"{key}.pdf" in pdf["Content-Disposition"]
    page = client.get(f"/{noun}/{key}/").content
    return {"page": of_page(page), "pdf": of_pdf(pdf.content), "slides": of_deck(deck.content)}


def assert_same(found: DecisionPaper, texts: dict[str, str]) -> None:
    figures = list(found.texts())
    assert len(figures) > 40
    for name, text in texts.items():
        for figure in figures:
            assert even(figure) in text, (name, figure)


def test_a_signed_decision_says_the_same_everywhere_and_for_ever(
    decision: Decision, cio: User, ciso: User, company: Any, browse: Any
) -> None:
    held, client = signed(decision, cio, ciso), browse(cio)
    texts = everywhere(client, "decisions", held.key)
    assert_same(paper.of_decision(held), texts)
    for text in (texts["pdf"], texts["slides"]):
        assert "In force since" in text and "cio signed on" in text and "Both of us gain." in text
    for text in texts.values():
        assert "It starts too early." in text
    paths = [f"/decisions/{held.key}/deck.pptx", f"/decisions/{held.key}/decision.pdf"]
    before = [client.get(path).content for path in paths]
    company(
        initiative=[{"key": "SHOP", "name": "Renamed", "sponsor": "ciso", "duration_quarters": 1}],
        scenario_loss=[{"scenario": "OUT", "form": "response", "low": 1, "mid": 2, "high": 3}],
        budget=[{"year": 2027, "capital": 1, "running": 1}],
    )
    assert [client.get(path).content for path in paths] == before


def test_plans_say_the_same_everywhere_and_show_their_pictures(frontier: Frontier, cio: User, browse: Any) -> None:
    client = browse(cio)
    for origin in ("cio", "joint", "split", "point"):
        plan = frontier.plans.filter(origin=origin).first()
        if plan is None:
            continue
        texts = everywhere(client, "plans", plan.key)
        assert_same(paper.of_plan(plan), texts)
        assert "Nobody has signed it" in texts["pdf"] and "Nobody has signed it" in texts["slides"]
    plan = frontier.plans.get(origin="joint")
    assert_adds_up(plan)
    page = client.get(f"/plans/{plan.key}/").content.decode()
    for name in ("curves", "steps", "schedule", "money", "people", "goals", "frontier", "tornado"):
        assert f'data-chart="plan-{name}"' in page
    assert f"/plans/{plan.key}/deck.pptx" in page and f"/plans/{plan.key}/plan.pdf" in page
    for name in ("steps", "by_quarter", "curves", "goal_loss", "swings", "compared", "along"):
        del plan.result[name]
    Plan.objects.filter(pk=plan.pk).update(result=plan.result)
    texts = everywhere(client, "plans", plan.key)
    assert "not kept with this plan" in texts["slides"]
    assert "What drives the loss is not kept with this plan, or no input is uncertain." in texts["slides"]
    assert "It is not kept with this plan, or no input is uncertain." in texts["pdf"]
    assert even(paper.of_plan(plan).figures[0].text) in texts["page"]


def assert_adds_up(plan: Plan) -> None:
    found = paper.of_plan(plan)
    text = {figure.key: figure.text for figure in found.figures}
    amounts = {key: number(value) for key, value in text.items() if value.startswith("EUR")}
    assert amounts["loss"] == pytest.approx(plan.loss / 2, abs=0.005)
    assert amounts["today"] - amounts["loss"] == pytest.approx(amounts["avoided"], abs=0.011)
    assert amounts["capital"] + amounts["running"] == pytest.approx(amounts["money"], abs=0.011)
    floating = sum(number(step.text) for step in found.steps if not step.total)
    assert number(found.steps[0].text) + floating == pytest.approx(number(found.steps[-1].text), abs=0.05)
    assert [row.origin for row in found.beside if row.chosen] == ["joint"]


def number(text: str) -> float:
    return float(re.sub(r"[^\d.\-]", "", text.replace("\N{MINUS SIGN}", "-")))


def test_a_dissent_is_on_the_papers(frontier: Frontier, cio: User, ciso: User, browse: Any) -> None:
    decision = services.propose(cio, frontier.plans.get(origin="cio"))
    services.dissent(ciso, decision, Role.CISO, "It doubles the loss of a leak.")
    texts = everywhere(browse(ciso), "decisions", decision.key)
    for text in texts.values():
        assert "It doubles the loss of a leak." in text
    assert "ciso dissents on" in texts["pdf"] and "Dissent recorded" in texts["slides"]


def test_who_may_read_gets_the_papers_and_nobody_else(decision: Decision, browse: Any) -> None:
    paths = [
        f"/decisions/{decision.key}/deck.pptx", f"/decisions/{decision.key}/decision.pdf",
        f"/plans/{decision.plan.key}/deck.pptx", f"/plans/{decision.plan.key}/plan.pdf",
    ]  # fmt: skip
    auditor, staff = browse(account("auditor", Role.AUDITOR)), browse(account("staff", Role.STAFF))
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            assert auditor.get(path).status_code == 200
        assert len(queries) <= 8
        assert staff.get(path).status_code == 403
    assert auditor.get("/decisions/NONE/deck.pptx").status_code == 404
    assert auditor.get("/plans/NONE/plan.pdf").status_code == 404
    assert paper.of_decision(decision).url == ""
    with override_settings(ORIGIN="https://accord.example"):
        assert paper.of_decision(decision).url == f"https://accord.example/decisions/{decision.key}/"
