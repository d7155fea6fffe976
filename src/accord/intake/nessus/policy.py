"""What a Nessus scan was told to run: the plugin set, families, single plugins and ports of the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from accord.intake.records import PortRange
from accord.intake.safe import text as clean

if TYPE_CHECKING:
    from lxml.etree import _Element

SELECTED = 200_000  # families, and plugins switched on one by one


@dataclass(slots=True)
class Policy:
    """What was switched on. `plugins` is the plugin set as check names; `chosen` and `families` are what
    the policy switches on by name."""

    name: str | None = None
    plugins: frozenset[str] | None = None
    chosen: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    families_told: bool = False
    ports: tuple[PortRange, ...] | None = None

    def checks(self) -> tuple[frozenset[str], frozenset[str], bool]:
        """(checks, groups, exhaustive) for Coverage."""
        if self.plugins:
            return self.plugins, frozenset(), True
        return frozenset(self.chosen), frozenset(self.families), self.families_told


def preference(element: _Element, policy: Policy) -> None:
    """Take one <preference>."""
    name = (element.findtext("name") or "").strip()
    value = (element.findtext("value") or "").strip()
    if name == "plugin_set" and value:
        policy.plugins = frozenset(f"nessus:{one.strip()}" for one in value.split(";") if one.strip().isdigit())
    elif name == "port_range":
        policy.ports = _ports(value)


def _ports(value: str) -> tuple[PortRange, ...] | None:
    """ "1-1024,T:8000-8100,U:53" → ranges; None for "default", "all" or anything but plain numbers."""
    ranges = []
    for part in value.replace(" ", "").split(",")[:5000]:
        kind, colon, span = part.rpartition(":")
        first, dash, last = span.partition("-")
        low, high = clean.whole(first, 0, 65535), clean.whole(last if dash else first, 0, 65535)
        if low is None or high is None or kind.upper() not in ("", "T", "U") or (colon and not kind):
            return None
        protocols = {"": ("tcp", "udp"), "T": ("tcp",), "U": ("udp",)}[kind.upper()]
        ranges += [PortRange(protocol, low, high) for protocol in protocols]
    return tuple(ranges)


def selection(element: _Element, policy: Policy) -> None:
    """Take one <FamilyItem> or <PluginItem>."""
    switched_on = (element.findtext("Status") or "").strip() == "enabled"
    if element.tag == "FamilyItem":
        policy.families_told = True
        family = clean.line(element.findtext("FamilyName"), 200)
        if family and switched_on and len(policy.families) < SELECTED:
            policy.families.add(f"nessus-family:{family}")
    else:
        plugin = (element.findtext("PluginId") or "").strip()
        if plugin.isdigit() and len(plugin) <= 12 and switched_on and len(policy.chosen) < SELECTED:
            policy.chosen.add(f"nessus:{plugin}")
