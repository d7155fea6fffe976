"""Rules over what is stored give the hits that they gave when it came."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from accord_spooled import everything, folder, source
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, compile_rules
from accord.monitoring import store
from accord.monitoring.models import EventFile, EventSpan, Source
from accord.monitoring.services import events as upkeep
from accord.monitoring.store import StoredEvent, lookback

__all__ = ["folder", "source"]
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = """
title: Shell
logsource: {product: linux, category: process_creation}
detection:
    selection: {Image|endswith: /sh}
    filter: {User: [root, null]}
    condition: selection and not filter
---
title: Nested
logsource: {product: linux}
detection:
    selection: {Parent.Name|contains: http, Tags: web}
    condition: selection
---
title: Word
logsource: {product: linux}
detection:
    keywords: [secret]
    condition: keywords
---
title: Number
logsource: {product: windows}
detection:
    selection: {EventID: 4625, Count|gte: 5}
    condition: selection
---
title: Address
logsource: {product: zeek}
detection:
    selection: {id.orig_h|cidr: 10.0.0.0/8, id|exists: false}
    condition: selection
"""
PROGRAM = compile_rules([(f"{n}.yml", text) for n, text in enumerate(RULES.split("---\n"))])
EVERY = range(len(PROGRAM.rules))
fields = st.fixed_dictionaries(
    {},
    optional={
        "Image": st.sampled_from(["/bin/sh", "/BIN/SH", "/bin/cat", 7, None]),
        "image": st.sampled_from(["/bin/sh", ["/x", "/y/sh"]]),
        "User": st.sampled_from(["root", "ada", None, ""]),
        "Parent": st.sampled_from([{"Name": "httpd"}, {"name": ["httpd", "x"]}, [{"Name": "http"}], "flat"]),
        "Parent.Name": st.sampled_from(["httpd", None]),
        "Tags": st.sampled_from([["web", "db"], "WEB", [], None]),
        "text": st.sampled_from(["the Secret of", "nothing", {"deep": ["secret"]}, "\ud800secret"]),
        "EventID": st.sampled_from([4625, "4625", 4625.0, 4624]),
        "Count": st.sampled_from([5, "6", 4.5, True, "many"]),
        "id.orig_h": st.sampled_from(["10.1.1.1", "11.1.1.1"]),
        "id": st.just({"orig_h": "10.2.2.2"}),
        "_raw": st.just("secret"),
    },
)
products = st.sampled_from([("linux", "process_creation"), ("linux", None), ("windows", None), ("zeek", None)])


def stored(source: Source, told: list[tuple[tuple[str, str | None], dict[str, Any]]]) -> list[StoredEvent]:
    first = EventSpan.objects.count() * 1000
    made = [
        StoredEvent(
            store.key_of(source.pk, "collect-00000001.seg", first + n), source.pk, NOON + timedelta(seconds=first + n),
            True, NOON, product=product, category=category, data=data, raw=b"secret is only in the record",
        )
        for n, ((product, category), data) in enumerate(told)
    ]  # fmt: skip
    store.record(store.write(list(made)), NOON)
    return made


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(products, fields), min_size=1, max_size=12))
def test_the_store_gives_the_hits_of_the_stream(
    source: Source, told: list[tuple[tuple[str, str | None], dict[str, Any]]]
) -> None:
    EventFile.objects.all().delete()
    made = stored(source, told)
    engine = Engine(PROGRAM)
    stream = {
        one.key: numbers
        for one in made
        if (numbers := engine.match(one.data, LogSource(one.product, one.category, one.service)))
    }
    found = {one.key: numbers for one, numbers in lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY)}
    assert found == stream


def test_only_the_time_that_is_asked_for(source: Source) -> None:
    stored(source, [(("linux", None), {"text": "secret"})] * 10)
    found = lookback.run(PROGRAM, EVERY, NOON + timedelta(seconds=3), NOON + timedelta(seconds=7))
    assert [one.time for one, _ in found] == [NOON + timedelta(seconds=n) for n in range(3, 7)]


def test_only_the_sources_and_rules_that_are_asked_for(source: Source) -> None:
    stored(source, [(("linux", None), {"text": "secret", "Tags": "web", "Parent": {"Name": "http"}})])
    assert [numbers for _, numbers in lookback.run(PROGRAM, [1], NOON - DAY, NOON + DAY)] == [(1,)]
    assert list(lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY, sources=[source.pk + 1])) == []


def test_events_are_whole_and_the_way_is_told(source: Source) -> None:
    data = {"text": "secret", "other": ["a", {"b": "c"}], "_raw": "x"}
    for _ in range(3):
        stored(source, [(("linux", None), data), (("linux", None), {"text": "nothing"})])
    heard: list[tuple[float, int, int]] = []
    found = list(lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY, tell=lambda *told: heard.append(told)))
    assert [one.data for one, _ in found] == [data] * 3
    assert heard == [(2 / 6, 2, 1), (4 / 6, 4, 2), (1.0, 6, 3)]


def test_files_that_are_joined_on_the_way_are_read_where_they_were(source: Source, folder: Any) -> None:
    for _ in range(8):
        stored(source, [(("linux", None), {"text": "secret"})])
    way = lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY)
    keys = [next(way)[0].key]
    assert upkeep.compact(NOON + timedelta(hours=1)) == 8
    keys += [one.key for one, _ in way]
    assert len(keys) == 8 == len(set(keys))


def test_files_that_are_gone_are_passed_over(source: Source) -> None:
    for _ in range(3):
        stored(source, [(("linux", None), {"text": "secret"})])
    store.files(None, None)[1].unlink()
    assert len(list(lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY))) == 2


@pytest.mark.parametrize("group", [1, 3])
def test_rows_are_those_of_their_group(source: Source, monkeypatch: pytest.MonkeyPatch, group: int) -> None:
    monkeypatch.setattr(sys.modules["accord.monitoring.store.files"], "ROW_GROUP", group)
    told = [(("linux", None), {"text": "secret" if n % 2 else "no", "n": str(n)}) for n in range(10)]
    stored(source, told)
    assert [one.data["n"] for one, _ in lookback.run(PROGRAM, EVERY, NOON - DAY, NOON + DAY)] == list("13579")
    assert len(everything()) == 10
