"""Calibration training: the questions hold, answers count once, and only those allowed see others' scores."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.models import LedgerEntry, User
from accord.core.roles import Role
from accord.risk import services
from accord.risk.models import TrainingAnswer
from accord.risk.training import RANGE, over_time, questions, score

pytestmark = pytest.mark.django_db


def test_the_questions_are_whole() -> None:
    found = questions()
    assert len(found) >= 40
    assert len({one.text for one in found.values()}) == len(found)
    for one in found.values():
        assert one.source
        assert one.kind in {"range", "yesno"}
        assert (one.unit != "") == (one.kind == RANGE)
        assert one.kind == RANGE or one.truth in {0.0, 1.0}
        assert not one.logarithmic or one.truth > 0


def _answers(hold: int, miss: int) -> dict[str, tuple[Decimal, Decimal]]:
    ranges = [one for one in questions().values() if one.kind == RANGE]
    given = {}
    for n, one in enumerate(ranges[: hold + miss]):
        truth = Decimal(repr(one.truth))
        factor = (Decimal("0.9"), Decimal("1.1")) if n < hold else (Decimal("1.1"), Decimal("1.2"))
        given[one.key] = (truth * factor[0], truth * factor[1])
    return given


def test_answers_are_scored_and_count_once(ciso: User) -> None:
    services.answer_training(ciso, _answers(12, 8))
    services.answer_training(ciso, {"Y01": Decimal("0.1"), "Y02": Decimal("0.9")})
    answers = list(TrainingAnswer.objects.filter(by=ciso))
    found = score(answers)
    assert found.ranges is not None
    assert found.confidence is not None
    assert (found.ranges.rate.hits, found.ranges.rate.count) == (12, 20)
    assert found.ranges.verdict == "overconfident"
    assert found.confidence.brier == pytest.approx(0.01)
    assert over_time(answers)[-1][1].share == pytest.approx(0.6)
    with pytest.raises(Refused, match="answered before"):
        services.answer_training(ciso, {"Y01": Decimal("0.5")})
    entry = LedgerEntry.objects.filter(noun="training").latest("number")
    assert entry.after == '{"answers":2}'


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Z99": Decimal("0.5")},
        {"Y01": Decimal("1.5")},
        {"Y01": (Decimal(1), Decimal(2))},
        {"R01": Decimal("0.5")},
        {"R01": (Decimal(2), Decimal(1))},
    ],
)
def test_answers_that_are_refused(ciso: User, given: dict[str, object]) -> None:
    with pytest.raises(Refused):
        services.answer_training(ciso, given)  # type: ignore[arg-type]
    assert not TrainingAnswer.objects.exists()


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_round_is_answered_on_the_screen_and_shown_at_once(cio: User) -> None:
    client = _client(cio)
    page = client.get("/training/round/").content.decode()
    assert "R01_low" in page
    wrong = client.post("/training/round/", {"R01_low": "1970", "R01_high": "1960"})
    assert wrong.status_code == 422
    assert "smaller number comes first" in wrong.content.decode()
    half = client.post("/training/round/", {"R01_low": "1970"})
    assert "both ends" in half.content.decode()
    assert client.post("/training/round/", {"R01_low": "1960", "R01_high": "1975"}).status_code == 302
    told = client.get("/training/").content.decode()
    assert "in the range" in told
    assert "1969" in told
    assert "R01_low" not in client.get("/training/round/").content.decode()


def test_everything_answered_leaves_nothing_to_ask(cio: User) -> None:
    services.answer_training(cio, _answers(34, 0))
    yes_no = [one.key for one in questions().values() if one.kind != RANGE]
    services.answer_training(cio, {key: Decimal("0.5") for key in yes_no})
    assert _client(cio).get("/training/round/").status_code == 302


def test_only_those_allowed_see_others(cio: User, ciso: User) -> None:
    services.answer_training(ciso, _answers(3, 1))
    grants = [(Role.ANALYST, "")]
    analyst = accounts.add_account(None, "analyst@risk.example", "Ana", grants, password="Kq7-vmz!29pd")
    assert _client(analyst).get("/training/people/").status_code == 403
    assert "1969" not in _client(analyst).get("/training/").content.decode()
    page = _client(cio).get("/training/people/").content.decode()
    assert str(ciso) in page
    assert "75" in page
