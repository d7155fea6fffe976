"""Acts on many alerts: done by a worker in parts, stopped, broken off, gone on with, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from accord_alerts import hit, person, rule
from django.test import Client
from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, LedgerEntry, User
from accord.core.roles import Role
from accord.monitoring.lists.alerts import picking, under
from accord.monitoring.models import Alert, AlertAct, AlertActRow, AlertNote, EntityRisk, EntityRule
from accord.monitoring.services import acts, triage
from accord.monitoring.services.acts import Wish
from accord.monitoring.services.alerts import take

pytestmark = pytest.mark.django_db
NEW = {"state": ["new"]}


@pytest.fixture
def ana(db: None) -> User:
    return person("ana")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triage, "AT_ONCE", 3)
    monkeypatch.setattr(acts, "PART", 3)


def alerts(number: int = 10, name: str = "one", **told: Any) -> list[Alert]:
    of = rule(name)
    return take([hit(of, n, host=f"h{n:02}", user=None, **told) for n in range(number)])


def submit(actor: User, wish: Wish, query: dict[str, list[str]] | None = None) -> AlertAct:
    query = NEW if query is None else query
    return acts.submit(actor, wish, under(actor, query), query)


def work(act: AlertAct) -> Job:
    """What a worker does with it."""
    jobs.run_in_worker.func(str(AlertAct.objects.get(pk=act.pk).job))
    return Job.objects.get(pk=AlertAct.objects.get(pk=act.pk).job)


class Killed(BaseException):
    """What no handler of the job catches: the process is gone."""


def test_all_that_fit_are_changed_and_none_that_came_later(ana: User) -> None:
    held = alerts()
    triage.close(ana, [held[4].pk], "benign")
    act = submit(ana, Wish("close", "false", "A scanner's own traffic"))
    assert act.total == 9
    late = take([hit(rule("late"))])[0]
    job = work(act)
    assert job.state == "done" and job.result["text"] == "9 alerts changed." and job.done == job.total == 9
    act.refresh_from_db()
    assert act.finished is not None and (act.changed, act.passed) == (9, {})
    assert Alert.objects.filter(verdict="false", notes__text="A scanner's own traffic").count() == 9
    late.refresh_from_db()
    assert late.state == "new" and ledger.verify().holds


def test_what_fits_no_longer_when_its_turn_comes_is_not_changed(ana: User) -> None:
    held = alerts(5)
    act = submit(ana, Wish("take"))
    bob = person("bob")
    triage.take(bob, [held[3].pk])
    work(act)
    assert Alert.objects.filter(owner=ana).count() == 4 and Alert.objects.get(pk=held[3].pk).owner == bob


@pytest.mark.parametrize("action", ["take", "close"])
def test_a_kill_at_any_part_leaves_whole_parts_and_it_goes_on_behind_them(
    ana: User, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    alerts()
    act = submit(ana, Wish(action, "false" if action == "close" else "", minutes=10))
    pick, runs = picking(ana), []

    def broken(held: AlertAct) -> Sequence[int]:
        if len(runs) < 2 and held.changed == 3 * (len(runs) + 1):
            runs.append(held.place)
            raise Killed
        return pick(held)

    for _ in range(2):
        with pytest.raises(Killed):
            acts.run(act, broken, acts._silent)
        held = AlertAct.objects.get(pk=act.pk)
        assert held.changed == Alert.objects.exclude(state="new").count() == held.rows.count() == 3 * len(runs)
    done = acts.run(act, broken, acts._silent)
    assert (done.changed, done.rows.count()) == (10, 10) and done.finished is not None
    assert set(Alert.objects.values_list("revision", flat=True)) == {1}, "none was changed twice"
    assert sum(Alert.objects.values_list("minutes", flat=True)) == pytest.approx(10)


def test_a_dead_workers_job_is_taken_up_and_ends(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    alerts()
    act = submit(ana, Wish("take"))
    told: list[int] = []

    def die(self: jobs.Context, done: int, total: int | None = None, message: str = "") -> None:
        told.append(done)
        if len(told) == 2:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(jobs.Context, "progress", die)
        with pytest.raises(Killed):
            work(act)
    assert AlertAct.objects.get(pk=act.pk).changed == 6
    Job.objects.filter(pk=act.job).update(state="running", heartbeat=timezone.now() - 2 * jobs.SILENT)
    assert work(act).state == "done"
    assert Alert.objects.filter(owner=ana, revision=1).count() == 10


def test_stopped_it_keeps_what_was_done_and_only_who_began_it_goes_on(ana: User) -> None:
    alerts()
    act = submit(ana, Wish("close", "benign"))
    with pytest.raises(jobs.Cancelled):
        acts.run(act, picking(ana), _stop_after(6))
    Job.objects.filter(pk=act.job).update(state="cancelled")
    with pytest.raises(Refused, match="Somebody else began it"):
        acts.go_on(person("bob"), act)
    again = acts.go_on(ana, act)
    assert again.job != act.job and work(again).state == "done"
    assert Alert.objects.filter(verdict="benign", revision=1).count() == 10
    with pytest.raises(Refused, match="at work, or done"):
        acts.go_on(ana, act)


def _stop_after(number: int) -> acts.Tell:
    def tell(done: int, total: int | None = None, message: str = "") -> None:
        if done >= number:
            raise jobs.Cancelled

    return tell


def test_undone_each_alert_is_what_it_was(ana: User) -> None:
    held, bob = alerts(7), person("bob")
    triage.take(bob, [held[1].pk])
    before = list(Alert.objects.order_by("pk").values("pk", "state", "verdict", "owner", "acknowledged", "closed"))
    act = submit(ana, Wish("close", "false", "Noise", minutes=7), {"state": ["new", "open"]})
    work(act)
    triage.reopen(bob, [held[5].pk])
    acts.undo(ana, act)
    assert work(act).result == {"undone": 6, "left": 1}
    after = list(Alert.objects.order_by("pk").values("pk", "state", "verdict", "owner", "acknowledged", "closed"))
    assert [one for one in after if one["pk"] != held[5].pk] == [one for one in before if one["pk"] != held[5].pk]
    assert Alert.objects.get(pk=held[5].pk).state == "open", "Bob opened it again since"
    assert AlertNote.objects.count() == 7 and Alert.objects.get(pk=held[0].pk).minutes == 1, "these stay"
    entry = LedgerEntry.objects.filter(key=held[1].key).order_by("-number")[0]
    assert (entry.verb, entry.actor) == ("put_back", ana.email) and ledger.verify().holds
    with pytest.raises(Refused, match="undone already"):
        acts.undo(bob, act)


def risks() -> list[dict[str, Any]]:
    """All that is kept of the risk of entities."""
    return [*EntityRisk.objects.order_by("pk").values(), *EntityRule.objects.order_by("pk").values()]


@pytest.mark.parametrize("verdict", ["true", "false", "benign"])
@pytest.mark.parametrize("several", [False, True])
def test_undone_the_risk_of_entities_is_what_it_was(ana: User, verdict: str, several: bool) -> None:
    rules = [rule(name, level) for name, level in (("one", "high"), ("two", "high"), ("three", "low"))]
    for n, of in enumerate(rules):
        take([hit(of, n, host="h1"), hit(of, n + 1, host="h2", user="bob")])
    assert Alert.objects.filter(kind="risk").count() == 4 and Alert.objects.filter(kind="rule").count() == 6
    first = Alert.objects.get(kind="risk", entity="h1")
    triage.close(ana, [first.pk], "benign")
    take([hit(rules[2], 5, host="h1")])
    names = ("pk", "kind", "state", "verdict", "risk", "score", "score_low", "made_of", "events", "first", "last")
    before, kept = risks(), list(Alert.objects.order_by("pk").values(*names))
    chosen = list(Alert.objects.filter(state="new").values_list("pk", flat=True))
    if several:
        act = submit(ana, Wish("close", verdict))
        work(act)
    else:
        act = acts.do(ana, Wish("close", verdict), chosen[:3])[1]  # type: ignore[assignment]
    assert risks() != before or (verdict != "false" and not several)
    acts.undo(ana, act)
    if several:
        assert work(act).result == {"undone": len(chosen), "left": 0}
    assert risks() == before
    assert list(Alert.objects.order_by("pk").values(*names)) == kept


def test_undone_reopening_takes_the_risk_off_again(ana: User) -> None:
    held = alerts(3)
    acts.do(ana, Wish("close", "false"), [one.pk for one in held])
    before = risks()
    assert {one["value"] for one in before if "value" in one} == {0}
    act = acts.do(ana, Wish("reopen"), [one.pk for one in held])[1]
    assert act is not None and {one["value"] for one in risks() if "value" in one} == {16}
    acts.undo(ana, act)
    after = risks()
    assert [{**one, "at": 0} for one in after] == [{**one, "at": 0} for one in before]


def test_undoing_goes_on_where_it_broke_off(ana: User) -> None:
    alerts()
    act = submit(ana, Wish("take"))
    work(act)
    acts.undo(ana, act)
    with pytest.raises(jobs.Cancelled):
        acts.run_undo(AlertAct.objects.get(pk=act.pk), _stop_after(6))
    assert Alert.objects.filter(state="new", owner=None).count() == 6
    assert work(act).result == {"undone": 10, "left": 0}
    assert set(Alert.objects.values_list("revision", flat=True)) == {2}


def test_folded_alerts_are_folded_again(ana: User) -> None:
    base, above = rule("failed", "low"), rule("many", "medium", members=("failed",))
    take([hit(base, n, event=f"e{n}") for n in range(3)])
    take([hit(above, 2, event="e2", members=("e0", "e1", "e2"), group={"User": "ada"})])
    take([hit(rule("other"))])
    chosen = list(Alert.objects.filter(state="new").values_list("pk", flat=True))
    outcome, act = acts.do(ana, Wish("close", "true"), chosen)
    assert act is not None and len(outcome.changed) == 2 and not Alert.objects.exclude(state="closed").exists()
    acts.undo(ana, act)
    assert sorted(Alert.objects.values_list("rule__name", "state")) == [
        ("failed", "folded"), ("many", "new"), ("other", "new"),
    ]  # fmt: skip


def test_a_few_are_changed_at_once_and_can_be_undone_as_well(ana: User) -> None:
    held = alerts(3)
    outcome, act = acts.do(ana, Wish("take"), [one.pk for one in held])
    assert len(outcome.changed) == 3 and act is not None and act.finished is not None and act.job is None
    assert acts.undo(ana, act).undone == 3
    assert Alert.objects.filter(state="new", owner=None).count() == 3
    assert acts.do(ana, Wish("take"), [held[0].pk])[1] is None, "one alone is reopened or given back"


def test_the_alert_of_which_they_are_duplicates_is_passed_over(ana: User) -> None:
    twin = alerts(6)[2]
    act = submit(ana, Wish("close", "duplicate", duplicate_of=twin.key))
    assert act.total == 5 and work(act).state == "done"
    assert Alert.objects.filter(duplicate_of=twin).count() == 5 and Alert.objects.get(pk=twin.pk).state == "new"


def test_what_cannot_be_is_refused_before_a_worker_begins(ana: User) -> None:
    alerts(4)
    for wish, words in (
        (Wish("close", "maybe"), "no verdict"), (Wish("close", "duplicate"), "not said"),
        (Wish("assign", owner=person("aud", Role.AUDITOR)), "works on no alerts"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            submit(ana, wish)
    with pytest.raises(Refused, match="No alert fits"):
        submit(ana, Wish("take"), {"state": ["closed"]})
    assert not AlertAct.objects.exists()


def test_whose_role_ended_meanwhile_changes_nothing(ana: User) -> None:
    alerts(4)
    act = submit(ana, Wish("take"))
    ana.grants.all().delete()
    job = work(act)
    assert job.state == "failed" and "may no longer" in job.error
    assert Alert.objects.filter(state="new").count() == 4


def test_an_old_act_is_forgotten_and_not_undone(ana: User) -> None:
    alerts(3)
    act = acts.do(ana, Wish("take"), list(Alert.objects.values_list("pk", flat=True)))[1]
    assert act is not None
    AlertAct.objects.update(at=timezone.now() - acts.KEPT - acts.KEPT)
    act.refresh_from_db()
    with pytest.raises(Refused, match="older than 30 days"):
        acts.undo(ana, act)
    assert acts.forget() == 3 and not AlertActRow.objects.exists() and AlertAct.objects.exists()


# --- screens and API


def client(user: User) -> Client:
    made = Client()
    made.force_login(user)
    return made


def test_the_page_asks_shows_how_far_it_is_and_undoes(ana: User) -> None:
    alerts()
    at = client(ana)
    given = {"action": "close:benign", "scope": "all", "query": "state=new&sort=-score", "note": "Planned"}
    asked = at.post("/alerts/judge/", given).content.decode()
    assert "Close as benign true: 10 alerts?" in asked and not AlertAct.objects.exists()
    answer = at.post("/alerts/judge/", {**given, "confirmed": "yes"})
    act = AlertAct.objects.get()
    assert answer.headers["Location"] == act.get_absolute_url() and act.query == {"state": ["new"]}
    shown = at.get(act.get_absolute_url()).content.decode()
    assert "Stop it" in shown and "hx-get" in shown and ">Undo<" not in shown
    assert "Close as benign true: 10 alerts" in shown and "<dt>State</dt><dd>New</dd>" in shown
    part = at.get(act.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and "Waiting for a worker" in part
    at.post(f"{act.get_absolute_url()}stop/")
    shown = at.get(act.get_absolute_url()).content.decode()
    assert "Interrupted" in shown and "Go on" in shown and "10 not looked at" in shown
    at.post(f"{act.get_absolute_url()}go-on/")
    work(act)
    shown = at.get(act.get_absolute_url()).content.decode()
    assert "10 alerts changed." in shown and ">Undo<" in shown
    assert "Close as benign true, 10 alerts" in at.get("/alerts/?state=closed").content.decode()
    at.post(f"{act.get_absolute_url()}undo/")
    work(act)
    shown = at.get(act.get_absolute_url()).content.decode()
    assert "10 put back by Ana" in shown and ">Undo<" not in shown
    assert Alert.objects.filter(state="new", verdict="").count() == 10


def test_the_api_takes_filters_and_undoes(ana: User) -> None:
    alerts()
    at = client(ana)

    def post(path: str, body: dict[str, Any]) -> Any:
        return at.post(f"/api/alerts/{path}", body, content_type="application/json")

    wrong = post("work", {"action": "take", "filters": {"stat": ["new"]}})
    assert wrong.status_code == 422 and "no such parameter" in wrong.content.decode()
    wrong = post("work", {"action": "take", "filters": {"state": ["old"]}})
    assert wrong.status_code == 422 and not AlertAct.objects.exists()
    told = post("work", {"action": "take", "filters": {"state": ["new"]}}).json()
    assert told["alerts"] == 10
    assert at.get(f"/api/alerts/acts/{told['act']}").json()["finished"] is None
    work(AlertAct.objects.get())
    assert at.get(f"/api/alerts/acts/{told['act']}").json()["changed"] == 10
    assert post(f"acts/{told['act']}/undo", {}).json()["undo_by"] == ana.email
    work(AlertAct.objects.get())
    assert at.get(f"/api/alerts/acts/{told['act']}").json()["undone"] == 10
    keys = list(Alert.objects.order_by("pk").values_list("key", flat=True))
    told = post("judge", {"action": "close", "verdict": "true", "alerts": keys[:2]}).json()
    assert told["changed"] == keys[:2] and AlertAct.objects.get(pk=told["act"]).finished is not None
    told = post("judge", {"action": "close", "verdict": "true", "alerts": keys[2:]}).json()
    assert "job" in told and work(AlertAct.objects.get(pk=told["act"])).state == "done"
    assert Alert.objects.filter(verdict="true").count() == 10


def test_who_only_looks_sees_and_stops_no_acts(ana: User) -> None:
    alerts(2)
    act = acts.do(ana, Wish("take"), list(Alert.objects.values_list("pk", flat=True)))[1]
    assert act is not None
    at = client(person("aud", Role.AUDITOR))
    assert at.get(act.get_absolute_url()).status_code == 403
    for name in ("stop", "go-on", "undo"):
        assert at.post(f"{act.get_absolute_url()}{name}/").status_code == 403
