"""Operations on the API of coverage, tests of security, ends of support and paths."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router

from accord.core.permissions import guard_api
from accord.exposure.lists.coverage import COVERAGE
from accord.exposure.lists.support import SUPPORT
from accord.exposure.models import CoverageState, PathRun, SecurityTest
from accord.exposure.screens.surfaces import SCREENS
from accord.exposure.selectors import surfaces as read
from accord.exposure.services import security_tests
from accord.ui.nouns.operations import list_operation, noun_operations

router = Router()
list_operation(router, "/coverage/assets", COVERAGE)
list_operation(router, "/end-of-support", SUPPORT)


@router.get("/coverage", summary="The coverage matrix", operation_id="get_coverage", response=dict[str, Any])
@guard_api("view", "coverage")
def coverage(request: HttpRequest) -> dict[str, Any]:
    """Per surface and safeguard: asked, yes, no, unknown, in assets and in money; what no tool watches; as of when."""
    state = CoverageState.objects.filter(id=1).first()
    if state is None or state.at is None:
        raise Http404("The coverage was not computed yet.")
    return {"as_of": state.at, "stale": state.stale, **state.result, "rules": read.rules_in_words()}


@router.get("/paths", summary="Paths to the goals", operation_id="get_paths", response=dict[str, Any])
@guard_api("view", "path")
def paths(request: HttpRequest) -> dict[str, Any]:
    """The latest run: targets, likeliest paths, the smallest cut."""
    run = PathRun.objects.order_by("-at", "-pk").first()
    if run is None:
        raise Http404("No paths were computed yet.")
    return {"as_of": run.at, **run.result}


@router.get(
    "/security-tests/{str:key}/results", summary="Results of a test of security",
    operation_id="get_security_test_results", response=list[dict[str, Any]],
)  # fmt: skip
@guard_api("view", "security_test")
def results(request: HttpRequest, key: str) -> list[dict[str, Any]]:
    """Its findings (of a retest: those of the test before) and what evidence says of each now."""
    test = SecurityTest.objects.filter(key=key).select_related("retest_of").first()
    if test is None:
        raise Http404(f"There is no test “{key[:100]}”.")
    return [
        {"finding": one.finding.pk, "definition": one.finding.definition.identifier, "verdict": one.verdict}
        for one in security_tests.results(test.retest_of or test, 1000)
    ]


noun_operations(router, *SCREENS)
