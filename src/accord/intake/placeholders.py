"""Values of placeholders in Sigma rules (`%name%`, modifier `expand`): a YAML file of names with their values."""

from __future__ import annotations

from dataclasses import dataclass

HOW = "Write a name and its values on each line, such as Administrators: [ann, bob]."
LARGEST = 8 << 20
"""Bytes of a file."""


@dataclass
class NoValues(Exception):
    """Why a file names no values of placeholders, and in which line where that is known."""

    problem: str
    line: int | None = None
    remedy: str = HOW


def read(data: bytes) -> dict[str, list[str]]:
    """Name (without its signs) → values, in the order of the file. Raises `NoValues`; nothing is taken then."""
    import yaml

    if len(data) > LARGEST:
        raise NoValues("The file is too large.", None, f"At most {LARGEST >> 20} MiB.")
    try:
        held = yaml.load(data.decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "it is no text in UTF-8"
        raise NoValues(f"It cannot be read ({why}).", None if mark is None else mark.line + 1) from None
    if not isinstance(held, dict) or not held:
        raise NoValues("It names no placeholder.")
    found = {}
    for name, values in held.items():
        told = values if isinstance(values, list) else [values]
        plain = all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in told)
        if not isinstance(name, str) or not told or not plain:
            raise NoValues(f"“{str(name)[:60]}” has no list of values.")
        found[name.strip().strip("%")] = [str(one) for one in told]
    return found
