"""Finds the asset that a scanner's target is: by the strongest identifier that both have. Never by guessing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from accord.estate.identities import Identity, match
from accord.estate.models import Asset
from accord.exposure.models import Target
from accord.intake.records import LASTING_SCHEMES, LOOPBACK_NAMES

MACHINES = frozenset({"host", "device", "cloud_resource"})
OWN_SCHEMES: dict[str, tuple[str, ...]] = {
    "repository": ("repository", "repo"), "image": ("image",), "account": ("account",),
    "cloud_resource": ("cloud_resource", "arn"), "application": ("application", "app", "url"),
    "host": ("host",), "device": ("device", "serial"),
}  # fmt: skip
MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class Match:
    """The asset (None = none, or several: `candidates`) and the identifier that decided."""

    asset: int | None = None
    by: str = ""
    candidates: tuple[int, ...] = field(default_factory=tuple)


def tiers(target: Target) -> Iterator[list[Identity]]:
    """The identifiers of a target, the strongest first; those of one tier are equally strong.

    Identifiers that stay with a thing for life, other identifiers, the name of the thing under its kind's own
    scheme, full domain names, MAC addresses, addresses, short host names, at last the bare name or key. What
    every machine has (localhost, 127.0.0.1) identifies none.
    """
    told = [(str(scheme).lower(), str(value).lower()) for scheme, value in target.identifiers]
    yield [pair for pair in told if pair[0] in LASTING_SCHEMES]
    yield [pair for pair in told if pair[0] not in LASTING_SCHEMES]
    yield [(scheme, target.name.lower()) for scheme in OWN_SCHEMES.get(target.kind, ())]
    names = [name for name in target.hostnames if name not in LOOPBACK_NAMES]
    yield [("hostname", name) for name in names if "." in name]
    yield [("mac", mac) for mac in target.macs]
    yield [("address", address) for address in target.addresses if not _is_loopback(address)]
    yield [("hostname", name) for name in names if "." not in name]
    if target.name not in LOOPBACK_NAMES and not _is_loopback(target.name):
        yield [("key", target.name.lower()), ("name", target.name.lower())]


def match_targets(targets: Sequence[Target]) -> list[Match]:
    """One answer per target. Two queries, more for many hundreds of identifiers."""
    ordered = [list(tiers(target)) for target in targets]
    wanted = {pair for of_target in ordered for tier in of_target for pair in tier}
    if not wanted:
        return [Match() for _ in targets]
    found = match(wanted)
    hits = {asset for assets in found.values() for asset in assets}
    kinds = dict(Asset.objects.filter(pk__in=hits).values_list("pk", "kind")) if hits else {}
    return [_decide(target, of_target, found, kinds) for target, of_target in zip(targets, ordered, strict=True)]


def _decide(
    target: Target, ordered: list[list[Identity]], found: dict[Identity, set[int]], kinds: dict[int, str]
) -> Match:
    for tier in ordered:
        assets: set[int] = set()
        by = ""
        for scheme, value in tier:
            here = found.get((scheme, value.rstrip(".")), set())
            if scheme in ("name", "key"):
                here = {asset for asset in here if _alike(kinds.get(asset, ""), target.kind)}
            if here and not by:
                by = f"{scheme}:{value}"
            assets |= here
        if len(assets) == 1:
            return Match(assets.pop(), by)
        if assets:
            return Match(None, by, tuple(sorted(assets)[:MOST_CANDIDATES]))
    return Match()


def _alike(kind: str, other: str) -> bool:
    return kind == other or (kind in MACHINES and other in MACHINES)


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
