"""`accord loss`, `accord plan`, `accord brief`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, fail, progress, refusals


def _run(kind: str, title: str, as_json: bool, **params: Any) -> Any:
    """Run a job here, with its progress on the terminal; its result, or exit code 1 with the reason."""
    import threading

    from django.db import connection

    from accord.core import accounts, jobs
    from accord.core.models import Job

    actor = accounts.operator()
    over = threading.Event()
    with progress(title, as_json) as tell:

        def watch() -> None:
            while not over.wait(0.5):
                job = jobs.latest(kind)
                if job is not None and job.state == Job.State.RUNNING:
                    tell(job.done, job.total, job.message)
            connection.close()

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        job = jobs.run_now(actor, kind, **params)
        over.set()
        watcher.join()
    if job.state != Job.State.DONE:
        fail(job.error.splitlines()[0] if job.error else job.message, as_json=as_json)
    return job.result


@app.command()
def loss(
    file: Path | None = typer.Argument(
        None,
        exists=True,
        dir_okay=False,
        help="Table of scenarios (CSV, XLSX), or scenarios of another tool; else those of this installation.",
    ),
    levels: str = typer.Option("", help="Levels of VaR and TVaR, such as 0.9,0.99. With FILE only."),
    out: list[Path] = typer.Option([], help="Write the exceedance curve to this .csv or .svg. With FILE only."),
    stage: str = typer.Option("current", help="Stage of CISO Assistant's scenarios: current, residual or inherent."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Compute the annual loss of all scenarios: mean, VaR, TVaR, and the scenarios that cost most.

    Of this installation, or of a file: then neither a database nor settings are needed.
    """
    if file is not None:
        from accord.site.command_line.plain import loss_of_file

        loss_of_file(file, levels, out, stage, as_json)
        return
    if levels or out:
        fail("--levels and --out go with a FILE.", as_json=as_json, code=2)
    django_setup()
    from accord.core.statements import figure
    from accord.risk import selectors

    _run("risk.run_loss", "Annual loss", as_json)
    run = selectors.latest_run()
    if run is None:
        fail("There is no result.", as_json=as_json)
    result, unit = run.result, run.currency
    mean = result["mean"]
    spread = f"{figure(mean['low'], unit)} to {figure(mean['high'], unit)}"
    lines = [f"Expected loss a year   {figure(mean['value'], unit):>14}   ({spread} by the controls' effects)"]
    for name, label in (("var", "VaR"), ("tvar", "TVaR")):
        lines += [f"{label + format(row['level'], ' .1%'):22} {figure(row['value'], unit):>14}" for row in result[name]]
    lines += ["", "Scenarios by expected loss:"]
    lines += [f"  {row['key']:16} {figure(row['mean'], unit):>12}   {row['name']}" for row in result["scenarios"][:10]]
    lines += [f"  {row['key']:16} {'unknown':>12}   {row['name']}: {row['reason']}" for row in result["not_quantified"]]
    answer({"result": result}, lines, as_json)


@app.command()
def plan(
    file: Path | None = typer.Argument(
        None, exists=True, help="Workbook (.xlsx) or folder of CSV files with what to plan; else this installation's."
    ),
    seconds: float = typer.Option(60.0, min=1.0, max=36000.0, help="Time to plan in, about. With FILE only."),
    points: int = typer.Option(9, min=3, max=100, help="Plans along the frontier. With FILE only."),
    out: Path | None = typer.Option(None, help="Write the plans to this .xlsx. With FILE only."),
    template: Path | None = typer.Option(None, help="Write an empty workbook to fill in to this .xlsx, and end."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Compute the frontier of strategic value against residual loss, and the plans that one compares with.

    Of this installation, or of a file: then neither a database nor settings are needed. Ctrl-C ends a file's
    plan early, with what was found until then.
    """
    from accord.site.command_line.plain import plan_of_file, template_to

    if template is not None:
        template_to(template, as_json)
        return
    if file is not None:
        plan_of_file(file, seconds, points, out, as_json)
        return
    if out:
        fail("--out goes with a FILE.", as_json=as_json, code=2)
    django_setup()
    from accord.core.statements import figure
    from accord.decisions import selectors

    _run("decisions.frontier", "Frontier", as_json)
    found = selectors.frontier_summary()
    if found is None:
        fail("There is no result.", as_json=as_json)
    lines = [f"{'plan':22} {'value':>8} {'loss':>14} {'gap':>8}  initiatives"]
    for row in found["plans"]:
        money = figure(row["loss"], found["currency"])
        lines.append(f"{row['name']:22} {row['value']:>8.1%} {money:>14} {row['gap']:>8.2%}  {row['count']}")
    answer(found, lines, as_json)


@app.command()
def brief(
    pdf: Path | None = typer.Option(None, help="Write the brief as PDF to this file."),
    as_json: bool = JSON_OPTION,
) -> None:
    """The board brief as it stands: its statements, and the page as PDF."""
    django_setup()
    from accord.briefing import selectors, services

    with refusals(as_json):
        found = selectors.board_brief()
        if pdf is not None:
            pdf.write_bytes(services.brief_pdf(found))
    statements = [statement.as_json() for statement in found.statements]
    lines = [f"{s['label']:44} {s['figure']}" + (f"  ({s['spread']})" if s["spread"] else "") for s in statements]
    if pdf is not None:
        lines.append(f"{pdf}: {pdf.stat().st_size:,} bytes.")
    answer({"statements": statements}, lines, as_json)
