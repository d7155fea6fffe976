"""The plans of a workbook as lines for a person, as a workbook, and the empty workbook to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from accord.intake.planning import SHEETS, Column
from accord.intake.planning.sheets import CHOICE, REF
from accord.site.tabular.losses import columns
from accord.site.tabular.plans import Answer, Use, quarters_of

if TYPE_CHECKING:
    from accord.engines import portfolio
    from accord.outlet.tables import Sheet

MOST_WAITING = 3


def lines(answer: Answer) -> list[str]:
    """The six plans, what binds the joint one, its schedule, and why the rest is left out."""
    problem, book = answer.problem, answer.book
    money = f" {book.currency}" if book.currency else ""
    end = problem.quarter(problem.quarters - 1)
    found = [
        f"{book.file}: {len(problem.initiatives)} initiatives, {len(problem.goals)} goals, "
        f"{len(problem.scenarios)} scenarios, {problem.first_quarter} to {end}",
        "",
    ]
    if not answer.frontier.complete:
        found += ["Stopped early: these are the plans that were found until then.", ""]
    head = ("plan", "value", f"loss a year{money}", "gap", "initiatives", "value possible", "loss possible")
    found += columns(head, [_row(answer, plan) for plan in answer.plans.values()])
    found += ["(possible: the most value at no more loss, the least loss at no less value, among all plans found)", ""]
    found += [f"{plan.name}: {plan.reason}" for plan in answer.plans.values() if plan.reason]
    points = [(f"{p.value:.1%}", f"{p.loss / answer.years:,.0f}", f"{p.gap:.2%}") for p in answer.frontier.points]
    found += ["", f"Frontier ({len(points)} plans)", *columns(("value", f"loss a year{money}", "gap"), points), ""]
    binding = [use for use in answer.uses if use.binds]
    found += ["What binds the joint proposal", *map(_binding, binding)] if binding else ["Nothing binds it."]
    names = {item.key: item.name for item in problem.initiatives}
    starts = quarters_of(answer, answer.plans["joint"].starts or {})
    found += ["", "Joint proposal", *(f"  {quarter}  {key}  {names[key]}" for key, quarter in starts.items())]
    out = [reason for reason in answer.reasons.values() if not reason.chosen]
    if out:
        found += ["", "Left out", *(f"  {reason.key}  {reason.text}" for reason in out)]
    if answer.left_out:
        found += ["", "Not planned, because something is unknown"]
        found += [f"  {one.sheet} {one.key}: {one.reason}. {one.remedy}." for one in answer.left_out]
    if book.unread:
        found += ["", f"Sheets that a plan does not use: {', '.join(book.unread)}"]
    return found


def _row(answer: Answer, plan: portfolio.Compared) -> tuple[str, ...]:
    if plan.value is None or plan.loss is None or plan.starts is None:
        return plan.name, "none", "", "", "", "", ""
    gap = answer.gap(plan.key)
    return (
        plan.name,
        f"{plan.value:.1%}",
        f"{plan.loss / answer.years:,.0f}",
        "" if gap is None else f"{gap:.2%}",
        str(len(plan.starts)),
        "" if plan.value_possible is None else f"{plan.value_possible:.1%}",
        "" if plan.loss_possible is None else f"{plan.loss_possible / answer.years:,.0f}",
    )


def _binding(use: Use) -> str:
    digits = ".2f" if use.kind == "skill" else ",.0f"
    text = f"  {'' if use.kind == 'skill' else use.kind + ' '}{use.what}: {use.used:{digits}} of {use.limit:{digits}}"
    if use.waiting:
        shown = [f"{key} (lacks {amount:{digits}})" for key, amount in use.waiting[:MOST_WAITING]]
        more = len(use.waiting) - len(shown)
        text += f"; waiting: {', '.join(shown)}{f' and {more} more' if more else ''}"
    return text


def workbook(answer: Answer) -> bytes:
    """The plans as one XLSX workbook."""
    from accord.outlet.tables import write_workbook

    return write_workbook([_plans(answer), _schedule(answer), _frontier(answer), _uses(answer), _left(answer)])


def _figure(value: float | None) -> str:
    """A number as a cell holds it: at most 15 digits, no exponent."""
    if value is None:
        return ""
    text = f"{value:.6f}" if abs(value) < 1e6 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") or "0"


def _sheet(name: str, names: tuple[str, ...], rows: Sequence[tuple[str, ...]], numbers: tuple[str, ...]) -> Sheet:
    from accord.outlet.tables import Sheet

    held = [dict(zip(names, row, strict=True)) for row in rows]
    return Sheet(name, names, held, frozenset(numbers))


def _plans(answer: Answer) -> Sheet:
    names = (
        "plan", "value", "loss_a_year", "gap", "initiatives", "value_possible", "loss_a_year_possible", "reason",
    )  # fmt: skip

    def a_year(loss: float | None) -> str:
        return _figure(None if loss is None else loss / answer.years)

    rows = [
        (
            plan.name,
            _figure(plan.value),
            a_year(plan.loss),
            _figure(answer.gap(plan.key)),
            "" if plan.starts is None else str(len(plan.starts)),
            _figure(plan.value_possible),
            a_year(plan.loss_possible),
            plan.reason,
        )
        for plan in answer.plans.values()
    ]
    return _sheet("plans", names, rows, names[1:-1])


def _schedule(answer: Answer) -> Sheet:
    starts = {plan.key: quarters_of(answer, plan.starts or {}) for plan in answer.plans.values()}
    names = ("initiative", "name", "sponsor", *starts, "why")
    rows = [
        (
            item.key,
            item.name,
            item.sponsor,
            *(held.get(item.key, "") for held in starts.values()),
            answer.reasons[item.key].text,
        )
        for item in answer.problem.initiatives
    ]
    return _sheet("schedule", names, rows, ())


def _frontier(answer: Answer) -> Sheet:
    names = ("point", "value", "loss_a_year", "gap", "initiatives")
    rows = [
        (str(n), _figure(p.value), _figure(p.loss / answer.years), _figure(p.gap), "; ".join(sorted(p.starts)))
        for n, p in enumerate(answer.frontier.points, 1)
    ]
    return _sheet("frontier", names, rows, names[:4])


def _uses(answer: Answer) -> Sheet:
    names = ("kind", "what", "used", "limit", "binds", "waiting")
    rows = [
        (
            use.kind,
            use.what,
            _figure(use.used),
            _figure(use.limit),
            "yes" if use.binds else "no",
            "; ".join(f"{key} lacks {_figure(amount)}" for key, amount in use.waiting),
        )
        for use in answer.uses
    ]
    return _sheet("use_of_joint_plan", names, rows, ("used", "limit"))


def _left(answer: Answer) -> Sheet:
    rows = [(one.sheet, one.key, one.reason, one.remedy) for one in answer.left_out]
    return _sheet("not_planned", ("sheet", "key", "reason", "remedy"), rows, ())


def template(moment: datetime | None = None) -> bytes:
    """An empty workbook: every sheet with its columns, and a sheet that says what each holds."""
    from accord.outlet.tables import Sheet, write_workbook

    rows = [
        (sheet.name, column.name, holds(column), state(column, sheet.needed), column.help)
        for sheet in SHEETS
        for column in sheet.columns
    ]
    told = _sheet("help", ("sheet", "column", "holds", "needed", "meaning"), rows, ())
    empty = [Sheet(sheet.name, [column.name for column in sheet.columns], []) for sheet in SHEETS]
    return write_workbook([told, *empty], moment=moment)


def holds(column: Column) -> str:
    """What a column holds, in words."""
    if column.kind == REF:
        return f"key of a {column.sheet}"
    if column.kind == CHOICE:
        return "one of " + ", ".join(column.choices)
    bounds = [f"at least {column.low:g}"] if column.low is not None else []
    bounds += [f"at most {column.high:g}"] if column.high is not None else []
    return f"{column.kind} ({', '.join(bounds)})" if bounds else column.kind


def state(column: Column, needed: bool) -> str:
    """Whether a column must be filled in."""
    return "key" if column.key else "required" if column.required else ""
