"""Each package that Accord stands on is explained, locked with hashes, and free to be shipped with it."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import accord_source
import pytest
from accord_source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOCUMENT = ROOT / "docs" / "dependencies.md"
# As importable libraries, unchanged and replaceable; no GPL or AGPL.
FREE = re.compile(r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|LGPL|Lesser General|MPL|Mozilla Public")
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )General Public License|SSPL|BUSL|Commons Clause", re.IGNORECASE)


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower()


def _sections() -> dict[str, set[str]]:
    """Heading → names in the first column of its table."""
    found: dict[str, set[str]] = {}
    heading = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith(("| package", "| ---")):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 3 and len(cells[2].split()) >= 3, f"no reason given: {line}"
            found.setdefault(heading, set()).add(cells[0].lower())
    return found


@pytest.mark.parametrize(
    ("heading", "named"),
    [
        ("To run", PROJECT["project"]["dependencies"]),
        ("If wanted", [one for extra in PROJECT["project"]["optional-dependencies"].values() for one in extra]),
        ("To change and test", PROJECT["dependency-groups"]["dev"]),
        ("To install the checkout", PROJECT["build-system"]["requires"]),
    ],
)
def test_every_package_has_its_reason(heading: str, named: list[str]) -> None:
    assert _sections()[heading] == {_name(requirement) for requirement in named}


@pytest.mark.parametrize("kind", ["runtime", "development", "build", "spark", "nats", "references-detection"])
def test_locks_hold_hashes(kind: str) -> None:
    text = (ROOT / "requirements" / f"{kind}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert pinned
    for line in pinned:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==", line), line
        assert "--hash=sha256:" in line, line


def test_locks_hold_what_the_project_names() -> None:
    locked = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    for requirement in PROJECT["project"]["dependencies"]:
        assert re.search(rf"^{re.escape(_name(requirement))}==", locked, re.MULTILINE | re.IGNORECASE), requirement


def _licence(distribution: metadata.Distribution) -> str:
    fields = distribution.metadata
    stated = [fields.get("License-Expression"), fields.get("License", "")[:80]]
    stated += [entry.split("::")[-1] for entry in fields.get_all("Classifier", []) if entry.startswith("License ::")]
    return " | ".join(part.strip() for part in stated if part and part.strip())


def test_licences_can_be_shipped() -> None:
    locked = re.findall(
        r"^([a-z0-9-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    installed = {re.sub(r"[-_.]+", "-", d.name).lower(): d for d in metadata.distributions()}
    for name in locked:
        if name in installed:  # some are for other systems only
            licence = _licence(installed[name])
            assert FREE.search(licence), f"{name}: {licence or 'no licence stated'}"
            assert not COPYLEFT.search(re.sub(r"LGPL\S*", "", licence)), f"{name}: {licence}"


def test_licence_of_accord_is_whole() -> None:
    text = (accord_source.ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
