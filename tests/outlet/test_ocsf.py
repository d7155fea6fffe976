"""OCSF Detection Finding: the attributes that the schema requires, with the numbers that it gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from accord.outlet.ocsf import Detection, detection_finding

FOUND, SEEN = datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 1, 1, 10, 0, 0, 250_000, UTC)
REQUIRED = {
    "activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time", "type_uid",
}  # fmt: skip
"""Of class 2004 without profiles, by schema.ocsf.io."""


def finding(**more: Any) -> dict[str, Any]:
    return detection_finding(Detection("hit", "rule", "A title", more.pop("level", "high"), FOUND, **more), "1.2")


def test_what_the_schema_requires_is_there() -> None:
    found = finding()
    assert found.keys() >= REQUIRED
    assert (found["class_uid"], found["category_uid"], found["activity_id"], found["type_uid"]) == (2004, 2, 1, 200401)
    assert found["finding_info"].keys() >= {"uid", "title"}
    assert found["metadata"].keys() >= {"product", "version"}
    assert found["finding_info"]["analytic"]["type_id"] == 1
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("level", "severity"),
    [("informational", 1), ("low", 2), ("medium", 3), ("high", 4), ("critical", 5), ("", 0)],
)
def test_levels_are_severities_and_none_is_unknown(level: str, severity: int) -> None:
    assert finding(level=level)["severity_id"] == severity


def test_the_finding_has_its_own_time_and_the_event_its_own() -> None:
    found = finding(seen=SEEN)
    assert found["time"] == 1735776000000
    assert found["finding_info"]["first_seen_time"] == found["finding_info"]["last_seen_time"] == 1735725600250
    assert "first_seen_time" not in finding()["finding_info"]


def test_techniques_host_and_fields() -> None:
    found = finding(techniques=("T1059.001", "T1105"), host="pc1", fields={"Image": "a.exe"}, file="f", row=3)
    assert found["finding_info"]["attacks"] == [
        {"technique": {"uid": "T1059"}, "sub_technique": {"uid": "T1059.001"}},
        {"technique": {"uid": "T1105"}},
    ]
    (evidence,) = found["evidences"]
    assert evidence["device"] == {"hostname": "pc1", "type_id": 0}
    assert evidence["data"] == {"file": "f", "row": 3, "Image": "a.exe"}
