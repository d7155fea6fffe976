"""Writes of this room."""

from accord.risk.selectors.appetite import appetite_in_force
from accord.risk.services.appetites import (
    dissent_appetite,
    propose_appetite,
    sign_appetite,
    withdraw_appetite,
)
from accord.risk.services.hazards import run_hazard
from accord.risk.services.histories import history_of, posterior_texts, use_history
from accord.risk.services.losses import run_loss
from accord.risk.services.trainings import answer_training

__all__ = [
    "answer_training",
    "appetite_in_force",
    "dissent_appetite",
    "history_of",
    "posterior_texts",
    "propose_appetite",
    "run_hazard",
    "run_loss",
    "sign_appetite",
    "use_history",
    "withdraw_appetite",
]
