"""Every write on rules."""

from accord.monitoring.services.rules.importing import Wish, apply, take_pack
from accord.monitoring.services.rules.plan import Plan, plan, preview
from accord.monitoring.services.rules.policy import Wanted, switch
from accord.monitoring.services.rules.versions import Failing, change, decline_offered, roll_back, take_offered, write

__all__ = [
    "Failing", "Plan", "Wanted", "Wish", "apply", "change", "decline_offered", "plan", "preview", "roll_back", "switch",
    "take_offered", "take_pack", "write",
]  # fmt: skip
