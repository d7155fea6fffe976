"""Writes of this room."""

from accord.decisions.services.planning import Interrupted, run_frontier, set_stance
from accord.decisions.services.signing import dissent, propose, sign, withdraw

__all__ = ["Interrupted", "dissent", "propose", "run_frontier", "set_stance", "sign", "withdraw"]
