"""The knowledge feeds that are read, and which of them a file is, by its content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from accord.intake.end_of_life import read_end_of_life
from accord.intake.epss import read_epss
from accord.intake.kev import read_kev
from accord.intake.records import IntakeError
from accord.intake.ssvc import read_ssvc
from accord.intake.vulnrichment import read_vulnrichment

Reading = Callable[[Path], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class FeedForm:
    """One form in which a feed comes."""

    feed: str
    read: Reading


FORMS = (
    FeedForm("kev", read_kev),
    FeedForm("epss", read_epss),
    FeedForm("ssvc", read_ssvc),
    FeedForm("eol", read_end_of_life),
    FeedForm("ssvc", read_vulnrichment),
)


def form_of(path: Path) -> FeedForm | None:
    """The form of a file, or of a folder of CVE records; None where it is none."""
    for form in FORMS:
        if path.is_dir() and form.read is not read_vulnrichment:
            continue
        try:
            records = list(islice(form.read(path), 3))  # an edition says little, the first entry enough
        except IntakeError:
            continue
        if len(records) > 1:
            return form
    return None
