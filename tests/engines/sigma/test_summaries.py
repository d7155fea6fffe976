"""A summary never denies what is there, hardly ever affirms what is not, and is read as it was written."""

from __future__ import annotations

import base64
import json
import random
import zlib

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.engines.sigma.expressions import Expressions
from accord.engines.sigma.matchers import FieldMatcher
from accord.engines.sigma.summaries import RAW, TOLD, Gathering, Runs, Summary, raw_summary, unpacked
from accord.engines.sigma.tree import Atom

TEXT = st.text(st.sampled_from('aBk\u212a\u0130i?z09 \\"é\u20ac-'), max_size=30)


def summary(*texts: str) -> Summary:
    runs = Runs()
    for text in texts:
        runs.add(text.encode())
    return runs.summary()


@given(texts=st.lists(TEXT, min_size=1, max_size=4), data=st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_in_a_text_is_never_denied(texts: list[str], data: st.DataObject) -> None:
    found = summary(*texts)
    lower = data.draw(st.sampled_from(texts)).lower()
    begin = data.draw(st.integers(0, len(lower)))
    word = lower[begin : data.draw(st.integers(begin, len(lower)))]
    assert found.may_hold(word)
    assert found.may_hold(word.upper().lower())


def test_words_across_the_border_of_what_is_looked_at_together_are_there() -> None:
    text = "".join(random.Random(1).choices("abcdefgh \u212a", k=200_000))
    found = summary(text)
    size = len(text)
    for begin in range(0, size - 9, 997):
        assert found.may_hold(text[begin : begin + 9])
    whole = text.encode()
    for place in (65_536, 131_072):
        near = whole[place - 6 : place + 6].decode("utf-8", "ignore")
        assert found.may_hold(near)


def test_words_that_are_nowhere_are_mostly_denied() -> None:
    draw = random.Random(2)
    texts = ["".join(draw.choices("abcdefghijklmnop0123456789", k=12)) for _ in range(3_000)]
    found = summary(*texts)
    words = ["".join(draw.choices("abcdefghijklmnop0123456789", k=9)) for _ in range(1_000)]
    assert sum(map(found.may_hold, words)) < 60
    assert not found.may_hold("zqx")
    assert found.may_hold("zq"), "too short to tell"


def table() -> pa.Table:
    return pa.table(
        {
            "_raw": pa.array([b'{"F":"Whoami"}', b"\xff\xfeother"], pa.binary()), "_host": ["secret-host", None],
            "F": ["Whoami", None], "G": pa.array([None, "x"]).dictionary_encode(),
            "_nested.H": [None, '[{"k":"in\\u0073ide"},7.0]'], "_more": ['{"I":"further"}', None],
            "__J": ["under", None], "E": pa.nulls(2, pa.string()),
        }
    )  # fmt: skip


def test_a_file_tells_of_its_values_and_of_its_records() -> None:
    gathering = Gathering()
    told = gathering.told(table())
    assert told.drop_columns([TOLD]) == table()
    packed = told.column(TOLD).to_pylist()
    assert packed[1:] == [None]
    values, raw = unpacked(packed[0]), raw_summary(gathering.metadata())
    assert values is not None
    assert raw is not None
    for word in ("whoami", "WHOAMI", "inside", "further", "under"):
        assert values.may_hold(word)
    assert not values.may_hold("secret-host")
    assert raw.may_hold('"f":"whoami')
    assert raw.may_hold("other")
    assert not raw.may_hold("inside")
    assert values.columns["F"].may_hold("whoami")
    for column in ("G", "E", "__J", "_nested.H", "_more"):
        assert not values.columns[column].may_hold("whoami")
    assert values.columns["_more"].may_hold("further")
    assert not values.columns["E"].may_hold("x"), "there is nothing at all"
    assert values.columns["G"].may_hold("y"), "too short to tell"


def test_each_row_group_tells_of_its_own_values() -> None:
    gathering = Gathering()
    both = [unpacked(gathering.told(table().slice(begin, 1)).column(TOLD)[0].as_py()) for begin in (0, 1)]
    assert [one is not None and one.may_hold("whoami") for one in both] == [True, False]
    assert [one is not None and one.may_hold("inside") for one in both] == [False, True]
    raw = raw_summary(gathering.metadata())
    assert raw is not None
    assert raw.may_hold("whoami")
    assert raw.may_hold("other")


def test_a_path_leads_to_any_value_however_many_and_deep() -> None:
    deep: object = "deepest"
    for _ in range(100):
        deep = {"k": deep}
    text = json.dumps({"many": [f"value {number}" for number in range(1500)], "deep": deep})
    held = unpacked(Gathering().told(pa.table({"_nested.H": [text]})).column(TOLD)[0].as_py())
    assert held is not None
    assert held.may_hold("value 1499")
    assert held.may_hold("deepest")
    assert not held.may_hold("other")


def test_a_column_that_holds_too_much_to_tell_has_none_of_its_own() -> None:
    draw = random.Random(3)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    texts = ["".join(draw.choices(letters, k=200)) for _ in range(600)]
    held = unpacked(Gathering().told(pa.table({"F": texts, "G": ["word"] * 600})).column(TOLD)[0].as_py())
    assert held is not None
    assert list(held.columns) == ["G"]
    assert held.may_hold(texts[5][20:60])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"!", zlib.compress(b""), zlib.compress(b"{}\0"), zlib.compress(b'{"size":9,"columns":[]}\0short'),
        zlib.compress(b'{"size":"x","columns":[]}\0'), zlib.compress(b'{"size":9,"columns":[1]}\0'),
        zlib.compress(b'{"size":-9,"columns":[]}\0'), zlib.compress(b'{"size":0,"columns":[]}\0' + b"\0" * 32768),
        zlib.compress(b'{"size":99999999999,"columns":[]}\0'), zlib.compress(b"[" * 100_000 + b"\0"),
    ],
    ids=["nothing", "no zlib", "empty", "no sizes", "short", "text", "pairs", "negative", "zero", "large", "deep"],
)  # fmt: skip
def test_what_is_no_summary_denies_nothing(data: bytes) -> None:
    assert unpacked(data) is None
    assert raw_summary({RAW: base64.b64encode(data)}) is None
    assert raw_summary({RAW: b"no base64"}) is None
    assert raw_summary({}) is None
    assert raw_summary(None) is None


@given(words=st.lists(TEXT.map(str.lower), min_size=1, max_size=5), texts=st.lists(TEXT, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_words_are_found_by_hyperscan_as_by_the_automaton(words: list[str], texts: list[str]) -> None:
    rows = [(Atom("F", "contains", word), bit, bit) for bit, word in enumerate(dict.fromkeys(words)) if word]
    walking, scanning = FieldMatcher(rows, Expressions({})), FieldMatcher(rows, Expressions({}))
    scanning._patience = -1
    for text in texts:
        wanted = sum(1 << bit for atom, _, bit in rows if atom.value in text.lower())
        assert walking.mask((text,)) == scanning.mask((text,)) == scanning.mask((text,)) == wanted
