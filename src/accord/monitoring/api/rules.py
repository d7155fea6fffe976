"""Rules on the API: the list of the screen, texts, tests, and the same writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Body, Field, Router, Schema

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.monitoring.lists.rules import FAULTS, RULES
from accord.monitoring.models import Rule
from accord.monitoring.selectors import rules as selectors
from accord.monitoring.services import placeholders, rules, scorecards
from accord.monitoring.services.rules import tests as rule_tests
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/rules", RULES)
list_operation(router, "/rule-faults", FAULTS, "rule_faults")


class Text(Schema):
    """A rule's text. `despite`: put it in force although tests fail."""

    text: str = Field(max_length=1 << 20)
    note: str = Field(default="", max_length=500)
    despite: bool = False


class Switch(Schema):
    """Rules (their numbers) to enable or disable."""

    rules: list[int] = Field(max_length=5000)
    enabled: bool
    note: str = Field(default="", max_length=200)


class Decision(Schema):
    """What is decided of rules: keep, tune or retire, and why."""

    rules: list[int] = Field(max_length=5000)
    course: str = Field(max_length=10)
    note: str = Field(max_length=500)


class Test(Schema):
    """Events that a rule must (`matches`) or must not match; `least` of them, all where it is not told."""

    name: str = Field(max_length=200)
    matches: bool
    events: str = Field(max_length=400_000, description="JSON: an object, a list, or one object on each line")
    least: int | None = None


def _rule(pk: int) -> Rule:
    found: Rule | None = Rule.objects.select_related("version", "offered").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _shown(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.pk, "identifier": rule.identifier, "title": rule.title, "enabled": rule.enabled,
        "state": rule.state, "reason": rule.reason, "collection": rule.collection, "needs": rule.needs,
        "version": rule.version.number if rule.version else None, "text": rule.version.text if rule.version else "",
        "waiting_version": rule.offered.number if rule.offered else None, "course": rule.course,
    }  # fmt: skip


@router.get("/rules/states", summary="How many rules are in which state", operation_id="get_rule_states",
            response=list[dict[str, Any]])  # fmt: skip
@guard_api("view", "rule")
def states(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"state": one.state, "enabled": one.enabled, "disabled": one.disabled} for one in selectors.by_state()
    ]  # fmt: skip


@router.get("/rules/{int:pk}", summary="One rule with its text", operation_id="get_rule", response=dict[str, Any])
@guard_api("view", "rule")
def rule(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = _rule(pk)
    tests = [
        {"name": one.name, "matches": one.matches, "least": one.least, "outcome": one.outcome, "told": one.told}
        for one in found.cases.defer("events").order_by("pk")[:200]
    ]
    return {**_shown(found), "tests": tests}


@router.post("/rules", summary="Write a rule", operation_id="write_rule", response=dict[str, Any])
@guard_api("change", "rule")
@idempotent
def write(request: HttpRequest, body: Body[Text]) -> dict[str, Any]:
    return _shown(rules.write(actor_of(request), body.text, body.note))


@router.put("/rules/{int:pk}", summary="Change a rule's text", operation_id="change_rule", response=dict[str, Any])
@guard_api("change", "rule")
@idempotent
def change(request: HttpRequest, pk: int, body: Body[Text]) -> dict[str, Any]:
    """422 with the line where the text cannot be run, or with the tests that fail."""
    found = _rule(pk)
    rules.change(actor_of(request), found, body.text, body.note, body.despite)
    return _shown(found)


@router.post("/rules/switch", summary="Enable or disable rules", operation_id="switch_rules", response=dict[str, Any])
@guard_api("change", "rule")
@idempotent
def switch(request: HttpRequest, body: Body[Switch]) -> dict[str, Any]:
    chosen = Rule.objects.filter(pk__in=body.rules)
    return {"changed": rules.switch(actor_of(request), chosen, body.enabled, body.note)}


@router.post("/rules/decide", summary="Keep, tune or retire rules", operation_id="decide_rules",
             response=dict[str, Any])  # fmt: skip
@guard_api("decide", "rule")
@idempotent
def decide(request: HttpRequest, body: Body[Decision]) -> dict[str, Any]:
    chosen = Rule.objects.filter(pk__in=body.rules)
    return {"decided": scorecards.decide(actor_of(request), chosen, body.course, body.note)}


@router.post("/rules/{int:pk}/tests", summary="Give a rule a test", operation_id="add_rule_test",
             response=dict[str, Any])  # fmt: skip
@guard_api("change", "rule")
@idempotent
def add_test(request: HttpRequest, pk: int, body: Body[Test]) -> dict[str, Any]:
    made = rule_tests.add(actor_of(request), _rule(pk), body.name, body.events, body.matches, body.least)
    return {"name": made.name, "outcome": made.outcome, "told": made.told}


@router.post("/rules/{int:pk}/tests/run", summary="Run a rule's tests", operation_id="run_rule_tests",
             response=dict[str, int])  # fmt: skip
@guard_api("run", "rule")
def run_tests(request: HttpRequest, pk: int) -> dict[str, int]:
    return rule_tests.run_for([_rule(pk)])


class Values(Schema):
    """What stands for `%name%` in rules: at most 1,000 values of 1,000 characters; none take them away."""

    name: str = Field(max_length=202)
    values: list[str] = Field(max_length=placeholders.MOST)
    note: str = Field(default="", max_length=500)


@router.get("/placeholders", summary="What rules ask for and the values that are given",
            operation_id="list_placeholders", response=list[dict[str, Any]])  # fmt: skip
@guard_api("view", "placeholder")
def every_placeholder(request: HttpRequest) -> list[dict[str, Any]]:
    """Those for which most rules wait first."""
    return [{**asdict(one), "state": one.state} for one in placeholders.asked()]


@router.put("/placeholders", summary="Give values for a placeholder", operation_id="give_placeholder",
            response=dict[str, Any])  # fmt: skip
@guard_api("change", "placeholder")
@idempotent
def give_placeholder(request: HttpRequest, body: Body[Values]) -> dict[str, Any]:
    """The rules are compiled anew; until then the old values hold."""
    made = placeholders.give(actor_of(request), body.name, body.values, body.note)
    return {"name": made.name if made else body.name, "values": made.values if made else []}
