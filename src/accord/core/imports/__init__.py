"""Bulk and single writes of table nouns: compare with what is there, then all or nothing, through the ledger.

`compare` is the dry run; `apply` does it; `save_row` and `remove` are the same gate for one object.
"""

from accord.core.imports.apply import apply, export_tables, import_tables, remove, save_row
from accord.core.imports.compare import Change, Difference, SourceRow, SourceTable, TextRow, TextTable, compare

__all__ = [
    "Change",
    "Difference",
    "SourceRow",
    "SourceTable",
    "TextRow",
    "TextTable",
    "apply",
    "compare",
    "export_tables",
    "import_tables",
    "remove",
    "save_row",
]
