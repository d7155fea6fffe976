"""Settings, commands, tables, permissions and formats are documented as they are; pages and links hold."""

from __future__ import annotations

import re
from pathlib import Path

import accord_source
import pytest
from accord_source import ROOT, place

import reference

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FOREIGN = re.compile(r"/work/|/root/|/home/\w")
READ = re.compile(r"""["'](ACCORD_[A-Z_]+)["']""")


@pytest.mark.parametrize("name", reference.BLOCKS)
def test_the_reference_is_shown(name: str) -> None:
    assert name in reference.shown(), f"no page in docs/ shows the {name}"


def test_the_reference_is_up_to_date() -> None:
    stale = [place(path) for path, text in reference.pages().items() if path.read_text(encoding="utf-8") != text]
    assert not stale, f"Out of date (make docs): {', '.join(stale)}"


def test_no_setting_is_read_that_is_not_declared() -> None:
    """What the source reads from the environment is in the list that docs/settings.md shows."""
    from accord.site.configuration import SETTINGS

    documented = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    known = {setting.name for setting in SETTINGS}
    for path in accord_source.tracked("src/*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "environ" in line or "envvar" in line:
                for name in READ.findall(line):
                    assert name in known or name in documented, f"{place(path)}: {name} is documented nowhere"


def test_every_setting_command_and_column_says_what_it_is() -> None:
    from accord.site.configuration import SETTINGS

    for setting in SETTINGS:
        assert len(setting.meaning.split()) >= 3, setting.name
    for line in reference.commands():
        if line.startswith("| `"):
            assert line.split(" | ")[-1].strip(" |"), f"no help: {line}"
    blocks = "\n".join(reference.commands()).split("### accord ")[1:]
    for block in blocks:
        assert len(block.split("\n\n")[1].split()) >= 3, f"no help: accord {block.splitlines()[0]}"


def _markdown() -> list[Path]:
    return accord_source.tracked("*.md")


def test_links_between_pages_lead_somewhere() -> None:
    dead = []
    for path in _markdown():
        text = path.read_text(encoding="utf-8")
        for found in LINK.finditer(text):
            target = found[1] or found[2]
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.exists():
                dead.append(f"{place(path)}: {target}")
            elif anchor and to.suffix == ".md" and anchor not in _anchors(to):
                dead.append(f"{place(path)}: {target} (no such heading)")
    assert not dead, "Dead links:\n" + "\n".join(dead)


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_no_page_speaks_of_somebodys_machine() -> None:
    found = [
        f"{place(path, number)}: {line.strip()}"
        for path in (*_markdown(), *accord_source.tracked("src/*.html", "src/*.py", "scripts/*", "Makefile"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert not found, "\n".join(found)
