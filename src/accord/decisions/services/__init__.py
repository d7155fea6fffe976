"""Writes of this room."""

from accord.decisions.services.comments import add_comment
from accord.decisions.services.own import make_plan
from accord.decisions.services.planning import Interrupted, run_frontier
from accord.decisions.services.signing import Reserved, dissent, propose, sign, withdraw
from accord.decisions.services.sittings import close_sitting, open_sitting, price_differences, save_position
from accord.decisions.services.stances import set_stance

__all__ = [
    "Interrupted",
    "Reserved",
    "add_comment",
    "close_sitting",
    "dissent",
    "make_plan",
    "open_sitting",
    "price_differences",
    "propose",
    "run_frontier",
    "save_position",
    "set_stance",
    "sign",
    "withdraw",
]
