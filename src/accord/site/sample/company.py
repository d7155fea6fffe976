"""What the sample company is made of, as written by hand in `data/company`, and the dates of its story."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
SEED = 20261116
TODAY = date(2026, 11, 16)
SCAN_DATES = (date(2026, 9, 14), date(2026, 10, 12), date(2026, 11, 9))
DOMAIN = "veldrana.example"
INSIDE = f"int.{DOMAIN}"
REGISTRY = f"registry.{DOMAIN}"
SOURCES = f"git.{DOMAIN}"
INVENTED = "Invented sample data of Accord: no such company, site, person or machine exists."

Row = Mapping[str, object]
Tables = dict[str, list[dict[str, object]]]


@dataclass(frozen=True)
class DemoUser:
    """An account of a demonstration: `role` as in the permission table, `scope` a unit's key or blank."""

    role: str
    name: str
    email: str
    person: str = ""
    scope: str = ""


@dataclass(frozen=True)
class SampleCompany:
    """The written files, in the order in which a customer would hand them in.

    `tables` is a folder with one CSV per noun; `feeds` are a KEV and an EPSS file; `scans` are scanner files,
    the oldest first; `real` are files that real tools wrote about real things, not about the company.
    """

    folder: Path
    tables: Path
    feeds: tuple[Path, ...]
    scans: tuple[Path, ...]
    real: tuple[Path, ...]
    users: tuple[DemoUser, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Everything in load order: tables, feeds, scans, files of real tools."""
        return (self.tables, *self.feeds, *self.scans, *self.real)


@cache
def story(name: str) -> dict[str, Any]:
    """One hand-written TOML file of `data/company`."""
    with (DATA / "company" / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def sheet(name: str) -> tuple[dict[str, str], ...]:
    """One hand-written CSV file below `data`, such as `company/systems` or `products`."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def shares(text: str) -> list[tuple[str, str]]:
    """ "A:0.5 B:0.2" as pairs of key and share."""
    return [(key, share) for key, _, share in (part.partition(":") for part in text.split())]


def text_of(value: object) -> str:
    """A cell as the import reads it: lists with `; `, dates in ISO form, blank for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(value, ".6f").rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else str(value)


def write_tables(folder: Path, tables: Tables, columns: Mapping[str, Sequence[str]]) -> None:
    """One CSV per noun; the columns in the order given, every row with every column."""
    folder.mkdir(parents=True, exist_ok=True)
    for noun, rows in tables.items():
        names = columns[noun]
        with (folder / f"{noun}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([text_of(row.get(name)) for name in names] for row in rows)
