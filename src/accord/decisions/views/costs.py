"""What the page of a sitting shows of the differences and their prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.ui import format as write
from accord.ui import parts

KINDS = {"pin": "Must be in", "drop": "Must be out", "": "Leaves it open"}
WHOLE = (("base", "Nobody insists"), ("cio", "All the CIO's way"), ("ciso", "All the CISO's way"))


def shown(found: Mapping[str, Any], currency: str, years: float) -> dict[str, Any]:
    """Tables of a sitting's differences; money over the horizon unless it says a year. No query."""
    return {
        "found": found,
        "currency": currency,
        "point_price": found["price"] / 100,
        "initiatives": [_initiative(row, years) for row in found["initiatives"]],
        "goals": [_goal(row) for row in found["goals"]],
        "whole": whole(found, currency, years),
        "dearest": _dearest(found),
    }


def _initiative(row: Mapping[str, Any], years: float) -> dict[str, Any]:
    return {
        **row,
        "figure": f"initiative:{row['key']}",
        "sides": [_side(role, row, years) for role in ("cio", "ciso")],
    }


def _side(role: str, row: Mapping[str, Any], years: float) -> dict[str, Any]:
    way = row["ways"][role]
    against = way.get("against")
    return {
        "role": role,
        "kind": row[role],
        "words": KINDS[row[role]],
        "reason": row["reasons"].get(role, ""),
        "way": way,
        "priced": "costs" in way,
        "loss_a_year": against["loss"] / years if against else None,
        "against": against,
    }


def _goal(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "figure": f"goal:{row['key']}", "ways": [row["ways"]["cio"], row["ways"]["ciso"]]}


def _dearest(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The differences that cost something whichever way is gone, the dearest first: (name, role, way)."""
    rows = [
        {"name": row["name"], "role": role, "costs": way["costs"], "costs_value": way["costs_value"]}
        for kind in ("initiatives", "goals")
        for row in found[kind]
        for role, way in row["ways"].items()
        if way.get("costs", 0.0) > 0
    ]
    return sorted(rows, key=lambda row: -float(row["costs"]))


def whole(found: Mapping[str, Any], currency: str, years: float) -> parts.Comparison:
    """Nobody's way, all of the CIO's, all of the CISO's, side by side."""
    plans = {"base": found["base"], **found["whole"]}
    heads = [parts.CompareHead(label, "" if plans[key]["possible"] else "no plan") for key, label in WHOLE]

    def row(label: str, write_one: Any, least: bool | None = None) -> parts.CompareRow:
        known = [plans[key] for key, _ in WHOLE if plans[key]["possible"]]
        texts = [write_one(plan) for plan in known]
        figures = {id(plan): text for plan, text in zip(known, texts, strict=True)}
        best = None
        if least is not None and texts:
            best = (min if least else max)(amount for amount, _ in texts)
        cells = [
            parts.Compared(figures[id(plans[key])][1], best is not None and figures[id(plans[key])][0] == best)
            if plans[key]["possible"]
            else parts.Compared(None)
            for key, _ in WHOLE
        ]
        return parts.CompareRow(label, cells)

    def share(name: str) -> Any:
        return lambda plan: (plan[name], write.percent(plan[name], 1))

    def money(amount: Any) -> Any:
        return lambda plan: (amount(plan), write.money(amount(plan), currency, compact=True))

    return parts.Comparison(
        "All the way of one",
        heads,
        [
            row("Value by the CIO's weights", share("value_cio"), least=False),
            row("Value by the CISO's weights", share("value_ciso"), least=False),
            row("Expected loss a year", money(lambda plan: plan["loss"] / years), least=True),
            row("Money over the horizon", money(lambda plan: plan["spent"])),
            row("Initiatives", lambda plan: (len(plan["starts"]), str(len(plan["starts"])))),
            row("Costs against nobody's way", money(lambda plan: plan.get("costs", 0.0)), least=True),
            row("What the proof leaves open", money(lambda plan: plan["open"])),
        ],
    )


def handed_in(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Both positions that a decision froze, side by side; None where there was no sitting."""
    sitting = content.get("sitting")
    if not sitting:
        return None
    positions = sitting["positions"]
    names = {row["key"]: row["name"] for row in content["result"].get("goals", ())}
    names |= {row["key"]: row["name"] for row in content["result"].get("reasons", ())}
    rows = []
    for key in positions["cio"]["weights"]:
        shares = [view["weights"][key] / sum(view["weights"].values()) for view in _both(positions)]
        rows.append({"name": names.get(key, key), "cells": [{"text": write.percent(share, 1)} for share in shares]})
    for key in sorted({key for view in _both(positions) for key in view["stances"]}):
        said = [view["stances"].get(key, {"kind": "", "reason": ""}) for view in _both(positions)]
        cells = [{"text": KINDS[one["kind"]], "reason": one["reason"]} for one in said]
        rows.append({"name": names.get(key, key), "cells": cells})
    return {"key": sitting["key"], "revealed_at": sitting["revealed_at"], "rows": rows}


def _both(positions: Mapping[str, Any]) -> list[Any]:
    return [positions["cio"], positions["ciso"]]
