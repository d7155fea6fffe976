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
# Element and attribute declarations, as Burp writes them before each report: no entity, no parameter, no instruction.
_SUBSET = re.compile(r"""\[(?:\s+|<!(?:ELEMENT|ATTLIST)\s[^<>%&\[\]]*>)*+\]\s*>""")
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
            at = _past_doctype(source, found, at, wide=b"\x00" in head[:4])
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


def without_doctype(head: bytes) -> bytes:
    """The first bytes with a document type that `prolog` let pass made blank (line ends stay): its declarations
    are of no use to a reader, and no parser has to see them. Other encodings than those of one byte stay as they
    are: there `prolog` lets no declarations pass."""
    at = head.find(b"<!DOCTYPE")
    if at < 0 or b"\x00" in head[:4]:
        return head
    found = head.decode("latin-1")
    end = _end_of_doctype(found, at)
    if end is None or "[" not in found[at:end]:
        return head
    return head[:at] + re.sub(rb"[^\r\n]", b" ", head[at:end]) + head[end:]


def _past_doctype(source: Source, found: str, at: int, wide: bool) -> int:
    end = _end_of_doctype(found, at)
    if end is None or (wide and "[" in found[at:end]):
        raise source.error(
            "The file declares its own document type or entities, which scanners do not do.",
            "Check where the file comes from; export it again from the scanner.",
            row=found.count("\n", 0, at) + 1,
            field="DOCTYPE",
        )
    return end


def _end_of_doctype(found: str, at: int) -> int | None:
    """Where a document type ends; None where it declares entities, or anything but elements and attributes."""
    quote = ""
    for offset in range(at, len(found)):
        character = found[offset]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "[":
            subset = _SUBSET.match(found, offset)
            return subset.end() if subset else None
        elif character == ">":
            return offset + 1
    return None
