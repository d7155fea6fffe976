"""The beginning of an XML file, looked at without a parser: its root element, its encoding, its DOCTYPE."""

from __future__ import annotations

import re

from accord.intake.safe.source import Source

ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:le|be)?|us-ascii|ascii|iso-8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|cp437",
    re.IGNORECASE,
)
_DECLARED = re.compile(r"""\A<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([^"']{0,40})["']""")
_NAME = re.compile(r"<([^\s/>]{1,200})([^>]{0,4000})")
_REMEDY = "Export the file again from the scanner."


def prolog(source: Source, head: bytes) -> tuple[str, str]:
    """(name, attributes) of the root element, read from the first bytes without a parser.

    Raises IntakeError for an encoding that is not allowed, for a DOCTYPE with declarations inside, and where
    no element begins within the first bytes.
    """
    found = decoded(source, head)
    declared = _DECLARED.match(found)
    if declared and not ENCODINGS.fullmatch(declared[1]):
        raise source.error(
            f"The encoding {declared[1]} is not accepted.", "Save the file as UTF-8.", row=1, field="encoding"
        )
    at = 0
    while True:
        at = found.find("<", at)
        if at < 0:
            raise source.error("No XML element begins in the first 64 KiB.", _REMEDY)
        if found.startswith("<?", at):
            at = _past(source, found, at, "?>")
        elif found.startswith("<!--", at):
            at = _past(source, found, at, "-->")
        elif found.startswith("<!", at):
            at = _past_doctype(source, found, at)
        else:
            break
    name = _NAME.match(found, at)
    if name is None:
        raise source.error("The first XML element has no usable name.", _REMEDY)
    return name[1], name[2]


def decoded(source: Source, head: bytes) -> str:
    """The first bytes as text, well enough to find names in them."""
    if head.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff", b"\x00\x00\x00<", b"<\x00\x00\x00")):
        raise source.error("The encoding UTF-32 is not accepted.", "Save the file as UTF-8.", row=1, field="encoding")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip("\ufeff")
    if head.startswith(b"<\x00"):
        return head.decode("utf-16-le", "replace")
    if head.startswith(b"\x00<"):
        return head.decode("utf-16-be", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _past(source: Source, found: str, at: int, closing: str) -> int:
    end = found.find(closing, at + 2)
    if end < 0:
        raise source.error("No XML element begins in the first 64 KiB.", _REMEDY)
    return end + len(closing)


def _past_doctype(source: Source, found: str, at: int) -> int:
    quote = ""
    for offset in range(at, len(found)):
        character = found[offset]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "[":
            break
        elif character == ">":
            return offset + 1
    raise source.error(
        "The file declares its own document type or entities, which scanners do not do.",
        "Check where the file comes from; export it again from the scanner.",
        row=found.count("\n", 0, at) + 1,
        field="DOCTYPE",
    )
