"""Writes of this room."""

from accord.decisions.services.acceptances import (
    dissent_acceptance,
    end_acceptances_that_ran_out,
    propose_acceptance,
    revoke_acceptance,
    sign_acceptance,
    withdraw_acceptance,
)
from accord.decisions.services.comments import add_comment
from accord.decisions.services.forecasts import Stated, close_year, keep_forecasts, state_estimates
from accord.decisions.services.own import make_plan
from accord.decisions.services.patches import end_sheets_that_ran_out, record_outcome
from accord.decisions.services.planning import Interrupted, run_frontier
from accord.decisions.services.robustness import keep_tail_plan, run_robustness
from accord.decisions.services.sheets import (
    change_sheet,
    compute_sheet,
    dissent_sheet,
    draft_sheet,
    propose_sheet,
    recompute_sheet,
    sign_sheet,
    withdraw_sheet,
)
from accord.decisions.services.signing import Reserved, dissent, propose, sign, withdraw
from accord.decisions.services.sittings import close_sitting, open_sitting, price_differences, save_position
from accord.decisions.services.stances import set_stance

__all__ = [
    "Interrupted",
    "Reserved",
    "Stated",
    "add_comment",
    "change_sheet",
    "close_sitting",
    "close_year",
    "compute_sheet",
    "dissent",
    "dissent_acceptance",
    "dissent_sheet",
    "draft_sheet",
    "end_acceptances_that_ran_out",
    "end_sheets_that_ran_out",
    "keep_forecasts",
    "keep_tail_plan",
    "make_plan",
    "open_sitting",
    "price_differences",
    "propose",
    "propose_acceptance",
    "propose_sheet",
    "recompute_sheet",
    "record_outcome",
    "revoke_acceptance",
    "run_frontier",
    "run_robustness",
    "save_position",
    "set_stance",
    "sign",
    "sign_acceptance",
    "sign_sheet",
    "state_estimates",
    "withdraw",
    "withdraw_acceptance",
    "withdraw_sheet",
]
