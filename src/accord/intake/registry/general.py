"""Formats of no tool in particular."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff

LISTS = frozenset(
    {"findings", "vulnerabilities", "vulns", "issues", "Issues", "results", "matches", "alerts", "data", "items"}
)
AROUND = frozenset({"jsonapi", "links", "meta", "__comment__"})


def _is_empty(seen: Sniff) -> bool:
    """Nothing at all, "null", or an object with nothing but an empty list of what a scanner finds."""
    if seen.kind == "text":
        return [one.strip() for one in seen.lines if one.strip()] == ["null"]
    if seen.kind != "json" or not seen.whole:
        return False
    lists = seen.keys.keys() & LISTS
    if not lists:
        return not seen.paths
    others = any(path.startswith(tuple(one + end for one in lists for end in (".", "["))) for path in seen.paths)
    return not others and seen.keys.keys() <= LISTS | AROUND and all(seen.keys[one] is None for one in lists)


def _is_own(seen: Sniff) -> bool:
    return "accord_findings" in seen.keys


def _is_generic(seen: Sniff) -> bool:
    """A list of findings with the three words that each must have, and nobody else's mark on it."""
    if not seen.whole or not seen.has("findings[].title", "findings[].severity", "findings[].description"):
        return False
    return seen.paths.keys().isdisjoint(("findings[].findingArn", "findings[].AwsAccountId", "accord_findings"))


def _is_generic_csv(seen: Sniff) -> bool:
    others = ("Control ID", "QID", "Plugin ID", "Plugin")
    if not seen.columns("Title", "Severity", "Description") or any(seen.columns(name) for name in others):
        return False
    return any(seen.columns(name) for name in ("Date", "CweId", "Active", "Verified"))


FORMATS: tuple[Format, ...] = (
    Format("accord", "Accord's own list of findings (JSON)", (".json",), "accord.intake.own", _is_own),
    Format("generic", "Generic findings JSON", (".json",), "accord.intake.generic", _is_generic),
    Format("generic-csv", "Generic findings CSV", (".csv",), "accord.intake.generic.table", _is_generic_csv),
    Format("empty", "Empty list or object of JSON", (".json",), "accord.intake.empty", _is_empty),
)
