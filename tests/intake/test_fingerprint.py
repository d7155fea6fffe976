"""Keys that the next scan finds again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accord.intake.fingerprint import fingerprint, grouping, purl_without_version, weakness
from accord.intake.records import Coverage, Observation, PortRange, Target

BASE = Observation(
    target="host:a",
    definition_id="CVE-2021-44228",
    title="Log4Shell",
    kind="vulnerability",
    check="x:1",
    component="log4j-core",
    component_version="2.13.2",
    path="app/a.jar",
    line=3,
    anchor="k",
    port=443,
    protocol="tcp",
)


def test_the_first_version_stays_what_it_is() -> None:
    """Stored keys depend on this (values by `b2sum -l 128`): a change needs a new version number and a preview."""
    assert fingerprint(BASE, "host:a") == "1:49c2eedf8e078724b616fc229c0cbdf9"
    assert weakness(BASE) == "1:43203ee877e3c0043ebf50266d5b2d05"


@pytest.mark.parametrize(
    "change",
    [{"title": "t"}, {"description": "d"}, {"evidence": "e"}, {"severity": "low"}, {"cvss_score": 1.0}, {"line": 9},
     {"component_version": "9"}, {"service": "s"}, {"solution": "s"}, {"check": "y:2"}, {"aliases": ("a",)}],
)  # fmt: skip
def test_words_scores_versions_and_lines_do_not_change_it(change: dict[str, Any]) -> None:
    assert fingerprint(replace(BASE, **change), "host:a") == fingerprint(BASE, "host:a")


@pytest.mark.parametrize(
    "change",
    [{"definition_id": "CVE-2021-45046"}, {"component": "c"}, {"path": "app/b.jar"}, {"anchor": "l"}, {"port": 80},
     {"protocol": "udp"}, {"purl": "pkg:npm/x"}, {"port": None}],
)  # fmt: skip
def test_what_and_where_change_it(change: dict[str, Any]) -> None:
    assert fingerprint(replace(BASE, **change), "host:a") != fingerprint(BASE, "host:a")


def test_without_an_anchor_the_line_counts() -> None:
    first, second = replace(BASE, anchor=None, line=1), replace(BASE, anchor=None, line=2)
    assert fingerprint(first, "host:a") != fingerprint(second, "host:a")


def test_the_target_counts_by_its_identity_or_the_asset_it_was_matched_to() -> None:
    before = Target("host", "10.0.0.1", addresses=("10.0.0.1",))
    after = Target("host", "10.0.0.2", addresses=("10.0.0.2",))
    assert fingerprint(BASE, before) != fingerprint(BASE, after)
    assert fingerprint(BASE, "asset-7") == fingerprint(replace(BASE, target=after.identity), "asset-7")


def test_parts_do_not_run_into_each_other() -> None:
    one = replace(BASE, definition_id="ab", component="c", anchor=None, line=None, path=None)
    other = replace(BASE, definition_id="a", component="bc", anchor=None, line=None, path=None)
    assert weakness(one) != weakness(other)


def test_groups_are_over_hosts_and_ports_but_not_over_images() -> None:
    assert grouping(replace(BASE, target="host:b", port=80)) == grouping(BASE)
    image = replace(BASE, target="image:a")
    assert grouping(replace(image, target="image:b")) != grouping(image)


@pytest.mark.parametrize(
    ("purl", "bare"),
    [
        ("pkg:deb/debian/curl@7.64.0?arch=amd64#lib", "pkg:deb/debian/curl"),
        ("pkg:npm/%40angular/core@16.0.0", "pkg:npm/%40angular/core"),
        ("pkg:npm/@angular/core@16.0.0", "pkg:npm/@angular/core"),
        ("pkg:golang/example.org/a", "pkg:golang/example.org/a"),
    ],
)
def test_packages_without_version(purl: str, bare: str) -> None:
    assert purl_without_version(purl) == bare


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        (Target("host", "x", ("db", "db.example.org"), ("10.0.0.1",), ("00:50:56:aa:bb:cc",)), "host:db.example.org"),
        (Target("host", "x", ("db",), ("10.0.0.1",), ("00:50:56:aa:bb:cc",)), "host:db"),
        (Target("host", "x", ("localhost",), ("10.0.0.1",), ("00:50:56:aa:bb:cc",)), "host:00:50:56:aa:bb:cc"),
        (Target("host", "x", ("localhost",), ("10.0.0.1",)), "host:10.0.0.1"),
        (Target("host", "X"), "host:x"),
        (Target("host", "x", identifiers=(("agent-id", "u"), ("aws-instance-id", "i-1"))), "host:aws-instance-id:i-1"),
        (Target("image", "Shop:1"), "image:Shop:1"),
    ],
)
def test_identities(target: Target, identity: str) -> None:
    assert target.identity == identity


def test_long_identities_stay_short_and_different() -> None:
    one, other = Target("application", "x" * 500 + "a"), Target("application", "x" * 500 + "b")
    assert len(one.identity) == 200
    assert one.identity != other.identity


@pytest.mark.parametrize(
    ("coverage", "answer"),
    [
        (Coverage("t", checks=frozenset({"c"})), True),
        (Coverage("t", groups=frozenset({"g"})), True),
        (Coverage("t"), None),
        (Coverage("t", exhaustive=True), False),
        (Coverage("t", checks=frozenset({"c"}), complete=False), False),
        (Coverage("t", checks=frozenset({"c"}), ports=(PortRange("tcp", 1, 100),)), False),
        (Coverage("t", checks=frozenset({"c"}), ports=(PortRange("tcp", 1, 1000),)), True),
        (Coverage("t", checks=frozenset({"c"}), ports=(PortRange("udp", 1, 1000),)), False),
    ],
)
def test_coverage(coverage: Coverage, answer: bool | None) -> None:
    assert coverage.covers("c", "g", protocol="tcp", port=443) is answer


@pytest.mark.parametrize(("credentials", "answer"), [(True, True), (False, False), (None, None)])
def test_coverage_of_checks_that_log_in(credentials: bool | None, answer: bool | None) -> None:
    coverage = Coverage("t", checks=frozenset({"c"}), credentials=credentials)
    assert coverage.covers("c", needs_credentials=True) is answer
    assert coverage.covers("c") is True
