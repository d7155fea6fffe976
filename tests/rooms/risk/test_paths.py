"""Paths and the cut on a small estate: the numbers are those of the hazard, the fixes those of the findings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from accord.core import accounts, jobs
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import Job, User
from accord.core.roles import Role
from accord.exposure.models import PathRun, SystemFix
from accord.exposure.services import fix_events, import_scan
from accord.risk.hazard.inputs import collect
from accord.risk.services.paths import compute, run_paths

DAY = int(datetime(2026, 5, 4, 6, 0, tzinfo=UTC).timestamp())


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


def scan_of(folder: Path, hosts: dict[str, list[int]]) -> Path:
    parts = [
        f'<ReportHost name="{host}"><HostProperties><tag name="host-fqdn">{host}</tag>'
        f'<tag name="HOST_END_TIMESTAMP">{DAY}</tag></HostProperties>'
        + "".join(
            f'<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="{one}" '
            f'pluginName="Defect {one}" pluginFamily="General"><synopsis>s</synopsis></ReportItem>'
            for one in plugins
        )
        + "</ReportHost>"
        for host, plugins in hosts.items()
    ]
    path = folder / "scan.nessus"
    path.write_text(
        f'<?xml version="1.0" ?><NessusClientData_v2><Report name="W">{"".join(parts)}</Report></NessusClientData_v2>'
    )
    return path


@pytest.fixture
def chain(db: None, tmp_path: Path) -> User:
    """The shop on the internet needs the bus, the ledger needs the bus; all have findings, the bus has one fix."""
    actor = accounts.add_account(None, "ciso@paths.example", "C", [(Role.CISO, "")])
    import_tables(actor, [
        table("goal", "key,name,weight", "G-1,Sell,1"),
        table("capability", "key,name", "C-1,Selling"),
        table("goal_capability", "goal,capability,share", "G-1,C-1,1"),
        table("system", "key,name,reach", "S-SHOP,Shop,internet", "S-BUS,Bus,internal", "S-GL,Ledger,internal"),
        table("capability_system", "capability,system,share", "C-1,S-GL,0.9"),
        table("asset", "key,name,kind,hostnames", "A-1,Shop,host,shop", "A-2,Bus,host,bus", "A-3,Ledger,host,gl"),
        table("system_asset", "system,asset,share", "S-SHOP,A-1,1", "S-BUS,A-2,1", "S-GL,A-3,1"),
        table("dependency", "system,depends_on", "S-SHOP,S-BUS", "S-GL,S-BUS"),
    ])  # fmt: skip
    import_scan(actor, scan_of(tmp_path, {"shop": [1, 2], "bus": [3], "gl": [4, 5, 6]}))
    return actor


def test_the_narrow_place_is_the_cut(chain: User) -> None:
    run = run_paths(chain)
    names = [one["key"] for one in run.result["systems"]]
    assert SystemFix.objects.filter(system__key="S-BUS", open_findings__gt=0).count() == 1
    cut = run.result["cut"]
    assert ([names[at] for at in cut["systems"]], cut["size"], cut["distinct"], cut["least"]) == (["S-BUS"], 1, 1, 1)
    target = run.result["targets"][0]
    assert [[names[at] for at in path["systems"]] for path in target["paths"]] == [["S-SHOP", "S-BUS", "S-GL"]]
    assert target["weight"] == pytest.approx(0.9)
    assert target["by_weakness"]


def test_the_rates_are_those_of_the_hazard(chain: User) -> None:
    """Shop and ledger have one neighbour, the bus two: the path's rate is d · (g/1) · (u/2), both at the middle."""
    from accord.risk.hazard.model import build

    inputs, _ = collect()
    fix_events.recount(chain, lambda *told: None)
    result = compute(inputs)
    built = build(inputs)
    start = [key for key, _, _ in inputs.systems].index("S-SHOP")
    direct = float(built.estate.direct(built.of_places)[1][start])
    needed, dependents = inputs.assumptions["spread_to_needed"][1], inputs.assumptions["spread_to_dependents"][1]
    path = result["targets"][0]["paths"][0]
    assert path["rate"] == pytest.approx(direct * needed * dependents / 2)
    assert 0 < path["share"] <= 1
    assert result["targets"][0]["after"] == pytest.approx(result["targets"][0]["arriving"])


def test_the_job_keeps_a_run(chain: User) -> None:
    done = jobs.run_now(chain, "risk.run_paths")
    assert done.state == Job.State.DONE
    assert PathRun.objects.count() == 1


def test_without_goals_there_is_nothing_to_reach(db: None) -> None:
    actor = accounts.add_account(None, "ciso@paths.example", "C", [(Role.CISO, "")])
    run = run_paths(actor)
    assert run.result["targets"] == []
    assert run.result["cut"]["size"] == 0
