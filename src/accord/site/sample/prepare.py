"""Writes the facts about vulnerabilities that the sample uses, from a folder of public feeds.

Usage: python -m accord.site.sample.prepare FOLDER

FOLDER holds `kev.json` (CISA KEV catalogue), `ssvc-cvss-*.csv` (columns cve, published, cvss31, cwe; extract
of CISA Vulnrichment) and `epss-of-kev-DATE.csv` (columns cve, epss, percentile). Only the identifiers that
`data/products.csv` names are kept. Sources and licences: data/README.md.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
COLUMNS = ("cve", "published", "cvss31", "score", "cwe")


def wanted() -> list[str]:
    """The identifiers of products.csv, sorted by year and number."""
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        names = {row["cve"] for row in csv.DictReader(file)}
    return sorted(names, key=lambda name: tuple(map(int, name.split("-")[1:])))


def _rows(folder: Path, pattern: str) -> tuple[str, dict[str, dict[str, str]]]:
    path = sorted(folder.glob(pattern))[-1]
    with path.open(encoding="utf-8", newline="") as file:
        return path.name, {row["cve"]: row for row in csv.DictReader(file)}


def _vector(text: str) -> tuple[str, str]:
    """The CVSS 3.1 vector in its standard order, and its base score as text; blank when there is none."""
    if not text:
        return "", ""
    from cvss import CVSS3

    read = CVSS3(text)
    return read.clean_vector(), str(read.base_score)


def _write(path: Path, lines: list[list[str]], head: str = "") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(head)
        csv.writer(file, lineterminator="\n").writerows(lines)


def prepare(folder: Path) -> int:
    """Writes vulnerabilities.csv, kev.json and epss.csv into `data`; the number of identifiers."""
    names = wanted()
    _, facts = _rows(folder, "ssvc-cvss-*.csv")
    epss_name, epss = _rows(folder, "epss-*.csv")
    catalogue: dict[str, Any] = json.loads((folder / "kev.json").read_text(encoding="utf-8"))
    exploited = {entry["cveID"]: entry for entry in catalogue["vulnerabilities"]}
    lines = [list(COLUMNS)]
    for name in names:
        row = facts.get(name, {})
        vector, score = _vector(row.get("cvss31", ""))
        weaknesses = (row.get("cwe") or " ".join(exploited.get(name, {}).get("cwes", []))).split()
        lines.append([name, row.get("published", ""), vector, score, " ".join(weaknesses)])
    _write(DATA / "vulnerabilities.csv", lines)
    kept = [exploited[name] for name in names if name in exploited]
    catalogue |= {"count": len(kept), "vulnerabilities": kept}
    text = json.dumps(catalogue, indent=1, ensure_ascii=True)
    (DATA / "kev.json").write_text(text + "\n", encoding="utf-8")
    day = re.search(r"\d{4}-\d\d-\d\d", epss_name)
    head = f"#score_date:{day.group() if day else ''}T00:00:00+0000\n"
    scores = [[name, epss[name]["epss"], epss[name]["percentile"]] for name in names if name in epss]
    _write(DATA / "epss.csv", [["cve", "epss", "percentile"], *scores], head)
    return len(names)


if __name__ == "__main__":
    print(prepare(Path(sys.argv[1])), "identifiers")
