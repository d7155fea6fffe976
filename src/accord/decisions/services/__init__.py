"""Writes of this room."""

from accord.decisions.services.signing import dissent, propose, sign, withdraw

__all__ = ["dissent", "propose", "sign", "withdraw"]
