"""What ZAP says of one alert, in XML and JSON alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from accord.intake.places import plain, site
from accord.intake.records import Analysis, Observation, Severity, Target
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

RISK: dict[str, Severity] = {"0": "info", "1": "low", "2": "medium", "3": "high"}


def alert(
    words: Mapping[str, object], instances: Iterable[Mapping[str, object]], target: Target, port: int | None
) -> Iterator[Found]:
    """One observation per place of an alert; one without a place where the alert lists none.

    ZAP's alertRef tells the alerts of one rule apart; reports before version 2.11 do so by the alert's name alone.
    """
    rule = clean.line(words.get("pluginid"), 40)
    if rule is None:
        raise Unreadable("pluginid", "An alert has no number.")
    name = clean.line(words.get("alert") or words.get("name"), 500)
    reference = clean.line(words.get("alertRef"), 40)
    definition = f"zap:{reference}" if reference else f"zap:{rule}/{name}" if name else f"zap:{rule}"
    level = RISK.get(clean.line(words.get("riskcode"), 5) or "")
    analysis: Analysis | None = "false_positive" if clean.line(words.get("confidence"), 5) == "0" else None
    some = False
    for place in (*instances, {}):
        if not place and some:
            break
        some = True
        where = site(place.get("uri")) if place.get("uri") else None
        method, parameter = clean.line(place.get("method"), 20), clean.line(place.get("param"), 200)
        parts = (place.get("attack"), place.get("evidence"), place.get("otherinfo"))
        yield Observation(
            target=target.identity,
            definition_id=definition,
            title=name or f"ZAP alert {rule}",
            kind="vulnerability",
            check=f"zap:{rule}",
            description=plain(words.get("desc")),
            solution=plain(words.get("solution")),
            severity=level,
            cwes=clean.cwes(clean.whole(words.get("cweid"), 1, 99_999)),
            port=port,
            path=where[2] if where else None,
            anchor=" ".join(one for one in (method, parameter) if one) or None,
            evidence=clean.text(
                "\n".join(
                    one for one in (clean.line(place.get("uri"), 2000), *(clean.text(p, 5000) for p in parts)) if one
                ),
                20_000,
            ),
            references=clean.urls(plain(words.get("reference")) or "", 100),
            analysis=analysis,
        )


def target_of(name: object, host: object, port: object) -> tuple[Target, int | None]:
    """The site of a report."""
    found = site(name) or site(host)
    if found is None:
        raise Unreadable("name", "A site has no usable address.")
    return found[0], clean.port(port) or found[1]
