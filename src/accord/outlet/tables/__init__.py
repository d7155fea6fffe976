"""Write tables of text as CSV or XLSX, so that ``accord.intake.tables`` reads back what was written."""

from __future__ import annotations

from accord.outlet.tables.delimited import stream_csv, write_csv
from accord.outlet.tables.records import Sheet, guarded
from accord.outlet.tables.workbook import write_workbook

__all__ = ["Sheet", "guarded", "stream_csv", "write_csv", "write_workbook"]
