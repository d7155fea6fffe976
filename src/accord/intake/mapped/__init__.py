"""Reads findings from any table or list (CSV, XLSX, JSON) by a mapping: which column is which field.

columns_of(file, data)            the columns, with samples
guess(columns)                    a first mapping by the columns' names
preview(file, data, mapping)      the first findings as they would come in, and the rows that cannot be read
convert(file, data, mapping, out) all of them, as Accord's own list of findings (`accord.intake.own`)
"""

from accord.intake.mapped.convert import Converted, Preview, convert, preview
from accord.intake.mapped.sheets import Columns, columns_of
from accord.intake.mapped.spec import FIELDS, Field, Mapping, MappingError, guess

__all__ = [
    "FIELDS",
    "Columns",
    "Converted",
    "Field",
    "Mapping",
    "MappingError",
    "Preview",
    "columns_of",
    "convert",
    "guess",
    "preview",
]
