"""A brief as the PDF that goes to the board."""

from __future__ import annotations

from urllib.parse import urljoin

from accord.briefing.draft import Draft
from accord.core.statements import Statement
from accord.ui import format as write

CHART_WIDTH, CHART_HEIGHT = 330, 210


def brief_pdf(draft: Draft, origin: str = "") -> bytes:
    """The brief as one page of PDF/UA-1 and PDF/A-2a; the same bytes for the same brief.

    `origin` is the outer address of this Accord ("https://accord.example"): with it every figure links to its rows.
    """
    from accord.outlet import brief_pdf as outlet
    from accord.ui.charts import to_svg

    def link(href: str) -> str:
        return urljoin(origin, href) if origin and href else ""

    chart = None
    if draft.chart is not None:
        chart = outlet.Chart(to_svg(draft.chart, CHART_WIDTH, CHART_HEIGHT).encode(), draft.alternative)
    return outlet.write_brief(
        outlet.BoardBrief(
            title=draft.title,
            organization=draft.organization,
            as_of=draft.as_of,
            as_of_words=f"As of {draft.as_of.day} {draft.as_of:%B %Y}",
            status=draft.status,
            facts=[
                outlet.Fact(fact.label, _whole(fact.figure), _range(fact), fact.source, link(fact.href))
                for fact in draft.statements
            ],
            chart=chart,
            scenarios=[
                outlet.ScenarioLine(row.name, row.often, _money(row.loss, draft), link(row.href))
                for row in draft.scenarios
            ],
            plan=[
                outlet.PlanLine(
                    row.name, row.state, row.due, _money(row.planned, draft), _money(row.spent, draft), link(row.href)
                )
                for row in draft.plan
            ],
            decisions=[outlet.DecisionAsked(ask.text, link(ask.href)) for ask in draft.asks],
            plan_note=draft.plan_note,
            footer=[_grade(draft), "Made by Accord: each figure links to its rows"],
            description=f"Brief of {draft.organization}, figures of {draft.as_of.isoformat()}.",
        )
    )


def _whole(figure: str) -> str:
    """A figure that is not broken between its number and its unit."""
    return figure.replace(" ", write.NBSP)


def _range(fact: Statement) -> str:
    if fact.interval is None:
        return fact.note
    low, high = fact.spread.split(" to ")
    return f"{_whole(low)} to {_whole(high)}"


def _money(value: float | None, draft: Draft) -> str:
    return write.money(value, draft.currency, compact=True)


def _grade(draft: Draft) -> str:
    grade = draft.reading.grade
    return "Reading grade unknown" if grade is None else f"Reading grade {grade:.1f}"
