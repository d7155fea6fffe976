"""Evidence of safeguards from the exports of other tools: a list of machines as CSV or XLSX, matched with assets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from accord.core.errors import Problem, Refused
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.estate import identities
from accord.estate.models import Asset

NAMES = (
    "asset", "hostname", "host name", "host", "computer name", "computername", "device name", "devicename", "machine",
    "machine name", "endpoint", "endpoint name", "dns name", "fqdn", "vm name", "server", "workload", "user principal "
    "name", "userprincipalname", "account", "name", "ip", "ip address", "local ip", "address",
)  # fmt: skip
"""Heads of the column that names the machine, as tools write them; the first that is there is taken."""
DAYS = (
    "last seen", "lastseen", "last_seen", "last contact", "last communication", "last check-in", "last checkin",
    "last backup", "last successful backup", "last event", "last log", "last sign-in", "last update", "seen", "date",
)  # fmt: skip
FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%b %d, %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")
SCHEMES = ("hostname", "name", "key", "address", "account", "upn")
COLUMNS = ["asset", "safeguard", "source", "present", "seen", "note"]
SHOWN = 50


@dataclass(slots=True)
class Taken:
    """What came of an export: rows of the file, assets with new or changed evidence, and what matched no single asset.

    `unmatched` and `ambiguous` are the first names; `undated` rows have no day that can be read and took the file's.
    """

    rows: int = 0
    assets: int = 0
    changed: int = 0
    unmatched: list[str] = field(default_factory=list)
    unmatched_number: int = 0
    ambiguous: list[str] = field(default_factory=list)
    ambiguous_number: int = 0
    undated: int = 0


def take_export(actor: User, file: str, data: bytes, safeguard: str, source: str, day: date) -> Taken:
    """Every machine of the list has the safeguard on the day that the list says (else on `day`).

    Machines that the list does not name keep what is known of them: absence in a list is no evidence. Refused where no
    column names machines, or where the file is no table.
    """
    from accord.intake.tables import TableError, read_tables

    try:
        tables = read_tables(file, data)
    except TableError as error:
        raise Refused(Problem(error.row, error.column, error.problem, error.remedy)) from error
    table = next((one for one in tables if one.rows), None)
    if table is None:
        raise Refused(Problem(None, "", "The file has no rows.", "Export the list of machines as CSV."))
    heads = {str(name).strip().lower().replace("_", " "): name for name in table.columns}
    name = next((heads[head] for head in NAMES if head in heads), None)
    if name is None:
        known = ", ".join(NAMES[:6])
        raise Refused(Problem(1, "", "No column names the machines.", f"Give one of the heads {known} …"))
    when = next((heads[head] for head in DAYS if head in heads), None)
    taken = Taken()
    seen: dict[str, tuple[date, str]] = {}
    for row in table.rows:
        told = str(row.cells.get(name) or "").strip()
        if not told:
            continue
        taken.rows += 1
        found = _day(str(row.cells.get(when) or "")) if when else None
        taken.undated += found is None
        at = min(found or day, day)
        if told not in seen or seen[told][0] < at:
            seen[told] = (at, told)
    rows = _rows(seen, taken)
    text = TextTable("safeguard_evidence", COLUMNS, [
        TextRow(number, {
            "asset": key, "safeguard": safeguard, "source": source, "present": "yes", "seen": at.isoformat(),
            "note": f"{file}: {told}"[:300],
        })
        for number, (key, (at, told)) in enumerate(rows.items(), 2)
    ])  # fmt: skip
    taken.assets = len(rows)
    if rows:
        found_difference = import_tables(actor, [text])
        taken.changed = sum(line["added"] + line["changed"] for line in found_difference.summary())
    return taken


def _rows(seen: dict[str, tuple[date, str]], taken: Taken) -> dict[str, tuple[date, str]]:
    """By asset key the newest day and the name; what matches none or several is noted."""
    short = {told: told.lower().rstrip(".").partition(".")[0] for told in seen}
    wanted = {(scheme, value.lower()) for told in seen for value in (told, short[told]) for scheme in SCHEMES}
    index = identities.match(wanted)
    keys = dict(Asset.objects.filter(pk__in={pk for found in index.values() for pk in found}).values_list("pk", "key"))
    rows: dict[str, tuple[date, str]] = {}
    for told, at in seen.items():
        fitting: set[int] = set()
        for value in (told.lower().rstrip("."), short[told]):
            fitting = set().union(*(index.get((scheme, value), set()) for scheme in SCHEMES))
            if fitting:
                break
        if len(fitting) == 1:
            key = keys[next(iter(fitting))]
            if key not in rows or rows[key][0] < at[0]:
                rows[key] = at
        elif fitting:
            taken.ambiguous_number += 1
            taken.ambiguous = [*taken.ambiguous, told][:SHOWN]
        else:
            taken.unmatched_number += 1
            taken.unmatched = [*taken.unmatched, told][:SHOWN]
    return rows


def _day(text: str) -> date | None:
    """The day of a time as tools write it; None where it cannot be read. Days and months are never guessed."""
    told = text.strip()
    try:
        return datetime.fromisoformat(told.replace("Z", "+00:00")).date()
    except ValueError:
        pass
    for form in FORMS:
        try:
            return datetime.strptime(told, form).date()  # noqa: DTZ007 - only its day counts
        except ValueError:
            continue
    return None
