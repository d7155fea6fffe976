"""Tells people what happened to what is theirs: in the application, and by mail where a mail server is set up.

Notices are written inside the transaction of what they tell of, one per account and event, so that nothing is told
twice and nothing is lost by a restart. Mail leaves by a round of the worker. It is claimed before it is handed over: a
crash in between loses that mail, and never sends it again; the notice stays in the application.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accord.core import ledger, rounds
from accord.core.models import User
from accord.core.roles import Role
from accord.exposure.models import IS_OPEN, Finding, Notice
from accord.exposure.services import bulk

AT_ONCE = 50
SHOWN = 20
_log = structlog.get_logger(__name__)


def people_of(definition: int) -> dict[int, list[str]]:
    """Accounts to be told of a definition → names of what is theirs: owners of the systems and assets that it is open
    on, and every CISO (with no names: it is all theirs). Three queries."""
    names: dict[str, set[str]] = defaultdict(set)
    found = Finding.objects.filter(IS_OPEN, definition_id=definition, asset__isnull=False).order_by()
    system = "asset__system_shares__system__"
    columns = (f"{system}it_owner__key", f"{system}business_owner__key", f"{system}name")
    for it_owner, business, name in found.values_list(*columns).distinct():
        for key in (it_owner, business):
            if key and name:
                names[key].add(name)
    for key, name in (
        found.filter(asset__owner__isnull=False).values_list("asset__owner__key", "asset__name").distinct()
    ):
        names[key].add(name)
    told: dict[int, list[str]] = {}
    wanted = Q(person_key__in=list(names)) | Q(grants__role=Role.CISO)
    for pk, key in User.objects.filter(wanted, is_active=True).values_list("pk", "person_key").distinct():
        told[pk] = sorted(names.get(key, ()))
    return told


def tell_entered(definition: Any, actor: Any) -> None:
    """Handler of `events.exploited`: tell the owners of what carries it, inside the writer's transaction."""
    if not Finding.objects.filter(IS_OPEN, definition_id=definition.pk).exists():
        return
    number = Finding.objects.filter(IS_OPEN, definition_id=definition.pk).count()
    event = f"exploited:{definition.identifier}:{definition.exploited_since:%Y-%m-%dT%H:%M:%S}"
    subject = f"{definition.identifier} is now known to be exploited"
    rows = []
    for user, names in people_of(definition.pk).items():
        yours = f" Yours: {_listed(names)}." if names else ""
        body = (
            f"{definition.title} entered CISA's catalogue of known exploited vulnerabilities. It is open in {number:,} "
            f"places.{yours} Its deadline runs from today."
        )
        rows.append(Notice(user_id=user, event=event, subject=subject, body=body, href=definition.get_absolute_url()))
    _add(rows)


def tell_left(definitions: Iterable[Any], now: datetime) -> None:
    """Tell of definitions that left the catalogue; deadlines that run are not shortened by it."""
    rows = []
    for definition in definitions:
        for user, names in people_of(definition.pk).items():
            yours = f" Yours: {_listed(names)}." if names else ""
            rows.append(
                Notice(
                    user_id=user, event=f"left:{definition.identifier}:{now:%Y-%m-%dT%H:%M:%S}",
                    subject=f"{definition.identifier} left the catalogue of exploited vulnerabilities",
                    body=f"CISA no longer lists {definition.title} as known to be exploited.{yours} Its class may be "
                         "milder now; an open triage case stays open until somebody closes it.",
                    href=definition.get_absolute_url(),
                )
            )  # fmt: skip
    _add(rows)


def tell(users: Iterable[int], event: str, subject: str, body: str, href: str) -> None:
    """Tell accounts of an event, each once."""
    _add([Notice(user_id=user, event=event, subject=subject, body=body, href=href) for user in users])


def _add(rows: list[Notice]) -> None:
    for part in bulk.chunks(rows, bulk.ROWS):
        for row in part:
            row.subject = bulk.clip(row.subject, 300)
        Notice.objects.bulk_create(part, ignore_conflicts=True)


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def read(actor: User, pks: Iterable[int] | None = None) -> int:
    """Note that the account has read its notices (those named, else all); returns how many were unread."""
    rows = Notice.objects.filter(user=actor, read=None)
    if pks is not None:
        rows = rows.filter(pk__in=list(pks))
    with ledger.write(actor) as log:
        number = rows.update(read=timezone.now())
        if number:
            log.add("read", "notice", actor.pk, None, {"read": number})
    return number


def is_mail_set_up() -> bool:
    return not str(settings.EMAIL_BACKEND).endswith("dummy.EmailBackend")


@rounds.every("exposure.notices", timedelta(minutes=1))
def mail_waiting() -> None:
    """Mail notices that nobody was mailed; without a mail server they only stand in the application."""
    if not is_mail_set_up():
        return
    for pk in list(Notice.objects.filter(claimed=None).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        _mail(pk)


def _mail(pk: int) -> None:
    from django.core.mail import send_mail

    if not Notice.objects.filter(pk=pk, claimed=None).update(claimed=timezone.now()):
        return  # another worker has it
    notice = Notice.objects.select_related("user").get(pk=pk)
    origin = str(settings.ORIGIN)
    where = f"\n\n{origin}{notice.href}" if origin and notice.href else ""
    body = f"{notice.body}{where}\n\nAll notices: {origin}{reverse('exposure:notice_list')}"
    try:
        send_mail(notice.subject, body, settings.DEFAULT_FROM_EMAIL, [notice.user.email])
    except Exception as error:
        _log.warning("mail failed", notice=pk, problem=str(error))
        Notice.objects.filter(pk=pk).update(problem=f"{type(error).__name__}: {error}"[:500])
        return
    Notice.objects.filter(pk=pk).update(mailed=timezone.now())
