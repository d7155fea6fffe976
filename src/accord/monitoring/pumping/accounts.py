"""Which accounts a log of a cloud or of sign-ins names: the person's, the tenant, the provider's account.

The names are those under which scanners' reports and the estate's `identifiers` know the same accounts
(`accord.intake.clouds.account`): `account:ada@company.example`, `aws-account:111122223333`,
`azure-account:<subscription>`, `gcp-account:<project>`, `entra-tenant:<tenant>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.monitoring.pumping.fields import first, text

Asked = tuple[str, tuple[str, ...]]
TENANT: Asked = (
    "entra-tenant",
    ("tenantId", "TenantId", "AADTenantId", "aadTenantId", "ResourceTenantId", "resourceTenantId", "OrganizationId"),
)
ACCOUNTS: dict[str, tuple[Asked, ...]] = {
    "aws": (("aws-account", ("recipientAccountId", "userIdentity.accountId", "accountId")),),
    "azure": (("azure-account", ("subscriptionId", "SubscriptionId")), TENANT),
    "m365": (TENANT,),
    "gcp": (("gcp-account", ("resource.labels.project_id",)),),
}
PERSONS = frozenset(("azure", "m365", "okta"))
"""Logs of what persons do: their own account is nearer to the event than the tenant."""


def accounts(product: str | None, user: str | None, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(scheme, value) pairs, the nearest to the event first; none for logs of machines."""
    found = [("account", user)] if product in PERSONS and user is not None and "@" in user else []
    for scheme, names in ACCOUNTS.get(product or "", ()):
        value = first(data, names, text)
        if value is not None:
            found.append((scheme, value))
    return tuple(found)
