"""Write the parts of docs/ that the code knows best: settings, commands, tables, roles, formats.

    python scripts/reference.py            writes them (`make docs`)
    python scripts/reference.py --check    names the pages that are out of date; exit status 1 if any are

A page holds such a part between `<!-- from the code: NAME -->` and `<!-- end -->`; the text around it is
written by hand and stays as it is.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- from the code: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    head = list(head)
    return [line(head), line("---" for _ in head), *(line(row) for row in rows), ""]


def settings() -> list[str]:
    """Each setting with its default and meaning."""
    from accord.site.configuration import SETTINGS

    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "empty", s.meaning) for s in SETTINGS]
    return _table(("setting", "default", "meaning"), rows)


def commands() -> list[str]:
    """Each command with its arguments and options, as `--help` tells them."""
    from importlib import import_module
    from pkgutil import iter_modules

    import typer

    package = import_module("accord.site.command_line")
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    return list(_command(typer.main.get_command(package.app), "accord"))


def _command(command: Any, name: str) -> Iterable[str]:
    if command.hidden:
        return
    inner = getattr(command, "commands", {})
    if inner:
        for part in sorted(inner):
            yield from _command(inner[part], f"{name} {part}")
        return
    parameters = [p for p in command.params if not getattr(p, "hidden", False) and p.name != "help"]
    arguments = [p for p in parameters if p.param_type_name == "argument"]
    usage = " ".join([name, *("[OPTIONS]" for _ in parameters[len(arguments) :][:1]), *map(_argument, arguments)])
    yield from (f"### {name}", "", (command.help or "").strip(), "", f"    {usage}", "")
    rows = [(f"`{_names(p)}`", _default(p), _meaning(p)) for p in parameters]
    if rows:
        yield from _table(("argument or option", "default", "meaning"), rows)


def _argument(parameter: Any) -> str:
    name = parameter.name.upper() + ("…" if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return _argument(parameter).strip("[]")
    return " / ".join((*parameter.opts, *parameter.secondary_opts))


def _meaning(parameter: Any) -> str:
    variable = f" From the environment: `{parameter.envvar}`." if getattr(parameter, "envvar", None) else ""
    return (parameter.help or "") + variable


def _default(parameter: Any) -> str:
    default = parameter.default
    if parameter.required or default is None or default == "" or callable(default) or "Sentinel" in repr(default):
        return "required" if parameter.required else ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, list | tuple):
        return ", ".join(map(str, default))
    return f"`{default}`"


def tables() -> list[str]:
    """Each table noun with its columns."""
    from accord.core import nouns

    lines: list[str] = []
    for noun in nouns.everything():
        lines += [f"### {noun.name}", "", noun.description, ""]
        lines += _table(("column", "holds", "", "meaning"), [_column(noun, column) for column in noun.columns])
    return lines


def _column(noun: Any, column: Any) -> tuple[str, str, str, str]:
    holds = str(column.kind)
    if column.noun:
        holds = f"key of a [{column.noun}](#{column.noun})"
    elif column.choices:
        holds = "one of " + ", ".join(f"`{value}`" for value, _ in column.choices)
    bounds = [f"at least {column.minimum:g}"] if column.minimum is not None else []
    bounds += [f"at most {column.maximum:g}"] if column.maximum is not None else []
    holds += f" ({', '.join(bounds)})" if bounds else ""
    state = "key" if column.key else "required" if column.required else ""
    meaning = [column.help or column.title + "."]
    if column.name == "share" and noun.share_of:
        meaning.append(f"The shares out of one {noun.share_of.replace('_', ' ')} sum to at most 1.")
    return f"`{column.name}`", holds, state, " ".join(meaning)


def permissions() -> list[str]:
    """The permission table: verb and noun by role."""
    from accord.core.roles import Role

    path = ROOT / "src" / "accord" / "site" / "permissions.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        cells = list(csv.DictReader(stream))
    rows = [(row["noun"].replace("_", " "), row["verb"], *(row[role.value] for role in Role)) for row in cells]
    return _table(("noun", "verb", *(role.label for role in Role)), rows)


def formats() -> list[str]:
    """Each format that is read, with what its module says of it."""
    from importlib import import_module

    from accord.intake.registry import FORMATS

    lines: list[str] = []
    for one in FORMATS:
        lines += [f"### {one.title}", "", f"Name `{one.name}`, usual endings {', '.join(one.suffixes)}.", ""]
        lines += [(import_module(one.module).__doc__ or "").strip(), ""]
    return lines


def log_formats() -> list[str]:
    """Each format of logs, with what its module says of it."""
    from importlib import import_module

    from accord.intake.events import FORMATS

    lines: list[str] = []
    for module in dict.fromkeys(one.module for one in FORMATS):
        held = [one for one in FORMATS if one.module == module]
        lines += [f"#### {' · '.join(one.title for one in held)}", ""]
        lines += [f"Name {', '.join(f'`{one.name}`' for one in held)}.", ""]
        lines += [(import_module(module).__doc__ or "").strip(), ""]
    return lines


def format_differences() -> list[str]:
    """The files whose grouped count is another than the one that another project's tests assert, with the reason."""
    path = ROOT / "src" / "accord" / "intake" / "differences.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [
            (f"`{row['file']}`", row["theirs"] or "refused", row["ours"] or "refused", row["reason"])
            for row in csv.DictReader(stream)
        ]
    return _table(("file", "asserted", "ours", "why"), rows)


