"""The strict Content-Security-Policy holds because no page needs an exception from it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import accord_source
import pytest
from accord_source import place

# A block of data is not run and needs no exception.
DATA = {"application/json", "application/ld+json"}
TAGS = re.compile(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL)
IN_PYTHON = re.compile(
    r"<script\b(?![^>]*(?:\bsrc=|application/json))|<style\b|\bstyle=\\?[\"']|\bon(?:click|change|load|submit)=|hx-on|javascript:"
)


class Inline(HTMLParser):
    """Collects what a strict policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        line = self.getpos()[0]
        if tag == "style" or (tag == "script" and "src" not in values and values.get("type") not in DATA):
            self.found.append((line, f"<{tag}> with its text in the page"))
        for name, value in attrs:
            text = (value or "").strip().lower()
            if (
                name == "style"
                or (name.startswith("on") and name.isalpha())
                or name.startswith(("hx-on", "data-hx-on"))
            ):
                self.found.append((line, f"{name}=…"))
            if text.startswith(("javascript:", "js:")):
                self.found.append((line, f"{name}={value}"))


def inline(text: str) -> list[tuple[int, str]]:
    """Line and finding for each thing in a page or template that a strict policy blocks."""
    parser = Inline()
    parser.feed(TAGS.sub(lambda match: "\n" * match.group().count("\n"), text))
    return parser.found


@pytest.mark.parametrize(
    "page",
    [
        "<p style='color:red'>x</p>",
        '<button onclick="go()">x</button>',
        "<script>go()</script>",
        "<style>p { color: red }</style>",
        '<a href="javascript:go()">x</a>',
        '<div hx-on:click="go()"></div>',
        "<div hx-vals='js:{a: 1}'></div>",
    ],
)
def test_the_check_sees(page: str) -> None:
    assert inline(page)


def test_the_check_lets_pass() -> None:
    assert not inline('<script src="/a.js" defer></script><p class="on">x</p>')
    assert not inline('<script type="application/json" id="data">{}</script>')


def test_templates_hold_nothing_inline() -> None:
    wrong = [
        f"{place(path, line)}: {what}"
        for path in accord_source.tracked("src/*.html")
        for line, what in inline(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "Blocked by the policy:\n" + "\n".join(wrong)


def test_code_makes_nothing_inline() -> None:
    wrong = [
        f"{place(path, number)}: {line.strip()}"
        for path in accord_source.modules()
        if not {"engines", "intake", "outlet"}.intersection(path.parts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if IN_PYTHON.search(line)
    ]
    assert not wrong, "Blocked by the policy:\n" + "\n".join(wrong)


def test_policy_has_no_exception() -> None:
    """Neither scripts nor styles may be unsafe, whatever the page."""
    from django.conf import settings

    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["default-src"] and directives["script-src"] and directives["style-src"]
    for name, sources in directives.items():
        for source in sources if isinstance(sources, list | tuple | set) else []:
            assert "unsafe" not in str(source), f"{name}: {source}"
            assert str(source) not in {"*", "https:", "http:"}, f"{name}: {source}"
