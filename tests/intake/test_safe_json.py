"""The pull reader of JSON, against the standard library."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.intake.records import IntakeError
from accord.intake.safe import json_reader
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)  # fmt: skip


class Dribble(io.BytesIO):
    """Gives a few bytes at a time, so that every token is cut somewhere."""

    step = 3

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(self.step, size) if size and size > 0 else self.step)


def document(data: bytes, limits: Limits | None = None) -> JsonReader:
    with Source(io.BytesIO(data), limits, "x").open() as reader:
        return JsonReader(reader)


def whole(reader: JsonReader) -> Any:
    found = reader.value()
    reader.end()
    return found


def walked(reader: JsonReader) -> Any:
    """The document, put together from names() and elements() only."""
    if reader.peek() == "{":
        return {name: walked(reader) for name in reader.names()}
    if reader.peek() == "[":
        return [walked(reader) for _ in reader.elements()]
    return reader.value()


@given(VALUES, st.sampled_from([None, 1]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_it_reads_what_json_reads(value: Any, indent: int | None, encoding: str) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=encoding == "utf-8")
    data = text.encode(encoding, "surrogatepass") if encoding == "utf-8" else text.encode(encoding, "replace")
    expected = json.loads(data.decode(encoding))
    assert whole(document(data)) == expected
    assert walked(document(data)) == expected
    passed = document(data)
    passed.skip()
    passed.end()


@settings(max_examples=50)
@given(VALUES, st.integers(1, 7))
def test_it_reads_in_any_pieces(value: Any, step: int) -> None:
    data = json.dumps(value).encode()
    stream = Dribble(data)
    stream.step = step
    with pytest.MonkeyPatch.context() as patch, Source(stream, name="x").open() as reader:
        patch.setattr(json_reader, "CHUNK", step)
        found = JsonReader(reader)
        assert walked(found) == value
        found.end()


@settings(max_examples=200)
@given(VALUES.map(lambda value: json.dumps(value).encode()), st.data())
def test_what_json_refuses_is_refused(data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data)))
    damaged = data[:at] + draw.draw(st.binary(max_size=3)) + data[at + draw.draw(st.integers(0, 3)) :]
    try:
        expected = json.loads(damaged.decode("utf-8-sig"), object_pairs_hook=list, parse_constant=float.fromhex)
    except (ValueError, RecursionError):
        expected = NotImplemented
    for read in (whole, walked):
        try:
            reader = document(damaged)
            read(reader)
            reader.end()
        except IntakeError as error:
            assert error.problem
            assert error.remedy
        else:
            assert expected is not NotImplemented, damaged


def test_names_that_nobody_takes_are_passed() -> None:
    reader = document(b'{"a": {"b": [1, {"c": "d"}]}, "e": [[], {}], "f": 5}')
    taken = [reader.value() for name in reader.names() if name == "f"]
    reader.end()
    assert taken == [5]


def test_large_values_are_passed_in_pieces() -> None:
    big = {"rows": [{"n": n, "text": "x" * 100} for n in range(30_000)], "last": 1}
    reader = document(json.dumps(big).encode(), Limits(record_bytes=100_000))
    assert [reader.scalar() for name in reader.names() if name == "last"] == [1]


def test_a_record_beyond_the_limit_is_refused() -> None:
    reader = document(json.dumps({"rows": ["x" * 3_000_000]}).encode(), Limits(record_bytes=100_000))
    with pytest.raises(IntakeError, match=r"One record is larger|One part of the file"):
        whole(reader)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '[{"a": {"b": 1, "b": 1}}]'])
def test_a_name_twice_is_refused(text: str) -> None:
    for read in (whole, walked):
        with pytest.raises(IntakeError, match="stands twice"):
            read(document(text.encode()))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(word: str) -> None:
    with pytest.raises(IntakeError, match="not a number in JSON"):
        whole(document(f'{{"a": {word}}}'.encode()))


def test_errors_name_the_line_and_the_place() -> None:
    reader = document(b'{\n"runs": [\n{"a": 1},\n{"a": oops}\n]}')
    with pytest.raises(IntakeError) as caught:
        for name in reader.names():
            assert name == "runs"
            for _ in reader.elements():
                reader.value()
    assert (caught.value.file, caught.value.row, caught.value.field) == ("x", 4, "runs[1]")


@pytest.mark.parametrize("text", ['{"a": [1, 2', '{"a": "unfinished', '{"a":', '{"a"', "{", '{"a": tru', "[1,"])
def test_a_cut_document_is_told_from_a_wrong_one(text: str) -> None:
    for read in (whole, walked):
        with pytest.raises(IntakeError) as caught:
            read(document(text.encode()))
        assert "ends in the middle" in caught.value.problem or "not valid JSON" in caught.value.problem


@pytest.mark.parametrize(
    "data", [b'{"a": "\xff"}', b'{"a": "\xc3', "{}".encode("utf-32"), '{"ä": 1}'.encode("latin-1")]
)
def test_other_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(IntakeError):
        whole(document(data))


def test_names_are_limited_in_all() -> None:
    names = ", ".join(f'"{number:05}{"x" * 4000}": 1' for number in range(1100))
    with pytest.raises(IntakeError, match="names of one object are too long"):
        walked(document(f"{{{names}}}".encode()))
    short = {f"{number:06}": number for number in range(20_000)}
    assert walked(document(json.dumps([short, short]).encode())) == [short, short]


def test_more_after_the_end_is_refused() -> None:
    with pytest.raises(IntakeError, match="more text after the end"):
        whole(document(b'{"a": 1}\n{"b": 2}'))
