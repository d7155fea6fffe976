"""Webhooks: what is written is sent, signed, once, and tried again; nothing is sent where it must not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accord.core import accounts, ledger, webhooks
from accord.core.errors import Refused
from accord.core.models import Webhook, WebhookDelivery
from accord.core.roles import Role
from accord.core.webhooks.sending import unfit
from accord.core.webhooks.services import send_again

pytestmark = pytest.mark.django_db
EVENT = webhooks.declare("test.thing", "A thing of the tests")


class Receiver:
    """A program that takes messages; `answers` are the statuses that it gives, the last one for good."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers = [204]

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.got.append((headers, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def receiver(settings: Any) -> Iterator[tuple[Receiver, str]]:
    settings.ACCORD_WEBHOOKS_LOCAL = True
    held = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(held.take({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_header("location", "http://localhost:1/")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield held, f"http://127.0.0.1:{server.server_address[1]}/hook"
    server.shutdown()
    server.server_close()


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification tells a receiver to do it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mine = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return mine in headers["webhook-signature"].split(" ")


def test_a_message_is_signed_and_sent_once(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    hook = webhooks.add_webhook(accounts.operator(), "Tickets", address, [EVENT])
    assert webhooks.send(EVENT, {"finding": "F-1"}) == 1
    assert webhooks.send("test", {}) == 0, "it is told only of what it asked for"
    webhooks.deliver_due()
    webhooks.deliver_due()
    ((headers, body),) = held.got
    told = json.loads(body)
    assert (told["type"], told["data"]) == (EVENT, {"finding": "F-1"})
    assert told["timestamp"].endswith("+00:00")
    assert verify(webhooks.secret_of(hook), headers, body)
    assert not verify(webhooks.secret_of(hook), headers, body + b" ")
    row = WebhookDelivery.objects.get()
    assert (row.state, row.status, row.attempts) == ("delivered", 204, 1)
    assert row.message == headers["webhook-id"]


def test_what_is_rolled_back_is_not_sent(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    webhooks.add_webhook(accounts.operator(), "Tickets", address)
    with pytest.raises(Refused), transaction.atomic():
        webhooks.send(EVENT, {})
        raise Refused("No.")
    webhooks.deliver_due()
    assert held.got == []


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    held.answers = [500]
    webhooks.add_webhook(accounts.operator(), "Tickets", address)
    webhooks.send(EVENT, {})
    dues = []
    for _ in range(30):
        webhooks.deliver_due()
        row = WebhookDelivery.objects.get()
        if row.state != "waiting":
            break
        assert row.due > timezone.now()
        dues.append(row.due - timezone.now())
        WebhookDelivery.objects.update(due=timezone.now() - timedelta(seconds=1))
    assert (row.state, row.problem, len(held.got)) == ("failed", "The receiver answered 500.", 10)
    assert dues == sorted(dues)
    assert len({headers["webhook-id"] for headers, _ in held.got}) == 1, "a receiver can drop repetitions"
    held.answers = [200]
    send_again(accounts.operator(), row)
    webhooks.deliver_due()
    assert WebhookDelivery.objects.get().state == "delivered"


@pytest.mark.parametrize(("status", "state"), [(302, "waiting"), (410, "failed"), (400, "waiting"), (202, "delivered")])
def test_redirects_are_not_followed_and_gone_is_gone(receiver: tuple[Receiver, str], status: int, state: str) -> None:
    held, address = receiver
    held.answers = [status]
    webhooks.add_webhook(accounts.operator(), "Tickets", address)
    webhooks.send(EVENT, {})
    webhooks.deliver_due()
    assert (WebhookDelivery.objects.get().state, len(held.got)) == (state, 1)


def test_after_a_new_secret_both_sign_for_a_day(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    hook = webhooks.add_webhook(accounts.operator(), "Tickets", address)
    old = webhooks.secret_of(hook)
    webhooks.rotate(accounts.operator(), hook)
    new = webhooks.secret_of(hook)
    assert old != new
    webhooks.send(EVENT, {})
    webhooks.deliver_due()
    headers, body = held.got[0]
    assert verify(old, headers, body)
    assert verify(new, headers, body)
    Webhook.objects.update(rotated=timezone.now() - timedelta(days=2))
    webhooks.send(EVENT, {})
    webhooks.deliver_due()
    headers, body = held.got[1]
    assert verify(new, headers, body)
    assert not verify(old, headers, body)


def test_a_message_in_another_workers_hands_is_left_alone(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    webhooks.add_webhook(accounts.operator(), "Tickets", address)
    webhooks.send(EVENT, {})
    WebhookDelivery.objects.update(due=timezone.now() + timedelta(minutes=5), attempts=1)  # leased
    webhooks.deliver_due()
    assert held.got == []


def test_a_paused_receiver_gets_what_waited_when_it_is_active_again(receiver: tuple[Receiver, str]) -> None:
    held, address = receiver
    actor = accounts.operator()
    hook = webhooks.add_webhook(actor, "Tickets", address)
    webhooks.send(EVENT, {})
    webhooks.change_webhook(actor, hook, title="Tickets", address=address, events=[], is_active=False)
    webhooks.deliver_due()
    assert held.got == []
    webhooks.change_webhook(actor, hook, title="Tickets", address=address, events=[], is_active=True)
    webhooks.deliver_due()
    assert len(held.got) == 1


@pytest.mark.parametrize(
    "address",
    ["ftp://a.example/", "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://0.0.0.0/",
     "https://user:word@127.0.0.1/", "http://no-such-host.invalid/", "https://", "http://224.0.0.1/"],
)  # fmt: skip
def test_addresses_that_are_never_called(address: str) -> None:
    assert unfit(address)
    with pytest.raises(Refused):
        webhooks.add_webhook(accounts.operator(), "Tickets", address)


def test_what_cannot_be_sent_is_told() -> None:
    with pytest.raises(LookupError):
        webhooks.send("nobody.declared", {})
    with pytest.raises(Refused):
        webhooks.add_webhook(accounts.operator(), "", "http://8.8.8.8/", ["nobody.declared"])


def test_no_secret_is_kept(receiver: tuple[Receiver, str]) -> None:
    _, address = receiver
    hook = webhooks.add_webhook(accounts.operator(), "Tickets", address)
    kept = json.dumps([str(value) for value in hook.__dict__.values()])
    kept += "".join(entry.after + entry.before for entry in ledger.history("webhook", hook.pk))
    assert webhooks.secret_of(hook).removeprefix("whsec_") not in kept


def test_the_pages(receiver: tuple[Receiver, str]) -> None:
    _, address = receiver
    admin = accounts.add_account(None, "admin@b.example", "Admin", [(Role.ADMIN, "")])
    auditor = accounts.add_account(None, "auditor@b.example", "Auditor", [(Role.AUDITOR, "")])
    http = Client(headers={"host": "localhost"})
    http.force_login(admin)
    assert "No other program" in http.get("/webhooks/").content.decode()
    made = http.post("/webhooks/new/", {"title": "Tickets", "address": address, "events": [EVENT], "is_active": "on"})
    hook = Webhook.objects.get()
    assert made.headers["location"] == f"/webhooks/{hook.pk}/"
    assert http.post("/webhooks/new/", {"title": "x", "address": "ftp://a"}).status_code == 422
    http.post(f"/webhooks/{hook.pk}/do/test/")
    webhooks.deliver_due()
    page = http.get(f"/webhooks/{hook.pk}/").content.decode()
    assert webhooks.secret_of(hook) in page.replace("&#x2B;", "+")
    assert "Delivered" in page
    changed = {"title": "Chat", "address": address}
    assert http.post(f"/webhooks/{hook.pk}/change/", changed).status_code == 302
    assert Webhook.objects.get().is_active is False
    http.post(f"/webhooks/{hook.pk}/do/secret/")
    http.force_login(auditor)
    assert "whsec_" not in http.get(f"/webhooks/{hook.pk}/").content.decode()
    assert http.post(f"/webhooks/{hook.pk}/do/remove/").status_code == 403
    http.force_login(admin)
    http.post(f"/webhooks/{hook.pk}/do/remove/")
    assert not Webhook.objects.exists()
