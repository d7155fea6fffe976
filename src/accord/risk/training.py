"""Calibration training: the questions, and what a person's answers say about their ranges. Sources in the file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accord.engines.loss.scoring import ConfidenceCalibration, HitRate, RangeCalibration
    from accord.risk.models import TrainingAnswer

RANGE, YES_NO = "range", "yesno"
FEW = 10
"""Answers below which no verdict is worth acting on."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question on a public fact. truth: the number, or 1 for yes and 0 for no."""

    key: str
    kind: str
    topic: str
    text: str
    unit: str
    logarithmic: bool
    truth: float
    source: str


@cache
def questions() -> dict[str, Question]:
    """All questions by key, in the order of the file."""
    text = files("accord.risk").joinpath("data/questions.csv").read_text(encoding="utf-8")
    return {
        row["key"]: Question(
            row["key"], row["kind"], row["topic"], row["question"], row["unit"], row["scale"] == "log",
            float(row["truth"]), row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """What a person's answers say.

    ranges, confidence   None where none of that kind was answered
    pinball              mean pinball loss of both ends of the ranges, relative to the truth (no unit)
    """

    ranges: RangeCalibration | None
    pinball: float | None
    confidence: ConfidenceCalibration | None
    first: date | None
    last: date | None

    @property
    def answered(self) -> int:
        return (self.ranges.rate.count if self.ranges else 0) + (self.confidence.right.count if self.confidence else 0)


def score(answers: Sequence[TrainingAnswer]) -> Score:
    """The calibration of one person's answers, in order of time."""
    import numpy as np

    from accord.engines.loss import scoring

    ranges = [one for one in answers if one.low is not None and one.high is not None]
    said = [one for one in answers if one.probability is not None]
    found, loss, confidence = None, None, None
    if ranges:
        low, high, truth = (
            np.array([float(getattr(one, name)) for one in ranges]) for name in ("low", "high", "truth")
        )
        logs = np.array([_logarithmic(one) for one in ranges])
        found = scoring.range_calibration(low, high, truth, logarithmic=logs)
        ends = scoring.pinball(0.05, low, truth) + scoring.pinball(0.95, high, truth)
        loss = float((ends / 2.0 / np.abs(truth)).mean())
    if said:
        probability = np.array([float(one.probability or 0) for one in said])
        confidence = scoring.confidence_calibration(probability, [one.truth == 1 for one in said])
    days = [one.at.date() for one in answers]
    return Score(found, loss, confidence, min(days, default=None), max(days, default=None))


def _logarithmic(answer: TrainingAnswer) -> bool:
    """Whether a range is widened by ratios: its question says so and all its numbers are above 0."""
    question = questions().get(answer.question)
    return bool(question and question.logarithmic and answer.low and answer.low > 0)


def held(answer: TrainingAnswer) -> bool | None:
    """Whether a range held the truth; None for a probability."""
    if answer.low is None or answer.high is None:
        return None
    return bool(answer.low <= answer.truth <= answer.high)


def over_time(answers: Iterable[TrainingAnswer]) -> list[tuple[date, HitRate]]:
    """The hit rate of all ranges up to each day on which some were answered."""
    from accord.engines.loss.scoring import hit_rate

    found: dict[date, HitRate] = {}
    hits = count = 0
    for answer in answers:
        inside = held(answer)
        if inside is None:
            continue
        hits, count = hits + inside, count + 1
        found[answer.at.date()] = hit_rate(hits, count)
    return list(found.items())
