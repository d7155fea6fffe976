"""Accounts, the ledger, jobs and the keys of the API. The two-key base lives in `accord.core.twokey`."""

from accord.core.models.accounts import ApiToken, RoleGrant, User
from accord.core.models.jobs import Job
from accord.core.models.ledger import LedgerEntry, LedgerHead
from accord.core.models.requests import IdempotentRequest
from accord.core.models.stored import StoredFile
from accord.core.models.upkeep import Round, Webhook, WebhookDelivery

__all__ = [
    "ApiToken",
    "IdempotentRequest",
    "Job",
    "LedgerEntry",
    "LedgerHead",
    "RoleGrant",
    "Round",
    "StoredFile",
    "User",
    "Webhook",
    "WebhookDelivery",
]
