"""Every list and home page asks the database a few questions, whatever the number of rows."""

from __future__ import annotations

import re
from http import HTTPStatus

import pytest
from accord_routes import Page, walk
from accord_sample import Sample
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db
LISTS_AND_HOMES = 15
ONE_OBJECT = 25
ROLES = ("cio", "ciso", "analyst", "manager", "head", "auditor")
FIRST_ROW = re.compile(r"<tbody.*?<a[^>]* href=\"(/[^\"?#]*)\"", re.DOTALL)


def _client(sample: Sample, role: str) -> Client:
    client = Client()
    client.force_login(sample.users[role], backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _plain(page: Page) -> bool:
    """A page of ours that needs no key in its address."""
    return page.ours and page.guard is not None and "/x" not in page.path and "/1/" not in page.path


def _asked(client: Client, path: str) -> tuple[int, str, CaptureQueriesContext]:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(path)
        body = b"" if answer.streaming else answer.content
    return answer.status_code, body.decode("utf-8", "replace"), asked


def _repeated(asked: CaptureQueriesContext) -> str:
    """The statement that was asked most often, its values left out."""
    shapes: dict[str, int] = {}
    for query in asked.captured_queries:
        shape = re.sub(r"'[^']*'|\b\d+\b", "?", query["sql"])[:160]
        shapes[shape] = shapes.get(shape, 0) + 1
    return max(shapes.items(), key=lambda item: item[1], default=("", 0)).__repr__()


@pytest.mark.parametrize("role", ROLES)
def test_pages_ask_at_most_fifteen_questions(role: str, sample_company: Sample) -> None:
    client = _client(sample_company, role)
    seen, many = 0, []
    for page in filter(_plain, walk.pages):
        status, _, asked = _asked(client, page.path)
        if status == HTTPStatus.OK:
            seen += 1
            if len(asked) > LISTS_AND_HOMES:
                many.append(f"{page}: {len(asked)} queries, most often {_repeated(asked)}")
    assert seen >= 3
    assert not many, f"{role}:\n" + "\n".join(many)


def test_pages_of_one_object_ask_a_known_number(sample_company: Sample) -> None:
    client = _client(sample_company, "cio")
    seen, many = 0, []
    for page in filter(_plain, walk.pages):
        if getattr(page.view, "list_spec", None) is None:
            continue
        _, body, _ = _asked(client, page.path)
        link = FIRST_ROW.search(body)
        if link:
            status, _, asked = _asked(client, link[1])
            seen += 1
            assert status == HTTPStatus.OK, f"{link[1]}, the first row of {page}: {status}"
            if len(asked) > ONE_OBJECT:
                many.append(f"{link[1]}: {len(asked)} queries, most often {_repeated(asked)}")
    assert seen >= 5
    assert not many, "\n".join(many)


def test_lists_of_the_sample_are_full(sample_company: Sample) -> None:
    """A count of queries says something only where there are rows."""
    client = _client(sample_company, "cio")
    for path in ("/systems/", "/assets/", "/goals/"):
        status, body, _ = _asked(client, path)
        assert status == HTTPStatus.OK
        assert FIRST_ROW.search(body), path
