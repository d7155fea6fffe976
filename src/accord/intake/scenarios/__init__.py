"""Scenarios of loss from plain tables and from other tools: how often, how much, in which currency.

    read_scenarios(path)    the scenarios of a file, whatever its format
    detect(source)          which format that is, by its content

Formats are told apart by what the file holds, never by its name. Faults are told all at once, each with row,
column, reason and remedy; nothing of a file with a fault is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from accord.intake.records import IntakeError
from accord.intake.safe.json_reader import JsonReader, text_encoding
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source
from accord.intake.scenarios.records import Fault, Faults, Law, LossForm, ScenarioError, ScenarioFile, StatedScenario
from accord.intake.tables import Table, TableError, read_tables
from accord.intake.tables.records import Limits as TableLimits

__all__ = [
    "FORMATS",
    "Fault",
    "Faults",
    "Format",
    "Law",
    "LossForm",
    "ScenarioError",
    "ScenarioFile",
    "StatedScenario",
    "detect",
    "read_scenarios",
]

LIMITS = Limits(bytes=1024**3, seconds=120.0)
TABLE_LIMITS = TableLimits(file_bytes=16 * 2**20, rows=50_000, cells=1_000_000, characters=16_000_000)
KEYS_LOOKED_AT = 200
ZIP = b"PK\x03\x04"
_PACKAGE = "accord.intake.scenarios"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name, its title for people, the module and function that read it, and what gives it away.

    `columns` judges the header of a table, `sheets` are those that a workbook has; `keys` the names at the top of a
    JSON object with their plain values, `first` those in the first element of a JSON list.
    """

    name: str
    title: str
    module: str
    reader: str = "read"
    columns: Callable[[frozenset[str]], bool] | None = None
    sheets: frozenset[str] = frozenset()
    keys: Callable[[dict[str, object]], bool] | None = None
    first: Callable[[frozenset[str]], bool] | None = None

    def _function(self) -> Callable[..., ScenarioFile]:
        return cast("Callable[..., ScenarioFile]", getattr(import_module(self.module), self.reader))


def _accord(columns: frozenset[str]) -> bool:
    from accord.intake.scenarios.table import recognizes

    return recognizes(columns)


def _fair(columns: frozenset[str]) -> bool:
    from accord.intake.scenarios.fair import recognizes

    return recognizes(columns)


def _riskquant(columns: frozenset[str]) -> bool:
    from accord.intake.scenarios.fair import recognizes_riskquant

    return recognizes_riskquant(columns)


def _pyfair(keys: dict[str, object]) -> bool:
    return keys.get("type") in ("FairModel", "FairMetaModel")


def _ciso_assistant(keys: dict[str, object]) -> bool:
    return {"results", "hypotheses"} <= keys.keys()


FORMATS: tuple[Format, ...] = (
    Format("accord", "Accord's table of scenarios", f"{_PACKAGE}.table", columns=_accord),
    Format("riskquant", "riskquant CSV with a header", f"{_PACKAGE}.fair", "read_riskquant", columns=_riskquant),
    Format("fair", "Table of FAIR factors", f"{_PACKAGE}.fair", columns=_fair),
    Format("company", "Workbook of a company", f"{_PACKAGE}.company", sheets=frozenset({"scenario", "scenario_loss"})),
    Format("pyfair", "pyfair JSON", f"{_PACKAGE}.pyfair", keys=_pyfair),
    Format("ciso-assistant", "CISO Assistant, answer of its API", f"{_PACKAGE}.ciso_assistant", keys=_ciso_assistant),
    Format(
        "ciso-assistant-backup",
        "CISO Assistant, backup",
        f"{_PACKAGE}.ciso_assistant",
        "read_backup",
        first=lambda names: "meta" in names,
    ),
)


