"""Items that repeat earlier ones are told apart without a tree; nothing that is read may depend on it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from accord.intake.nessus import again
from accord.intake.records import IntakeError, Observation
from accord.intake.registry import read_scan
from accord.intake.safe.source import Reader
from accord.intake.safe.xml_reader import events

HEAD = '<?xml version="1.0" ?>\n<NessusClientData_v2>\n<Report name="R" xmlns:cm="http://www.nessus.org/cm">\n'
TAIL = "</Report>\n</NessusClientData_v2>\n"
PROPERTIES = '<HostProperties><tag name="HOST_END_TIMESTAMP">1700000000</tag></HostProperties>\n'


def item(plugin: int, port: int, output: str | None = "seen", words: str = "Words.", inside: str = "") -> str:
    told = "" if output is None else f"<plugin_output>{output}</plugin_output>\n"
    return (
        f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="2" pluginID="{plugin}" '
        f'pluginName="P{plugin}" pluginFamily="F">\n<description>{words}</description>\n{inside}{told}</ReportItem>\n'
    )


def host(name: str, *items: str, properties: str = PROPERTIES) -> str:
    return f'<ReportHost name="{name}">{properties}{"".join(items)}</ReportHost>\n'


def records(text: str | bytes) -> list[Any]:
    """What is read; nothing but a word where the file is refused (where in it depends on the parser's blocks)."""
    data = text if isinstance(text, bytes) else text.encode()
    try:
        return list(read_scan(io.BytesIO(data), name="f.nessus"))
    except IntakeError:
        return ["refused"]


def parsed(text: str | bytes) -> list[Any]:
    """The same by lxml.iterparse alone, without any item told apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(again.Repeats, "events", lambda repeats: events(repeats._reader, repeats._tags))
        return records(text)


def spared(text: str) -> int:
    """How many items were told apart without a tree."""
    number = 0
    kept = again.Item

    def count(*values: Any) -> again.Item:
        nonlocal number
        number += 1
        return kept(*values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(again, "Item", count)
        records(text)
    return number


def test_a_repeated_item_is_read_as_if_it_had_been_parsed() -> None:
    text = HEAD + "".join(
        host(f"h{n}", item(1, n, f"Installed version : {n}\n"), item(2, n, None), item(3, n, "a &lt;b&gt; &amp;lt; é"))
        for n in range(5)
    ) + TAIL  # fmt: skip
    assert records(text) == parsed(text)
    assert spared(text) == 12
    seen = [one for one in records(text) if isinstance(one, Observation)]
    assert seen[-1].evidence == "a <b> &lt; é" and seen[-3].component_version == "4"


@pytest.mark.parametrize(
    "odd",
    [
        item(1, 9, "x", "Other words."),
        item(1, 9, "x", inside="<risk_factor>High</risk_factor>"),
        item(1, 9, None),
        item(1, 9, "&#65;"),
        item(1, 9, "&unknown;"),
        item(1, 9, "a ]]> b"),
        item(1, 9, "a\r\nb"),
        item(1, 9, "a\x02b"),
        item(1, 9, "a\ufffeb"),
        item(1, 9, "a<b/>c"),
        item(1, 9, "<![CDATA[x]]>"),
        item(1, 9, "x<!-- y -->z"),
        "<!-- " + item(1, 9) + " -->" + item(1, 10),
        "<![CDATA[" + item(1, 9) + "]]>" + item(1, 10),
        "<?p " + item(1, 9) + " ?>" + item(1, 10),
        "<x>" + item(1, 9) + "</x>" + item(1, 10),
        '<x xmlns="urn:x">' + item(1, 9) + "</x>" + item(1, 10),
        item(1, 9, "x").replace('port="9"', "port='9'"),
        item(1, 9, "x").replace('port="9"', 'port="&#57;"'),
        item(1, 9, "x").replace('svc_name="www"', 'svc_name="w>w"'),
        item(1, 9, "x").replace("</ReportItem>", ""),
        item(1, 9, "x").replace("</ReportItem>", item(1, 10) + "</ReportItem>"),
        '<ReportItem port="1" pluginID="1"/>' + item(1, 10),
        item(19506, 0, "Credentialed checks : yes"),
        item(1, 9, "y" * 2_000_000),
    ],
)
def test_what_only_looks_like_a_repetition_is_read_as_the_parser_reads_it(odd: str) -> None:
    text = HEAD + host("a", item(1, 1), item(2, 2)) + host("b", item(1, 1), odd, item(2, 2)) + host("c", item(1, 3))
    assert records(text + TAIL) == parsed(text + TAIL)
    assert records(text) == parsed(text)


SIGNS = st.sampled_from(
    ["<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&", "<", ">", '"', "\r", "\x00", "é", "\ufffe", "<x>", "</x>",
     "</ReportItem>", "<ReportItem ", "</ReportHost>", '<ReportHost name="z">', "<plugin_output>", "</plugin_output>",
     "<HostProperties></HostProperties>", 'xmlns="u"', "<?p ?>", "cm:", "\n", " "]
)  # fmt: skip
PLAIN = HEAD + "".join(host(f"h{n}", *(item(p, n, f"out {n}") for p in (1, 2, 19506, 3))) for n in range(4)) + TAIL


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(PLAIN)), SIGNS, st.integers(0, 40)), min_size=1, max_size=3),
    st.integers(7, 900),
)
@example([(len(PLAIN) - 700, "</ReportItem>", 0)], 64)
def test_a_damaged_file_is_read_or_refused_as_the_parser_does(damage: list[tuple[int, str, int]], block: int) -> None:
    text = PLAIN
    for place, sign, cut in damage:
        text = text[:place] + sign + text[place + cut :]
    with pytest.MonkeyPatch.context() as patch:
        whole = Reader.read
        patch.setattr(Reader, "read", lambda self, size=-1: whole(self, block))
        assert records(text) == parsed(text)
