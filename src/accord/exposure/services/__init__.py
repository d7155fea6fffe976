"""Every write of this room: taking in scans, claiming targets, loading feeds, keeping the roll-ups."""

from accord.exposure.services.assessing import reassess_pending, refresh
from accord.exposure.services.claims import claim, claim_as_new, ignore, rematch, restore
from accord.exposure.services.feeds import feed_of, update_feeds, update_from
from accord.exposure.services.fix_events import together
from accord.exposure.services.importing import process, receive, start, submit
from accord.exposure.services.pricing import accepted, concentration, set_prices
from accord.exposure.services.reports import import_scan, inspect_scan, update_feeds_from
from accord.exposure.services.rollups import check_rollups, recompute_rollups

__all__ = [
    "accepted",
    "check_rollups",
    "claim",
    "claim_as_new",
    "concentration",
    "feed_of",
    "ignore",
    "import_scan",
    "inspect_scan",
    "process",
    "reassess_pending",
    "receive",
    "recompute_rollups",
    "refresh",
    "rematch",
    "restore",
    "set_prices",
    "start",
    "submit",
    "together",
    "update_feeds",
    "update_feeds_from",
    "update_from",
]
