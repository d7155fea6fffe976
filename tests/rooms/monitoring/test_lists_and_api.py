"""What a list of the room can be narrowed by on its page, it can be narrowed by on the API, under the same names."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from accord_alerts import hit, person, rule
from accord_spooled import folder
from django.test import Client
from django.urls import reverse

from accord.core.roles import Role
from accord.monitoring.models import RuleCollection, RuleFault
from accord.monitoring.services.alerts import take
from accord.monitoring.urls import urlpatterns
from accord.ui.lists import ListSpec

pytestmark = pytest.mark.django_db
__all__ = ["folder"]
PAGING = {"sort", "limit", "after", "before"}


def lists() -> dict[str, ListSpec]:
    """The lists of the room by the names of their addresses."""
    found = {}
    for one in urlpatterns:
        spec = getattr(one.callback, "list_spec", None)
        if spec is not None and not one.pattern.converters:
            found[str(one.name)] = spec
    return found


class Names(HTMLParser):
    """The names of what can be filled in, within the page's search form."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form" and told.get("role") == "search":
            self._inside = True
        elif self._inside and tag in ("input", "select", "textarea") and told.get("name"):
            self.found.add(str(told["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def names_on(page: str) -> set[str]:
    parser = Names()
    parser.feed(page)
    return parser.found - PAGING


@pytest.fixture
def at(db: None) -> Client:
    boss = person("boss", Role.CISO)
    # A filter whose choices are what is there is shown once there is something.
    rule("one")
    made = Client()
    made.force_login(boss)
    return made


def operations(at: Client) -> dict[str, tuple[str, dict[str, Any]]]:
    """The operations that read, by what they are called: address and description."""
    paths = at.get("/api/openapi.json").json()["paths"]
    return {
        one["get"]["operationId"]: (path, one["get"]) for path, one in paths.items() if "get" in one
    }  # fmt: skip


def test_the_room_has_the_lists_that_are_compared() -> None:
    assert set(lists()) >= {
        "alert_list", "entity_list", "exception_list", "silence_list", "source_list", "rule_list", "rule_faults",
        "daily_watch_list", "threat_profile_list", "detection_exercise_list",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(lists()))
def test_the_page_and_the_api_have_the_same_filters(name: str, at: Client) -> None:
    spec = lists()[name]
    held = [
        one for called, one in operations(at).items() if called.startswith("list_") and one[1]["summary"] == spec.title
    ]
    assert len(held) == 1, f"{spec.title} is on the API {len(held)} times"
    path, told = held[0]
    parameters = {one["name"] for one in told["parameters"] if one["in"] == "query"} - PAGING
    filters = {one.name for one in spec.filters}
    answer = at.get(f"{reverse(f'monitoring:{name}')}?q=x", follow=True)
    assert answer.status_code == 200
    assert names_on(answer.content.decode()) == filters | ({"q"} if spec.search else set())
    assert parameters - {"q"} == filters
    for one in sorted(filters):
        wanted = at.get(path, {one: ""})
        assert wanted.status_code == 200, (one, wanted.content[:300])
    assert at.get(path, {"no_such_filter": "1"}).status_code == 422


def test_the_search_of_events_has_the_same_fields(at: Client, folder: Any) -> None:
    path, told = operations(at)["event_search"]
    parameters = {one["name"] for one in told["parameters"] if one["in"] == "query"} - PAGING
    assert names_on(at.get(reverse("monitoring:event_list")).content.decode()) == parameters
    assert at.get(path).status_code == 200


def test_the_risk_of_entities_and_broken_texts_are_rows_of_the_api(at: Client) -> None:
    take([hit(rule("two", "high"))])
    collection = RuleCollection.objects.create(name="SigmaHQ", kind="archive")
    RuleFault.objects.create(collection=collection, path="a.yml", line=3, problem="It is no rule.")
    risks = at.get("/api/entities?sort=name").json()["items"]
    assert [(one["name"], one["value"]) for one in risks] == [("ada", 64), ("srv-01", 64)]
    (fault,) = at.get("/api/rule-faults").json()["items"]
    assert (fault["path"], fault["line"], fault["collection"]) == ("a.yml", 3, "SigmaHQ")
