"""The columns of a file of events, and what of an event stands in which.

The envelope's names begin with an underscore. A field of the event is a column of its own name (one more underscore
in front where it begins with one) that holds the text of a scalar; a list or an object is JSON in the column
`_nested.<name>`. What does not fit, as text of a scalar or by its name, is in the JSON object `_more`. Absent and null
are NULL.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

ENVELOPE = (
    "_key", "_time", "_time_is_told", "_received", "_host", "_user", "_src", "_dst", "_asset", "_product", "_category",
    "_service", "_format", "_json", "_raw",
)  # fmt: skip
MORE = "_more"
NESTED = "_nested."
MARK, VERSION = b"accord.events", b"1"
MOST_COLUMNS = 2000
"""Columns of events' own fields in one file."""
LONGEST_NAME = 255
MOST_VALUES = 1000
"""Values of one event up to which their order cannot matter to a rule (`engines.sigma.values.MOST_VALUES`)."""
DEEPEST = 200
"""Levels of one nested value that are kept beside the raw record."""


def column_of(name: str) -> str:
    """The column of a field."""
    return f"_{name}" if name[:1] == "_" else name


def field_of(column: str) -> tuple[str, bool] | None:
    """The field in a column and whether it is there as JSON; None for the envelope and `_more`."""
    if column[:1] != "_":
        return column, False
    if column[1:2] == "_":
        return column[1:], False
    if column.startswith(NESTED):
        return column[len(NESTED) :], True
    return None


def fits(name: str) -> bool:
    """Whether a field's name can be that of a column."""
    if not 0 < len(name) <= LONGEST_NAME or "\0" in name:
        return False
    return name.isascii() or writable(name)


def writable(text: str) -> bool:
    """Whether a text is valid Unicode; half of a surrogate pair alone is not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def dumped(value: Any) -> str:
    """A list or an object as JSON from which values of the same texts come back.

    What orjson cannot write goes as its text (integers of more than 64 bits, numbers that are none); what is nested
    deeper than `DEEPEST` levels is left out, far beyond what rules read.
    """
    import orjson

    try:
        text = orjson.dumps(value).decode()
    except (TypeError, ValueError, RecursionError):
        return json.dumps(_plain(value, 0))
    if "null" in text and any(type(one) is float and not math.isfinite(one) for one in _scalars(value)):
        return json.dumps(_plain(value, 0))
    return text


def loaded(text: str) -> Any:
    """The value of a JSON text of `dumped`."""
    import orjson

    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)


def _plain(value: Any, depth: int) -> Any:
    if isinstance(value, dict | list | tuple):
        if depth >= DEEPEST:
            return None
        if isinstance(value, dict):
            return {str(name): _plain(one, depth + 1) for name, one in value.items()}
        return [_plain(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool | str):
        return value
    from accord.engines.sigma.values import texts

    return next(iter(texts(value)), None)


def _scalars(value: Any) -> Iterator[Any]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list | tuple):
            left += one
        else:
            yield one
