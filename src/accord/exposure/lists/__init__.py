"""The lists of this room, each declared once for the screen, the CSV and the API."""

from accord.exposure.lists.definitions import DEFINITIONS
from accord.exposure.lists.feeds import FEEDS
from accord.exposure.lists.findings import FINDINGS
from accord.exposure.lists.scans import SCANS
from accord.exposure.lists.unclaimed import UNCLAIMED

__all__ = ["DEFINITIONS", "FEEDS", "FINDINGS", "SCANS", "UNCLAIMED"]
