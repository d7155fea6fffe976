"""Keep what a person answers in the calibration training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.risk.models import TrainingAnswer
from accord.risk.training import YES_NO, Question, questions

Given = tuple[Decimal, Decimal] | Decimal


def answer_training(actor: User, given: Mapping[str, Given]) -> Sequence[TrainingAnswer]:
    """Keep answers by question: (low, high) of a range, or the probability of yes (0–1). Each question counts once.

    `Refused` names the question that is unknown, was answered before, or whose answer is no answer. The ledger notes
    that the person trained and how much, not what they answered.
    """
    if not given:
        raise Refused("Answer at least one question.")
    rows, problems = [], []
    for key, answer in given.items():
        question = questions().get(key)
        problem = f"{key} is no question." if question is None else _problem(question, answer)
        if problem or question is None:
            problems.append(Problem(None, key, problem, "Correct the answer, or leave it blank."))
            continue
        low, high = answer if isinstance(answer, tuple) else (None, None)
        probability = None if isinstance(answer, tuple) else answer
        truth = Decimal(repr(question.truth))
        rows.append(TrainingAnswer(by=actor, question=key, low=low, high=high, probability=probability, truth=truth))
    if problems:
        raise Refused(*problems)
    with ledger.write(actor) as log:
        if TrainingAnswer.objects.filter(by=actor, question__in=list(given)).exists():
            raise Refused("One of these was answered before. Each question counts once.")
        TrainingAnswer.objects.bulk_create(rows)
        log.add("answer", "training", actor.email, None, {"answers": len(rows)})
    return rows


def _problem(question: Question, answer: Given) -> str:
    if isinstance(answer, tuple) == (question.kind == YES_NO):
        return "The answer is of the wrong kind."
    if isinstance(answer, tuple):
        return "" if answer[0] <= answer[1] else "The range is the wrong way round."
    return "" if 0 <= answer <= 1 else "A probability lies between 0 and 100 %."
