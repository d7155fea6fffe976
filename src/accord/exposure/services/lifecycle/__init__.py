"""What people do to findings: start, claim a fix, judge, reopen, accept; one by one and in bulk."""

from accord.exposure.services.lifecycle.acceptance import accept, end_acceptance
from accord.exposure.services.lifecycle.acts import (
    AT_ONCE,
    NAMES,
    Outcome,
    Wish,
    act,
    fitting,
    mine,
    offered,
    submit,
)
from accord.exposure.services.lifecycle.writing import WRITTEN, Change, change

__all__ = [
    "AT_ONCE",
    "NAMES",
    "WRITTEN",
    "Change",
    "Outcome",
    "Wish",
    "accept",
    "act",
    "change",
    "end_acceptance",
    "fitting",
    "mine",
    "offered",
    "submit",
]
