"""By what the asset of an alert was found, in words."""

from __future__ import annotations

from dataclasses import dataclass

from accord.monitoring.models import Alert
from accord.monitoring.pumping.assets import THEN
from accord.monitoring.services.alerts.risks import BY_ITS_RULES
from accord.monitoring.services.alerts.subjects import BOUND

KINDS = {
    "host": "host name", "address": "address", "account": "account", "aws-account": "AWS account",
    "azure-account": "Azure subscription", "gcp-account": "Google Cloud project", "entra-tenant": "Entra tenant",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tie:
    """How an asset was found: in words, and the key of the source where its binding said so."""

    text: str
    source: str = ""


def tie_of(alert: Alert) -> Tie | None:
    """None where there is no asset, or where it was not noted how it was found."""
    told = alert.asset_by
    if alert.asset_id is None or not told:
        return None
    if told == BY_ITS_RULES:
        return Tie("by the alerts that made this risk")
    if told.startswith(BOUND):
        return Tie("by the binding of source", told.removeprefix(BOUND))
    kind, _, text = told.removeprefix(THEN).partition(":")
    then = ", as the estate had it at the time of the event" if told.startswith(THEN) else ""
    return Tie(f"by {KINDS.get(kind, kind)} {text}{then}")
