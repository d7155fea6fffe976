"""Writes to the addresses that are told of events."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User, Webhook, WebhookDelivery
from accord.core.webhooks.catalogue import TEST, declared
from accord.core.webhooks.sending import send, unfit


def _row(webhook: Webhook) -> dict[str, Any]:
    names = ("title", "address", "events", "is_active")
    return {name: getattr(webhook, name) for name in names}


def _check(title: str, address: str, events: Iterable[str]) -> None:
    problems = []
    if not title.strip():
        problems.append(Problem(None, "title", "It has no name.", "Say what receives the messages."))
    if why := unfit(address):
        problems.append(Problem(None, "address", why, "Give another address."))
    unknown = sorted(set(events) - declared().keys())
    if unknown:
        problems.append(Problem(None, "events", f"Unknown: {', '.join(unknown)}.", "Choose from the list."))
    if problems:
        raise Refused(*problems)


def add_webhook(actor: User, title: str, address: str, events: Iterable[str] = ()) -> Webhook:
    """Tell an address of events (none named = all). Its secret is `secret_of` the result."""
    names = sorted(set(events))
    _check(title, address, names)
    with ledger.write(actor) as log:
        made = Webhook.objects.create(
            title=title.strip(), address=address.strip(), events=names, salt=secrets.token_hex(16)
        )
        log.add("add", "webhook", made.pk, None, _row(made))
    return made


def change_webhook(
    actor: User, webhook: Webhook, *, title: str, address: str, events: Iterable[str], is_active: bool
) -> None:
    """Change what an address is told; a paused one keeps its waiting messages."""
    names = sorted(set(events))
    _check(title, address, names)
    with ledger.write(actor) as log:
        before = _row(webhook)
        webhook.title, webhook.address, webhook.events = title.strip(), address.strip(), names
        webhook.is_active = is_active
        webhook.save()
        log.add("change", "webhook", webhook.pk, before, _row(webhook))


def rotate(actor: User, webhook: Webhook) -> None:
    """Give a new secret; for a day messages are signed with both."""
    with ledger.write(actor) as log:
        webhook.previous_salt, webhook.salt = webhook.salt, secrets.token_hex(16)
        webhook.rotated = timezone.now()
        webhook.save()
        log.add("rotate", "webhook", webhook.pk)


def remove_webhook(actor: User, webhook: Webhook) -> None:
    """Take an address out, with what waits for it."""
    with ledger.write(actor) as log:
        log.add("remove", "webhook", webhook.pk, _row(webhook), None)
        webhook.delete()


def send_test(actor: User, webhook: Webhook) -> None:
    """Send a message that says that nothing happened."""
    with ledger.write(actor) as log:
        send(TEST, {"asked_by": actor.email}, only=webhook)
        log.add("test", "webhook", webhook.pk)


def send_again(actor: User, delivery: WebhookDelivery) -> None:
    """Try a message that was given up once more, from the first pause on."""
    with ledger.write(actor) as log:
        if delivery.state != WebhookDelivery.State.FAILED:
            raise Refused("It was delivered, or waits for its next attempt.")
        WebhookDelivery.objects.filter(pk=delivery.pk).update(
            state=WebhookDelivery.State.WAITING, attempts=0, due=timezone.now(), ended=None
        )
        log.add("send", "webhook", delivery.webhook_id, None, {"message": delivery.message})
