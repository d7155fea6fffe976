"""Notes on the definitions what the feeds say, and tells of what entered or left the catalogue of exploited ones."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accord.core import events, ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.exposure.models import Definition, DefinitionAlias
from accord.exposure.services import bulk, notices
from accord.exposure.services.definitions import FeedFacts, Feeds, take_facts
from accord.exposure.services.feeds.sources import Tell

FIELDS = (
    "known_exploited", "epss", "epss_percentile", "pending", "possible", "exploitation", "automatable", "total_impact",
    "points_of", "exploited_since", "cvss_vectors",
)  # fmt: skip
DEFINITIONS = 1000


def note_on_definitions(actor: User | None, tell: Tell) -> int:
    """Compare each definition with the feeds and note what differs; returns how many did."""
    differed, done, breath = 0, 0, Breath()
    everything = Definition.objects.order_by("pk").values_list("pk", flat=True)
    for part in bulk.chunks(list(everything), DEFINITIONS):
        differed += _note_some(actor, part, timezone.now())
        done += len(part)
        tell(done, None, "Noting it on what was found")
        breath()
    return differed


def _note_some(actor: User | None, part: list[int], now: datetime) -> int:
    with bulk.wide_statements(), ledger.write(actor) as log:
        names: dict[int, list[str]] = {pk: [] for pk in part}
        for pk, value in DefinitionAlias.objects.filter(definition_id__in=part).values_list("definition_id", "value"):
            names[pk].append(value)
        feeds = Feeds.of(name for values in names.values() for name in values)
        changed, entered, left = [], [], []
        for definition in Definition.objects.filter(pk__in=part):
            was = definition.known_exploited
            if not take_facts(definition, feeds.facts(names[definition.pk]), now):
                continue
            changed.append(definition)
            if was is definition.known_exploited:
                continue
            if was is False and definition.known_exploited:
                entered.append(definition)
            elif was and definition.known_exploited is False:
                left.append(definition)
            log.add(
                "change", "definition", definition.identifier, {"known_exploited": was},
                {"known_exploited": definition.known_exploited},
            )  # fmt: skip
        bulk.overwrite(Definition, changed, FIELDS)
        for definition in entered:
            events.exploited.send(definition=definition, actor=actor)
        notices.tell_left(left, now)
    return len(changed)


__all__ = ["FeedFacts", "note_on_definitions"]
