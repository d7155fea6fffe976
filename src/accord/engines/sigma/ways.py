"""How generic Windows log sources are recorded, and the pipelines of pySigma that say so.

A pipeline has a hundred steps of which a rule's log source lets three or four through, so that each log source gets its
own short pipeline: the steps that hold for a rule without content of that log source. Only steps that ask nothing but
the log source, or which steps came before, are decided in this way; any other stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sigma.processing.pipeline import ProcessingPipeline

NAMES = ("sysmon", "audit")
"""By Sysmon's driver; by Windows' own audit log."""


def whole(name: str) -> ProcessingPipeline:
    """The pipeline of one way of recording, for any rule."""
    from sigma.pipelines.sysmon import sysmon_pipeline  # type: ignore[attr-defined]
    from sigma.pipelines.windows import (  # type: ignore[attr-defined]
        windows_audit_pipeline,
        windows_logsource_pipeline,
    )

    first = sysmon_pipeline() if name == "sysmon" else windows_audit_pipeline()
    return first + windows_logsource_pipeline()


class Ways:
    """The pipelines for rules of each log source, made when the first such rule comes."""

    def __init__(self) -> None:
        self._made: dict[tuple[str | None, ...], list[ProcessingPipeline]] = {}

    def of(self, product: str | None, category: str | None, service: str | None) -> list[ProcessingPipeline]:
        """One pipeline for each way in which this log source is recorded; those that do the same are one."""
        key = (product, category, service)
        found = self._made.get(key)
        if found is None:
            steps: dict[tuple[str | None, ...], ProcessingPipeline] = {}
            for name in NAMES:
                short = _short(whole(name), key)
                steps.setdefault(tuple(item.identifier for item in short.items), short)
            found = self._made[key] = list(steps.values())
        return found


def _short(pipeline: ProcessingPipeline, source: tuple[str | None, ...]) -> ProcessingPipeline:
    from sigma.processing.conditions import LogsourceCondition, RuleProcessingItemAppliedCondition

    decided = (LogsourceCondition, RuleProcessingItemAppliedCondition)
    probe = _probe(source)
    kept: list[Any] = []
    for item in pipeline.items:
        conditions = item.rule_conditions
        if not isinstance(conditions, list) or not all(isinstance(one, decided) for one in conditions):
            return pipeline
        if item.match_rule_conditions(probe):
            item.apply(probe)
            kept.append(item)
    pipeline.items = kept
    return pipeline


def _probe(source: tuple[str | None, ...]) -> Any:
    from sigma.rule import SigmaRule

    named = zip(("product", "category", "service"), source, strict=True)
    return SigmaRule.from_dict(
        {
            "title": "Probe",
            "logsource": {name: value for name, value in named if value},
            "detection": {"probe": {"AccordProbe": "x"}, "condition": "probe"},
        }
    )
