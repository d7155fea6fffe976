"""Mails the daily watch to whom it concerns and who wants it, and tries again until the mail server takes it.

Each mail is a row, written with the watch in one transaction. A round of the worker takes what is due: it moves the
row's next try ahead before it speaks to the server, so that no two workers send it at once and a crash leads to one
more try. A mail can come twice where the worker dies between the server's answer and its own note; both have the same
Message-ID, by which mail programs show it once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accord.core import ledger, permissions, rounds
from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring.models import DailyWatch, WatchChoice, WatchMail
from accord.monitoring.selectors.daily import Watch

BY_ROLE = (Role.CISO, Role.ANALYST)
"""Who is mailed without asking for it; everybody who may see the watch can ask for it or end it."""
PAUSES = (1, 5, 15, 60, 240, 480)
"""Minutes until the next try, by the tries that failed; then it is given up."""
AT_ONCE = 100
_log = structlog.get_logger(__name__)


def wants(user: User) -> bool:
    """Whether the account is mailed: by its choice, else by its roles."""
    choice = WatchChoice.objects.filter(user=user).first()
    return choice.wanted if choice is not None else any(user.has_role(role) for role in BY_ROLE)


def choose(actor: User, wanted: bool) -> None:
    """Note that the account wants the watch by mail, or not."""
    with ledger.write(actor) as log:
        before = wants(actor)
        WatchChoice.objects.update_or_create(user=actor, defaults={"wanted": wanted, "changed": timezone.now()})
        if before != wanted:
            log.add("change", "daily_watch", f"mail to {actor.pk}", {"wanted": before}, {"wanted": wanted})


def subscribers() -> list[User]:
    """The accounts that are mailed: active, with the right to see it, by choice or role."""
    chosen = dict(WatchChoice.objects.values_list("user_id", "wanted"))
    by_role = Q(grants__role__in=BY_ROLE)
    by_choice = Q(pk__in=[pk for pk, wanted in chosen.items() if wanted])
    found = User.objects.filter(by_role | by_choice, is_active=True).distinct().order_by("pk")
    return [
        user for user in found if chosen.get(user.pk, True) and permissions.allowed(user, "view", "daily_watch")
    ]  # fmt: skip


def queue(watch: DailyWatch, now: datetime) -> int:
    """Add the mails of a watch, inside the caller's transaction; returns their number."""
    rows = [WatchMail(watch=watch, user=user, due=now) for user in subscribers()]
    WatchMail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def is_mail_set_up() -> bool:
    return not str(settings.EMAIL_BACKEND).endswith("dummy.EmailBackend")


@rounds.every("monitoring.daily_mail", timedelta(minutes=1))
def mail_waiting() -> None:
    """Send what is due now."""
    send_due()


def send_due(now: datetime | None = None) -> None:
    """Send what is due. Without a mail server nothing is, and what waits is given up after a day."""
    now = now or timezone.now()
    if not is_mail_set_up():
        late = now - timedelta(days=1)
        WatchMail.objects.filter(due__lt=late).update(due=None, problem="No mail server is set up.")
        return
    for pk in list(WatchMail.objects.filter(due__lte=now).order_by("due", "pk").values_list("pk", flat=True)[:AT_ONCE]):
        _send(pk, now)


def _send(pk: int, now: datetime) -> None:
    row = WatchMail.objects.select_related("watch", "user").get(pk=pk)
    tries = row.attempts + 1
    again = now + timedelta(minutes=PAUSES[tries - 1]) if tries <= len(PAUSES) else None
    if not WatchMail.objects.filter(pk=pk, due=row.due, attempts=row.attempts).update(attempts=tries, due=again):
        return  # another worker has it
    if not permissions.allowed(row.user, "view", "daily_watch") or not wants(row.user):
        WatchMail.objects.filter(pk=pk).update(due=None, problem="The account no longer wants or may see it.")
        return
    try:
        message(row.watch, row.user).send()
    except Exception as error:
        _log.warning("mail of the daily watch failed", mail=pk, tries=tries, problem=str(error))
        WatchMail.objects.filter(pk=pk).update(problem=f"{type(error).__name__}: {error}"[:500])
        return
    WatchMail.objects.filter(pk=pk).update(due=None, sent=timezone.now(), problem="")


def message(watch: DailyWatch, user: User) -> EmailMultiAlternatives:
    """The mail: text and HTML that say the same, nothing that is fetched from elsewhere."""
    origin = str(settings.ORIGIN)
    page, choice = origin + watch.get_absolute_url(), origin + reverse("monitoring:daily_watch_mail")
    told = Watch.from_content(watch.frozen)
    context = {"watch": watch, "told": told, "origin": origin, "page": page, "choice": choice, "user": user}
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "accord"
    headers = {"Message-ID": f"<{watch.key}.{user.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    if origin:
        headers["List-Unsubscribe"] = f"<{choice}>"
    mail = EmailMultiAlternatives(
        f"{watch}: {told.sentences[0]}" if told.sentences else str(watch),
        render_to_string("monitoring/mail/daily_watch.txt", context), settings.DEFAULT_FROM_EMAIL, [user.email],
        headers=headers,
    )  # fmt: skip
    mail.attach_alternative(render_to_string("monitoring/mail/daily_watch.html", context), "text/html")
    return mail
