"""Compiled programs on disk, by the digest of rules, placeholders and library versions.

The form is plain JSON, compressed, behind a checksum: nothing in it is run when it is read. Hyperscan's databases are
part of it and are trusted, so that only files are read that the user alone could have written, in a folder that only
the user can enter. Whatever is damaged, foreign or of another version is made anew.
"""

from __future__ import annotations

import os
import stat
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from hashlib import blake2b
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from accord.engines.sigma.compiling import compile_rules
from accord.engines.sigma.rules import Fault, Filter, LogSource, Placeholders, Program, Rule, Text, digest_of
from accord.engines.sigma.tree import Atom, Tree

MAGIC = b"accord-sigma-3\n"
LARGEST = 1 << 30
KEPT = 8
"""Programs in the folder; the one that was used least lately goes."""
_RULE = tuple(one.name for one in fields(Rule))


def load_or_compile(texts: Sequence[Text], folder: Path, placeholders: Placeholders | None = None) -> Program:
    """The program of these rules, from the folder if it is there. A folder that cannot be used is only slower."""
    digest = digest_of(texts, placeholders)
    path = folder / f"{digest}.rules"
    try:
        usable = _prepare(folder)
        found = _load(path, digest) if usable else None
    except OSError:
        usable, found = False, None
    if found is not None:
        return found
    program = compile_rules(texts, placeholders)
    if usable:
        with suppress(OSError, TypeError, ValueError):  # a disk that is full; text that JSON cannot hold
            _store(path, program)
    return program


def _prepare(folder: Path) -> bool:
    """Whether the folder is the user's own, and nobody else's; it is made where it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        return False
    if status.st_mode & 0o077:
        folder.chmod(0o700)
        return not status.st_mode & 0o022  # others could have written into it until now
    return True


def _load(path: Path, digest: str) -> Program | None:
    """A program, or None where there is no whole one of the user's own."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o022:
            return None
        data = file.read(LARGEST)
    with suppress(OSError):
        os.utime(path)
    try:
        return unpacked(data, digest)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def _store(path: Path, program: Program) -> None:
    """Whole or not at all; older programs go."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(packed(program))
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    held = sorted(path.parent.glob("*.rules"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in held[KEPT:]:
        old.unlink(missing_ok=True)


def packed(program: Program) -> bytes:
    """A program as bytes."""
    import orjson
    import zstandard

    document = {
        "digest": program.digest,
        "atoms": [[atom.field, atom.op, _value_out(atom), atom.cased] for atom in program.atoms.rows],
        "rules": [_rule_out(rule) for rule in program.rules],
        "filters": [
            [
                one.identifier,
                one.title,
                one.path,
                [[rule, _source_out(source), tree] for rule, source, tree in one.drops],
            ]
            for one in program.filters
        ],
        "faults": [[fault.path, fault.line, fault.problem] for fault in program.faults],
        "correlations": program.correlations,
        "databases": [[name, b64encode(data).decode()] for name, data in program.databases.items()],
    }
    body = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(orjson.dumps(document))
    return MAGIC + blake2b(body, digest_size=32).digest() + body


def unpacked(data: bytes, digest: str) -> Program | None:
    """The program in these bytes; None where they are not whole or of another one."""
    import orjson
    import zstandard

    head = len(MAGIC) + 32
    body = data[head:]
    if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : head] != blake2b(body, digest_size=32).digest():
        return None
    try:
        document = orjson.loads(zstandard.ZstdDecompressor().decompress(body, max_output_size=LARGEST))
    except zstandard.ZstdError:
        return None
    if document["digest"] != digest:
        return None
    program = Program(digest=digest, correlations=document["correlations"])
    for name, op, value, cased in document["atoms"]:
        program.atoms.number(Atom(name, op, _value_in(op, value), cased))
    if len(program.atoms) != len(document["atoms"]):
        return None
    program.rules = [_rule_in(row) for row in document["rules"]]
    program.filters = [
        Filter(name, title, path, [(rule, LogSource(*of), _tree_in(tree)) for rule, of, tree in drops])
        for name, title, path, drops in document["filters"]
    ]
    program.faults = [Fault(*row) for row in document["faults"]]
    program.databases = {name: b64decode(text) for name, text in document["databases"]}
    return program


def _value_out(atom: Atom) -> Any:
    return str(atom.value) if atom.op == "cidr" else atom.value


def _value_in(op: str, value: Any) -> Any:
    if op == "cidr":
        return ip_network(value)
    return tuple(value) if isinstance(value, list) else value


def _rule_out(rule: Rule) -> list[Any]:
    row = [getattr(rule, name) for name in _RULE]
    row[_RULE.index("source")] = _source_out(rule.source)
    row[_RULE.index("trees")] = [[_source_out(source), tree] for source, tree in rule.trees]
    return row


def _rule_in(row: list[Any]) -> Rule:
    held: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) and name != "trees" else value
        for name, value in zip(_RULE, row, strict=True)
    }
    held["source"] = LogSource(*held["source"])
    held["trees"] = [(LogSource(*source), _tree_in(tree)) for source, tree in held["trees"]]
    return Rule(**held)


def _source_out(source: LogSource) -> list[str | None]:
    return [source.product, source.category, source.service]


def _tree_in(tree: Any) -> Tree:
    if not isinstance(tree, list):
        return tree
    name, inner = tree
    return (name, inner) if name == "not" else (name, tuple(map(_tree_in, inner)))
