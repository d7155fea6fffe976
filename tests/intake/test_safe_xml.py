"""XML from strangers: what is refused before the parser, and what the parser itself does not do."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from accord_intake import content

from accord.intake.records import IntakeError
from accord.intake.safe import xml_reader
from accord.intake.safe.source import Source

SCAN = "<NessusClientData_v2><Report name='r'><ReportHost name='h'/></Report></NessusClientData_v2>"


@pytest.mark.parametrize(
    "start",
    [
        "<!DOCTYPE NessusClientData_v2>",
        '<!DOCTYPE NessusClientData_v2 SYSTEM "nessus.dtd">',
        '<!DOCTYPE NessusClientData_v2 PUBLIC "-//X//DTD//EN" "http://127.0.0.1:1/[x]>.dtd">',
        "<!-- <!DOCTYPE a [<!ENTITY b 'c'>]> --><?xml-stylesheet href='[' ?>",
        "\ufeff",
        "\n\n",
    ],
)
def test_a_doctype_without_declarations_is_read(start: str) -> None:
    assert [target.name for target in content(start + SCAN).targets] == ["h"]


@pytest.mark.parametrize(
    "start",
    [
        "<!DOCTYPE n [<!ENTITY a 'b'>]>",
        "<!DOCTYPE n [<!ELEMENT a ANY><!ENTITY a 'b'>]>",
        "<!DOCTYPE n [<!ATTLIST a b CDATA 'x' %c;>]>",
        "<!DOCTYPE n [<!ELEMENT a ANY>",
        "<!DOCTYPE n SYSTEM 'x' [<!ENTITY % a SYSTEM 'file:///etc/hostname'> %a;]>",
        "<!DOCTYPE n 'unfinished",
    ],
)
def test_a_doctype_with_declarations_is_refused(start: str) -> None:
    with pytest.raises(IntakeError) as caught:
        content(start + SCAN)
    assert caught.value.field == "DOCTYPE"


@pytest.mark.parametrize("subset", ["", "<!ELEMENT a ANY>", "\n<!ATTLIST ReportHost name CDATA 'z'>\n"])
def test_declarations_of_elements_are_passed_and_have_no_effect(subset: str) -> None:
    """Burp writes them before every report. A declared default would be added to each element of the file."""
    found = content(f"<!-- x --><!DOCTYPE n\n[{subset}]>" + SCAN)
    assert [target.name for target in found.targets] == ["h"]
    wide = f"<!DOCTYPE n [{subset}]>{SCAN}".encode("utf-16")
    with pytest.raises(IntakeError, match="document type"):
        content(wide)


@pytest.mark.parametrize("name", ["utf-7", "utf-32", "ebcdic-cp-us", "x", ""])
def test_other_declared_encodings_are_refused(name: str) -> None:
    with pytest.raises(IntakeError, match="encoding"):
        content(f'<?xml version="1.0" encoding="{name}"?>{SCAN}')


@pytest.mark.parametrize("name", ["UTF-8", "utf8", "us-ascii", "ISO-8859-1", "windows-1252"])
def test_usual_encodings_are_read(name: str) -> None:
    assert content(f'<?xml version="1.0" encoding="{name}"?>{SCAN}').targets


def test_the_encoding_that_is_declared_counts() -> None:
    scan = SCAN.replace("name='h'", "name='härmlos'")
    data = f'<?xml version="1.0" encoding="iso-8859-1"?>{scan}'.encode("iso-8859-1")
    assert content(data).targets[0].name == "härmlos"
    with pytest.raises(IntakeError):
        content(scan.encode("iso-8859-1"))


@pytest.mark.parametrize(
    "inside",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "{secret}">]><a><b>&e;</b></a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "{secret}"> %p;]><a><b>&e;</b></a>',
        '<!DOCTYPE a SYSTEM "{secret}"><a><b>&e;</b></a>',
        '<!DOCTYPE a [<!ENTITY e "expanded">]><a><b>&e;</b></a>',
    ],
)
def test_the_parser_expands_and_fetches_nothing_by_itself(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a declaration to slip past the look at the beginning, it would still do nothing."""
    secret = tmp_path / "secret.txt"
    secret.write_text("<!ENTITY e 'expanded'>")
    monkeypatch.setattr(xml_reader, "prolog", lambda *_: ("a", ""))
    source = Source(io.BytesIO(inside.format(secret=secret.as_uri()).encode()), name="x")
    seen: list[str] = []
    with source.open() as reader:
        try:
            for event, element in xml_reader.events(reader, ("b",)):
                if event == "end":
                    seen += [str(text) for text in element.itertext(tag="b")]
        except IntakeError:
            pass
    assert "expanded" not in "".join(seen)


@pytest.mark.parametrize("cut", [10, 30, 60, len(SCAN) - 1])
def test_a_cut_file_is_told(cut: int) -> None:
    with pytest.raises(IntakeError):
        content(SCAN[:cut])


def test_errors_name_the_line() -> None:
    with pytest.raises(IntakeError) as caught:
        content(SCAN.replace("<ReportHost", "\n\n<ReportHost <"))
    assert caught.value.row == 3


def test_dropping_keeps_the_ancestors_only() -> None:
    data = b"<a><x/><b><y/><c/><c/></b><b><c/></b></a>"
    with Source(io.BytesIO(data), name="x").open() as reader:
        for event, element in xml_reader.events(reader, ("c",)):
            if event == "end":
                xml_reader.drop(element)
                root = element.getroottree().getroot()
                before = [one for one in root.iter() if one is not element]
                assert all(element in one.iterdescendants() or one.getparent() is not None for one in before)
                assert element.getprevious() is None
                parent = element.getparent()
                assert parent is not None
                assert parent.getprevious() is None
