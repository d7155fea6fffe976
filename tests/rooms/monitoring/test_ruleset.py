"""The program in force: what it is made of, when it is made anew, and the states that the engine tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from accord.core import accounts, jobs, ledger
from accord.core.models import Job, User
from accord.core.roles import Role
from accord.engines.sigma import Engine, LogSource
from accord.engines.sigma.correlation import Correlator
from accord.monitoring.hits import Hit
from accord.monitoring.models import Rule, RuleDay, RuleProgram, RuleVersion
from accord.monitoring.services import ruleset

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SOURCE = LogSource("linux", None, "sshd")
BASE = """title: {title}
id: {id}
name: {name}
logsource: {{product: linux, service: sshd}}
detection:
  one:
    {field}: {value}
  condition: one
level: medium
"""
ABOVE = """title: Many refusals
id: 00000000-0000-4000-8000-00000000000a
name: many
correlation:
  type: event_count
  rules: [refused]
  group-by: [user]
  timespan: 5m
  condition: {gte: 3}
level: high
"""


@pytest.fixture
def analyst(db: None, settings: Any, tmp_path: Path) -> User:
    settings.HOME = tmp_path
    return accounts.add_account(None, "rules@analyst.example", "Ana", [(Role.ANALYST, "")])


def rule(text: str, enabled: bool = True, **fields: Any) -> Rule:
    """A rule with one version, as an import leaves it."""
    made = Rule.objects.create(
        identifier=text.split("id: ")[1].split("\n")[0], title=text.split("\n")[0][7:], level="medium",
        name=text.split("name: ")[1].split("\n")[0], collection="own", enabled=enabled,
        is_correlation="correlation:" in text, **fields,
    )  # fmt: skip
    made.version = RuleVersion.objects.create(rule=made, number=1, text=text, digest="x")
    made.save()
    return made


def base(name: str, field: str = "action", value: str = "refused", enabled: bool = True) -> Rule:
    number = Rule.objects.count()
    text = BASE.format(
        title=f"Rule {name}", id=f"00000000-0000-4000-8000-{number:012}", name=name, field=field, value=value
    )
    return rule(text, enabled)


def test_only_enabled_rules_are_in_force_and_each_number_knows_its_version(analyst: User) -> None:
    on, off = base("refused"), base("accepted", value="accepted", enabled=False)
    held = ruleset.current()
    assert list(held.rules.values()) == [(on.pk, on.version_id)]
    assert off.pk not in {one for one, _ in held.rules.values()}
    engine = Engine(held.program, held.run)
    assert engine.match({"action": "refused"}, SOURCE) == (0,)
    assert not engine.match({"action": "accepted"}, SOURCE)


def test_a_rule_that_a_correlation_names_runs_quietly_where_it_is_not_enabled(analyst: User) -> None:
    below, above = base("refused", enabled=False), rule(ABOVE)
    held = ruleset.current()
    assert held.rules == {0: (below.pk, below.version_id)}
    assert held.correlations == {0: (above.pk, above.version_id)}
    assert held.quiet == {0}
    correlator = Correlator(held.program)
    fired = [correlator.add((0,), {"user": "ada"}, 100.0 + second) for second in range(3)]
    assert [len(one) for one in fired] == [0, 0, 1]
    Rule.objects.filter(pk=below.pk).update(enabled=True)
    assert ruleset.current().quiet == frozenset()


def test_the_old_program_runs_until_the_new_one_is_compiled(analyst: User, django_assert_num_queries: Any) -> None:
    first = base("refused")
    ruleset.compile_now()
    with django_assert_num_queries(1):
        before = ruleset.digest()
    assert ruleset.current().digest == before
    second = base("accepted", value="accepted")
    with ledger.write(analyst):
        ruleset.renew(analyst)
        ruleset.renew(analyst)
    assert Job.objects.filter(kind=ruleset.COMPILE).count() == 1  # one that waits does for both
    assert ruleset.digest() == before
    assert [one for one, _ in ruleset.current().rules.values()] == [first.pk]
    job = jobs.run_now(analyst, ruleset.COMPILE)
    assert job.state == Job.State.DONE, job.error
    assert job.result is not None
    assert job.result["rules"] == 2
    assert ruleset.digest() != before
    assert [one for one, _ in ruleset.current().rules.values()] == [first.pk, second.pk]


def test_alerting_or_only_counting_makes_another_program(analyst: User) -> None:
    below = base("refused", enabled=False)
    rule(ABOVE)
    ruleset.compile_now()
    before = ruleset.digest()
    Rule.objects.filter(pk=below.pk).update(enabled=True)
    ruleset.compile_now()
    assert ruleset.digest() != before


def test_a_slower_compilation_does_not_undo_a_newer_one(analyst: User, monkeypatch: pytest.MonkeyPatch) -> None:
    base("refused")
    real = ruleset._compiled

    def slow(texts: Any, given: Any) -> Any:
        monkeypatch.setattr(ruleset, "_compiled", real)
        base("accepted", value="accepted")
        RuleProgram.objects.update(changes=5)
        ruleset.compile_now()  # another worker is done first
        return real(texts, given)

    monkeypatch.setattr(ruleset, "_compiled", slow)
    ruleset.compile_now()
    assert len(ruleset.current().rules) == 2


def test_compiling_tells_which_rules_cannot_be_run_and_what_the_others_ask(analyst: User) -> None:
    good, bad = base("refused"), base("hostile", field="path|re", value="(a+)\\1")
    assert ruleset.compile_now()["refused"] == 1
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.needs) == (Rule.State.UNKNOWN, ["action"])
    assert bad.state == Rule.State.UNSUPPORTED
    assert "is refused" in bad.reason
    engine = Engine((held := ruleset.current()).program, held.run)
    assert engine.match({"action": "refused"}, SOURCE) == (0,)


def test_states_follow_the_engine_and_outlive_its_restart(analyst: User) -> None:
    one, other = base("refused"), base("silent", field="nowhere")
    ruleset.compile_now()
    held = ruleset.current()
    engine = Engine(held.program, held.run)
    ruleset.note_states(engine.states(), [], NOW)
    one.refresh_from_db()
    assert (one.state, one.reason) == (Rule.State.NO_SOURCE, "No event of linux/*/sshd has come.")
    engine.match({"action": "x"}, SOURCE)
    assert ruleset.note_states(engine.states(), [], NOW) == 2
    assert ruleset.note_states(engine.states(), [], NOW) == 0
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, one.last_ok, one.state_since) == (Rule.State.OK, NOW, NOW)
    assert (other.state, other.reason) == (Rule.State.MISSING_FIELD, "Never seen: nowhere.")
    again = Engine(held.program, held.run)
    ruleset.note_states(again.states(), [], NOW + timedelta(days=7))
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == (Rule.State.OK, Rule.State.MISSING_FIELD)
    ruleset.note_states(again.states(), [], NOW + timedelta(days=7, seconds=1))
    one.refresh_from_db()
    assert (one.state, one.last_ok) == (Rule.State.NO_SOURCE, NOW)


@pytest.mark.parametrize(("kind", "state"), [("event_count", Rule.State.OK), ("temporal", Rule.State.NO_SOURCE)])
def test_a_correlation_is_as_well_off_as_what_it_needs(analyst: User, kind: str, state: str) -> None:
    base("refused")
    text = BASE.format(
        title="On another", id="00000000-0000-4000-8000-00000000000b", name="elsewhere", field="action", value="x"
    )
    rule(text.replace("sshd", "cron"))
    condition = "\n  condition: {gte: 3}" if kind == "event_count" else ""
    text = ABOVE.replace("event_count", kind).replace("[refused]", "[refused, elsewhere]")
    above = rule(text.replace("\n  condition: {gte: 3}", condition))
    held = ruleset.current()
    engine = Engine(held.program, held.run)
    engine.match({"action": "x"}, SOURCE)
    ruleset.note_states(engine.states(), Correlator(held.program).correlations, NOW)
    above.refresh_from_db()
    assert above.state == state
    assert above.reason == ("" if state == Rule.State.OK else "On another: no source.")


def test_hits_are_counted_by_day_of_receipt(analyst: User) -> None:
    one = base("refused")

    def hit(time: datetime, received: datetime) -> Hit:
        return Hit(one.pk, one.version_id or 0, "key", None, time, received)

    ruleset.note_fired([hit(NOW, NOW), hit(NOW - timedelta(days=9), NOW)])
    ruleset.note_fired([hit(NOW - timedelta(hours=1), NOW), hit(NOW, NOW + timedelta(days=1))])
    ruleset.note_fired([])
    assert list(RuleDay.objects.order_by("day").values_list("hits", flat=True)) == [3, 1]
    one.refresh_from_db()
    assert one.last_fired == NOW
