"""Writes of this room."""

from accord.decisions.services.own import make_plan
from accord.decisions.services.planning import Interrupted, run_frontier
from accord.decisions.services.signing import dissent, propose, sign, withdraw
from accord.decisions.services.stances import set_stance

__all__ = ["Interrupted", "dissent", "make_plan", "propose", "run_frontier", "set_stance", "sign", "withdraw"]
