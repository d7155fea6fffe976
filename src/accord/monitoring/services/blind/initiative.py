"""Makes a blind spot an initiative: strategy hears it by a core event, within the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accord.core import events, ledger
from accord.core.models import User
from accord.monitoring.models import BlindInitiative

MOST_YEARS = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """An initiative as the form has it. Costs None = nobody has said; `years` of running cost from its start."""

    key: str
    name: str
    description: str
    quarters: int
    capital: Decimal | None
    running: Decimal | None
    years: int = 3


def suggested_key() -> str:
    """A key that no initiative from here has had."""
    taken = set(BlindInitiative.objects.values_list("initiative", flat=True))
    return next(key for key in (f"WATCH-{n}" for n in range(1, len(taken) + 2)) if key not in taken)


def make(actor: User, spot: str, wish: Wish) -> BlindInitiative:
    """Have the initiative made and keep that it came of this blind spot. `Refused` as strategy refuses it."""
    costs = [
        {
            "year": str(year), "capital": _text(wish.capital if year == 1 else Decimal(0), wish.capital),
            "running": _text(wish.running, wish.running),
        }
        for year in range(1, (min(wish.years, MOST_YEARS) if wish.running is not None else 1) + 1)
    ]  # fmt: skip
    initiative = {
        "name": wish.name, "sponsor": "ciso", "description": wish.description,
        "duration_quarters": str(wish.quarters),
    }  # fmt: skip
    with ledger.write(actor) as log:
        events.initiative_wanted.send(key=wish.key, initiative=initiative, costs=costs, actor=actor)
        made = BlindInitiative.objects.create(spot=spot[:200], initiative=wish.key, by=actor)
        log.add("link", "blind_spot", spot, None, {"initiative": wish.key})
    return made


def _text(value: Decimal | None, told: Decimal | None) -> str:
    return "" if told is None or value is None else format(value, "f")
