"""Lists: paging over unknown and equal values in both directions, counts, filters, the same data for the API."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.organization.models import Goal, Person
from accord.ui import format as write
from accord.ui.lists import (
    Empty,
    ListColumn,
    ListSpec,
    ParameterError,
    choice,
    csv_response,
    date_from,
    list_context,
    list_json,
    list_page,
    parse,
    reference,
    text,
    yes_no,
)
from accord.ui.lists import query as listquery
from accord.ui.lists.spec import Unacceptable, read_period, write_period

pytestmark = pytest.mark.django_db

SPEC = ListSpec(
    noun="goal",
    title="Goals",
    rows=lambda request: Goal.objects.select_related("owner"),
    columns=(
        ListColumn("key", "Key", sort="key"),
        ListColumn("name", "Name", sort="name"),
        ListColumn("weight", "Weight", kind="decimal", sort="weight"),
        ListColumn("due", "Due", kind="date", sort="due"),
        ListColumn("owner", "Owner", kind="ref", sort="owner__key"),
        ListColumn("heads", "Heads", kind="bool", value="owner.heads_unit", sort="owner__heads_unit"),
    ),
    filters=(
        text("name", "Name"),
        reference("owner", "Owner", "owner__key", nullable=True),
        date_from("due_from", "Due from", "due"),
        choice("target", "Target", [("a", "A"), ("b", "B")], blank=True),
        yes_no("heads", "Heads a unit", "owner__heads_unit", nullable=True),
    ),
    search=("key__istartswith", "name"),
    default_sort="key",
    empty=Empty("Add the first."),
)
SORTS = ["key", "-key", "name", "-name", "weight", "-weight", "due", "-due", "owner", "-owner", "heads", "-heads"]


@pytest.fixture
def cio() -> User:
    return accounts.add_account(None, "cio@probe.example", "Ada", [(Role.CIO, "")])


@pytest.fixture
def asks(cio: User) -> Any:
    def made(query: str = "") -> HttpRequest:
        request = RequestFactory().get(f"/goals/?{query}")
        request.user = cio
        return request

    return made


@pytest.fixture
def goals() -> list[Goal]:
    """60 goals in which every sortable value is sometimes unknown and often the same."""
    chance = random.Random(7)
    people = [
        Person.objects.create(key=f"P-{n}", name="p", heads_unit=heads) for n, heads in enumerate([True, False, None])
    ]
    for number in range(60):
        Goal.objects.create(
            key=f"G-{(number * 37) % 60:02}",
            name=chance.choice(["alpha", "beta", "gamma"]),
            weight=chance.choice([None, None, Decimal("1.5"), Decimal("2"), Decimal("0.125")]),
            due=chance.choice([None, dt.date(2027, 1, 1), dt.date(2027, 6, 1)]),
            owner=chance.choice([None, *people]),
            target=chance.choice(["", "a", "b"]),
        )
    return list(Goal.objects.select_related("owner"))


def _value(goal: Goal, sort: str) -> Any:
    name = sort.lstrip("-")
    if name == "owner":
        return goal.owner.key if goal.owner else None
    if name == "heads":
        return goal.owner.heads_unit if goal.owner else None
    return getattr(goal, name)


def _expected(goals: list[Goal], sort: str) -> list[str]:
    down = sort.startswith("-")
    known = [g for g in goals if _value(g, sort) is not None]
    unknown = [g for g in goals if _value(g, sort) is None]
    known.sort(key=lambda g: (_value(g, sort), g.pk), reverse=down)
    unknown.sort(key=lambda g: g.pk, reverse=down)
    return [g.key for g in known + unknown]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 7, 13, 60, 200])
def test_walking_forward_and_back_shows_every_row_once(goals: list[Goal], asks: Any, sort: str, limit: int) -> None:
    expected = _expected(goals, sort)
    seen: list[str] = []
    pages: list[list[str]] = []
    params: dict[str, Any] = {"sort": sort, "limit": limit}
    while True:
        page = list_json(SPEC, asks(), params)
        pages.append([row["key"] for row in page["items"]])
        seen += pages[-1]
        if page["next"] is None:
            break
        params["after"] = page["next"]
    assert seen == expected
    for earlier in reversed(pages[:-1]):
        assert page["previous"], "every page but the first leads back"
        params = {"sort": sort, "limit": limit, "before": page["previous"]}
        page = list_json(SPEC, asks(), params)
        assert [row["key"] for row in page["items"]] == earlier
        assert page["next"], "going back, the page one came from is still ahead"
    assert page["previous"] is None


@pytest.mark.parametrize("sort", ["name", "-weight", "due"])
def test_a_row_that_is_taken_out_costs_no_other_row(goals: list[Goal], asks: Any, sort: str) -> None:
    first = list_json(SPEC, asks(), {"sort": sort, "limit": 10})
    Goal.objects.filter(key=first["items"][-1]["key"]).delete()
    second = list_json(SPEC, asks(), {"sort": sort, "limit": 10, "after": first["next"]})
    assert [row["key"] for row in second["items"]] == _expected(goals, sort)[10:20]


def test_a_page_takes_a_fixed_number_of_queries(goals: list[Goal], asks: Any) -> None:
    def queries(limit: int) -> int:
        request = asks()
        with CaptureQueriesContext(
            connection,
        ) as found:
            list_context(SPEC, request, {"sort": "weight", "limit": str(limit)})
        return len(found)

    assert queries(3) <= queries(200) <= 4


@pytest.mark.parametrize(("cap", "said", "capped"), [(59, "59+", True), (60, "60", False), (1000, "60", False)])
def test_the_count_stops_at_the_cap(
    goals: list[Goal], cap: int, said: str, capped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listquery, "COUNT_CAP", cap)
    with CaptureQueriesContext(connection) as queries:
        found = listquery.count(Goal.objects.all())
    assert (str(found), found.capped) == (said, capped)
    assert len(queries) == 1 and f"LIMIT {cap + 1}" in queries[0]["sql"]


def test_where_little_fits_among_much_the_count_stops_earlier(
    goals: list[Goal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listquery, "SPARSE_CAP", 7)
    assert str(listquery.count(listquery.sparse(Goal.objects.all()))) == "7+"
    assert str(listquery.count(Goal.objects.all())) == "60"


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ("owner=P-1", lambda g: g.owner is not None and g.owner.key == "P-1"),
        ("owner=unknown", lambda g: g.owner is None),
        ("due_from=2027-06-01", lambda g: g.due == dt.date(2027, 6, 1)),
        ("target=a", lambda g: g.target == "a"),
        ("target=a&target=b", lambda g: g.target != ""),
        ("target=unknown&target=b", lambda g: g.target != "a"),
        ("heads=yes", lambda g: g.owner is not None and g.owner.heads_unit is True),
        ("heads=unknown", lambda g: g.owner is None or g.owner.heads_unit is None),
        ("name=ALP", lambda g: g.name == "alpha"),
        ("q=g-0", lambda g: g.key.startswith("G-0")),
        ("q=eta", lambda g: g.name == "beta"),
        ("q=beta&heads=no&target=a", lambda g: g.name == "beta" and g.target == "a" and g.owner is not None
         and g.owner.heads_unit is False),
    ],
)  # fmt: skip
def test_filters_and_search(goals: list[Goal], asks: Any, query: str, keep: Any) -> None:
    page = list_json(SPEC, asks(), QueryDict(f"{query}&limit=200"))
    assert {row["key"] for row in page["items"]} == {g.key for g in goals if keep(g)}
    assert page["count"] == len(page["items"]) > 0


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("nonsense=1", "nonsense"),
        ("sort=password", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=٣", "limit"),
        ("target=z", "target"),
        ("heads=perhaps", "heads"),
        ("due_from=soon", "due_from"),
        ("after=AAAA", "after"),
        ("after=" + "W1tbW1tb" * 200, "after"),
        ("after=é", "after"),
    ],
)
def test_the_api_refuses_what_the_screen_leaves_out(goals: list[Goal], asks: Any, query: str, column: str) -> None:
    with pytest.raises(ParameterError) as refused:
        list_json(SPEC, asks(), QueryDict(query))
    [problem] = refused.value.problems
    assert problem.column == column and problem.reason and problem.remedy
    shown = list_context(SPEC, asks(query))
    assert shown["shown"] == 50
    assert len(shown["problems"]) == (0 if column == "nonsense" else 1)


def test_a_cursor_belongs_to_its_order(goals: list[Goal], asks: Any) -> None:
    mark = list_json(SPEC, asks(), {"sort": "name", "limit": 5})["next"]
    with pytest.raises(ParameterError):
        list_json(SPEC, asks(), {"sort": "-name", "after": mark})


def test_a_day_to_filter_by_is_told_as_every_date_is(goals: list[Goal], asks: Any) -> None:
    assert [chip.text for chip in list_context(SPEC, asks("due_from=2027-06-30"))["chips"]] == [
        write.date("2027-06-30")
    ]
    assert [chip.text for chip in list_context(SPEC, asks("due_from=soon"))["chips"]] in ([], ["soon"])


@pytest.mark.parametrize(
    ("told", "since", "until"),
    [
        ("2026-02-03", "2026-02-03T00:00+00:00", "2026-02-04T00:00+00:00"),
        ("2026-02-03..2026-02-05", "2026-02-03T00:00+00:00", "2026-02-06T00:00+00:00"),
        ("2026-02-03T06:00+02:00..", "2026-02-03T04:00+00:00", ""),
        ("..2026-02-03T06:00:00.000001Z", "", "2026-02-03T06:00:00.000001+00:00"),
    ],
)
def test_a_period_is_read(settings: Any, told: str, since: str, until: str) -> None:
    settings.TIME_ZONE = "UTC"
    ends = read_period(told)
    assert ends == tuple(dt.datetime.fromisoformat(end) if end else None for end in (since, until))
    if ends[0] and ends[1]:
        assert read_period(write_period(ends[0], ends[1])) == ends


@pytest.mark.parametrize(
    "told", ["..", "soon", "2026-02-05..2026-02-03", "2026-02-03T06:00..", "2026-02-03T06:00Z", "9999-12-31"]
)
def test_what_is_no_period_is_refused(told: str) -> None:
    with pytest.raises(Unacceptable):
        read_period(told)


def test_the_address_is_the_state(goals: list[Goal], asks: Any) -> None:
    query = "q=a&target=a&target=unknown&sort=-weight&limit=5"
    context = list_context(SPEC, asks(query))
    state = parse(SPEC, QueryDict(query))
    again = parse(SPEC, QueryDict(context["next_href"].partition("?")[2]))
    assert (again.q, again.raw, again.sort, again.limit) == (state.q, state.raw, state.sort, state.limit)
    assert again.after
    assert [chip.text for chip in context["chips"]] == ["a", "A", "Unknown"]
    assert "target=a" not in context["chips"][1].href and "target=unknown" in context["chips"][1].href


def test_sort_links_turn_round(goals: list[Goal], asks: Any) -> None:
    def header(query: str, name: str) -> Any:
        return next(h for h in list_context(SPEC, asks(query))["headers"] if h.column.name == name)

    assert header("", "key").direction == "ascending" and header("", "key").href.endswith("sort=-key")
    assert header("", "weight").href.endswith("sort=-weight"), "figures begin with the greatest"
    assert header("sort=-weight", "weight").href.endswith("sort=weight")


def test_values_reach_the_api_without_loss(asks: Any) -> None:
    owner = Person.objects.create(key="P-9", name="p")
    Goal.objects.create(key="G-1", name="x", weight=Decimal("0.123456"), due=dt.date(2027, 2, 3), owner=owner)
    Goal.objects.create(key="G-2", name="y")
    first, second = list_json(SPEC, asks(), {})["items"]
    assert Decimal(first["weight"]) == Decimal("0.123456") and isinstance(first["weight"], str)
    assert (first["due"], first["owner"], first["heads"]) == ("2027-02-03", "P-9", None)
    assert (second["weight"], second["due"], second["owner"]) == (None, None, None)


def test_csv_holds_every_row_of_the_filter(goals: list[Goal], asks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accord.ui.lists.output.CHUNK", 7)
    Goal.objects.create(key="G-99", name='=cmd|"x"', weight=Decimal("-1"))
    state = parse(SPEC, {"sort": "-weight"})
    body = b"".join(csv_response(SPEC, asks(), state).streaming_content).decode()  # type: ignore[arg-type]
    rows = list(csv.DictReader(body.splitlines()))
    assert [row["key"] for row in rows] == _expected(list(Goal.objects.select_related("owner")), "-weight")
    odd = next(row for row in rows if row["key"] == "G-99")
    assert odd["name"] == '\'=cmd|"x"', "no spreadsheet runs a name as a formula"
    assert Decimal(odd["weight"]) == -1, "a negative figure stays a figure"
    assert odd["due"] == ""


def test_the_workbook_has_the_rows_of_the_csv(asks: Any, goals: list[Goal]) -> None:
    request = asks("sort=-weight&format=xlsx")
    answer = list_page(SPEC)(request)
    assert "goal-" in answer["Content-Disposition"] and answer["Content-Disposition"].endswith('.xlsx"')
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    place = {str(name): n for n, name in enumerate(head)}
    assert [row[place["key"]] for row in rows] == _expected(list(Goal.objects.select_related("owner")), "-weight")
    weights = dict(Goal.objects.values_list("key", "weight"))
    told = {str(row[place["key"]]): row[place["weight"]] for row in rows}
    assert told == {key: None if one is None else float(one) for key, one in weights.items()}, "figures, not texts"


def test_a_workbook_too_long_is_refused(asks: Any, goals: list[Goal], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accord.ui.lists.output.MOST_IN_WORKBOOK", 1)
    with pytest.raises(Refused, match="CSV"):
        list_page(SPEC)(asks("format=xlsx"))


def test_export_needs_its_own_permission(asks: Any, goals: list[Goal]) -> None:
    head = accounts.add_account(None, "head@probe.example", "H", [(Role.HEAD, "U-1")])
    request = asks("format=csv")
    assert list_page(SPEC)(request).status_code == 200
    request.user = head
    assert list_page(SPEC)(request).status_code == 403
    request.user = AnonymousUser()
    assert list_page(SPEC)(request).status_code == 302


@pytest.mark.parametrize("name", ["q", "after", "sort"])
def test_a_filter_cannot_take_a_reserved_name(name: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        ListSpec("goal", "Goals", SPEC.rows, SPEC.columns, filters=[text(name, "x")])


def test_a_default_sort_must_be_a_sortable_column() -> None:
    with pytest.raises(ValueError, match="no sortable column"):
        ListSpec("goal", "Goals", SPEC.rows, [ListColumn("name", "Name")], default_sort="name")
