"""Initiatives on screen: costs and people in figures, unknown where nothing is listed; lists within their queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core.models import User
from accord.strategy import selectors
from accord.strategy.models import Initiative

pytestmark = pytest.mark.django_db
LISTS = (
    "/initiatives/", "/initiative-costs/", "/initiative-people/", "/initiative-relations/", "/initiative-goals/",
    "/initiative-systems/", "/budgets/", "/capacities/",
)  # fmt: skip


def test_lists_do_not_ask_more_for_more_rows(company: Any, cio: User, browse: Any) -> None:
    client = browse(cio)

    def asked() -> dict[str, int]:
        found = {}
        for path in LISTS:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200, path
            found[path] = len(queries)
        return found

    before = asked()
    company(
        initiative=[{"key": f"X{n}", "name": f"X {n}", "sponsor": "cio", "duration_quarters": 1} for n in range(30)],
        initiative_cost=[{"initiative": f"X{n}", "year": 1, "capital": 1, "running": 1} for n in range(30)],
    )
    after = asked()
    assert after == before
    assert max(after.values()) <= 15


def test_costs_are_summed_and_unknown_ones_are_not_nothing(company: Any) -> None:
    company(initiative=[{"key": "IDEA", "name": "Idea", "sponsor": "cio", "duration_quarters": 1}])
    sums = {row.key: (row.capital_sum, row.running_sum) for row in selectors.with_costs()}
    assert sums["SHOP"] == (600000, 40000)
    assert sums["IDEA"] == (None, None)


def test_the_page_of_an_initiative(company: Any, cio: User, browse: Any) -> None:
    page = browse(cio).get("/initiatives/SHOP/").content.decode()
    assert "New shop" in page and "EUR" in page and "Most people in a quarter" in page
    assert browse(cio).get("/initiatives/NONE/").status_code == 404


def test_a_form_refuses_what_the_gate_refuses(company: Any, cio: User, browse: Any) -> None:
    answer = browse(cio).post(
        "/initiatives/-/new/",
        {"key": "Y", "name": "Y", "sponsor": "cio", "duration_quarters": "2", "earliest_start": "2028-Q1",
         "latest_start": "2027-Q1"},
    )  # fmt: skip
    assert answer.status_code == 422 and "before the earliest start" in answer.content.decode()
    assert not Initiative.objects.filter(key="Y").exists()
