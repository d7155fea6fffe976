"""Reading fixtures of scanner output in tests."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from accord.intake.records import Coverage, Observation, Record, Refusal, ScanEnd, ScanHeader, Target
from accord.intake.registry import read_scan
from accord.intake.safe.limits import Limits

FILES = Path(__file__).resolve().parents[1] / "intake" / "files"


class Read:
    """The records of one file, sorted by kind. Reading raises what the reader raises."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = list(records)
        self.headers = [one for one in self.records if isinstance(one, ScanHeader)]
        self.targets = [one for one in self.records if isinstance(one, Target)]
        self.observations = [one for one in self.records if isinstance(one, Observation)]
        self.refusals = [one for one in self.records if isinstance(one, Refusal)]
        self.coverages = [one for one in self.records if isinstance(one, Coverage)]
        self.ends = [one for one in self.records if isinstance(one, ScanEnd)]

    def one(self, definition: str) -> Observation:
        found = [one for one in self.observations if one.definition_id == definition]
        assert len(found) == 1, f"{len(found)} observations of {definition}"
        return found[0]


def fixture(name: str) -> Read:
    return Read(read_scan(FILES / name))


def content(text: str | bytes, limits: Limits | None = None) -> Read:
    data = text.encode() if isinstance(text, str) else text
    return Read(read_scan(BytesIO(data), limits, name="content"))
