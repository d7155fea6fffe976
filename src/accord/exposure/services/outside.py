"""What is seen open from the internet, beside what the estate says of it."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Container
from typing import Any

from accord.estate.models import Asset, SystemAsset
from accord.exposure.models import Finding, Target

INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "0.0.0.0/8", "224.0.0.0/3", "fc00::/7", "fe80::/10", "::1/128", "::/128", "ff00::/8",
    )
)  # fmt: skip
"""Addresses that no router of the internet knows (RFC 1918, 6598, 3927, 4193, 4291)."""
SHOWN = 100
PART = 500


def is_outside(text: str) -> bool:
    """Whether an address can be reached from the internet by its kind."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not any(address in network for network in INSIDE if network.version == address.version)


def seen(assets: Container[int]) -> dict[str, Any]:
    """Targets with an internet address and the ports that scans found open there; and systems said to be exposed of
    which no scan has seen such an address. As many queries as 500s of such targets, and three."""
    rows = Target.objects.exclude(state=Target.State.IGNORED).order_by("pk")
    open_ = [
        (pk, name, [a for a in addresses if is_outside(a)], asset)
        for pk, name, addresses, asset in rows.values_list("pk", "name", "addresses", "asset_id").iterator(5000)
        if any(is_outside(a) for a in addresses)
    ]
    ports: dict[int, set[str]] = defaultdict(set)
    for start in range(0, len(open_), PART):
        part = [pk for pk, *_ in open_[start : start + PART]]
        found = Finding.objects.filter(target_id__in=part, port__isnull=False, closed_at__isnull=True)
        for pk, port, protocol in found.order_by().values_list("target_id", "port", "protocol").distinct():
            ports[pk].add(f"{port}/{protocol or 'tcp'}")
    reaches: dict[int, set[str]] = defaultdict(set)
    names: dict[int, set[str]] = defaultdict(set)
    exposed: dict[str, bool] = {}
    held = {asset for *_, asset in open_ if asset is not None}
    links = SystemAsset.objects.values_list("asset_id", "system__key", "system__name", "system__reach")
    for asset, key, name, reach in links.iterator(chunk_size=5000):
        if asset in held:
            reaches[asset].add(reach)
            names[asset].add(name)
        if reach == "internet":
            exposed[key] = exposed.get(key, False) or asset in held
    keys = dict(Asset.objects.filter(pk__in=list(held)[:5000]).values_list("pk", "key"))
    told = [
        {
            "target": pk, "name": name, "addresses": addresses, "asset": keys.get(asset or 0, ""),
            "ports": sorted(ports[pk], key=lambda text: (int(text.partition("/")[0]), text)),
            "systems": sorted(names.get(asset or 0, ())), "said": _said(asset, reaches),
        }
        for pk, name, addresses, asset in open_
    ]  # fmt: skip
    unexpected = [row for row in told if row["said"] != "internet"]
    return {
        "targets": len(told), "unexpected": len(unexpected),
        "rows": (unexpected + [row for row in told if row["said"] == "internet"])[:SHOWN],
        "said": len(exposed), "unseen": sorted(key for key, was in exposed.items() if not was)[:SHOWN],
        "unseen_number": sum(not was for was in exposed.values()),
    }  # fmt: skip


def _said(asset: int | None, reaches: dict[int, set[str]]) -> str:
    """What the estate says: "internet", "partner", "internal", "unknown", or "nobody's" and "no system"."""
    if asset is None:
        return "nobody's"
    said = reaches.get(asset)
    if not said:
        return "no system"
    return next((reach for reach in ("internet", "partner", "internal") if reach in said), "unknown")
