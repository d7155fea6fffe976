"""Addresses that are told of events: what they are told, whether it arrived."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core import webhooks
from accord.core.errors import Refused
from accord.core.models import User, Webhook, WebhookDelivery
from accord.core.permissions import allowed, guard
from accord.core.webhooks.services import send_again
from accord.ui.lists import Empty, ListColumn, ListSpec, list_page, yes_no

SHOWN = 50
LIST = ListSpec(
    noun="webhook",
    title="Webhooks",
    rows=lambda request: Webhook.objects.all(),
    columns=[
        ListColumn("title", "Receiver", sort="title"),
        ListColumn("address", "Address"),
        ListColumn("events", "Told of", value=lambda one: ", ".join(one.events) or "every event"),
        ListColumn("is_active", "Active", kind="bool"),
    ],
    filters=[yes_no("is_active", "Active")],
    search=("title", "address"),
    default_sort="title",
    empty=Empty("No other program is told of events.", "Add a receiver", "site:webhook_new", "change", "webhook"),
    intro="Signed messages to ticket systems and chats, after the Standard Webhooks specification.",
    link=lambda one: reverse("site:webhook", args=[one.pk]),
    actions=[("Add a receiver", "site:webhook_new", "change", "webhook")],
)
LIST_VIEW = list_page(LIST)


class WebhookForm(forms.Form):
    """One receiver."""

    title = forms.CharField(label="What receives it", max_length=200)
    address = forms.CharField(label="Address", max_length=1000, help_text="https://… that takes a POST.")
    events = forms.MultipleChoiceField(
        label="Told of", required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: every event."
    )
    is_active = forms.BooleanField(label="Active", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(name, f"{name}: {meaning}") for name, meaning in webhooks.declared().items()]
        self.fields["events"].choices = choices  # type: ignore[attr-defined]

    def refuse(self, error: Refused) -> None:
        for problem in error.problems:
            column = problem.column if problem.column in self.fields else None
            self.add_error(column, f"{problem.reason} {problem.remedy}")


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)


def _page(request: HttpRequest, form: WebhookForm, title: str, cancel: str) -> HttpResponse:
    context = {
        "title": title, "form": form, "breadcrumb": [("Webhooks", reverse("site:webhooks"))], "cancel_href": cancel,
    }  # fmt: skip
    return render(request, "ui/form.html", context, status=422 if form.errors else 200)


@guard("change", "webhook")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = webhooks.add_webhook(_actor(request), given["title"], given["address"], given["events"])
            return redirect("site:webhook", pk=made.pk)
        except Refused as error:
            form.refuse(error)
    return _page(request, form, "Add a receiver", reverse("site:webhooks"))


@guard("change", "webhook")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Webhook, pk=pk)
    names = ("title", "address", "events", "is_active")
    form = WebhookForm(request.POST or None, initial={name: getattr(one, name) for name in names})
    if request.method == "POST" and form.is_valid():
        try:
            webhooks.change_webhook(_actor(request), one, **form.cleaned_data)
            return redirect("site:webhook", pk=pk)
        except Refused as error:
            form.refuse(error)
    return _page(request, form, f"Change {one.title}", reverse("site:webhook", args=[pk]))


@guard("view", "webhook")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Webhook, pk=pk)
    may = allowed(request.user, "change", "webhook")
    context = {
        "title": one.title, "webhook": one, "may": may, "breadcrumb": [("Webhooks", reverse("site:webhooks"))],
        "secret": webhooks.secret_of(one) if may else "", "told": webhooks.declared(),
        "deliveries": one.deliveries.order_by("-pk")[:SHOWN], "shown": SHOWN,
    }  # fmt: skip
    return render(request, "site/webhook.html", context)


@guard("change", "webhook")
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Send a test, give a new secret, or take the receiver out."""
    one = get_object_or_404(Webhook, pk=pk)
    match verb:
        case "test":
            webhooks.send_test(_actor(request), one)
            messages.success(request, "A test message is on its way.")
        case "secret":
            webhooks.rotate(_actor(request), one)
            messages.success(request, "It has a new secret. The former one signs for one more day.")
        case _:
            webhooks.remove_webhook(_actor(request), one)
            messages.success(request, "The receiver was taken out.")
            return redirect("site:webhooks")
    return redirect("site:webhook", pk=pk)


@guard("change", "webhook")
@require_POST
def again(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """Try a message that was given up once more."""
    row = get_object_or_404(WebhookDelivery, pk=delivery, webhook_id=pk)
    try:
        send_again(_actor(request), row)
        messages.success(request, "It is tried again.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect("site:webhook", pk=pk)
