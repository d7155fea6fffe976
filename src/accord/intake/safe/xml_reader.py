"""XML elements as a stream, from files that may be hostile.

No entity is expanded, no DTD is loaded, nothing is fetched; a DOCTYPE that declares anything is refused
before the parser sees it, an encoding outside a short list too. libxml2 keeps its own limits (depth 256, 10
MB of text in one node). What the caller is done with is removed with `drop`, so memory follows the largest
record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from accord.intake.records import IntakeError
from accord.intake.safe.prolog import prolog, without_doctype
from accord.intake.safe.source import Reader, Source

if TYPE_CHECKING:
    from lxml.etree import _Element

_REMEDY = "Export the file again from the scanner."
OPTIONS: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "remove_comments": True,
    "remove_pis": True,
}  # fmt: skip
"""What every parser of a stranger's XML is told."""


def events(reader: Reader, tags: Sequence[str]) -> Iterator[tuple[str, _Element]]:
    """("start" | "end", element) for the named tags ("{*}name" for any namespace), in document order.

    Raises IntakeError where the document is not well-formed, ends early or declares entities.
    """
    from lxml import etree

    source = reader.source
    prolog(source, reader.head())
    reader.put(without_doctype(reader.head()))
    try:
        yield from etree.iterparse(reader, events=("start", "end"), tag=tuple(tags), **OPTIONS)
    except etree.XMLSyntaxError as error:
        raise refusal(source, error) from None
    except (LookupError, UnicodeError, AssertionError, SystemError, MemoryError) as error:
        raise unreadable(source, error) from None


def drop(element: _Element, levels: int = 0) -> None:
    """Free an element that was read and everything before it in the document, so that only its ancestors
    stay.

    `levels` > 0 frees only what stands before it under that many parents.
    """
    element.clear()
    node = element
    parent = node.getparent()
    while parent is not None:
        while node.getprevious() is not None:
            del parent[0]
        levels -= 1
        if levels == 0:
            return
        node = parent
        parent = node.getparent()


def line_of(element: _Element) -> int | str:
    """The line on which an element begins, where the parser knows it."""
    found = element.sourceline
    return found if isinstance(found, int) else "unknown line"


def local(tag: object) -> str:
    """The name of a tag without its namespace; "" for what is no element."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def texts(element: _Element, limit: int = 500) -> dict[str, str]:
    """The texts of an element's children by name without namespace; of several alike, the first."""
    found: dict[str, str] = {}
    for child in element.iterchildren():
        name = local(child.tag)
        if name and name not in found and child.text and len(found) < limit:
            found[name] = child.text.strip()
    return found


def within(element: _Element, *names: str) -> bool:
    """Whether the element stands under these parents, nearest first."""
    parent = element.getparent()
    for name in names:
        if parent is None or local(parent.tag) != name:
            return False
        parent = parent.getparent()
    return True


def unreadable(source: Source, error: BaseException) -> IntakeError:
    """What a parser gives up on for a reason of its own."""
    return source.error(f"The XML cannot be read ({error.__class__.__name__}).", _REMEDY)


def refusal(source: Source, error: SyntaxError, lines: int = 0) -> IntakeError:
    """A parser's error as ours; `lines` of the file before it were kept from the parser."""
    row = None if error.lineno is None else error.lineno + lines
    message = str(error.msg or "").split(", line")[0].strip()[:200]
    lowered = message.lower()
    if any(
        words in lowered
        for words in (
            "premature end",
            "no element found",
            "end of data",
            "couldn't find end",
            "extra content at the",
        )
    ):
        problem = "The file ends in the middle of its content, or more follows after its end."
        return source.error(problem, "Let the scan finish, then copy or export the file again.", row=row)
    if "depth" in lowered:
        return source.error("The elements are nested too deeply.", _REMEDY, row=row)
    if any(words in lowered for words in ("too long", "too large", "huge", "limit")):
        return source.error("A text, name or attribute is too long.", _REMEDY, row=row)
    return source.error(f"This is not valid XML ({lowered}).", _REMEDY, row=row)
