"""Keeps the index of names, addresses and identifiers in step with the assets, and matches targets by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accord.core import events
from accord.estate.models import Asset, AssetIdentity

Identity = tuple[str, str]


def identities(row: Mapping[str, Any]) -> set[Identity]:
    """(scheme, value) of an asset's row, lower-case; the asset's key and name count as well."""
    found = {("hostname", name.lower().rstrip(".")) for name in row["hostnames"]}
    found |= {("address", address.lower()) for address in row["addresses"]}
    for text in row["identifiers"]:
        scheme, _, value = text.partition(":")
        found.add((scheme.lower(), value.lower()))
    found.add(("key", str(row["key"]).lower()))
    found.add(("name", str(row["name"]).lower()))
    return {(scheme[:40], value[:400]) for scheme, value in found if value}


def keep_in_step(noun: str, changes: Sequence[Any], actor: Any) -> None:
    """Handler of `rows_written` for assets."""
    if noun != "asset":
        return
    rows = {c.after["key"]: c.after for c in changes if c.after}
    touched = {c.key for c in changes if c.before is None or identities(c.before) != identities(c.after or c.before)}
    ids: dict[str, Any] = {}
    names = [k for k in rows if k in touched]
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        ids.update(Asset.objects.filter(key__in=part).values_list("key", "pk"))
    changed = [ids[c.key] for c in changes if c.before is not None and c.key in ids]
    for start in range(0, len(changed), 500):
        AssetIdentity.objects.filter(asset_id__in=changed[start : start + 500]).delete()
    AssetIdentity.objects.bulk_create(
        (
            AssetIdentity(asset_id=pk, scheme=scheme, value=value)
            for key, pk in ids.items()
            for scheme, value in sorted(identities(rows[key]))
        ),
        batch_size=1000,
    )


def match(wanted: Iterable[Identity]) -> dict[Identity, set[int]]:
    """Which assets (primary keys) carry each of the (scheme, value) pairs. A query per 400 values."""
    pairs = {(scheme.lower(), value.lower().rstrip(".")) for scheme, value in wanted if value}
    values = sorted({value for _, value in pairs})
    found: dict[Identity, set[int]] = defaultdict(set)
    for start in range(0, len(values), 400):
        rows = AssetIdentity.objects.filter(value__in=values[start : start + 400])
        for scheme, value, asset in rows.values_list("scheme", "value", "asset_id"):
            if (scheme, value) in pairs:
                found[scheme, value].add(asset)
    return found


def declare() -> None:
    events.rows_written.subscribe(keep_in_step)
