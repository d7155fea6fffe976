"""Layers of the ATT&CK Navigator (JSON, layer format 3.0 to 4.x): techniques with a score, on or off, and a comment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from accord.intake.attack import TECHNIQUE
from accord.intake.records import Refusal
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

MOST = 20_000
_REMEDY = "Save the layer again in the Navigator as JSON."


@dataclass(slots=True)
class LayerTechnique:
    """One technique of a layer. `score` None = it has none. Where it stands under several tactics: the highest score,
    enabled where any is."""

    identifier: str
    score: float | None = None
    enabled: bool = True
    comment: str = ""


@dataclass(slots=True)
class Layer:
    """A layer; versions are "" where it does not tell them."""

    name: str = ""
    domain: str = ""
    version: str = ""
    attack: str = ""
    description: str = ""
    techniques: dict[str, LayerTechnique] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


def read_layer(origin: Path | str | BinaryIO, limits: Limits | None = None, name: str | None = None) -> Layer:
    """The layer. IntakeError where it is none or damaged; an entry without a technique's identifier is refused."""
    source = Source(origin, limits, name)
    layer = Layer()
    there = False
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() != "{":
            raise source.error("This is no layer of the Navigator.", _REMEDY)
        for key in document.names():
            if key in ("name", "domain", "description"):
                setattr(layer, key, clean.text(document.scalar(), 1000) or "")
            elif key == "version":
                layer.version = clean.line(document.scalar(), 20) or ""
            elif key == "versions":
                told = document.mapping()
                layer.version = clean.line(told.get("layer"), 20) or ""
                layer.attack = clean.line(told.get("attack"), 20) or ""
            elif key == "techniques":
                there = document.peek() == "["
                for _ in document.elements():
                    _take(document, layer, source)
        document.end()
    if not there:
        raise source.error("This is no layer of the Navigator: it has no list of techniques.", _REMEDY)
    return layer


def _take(document: JsonReader, layer: Layer, source: Source) -> None:
    where = document.pointer()
    one: dict[str, Any] = document.mapping()
    identifier = (clean.line(one.get("techniqueID"), 40) or "").upper()
    if not TECHNIQUE.fullmatch(identifier):
        if len(layer.refused) >= source.limits.refusals:
            document.refuse("Too many entries name no technique.", _REMEDY)
        layer.refused.append(
            Refusal(where, "techniqueID", "It names no technique.", "Give an identifier such as T1059 or T1059.001.")
        )
        return
    score = None if one.get("score") == "" else clean.number(one.get("score"))
    enabled = one.get("enabled") is not False
    comment = clean.text(one.get("comment"), 1000) or ""
    held = layer.techniques.get(identifier)
    if held is None:
        if len(layer.techniques) >= MOST:
            document.refuse(f"There are more than {MOST:,} techniques.", _REMEDY)
        layer.techniques[identifier] = LayerTechnique(identifier, score, enabled, comment)
        return
    scores = [value for value in (held.score, score) if value is not None]
    held.score = max(scores) if scores else None
    held.enabled = held.enabled or enabled
    held.comment = held.comment or comment
