"""What the papers of a decision say. Every figure is a text already, written once, beside the number that is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

MOST_BARS = 20
MOST_GOALS = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """One statement: `text` is the number with its unit, `source` says where it comes from."""

    key: str
    label: str
    text: str
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the plans that are compared; texts of unknown figures say so.

    loss (money a year) and value (0–1) place it in the chart, None where there is no such plan. `given_up` and
    `more_loss` are against the joint proposal. `origin` is today, cio, ciso, split, rosi, joint, or own.
    """

    origin: str
    name: str
    value_text: str
    loss_text: str
    money_text: str
    initiatives: str
    given_up: str
    more_loss: str
    loss: float | None = None
    value: float | None = None
    chosen: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """(amount, lowest, highest probability) around a curve, amounts ascending."""

    points: Sequence[tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Curve:
    """(amount, probability of losing more in a year), amounts ascending. `kind`: today, plan or appetite."""

    kind: str
    name: str
    points: Sequence[tuple[float, float]]
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One step from the loss of today to that of the plan, money a year; a total stands on zero."""

    name: str
    amount: float
    text: str
    total: bool = False


@dataclass(frozen=True, slots=True)
class Swing:
    """The expected loss a year (money) with one input at its low and at its high end, and as it stands (`value`)."""

    scenario: str
    what: str
    low: float
    value: float
    high: float
    low_text: str
    high_text: str

    @property
    def name(self) -> str:
        """What it is, then of which scenario: where there is little room, names that begin alike are told apart."""
        return f"{self.what[:1].upper()}{self.what[1:]}: {self.scenario}"


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal: its weight (0-1), the part of its gap that is closed (0-1), and the loss a year that falls on it.

    Of the loss (money) today and when all is done, None is unknown; the texts say so.
    """

    name: str
    weight: float
    attained: float
    today: float | None
    after: float | None
    weight_text: str
    attained_text: str
    today_text: str
    after_text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One initiative: first and last quarter ("2027-Q1") and its money over the horizon."""

    name: str
    sponsor: str
    start: str
    finish: str
    money_text: str


@dataclass(frozen=True, slots=True)
class Resource:
    """What is used and what there is in each quarter of the paper.

    `before` is what a bar of money stands on: spent earlier in the same year, below the limit of the whole year.
    """

    name: str
    unit: str
    used: Sequence[float]
    limit: Sequence[float]
    before: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One executive's key: `state` is signed, dissent or waiting; `text` says who, when and how in words."""

    role: str
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """A reservation or a dissent: whose, on what, and why."""

    role: str
    on: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecisionPaper:
    """Everything that the papers say.

    `status` is the state in words, `why` the reasons that were given with the proposal. `as_of` dates the papers and
    `as_of_words` writes it. `quarters` are those of the bars and resources. `hash` is the SHA-256 of the content that
    the keys bind, or that of a plan's inputs. `swings` and `goals` come the widest and the heaviest first.
    `alternatives`: name of a chart → the same in words.
    """

    key: str
    title: str
    plan: str
    organization: str
    status: str
    why: str
    as_of: date
    as_of_words: str
    currency: str
    figures: Sequence[Figure]
    beside: Sequence[Beside]
    along: Sequence[tuple[float, float]]
    curves: Sequence[Curve]
    steps: Sequence[Step]
    quarters: Sequence[str]
    bars: Sequence[Bar]
    money: Sequence[Resource]
    people: Sequence[Resource]
    keys: Sequence[Key]
    points: Sequence[Point]
    hash: str
    sources: Sequence[str]
    alternatives: dict[str, str]
    swings: Sequence[Swing] = ()
    goals: Sequence[Goal] = ()
    url: str = ""
    language: str = "en"

    def texts(self) -> Iterator[str]:
        """Every figure that a reader sees, as it is written: on screen, in the PDF and on the slides."""
        for figure in self.figures:
            yield figure.text
        for row in self.beside:
            yield from (row.value_text, row.loss_text, row.money_text, row.initiatives, row.given_up, row.more_loss)
        for step in self.steps:
            yield step.text
        for bar in self.shown:
            yield bar.money_text
        for swing in self.swings:
            yield from (swing.low_text, swing.high_text)
        for goal in self.heavy:
            yield from (goal.weight_text, goal.attained_text, goal.today_text, goal.after_text)

    @property
    def shown(self) -> Sequence[Bar]:
        """The initiatives that slides and PDF have room for."""
        return self.bars[:MOST_BARS]

    @property
    def more(self) -> str:
        """Which initiatives they leave out, in words, or nothing."""
        left = len(self.bars) - MOST_BARS
        return f"{left} that start later are on the page in Accord." if left > 0 else ""

    @property
    def heavy(self) -> Sequence[Goal]:
        """The goals of most weight, for which slides and PDF have room."""
        return self.goals[:MOST_GOALS]

    @property
    def more_goals(self) -> str:
        """How many goals they leave out, in words, or nothing."""
        left = len(self.goals) - MOST_GOALS
        return f"{left} of less weight {'is' if left == 1 else 'are'} on the page in Accord." if left > 0 else ""
