"""Search by identifier, asset, owner, component and words, on the full-text index of each database."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.estate.models import System
from accord.exposure.models import ComponentWords, Definition, DefinitionWords, Finding
from accord.exposure.models.searching import COMMON, words_of
from accord.exposure.selectors import narrow, search
from accord.exposure.services import import_scan, searching
from accord.organization.models import Person

Nessus = Callable[..., Path]
WEB, PAY = "web.shop.example", "pay.example"
MOST = 15


@pytest.fixture
def landed(estate: User, nessus: Nessus) -> User:
    """Plugin 1 (two CVEs) on shop and payroll, plugin 2 on the shop; the payroll belongs to Olga in IT."""
    hosts = {WEB: [(1, 443, 4), (2, 443, 1)], PAY: [(1, 443, 4)]}
    import_scan(estate, nessus(hosts, cves={1: ["CVE-2021-44228", "CVE-2021-45046"]}, plugins=[1, 2]))
    Definition.objects.filter(identifier="nessus:1").update(
        title="Apache Log4j: remote code execution", description="Naïve look-ups in messages of Übersee systems."
    )
    Definition.objects.filter(identifier="nessus:2").update(title="Weak remote cipher", description="")
    searching.note_definitions(Definition.objects.values_list("pk", flat=True))
    Finding.objects.filter(definition__identifier="nessus:2").update(component="org.apache:struts2-core")
    searching.note_components()
    System.objects.filter(key="S-PAY").update(it_owner=Person.objects.create(key="P-OLGA", name="Olga Ohm"))
    return estate


@pytest.fixture
def ciso(landed: User) -> Client:
    client = Client()
    user = accounts.add_account(None, "ciso@exposure.example", "C", [(Role.CISO, "")])
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def listed(client: Client, **query: str) -> set[tuple[str, str]]:
    """(definition, target) of each row."""
    answer = client.get("/api/findings", query)
    assert answer.status_code == 200, answer.content
    return {(one["definition"].removeprefix("nessus:"), one["target"].removeprefix("host:"))
            for one in answer.json()["items"]}  # fmt: skip


LOG4J, CIPHER = {("1", WEB), ("1", PAY)}, {("2", WEB)}
CASES = [
    ("log4j remote", LOG4J, "weaknesses with the words"),
    ("REMOTE apache log4", LOG4J, "weaknesses with the words"),
    ("remote", LOG4J | CIPHER, "weaknesses with the words"),
    ("cipher of the remote", CIPHER, "weaknesses with the words"),
    ("naive ubersee", LOG4J, "weaknesses with the words"),
    ("44228 execution", LOG4J, "weaknesses with the words"),
    ("struts2", CIPHER, "components with"),
    ("org.apache:struts", CIPHER, "components with"),
    ("cve-2021-4504", LOG4J, "weaknesses whose identifier begins with"),
    ("A-PAY", {("1", PAY)}, "assets whose key or name"),
    ("10.0.0.3", {("1", PAY)}, "assets with a host name, address"),
    ("olga", {("1", PAY)}, "systems whose owner in IT is"),
    ("P-OLGA", {("1", PAY)}, "systems whose owner in IT is"),
    ("remote nowhere", set(), "no identifier, asset, owner, component or word"),
    ("of the", set(), "no identifier, asset, owner, component or word"),
    ("' OR 7=7 -- \" * & | ! ( :", set(), "no identifier, asset, owner, component or word"),
]


@pytest.mark.parametrize(("text", "rows", "told"), CASES)
def test_what_a_search_finds_and_says(ciso: Client, text: str, rows: set[tuple[str, str]], told: str) -> None:
    assert listed(ciso, search=text) == rows
    assert told in ciso.get("/findings/", {"search": text}).content.decode()


@pytest.mark.parametrize(("text", "rows", "told"), CASES)
def test_many_are_met_on_the_walk(
    ciso: Client, text: str, rows: set[tuple[str, str]], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "MANY", 0)
    monkeypatch.setattr(search, "MANY", 0)
    assert listed(ciso, search=text) == rows


def test_owners(ciso: Client) -> None:
    assert listed(ciso, owner="P-OLGA") == {("1", PAY)}
    assert listed(ciso, owner="unknown") == {("1", WEB), ("2", WEB)}
    assert listed(ciso, owner="P-NOBODY") == set()
    assert listed(ciso, owner="P-OLGA", severity="low") == set()


def test_definitions_by_words(ciso: Client) -> None:
    def found(text: str) -> list[str]:
        rows = ciso.get("/api/definitions", {"search": text}).json()["items"]
        return sorted(row["identifier"] for row in rows)

    assert found("remote") == ["nessus:1", "nessus:2"]
    assert found("remote execution") == ["nessus:1"]
    assert found("CVE-2021") == ["nessus:1"]
    assert found("nothing") == []


def test_a_search_asks_few_questions(ciso: Client) -> None:
    for text in ("log4j remote", "struts2", "cve-2021-4504", "A-PAY", "10.0.0.3", "olga", "nothing"):
        for more in ("", "&state=open&severity=critical", "&owner=P-OLGA"):
            ciso.get(f"/findings/?search={text}{more}")
            with CaptureQueriesContext(connection) as seen:
                assert ciso.get(f"/findings/?search={text}{more}").status_code == 200
            assert len(seen) <= MOST, (text, more)


def test_imports_keep_the_words(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, cves={1: ["CVE-2020-1111"]}, plugins=[1]))
    held = DefinitionWords.objects.get(definition__identifier="nessus:1").words.split()
    assert {"nessus", "cve", "2020", "1111"} <= set(held)
    assert list(searching.check_words()) == []


@pytest.mark.django_db(transaction=True)
def test_the_check_tells_what_disagrees_and_rebuilding_mends_it(landed: User) -> None:
    assert list(searching.check_words()) == []
    Definition.objects.filter(identifier="nessus:1").update(title="Something else")
    DefinitionWords.objects.filter(definition__identifier="nessus:2").delete()
    assert len(list(searching.check_words())) == 2
    assert searching.rebuild() == Definition.objects.count()
    assert list(searching.check_words()) == []
    assert search.definitions("something else").count() == 1


def test_words_that_are_gone_find_nothing(landed: User) -> None:
    assert search.definitions("cipher").count() == 1
    DefinitionWords.objects.filter(words__matching="cipher").delete()
    assert search.definitions("cipher").count() == 0
    ComponentWords.objects.update(words="other")
    assert (search.components("struts2").count(), search.components("other").count()) == (0, 1)


ALPHABET = string.ascii_letters + string.digits + " -_.:/'\"*&|!()<>\\%éßİﬁЖ中\u0301"
TEXTS = st.text(alphabet=ALPHABET, max_size=30)


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4), query=TEXTS, short=st.booleans(), data=st.data())
def test_the_index_agrees_with_reading_every_text(
    db: Any, texts: list[str], query: str, short: bool, data: st.DataObject
) -> None:
    """Both databases find what a plain reading of the words finds, whatever signs the texts are made of."""
    ComponentWords.objects.all().delete()
    rows = {f"{n}": words_of([text]) for n, text in enumerate(texts)}
    ComponentWords.objects.bulk_create(ComponentWords(name=n, words=" ".join(words)) for n, words in rows.items())
    held = [word for words in rows.values() for word in words]
    if short and held:
        query = data.draw(st.sampled_from(held))[: data.draw(st.integers(1, 5))] + " " + query[:3]
    asked = words_of([query])

    def has(words: list[str], one: str) -> bool:
        return any(word.startswith(one) for word in words) if len(one) > 2 else one in words

    plain = {name for name, words in rows.items() if asked and all(has(words, one) for one in asked)}
    assert set(search.components(query).values_list("name", flat=True)) == plain


def test_words() -> None:
    assert words_of(["The Log4j-core of CVE-2021-44228", "log4j, Ünïcode"]) == [
        "log4j", "core", "cve", "2021", "44228", "unicode",
    ]  # fmt: skip
    assert words_of([" ".join(COMMON)]) == [] and words_of([]) == []
    assert len(words_of(["a1" * 100])[0]) == 60
    assert len(words_of([" ".join(f"w{n}" for n in range(5000))])) == 2000
    assert not re.search(r"\W", "".join(words_of(["a;b\x00c'd\"e"])))
