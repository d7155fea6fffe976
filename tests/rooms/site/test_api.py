"""The API: tokens, permissions, paging, errors in one shape, and writes that may be repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accord.core import accounts
from accord.core.models import LedgerEntry
from accord.core.roles import Role
from accord.estate.models import System

pytestmark = pytest.mark.django_db


def client(role: Role) -> Client:
    user = accounts.add_account(None, f"{role.value}@b.example", role.label, [(role, "")])
    _, token = accounts.add_token(user, "test")
    return Client(headers={"authorization": f"Bearer {token}", "host": "localhost"})


def put(http: Client, key: str, body: dict[str, Any], **headers: str) -> Any:
    return http.put(f"/api/systems/{key}", json.dumps(body), content_type="application/json", headers=headers)


def test_without_a_token_nothing_is_answered() -> None:
    assert Client(headers={"host": "localhost"}).get("/api/systems").status_code == 401
    bad = Client(headers={"authorization": "Bearer accord_x", "host": "localhost"})
    assert bad.get("/api/systems").status_code == 401


def test_a_token_acts_with_its_accounts_permissions() -> None:
    cio, auditor = client(Role.CIO), client(Role.AUDITOR)
    assert put(cio, "S-1", {"name": "Shop"}).json()["result"] == "added"
    assert put(cio, "S-1", {"name": "Shop"}).json()["result"] == "unchanged"
    assert auditor.get("/api/systems/S-1").json()["name"] == "Shop"
    refused = put(auditor, "S-1", {"name": "Mine"})
    assert (refused.status_code, System.objects.get().name) == (403, "Shop")
    assert auditor.get("/api/me").json()["roles"] == {"auditor": []}


def test_the_same_key_twice_is_one_write_and_one_answer() -> None:
    cio = client(Role.CIO)
    first = put(cio, "S-1", {"name": "Shop"}, **{"Idempotency-Key": "k-1"})
    entries = LedgerEntry.objects.count()
    second = put(cio, "S-1", {"name": "Shop"}, **{"Idempotency-Key": "k-1"})
    assert second.json() == first.json()
    assert LedgerEntry.objects.count() == entries
    assert put(cio, "S-1", {"name": "Other"}, **{"Idempotency-Key": "k-1"}).status_code == 409


def test_a_refused_write_with_a_key_may_be_corrected_under_the_same_key() -> None:
    cio = client(Role.CIO)
    assert put(cio, "S-1", {"nam": "Shop"}, **{"Idempotency-Key": "k"}).status_code == 422
    assert put(cio, "S-1", {"name": "Shop"}, **{"Idempotency-Key": "k"}).status_code == 200


def test_a_refusal_names_column_reason_and_remedy() -> None:
    answer = put(client(Role.CIO), "S-1", {"name": "Shop", "reach": "moon"})
    problem = answer.json()["problems"][0]
    assert answer.status_code == 422
    assert problem["column"] == "reach"
    assert problem["reason"] and problem["remedy"]


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    System.objects.bulk_create(System(key=f"S-{i:03}", name=f"System {i % 7}") for i in range(45))
    auditor = client(Role.AUDITOR)
    seen: list[str] = []
    after = ""
    while True:
        page = auditor.get("/api/systems", {"sort": "name", "limit": 10, **({"after": after} if after else {})}).json()
        seen += [item["key"] for item in page["items"]]
        if not page["next"]:
            break
        after = page["next"]
    assert len(seen) == len(set(seen)) == 45
    assert page["count"] == 45


def test_an_unknown_parameter_is_told() -> None:
    answer = client(Role.AUDITOR).get("/api/systems", {"colour": "red"})
    assert answer.status_code == 422
    assert "colour" in answer.json()["detail"]


def test_the_description_is_openapi_3_1_and_names_the_filters() -> None:
    document = client(Role.AUDITOR).get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    names = {p["name"] for p in document["paths"]["/api/systems"]["get"]["parameters"]}
    assert {"q", "sort", "after", "limit", "reach", "criticality"} <= names


def test_tables_are_imported_whole_or_not_at_all() -> None:
    cio = client(Role.CIO)
    good = SimpleUploadedFile("unit.csv", b"key,name\nU-1,One\n")
    tried = cio.post("/api/imports?dry_run=true", {"files": [good]}).json()
    assert (tried["applied"], tried["summary"][0]["added"]) == (False, 1)
    done = cio.post("/api/imports", {"files": [SimpleUploadedFile("unit.csv", b"key,name\nU-1,One\n")]}).json()
    assert done["applied"]
    bad = cio.post("/api/imports", {"files": [SimpleUploadedFile("unit.csv", b"key,name\nU-2,\n")]}).json()
    assert not bad["applied"]
    assert bad["refused"][0]["row"] == 2
    assert cio.get("/api/tables/unit").content.decode().splitlines()[1] == "U-1,One,"
    assert cio.get("/api/jobs").json()["count"] == 1
