"""Words, numbers and dates from strangers."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.safe import text as clean

ANYTHING: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.just({})
)


@given(st.text(), st.integers(1, 50))
def test_texts_can_be_stored_and_shown(value: str, limit: int) -> None:
    for cleaned in (clean.text(value, limit), clean.line(value, limit)):
        if cleaned is not None:
            cleaned.encode("utf-8")
            assert cleaned == cleaned.strip() != ""
            assert not any(ord(one) < 32 and one not in "\n\t" for one in cleaned)
            assert not set(cleaned) & set("\x00\x7f\u202e\u2066\ufeff")
            assert len(cleaned) <= limit + 1
    line = clean.line(value, limit)
    assert line is None or not set(line) & set("\n\t\r")
    assert line is None or len(line) <= limit


@given(ANYTHING)
def test_nothing_raises(value: Any) -> None:
    for read in (clean.number, clean.score, clean.whole, clean.port, clean.when, clean.cwes, clean.hostname, clean.mac):
        read(value)
    for bounded in (clean.text, clean.line):
        bounded(value, 10)
    clean.url(value)
    clean.urls(value, 5)
    clean.lines(value, 10, 5)


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("a\x00b", "ab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("   ", None),
        ("", None),
        (None, None),
        (["a"], None),
        (5, "5"),
    ],
)
def test_texts(value: Any, cleaned: str | None) -> None:
    assert clean.text(value, 100) == cleaned


def test_cut_texts_say_so() -> None:
    assert clean.text("x" * 50, 10) == "x" * 9 + "…"
    assert clean.line("x" * 50, 10) == "x" * 9 + "…"
    assert clean.line("a  b\n c", 10) == "a b c"
    assert clean.text("x" * 1_000_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("value", "number"),
    [("7.5", 7.5), (7, 7.0), ("nan", None), ("inf", None), ("1e999", None), (True, None), ("1_0", None), ("", None),
     (10**400, None), (math.nan, None), ("0x10", None)],
)  # fmt: skip
def test_numbers(value: Any, number: float | None) -> None:
    assert clean.number(value) == number


def test_scores_and_ports_have_their_range() -> None:
    assert (clean.score("10.0"), clean.score(10.1), clean.score(-0.1)) == (10.0, None, None)
    assert (clean.port("443"), clean.port(0), clean.port(65536), clean.port("80a"), clean.port(80.5)) == (
        443,
        None,
        None,
        None,
        None,
    )
    assert clean.whole("٣") is None or clean.whole("٣") == 3


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-01-15T08:58:29.827537351Z", datetime(2024, 1, 15, 8, 58, 29, 827537, tzinfo=UTC)),
        ("2024-01-15T08:58:29+01:00", datetime(2024, 1, 15, 7, 58, 29, tzinfo=UTC)),
        ("2024-01-15T08:58:29", datetime(2024, 1, 15, 8, 58, 29, tzinfo=UTC)),
        ("Mon Jul  1 11:40:48 2013", datetime(2013, 7, 1, 11, 40, 48, tzinfo=UTC)),
        ("2021/05/01", datetime(2021, 5, 1, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1700000000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("yesterday", None),
        (10**30, None),
        (math.inf, None),
        (True, None),
        ("2024-01-15T08:58:29+99:99", None),
    ],
)
def test_moments(value: Any, moment: datetime | None) -> None:
    assert clean.when(value) == moment


def test_identifiers() -> None:
    assert clean.cves("see cve-2021-44228, CVE-2021-44228 and XCVE-2020-1") == ("CVE-2021-44228",)
    assert clean.advisories("GHSA-JFH8-c2jp-5v3q CVE-2021-44228") == ("CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q")
    assert clean.cwes(79, "CWE-089", "external/cwe/cwe-022", ["CWE:20", "502"], "none", 0, True, "CWE-0") == (
        "CWE-79",
        "CWE-89",
        "CWE-22",
        "CWE-20",
        "CWE-502",
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [("Shop.Example.org.", "shop.example.org"), ("shop_1", "shop_1"), ("a b", None), ("-a", None), ("10.0.0.1", None),
     ("a" * 64, None), ("a." * 200, None), ("", None), ("a/../b", None), ("ä.example", None)],
)  # fmt: skip
def test_host_names(value: str, name: str | None) -> None:
    assert clean.hostname(value) == name


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("00-50-56-AA-BB-CC", "00:50:56:aa:bb:cc"),
        ("005056aabbcc", "00:50:56:aa:bb:cc"),
        ("00:50:56", None),
        ("z", None),
    ],
)
def test_mac_addresses(value: str, address: str | None) -> None:
    assert clean.mac(value) == address


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "data:text/html,x", "ftp://a", "//a", "https://a b", "file:///etc/passwd", " ", 5]
)
def test_only_web_addresses_become_links(value: Any) -> None:
    assert clean.url(value) is None


def test_links() -> None:
    assert clean.url(" HTTPS://example.org/a ") == "HTTPS://example.org/a"
    assert clean.url("https://example.org/\u202ea") == "https://example.org/a"
    assert clean.urls("https://a.org\nhttps://a.org b http://c.org", 5) == ("https://a.org", "http://c.org")
