"""Text and pictures for pages that typst sets: only what its own fonts can show, never markup."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

FONT = "Libertinus Serif"
"""The font of pages and of the lettering in their charts; it is inside typst."""
_FONT_FAMILY = re.compile(r"font-family\s*(=\s*\"[^\"]*\"|=\s*'[^']*'|:[^;\"']*)")
_SPACES = re.compile(r"[^\S\u00a0]+")
_MISSING = "\u25a1"
_UNBROKEN = re.compile(r"\S{28}(?=\S)")

# What the fonts inside typst can show (a test holds this to be true); archives refuse text that has no glyph.
SHOWN = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C),
    (0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF), (0x5D0, 0x5EA), (0x621, 0x63A), (0x640, 0x64A),
    (0x1E00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45), (0x1F48, 0x1F4D), (0x1F50, 0x1F57),
    (0x1F5F, 0x1F7D), (0x1F80, 0x1FB4), (0x2010, 0x2027), (0x2030, 0x203E), (0x2070, 0x2071),
    (0x2074, 0x208E), (0x20A0, 0x20C0), (0x2100, 0x211E), (0x2126, 0x2151), (0x2153, 0x2184),
    (0x2190, 0x23FF), (0x2460, 0x2606), (0x2713, 0x2714), (0x2717, 0x2718), (0xFB00, 0xFB06),
)  # fmt: skip
_STARTS = tuple(first for first, _ in SHOWN)


class PictureError(ValueError):
    """A chart cannot be set: why, in words."""


def shown(text: str, limit: int) -> str:
    """Return a text in one line, without what cannot be shown, cut to ``limit`` characters."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    plain = "".join(sign if _has_glyph(sign) else _nearest(sign) for sign in plain).strip()
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "\u2026"
    return _UNBROKEN.sub("\\g<0>\u200b", plain)


def _has_glyph(sign: str) -> bool:
    place = bisect_right(_STARTS, ord(sign)) - 1
    return place >= 0 and ord(sign) <= SHOWN[place][1]


def _nearest(sign: str) -> str:
    if unicodedata.category(sign) in ("Cc", "Cf"):
        return ""
    plain = unicodedata.normalize("NFKD", sign)
    return plain if all(map(_has_glyph, plain)) else _MISSING


def address(url: str) -> str:
    """Return an absolute web address as it is, and nothing for any other."""
    return url if re.fullmatch(r"https?://[\x21-\x7e]{1,1500}", url) else ""


def lettered(svg: bytes) -> str:
    """Return the SVG with its lettering in the font of the page. Raises ``PictureError``."""
    try:
        text = svg.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PictureError("the chart is not UTF-8") from error
    return _FONT_FAMILY.sub(lambda m: f"font-family{m[1][0]}{_quoted(m[1])}", text)


def _quoted(original: str) -> str:
    return f'"{FONT}"' if original[0] == "=" else f" {FONT}"
