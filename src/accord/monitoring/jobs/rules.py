"""Long work on rules, run by a worker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accord.core import rounds
from accord.core.jobs import Context, kind


@kind("monitoring.compile_rules", "Compile the rules in force")
def compile_rules(context: Context) -> dict[str, Any]:
    """Compile what is enabled; the program that ran so far runs until this one is whole."""
    from accord.monitoring.services import placeholders
    from accord.monitoring.services.ruleset import compile_now

    told = compile_now()
    placeholders.look_again()
    return told


def _gathered(file: str) -> Any:
    from accord.core import files
    from accord.core.models import StoredFile
    from accord.monitoring.services.rules.reading import of_archive

    stored = StoredFile.objects.get(pk=file)
    with files.open_file(stored) as stream:
        return of_archive(stream, stored.name)  # type: ignore[arg-type]


@kind("monitoring.preview_rules", "Compare a collection of rules")
def preview_rules(context: Context, file: str, collection: str) -> dict[str, Any]:
    """What importing an archive that was handed in would do."""
    from accord.monitoring.services.rules import plan, preview

    gathered = _gathered(file)
    shown = preview(plan(gathered, collection))
    return {**shown, "cases": len(gathered.cases), "documents": len(gathered.documents), "notes": gathered.notes}


@kind("monitoring.import_rules", "Import a collection of rules")
def import_rules(context: Context, file: str, collection: str, place: str, retire: bool = False) -> dict[str, Any]:
    """Import an archive that was handed in."""
    from accord.monitoring.models import RuleCollection
    from accord.monitoring.services.rules import Wish, apply

    wish = Wish(collection, RuleCollection.Kind.ARCHIVE, place, retire)
    return apply(context.actor, _gathered(file), wish, context.progress)


@kind("monitoring.import_pack", "Take in the rules that come with Accord")
def import_pack(context: Context) -> dict[str, Any]:
    """The rules of Accord itself."""
    from accord.monitoring.services.rules import take_pack

    return take_pack(context.actor)


@kind("monitoring.test_rules", "Run the tests of all rules")
def test_rules(context: Context) -> dict[str, int]:
    """Every test of every rule, on the versions in force."""
    from accord.monitoring.services.rules.tests import run_all

    return run_all(context.progress)


@rounds.every("monitoring.scorecards", timedelta(hours=1))
def refresh_scorecards() -> None:
    """Count anew what each rule gave and cost."""
    from accord.monitoring.services.scorecards import refresh

    refresh()


@rounds.every("monitoring.test_rules", timedelta(days=1))
def test_every_rule() -> None:
    """Run every test, so that a rule that no longer does what it should is seen the next morning."""
    from accord.monitoring.services.rules.tests import run_all

    run_all()
