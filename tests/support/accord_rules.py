"""Random rules and events for the properties of the engine."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from accord.engines.sigma import LogSource, Program, Rule
from accord.engines.sigma.expressions import compiled as databases
from accord.engines.sigma.tree import Atom, both, either, negate

FIELDS = ("Channel", "EventID", "A", "b", "n.m")
WORDS = ("", "a", "ab", "B", "aB\\c", "K\u212a", "ß", "İx", "\x1e", "a\x1eb", "7", "true", "10.1.2.3", "é")
TEXT = st.one_of(st.sampled_from(WORDS), st.text('abAB\\"\x1e\x1fſ7/é', max_size=6))
PLAIN = st.one_of(TEXT, st.integers(-3, 12), st.booleans(), st.none(), st.sampled_from([0.5, 7.0]))
VALUE = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("mA"), inner, max_size=2)),
    max_leaves=4,
)  # fmt: skip
EVENT = st.dictionaries(st.sampled_from((*FIELDS, "a", "B", "CHANNEL", "n")), VALUE, max_size=6)


def lowered(atom: Atom) -> Atom:
    """As `translate` makes them: text that is not cased is in lower case."""
    if atom.cased or atom.op == "regex":
        return atom
    value = atom.value
    if isinstance(value, str) and not atom.op.startswith("field"):
        value = value.lower()
    elif isinstance(value, tuple) and atom.op == "like":
        value = tuple(part.lower() if isinstance(part, str) else part for part in value)
    return Atom(atom.field, atom.op, value, atom.cased)


NAME = st.sampled_from(FIELDS)
PART = st.one_of(st.text("abB7\\", min_size=1, max_size=3), st.none(), st.just(1))
ATOM = st.one_of(
    st.builds(Atom, st.one_of(NAME, st.none()), st.sampled_from(("contains", "equals", "startswith", "endswith")),
              TEXT.filter(bool), st.booleans()),
    st.builds(Atom, st.one_of(NAME, st.none()), st.just("like"), st.lists(PART, min_size=1, max_size=5).map(tuple),
              st.booleans()),
    st.builds(Atom, NAME, st.sampled_from(("lt", "gte")), st.sampled_from([0.0, 5.0, 7.0])),
    st.builds(Atom, NAME, st.sampled_from(("exists", "null")), st.just(True)),
    st.builds(Atom, NAME, st.sampled_from(("field", "field_contains", "field_startswith", "field_endswith")), NAME),
    st.builds(Atom, st.one_of(NAME, st.none()), st.just("regex"),
              st.sampled_from([("a.b", ""), ("^a", "i"), ("b$", ""), ("[0-9]{2}", ""), ("^$", "")]), st.just(True)),
).map(lowered)  # fmt: skip
TREE = st.recursive(
    st.integers(0, 11),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(both), st.lists(inner, min_size=1, max_size=4).map(either),
        inner.map(negate),
    ),
    max_leaves=8,
)  # fmt: skip


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Some rules over a dozen atoms."""
    program = Program()
    held = [program.atoms.number(atom) for atom in draw(st.lists(ATOM, min_size=12, max_size=12))]

    def placed(tree: Any) -> Any:
        if isinstance(tree, bool):
            return tree
        if isinstance(tree, int):
            return held[tree]
        name, inner = tree
        return negate(placed(inner)) if name == "not" else (both if name == "and" else either)(map(placed, inner))

    for number, tree in enumerate(draw(st.lists(TREE, min_size=1, max_size=8))):
        source = LogSource(draw(st.sampled_from((None, "p"))))
        program.rules.append(Rule(str(number), "T", "", "", source, (), "r", trees=[(source, placed(tree))]))
    program.databases, _ = databases(program.atoms)
    return program
