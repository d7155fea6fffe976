"""The lists of this room, each declared once for the screen, the CSV and the API."""

from accord.exposure.lists.definitions import DEFINITIONS
from accord.exposure.lists.feeds import FEEDS
from accord.exposure.lists.findings import FINDINGS
from accord.exposure.lists.fixes import CAMPAIGNS, FIXES, PATCH_JOBS, PATCH_PLANS, TICKETS
from accord.exposure.lists.scans import SCANS
from accord.exposure.lists.unclaimed import UNCLAIMED

__all__ = [
    "CAMPAIGNS",
    "DEFINITIONS",
    "FEEDS",
    "FINDINGS",
    "FIXES",
    "PATCH_JOBS",
    "PATCH_PLANS",
    "SCANS",
    "TICKETS",
    "UNCLAIMED",
]
