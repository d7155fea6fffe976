"""Writes of this room."""

from accord.risk.selectors.appetite import appetite_in_force
from accord.risk.services.appetites import (
    dissent_appetite,
    propose_appetite,
    sign_appetite,
    withdraw_appetite,
)
from accord.risk.services.hazards import run_hazard
from accord.risk.services.losses import run_loss

__all__ = [
    "appetite_in_force",
    "dissent_appetite",
    "propose_appetite",
    "run_hazard",
    "run_loss",
    "sign_appetite",
    "withdraw_appetite",
]
