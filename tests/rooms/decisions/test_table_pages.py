"""The joint table on screen and on the API: nothing leaks before both have handed in; sliders, comments, queries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from accord_routes import walk
from accord_small_company import account
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.decisions import selectors, services
from accord.decisions.models import Comment, Frontier, Plan, Sitting
from accord.decisions.positions import Insisted, View
from accord.decisions.selectors import Asked
from accord.engines import portfolio

pytestmark = pytest.mark.django_db
SECRET = "promised to Harbour and Sons"
WORDS = "Growth before all else"
CIO = View({"GROW": 31.25, "FAST": 1, "SAFE": 0}, {"SHOP": Insisted("pin", SECRET)}, WORDS)
CISO = View({"GROW": 1, "FAST": 1, "SAFE": 2}, {"SHOP": Insisted("drop", "It opens a door"), "SOC": Insisted("pin")})


@pytest.fixture
def frontier(company: Any, cio: User) -> Frontier:
    """A frontier in little time: how good its plans are is not asked here."""
    return services.run_frontier(cio, points=3, seconds=0.8)


@pytest.fixture
def revealed(frontier: Frontier, cio: User, ciso: User) -> Sitting:
    sitting = services.open_sitting(cio, frontier)
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    services.save_position(ciso, sitting, Role.CISO, CISO, hand_in=True)
    return services.price_differences(cio, sitting.key, seconds=1.0)


def posted(view: View, **more: str) -> dict[str, Any]:
    """A position as its form sends it."""
    fields = {f"weight_{key}": weight for key, weight in view.weights.items()}
    for key, one in view.stances.items():
        fields |= {f"kind_{key}": one.kind, f"reason_{key}": one.reason}  # type: ignore[dict-item]
    return {**fields, "note": view.note, **more}


def test_both_hand_in_on_screen_and_then_read_each_other(
    frontier: Frontier, cio: User, ciso: User, browse: Any
) -> None:
    first, second = browse(cio), browse(ciso)
    opened = first.post("/joint-table/sittings/")
    page = opened.headers["Location"]
    assert page == "/joint-table/sittings/SIT-0001/"
    form = first.get(f"{page}position/cio/").content.decode()
    assert "New shop" in form and "Grow" in form and "Only you read this" in form
    bad = first.post(f"{page}position/cio/", {**posted(CIO), "weight_GROW": ""})
    assert bad.status_code == 422 and "0 if it counts nothing" in bad.content.decode()
    assert first.post(f"{page}position/cio/", posted(CIO, keep="1")).status_code == 302
    assert SECRET in first.get(f"{page}position/cio/").content.decode()
    assert second.get(f"{page}position/cio/").status_code == 302
    first.post(f"{page}position/cio/", posted(CIO, hand_in="1"))
    half = second.get(page).content.decode()
    assert "Handed in" in half and SECRET not in half and WORDS not in half
    second.post(f"{page}position/ciso/", posted(CISO, hand_in="1"))
    assert Sitting.objects.get().state == "revealed"
    services.price_differences(cio, "SIT-0001", seconds=1.0)
    whole = second.get(page).content.decode()
    for text in (SECRET, WORDS, "It opens a door", "New shop", "All the way of one", "hashes agree"):
        assert text in whole, text
    assert first.get(f"{page}position/cio/").status_code == 302


@pytest.mark.parametrize("role", [Role.CISO, Role.ANALYST, Role.MANAGER, Role.AUDITOR, Role.ADMIN, Role.CIO])
def test_no_page_and_no_operation_tells_what_was_handed_in(
    role: Role, frontier: Frontier, cio: User, browse: Any
) -> None:
    """Every address that answers without a key of its own, and those of the sitting: not a word, not a weight."""
    sitting = services.open_sitting(cio, frontier)
    services.save_position(cio, sitting, Role.CIO, CIO, hand_in=True)
    client = browse(account(f"reader-{role.value}", role))
    own = [f"/joint-table/sittings/{sitting.key}/", f"/joint-table/sittings/{sitting.key}/position/cio/"]
    paths = [page.path for page in walk.pages if page.ours and page.guard and "/x" not in page.path]
    paths += [f"/api/sittings/{sitting.key}", f"/api/sittings/{sitting.key}/positions/cio", "/api/sittings", *own]
    paths += [op.path for op in walk.operations if op.method == "GET" and "/x" not in op.path]
    last = LedgerEntry.objects.order_by("-number").first()
    assert last is not None
    paths += [f"/ledger/{last.number - n}/" for n in range(3)]
    seen = 0
    for path in dict.fromkeys(paths):
        client.raise_request_exception = False
        answer = client.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = body.decode("utf-8", "replace")
        seen += answer.status_code == 200
        assert SECRET not in text and WORDS not in text and "31.25" not in text, path
    assert seen >= 3


def test_what_if_answers_exactly_and_within_its_rules(revealed: Sitting, frontier: Frontier) -> None:
    table = selectors.table(frontier)
    assert table.sitting == revealed
    for asked in (Asked(), Asked(budget=-20), Asked(budget=30, mix=100), Asked(mix=0, loss=70)):
        answer = selectors.what_if(table, asked, seconds=0.3)
        assert answer.starts is not None and answer.plan is not None, asked
        problem = portfolio.Problem.from_json(frontier.result["problem"])
        starts = {key: problem.index(quarter) for key, quarter in answer.starts.items()}
        outcome = portfolio.evaluate(problem, starts)
        assert answer.plan.loss == pytest.approx(outcome.loss / 2)
        weights = {"cio": CIO.shares(), "ciso": CISO.shares()}
        expected = sum(
            attained * ((1 - asked.mix / 100) * weights["cio"][key] + asked.mix / 100 * weights["ciso"][key])
            for key, attained in _attained(problem, starts).items()
        )
        assert answer.plan.value == pytest.approx(expected)
        limit = table.loss_today_a_year * asked.loss / 100
        assert asked.loss == 100 or answer.plan.loss <= limit * (1 + 1e-9)  # 100 % = no limit
        factor = 1 + asked.budget / 100
        used = portfolio.spending(problem, starts)
        for year, limit in used.capital_limit.items():
            assert used.capital[year] <= limit * factor + 1e-6
        assert answer.open is not None and answer.open >= 0
        assert selectors.what_if(table, asked, seconds=0.3) is answer


def _attained(problem: portfolio.Problem, starts: dict[str, int]) -> dict[str, float]:
    """Goal → part of its gap that is closed, on average over the horizon."""
    found = portfolio.evaluate(problem, starts).value_by_goal
    return {goal.key: found[goal.key] / goal.weight for goal in problem.goals}


def test_the_limit_that_no_plan_keeps_is_told(frontier: Frontier) -> None:
    answer = selectors.what_if(selectors.table(frontier), Asked(loss=1), seconds=0.3)
    assert answer.starts is None and answer.reason


def test_sliders_on_screen(revealed: Sitting, cio: User, browse: Any) -> None:
    client = browse(cio)
    page = client.get("/joint-table/what-if/?budget=-10&mix=70").content.decode()
    assert 'value="-10"' in page and 'value="70"' in page and "CIO 30" in page and "<html" in page
    part = client.get("/joint-table/what-if/?budget=5", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and 'hx-swap-oob="true"' in part and "+5" in part
    wrong = client.get("/joint-table/what-if/?budget=500&loss=abc")
    assert wrong.status_code == 422 and "less than or equal to 30" in wrong.content.decode()
    kept = client.post("/joint-table/what-if/", {"budget": 0, "mix": 40, "loss": 100, "name": "Forty"})
    assert kept.status_code == 302 and Plan.objects.get(origin="own").name == "Forty"
    assert browse(account("analyst", Role.ANALYST)).get("/joint-table/what-if/").status_code == 403


def test_comments_stay_with_their_figure(revealed: Sitting, frontier: Frontier, cio: User, browse: Any) -> None:
    plan = frontier.plans.get(origin="joint")
    analyst = browse(account("analyst", Role.ANALYST))
    sent = analyst.post(f"/comments/plan/{plan.key}/", {"figure": "plan.loss", "text": "Without the <b>harbour</b>"})
    assert sent.headers["Location"] == f"/plans/{plan.key}/#said-plan.loss"
    comment = Comment.objects.get()
    fact = next(one for one in selectors.statements(plan) if one.key == "plan.loss")
    assert comment.value == fact.figure and comment.label == fact.label
    page = analyst.get(f"/plans/{plan.key}/").content.decode()
    assert "Without the &lt;b&gt;harbour&lt;/b&gt;" in page
    assert LedgerEntry.objects.filter(noun="plan", key=plan.key, verb="comment").count() == 1
    for noun, key, figure in (
        ("frontier", str(frontier.pk), "frontier.gap"), ("sitting", revealed.key, "initiative:SHOP"),
    ):  # fmt: skip
        services.add_comment(cio, noun, key, figure, f"On {figure}")
    assert "On frontier.gap" in analyst.get("/frontier/").content.decode()
    assert "On initiative:SHOP" in analyst.get(f"/joint-table/sittings/{revealed.key}/").content.decode()
    decision = services.propose(cio, plan)
    kept = {(row["noun"], row["figure"]): row["value"] for row in decision.frozen["comments"]}
    assert kept["plan", "plan.loss"] == fact.figure and ("sitting", "initiative:SHOP") in kept
    assert "Without the &lt;b&gt;harbour" in analyst.get(f"/decisions/{decision.key}/").content.decode()


@pytest.mark.parametrize(
    ("noun", "key", "figure", "text", "says"),
    [
        ("plan", "NONE", "plan.loss", "x", "no plan"),
        ("plan", "", "plan.moon", "x", "no figure.*plan.value"),
        ("plan", "", "plan.loss", "  ", "no text"),
        ("plan", "", "plan.loss", "x" * 2001, "no text"),
        ("frontier", "9" * 30, "frontier.gap", "x", "no frontier"),
        ("sitting", "SIT-0001", "price", "x", "no sitting"),
        ("moon", "1", "x", "x", "no moon"),
    ],
)
def test_comments_on_nothing_are_refused(
    noun: str, key: str, figure: str, text: str, says: str, frontier: Frontier, cio: User
) -> None:
    from accord.core.errors import Refused

    services.open_sitting(cio, frontier)
    key = key or frontier.plans.get(origin="joint").key
    with pytest.raises(Refused, match=says):
        services.add_comment(cio, noun, key, figure, text)
    assert not Comment.objects.exists()


def test_who_may_comment(frontier: Frontier, browse: Any) -> None:
    plan = frontier.plans.get(origin="joint")
    fields = {"figure": "plan.loss", "text": "x"}
    assert browse(account("auditor", Role.AUDITOR)).post(f"/comments/plan/{plan.key}/", fields).status_code == 403
    assert browse(account("analyst", Role.ANALYST)).post("/comments/moon/1/", fields).status_code == 404


def test_pages_of_the_table_ask_a_known_number_of_questions(
    revealed: Sitting, frontier: Frontier, cio: User, browse: Any
) -> None:
    client = browse(cio)
    services.open_sitting(cio, frontier)
    collected = 30  # the stances have changed since, so these pages read all inputs anew to say whether it matters
    most = {
        "/joint-table/": 15 + collected, "/frontier/": 15 + collected, "/joint-table/what-if/": 15,
        f"/joint-table/sittings/{revealed.key}/": 15, "/joint-table/sittings/SIT-0002/": 15,
        "/joint-table/sittings/SIT-0002/position/cio/": 15,
    }  # fmt: skip
    for path, limit in most.items():
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        assert len(asked) <= limit, (path, len(asked))


def test_operations_of_the_table(frontier: Frontier, cio: User, ciso: User, browse: Any) -> None:
    first, second = browse(cio), browse(ciso)

    def send(client: Any, method: str, path: str, body: dict[str, Any]) -> Any:
        return getattr(client, method)(path, json.dumps(body), content_type="application/json")

    assert send(first, "post", "/api/sittings", {}).status_code == 201
    path = "/api/sittings/SIT-0001"
    assert first.get(f"{path}/positions/cio").status_code == 404
    refused = send(first, "put", f"{path}/positions/cio", {"weights": {"GROW": 1}})
    assert refused.status_code == 422 and "FAST" in refused.content.decode()
    body = {"weights": dict(CIO.weights), "stances": {"SHOP": {"kind": "pin", "reason": SECRET}}, "hand_in": True}
    assert send(first, "put", f"{path}/positions/cio", body).json()["positions"] is None
    assert first.get(f"{path}/positions/cio").json()["stances"]["SHOP"]["reason"] == SECRET
    assert second.get(f"{path}/positions/cio").status_code == 403
    assert second.get(path).json()["positions"] is None
    assert send(second, "put", f"{path}/positions/cio", body).status_code == 422
    found = send(second, "put", f"{path}/positions/ciso", {**body, "stances": {}}).json()
    assert found["positions"]["cio"]["stances"]["SHOP"]["reason"] == SECRET
    assert send(first, "post", f"{path}/close", {}).status_code == 422
    assert [row["key"] for row in first.get("/api/sittings").json()] == ["SIT-0001"]
    answer = first.get("/api/what-if?budget=10").json()
    assert answer["asked"] == {"budget": 10, "mix": 50, "loss": 100} and answer["plan"]["value"] > 0
    assert first.get("/api/what-if?budget=99").status_code == 422
    key = frontier.plans.get(origin="joint").key
    comment = {"noun": "plan", "key": key, "figure": "plan.value", "text": "Fine"}
    assert send(first, "post", "/api/comments", comment).status_code == 201
    assert first.get(f"/api/comments?noun=plan&key={key}").json()[0]["text"] == "Fine"
