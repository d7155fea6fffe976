"""Formats are recognized by content; nothing heavy is imported before a file is read."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from accord_intake import FILES, Read, content
from accord_samples import SAMPLES

from accord.intake.records import IntakeError
from accord.intake.registry import FORMATS, detect, format_named, read_scan, recognizers
from accord.intake.registry.sniffing import sniff
from accord.intake.safe import source
from accord.intake.safe.limits import Budget, Limits, resident
from accord.intake.safe.source import Source

OURS = {**os.environ, "PYTHONPATH": str(FILES.parents[2] / "src")}
TEXTS = [name for name in SAMPLES if not name.endswith(".zip")]


@pytest.mark.parametrize(("name", "form"), SAMPLES.items())
def test_by_content_and_not_by_name(name: str, form: str, tmp_path: Path) -> None:
    disguised = tmp_path / "report.pdf"
    disguised.write_bytes((FILES / name).read_bytes())
    assert detect(disguised).name == form
    assert detect(io.BytesIO(disguised.read_bytes())).name == form


@pytest.mark.parametrize("name", SAMPLES)
def test_exactly_one_recognizer_says_yes(name: str) -> None:
    """Also when nothing stops the look at the file early, whatever the order of the formats."""
    seen = sniff(Source(FILES / name), lambda _: False)
    assert [one.name for one in recognizers(seen)] == [SAMPLES[name]]


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "issues.burp.xml"])  # a DOCTYPE of one-byte text
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_in_the_encodings_that_shells_write(name: str, encoding: str) -> None:
    text = re.sub('encoding="UTF-8"', "", (FILES / name).read_text(encoding="utf-8"), flags=re.IGNORECASE)
    told, plain = content(text.encode(encoding)), content(text)
    assert told.observations == plain.observations


@pytest.mark.parametrize("name", TEXTS)
def test_packed_with_gzip(name: str) -> None:
    data = (FILES / name).read_bytes()
    assert content(gzip.compress(data)).observations == content(data).observations


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith((".json", ".sarif"))])
def test_whatever_the_order_of_names(name: str) -> None:
    data = json.loads((FILES / name).read_text())
    if isinstance(data, list):
        pytest.skip("a list has no names")
    for keys in (sorted(data), sorted(data, reverse=True)):
        turned = json.dumps({key: data[key] for key in keys})
        assert detect(io.BytesIO(turned.encode())).name == SAMPLES[name]


@pytest.mark.parametrize(
    "data",
    [b"", b"   \n", b"\x00\x01\x02", b"hello", b"a,b\n1,2\n", b"[[]]", b"[5]", b'{"runs": []}', b"<html/>",
     b"<bom/>", b'{"bomFormat": "SPDX"}', b"5", b'"text"', b"\xef\xbb\xbf", b"<?xml version='1.0'?>", b"PK\x03\x04zip",
     b"\x1f\x8b",
     b"\x1f\x8b\x08\x00", b"BZh91AY", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"<<<<", b"<!DOCTYPE html><html></html>"],
)  # fmt: skip
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(IntakeError) as caught:
        detect(io.BytesIO(data))
    assert caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    ["null", "\ufeffnull\n", "[]", "{}", '{"findings": []}', '{"vulnerabilities": null}', '{"Issues": []}',
     '{"jsonapi": {"version": "1.0"}, "data": [], "links": {}}', '{"__comment__": "none", "vulnerabilities": []}'],
)  # fmt: skip
def test_reports_of_nothing(text: str) -> None:
    scan = content(text)
    assert scan.headers[0].format == "empty"
    assert (scan.targets, scan.observations, scan.coverages) == ([], [], []), "it closes nothing"


@pytest.mark.parametrize(
    "text", ["null null", "nullify", '{"findings": {}}', '{"findings": [{}]}', '{"findings": [[]]}', '{"data": null}',
             '{"links": {}}', '{"findings": [], "error": "no licence"}', "false"],
)  # fmt: skip
def test_what_only_looks_like_nothing(text: str) -> None:
    with pytest.raises(IntakeError):
        content(text)


def test_errors_name_the_file_and_not_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "secret-folder" / "scan.json"
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(IntakeError) as caught:
        list(read_scan(path))
    assert caught.value.file == "scan.json"
    assert "secret-folder" not in str(caught.value)


@pytest.mark.parametrize("path", ["/does/not/exist.json", "/", "a\x00b", ""])
def test_files_that_cannot_be_opened(path: str) -> None:
    with pytest.raises(IntakeError):
        list(read_scan(path))


def test_a_stream_must_be_binary_and_seekable() -> None:
    class Pipe(io.BytesIO):
        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation("seek")

    with pytest.raises(IntakeError):
        list(read_scan(Pipe(b"{}")))
    with pytest.raises(IntakeError):
        list(read_scan(io.StringIO("{}")))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SAMPLES)
def test_limits_hold(name: str) -> None:
    with pytest.raises(IntakeError, match="larger than 1 bytes"):
        Read(read_scan(FILES / name, Limits(bytes=1)))
    with pytest.raises(IntakeError, match="more than 0 seconds"):
        Read(read_scan(FILES / name, Limits(seconds=0.0)))


@pytest.mark.parametrize("name", ["two-hosts.nessus", "scripts.nmap.xml", "image.trivy.json", "vex.cdx.json"])
def test_the_number_of_findings_is_limited(name: str) -> None:
    with pytest.raises(IntakeError, match="more than 2"):
        Read(read_scan(FILES / name, Limits(observations=2)))
    with pytest.raises(IntakeError, match="rows cannot be read"):
        Read(read_scan(FILES / name, Limits(refusals=0))) if name != "scripts.nmap.xml" else content(
            "<nmaprun><host/></nmaprun>", Limits(refusals=0)
        )


@pytest.mark.parametrize("name", ["two-runs.sarif", "vex.cdx.json", "components.cdx.xml"])
def test_what_must_be_held_is_limited(name: str) -> None:
    if name == "components.cdx.xml":
        text = '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component bom-ref="a"><name>b</name>'
        data: bytes = (text + "</component></components></bom>").encode()
    else:
        data = (FILES / name).read_bytes()
    with pytest.raises(IntakeError, match="rules or components are too large"):
        content(data, Limits(held=100))


def test_the_growth_of_the_process_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    held = iter(range(0, 10**12, 2 * 10**9))
    monkeypatch.setattr(source, "resident", lambda: next(held))
    numbers = (b" " * 1000 + b"1,") * 10_000
    with pytest.raises(IntakeError, match=r"more than 1,073,741,824 bytes of memory"):
        content(b'{"SchemaVersion": 2, "ArtifactName": "a", "x": [' + numbers + b"1]}")


def test_memory_is_told_in_bytes() -> None:
    assert 5_000_000 < resident() < 10**11


def test_time_is_counted_while_reading_only() -> None:
    budget = Budget(10.0)
    budget.pause()
    spent = budget.spent()
    assert budget.spent() == spent
    budget.resume()
    budget.resume()
    assert budget.spent() >= spent


def test_every_format_has_a_name_a_title_and_a_module() -> None:
    assert len({one.name for one in FORMATS}) == len(FORMATS)
    assert {one.name for one in FORMATS} == set(SAMPLES.values())
    modules = {one.module for one in FORMATS}
    assert all(find_spec(module) is not None for module in modules)
    assert format_named("sarif").title == "SARIF 2.1.0"
    with pytest.raises(KeyError):
        format_named("word")


def test_parser_libraries_are_imported_only_when_a_file_is_read() -> None:
    program = (
        "import sys, importlib\n"
        "from accord.intake.registry import FORMATS\n"
        "import accord.intake.kev, accord.intake.epss, accord.intake.cvss\n"
        "[importlib.import_module(one.module) for one in FORMATS]\n"
        "print([name for name in ('lxml', 'ijson', 'cvss', 'django', 'openpyxl') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=OURS)
    assert done.stdout.strip() == "[]"
