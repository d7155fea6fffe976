"""A brief as data: at most seven statements, the loss curve, top scenarios, the plan's progress, what is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from accord.briefing.glossary import plain_words
from accord.core.statements import Statement
from accord.engines.readability import Readability, assess

MOST_STATEMENTS = 7
MOST_SCENARIOS = 5
MOST_INITIATIVES = 8
MOST_ASKS = 5
ASK_LENGTH = 180
TITLE_LENGTH = 70
TARGET_GRADE = 9.0
"""Reading grade that a brief should not exceed: what most newspapers are written for."""

NOUNS = {
    "brief.loss": "loss", "brief.bad_year": "loss", "brief.limit": "appetite", "brief.goals": "goal",
    "brief.support": "system", "brief.attacked": "finding", "brief.plan": "plan",
}  # fmt: skip
"""Whose rows are behind each statement: the link is for readers who may view that noun."""


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One of the scenarios that cost most: how often (in words), its expected loss a year, and its share of all."""

    key: str
    name: str
    often: str
    loss: float
    share: float | None
    href: str


@dataclass(frozen=True, slots=True)
class InitiativeRow:
    """One initiative of the plan in force: state in words, quarter or day it is due, money; None = unknown."""

    key: str
    name: str
    state: str
    due: str
    planned: float | None
    spent: float | None
    href: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One decision that the board is asked for."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a brief says. `chart` is a Vega-Lite spec, `alternative` says the same in words."""

    title: str
    organization: str
    as_of: date
    currency: str
    status: str
    statements: tuple[Statement, ...]
    chart: Mapping[str, Any] | None
    alternative: str
    scenarios: tuple[ScenarioRow, ...]
    plan: tuple[InitiativeRow, ...]
    plan_note: str
    asks: tuple[Ask, ...]

    def with_words(self, title: str, asks: Sequence[str]) -> Draft:
        """The same figures with another title and other decisions asked; an ask that stays keeps its link."""
        links = {ask.text: ask.href for ask in self.asks}
        return replace(self, title=title, asks=tuple(Ask(text, links.get(text, "")) for text in asks))

    @property
    def figures(self) -> str:
        """A hash of everything but the words that the issuer chooses: equal where the figures are."""
        content = {name: value for name, value in self.as_content().items() if name not in ("title", "asks")}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

    @property
    def text(self) -> str:
        """All words of the page, a sentence or heading in each paragraph."""
        parts = [self.title, self.status, self.plan_note]
        for fact in self.statements:
            parts += [fact.label, fact.note]
        parts += [row.name for row in self.scenarios] + [row.name for row in self.plan]
        parts += [ask.text for ask in self.asks]
        return "\n\n".join(part for part in parts if part)

    @property
    def reading(self) -> Readability:
        """How hard the words are, with the jargon among them."""
        return assess(self.text, plain_words())

    def as_content(self) -> dict[str, Any]:
        """The brief as JSON values: what is frozen when it is issued, and what the API gives."""
        return {
            "title": self.title,
            "organization": self.organization,
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "status": self.status,
            "statements": [fact.as_json() for fact in self.statements],
            "chart": self.chart,
            "alternative": self.alternative,
            "scenarios": [asdict(row) for row in self.scenarios],
            "plan": [asdict(row) for row in self.plan],
            "plan_note": self.plan_note,
            "asks": [asdict(ask) for ask in self.asks],
        }

    @classmethod
    def from_content(cls, data: Mapping[str, Any]) -> Draft:
        """A frozen brief as it was."""
        return cls(
            title=data["title"],
            organization=data["organization"],
            as_of=date.fromisoformat(data["as_of"]),
            currency=data["currency"],
            status=data["status"],
            statements=tuple(_statement(row) for row in data["statements"]),
            chart=data["chart"],
            alternative=data["alternative"],
            scenarios=tuple(ScenarioRow(**row) for row in data["scenarios"]),
            plan=tuple(InitiativeRow(**row) for row in data["plan"]),
            plan_note=data["plan_note"],
            asks=tuple(Ask(**row) for row in data["asks"]),
        )


def _statement(row: Mapping[str, Any]) -> Statement:
    names = {field.name for field in fields(Statement)}
    values = {name: value for name, value in row.items() if name in names}
    values["interval"] = tuple(values["interval"]) if values["interval"] else None
    values["as_of"] = datetime.fromisoformat(values["as_of"]) if values["as_of"] else None
    return Statement(**values)
