"""The list of findings. Each filter keeps to an index, so that a page costs the same among a million rows."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import DateTimeField, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html

from accord.core.permissions import scoped
from accord.engines import priority
from accord.engines.priority import CODES, Urgency
from accord.estate.models import Asset, System, UnitSystem
from accord.exposure.models import IS_OPEN, OPEN_STATES, TOUCHED, Definition, DefinitionAlias, Finding, Severity
from accord.exposure.selectors import search
from accord.exposure.selectors.narrow import MANY, are_few, few, of_definitions, on_assets, plain
from accord.exposure.selectors.policy import policy
from accord.exposure.shell.links import STANDING, asset_href
from accord.organization.models import Unit
from accord.organization.scope import unit_and_below
from accord.outlet.vex.records import JUSTIFICATIONS
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, yes_no
from accord.ui.lists.query import narrowed_rows, parse
from accord.ui.lists.spec import UNKNOWN_CHOICE

Rows = QuerySet[Any]
SEVERITIES = [(str(s.label), str(s.label).capitalize()) for s in Severity]
NUMBERS = {str(s.label): s.value for s in Severity}
URGENCIES = {CODES[u]: u for u in Urgency}
FORM = "findings-form"
WORKED = frozenset(OPEN_STATES) - {Finding.State.ACCEPTED}
MEANT = {Finding.State.OPEN.value: sorted(WORKED), STANDING: OPEN_STATES}
STATES = [(Finding.State.OPEN.value, "Open: to be worked"), (STANDING, "Open and accepted"), *Finding.State.choices[1:]]
CHOSEN = 300
"""So many systems or units are offered as choices; where there are more, the key is typed."""
FOUND = 500
TOLD = "_exposure_told"
"""Where the search notes what it looked for: on the request, and on the query, which every further filter copies."""
NUMBERED = {"scan": "first_scan_id", "target": "target_id", "statement": "statement_id"}


def rows(request: HttpRequest) -> Rows:
    """The findings that the user may see; definitions and assets are fetched for the page only.

    Joined, those of every finding that fits would be read before the page is cut.
    """
    definitions = Definition.objects.defer("description", "solution", "references", "cvss_vectors")
    found = Finding.objects.prefetch_related(Prefetch("definition", definitions), "asset").select_related("target")
    large = ("evidence", "target__hostnames", "target__addresses", "target__identifiers", "target__macs")
    cut: Rows = scoped(request.user, "finding", found.defer(*large))
    setattr(cut.query, TOLD, request.__dict__.setdefault(TOLD, {}))
    return cut


def _box(finding: Finding) -> str:
    """The box by which a row is chosen for the form below the list."""
    return format_html(
        '<input type="checkbox" name="findings" value="{}" form="{}" aria-label="Choose {}">',
        finding.pk, FORM, f"{finding.key} {finding.definition.title}",
    )  # fmt: skip


def _stale(found: Rows, value: Any) -> Rows:
    stale = Finding.objects.filter(stale_since__isnull=False).order_by().values("pk")
    if not value or are_few(found) or stale[: MANY + 1].count() > MANY:
        return found.filter(stale_since__isnull=not value)
    return few(found.filter(pk__in=stale))


def _overdue(found: Rows, value: Any) -> Rows:
    """Open, not accepted, and past its deadline; or else open and not so."""
    now = timezone.now()
    late = Q(due__lt=now) & ~Q(state=Finding.State.ACCEPTED)
    found = found.filter(IS_OPEN)
    if not value:
        return found.filter(~late | Q(due=None))
    past = Finding.objects.filter(IS_OPEN, due__lt=now).order_by().values("pk")
    if are_few(found):
        return found.filter(late)
    if past[: MANY + 1].count() <= MANY:
        return few(found.filter(late, pk__in=past))
    walk = found.alias(_due=Coalesce("due", Value(None), output_field=DateTimeField()))  # not by the index of the day
    return cast(Rows, walk.filter(_due__lt=now).exclude(state=Finding.State.ACCEPTED))


def _context(request: HttpRequest) -> dict[str, Any]:
    from accord.exposure.services.lifecycle import NAMES

    verbs = {verb for verb in ("work", "judge") if may(request.user, verb, "finding")}
    return {
        "form_id": FORM,
        "acts": [(name, label, verb) for name, (label, verb) in NAMES.items() if verb in verbs],
        "justifications": [(code, words) for code, (words, _) in JUSTIFICATIONS.items()],
        "may_act": bool(verbs),
        "query": request.GET.urlencode(),
        "looked_for": request.__dict__.get(TOLD, {}).get("search", ""),
    }


def under(actor: Any, query: dict[str, list[str]]) -> Rows:
    """All findings that an account sees under the filters of the list."""
    request = HttpRequest()
    request.user = actor
    asked = QueryDict(mutable=True)
    request.GET = asked  # type: ignore[assignment]
    for name, values in query.items():
        asked.setlist(name, values)
    return narrowed_rows(FINDINGS, request, parse(FINDINGS, asked, request))


def _in_state(found: Rows, value: Any) -> Rows:
    """Open is what is to be worked: all that is there but what is accepted."""
    wanted = frozenset(state for one in value for state in MEANT.get(one, (one,)))
    if not wanted - WORKED and Finding.State.OPEN in wanted:
        return found.filter(IS_OPEN).exclude(state=Finding.State.ACCEPTED)
    if wanted == frozenset(OPEN_STATES):
        return found.filter(IS_OPEN)
    found = found.filter(state__in=sorted(wanted))
    return found if Finding.State.OPEN in wanted else found.filter(TOUCHED)


def _of_system(found: Rows, value: Any) -> Rows:
    if value == UNKNOWN_CHOICE:
        return found.filter(asset=None)
    return on_assets(found, Q(key=value))


def _of_unit(found: Rows, value: Any) -> Rows:
    users = UnitSystem.objects.filter(unit__key__in=unit_and_below(frozenset({value})))
    return on_assets(found, Q(pk__in=users.values("system_id")))


def _of_asset(found: Rows, value: Any) -> Rows:
    return few(found.filter(asset_id__in=list(Asset.objects.filter(key=value).values_list("pk", flat=True))))


def definitions_named(text: str) -> list[int]:
    """Definitions with this identifier or alias, whatever the case."""
    return list(DefinitionAlias.objects.filter(value=text.upper()).values_list("definition_id", flat=True)[:FOUND])


def _of_definition(found: Rows, value: Any) -> Rows:
    sized = Definition.objects.values_list("pk", "open_findings")
    exact = dict(sized.filter(identifier=value))
    return of_definitions(found, exact or dict(sized.filter(aliases__value=value.upper())[:FOUND]))


def _urgent(found: Rows, value: Any) -> Rows:
    """Open findings of these worst classes: one range of ranks, which the classes cut into pieces."""
    wanted = sorted(URGENCIES[code] for code in value)
    found = found.filter(rank__gte=priority.first_rank(wanted[0]), rank__lt=priority.first_rank(wanted[-1] + 1))
    if wanted[-1] - wanted[0] + 1 > len(wanted):
        found = found.filter(worst_class__in=[int(u) for u in wanted])
    return found


def _rated(found: Rows, value: Any) -> Rows:
    found, name = plain(found, "severity")
    wanted = Q(**{f"{name}__in": [NUMBERS[v] for v in value if v != UNKNOWN_CHOICE]})
    if UNKNOWN_CHOICE in value:
        wanted |= Q(severity=None)
    return found.filter(wanted)


def _reaching(found: Rows, value: Any) -> Rows:
    wanted = ["" if v == UNKNOWN_CHOICE else v for v in value]
    if are_few(found):
        return cast(Rows, found.alias(_reach=Concat("reach", Value(""))).filter(_reach__in=wanted))
    return found.filter(reach__in=wanted)


def _search(found: Rows, value: Any) -> Rows:
    """By identifier, asset, owner, component or words (`selectors.search`).

    `scan:7` are the findings that scan 7 saw first, `target:7` those of target 7, `statement:7` what that one covers.
    """
    text = str(value).strip()
    kind, _, number = text.partition(":")
    if kind in NUMBERED and number.isascii() and number.isdigit() and len(number) < 16:
        return few(found.filter(**{NUMBERED[kind]: int(number)}))
    narrowed, told = search.narrow(found, text)
    getattr(found.query, TOLD, {})["search"] = told
    return narrowed


def _of_owner(found: Rows, value: Any) -> Rows:
    return search.of_owner(found, None if value == UNKNOWN_CHOICE else str(value))


def _offered(request: HttpRequest, noun: str, everything: Rows) -> list[tuple[str, str]]:
    """The choices of a filter, asked for once a request."""
    held: dict[str, list[tuple[str, str]]] = request.__dict__.setdefault("_exposure_choices", {})
    if noun not in held:
        rows = scoped(request.user, noun, everything).order_by("name").values_list("key", "name")
        found = list(rows[: CHOSEN + 1])
        held[noun] = found if len(found) <= CHOSEN else []
    return held[noun]


def _systems(request: HttpRequest) -> list[tuple[str, str]]:
    return _offered(request, "system", System.objects.all())


def _units(request: HttpRequest) -> list[tuple[str, str]]:
    return _offered(request, "unit", Unit.objects.all())


def _classes(request: HttpRequest) -> list[tuple[str, str]]:
    return [(code, policy().label(u)) for code, u in URGENCIES.items()]


def urgency_code(finding: Finding) -> str:
    """The class as badges and the API know it: "3d", or an interval "3d/60d"."""
    worst, best = CODES[Urgency(finding.worst_class)], CODES[Urgency(finding.best_class)]
    return worst if worst == best else f"{worst}/{best}"


def _where(finding: Finding) -> str:
    return str(finding.component or finding.place)


def _subject(finding: Finding) -> str:
    return str(finding.asset.name if finding.asset is not None else finding.target.name)


def _subject_href(finding: Finding) -> str | None:
    return asset_href(finding.asset.key) if finding.asset is not None else finding.target.get_absolute_url()


FINDINGS = ListSpec(
    noun="finding",
    title="Findings",
    rows=rows,
    columns=[
        ListColumn("title", "Weakness", value="definition.title", link=lambda f: f.get_absolute_url()),
        ListColumn("chosen", "Choose", _box, api=False),
        ListColumn("priority", "Fix within", urgency_code, "badge", "rank", badge="urgency",
                   help="The worst class first. An interval says that a fact is unknown."),
        ListColumn("price", "Price a year", kind="money", sort="price", blank="not priced",
                   help="What it costs a year as long as it is open, at the middle of the hazard."),
        ListColumn("asset", "On", _subject, link=_subject_href),
        ListColumn("where", "Component or place", _where, blank="the whole target"),
        ListColumn("known_exploited", "Known exploited", kind="bool"),
        ListColumn("epss", "EPSS", kind="share", sort="epss", help="Probability of exploitation within 30 days."),
        ListColumn("severity", "Severity", "severity_name", "badge", badge="severity"),
        ListColumn("reach", "Exposed to", kind="badge", badge="reach"),
        ListColumn("goal_weight", "Goals carried", kind="share", help="Share of the weight of all goals."),
        ListColumn("state", "State", kind="badge", badge="finding"),
        ListColumn("due", "Due", kind="date", blank="no deadline"),
        ListColumn("first_seen", "First seen", kind="date", sort="first_seen"),
        ListColumn("key", "Finding", hidden=True),
        ListColumn("definition", "Definition", value="definition.identifier", hidden=True),
        ListColumn("asset_key", "Asset", value="asset.key", hidden=True),
        ListColumn("target", "Target", value="target.identity", hidden=True),
        ListColumn("cvss_score", "CVSS", kind="number", hidden=True),
        ListColumn("component", "Component", hidden=True),
        ListColumn("version", "Version", hidden=True),
        ListColumn("fixed_version", "Fixed in", hidden=True),
        ListColumn("place", "Place", hidden=True),
        ListColumn("last_seen", "Last seen", kind="datetime", hidden=True),
        ListColumn("closed_at", "Closed", kind="datetime", hidden=True),
        ListColumn("reopened", "Times reopened", kind="int", hidden=True),
        ListColumn("stale_since", "Stale since", kind="datetime", hidden=True),
        ListColumn("accepted_until", "Accepted until", kind="datetime", hidden=True),
        ListColumn("accepted_under", "Accepted under", hidden=True),
        ListColumn("said", "Said of it last", hidden=True),
        ListColumn("statement", "VEX statement", lambda f: f"VEX-{f.statement_id}" if f.statement_id else None,
                   hidden=True),
    ],
    filters=[  # what cuts the rows to few comes first: the later ones then leave its index in force
        ListFilter("search", "CVE, asset, owner, component or words", "text", _search,
                   help="An identifier, asset, owner in IT or component by its beginning, or words in any order."),
        ListFilter("system", "System", "ref", _of_system, _systems),
        ListFilter("unit", "Unit", "ref", _of_unit, _units),
        ListFilter("owner", "Owner in IT", "ref", _of_owner, nullable=True, noun="person"),
        ListFilter("asset", "Asset (key)", "ref", _of_asset),
        ListFilter("definition", "Definition", "ref", _of_definition),
        ListFilter("priority", "Fix within", "choice", _urgent, _classes,
                   multiple=True),
        ListFilter("state", "State", "choice", _in_state, STATES, multiple=True,
                   help="Open: to be worked, so whatever is there and not accepted. Counts are of open and accepted."),
        ListFilter("severity", "Severity", "choice", _rated, SEVERITIES, multiple=True, nullable=True),
        ListFilter("reach", "Exposed to", "choice", _reaching, System.Reach.choices, multiple=True, nullable=True),
        yes_no("known_exploited", "Known exploited", nullable=True),
        ListFilter("stale", "Stale", "bool", _stale,
                   help="A later scan looked at its target without looking for it."),
        ListFilter("overdue", "Overdue", "bool", _overdue),
    ],
    default_sort="priority",
    empty=Empty("Import a report of a scanner: findings appear here, the most urgent first.", "Import scanner files",
                "exposure:scan_import", "import", "scan"),
    intro="The most urgent first. What is not known counts at its worst, and is marked.",
    actions=[("Import scanner files", "exposure:scan_import", "import", "scan")],
    template="exposure/finding_list.html",
    context=_context,
    keys_first=True,
)  # fmt: skip
