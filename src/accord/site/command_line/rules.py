"""`accord rules`: collections of detection rules in, their states, and their tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from accord.site.command_line.base import BROKEN, JSON_OPTION, answer, app, django_setup, fail, progress, refusals

if TYPE_CHECKING:
    from accord.monitoring.services.rules.plan import Plan
    from accord.monitoring.services.rules.reading import Gathered

rules_app = typer.Typer(help="Detection rules (Sigma): import, states, tests.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
SHOWN = 50


@rules_app.command(name="import")
def import_rules(
    path: Path | None = typer.Argument(None, help="Folder, git checkout, ZIP or TAR; without: the rules of Accord."),
    collection: str = typer.Option("", help="Name of the collection; without: that of the folder or file."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only say what would be added, changed, gone and refused."),
    retire: bool = typer.Option(False, "--retire", help="Switch off rules that the collection no longer has."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Take a collection of Sigma rules in, and compile what is enabled. The same one again changes nothing.

    What was changed here is never overwritten: the new text waits. So does one that fails the rule's tests.
    """
    django_setup()
    from accord.core import accounts
    from accord.monitoring.models import RuleCollection
    from accord.monitoring.services import rules, ruleset

    actor = accounts.operator()
    with refusals(as_json), progress("Rules", as_json) as tell:
        tell(0, None, "")
        gathered, wish = _gathered(path, collection, retire)
        if wish.kind != RuleCollection.Kind.PACK:
            wish.checked()
        if dry_run:
            found = rules.plan(gathered, wish.collection)
            answer(rules.preview(found), _told(found, gathered), as_json)
            return
        report = rules.apply(actor, gathered, wish, tell)
        compiled = ruleset.compile_now()
    data = {"collection": wish.collection, **report, "compiled": compiled}
    answer(data, _done(wish.collection, report, compiled), as_json)


def _gathered(path: Path | None, collection: str, retire: bool) -> tuple[Gathered, Any]:
    from accord.engines.sigma.pack import pack_texts
    from accord.monitoring.models import RuleCollection
    from accord.monitoring.services.rules import reading as rule_reading
    from accord.monitoring.services.rules.importing import PACK, Wish

    if path is None:
        return rule_reading.of_texts(pack_texts()), Wish(PACK, RuleCollection.Kind.PACK, "Accord", retire)
    if not path.exists():
        fail(f"{path}: there is no such file or folder.")
    if path.is_dir():
        wish = Wish(collection or path.resolve().name, RuleCollection.Kind.FOLDER, str(path.resolve()), retire)
        return rule_reading.of_folder(path), wish
    wish = Wish(collection or path.name.partition(".")[0], RuleCollection.Kind.ARCHIVE, path.name, retire)
    return rule_reading.of_archive(path, path.name), wish


def _told(found: Plan, gathered: Gathered) -> list[str]:
    lines = [_counts({**found.counts(), "cases": len(gathered.cases)}) + " Nothing was written."]
    lines += [f"refused   {fault}" for fault in found.refused[:SHOWN]]
    cannot = [(d, found.compiled[id(d)].problem) for d in found.added if found.compiled[id(d)].problem]
    lines += [f"cannot run  {document.path}: {problem}" for document, problem in cannot[:SHOWN]]
    for rule, document in found.changed[:SHOWN]:
        why = found.waiting.get(rule.pk)
        lines.append(f"changed   {document.path}: {rule.title}" + (f" (will wait: {why[1]})" if why else ""))
    lines += [f"gone      {rule.path}: {rule.title}" for rule in found.vanished[:SHOWN]]
    return lines


def _counts(counts: dict[str, int]) -> str:
    names = ("added", "changed", "unchanged", "offered", "vanished", "refused", "unsupported", "cases")
    words = {"offered": "waiting for you", "vanished": "gone", "unsupported": "cannot be run", "cases": "tests"}
    told = [f"{counts[name]:,} {words.get(name, name)}" for name in names if counts.get(name)]
    return (", ".join(told) or "Nothing") + "."


def _done(collection: str, report: dict[str, Any], compiled: dict[str, Any]) -> list[str]:
    lines = [f"{collection}: {_counts(report)}"]
    if report["tests_passed"] or report["tests_failed"]:
        lines.append(f"Tests: {report['tests_passed']:,} passed, {report['tests_failed']:,} failed.")
    total = compiled["rules"] + compiled["correlations"]
    lines.append(f"In force: {total:,} rules, compiled in {compiled['seconds']:.1f} s.")
    return [*lines, *report["notes"]]


@rules_app.command()
def states(
    every: bool = typer.Option(False, "--all", help="List every rule that is not OK, with its reason."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Say how many enabled rules are in which state, and why the others are silent."""
    django_setup()
    from accord.monitoring.models import Rule, RuleFault
    from accord.monitoring.selectors import rules as selectors

    counts = selectors.by_state()
    silent = Rule.objects.filter(enabled=True).exclude(state=Rule.State.OK).order_by("state", "title")
    faults = RuleFault.objects.select_related("collection").order_by("collection__name", "path")
    data: dict[str, Any] = {
        "states": {one.state: one.enabled for one in counts},
        "disabled": sum(one.disabled for one in counts),
        "rules": list(silent.values("identifier", "title", "path", "state", "reason")) if every else [],
        "faults": [
            {"collection": str(one.collection), "path": one.path, "line": one.line, "problem": one.problem}
            for one in faults
        ],
    }
    lines = [f"{one.enabled:>7,} {one.label}" for one in counts]
    lines.append(f"{data['disabled']:>7,} not enabled")
    lines += [f"{one['path']}: {one['title']}: {one['state']}: {one['reason']}" for one in data["rules"]]
    for fault in data["faults"]:
        line = f", line {fault['line']}" if fault["line"] else ""
        lines.append(f"{fault['collection']}: {fault['path']}{line}: {fault['problem']}")
    answer(data, lines, as_json)


@rules_app.command()
def test(as_json: bool = JSON_OPTION) -> None:
    """Run the tests of all rules. Exit code 3 where one fails."""
    django_setup()
    from accord.monitoring.models import RuleTest
    from accord.monitoring.services.rules.tests import run_all

    with refusals(as_json), progress("Tests", as_json) as tell:
        found = run_all(tell)
    failed = list(
        RuleTest.objects.filter(outcome=RuleTest.Outcome.FAILED)
        .order_by("rule__title", "pk")
        .values("rule__title", "name", "told")
    )
    lines = [f"{found['passed']:,} passed, {found['failed']:,} failed."]
    lines += [f"{one['rule__title']}, {one['name']}: {one['told']}" for one in failed[:SHOWN]]
    answer({**found, "tests": failed}, lines, as_json)
    if failed:
        raise typer.Exit(BROKEN)
