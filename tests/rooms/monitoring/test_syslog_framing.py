"""Framings of syslog and RELP: cut anywhere they give the same, and nothing that a sender does is held unbounded."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from accord_collecting import counted, ended, pieces
from hypothesis import given
from hypothesis import strategies as st

from accord.monitoring.collecting.framing import Framing, Message, OutOfStep
from accord.monitoring.collecting.relp import Call, Relp, answer

sizes = st.lists(st.integers(1, 50), min_size=1, max_size=20).map(itertools.cycle)
line = st.binary(min_size=1, max_size=80).filter(
    lambda b: b"\n" not in b and b"\0<" not in b and b.strip(b"\r\0 \t\x0b\x0c") == b
)
message = st.builds(lambda pri, rest: b"<%d>" % pri + rest, st.integers(0, 191), st.binary(max_size=80))


def fed(framing: Framing, data: bytes, cut: itertools.cycle[int]) -> list[Message]:
    found = [one for piece in pieces(data, cut) for one in framing.feed(piece)]
    return found + framing.end()


@given(st.lists(line.filter(lambda b: not b[:1].isdigit())), sizes)
def test_lines_come_out_as_they_went_in(lines: list[bytes], cut: itertools.cycle[int]) -> None:
    assert fed(Framing(), ended(lines), cut) == [Message(one) for one in lines]
    assert fed(Framing(), ended(lines).removesuffix(b"\n"), cut) == [Message(one) for one in lines]


@given(st.lists(message), sizes)
def test_counted_messages_come_out_as_they_went_in(messages: list[bytes], cut: itertools.cycle[int]) -> None:
    """They may hold ends of lines; those at the very end are the sender's framing and go."""
    expected = [Message(body) for one in messages if (body := one.rstrip(b"\r\n\0"))]
    assert fed(Framing(), counted(messages), cut) == expected


@given(st.binary(max_size=600), sizes)
def test_any_bytes_end_in_messages_or_out_of_step(data: bytes, cut: itertools.cycle[int]) -> None:
    framing, found = Framing(longest=100), 0
    try:
        for piece in pieces(data, cut):
            found += sum(len(one.body) for one in framing.feed(piece))
            assert framing.held <= 100 + 50 + 12
        found += sum(len(one.body) for one in framing.end())
    except OutOfStep as error:
        found += len(error.sample) + sum(len(one.body) for one in error.before)
    assert found <= len(data)


@pytest.mark.parametrize(
    ("frame", "data", "problem"),
    [
        (ended, b"x" * 5000, "longer than 1,000 bytes"),
        (counted, b"<1>" + b"x" * 5000, "longer than 1,000 bytes"),
    ],
)
def test_what_is_too_long_is_told_once_and_the_next_is_read(
    frame: Callable[[list[bytes]], bytes], data: bytes, problem: str
) -> None:
    for step in (1, 7, 999, 10_000):
        framing = Framing(longest=1000)
        found = fed(framing, frame([b"<1>before", data, b"<1>after"]), itertools.cycle([step]))
        assert [one.body for one in found if not one.problem] == [b"<1>before", b"<1>after"]
        bad = [one for one in found if one.problem]
        assert len(bad) == 1 and problem in bad[0].problem
        assert 0 < len(bad[0].body) <= 1000 and data.startswith(bad[0].body)


def test_a_gigabyte_of_one_line_is_not_held() -> None:
    framing, block = Framing(), b"x" * (1 << 20)
    for _ in range(1024):
        assert framing.feed(block) == []
        assert framing.held <= 1 << 20
    found = framing.feed(b"\nshort\n")
    assert [len(one.body) for one in found] == [1000, 5]


@pytest.mark.parametrize(
    "data", [b"5 <1>abcdef 5 <1>ab", b"4 <1>abc", b"9 <1>a\n<2>b\n<3>c", b"5 <1>ab-5 <1>cd", b"5 <1>ab05 <1>cd"]
)
def test_counts_that_lie_end_the_stream(data: bytes) -> None:
    framing = Framing()
    with pytest.raises(OutOfStep) as error:
        framing.feed(data)
        framing.feed(b"x" * 20)
    assert all(len(one.body) <= 9 for one in error.value.before)


def test_a_count_that_is_never_filled_waits_and_is_told_at_the_end() -> None:
    framing = Framing()
    assert framing.feed(b"500 <1>abc") == []
    assert "ended within" in framing.end()[0].problem


@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_lines_that_end_with_nul(cut: int) -> None:
    """As some senders end them. Who ends with a line feed cannot be made to end elsewhere, nor be made not to end."""

    def messages(data: bytes) -> list[bytes]:
        framing = Framing()
        parts = [data[place : place + cut] for place in range(0, len(data), cut)]
        return [one.body for part in parts for one in framing.feed(part)] + [one.body for one in framing.end()]

    assert messages(b"<1>a\0<1>b c\0\0<1>d\0\n<1>e") == [b"<1>a", b"<1>b c", b"<1>d", b"<1>e"]
    assert messages(b"<1>a\n<1>b\0<1>forged\n\0<1>c\r\n") == [b"<1>a", b"<1>b\0<1>forged", b"<1>c"]
    assert messages(b"<1>a\0b\n<1>c\n") == [b"<1>a\0b", b"<1>c"]
    assert messages(b"<1>a\0<1>b\n<1>c\0") == [b"<1>a", b"<1>b", b"<1>c"]


def test_lines_that_begin_with_digits_are_lines() -> None:
    assert fed(Framing(), b"2026-01-01 10:00 a\n12 b\n", itertools.cycle([3])) == [
        Message(b"2026-01-01 10:00 a"), Message(b"12 b"),
    ]  # fmt: skip


# --- RELP


def relp(number: int, command: str, data: bytes = b"") -> bytes:
    return b"%d %s %d%s\n" % (number, command.encode(), len(data), b" " + data if data else b"")


@given(st.lists(st.binary(min_size=1, max_size=60)), sizes)
def test_relp_frames_come_out_as_they_went_in(messages: list[bytes], cut: itertools.cycle[int]) -> None:
    stream = relp(1, "open", b"relp_version=0\ncommands=syslog")
    stream += b"".join(relp(n, "syslog", one) for n, one in enumerate(messages, 2)) + relp(0, "close")
    framing = Relp()
    found = [one for piece in pieces(stream, cut) for one in framing.feed(piece)]
    assert [one.command for one in found] == ["open", *["syslog"] * len(messages), "close"]
    assert [(one.number, one.data) for one in found[1:-1]] == list(enumerate(messages, 2))
    assert framing.held == 0


@given(st.binary(max_size=600), sizes)
def test_any_bytes_are_relp_or_not(data: bytes, cut: itertools.cycle[int]) -> None:
    framing = Relp(longest=100)
    try:
        for piece in pieces(data, cut):
            framing.feed(piece)
            assert framing.held <= 100 + 50 + 55
    except OutOfStep:
        pass


def test_a_relp_message_that_is_too_long_keeps_its_number() -> None:
    for step in (1, 50, 10_000):
        framing = Relp(longest=1000)
        stream = relp(1, "syslog", b"x" * 4000) + relp(2, "syslog", b"after")
        found = [one for piece in pieces(stream, itertools.cycle([step])) for one in framing.feed(piece)]
        assert [one.number for one in found] == [1, 2]
        assert "longer than" in found[0].problem and len(found[0].data) <= 1000
        assert found[1] == Call(2, "syslog", b"after")


def test_answers_as_the_protocol_writes_them() -> None:
    assert answer(7) == b"7 rsp 6 200 OK\n"
