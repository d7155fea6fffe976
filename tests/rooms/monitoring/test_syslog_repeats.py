"""What a sender sends again after its connection broke off is kept once; what it sends twice is twice."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from accord.monitoring.collecting import repeats
from accord.monitoring.collecting.repeats import EACH, FRESH, SETTLED, Repeats
from accord.monitoring.collecting.spool import Record, Writer, replay

PEER = "192.0.2.1"
lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=12)


def sent(
    held: Repeats, name: str, given: list[bytes], orderly: bool, now: float = 0.0, peer: str = PEER
) -> list[bytes]:
    """One connection with these lines; what of them is kept."""
    trail = held.begin(name, peer, now)
    kept = [one for one, keep in zip(given, held.keep(trail, given), strict=True) if keep]
    held.written(trail)
    held.end(trail, orderly)
    return kept


@given(lines, st.integers(0, 12), st.integers(0, 12), lines)
def test_sent_again_from_any_place_every_line_is_there_once(
    first: list[bytes], received: int, again: int, more: list[bytes]
) -> None:
    """Of `first` the collector took `received` before it broke; the sender sends again from `again` on, then more."""
    received, again = min(received, len(first)), min(again, received, len(first))
    held = Repeats()
    kept = sent(held, "t1", first[:received], orderly=False)
    kept += sent(held, "t2", first[again:] + more, orderly=True)
    whole = Counter(first + more)
    total = Counter(kept)
    assert total[b"a"] <= whole[b"a"]
    # Whatever came beyond what was received is there, but for as many as equal a line that was not sent again.
    missing = whole - total
    assert sum(missing.values()) <= again
    if again == 0:
        assert total == whole


@given(st.lists(lines, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_breaking_off_again_and_again(parts: list[list[bytes]], chance: random.Random) -> None:
    """The sender sends everything again from the beginning, each time a bit further, and the collector is killed or
    the connection reset in between."""
    whole = [one for part in parts for one in part]
    with tempfile.TemporaryDirectory() as place:
        folder, kept = Path(place), []
        held, writer = Repeats(), Writer(folder, "collect", state=lambda: held.state())
        for number in range(len(parts) + 1):
            upto = whole if number == len(parts) else whole[: chance.randint(0, len(whole))]
            name = f"t{number}"
            trail = held.begin(name, PEER, 0.0)
            new = [one for one, keep in zip(upto, held.keep(trail, upto), strict=True) if keep]
            kept += new
            writer.append([Record(1.0, one, peer=PEER, connection=name) for one in new], held.mark())
            if chance.random() < 0.5:  # killed right after the frame, or when that was noticed
                held.written(trail)
            if number < len(parts) and chance.random() < 0.5:  # killed: the state is what the spool tells
                writer.close()
                held = Repeats()
                held.take_up(replay(folder, "collect"))
                writer = Writer(folder, "collect", most=chance.choice([1, 1 << 20]), state=held.state)
            else:
                held.end(trail, number == len(parts))
                held.written(trail)  # what was on its way to the disk when the connection ended
        writer.close()
    assert Counter(kept) == Counter(whole)


def test_equal_lines_of_one_connection_are_kept() -> None:
    assert sent(Repeats(), "t1", [b"x", b"x", b"x"], True) == [b"x", b"x", b"x"]


def test_after_an_orderly_end_equal_lines_are_new() -> None:
    held = Repeats()
    sent(held, "t1", [b"x"], True)
    assert sent(held, "t2", [b"x"], True) == [b"x"]


def test_another_sender_is_another_sender() -> None:
    held = Repeats()
    sent(held, "t1", [b"x"], False)
    assert sent(held, "t2", [b"x"], True, peer="192.0.2.2") == [b"x"]
    assert sent(held, "t3", [b"x"], True) == []


def test_several_connections_of_one_sender_that_broke_off_together() -> None:
    held = Repeats()
    trails = [held.begin(name, PEER, 0.0) for name in ("t1", "t2")]
    for trail, parts in zip(trails, ([b"a", b"b"], [b"c", b"a"]), strict=True):
        assert held.keep(trail, parts) == [True, True]
        held.written(trail)
        held.end(trail, False)
    assert sent(held, "t3", [b"c", b"a", b"d"], True) == [b"d"]
    assert sent(held, "t4", [b"a", b"b", b"a"], True) == [b"a"]


def test_who_is_past_what_was_under_way_is_past_it() -> None:
    held = Repeats()
    sent(held, "t1", [b"x"], False)
    fresh = [b"%d" % n for n in range(FRESH)]
    assert sent(held, "t2", [*fresh, b"x"], True)[-1] == b"x"
    held = Repeats()
    sent(held, "t1", [b"x"], False)
    assert b"x" not in sent(held, "t2", [*fresh[1:], b"x"], True)


def test_it_is_forgotten_when_the_sender_has_been_back_for_long() -> None:
    held = Repeats()
    sent(held, "t1", [b"x", b"y"], False)
    held.settle(1e9)  # who has not been back is waited for
    assert sent(held, "t2", [b"x"], True, now=100.0) == []
    held.settle(100.0 + SETTLED - 1)
    assert sent(held, "t3", [b"y"], False, now=105.0) == []
    held.settle(100.0 + SETTLED)
    assert sent(held, "t4", [b"y"], True) == [b"y"]
    assert set(held.mark()["over"]) >= {"t1", "t2", "t3"}
    assert held.mark() == {}


def test_what_is_kept_is_bounded(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert EACH == 131_072
    monkeypatch.setattr(repeats, "ALL", 1000)
    held = Repeats()
    for number in range(50):
        sent(held, f"t{number}", [b"%d-%d" % (number, n) for n in range(100)], False, peer=f"192.0.2.{number}")
        assert 0 < sum(len(digests) for _, digests in held._broken.values()) == held._held <= 1000
    living = [held.begin(f"t-{n}", PEER, 0.0) for n in range(5)]
    for trail in living:
        held.keep(trail, [b"%d" % n for n in range(500)])
        held.written(trail)
    assert held._held <= 1000 + 5 * repeats.LEAST
    again = Repeats()
    assert len(held.state()["trails"]) > 0
    assert again.state()["trails"] == []
