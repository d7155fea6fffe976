"""XML reports with a part that is missing, empty, repeated or unknown: nothing else is lost in silence."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from io import BytesIO

import pytest
from accord_intake import FILES
from accord_samples import SAMPLES
from lxml import etree

from accord.intake.records import IntakeError, Observation, Refusal
from accord.intake.registry import format_named
from accord.intake.safe.source import Source

DOCUMENTS = [name for name in SAMPLES if name.endswith((".xml", ".nessus"))]


def read(name: str, root: etree._Element) -> tuple[int, int] | None:
    """How many observations and refused rows; None where the file as a whole is refused."""
    source = Source(BytesIO(etree.tostring(root, encoding="utf-8", xml_declaration=True)), None, "shape")
    try:
        records = list(format_named(SAMPLES[name]).read(source))
    except IntakeError as error:
        assert error.problem and error.remedy
        return None
    return sum(isinstance(one, Observation) for one in records), sum(isinstance(one, Refusal) for one in records)


def sample(name: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    return etree.fromstring((FILES / name).read_bytes(), parser)


def places(root: etree._Element) -> Iterator[int]:
    """The number, in the order of the document, of the first element of each kind of place below the root."""
    seen: set[tuple[str, ...]] = set()
    for number, one in enumerate(root.iter()):
        kind = tuple(str(up.tag) for up in (one, *one.iterancestors()))
        if number and isinstance(one.tag, str) and kind not in seen:
            seen.add(kind)
            yield number


def at(root: etree._Element, number: int) -> etree._Element:
    return next(one for place, one in enumerate(root.iter()) if place == number)


def changed(whole: etree._Element, number: int, change: str) -> etree._Element:
    """A copy in which one part is gone, empty, bare of its attributes, or there twice."""
    root = copy.deepcopy(whole)
    one = at(root, number)
    parent = one.getparent()
    assert parent is not None
    if change == "gone":
        parent.remove(one)
    elif change == "empty":
        one.clear()
    elif change == "bare":
        for key in list(one.attrib):
            del one.attrib[key]
    else:
        parent.insert(parent.index(one), copy.deepcopy(one))
    return root


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_missing_empty_or_repeated_part_crashes_no_reader(name: str) -> None:
    whole = sample(name)
    assert read(name, whole) is not None
    for number in places(whole):
        for change in ("gone", "empty", "bare", "twice"):
            read(name, changed(whole, number, change))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_attribute_may_be_missing_or_empty(name: str) -> None:
    whole = sample(name)
    for number in places(whole):
        for key in list(at(whole, number).attrib):
            for value in (None, "", "\u00e4 1e99 -1"):
                root = copy.deepcopy(whole)
                if value is None:
                    del at(root, number).attrib[key]
                else:
                    at(root, number).attrib[key] = value
                read(name, root)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_unknown_between_the_parts_changes_nothing(name: str) -> None:
    whole = sample(name)
    expected = read(name, whole)
    for number in places(whole):
        root = copy.deepcopy(whole)
        one = at(root, number)
        parent = one.getparent()
        assert parent is not None
        strange = etree.Element("{urn:of:nobody}strange", {"{urn:of:nobody}name": "x"}, nsmap={"zz": "urn:of:nobody"})
        etree.SubElement(strange, "{urn:of:nobody}inner").text = "words"
        parent.insert(parent.index(one), strange)
        assert read(name, root) == expected, one.tag


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_does_not_hang_on_a_part_is_not_lost_with_it(name: str) -> None:
    """A part that is missing or empty costs no more findings than everything around it; one that stands twice, none."""
    whole = sample(name)
    expected = read(name, whole)
    assert expected is not None
    for number in places(whole):
        held = at(whole, number).getparent()
        if held is None or held.getparent() is None:
            continue
        root = copy.deepcopy(whole)
        around = at(root, number).getparent()
        above = around.getparent() if around is not None else None
        assert around is not None and above is not None
        above.remove(around)
        least = read(name, root)
        for change in ("gone", "empty", "twice"):
            found = read(name, changed(whole, number, change))
            if found is None or least is None:
                continue
            assert found[0] >= least[0] or found[1] > expected[1], (at(whole, number).tag, change)
            assert change != "twice" or found[0] >= expected[0] or found[1] > expected[1], at(whole, number).tag
