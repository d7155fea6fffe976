"""Accord's own first rules: base rules that count for little alone, and correlations over them.

Each `.yml` file is one source of logs. Base rules are `informational`; a correlation names them by their `name`, says
in its description what an analyst does first, and in `falsepositives` what else looks like it.
"""

from __future__ import annotations

from importlib.resources import files

from accord.engines.sigma.rules import Text


def pack_texts() -> list[Text]:
    """The pack's files as (name, YAML), in the order of their names; ready for `compile_rules`."""
    found = [one for one in files(__name__).iterdir() if one.name.endswith(".yml")]
    return [(f"pack/{one.name}", one.read_text(encoding="utf-8")) for one in sorted(found, key=lambda one: one.name)]
