"""Whatever happens in whatever order: every roll-up equals a recount, and the closing rule holds against a model."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core import accounts, ledger
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.exposure import services
from accord.exposure.models import AssetExposure, Finding, Kev, Target, TotalExposure
from accord.exposure.selectors import posture, system_exposure
from accord.exposure.services import check_rollups, import_scan, recompute_rollups

HOSTS = ["one.example", "two.example", "three.example"]
PLUGINS = [1, 2, 3]
seen = st.fixed_dictionaries({host: st.sets(st.sampled_from(PLUGINS)) for host in HOSTS})
scans = st.tuples(
    st.just("scan"),
    st.integers(0, 30),
    st.dictionaries(st.sampled_from(HOSTS), st.sets(st.sampled_from(PLUGINS)), min_size=1),
    st.none() | st.sets(st.sampled_from(PLUGINS), min_size=1),
)
acts = st.one_of(
    scans,
    scans,
    scans,
    st.tuples(st.just("claim"), st.sampled_from(HOSTS), st.sampled_from(["A-1", "A-2"])),
    st.tuples(st.just("ignore"), st.sampled_from(HOSTS)),
    st.tuples(st.just("restore"), st.sampled_from(HOSTS)),
    st.tuples(st.just("new"), st.sampled_from(HOSTS)),
    st.tuples(st.just("reach"), st.sampled_from(["internet", "internal", ""])),
    st.tuples(st.just("link"), st.sampled_from(["A-1", "A-2"]), st.sampled_from(["0.1", "0.5"])),
    st.tuples(st.just("kev"), st.sampled_from(["CVE-2024-0001", "CVE-2024-0002"])),
)


def table(name: str, rows: list[dict[str, str]]) -> TextTable:
    return TextTable(name, list(rows[0]), [TextRow(n, row) for n, row in enumerate(rows, 2)])


@pytest.fixture
def base(db: None) -> User:
    actor = accounts.add_account(None, "rollups@exposure.example", "R", [(Role.CISO, "")])
    import_tables(
        actor,
        [
            table("goal", [{"key": "G", "name": "Goal", "weight": "1"}]),
            table("capability", [{"key": "C", "name": "Capability"}]),
            table("goal_capability", [{"goal": "G", "capability": "C", "share": "1"}]),
            table("system", [{"key": "S", "name": "System", "reach": ""}]),
            table("capability_system", [{"capability": "C", "system": "S", "share": "0.5"}]),
            table("asset", [{"key": k, "name": k, "kind": "host", "hostnames": ""} for k in ("A-1", "A-2")]),
        ],
    )
    return actor


def _act(actor: User, act: tuple[Any, ...], folder: Path, conftest: Any, number: int) -> None:
    from accord.core.errors import Refused

    kind, *told = act
    if kind == "scan":
        days, hosts, plugins = told
        path = folder / f"{number}.nessus"
        end = conftest.DAY + timedelta(days=days, seconds=number)
        items = {host: [(p, 443, p) for p in sorted(found)] for host, found in hosts.items()}
        cves = {1: ["CVE-2024-0001"], 2: ["CVE-2024-0002"]}
        path.write_bytes(conftest.nessus_bytes(items, end=end, plugins=plugins, cves=cves))
        assert import_scan(actor, path)["state"] == "landed"
        return
    try:
        if kind == "reach":
            import_tables(actor, [table("system", [{"key": "S", "name": "System", "reach": told[0]}])])
        elif kind == "link":
            import_tables(actor, [table("system_asset", [{"system": "S", "asset": told[0], "share": told[1]}])])
        elif kind == "kev":
            Kev.objects.all().delete()
            Kev.objects.create(cve=told[0])
            services.feeds.note_on_definitions(actor, services.feeds.silent)
            services.reassess_pending(actor)
        else:
            targets = Target.objects.filter(name=told[0]).values_list("pk", flat=True)
            call = {
                "claim": lambda: services.claim(actor, targets, told[1]),
                "ignore": lambda: services.ignore(actor, targets, "why"),
                "restore": lambda: services.restore(actor, targets),
                "new": lambda: services.claim_as_new(actor, targets),
            }[kind]
            call()
    except Refused:
        pass


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(acts, min_size=1, max_size=7))
def test_any_sequence(base: User, conftest: Any, sequence: list[tuple[Any, ...]]) -> None:
    from django.db import transaction

    with transaction.atomic(), TemporaryDirectory() as folder:
        for number, act in enumerate(sequence):
            _act(base, act, Path(folder), conftest, number)
            assert list(check_rollups()) == []
        _facts_hold()
        assert ledger.verify().holds
        transaction.set_rollback(True)


def _facts_hold() -> None:
    """Each open finding has a rank and the facts of its asset; each other one has none."""
    facts = {row.asset_id: row for row in AssetExposure.objects.all()}
    for finding in Finding.objects.select_related("target", "definition"):
        assert (finding.rank is not None) == (finding.state == "open")
        owner = finding.target.asset_id if finding.target.state == "claimed" else None
        assert finding.asset_id == owner
        if finding.state == "open":
            told = facts[finding.asset_id] if finding.asset_id else None
            assert finding.reach == (told.reach if told else "")
            assert finding.goal_weight == (told.goal_weight if told else None)
            assert finding.known_exploited is finding.definition.known_exploited


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(scans, min_size=1, max_size=6))
def test_closing_against_a_model(base: User, conftest: Any, sequence: list[tuple[Any, ...]]) -> None:
    """The state of each (host, check) as a plain rule says it: the newest scan that says anything of it decides."""
    from django.db import transaction

    with transaction.atomic(), TemporaryDirectory() as folder:
        for number, act in enumerate(sequence):
            _act(base, act, Path(folder), conftest, number)
        expected = {}
        for host in HOSTS:
            for plugin in PLUGINS:
                state = _model(sequence, host, plugin)
                if state:
                    expected[host, f"nessus:{plugin}"] = state
        found = {
            (f.target.name, f.definition.identifier): str(f.state)
            for f in Finding.objects.select_related("target", "definition")
        }
        transaction.set_rollback(True)
    assert found == expected


def _model(sequence: list[tuple[Any, ...]], host: str, plugin: int) -> str:
    """Replays the scans in the order of import; each knows its own time."""
    state, last, closed = "", (-1, -1), (-1, -1)
    for number, (_, days, hosts, plugins) in enumerate(sequence):
        at = (days, number)
        if host not in hosts:
            continue
        if plugin in hosts[host]:
            if not state or at >= max(last, closed if state == "closed" else (-1, -1)):
                state, last = "open", at
        # A check that reported something anywhere on the host ran there, whatever the plugin set says.
        elif state == "open" and plugins is not None and plugin in plugins and at > last:
            state, closed = "closed", at
    return state


def test_recompute_repairs(base: User, conftest: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.nessus"
    path.write_bytes(conftest.nessus_bytes({host: [(1, 443, 4)] for host in HOSTS}))
    import_scan(base, path)
    services.claim(base, Target.objects.filter(name=HOSTS[0]).values_list("pk", flat=True), "A-1")
    good = list(AssetExposure.objects.values()), TotalExposure.objects.values().get()
    AssetExposure.objects.update(open_findings=7, critical=0)
    Target.objects.filter(name=HOSTS[1]).update(class_1=5)
    TotalExposure.objects.update(high=3)
    Finding.objects.first().definition.__class__.objects.update(open_findings=9)  # type: ignore[union-attr]
    wrong = list(check_rollups())
    assert any("asset" in problem for problem in wrong) and any("definition" in problem for problem in wrong)
    assert recompute_rollups(base) == len(wrong)
    assert list(check_rollups()) == []
    assert (list(AssetExposure.objects.values()), TotalExposure.objects.values().get()) == good
    assert recompute_rollups(base) == 0


def test_posture_counts_each_finding_once(base: User, conftest: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.nessus"
    path.write_bytes(conftest.nessus_bytes({host: [(1, 443, 4), (2, 443, 0)] for host in HOSTS}))
    import_scan(base, path)
    services.claim(base, Target.objects.filter(name=HOSTS[0]).values_list("pk", flat=True), "A-1")
    import_tables(
        base,
        [
            table("system", [{"key": "T", "name": "Other"}]),
            table("system_asset", [{"system": s, "asset": "A-1", "share": "1"} for s in ("S", "T")]),
        ],
    )
    found = posture()
    assert found.open == 6 and found.exposure.by_severity["info"] == 3
    assert (found.coverage.assets, found.coverage.never, found.coverage.unclaimed) == (2, 1, 2)
    each = system_exposure(["S", "T", "NONE"])
    assert [each[key].open for key in ("S", "T", "NONE")] == [2, 2, 0]
    first = {(row.definition, row.system): row.findings for row in found.fix_first}
    assert first == {("nessus:1", "S"): 1, ("nessus:1", "T"): 1, ("nessus:1", ""): 2}


@pytest.mark.parametrize("many", [(15_000, 5_000), (0, 5_000), (0, 0)])
def test_what_to_fix_first_of_some_systems(
    base: User, conftest: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: tuple[int, int]
) -> None:
    """Few findings, many findings, very many assets: three ways to ask, one answer."""
    from importlib import import_module

    from accord.exposure.selectors import findings_of_system, fix_first, narrow

    module = import_module("accord.exposure.selectors.posture")  # its package calls a function of it the same

    path = tmp_path / "a.nessus"
    path.write_bytes(conftest.nessus_bytes({host: [(1, 443, 4), (2, 443, 0)] for host in HOSTS}))
    import_scan(base, path)
    for host, asset in zip(HOSTS, ("A-1", "A-2"), strict=False):
        services.claim(base, Target.objects.filter(name=host).values_list("pk", flat=True), asset)
    systems = [{"key": k, "name": k} for k in ("T", "U")]
    links = [{"system": s, "asset": a, "share": "1"} for s, a in (("S", "A-1"), ("T", "A-1"), ("U", "A-2"))]
    import_tables(base, [table("system", systems), table("system_asset", links)])
    for where in (narrow, module):
        monkeypatch.setattr(where, "MANY", many[0])
        monkeypatch.setattr(where, "MANY_ASSETS", many[1])
    found = {(row.definition, row.system): row.findings for row in fix_first(10, ["S", "U"])}
    assert found == {("nessus:1", "S"): 1, ("nessus:1", "U"): 1}
    assert {f.asset.key for f in findings_of_system("U")} == {"A-2"}  # type: ignore[union-attr]
