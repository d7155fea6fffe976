"""The regression cases of the public rule collection: each rule on the log that its authors recorded for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from accord.engines.sigma import Engine, LogSource, compile_rules

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
WINDOWS = LogSource("windows")
MORE_THAN_TOLD = {
    # three tools are dropped, each of which the rule names
    "8fbf3271-1ef6-4e94-8210-03c2317947f6": 3,
    # user.conf.new twice and user.conf~….TMP: each has user.conf in its path
    "0b9ad457-2554-44c1-82c2-d56a99c42377": 3,
    # three values are set under Domains, none to what the filter names
    "45e112d0-7759-4c2a-aa36-9f8fb79d3393": 3,
    # AutoShareServer and AutoShareWks are both set to 0
    "c7dcacd0-cc59-4004-b0a4-1d6cdebe6f3e": 2,
}
"""Cases whose recording holds more events that the rule's text asks for than the collection counts (1 each)."""


def flat(document: dict[str, Any]) -> dict[str, Any]:
    """A Windows event as its XML nests it, with the names that rules use."""
    event = document["Event"]
    system = event["System"]
    found = {
        "Channel": system["Channel"],
        "EventID": system["EventID"]["#text"] if isinstance(system["EventID"], dict) else system["EventID"],
        "Provider_Name": system["Provider"]["#attributes"]["Name"],
        "Computer": system["Computer"],
    }
    for part in ("EventData", "UserData"):
        for name, value in (event.get(part) or {}).items():
            if part == "UserData" and isinstance(value, dict):
                found.update(value)
            elif name != "#attributes":
                found[name.replace(" ", "")] = value  # Defender writes “Threat Name”, rules ThreatName
    return found


def recorded(archive: ZipFile, path: str) -> Iterator[dict[str, Any]]:
    """The events of an EVTX file."""
    import io

    from evtx import PyEvtxParser

    for record in PyEvtxParser(io.BytesIO(archive.read(path))).records_json():
        yield flat(json.loads(record["data"]))


def as_json(archive: ZipFile, path: str) -> Iterator[dict[str, Any]]:
    """The events of the JSON beside it: one document, several in a row, or a list."""
    text, at, decoder = archive.read(path).decode(), 0, json.JSONDecoder()
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        for one in document if isinstance(document, list) else [document]:
            yield flat(one)
        while text[at : at + 1].isspace():
            at += 1


@pytest.fixture(scope="module")
def cases(real_data: Path) -> list[tuple[str, int | None, list[dict[str, Any]], list[dict[str, Any]]]]:
    """(rule id, events that it must match or None for some, events of the EVTX, events of the JSON)."""
    found = []
    with ZipFile(real_data / "sigma" / "sigma-regression.zip") as archive:
        names = archive.namelist()
        for name in names:
            if PurePosixPath(name).name != "info.yml":
                continue
            info = yaml.safe_load(archive.read(name))
            folder = str(PurePosixPath(name).parent) + "/"
            beside = [one for one in names if one.startswith(folder) and one.endswith(".json")]
            for test in info.get("regression_tests_info") or ():  # one case is of a log without a recording
                found.append(
                    (
                        info["rule_metadata"][0]["id"],
                        test.get("match_count"),
                        list(recorded(archive, test["path"])),
                        [event for one in beside for event in as_json(archive, one)],
                    )
                )
    return found


@pytest.fixture(scope="module")
def engine(real_data: Path, cases: list[Any]) -> Engine:
    """The rules of the cases."""
    wanted = {case[0] for case in cases}
    with ZipFile(real_data / "sigma" / "sigma-rules.zip") as archive:
        texts = [(name, archive.read(name).decode()) for name in archive.namelist() if name.endswith(".yml")]
    mine = [(name, text) for name, text in texts if any(one in text for one in wanted)]
    return Engine(compile_rules(mine))


@pytest.mark.parametrize("place", [2, 3], ids=["evtx", "json"])
def test_every_case_of_the_collection_is_found(cases: list[Any], engine: Engine, place: int) -> None:
    rules = {rule.identifier: number for number, rule in enumerate(engine.program.rules)}
    wrong = []
    for case in cases:
        identifier, count = case[:2]
        if place == 3 and not case[place]:
            continue  # some have no JSON
        number = rules.get(identifier)
        hits = sum(number in engine.match(event, WINDOWS) for event in case[place])
        count = MORE_THAN_TOLD.get(identifier, count)
        if hits != count if count is not None else not hits:
            wrong.append(f"{identifier}: {hits} of {count}, {len(case[place])} events")
    assert not wrong, "\n".join(wrong)
    assert len(cases) == 202
