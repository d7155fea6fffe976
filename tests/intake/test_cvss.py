"""CVSS vectors: worked examples of FIRST and the NVD, spellings of scanners, and what is no vector."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.cvss import rate, severity_of


@pytest.mark.parametrize(
    ("vector", "version", "score", "severity"),
    [
        # FIRST, CVSS v2 guide, section 3.3: CVE-2002-0392 and CVE-2003-0818; NVD: CVE-2021-44228, CVE-2014-0160
        ("AV:N/AC:L/Au:N/C:N/I:N/A:C", "2.0", 7.8, "high"),
        ("AV:N/AC:L/Au:N/C:C/I:C/A:C", "2.0", 10.0, "high"),
        ("CVSS2#AV:N/AC:M/Au:N/C:C/I:C/A:C", "2.0", 9.3, "high"),
        ("(AV:N/AC:L/Au:N/C:P/I:N/A:N)", "2.0", 5.0, "medium"),
        # FIRST, CVSS v3.1 examples: CVE-2013-1937, CVE-2013-0375, CVE-2014-3566, CVE-2012-1516
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "3.1", 6.1, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", "3.1", 6.4, "medium"),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", "3.1", 3.1, "low"),
        ("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", "3.0", 9.9, "critical"),
        ("AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", "3.1", 0.0, "info"),
        # FIRST, CVSS v4.0 examples: CVE-2022-41741, CVE-2020-3549, CVE-2021-44228
        ("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 7.3, "high"),
        ("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "4.0", 7.7, "high"),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", "4.0", 10.0, "critical"),
    ],
)
def test_worked_examples(vector: str, version: str, score: float, severity: str) -> None:
    found = rate(vector)
    assert (found.version, found.score, found.severity, found.reason) == (version, score, severity, None)


def test_a_bare_vector_follows_the_version_that_is_told() -> None:
    bare = "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
    assert (rate(bare).version, rate(bare, "3.0").version) == ("3.1", "3.0")
    assert rate(bare).vector == f"CVSS:3.1/{bare}"


@pytest.mark.parametrize(
    "vector",
    ["", "high", "CVSS:3.1/", "CVSS:5.0/AV:N", "CVSS:3.1/AV:N/AC:L", "AV:N/AC:L/Au:N/C:P/I:P", "AV:N/AV:N/AC:L/Au:N",
     "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "\x00", "A" * 1000, "CVSS:4.0/AV:N/AC:L"],
)  # fmt: skip
def test_what_is_no_vector_says_why(vector: str) -> None:
    found = rate(vector)
    assert (found.version, found.score, found.severity) == (None, None, None)
    assert found.reason


@given(st.text(alphabet="CVSS:3.14/0AVNCLPRUIH#()-", max_size=80))
def test_nothing_else_comes_out(vector: str) -> None:
    found = rate(vector)
    assert (found.score is None) == (found.reason is not None)


@pytest.mark.parametrize(
    ("score", "version", "severity"),
    [(None, None, None), (11.0, None, None), (9.0, None, "critical"), (8.9, "3.1", "high"), (0.0, "4.0", "info"),
     (9.8, "2.0", "high"), (3.9, "2.0", "low"), (0.0, "2.0", "low"), (float("nan"), None, None)],
)  # fmt: skip
def test_bands(score: float | None, version: str | None, severity: str | None) -> None:
    assert severity_of(score, version) == severity
