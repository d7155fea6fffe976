"""What other rooms and the screens read. All from roll-ups and indexes: no call scans the findings."""

from accord.exposure.selectors.feeds import FeedAge, feed_ages
from accord.exposure.selectors.fixes import FixOnSystem, findings_on, fix_of
from accord.exposure.selectors.policy import policy, policy_in_force
from accord.exposure.selectors.posture import Coverage, FixFirst, Posture, coverage, fix_first, posture
from accord.exposure.selectors.prices import Price, price_of
from accord.exposure.selectors.systems import (
    ClassCount,
    Exposure,
    chain_of,
    exposure_of_assets,
    findings_of_system,
    system_exposure,
)

__all__ = [
    "ClassCount",
    "Coverage",
    "Exposure",
    "FeedAge",
    "FixFirst",
    "FixOnSystem",
    "Posture",
    "Price",
    "chain_of",
    "coverage",
    "exposure_of_assets",
    "feed_ages",
    "findings_of_system",
    "findings_on",
    "fix_first",
    "fix_of",
    "policy",
    "policy_in_force",
    "posture",
    "price_of",
    "system_exposure",
]