def read_scenarios(
    origin: Path | str | BinaryIO, name: str | None = None, stage: str = "current", limits: Limits = LIMITS
) -> ScenarioFile:
    """The scenarios of a file. ScenarioError with every fault, and nothing else, whatever the bytes.

    `stage` chooses among the stages of CISO Assistant's scenarios; other formats have none.
    """
    source = Source(origin, limits, name)
    try:
        workbook = _workbook(origin)
        form, table = _recognize(source, workbook)
        if form is None:
            titles = ", ".join(one.title for one in FORMATS)
            raise source.error("The content is of no format that is known.", f"Give one of: {titles}.")
        if form.sheets:
            return form._function()(source.name, workbook)
        if table is not None:
            return form._function()(source.name, table)
        if form.name.startswith("ciso-assistant"):
            return form._function()(source, stage)
        return form._function()(source)
    except IntakeError as error:
        row = "" if error.row is None else str(error.row)
        reason, remedy = error.problem.rstrip("."), error.remedy.rstrip(".")
        raise ScenarioError([Fault(source.name, row, error.field or "", reason, remedy)]) from None
    except TableError as error:
        row = "" if error.row is None else str(error.row)
        raise ScenarioError([Fault(source.name, row, error.column, error.problem, error.remedy)]) from None


def detect(origin: Path | str | BinaryIO | Source, limits: Limits = LIMITS) -> Format | None:
    """The format of a file by its content, None where it is of none. IntakeError or TableError if it is damaged."""
    source = origin if isinstance(origin, Source) else Source(origin, limits)
    return _recognize(source, None if isinstance(origin, Source) else _workbook(origin))[0]


def _workbook(origin: Path | str | BinaryIO) -> bytes | None:
    """The bytes of a workbook, which no reader of streams takes; None where it is none or cannot be opened."""
    most = TABLE_LIMITS.file_bytes + 1
    try:
        if isinstance(origin, (str, Path)):
            with Path(origin).open("rb") as stream:
                head = stream.read(4)
                return head + stream.read(most) if head == ZIP else None
        origin.seek(0)
        head = origin.read(4)
        return head + origin.read(most) if head == ZIP else None
    except (OSError, ValueError, AttributeError):
        return None


def _recognize(source: Source, workbook: bytes | None) -> tuple[Format | None, Table | None]:
    if workbook is not None:
        return _of_tables(source.name, workbook)
    with source.open() as reader:
        head = reader.head()
        if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
            raise source.error("The file is empty.", "Export it again.")
        start = head[:512].decode(text_encoding(head), "ignore").lstrip("\ufeff \t\r\n")[:1]
        if start in ("{", "["):
            return _of_json(JsonReader(reader)), None
        data = bytearray()
        while piece := reader.read():
            reader.mark()
            data += piece
            if len(data) > TABLE_LIMITS.file_bytes:
                raise source.error(f"A table may have {TABLE_LIMITS.file_bytes:,} bytes.", "Divide it into parts.")
    return _of_tables(source.name, bytes(data))


def _of_tables(file: str, data: bytes) -> tuple[Format | None, Table | None]:
    """The format of the whole workbook, or else its first table of a known format."""
    tables = read_tables(file, data, limits=TABLE_LIMITS)
    names = {table.name for table in tables}
    for form in FORMATS:
        if form.sheets and form.sheets <= names:
            return form, None
    for table in tables:
        columns = frozenset(table.columns)
        for form in FORMATS:
            if form.columns is not None and form.columns(columns):
                return form, table
    return None, None


def _of_json(document: JsonReader) -> Format | None:
    if document.peek() == "[":
        for _ in document.elements():
            names = frozenset(key for key, _ in zip(document.names(), range(KEYS_LOOKED_AT), strict=False))
            return next((form for form in FORMATS if form.first is not None and form.first(names)), None)
        return None
    seen: dict[str, object] = {}
    for key in document.names():
        if key == "results":
            seen[key] = None
            for _ in document.elements():
                inner = {name for name, _ in zip(document.names(), range(KEYS_LOOKED_AT), strict=False)}
                if {"quantitative_risk_scenario", "risk_stage"} <= inner:
                    seen["hypotheses"] = None
                return next((form for form in FORMATS if form.keys is not None and form.keys(seen)), None)
        elif document.peek() == "{":
            for inner_key in document.names():
                if inner_key == "type" and document.scalar() == "FairModel":
                    seen["type"] = "FairMetaModel"
        else:
            seen[key] = document.scalar()
        found = next((form for form in FORMATS if form.keys is not None and form.keys(seen)), None)
        if found is not None or len(seen) >= KEYS_LOOKED_AT:
            return found
    return None
