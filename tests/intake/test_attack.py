"""ATT&CK's bundle and the Navigator's layers: what is kept, what is refused, and that hostile ones end in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from accord_intake import FILES
from hypothesis import given
from hypothesis import strategies as st

from accord.intake.attack import read_attack
from accord.intake.navigator import LayerTechnique, read_layer
from accord.intake.records import IntakeError
from accord.intake.safe.limits import Limits
from accord.outlet.navigator import Shown, layer

BUNDLE = (FILES / "attack.json").read_bytes()


def of(data: Any) -> BytesIO:
    return BytesIO(data if isinstance(data, bytes) else json.dumps(data).encode())


def test_a_bundle() -> None:
    attack = read_attack(FILES / "attack.json")
    assert (attack.name, attack.version) == ("Invented ATT&CK", "99.1")
    assert attack.modified == datetime(2026, 4, 28, 14, tzinfo=UTC)
    assert [(t.identifier, t.short, t.place) for t in sorted(attack.tactics.values(), key=lambda t: t.place)] == [
        ("TA9001", "arriving", 0), ("TA9002", "staying", 1),
    ]  # fmt: skip
    knock, twice = attack.techniques["T9001"], attack.techniques["T9001.001"]
    assert (knock.name, knock.tactics, knock.platforms, knock.parent) == (
        "Knock at the door", ("arriving", "staying"), ("Windows", "Linux"), "",
    )  # fmt: skip
    assert (twice.parent, twice.retired, twice.url) == ("T9001", False, "https://attack.mitre.org/x")
    assert attack.refused == 2  # one technique without an identifier, one relationship whose end is no text


def test_what_is_revoked_or_deprecated_is_kept_as_retired_with_what_replaced_it() -> None:
    attack = read_attack(FILES / "attack.json")
    assert (attack.techniques["T9000"].retired, attack.techniques["T9000"].replaced_by) == (True, "T9001.001")
    assert (attack.techniques["T9003"].retired, attack.techniques["T9003"].replaced_by) == (True, "")


def test_groups_use_techniques_but_not_by_a_revoked_relationship_or_through_software() -> None:
    attack = read_attack(FILES / "attack.json")
    quiet, loud = attack.groups["G9001"], attack.groups["G9002"]
    assert quiet.uses == {"T9001", "T9001.001"}
    assert loud.uses == {"T9002"}
    assert (quiet.aliases, quiet.summary) == (("Soft Shoes",), "Quiet Guests visits energy and water utilities.")


def test_an_address_that_is_no_web_address_is_not_kept_and_other_kill_chains_are_not_tactics() -> None:
    hidden = read_attack(FILES / "attack.json").techniques["T9002"]
    assert (hidden.url, hidden.tactics) == ("", ("staying",))


def test_a_technique_that_stands_there_twice_keeps_the_one_that_is_not_retired() -> None:
    data = json.loads(BUNDLE)
    old = {**data["objects"][9], "id": "attack-pattern--0", "revoked": True, "name": "Old"}
    for objects in ([old, *data["objects"]], [*data["objects"], old]):
        attack = read_attack(of({**data, "objects": objects}), name="x")
        assert (attack.techniques["T9001"].name, attack.techniques["T9001"].retired) == ("Knock at the door", False)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'"bundle"', b'{"type":"bundle"}', b'{"type":"bundle","objects":{}}',
        b'{"type":"bundle","objects":[]}', b'{"type":"report","objects":[{}]}', BUNDLE[:-20], BUNDLE + b"x",
        b'{"type":"bundle","objects":[{"type":"attack-pattern"}]}', b'{"objects":' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(IntakeError) as caught:
        read_attack(BytesIO(data), name="x.json")
    assert caught.value.problem
    assert caught.value.remedy


def test_a_bundle_is_bounded() -> None:
    with pytest.raises(IntakeError, match="larger than"):
        read_attack(BytesIO(BUNDLE), Limits(bytes=1000), name="x")
    many = [
        {"type": "x-mitre-tactic", "id": f"t--{n}", "name": "n", "x_mitre_shortname": f"s{n}",
         "external_references": [{"source_name": "mitre-attack", "external_id": f"TA{n % 10_000:04}"}]}
        for n in range(5)
    ]  # fmt: skip
    data = json.loads(BUNDLE)
    data["objects"] += many
    assert len(read_attack(of(data), name="x").tactics) == 7


@given(st.data())
def test_a_damaged_bundle_or_layer_ends_in_words(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([BUNDLE, layer("L", [Shown("T1059", 1.0, "c"), Shown("T1003.001")])]))
    at = data.draw(st.integers(0, len(good) - 1))
    cut = data.draw(st.integers(0, 40))
    bad = good[:at] + data.draw(st.binary(max_size=6)) + good[at + cut :]
    for read in (read_attack, read_layer):
        try:
            read(BytesIO(bad), name="x")
        except IntakeError as error:
            assert error.problem


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(0, 21), st.sampled_from(["id", "name", "external_references", "kill_chain_phases", "aliases",
       "description", "source_ref", "tactic_refs", "type", "x_mitre_platforms"]), VALUES)  # fmt: skip
def test_any_value_in_any_property_is_borne(which: int, name: str, value: Any) -> None:
    bundle = json.loads(BUNDLE)
    bundle["objects"][which][name] = value
    attack = read_attack(of(bundle), name="x")
    assert len(attack.techniques) >= 4


TECHNIQUES = st.builds(
    Shown,
    st.from_regex(r"T[0-9]{4}(\.[0-9]{3})?", fullmatch=True),
    st.none() | st.integers(0, 100).map(float),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=20),
    st.booleans(),
)


@given(st.lists(TECHNIQUES, unique_by=lambda one: one.technique, max_size=30))
def test_a_layer_that_was_written_is_read_back(techniques: list[Shown]) -> None:
    written = layer("Own", techniques, description="Words", attack="17.1")
    found = read_layer(BytesIO(written), name="x")
    assert (found.name, found.domain, found.version, found.attack) == ("Own", "enterprise-attack", "4.5", "17")
    assert found.techniques == {
        one.technique: LayerTechnique(one.technique, one.score, one.enabled, one.comment) for one in techniques
    }
    assert not found.refused


def test_the_fields_of_a_layer_are_those_of_format_4_5() -> None:
    one = Shown("T1110", 0.5, "why", facts=[("rule", "R-1"), ("empty", "")])
    body = json.loads(layer("N", [one], legend=[("gap", "#ff6666")], most=1))
    assert set(body) == {
        "name", "versions", "domain", "description", "sorting", "layout", "hideDisabled", "techniques", "gradient",
        "legendItems", "metadata", "links", "showTacticRowBackground", "tacticRowBackground",
        "selectTechniquesAcrossTactics", "selectSubtechniquesWithParent", "selectVisibleTechniques",
    }  # fmt: skip
    assert body["versions"] == {"layer": "4.5", "navigator": "5.1.0"}
    assert body["techniques"] == [
        {"techniqueID": "T1110", "enabled": True, "score": 0.5, "comment": "why",
         "metadata": [{"name": "rule", "value": "R-1"}]}
    ]  # fmt: skip
    assert body["gradient"]["maxValue"] == 1
    assert body["legendItems"] == [{"label": "gap", "color": "#ff6666"}]


def test_a_technique_under_several_tactics_is_one_and_entries_without_one_are_refused() -> None:
    body = {
        "name": "L", "version": "3.0", "techniques": [
            {"techniqueID": "t1059", "tactic": "execution", "score": "", "enabled": False},
            {"techniqueID": "T1059", "tactic": "else", "score": 3, "comment": "c"},
            {"techniqueID": "TA0001"}, 7,
        ],
    }  # fmt: skip
    found = read_layer(of(body), name="x")
    assert found.version == "3.0"
    assert found.techniques == {"T1059": LayerTechnique("T1059", 3.0, True, "c")}
    assert [one.row for one in found.refused] == ["techniques[2]", "techniques[3]"]


@pytest.mark.parametrize("data", [b"{}", b"[]", b"", b'{"techniques":{}}', b'{"techniques":[{"techniqueID":"T1"'])
def test_what_is_no_layer_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(IntakeError) as caught:
        read_layer(BytesIO(data), name="x")
    assert caught.value.remedy
