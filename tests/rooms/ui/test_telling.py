"""Histories tell what the ledger keeps as every other screen does, whatever it is about."""

from __future__ import annotations

import ast
import datetime as dt
import json
from pathlib import Path

import pytest
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

import accord
from accord.core import nouns
from accord.core.models import LedgerEntry
from accord.core.values import Kind
from accord.ui import format as write
from accord.ui import parts, telling

DAY, MOMENT = "2026-09-14", "2026-09-14T02:12:56+00:00"


def _written() -> list[str]:
    """Every noun that some service writes into the ledger by name, and every noun that lives in a table."""
    found = {noun.name for noun in nouns.everything()}
    for path in Path(accord.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="add"), args=[_, ast.Constant(value=str(noun)), _, *_]):
                    found.add(noun)
    return sorted(found)


def _entry(noun: str, before: dict[str, object], after: dict[str, object]) -> list[tuple[str, str, str]]:
    entry = LedgerEntry(
        number=1, at=MOMENT, actor="system", verb="change", noun=noun, key="K", before=json.dumps(before),
        after=json.dumps(after),
    )  # fmt: skip
    return list(parts.history_entry(entry).changes)


def _told(noun: str, name: str, value: object) -> str:
    return _entry(noun, {}, {name: value})[0][2]


def test_every_model_that_a_history_shows_is_told_in_words() -> None:
    bare, seen = [], 0
    for noun in _written():
        model = telling.model_of(noun)
        for field in model._meta.fields if model is not None else ():
            cases: list[tuple[object, str]] = [(code, str(words)) for code, words in field.flatchoices if code != ""]
            declared = nouns.find(noun)
            if declared is not None and declared.has(field.name) and declared.column(field.name).choices:
                cases = list(declared.column(field.name).choices)  # type: ignore[arg-type]
            if isinstance(field, models.BooleanField):
                cases = [(True, "yes"), (False, "no")]
            elif isinstance(field, models.DateTimeField):
                cases = [(MOMENT, write.datetime(MOMENT))]
            elif isinstance(field, models.DateField):
                cases = [(DAY, write.date(DAY))]
            for value, words in cases:
                seen += 1
                told = _told(noun, field.name, value)
                if told != words:
                    bare.append(f"{noun}.{field.name}: {value!r} is told as {told!r}, not {words!r}")
    assert not bare, "\n".join(bare)
    assert seen > 300


def test_every_column_of_every_noun_is_told_in_words() -> None:
    wrong = []
    for noun in nouns.everything():
        for column in noun.columns:
            cases: list[tuple[object, str]] = [(code, str(words)) for code, words in column.choices]
            cases += {
                Kind.BOOL: [(True, "yes"), (False, "no")], Kind.DATE: [(DAY, write.date(DAY))],
                Kind.LIST: [(["a", "b"], "a; b"), ([], column.blank)], Kind.REF: [("SYS-1", "SYS-1")],
                Kind.SHARE: [("0.125", write.percent("0.125"))], Kind.MONEY: [("1250000", write.money("1250000"))],
                Kind.DECIMAL: [("1250.5", f"1,250.5{write.NBSP}{column.unit}" if column.unit else "1,250.5")],
            }.get(column.kind, [])  # fmt: skip
            wrong += [
                f"{noun.name}.{column.name}: {v!r}" for v, words in cases if _told(noun.name, column.name, v) != words
            ]
    assert not wrong, "\n".join(wrong)


def test_a_noun_that_two_words_name_is_read_by_its_model() -> None:
    assert _told("unclaimed", "state", "claimed") == "Claimed"
    assert _told("policy", "state", "in_force") == "In force"
    assert _told("finding", "state", "false_positive") == "False positive"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("levels", {"low": 1, "high": 2}, "Low: 1; High: 2"),
        ("starts", {"INI-C01": "2027-Q4"}, "INI-C01: 2027-Q4"),
        ("points", [[2000000.0, 0.75], [5000000.0, 0.4]], "(2,000,000; 0.75); (5,000,000; 0.4)"),
        ("loss", 7868442.061989548, "7,868,442"),
        ("bound", 0.30750085571877384, "0.307501"),
        ("port", 8443, "8443"),
        ("year", 2024, "2024"),
        ("dissent_role", "cio", "CIO"),
        ("status", "under_investigation", "Under investigation"),
        ("name", "under_investigation", "under_investigation"),
        ("day", "2026-02-31", "2026-02-31"),
        ("at", "2026-02-31T10:00:00Z", "2026-02-31T10:00:00Z"),
        ("name", "Saturday night of 2026-11-28", f"Saturday night of {write.date('2026-11-28')}"),
        ("name", "servers-2026-09-14.nessus", "servers-2026-09-14.nessus"),
        ("name", "2026-09-14.nessus", "2026-09-14.nessus"),
        ("nothing", None, ""),
    ],
)
def test_what_no_noun_declares(name: str, value: object, words: str) -> None:
    assert telling.told("a_noun_that_is_not_there", name, value) == words


def test_booleans_within_lists_and_maps() -> None:
    assert telling.told("x", "settings", {"enabled": True, "until": DAY}) == f"Enabled: yes; Until: {write.date(DAY)}"
    assert telling.told("x", "flags", [True, None, False]) == "yes; none; no"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just(DAY) | st.just(MOMENT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
)


@given(st.sampled_from(["finding", "asset", "rule", "nothing"]), st.sampled_from(["state", "a", "key"]), JSON)
def test_nothing_that_json_holds_is_too_much(noun: str, name: str, value: object) -> None:
    told = telling.told(noun, name, value)
    assert len(told) <= telling.LONGEST
    assert told not in {"True", "False"} or value == told or isinstance(value, list | dict)


def test_a_date_stands_alone_to_be_rewritten() -> None:
    day = write.date(dt.date(2026, 9, 14))
    assert write.dated("Scan of 2026-09-14, first part (2026-09-14).") == f"Scan of {day}, first part ({day})."
    other = "CVE-2026-09-14 v2026-09-14 2026-09-14T01:00 2026-13-41"
    assert write.dated(other) == other
