"""Modifiers of fields that pySigma would not know or would get wrong: spelled so that it does not, or refused.

Names and meaning are those of the Sigma specification's appendix of modifiers (version 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.engines.sigma.translate import Unsupported


def spelled(detection: Any) -> Any:
    """A rule's detection with its modifiers as pySigma takes them. Raises `Unsupported` for what it cannot do."""
    if isinstance(detection, Mapping):
        return {_key(name): spelled(held) for name, held in detection.items()}
    return [spelled(one) for one in detection] if isinstance(detection, list) else detection


def _key(name: Any) -> Any:
    if not isinstance(name, str) or "|" not in name:
        return name
    field, *modifiers = name.split("|")
    modifiers = ["wide" if one == "utf16le" else one for one in modifiers]
    if "utf16" in modifiers and not {"base64", "base64offset"}.isdisjoint(modifiers):
        raise Unsupported(
            "It asks for UTF-16 with its byte order mark in Base64, which pySigma writes as UTF-8; `wide` has no mark."
        )
    if "cased" in modifiers and "windash" in modifiers[modifiers.index("cased") :]:
        modifiers = [*(one for one in modifiers if one != "cased"), "cased"]  # pySigma's windash forgets it
    return "|".join((field, *modifiers))
