"""Losses that come together: shared causes (exact, with bounds) and copulas on the yearly rates (with standard errors).

    causes = [SharedCause("identity", (0.1, 0.3, 0.8), {"S-1": 0.9, "S-2": 0.4})]
    result = shared_loss(portfolio, causes)

Shared causes are the model to prefer: each is a thing with a name and a rate that somebody can find out. A copula says
only that rates move together, and is for asking how much that could matter.
"""

from accord.engines.loss.dependence.copula import CopulaLoss, copula_loss, paired_difference
from accord.engines.loss.dependence.shared import SharedCause, SharedLoss, explained, own_share, shared_loss

__all__ = [
    "CopulaLoss",
    "SharedCause",
    "SharedLoss",
    "copula_loss",
    "explained",
    "own_share",
    "paired_difference",
    "shared_loss",
]
