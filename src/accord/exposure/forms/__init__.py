"""The forms of this room, and those that its screens share."""

from accord.exposure.forms.scans import FeedForm, ScanForm, StatementForm, TargetsForm

__all__ = ["FeedForm", "ScanForm", "StatementForm", "TargetsForm"]
