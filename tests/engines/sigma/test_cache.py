"""Compiled rules on disk: the same program comes back; what is damaged, foreign or open to others does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from accord.engines.sigma import Engine, Program, cache, compile_rules

TEXTS = [
    (
        "rule.yml",
        "title: T\nid: 5013332f-8a70-4e04-bcc1-06a98a2cca2e\nlevel: high\ntags: [attack.t1059.001]\n"
        "logsource: {product: p}\ndetection:\n"
        "  s: {A|re: 'x+y', B|cidr: 10.0.0.0/8, C: 'a*b?c', D|cased: Q, E|gt: 4, F: null, G|fieldref: H}\n"
        "  t: {A: '*'}\n  condition: s and not t or 1 of s\n",
    ),
    ("correlation.yml", "title: C\ndate: 2026-01-02\ncorrelation: {type: event_count, rules: [a], timespan: 1m}\n"),
    ("broken.yml", "title: ["),
]


def same(one: Program, other: Program) -> bool:
    return (
        one.rules == other.rules
        and one.atoms.rows == other.atoms.rows
        and [type(atom.value) for atom in one.atoms.rows] == [type(atom.value) for atom in other.atoms.rows]
        and (one.faults, one.correlations, one.databases, one.digest)
        == (other.faults, other.correlations, other.databases, other.digest)
    )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often rules were compiled."""
    calls: list[int] = []

    def compiling(*given: object) -> Program:
        calls.append(1)
        return compile_rules(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "compile_rules", compiling)
    return calls


def test_the_same_program_comes_back(tmp_path: Path, counted: list[int]) -> None:
    folder = tmp_path / "rules"
    first = cache.load_or_compile(TEXTS, folder)
    second = cache.load_or_compile(TEXTS, folder)
    assert len(counted) == 1 and same(first, second)
    event = {"A": "xxy", "B": "10.0.0.1", "C": "aab.c", "D": "Q", "E": 5, "G": "1", "H": 1}
    assert Engine(second).match(event) == Engine(first).match(event) == (0,)
    assert folder.stat().st_mode & 0o777 == 0o700
    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o077 == 0


def test_other_rules_versions_and_placeholders_are_another_program(
    tmp_path: Path, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.load_or_compile(TEXTS, tmp_path / "rules")
    cache.load_or_compile(TEXTS[:1], tmp_path / "rules")
    cache.load_or_compile(TEXTS, tmp_path / "rules", {"x": ["y"]})
    monkeypatch.setattr("accord.engines.sigma.rules.VERSION", 0)
    cache.load_or_compile(TEXTS, tmp_path / "rules")
    assert len(counted) == 4


@pytest.mark.parametrize("damage", ["cut", "empty", "bit", "foreign", "name"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, counted: list[int], damage: str) -> None:
    folder = tmp_path / "rules"
    first = cache.load_or_compile(TEXTS, folder)
    [file] = folder.iterdir()
    data = bytearray(file.read_bytes())
    if damage == "bit":
        data[-5] ^= 1
    elif damage == "name":
        data = bytearray(cache.packed(compile_rules(TEXTS[:1])))
    file.write_bytes({"cut": data[:-100], "empty": b"", "foreign": b"\x80\x04cos\nsystem\n."}.get(damage, bytes(data)))
    assert same(cache.load_or_compile(TEXTS, folder), first)
    assert len(counted) == 2
    assert same(cache.load_or_compile(TEXTS, folder), first)
    assert len(counted) == 2


def test_what_others_could_have_written_is_not_read(tmp_path: Path, counted: list[int]) -> None:
    folder = tmp_path / "rules"
    cache.load_or_compile(TEXTS, folder)
    folder.chmod(0o777)
    cache.load_or_compile(TEXTS, folder)
    assert len(counted) == 2 and folder.stat().st_mode & 0o777 == 0o700
    [file] = folder.iterdir()
    cache.load_or_compile(TEXTS, folder)
    assert len(counted) == 2
    file.chmod(0o622)
    cache.load_or_compile(TEXTS, folder)
    assert len(counted) == 3
    elsewhere = tmp_path / "elsewhere"
    [file] = folder.iterdir()
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    cache.load_or_compile(TEXTS, folder)
    assert len(counted) == 4


def test_a_folder_that_cannot_be_used_is_only_slower(tmp_path: Path, counted: list[int]) -> None:
    (tmp_path / "file").write_text("x")
    assert cache.load_or_compile(TEXTS, tmp_path / "file").rules
    (tmp_path / "link").symlink_to(tmp_path)
    assert cache.load_or_compile(TEXTS, tmp_path / "link").rules
    assert len(counted) == 2


def test_old_programs_go(tmp_path: Path) -> None:
    for number in range(cache.KEPT + 3):
        cache.load_or_compile([(f"{number}", TEXTS[0][1])], tmp_path / "rules")
    assert len(list((tmp_path / "rules").iterdir())) == cache.KEPT
