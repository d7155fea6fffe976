"""The queue of alerts, by score; and silences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import CharField, Exists, Func, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html

from accord.core.errors import Refused
from accord.core.permissions import scoped
from accord.estate.models import Asset, System, SystemAsset, UnitSystem
from accord.monitoring.models import Alert, AlertAct, AlertEvent, Rule, Silence, Source
from accord.monitoring.services import acts, triage
from accord.organization.models import Unit
from accord.organization.scope import unit_and_below
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice
from accord.ui.lists.query import narrowed_rows, parse
from accord.ui.lists.spec import UNKNOWN_CHOICE

FORM = "alerts-form"
CHOSEN, FEW = 300, 1_000
IGNORED = frozenset({"after", "before", "limit", "sort", "format"})
"""Parameters of the list's address that are no filters."""
Rows = QuerySet[Any]


def rows(request: HttpRequest) -> Rows:
    """The alerts that the user may see."""
    found = Alert.objects.select_related(
        "rule", "asset", "system", "unit", "owner", "source", "duplicate_of", "folded_into", "silence"
    )
    cut: Rows = scoped(request.user, "alert", found.defer("made_of", "asset__hostnames", "asset__addresses"))
    return cut


def under(actor: Any, query: dict[str, list[str]]) -> Rows:
    """All alerts that an account sees under the filters of the list."""
    request = HttpRequest()
    request.user = actor
    asked = QueryDict(mutable=True)
    request.GET = asked  # type: ignore[assignment]
    for name, values in query.items():
        asked.setlist(name, values)
    return narrowed_rows(ALERTS, request, parse(ALERTS, asked, request))


