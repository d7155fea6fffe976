"""SonarQube's issues in the HTML page that the tool sonar-report writes (https://github.com/soprasteria/sonar-report),
read from its template.

The rows of its table of issues are read as the same tool's JSON is; what weakness a rule looks for is told by its table
of rules, which stands last: two passes. Only rules with an issue are known to have run.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from html.parser import HTMLParser

from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import text_encoding
from accord.intake.safe.source import Source
from accord.intake.sonarqube import issue

CHUNK = 64 * 1024
CELL = 100_000
WAITING = 1024 * 1024
NAMES = ("rule", "severity", "component", "line", "description", "message", "key", "status")


class _Page(HTMLParser):
    """Collects the rows of the outermost tables, and the pairs of the description list: `rows` are (names of the
    columns, cells), `told` what the page says of itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[tuple[tuple[str, ...], list[str]]] = []
        self.told: dict[str, str] = {}
        self._depth = 0
        self._columns: list[str] = []
        self._cells: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._name = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._columns = []
        elif tag == "tr" and self._depth == 1:
            self._cells = []
        elif (tag in ("td", "th") and self._depth == 1) or (tag in ("dt", "dd") and not self._depth):
            self._text, self._length = [], 0

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._depth = max(0, self._depth - 1)
        elif tag == "tr" and self._depth == 1:
            if self._cells:
                self.rows.append((tuple(self._columns), self._cells))
            self._cells = []
        elif self._text is not None and tag in ("td", "th", "dt", "dd") and self._depth == (tag in ("td", "th")):
            self._close(tag, "".join(self._text).strip())
            self._text = None

    def _close(self, tag: str, text: str) -> None:
        if tag == "th" and len(self._columns) < 50:
            self._columns.append(text.lower())
        elif tag == "td" and len(self._cells) < 50:
            self._cells.append(text)
        elif tag == "dt":
            self._name = text.lower()
        elif tag == "dd" and len(self.told) < 50:
            self.told.setdefault(self._name[:100], text)

    def handle_data(self, data: str) -> None:
        if self._text is not None and self._length < CELL:
            self._text.append(data[: CELL - self._length])
            self._length += len(data)


def read(source: Source) -> Iterator[Record]:
    """Records of one page; IntakeError where it cannot be read."""
    rules: dict[str, dict[str, object]] = {}
    told: dict[str, str] = {}
    for row in _rows(source, told):
        if "component" not in row and row.get("rule") and row.get("description"):
            weaknesses = clean.cwes(row["description"])
            source.hold(500)
            rules[row["rule"]] = {"sysTags": [*weaknesses]}
    project = clean.line(told.get("project name"), 300) or clean.line(told.get("application"), 300)
    yield ScanHeader("sonarqube-html", "SonarQube", name=project)
    scan = Report(source, "Write the report again.")
    for number, row in enumerate((row for row in _rows(source, told) if "component" in row), start=1):
        words = {**rules.get(row["rule"], {}), "name": row.get("description")}
        yield from scan.add(issue({**row}, {row["rule"]: words}, project, source), f"issue {number}")
    if not scan.tally.targets:
        yield from scan.add([Target("repository", project or source.stem)])
    yield from scan.end(None)


def _rows(source: Source, told: dict[str, str]) -> Iterator[dict[str, str]]:
    """The rows of the tables of issues and of rules, by the names of their columns."""
    page = _Page()
    with source.open() as reader:
        decoder = codecs.getincrementaldecoder(text_encoding(reader.head()))("replace")
        while data := reader.read(CHUNK):
            page.feed(decoder.decode(data))
            if len(page.rawdata) > WAITING:
                raise source.error("One element of the page is too long.", "Write the report again.")
            yield from _named(page)
            reader.mark()
        page.feed(decoder.decode(b"", final=True))
        page.close()
        yield from _named(page)
    told.update(page.told)


def _named(page: _Page) -> Iterator[dict[str, str]]:
    for columns, cells in page.rows:
        if "rule" in columns:
            found = {name: text for name, text in zip(columns, cells, strict=False) if name in NAMES and text}
            if found:
                yield {**found, "rule": found.get("rule", "")}
    page.rows.clear()
