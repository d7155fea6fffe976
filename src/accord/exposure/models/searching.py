"""The words by which weaknesses and components are found, each once, as the full-text index of the database holds them.

On SQLite an FTS5 table beside each model here is kept in step by triggers, on PostgreSQL a GIN index over the words
(`services.searching` makes both). A migration that alters one of these tables makes them again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Lookup

WORD = re.compile(r"[^\W_]+")
COMMON = frozenset({"a", "an", "and", "are", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"})
LONGEST, MOST, ASKED = 60, 2000, 12
EXACT = 2
"""Words of at most so many letters are looked for as they are, longer ones as beginnings."""


def words_of(texts: Iterable[str]) -> list[str]:
    """The words of texts, each once: lower-case, without accents, cut at whatever is no letter or digit."""
    found: dict[str, None] = {}
    for text in texts:
        plain = text.lower()
        if not plain.isascii():
            parts = unicodedata.normalize("NFKD", plain).lower()
            plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
        for word in WORD.findall(plain):
            if word not in COMMON:
                found[word[:LONGEST]] = None
        if len(found) >= MOST:
            break
    return list(found)[:MOST]


class WordsField(models.TextField):  # type: ignore[type-arg]
    """Words with a blank between two of them; `__matching` asks for rows that hold a word for each word asked for."""


@WordsField.register_lookup
class Matching(Lookup[Any]):
    """Rows with all words of a text, each as the beginning of a word; the full-text index answers."""

    lookup_name = "matching"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column: Any = self.lhs
        model = column.target.model
        quote = connection.ops.quote_name
        index = quote(f"{model._meta.db_table}_fts")
        key = f"{quote(column.alias)}.{quote(model._meta.pk.column)}"
        asked = " ".join(f'"{word}"' + ("*" if len(word) > EXACT else "") for word in _asked(self.rhs))
        return f"{key} IN (SELECT rowid FROM {index} WHERE {index} MATCH %s)", [asked or '""']

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        words, parameters = self.process_lhs(compiler, connection)
        asked = " & ".join(f"'{word}'" + (":*" if len(word) > EXACT else "") for word in _asked(self.rhs))
        return f"array_to_tsvector(string_to_array({words}, ' ')) @@ %s::tsquery", [*parameters, asked]


def _asked(text: Any) -> list[str]:
    return words_of([str(text)])[:ASKED]


class DefinitionWords(models.Model):
    """The words of a weakness: of its identifier, aliases, title and description."""

    definition = models.OneToOneField(
        "exposure.Definition", on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    words = WordsField()

    class Meta:
        verbose_name_plural = "definition words"

    def __str__(self) -> str:
        return f"words of {self.definition_id}"


class ComponentWords(models.Model):
    """The words of the name of a component that a finding was seen in."""

    name = models.CharField(max_length=300, unique=True)
    words = WordsField()

    class Meta:
        verbose_name_plural = "component words"

    def __str__(self) -> str:
        return self.name
