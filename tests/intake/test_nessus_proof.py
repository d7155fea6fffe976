"""A Nessus file is proven to be whole only where the reader would read it to its end, with the same time of its end."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake import synthetic

from accord.intake import batches
from accord.intake.nessus.proof import prove
from accord.intake.records import IntakeError, Observation, Record, ScanEnd, Target
from accord.intake.registry import read_scan
from accord.intake.safe.limits import Limits

STAMP = '<tag name="HOST_END_TIMESTAMP">1700000000</tag>'


def _whole(findings: int = 130) -> bytes:
    out = io.StringIO()
    synthetic.nessus(out, findings)
    return out.getvalue().encode()


def _read(data: bytes) -> list[Record]:
    return list(read_scan(io.BytesIO(data), name="a.nessus"))


def _finished(data: bytes) -> datetime | None:
    [end] = [record for record in _read(data) if isinstance(record, ScanEnd)]
    return end.finished


def test_the_proof_tells_what_the_reader_finds() -> None:
    data = _whole()
    proof = prove(io.BytesIO(data), "a.nessus")
    assert proof is not None
    records = _read(data)
    assert proof.finished == _finished(data)
    assert proof.targets == sum(isinstance(one, Target) for one in records) == 3
    assert proof.observations == sum(isinstance(one, Observation) for one in records) == 130


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<description>", "<description><![CDATA[x]]>"),
        ("<description>", "<description><!-- x -->"),
        ("<description>", "<description><?x y?>"),
        (STAMP, STAMP.replace("1700000000", "&#49;700000000")),
        (STAMP, "<tag name='HOST_END_TIMESTAMP'>1700000000</tag>"),
        (STAMP, STAMP.replace("1700000000", "never")),
        ('<?xml version="1.0" ?>', '<?xml version="1.0" encoding="ISO-8859-1"?>'),
        ("</Report>\n", ""),
        ("<cwe>200</cwe>", "<cwe>200"),
    ],
)
def test_no_proof_of_what_is_unusual(old: str, new: str) -> None:
    text = _whole().decode()
    assert old in text
    assert prove(io.BytesIO(text.replace(old, new, 1).encode()), "a.nessus") is None


def test_no_proof_beyond_what_is_read() -> None:
    data = _whole()
    assert prove(io.BytesIO(data), "a.nessus", Limits(observations=129)) is None
    assert prove(io.BytesIO(data), "a.nessus", Limits(bytes=len(data) - 1)) is None
    without = data.replace(b"pluginID=", b"plugin=", 11)
    assert prove(io.BytesIO(without), "a.nessus", Limits(refusals=10)) is None
    assert prove(io.BytesIO(without), "a.nessus", Limits(refusals=11)) is not None
    assert prove(io.BytesIO(b"\x1f\x8b" + data), "a.nessus") is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_proven_is_read_to_its_end(draw: st.DataObject) -> None:
    """Damage anywhere: a proof is given only where the reader comes to the end, with the same time."""
    data = bytearray(_whole(8))
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(data) - 1))
        piece = draw.draw(
            st.sampled_from([b"", b"<", b">", b"&", b'"', b"/", b"\x00", b"<tag>", b"<ReportItem ", STAMP.encode()])
        )
        data[at : at + draw.draw(st.integers(0, 40))] = piece
    damaged = bytes(data)
    proof = prove(io.BytesIO(damaged), "a.nessus")
    if proof is None:
        return
    try:
        finished = _finished(damaged)
    except IntakeError as error:
        raise AssertionError(f"proven, but {error}") from None
    # A stamp that stands where no host has it is the only way in which the two times may differ.
    assert proof.finished == finished or damaged.count(STAMP.encode()) != damaged.count(b"<HostProperties>")


def test_batches_say_what_the_records_say() -> None:
    """Columns put together again are the observations; what is said of a plugin is sent once."""
    data = _whole()
    observations = [one for one in _read(data) if isinstance(one, Observation)]
    found, kinds, identities = [], [], []
    import marshal

    for letter, packed in batches.messages(io.BytesIO(data), "a.nessus", rows=50):
        if letter != "R":
            continue
        rows = batches.Rows(*marshal.loads(packed))
        kinds += rows.kinds
        identities += [batches.target_of(row).identity for row in rows.targets]
        for target, kind, place in zip(rows.target, rows.kind, rows.places, strict=True):
            found.append((identities[target], batches.exemplar(kinds[kind]).title, *place[4:6]))
    assert found == [(one.target, one.title, one.port, one.protocol) for one in observations]
    assert len(kinds) == len({one.definition_id for one in observations})


def test_a_file_that_cannot_be_read_ends_in_the_reason() -> None:
    found = list(batches.messages(io.BytesIO(_whole()[:-30]), "a.nessus"))
    assert [letter for letter, _ in found][-1] == "!"