def told(request: HttpRequest, query: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Filters of the list in words: the label of each, and of its values."""
    known = {one.name: one for one in ALERTS.filters}
    found = []
    for name, values in query.items():
        one = known.get(name)
        labels = dict(one.options(request)) if one is not None else {}
        found.append((one.label if one else "Words", ", ".join(labels.get(value, value) for value in values)))
    return found


def checked(actor: Any, query: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Filters of the list by name; Refused where one is unknown or not understood, so that none is passed over."""
    held = {name: [str(value) for value in values] for name, values in query.items() if name not in IGNORED}
    request = HttpRequest()
    request.user = actor
    found = parse(ALERTS, held, request, strict=True)
    if found.problems:
        raise Refused(*found.problems)
    return held


def picking(actor: Any) -> Callable[[AlertAct], list[int]]:
    """The next alerts of an act on many, at most PART, by their primary keys."""

    def pick(act: AlertAct) -> list[int]:
        if act.query is None:
            return [pk for pk in sorted(act.chosen) if pk > act.place][: acts.PART]
        found = under(actor, act.query).filter(pk__gt=act.place, pk__lte=act.highest)
        if act.duplicate_of_id is not None:
            found = found.exclude(pk=act.duplicate_of_id)
        return list(found.order_by("pk").values_list("pk", flat=True)[: acts.PART])

    return pick


def _box(alert: Alert) -> str:
    """The box by which a row is chosen for the forms below the list."""
    return format_html(
        '<input type="checkbox" name="alerts" value="{}" form="{}" aria-label="Choose {}">',
        alert.pk, FORM, f"{alert.key} {alert.title}",
    )  # fmt: skip


def score_text(alert: Alert) -> str:
    """The score; both ends where something is not known."""
    if alert.score_low == alert.score:
        return f"{alert.score:,.0f}"
    return f"{alert.score_low:,.0f} to {alert.score:,.0f}"


class _Written(Func):
    """A state written into the statement: SQLite takes an index with a condition only where it reads the condition."""

    output_field = CharField()

    def __init__(self, state: str) -> None:
        super().__init__(template=f"'{Alert.State(state)}'")


WAITS = [_Written(Alert.State.NEW), _Written(Alert.State.OPEN)]


def _of_state(found: Rows, value: Any) -> Rows:
    """By IN, which both databases answer from the index of the queue; they do not for as many conditions with OR."""
    states = value if isinstance(value, list | tuple) else [value]
    return found.filter(state__in=WAITS if set(states) == {Alert.State.NEW, Alert.State.OPEN} else states)


def _few(found: Rows, wanted: Any) -> Rows:
    """What no index tells is looked for once where few fit, not for their number and for their page anew."""
    keys = list(found.filter(wanted).order_by().values_list("pk", flat=True)[: FEW + 1])
    return found.filter(pk__in=keys) if len(keys) <= FEW else found.filter(wanted)


def _of_owner(found: Rows, value: Any) -> Rows:
    return found.filter(owner=None) if value == UNKNOWN_CHOICE else found.filter(owner__email__iexact=str(value))


def _of_rule(found: Rows, value: Any) -> Rows:
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    wanted = Rule.objects.filter(Q(identifier=text) | Q(pk=number))
    return found.filter(rule_id__in=list(wanted.values_list("pk", flat=True)))


def of_technique(found: Rows, value: Any) -> Rows:
    """Alerts of a technique, with its sub-techniques."""
    text = str(value).strip().upper()
    if not text or not text.replace(".", "").isalnum():
        return found.none()
    held: Rows = found.alias(_techniques=Cast("techniques", TextField()))
    return _few(held, Q(_techniques__contains=f'"{text}"') | Q(_techniques__contains=f'"{text}.'))


def _on_assets(found: Rows, assets: Rows) -> Rows:
    """Alerts on any of these assets: by the index of assets where few fit, else along the order of the list."""
    keys = list(found.filter(asset_id__in=assets).order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(keys) <= FEW:
        return found.filter(pk__in=keys)
    walked: Rows = found.alias(_asset=Coalesce("asset_id", 0)).filter(_asset__in=assets)
    return walked


def _of_system(found: Rows, value: Any) -> Rows:
    if value == UNKNOWN_CHOICE:
        return found.filter(system=None)
    return _on_assets(found, SystemAsset.objects.filter(system__key=value).values("asset_id"))


def _of_unit(found: Rows, value: Any) -> Rows:
    users = UnitSystem.objects.filter(unit__key__in=unit_and_below(frozenset({value})))
    carried = SystemAsset.objects.filter(system_id__in=users.values("system_id"))
    return _on_assets(found, carried.values("asset_id"))


def _of_entity(found: Rows, value: Any) -> Rows:
    """By host, user, address or what a correlation rule groups by; whole names, whatever their case."""
    text = str(value).strip()
    wanted = Q(entity__iexact=text) | Q(host__iexact=text) | Q(user__iexact=text) | Q(address=text)
    asset = Asset.objects.filter(key=text).values_list("pk", flat=True).first()
    return _few(found, wanted | Q(asset_id=asset) if asset is not None else wanted)


def _of_source(found: Rows, value: Any) -> Rows:
    if value == UNKNOWN_CHOICE:
        return found.filter(source=None)
    source = Source.objects.filter(key=value).values_list("pk", flat=True).first()
    if source is None:
        return found.none()
    hits = AlertEvent.objects.filter(source=source)
    keys = list(hits.order_by("alert").values_list("alert", flat=True).distinct()[: FEW + 1])
    wanted = Q(pk__in=keys) if len(keys) <= FEW else Q(Exists(hits.filter(alert=OuterRef("pk"))))
    return _few(found, Q(source_id=source) | wanted)


def _begin(day: date, after: int = 0) -> datetime:
    """The begin of a day in the zone of the screens."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=after), time.min))


def _of_silence(found: Rows, value: Any) -> Rows:
    return found.filter(silence__key=value)


def _offered(request: HttpRequest, noun: str, everything: Rows) -> list[tuple[str, str]]:
    """The choices of a filter, asked for once a request; none where there are very many: then the key is typed."""
    held: dict[str, list[tuple[str, str]]] = request.__dict__.setdefault("_monitoring_choices", {})
    if noun not in held:
        names = scoped(request.user, noun, everything).order_by("name").values_list("key", "name")
        found = list(names[: CHOSEN + 1])
        held[noun] = found if len(found) <= CHOSEN else []
    return held[noun]


def _systems(request: HttpRequest) -> list[tuple[str, str]]:
    return _offered(request, "system", System.objects.all())


def _units(request: HttpRequest) -> list[tuple[str, str]]:
    return _offered(request, "unit", Unit.objects.all())


def _context(request: HttpRequest) -> dict[str, Any]:
    from accord.monitoring.forms.alerts import analysts

    user = request.user
    verbs = {verb for verb in ("work", "judge") if may(user, verb, "alert")}
    states = request.GET.getlist("state")
    tabs = [
        ("Waiting", "?state=new&state=open", sorted(states) == ["new", "open"] and "owner" not in request.GET),
        ("Mine", f"?state=new&state=open&owner={getattr(user, 'email', '')}", "owner" in request.GET),
        ("Closed", "?state=closed&sort=-closed", states == ["closed"]),
        ("Silenced", "?state=silenced", states == ["silenced"]),
        ("Folded", "?state=folded", states == ["folded"]),
        ("All", "?sort=-opened", not states),
    ]
    return {
        "form_id": FORM, "may_work": "work" in verbs, "may_judge": "judge" in verbs,
        "may_silence": may(user, "change", "silence"), "query": request.GET.urlencode(),
        "verdicts": [(value, label) for value, label in Alert.Verdict.choices if value != Alert.Verdict.DUPLICATE],
        "analysts": analysts() if "work" in verbs else [], "tabs": tabs,
        "at_once": triage.AT_ONCE, "last_act": _last_act(user),
    }  # fmt: skip


def _last_act(user: Any) -> tuple[AlertAct, str] | None:
    """What somebody last did to many alerts, of the last day: it may be on its way, or be undone. One query."""
    since = timezone.now() - timedelta(days=1)
    found = AlertAct.objects.filter(by=user, at__gte=since).select_related("owner").order_by("-at").first()
    return (found, acts.name_of(found)) if found is not None else None


LEVELS = [(value, label) for value, label in Rule.Level.choices]
ALERTS = ListSpec(
    noun="alert",
    title="Alerts",
    rows=rows,
    columns=[
        ListColumn("title", "Alert", link=lambda a: a.get_absolute_url()),
        ListColumn("chosen", "Choose", _box, api=False),
        ListColumn("level", "Level", kind="badge", badge="level"),
        ListColumn("score", "Score", score_text, sort="score", api=False,
                   help="Level, gathered risk, goals and loss at stake. An interval says that something is not known."),
        ListColumn("entity", "On", lambda a: f"{a.entity_kind} {a.entity}"),
        ListColumn("system", "System", value="system.name", blank="not known"),
        ListColumn("state", "State", kind="badge", badge="alert"),
        ListColumn("verdict", "Verdict", kind="badge", badge="verdict", hidden=True),
        ListColumn("owner", "Owner", lambda a: str(a.owner or ""), blank="nobody"),
        ListColumn("events", "Events", kind="int", sort="events"),
        ListColumn("last", "Last event", kind="datetime", sort="last"),
        ListColumn("opened", "Opened", kind="datetime", sort="opened"),
        ListColumn("key", "Key", hidden=True),
        ListColumn("id", "Number", kind="int", hidden=True),
        ListColumn("kind", "Kind", hidden=True),
        ListColumn("rule", "Rule", value="rule.identifier", hidden=True),
        ListColumn("techniques", "Techniques", kind="list", hidden=True),
        ListColumn("tactics", "Tactics", kind="list", hidden=True),
        ListColumn("entity_kind", "Kind of entity", hidden=True),
        ListColumn("host", "Host", hidden=True),
        ListColumn("user", "User", hidden=True),
        ListColumn("address", "Address", hidden=True),
        ListColumn("source", "Source", value="source.key", hidden=True),
        ListColumn("asset", "Asset", value="asset.key", hidden=True),
        ListColumn("asset_by", "Asset found by", hidden=True),
        ListColumn("system_key", "System (key)", value="system.key", hidden=True),
        ListColumn("unit", "Unit", value="unit.key", hidden=True),
        ListColumn("goal_share", "Goals carried", kind="share", hidden=True),
        ListColumn("loss_low", "Loss at stake, low", kind="money", hidden=True),
        ListColumn("loss_mid", "Loss at stake", kind="money", hidden=True),
        ListColumn("loss_high", "Loss at stake, high", kind="money", hidden=True),
        ListColumn("risk", "Risk of its entity", kind="number", hidden=True),
        ListColumn("score_low", "Score, low", kind="number", hidden=True),
        ListColumn("score_high", "Score, high", value="score", kind="number", hidden=True),
        ListColumn("first", "First event", kind="datetime", hidden=True),
        ListColumn("acknowledged", "Acknowledged", kind="datetime", hidden=True),
        ListColumn("closed", "Closed", kind="datetime", sort="closed", hidden=True),
        ListColumn("duplicate_of", "Duplicate of", value="duplicate_of.key", hidden=True),
        ListColumn("folded_into", "Folded into", value="folded_into.key", hidden=True),
        ListColumn("silence", "Silence", value="silence.key", hidden=True),
        ListColumn("minutes", "Minutes", kind="number", hidden=True),
        ListColumn("escalated", "Escalated", kind="datetime", hidden=True),
        ListColumn("revision", "Revision", kind="int", hidden=True),
    ],
    filters=[
        ListFilter("state", "State", "choice", _of_state, Alert.State.choices, multiple=True),
        choice("level", "Level", LEVELS),
        ListFilter("owner", "Owner (e-mail)", "ref", _of_owner, nullable=True),
        choice("verdict", "Verdict", Alert.Verdict.choices, blank=True),
        ListFilter("entity", "Host, user or address", "text", _of_entity),
        ListFilter("rule", "Rule (identifier)", "text", _of_rule),
        ListFilter("technique", "Technique (T1059)", "text", of_technique),
        ListFilter("system", "System", "ref", _of_system, _systems, nullable=True),
        ListFilter("unit", "Unit", "ref", _of_unit, _units),
        ListFilter("source", "Source (key)", "ref", _of_source, nullable=True),
        choice("kind", "Kind", Alert.Kind.choices),
        ListFilter("escalated", "Escalated", "bool", lambda found, v: found.filter(escalated__isnull=not v)),
        ListFilter("silence", "Silence (key)", "text", _of_silence),
        ListFilter("opened_from", "Opened from", "date", lambda found, v: found.filter(opened__gte=_begin(v))),
        ListFilter("opened_to", "Opened to", "date", lambda found, v: found.filter(opened__lt=_begin(v, 1))),
    ],
    search=("key__iexact", "title"),
    search_label="Key or words of the title",
    default_sort="-score",
    keys_first=True,
    empty=Empty("Alerts appear here when rules hold for events of a source."),
    intro="What matters most comes first: level, gathered risk, the goals and the money that hang on it.",
    template="monitoring/alert_list.html",
    context=_context,
)  # fmt: skip

SILENCES = ListSpec(
    noun="silence",
    title="Silences",
    rows=lambda request: Silence.objects.select_related("rule", "asset", "system", "by"),
    columns=[
        ListColumn("key", "Silence", link=lambda s: s.get_absolute_url()),
        ListColumn("what", "Silences", lambda s: about(s)),
        ListColumn("state", "State", kind="badge", badge="silence"),
        ListColumn("since", "From", kind="datetime", sort="since"),
        ListColumn("until", "Until", kind="datetime", sort="until"),
        ListColumn("hits", "Hits", kind="int", sort="hits"),
        ListColumn("reason", "Reason", kind="long"),
        ListColumn("by", "By", lambda s: str(s.by)),
        ListColumn("last", "Last hit", kind="datetime", hidden=True),
        ListColumn("ended", "Ended", kind="datetime", hidden=True),
        ListColumn("id", "Number", kind="int", sort="id", hidden=True),
    ],
    default_sort="-id",
    empty=Empty("Nothing is silenced. A silence keeps planned work out of the queue for a time.", "Silence something",
                "monitoring:silence_new", "change", "silence"),
    actions=[("Silence something", "monitoring:silence_new", "change", "silence")],
    intro="For a time, alerts of a rule, an entity, an asset or a system are made silenced: counted, not queued.",
)  # fmt: skip


def about(silence: Silence) -> str:
    """What a silence is about, in words."""
    parts = [
        f"rule “{silence.rule.title}”" if silence.rule else "",
        f"{silence.entity_kind} {silence.entity}" if silence.entity else "",
        f"asset {silence.asset.name}" if silence.asset else "",
        f"system {silence.system.name}" if silence.system else "",
    ]  # fmt: skip
    return " on ".join(part for part in parts if part)
