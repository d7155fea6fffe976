"""What of the estate a department head sees: the systems that their units use, and the assets under those."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accord.core import permissions
from accord.estate import identities
from accord.estate.models import SystemAsset, UnitSystem


def systems_of(units: set[str]) -> Any:
    """Primary keys of the systems that the units use, as a subquery."""
    return UnitSystem.objects.filter(unit__key__in=units).values("system")


def assets_of(units: set[str]) -> Any:
    return SystemAsset.objects.filter(system__in=systems_of(units)).values("asset")


def declare() -> None:
    permissions.scope_noun("system", lambda q, units: q.filter(pk__in=systems_of(units)))
    permissions.scope_noun("asset", lambda q, units: q.filter(pk__in=assets_of(units)))
    permissions.scope_noun("system_asset", lambda q, units: q.filter(system__in=systems_of(units)))
    permissions.scope_noun("capability_system", lambda q, units: q.filter(system__in=systems_of(units)))
    permissions.scope_noun("unit_system", lambda q, units: q.filter(unit__key__in=units))
    permissions.scope_noun(
        "dependency",
        lambda q, units: q.filter(Q(system__in=systems_of(units)) | Q(depends_on__in=systems_of(units))),
    )
    identities.declare()
