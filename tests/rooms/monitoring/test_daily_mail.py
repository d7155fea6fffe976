"""The daily watch by mail: through a real conversation with a small mail server on the loopback."""

from __future__ import annotations

import email
import re
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from django.conf import settings
from django.test import Client

from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.monitoring.models import DailyWatch, WatchMail
from accord.monitoring.services import daily
from accord.monitoring.services.daily import mail as daily_mail

NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


class Mailbox(socketserver.ThreadingTCPServer):
    """Speaks as much of SMTP (RFC 5321) as a client needs to hand over mail; `refuse` answers 451 instead."""

    daemon_threads = allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.refuse = False


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(Mailbox, self.server)
        to: list[str] = []
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline(1000):
            word = line[:4].upper()
            if word == b"RCPT":
                to.append(line.split(b"<")[1].split(b">")[0].decode())
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b""
                while (line := self.rfile.readline(2000)) != b".\r\n":
                    body += line[1:] if line.startswith(b"..") else line
                server.mails.append((to, email.message_from_bytes(body, policy=default)))
            self.wfile.write(
                b"451 later\r\n" if word == b"MAIL" and server.refuse
                else b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n"
            )  # fmt: skip
            if word == b"QUIT":
                return


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        settings.EMAIL_TIMEOUT = 10
        settings.ORIGIN = "https://accord.example"
        settings.DEFAULT_FROM_EMAIL = "Accord <accord@accord.example>"
        yield server
        server.shutdown()


def person(name: str, *roles: Role) -> User:
    return accounts.add_account(None, f"{name}@mail.example", name, [(role, "") for role in roles])


@pytest.fixture
def watch(db: None) -> DailyWatch:
    person("ciso", Role.CISO)
    return daily.compose(None, NOW, mailed=True)


def test_who_is_mailed_by_role_and_by_choice(db: None) -> None:
    ciso, analyst, manager = person("ciso", Role.CISO), person("ana", Role.ANALYST), person("man", Role.MANAGER)
    both = person("both", Role.CISO, Role.ANALYST)
    staff = person("staff", Role.STAFF)
    daily_mail.choose(analyst, False)
    daily_mail.choose(manager, True)
    daily_mail.choose(staff, True)  # may not see it
    User.objects.filter(pk=person("gone", Role.CISO).pk).update(is_active=False)
    assert daily_mail.subscribers() == [ciso, manager, both]


def test_a_mail_says_the_same_as_text_and_html_and_fetches_nothing(watch: DailyWatch, mailbox: Mailbox) -> None:
    daily_mail.send_due(NOW)
    ((to, mail),) = mailbox.mails
    assert to == ["ciso@mail.example"] and mail["To"] == "ciso@mail.example"
    assert mail["Subject"] == "Daily watch of 25 November 2026: No alert waits to be judged."
    assert mail["List-Unsubscribe"] == "<https://accord.example/daily-watch/mail/>"
    assert mail["Message-ID"] == f"<{watch.key}.{User.objects.get().pk}@accord.example>"
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (cast(EmailMessage, part).get_content() for part in mail.iter_parts())
    assert "https://accord.example/daily-watch/W-2026-11-25-1/" in text
    for sentence in watch.frozen["sentences"]:
        assert sentence in text and sentence in html
    assert not re.search(r"<(img|link|script|iframe|style|object|form)|url\(|src=", html)
    assert {one.partition("/daily-watch")[0] for one in re.findall(r'href="([^"]*daily-watch[^"]*)"', html)} == {
        "https://accord.example"
    }
    row = WatchMail.objects.get()
    assert row.sent is not None and row.due is None
    daily_mail.send_due(NOW + timedelta(days=1))
    assert len(mailbox.mails) == 1


def test_a_server_that_refuses_is_asked_again_with_growing_pauses(watch: DailyWatch, mailbox: Mailbox) -> None:
    mailbox.refuse = True
    now, tries = NOW, []
    while (row := WatchMail.objects.get()).due is not None:
        assert row.due >= now
        now = row.due
        daily_mail.send_due(now - timedelta(seconds=1))
        assert WatchMail.objects.get().attempts == row.attempts
        daily_mail.send_due(now)
        tries.append(round((now - NOW) / timedelta(minutes=1)))
    assert tries == [0, 1, 6, 21, 81, 321, 801]
    assert "451" in row.problem and row.sent is None


def test_it_goes_out_when_the_server_is_there_again(watch: DailyWatch, mailbox: Mailbox) -> None:
    mailbox.refuse = True
    daily_mail.send_due(NOW)
    mailbox.refuse = False
    daily_mail.send_due(NOW + timedelta(minutes=2))
    assert len(mailbox.mails) == 1
    assert WatchMail.objects.get(sent__isnull=False).problem == ""


def test_who_ends_it_in_the_account_gets_none_that_waits(watch: DailyWatch, mailbox: Mailbox) -> None:
    ciso = User.objects.get()
    client = Client()
    client.force_login(ciso, backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = client.get("/daily-watch/mail/")
    assert "checked" in page.content.decode()
    assert client.post("/daily-watch/mail/", {}).status_code == 302
    daily_mail.send_due(NOW)
    assert mailbox.mails == []
    assert "checked" not in client.get("/daily-watch/mail/").content.decode()


def test_without_a_server_nothing_is_tried_and_old_ones_are_given_up(watch: DailyWatch, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    daily_mail.send_due(NOW + timedelta(hours=1))
    assert WatchMail.objects.get().due is not None
    daily_mail.send_due(NOW + timedelta(hours=25))
    row = WatchMail.objects.get()
    assert row.due is None and row.attempts == 0 and "No mail server" in row.problem


def test_what_is_composed_in_between_is_not_mailed(watch: DailyWatch) -> None:
    daily.compose(User.objects.get(), NOW + timedelta(hours=3))
    assert WatchMail.objects.count() == 1
