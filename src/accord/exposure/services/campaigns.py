"""Campaigns and tickets: who is to fix what until when, and what scans say became of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import F
from django.utils import timezone

from accord.core import ledger, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.exposure.models import Campaign, CampaignFix, Finding, Fix, SystemFix, Ticket
from accord.exposure.selectors.fixes import findings_of
from accord.organization.models import Person

MOST_FIXES = 2000
LIVE = (Ticket.State.OPEN, Ticket.State.TAKEN)
webhooks.declare("ticket.created", "A remediation ticket was made")
webhooks.declare("ticket.changed", "A remediation ticket was changed")


def _person(key: str) -> Person | None:
    if not key:
        return None
    found = Person.objects.filter(key=key).first()
    if found is None:
        raise Refused(Problem(None, "owner", f"Nobody has the key “{key}”.", "Name a person that is there."))
    return found


def start_campaign(actor: User, name: str, purpose: str, owner: str, aim: date, fixes: Sequence[str]) -> Campaign:
    """Start a campaign of the fixes with these keys."""
    wanted = list(dict.fromkeys(fixes))
    if not 0 < len(wanted) <= MOST_FIXES:
        raise Refused(
            Problem(None, "fixes", f"{len(wanted)} fixes were chosen.", f"Choose 1 to {MOST_FIXES:,} of the list.")
        )
    if aim < timezone.localdate():
        raise Refused(Problem(None, "aim", f"{aim} has passed.", "Choose a day from today on."))
    if not name.strip() or Campaign.objects.filter(name=name.strip()).exists():
        raise Refused(Problem(None, "name", "The name is empty or taken.", "Write a name of its own."))
    found = {fix.key: fix for part in _chunks(wanted) for fix in Fix.objects.filter(key__in=part)}
    missing = [key for key in wanted if key not in found]
    if missing:
        raise Refused(Problem(None, "fixes", f"There is no fix {missing[0]}.", "Choose from the list of fixes."))
    with ledger.write(actor) as log:
        campaign = Campaign.objects.create(
            name=name.strip(), purpose=purpose.strip()[:1000], owner=_person(owner), aim=aim, by=actor
        )
        CampaignFix.objects.bulk_create(CampaignFix(campaign=campaign, fix=found[key]) for key in wanted)
        log.add(
            "add", "campaign", campaign.key, None,
            {"name": campaign.name, "owner": owner or None, "aim": aim.isoformat(), "fixes": len(wanted)},
        )  # fmt: skip
        _count([campaign])
    return campaign


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[at : at + 900] for at in range(0, len(keys), 900))


def end_campaign(actor: User, campaign: Campaign) -> None:
    """End it: its counts stay as they are now."""
    with ledger.write(actor) as log:
        if campaign.ended is not None:
            raise Refused("It has ended already.")
        _count([campaign])
        campaign.ended = timezone.now()
        campaign.save(update_fields=["ended"])
        log.add("change", "campaign", campaign.key, {"ended": None}, {"ended": campaign.ended.isoformat()})


def recount_campaigns(actor: User | None) -> int:
    """Bring the progress of running campaigns up to date, from the findings; returns how many there are."""
    with ledger.write(actor):
        running = list(Campaign.objects.filter(ended__isnull=True))
        _count(running)
    return len(running)


def _count(campaigns: Sequence[Campaign]) -> None:
    """Count anew: what is open and claimed from the fixes, what was verified from scans that closed findings since."""
    for campaign in campaigns:
        rows = list(CampaignFix.objects.filter(campaign=campaign).select_related("fix"))
        opened = claimed = verified = 0
        changed = []
        for row in rows:
            closed = findings_of(row.fix).filter(
                state=Finding.State.CLOSED, closed_by__isnull=False, closed_at__gte=campaign.started
            )
            number = closed.count()
            if number != row.verified:
                row.verified = number
                changed.append(row)
            opened, claimed = opened + row.fix.open_findings, claimed + row.fix.claimed
            verified += number
        CampaignFix.objects.bulk_update(changed, ["verified"], batch_size=500)
        campaign.open_findings, campaign.claimed, campaign.verified = opened, claimed, verified
        campaign.save(update_fields=["open_findings", "claimed", "verified"])


def make_tickets(actor: User, fixes: Sequence[Fix], campaign: Campaign | None = None) -> list[Ticket]:
    """A ticket for each fix and each owner of a system on which it closes something; one that lives stays the only one.

    Each goes out as a webhook `ticket.created` when this is written.
    """
    with ledger.write(actor) as log:
        live = set(Ticket.objects.filter(fix__in=fixes, state__in=LIVE).values_list("fix_id", "owner_id"))
        groups: dict[tuple[int, int | None], list[SystemFix]] = defaultdict(list)
        rows = SystemFix.objects.filter(fix__in=fixes, open_findings__gt=F("accepted"))
        for part in rows.select_related("fix", "system", "owner").order_by("pk"):
            groups[part.fix_id, part.owner_id].append(part)
        made = []
        for place, parts in groups.items():
            if place in live:
                continue
            due = min((part.due for part in parts if part.due is not None), default=None)
            ticket = Ticket.objects.create(
                fix=parts[0].fix, owner=parts[0].owner, campaign=campaign, due=due, by=actor,
                findings=sum(part.open_findings for part in parts),
            )  # fmt: skip
            log.add("add", "ticket", ticket.key, None, {"fix": ticket.fix.key, "findings": ticket.findings})
            webhooks.send("ticket.created", told_of(ticket, parts))
            made.append(ticket)
    return made


def told_of(ticket: Ticket, parts: Sequence[SystemFix]) -> dict[str, Any]:
    """What a webhook tells of a ticket; at most fifty systems are named, their number always."""
    systems = [part.system.key for part in parts if part.system is not None]
    return {
        "ticket": ticket.key, "state": ticket.state, "fix": ticket.fix.key, "title": ticket.fix.title[:300],
        "owner": ticket.owner.key if ticket.owner else None, "due": ticket.due.isoformat() if ticket.due else None,
        "findings": ticket.findings, "systems": systems[:50], "systems_in_all": len(systems),
        "address": ticket.get_absolute_url(), "reference": ticket.reference or None,
    }  # fmt: skip


def change_ticket(
    actor: User, ticket: Ticket, state: str | None = None, reference: str | None = None, address: str | None = None,
    note: str | None = None,
) -> Ticket:  # fmt: skip
    """What the other side says of a ticket. "done" claims; whether it is fixed says the next scan alone."""
    if state is not None and state not in Ticket.State.values:
        raise Refused(
            Problem(None, "state", f"“{state}” is no state.", f"Use one of: {', '.join(Ticket.State.values)}.")
        )
    if address and not address.startswith(("https://", "http://")):
        raise Refused(Problem(None, "address", "That is no address of a page.", "Write it with https:// in front."))
    given = {"state": state, "reference": reference, "address": address, "note": note}
    wanted = {name: value.strip()[:500] for name, value in given.items() if value is not None}
    with ledger.write(actor) as log:
        fresh = Ticket.objects.select_for_update(of=("self",)).select_related("fix", "owner").get(pk=ticket.pk)
        before = {name: getattr(fresh, name) for name in wanted if getattr(fresh, name) != wanted[name]}
        if not before:
            return fresh
        clash = Ticket.objects.filter(fix=fresh.fix, owner=fresh.owner, state__in=LIVE).exclude(pk=fresh.pk)
        if wanted.get("state") in LIVE and fresh.state not in LIVE and clash.exists():
            raise Refused("Another ticket for the same fix and owner is open.")
        for name in before:
            setattr(fresh, name, wanted[name])
        fresh.changed = timezone.now()
        fresh.save(update_fields=[*before, "changed"])
        log.add("change", "ticket", fresh.key, before, {name: wanted[name] for name in before})
        owned = SystemFix.objects.filter(fix=fresh.fix, owner=fresh.owner).select_related("system")
        webhooks.send("ticket.changed", told_of(fresh, list(owned)))
    return fresh