def scenario_formats() -> list[str]:
    """Each format that scenarios of loss are read from, with what its module says of it."""
    from importlib import import_module

    from accord.intake.scenarios import FORMATS

    lines: list[str] = []
    told: set[str] = set()
    for one in FORMATS:
        if one.module in told:
            continue
        told.add(one.module)
        titles = " · ".join(other.title for other in FORMATS if other.module == one.module)
        lines += [f"### {titles}", "", (import_module(one.module).__doc__ or "").strip(), ""]
    return lines


def loss_columns() -> list[str]:
    """The columns of Accord's own table of scenarios, and the laws that it can name."""
    from accord.intake.scenarios.laws import AMOUNTS, FREQUENCIES
    from accord.intake.scenarios.table import COLUMNS

    lines = _table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in COLUMNS.items()])
    for title, prefix, kinds in (
        ("Laws of how often (`frequency_law`)", "frequency_", FREQUENCIES),
        ("Laws of how much (`law`)", "", AMOUNTS),
    ):
        rows = [(f"`{kind.name}`", _ways(kind, prefix), kind.meaning) for kind in kinds.values()]
        lines += [f"#### {title}", "", *_table(("law", "columns", "meaning"), rows)]
    return lines


def _ways(kind: Any, prefix: str) -> str:
    ways = ", or ".join(", ".join(f"`{prefix}{column}`" for column in way) for way in kind.ways)
    optional = ", ".join(f"`{prefix}{column}`" for column in kind.optional)
    return f"{ways}; if wanted {optional}" if optional else ways


def plan_sheets() -> list[str]:
    """The sheets of a planning workbook with their columns."""
    from accord.intake.planning import SHEETS
    from accord.site.tabular.plan_text import holds, state

    lines: list[str] = []
    for sheet in SHEETS:
        needed = " Needed." if sheet.needed else ""
        lines += [f"#### {sheet.name} (or `{sheet.short}`)", "", f"{sheet.help}{needed}", ""]
        rows = [(f"`{c.name}`", holds(c), state(c, sheet.needed), c.help) for c in sheet.columns]
        lines += _table(("column", "holds", "", "meaning"), rows)
    return lines


BLOCKS: dict[str, Callable[[], list[str]]] = {
    "settings": settings,
    "commands": commands,
    "tables": tables,
    "permissions": permissions,
    "formats": formats,
    "format-differences": format_differences,
    "log-formats": log_formats,
    "scenario-formats": scenario_formats,
    "loss-columns": loss_columns,
    "plan-sheets": plan_sheets,
}


def pages() -> dict[Path, str]:
    """Each page that holds such a part, with the text that it should have. An unknown part is a KeyError."""
    found = {}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")

        def fresh(match: re.Match[str]) -> str:
            body = "\n".join(BLOCKS[match["name"]]()).strip()
            return f"{match[1]}\n{body}\n\n{match[3]}"

        if BLOCK.search(text):
            found[path] = BLOCK.sub(fresh, text)
    return found


def shown() -> set[str]:
    """The parts that some page shows."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    return {match["name"] for text in texts for match in BLOCK.finditer(text)}


def main(arguments: list[str]) -> int:
    """Write or check the pages."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("ACCORD_HOME", home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "accord.site.settings"
        import django

        django.setup()
        stale = {p: text for p, text in pages().items() if p.read_text(encoding="utf-8") != text}
    for path, text in stale.items():
        print(path.relative_to(ROOT), "is out of date: make docs" if "--check" in arguments else "written")
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
