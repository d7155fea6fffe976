"""Accounts and roles, own API tokens, and what this installation is set to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord import __version__
from accord.core import accounts
from accord.core.errors import Problem, Refused
from accord.core.models import ApiToken, User
from accord.core.permissions import allowed, guard
from accord.core.roles import Role
from accord.organization.models import Person, Unit
from accord.site import configuration
from accord.ui.lists import Empty, ListColumn, ListSpec, choice, list_page, yes_no

SECRETS = ("SECRET", "PASSWORD", "DATABASE_URL")


def _roles(user: User) -> str:
    return ", ".join(f"{r.label} ({', '.join(sorted(scope))})" if scope else r.label for r, scope in user.roles.items())


LIST = ListSpec(
    noun="account",
    title="Accounts",
    rows=lambda request: User.objects.prefetch_related("grants"),
    columns=[
        ListColumn("email", "E-mail", sort="email"),
        ListColumn("name", "Name", sort="name"),
        ListColumn("roles", "Roles", value=_roles, blank="none"),
        ListColumn("is_active", "May log in", kind="bool"),
        ListColumn("last_login", "Last log-in", kind="datetime", sort="last_login", blank="never"),
    ],
    filters=[choice("role", "Role", Role.choices, "grants__role"), yes_no("is_active", "May log in")],
    search=("email", "name"),
    default_sort="email",
    empty=Empty("There is no account yet.", "Add an account", "site:account_new"),
    link=lambda user: reverse("site:account_edit", args=[user.pk]),
    actions=[("Add an account", "site:account_new", "change", "account")],
)
LIST_VIEW = list_page(LIST)


class AccountForm(forms.Form):
    """One account. `roles` are checkboxes; a department head's unit is chosen beside them."""

    email = forms.EmailField(label="E-mail")
    name = forms.CharField(max_length=200)
    person_key = forms.ChoiceField(label="Person", required=False)
    roles = forms.MultipleChoiceField(choices=Role.choices, widget=forms.CheckboxSelectMultiple, required=False)
    unit = forms.ChoiceField(label="Unit of the department head", required=False)
    is_active = forms.BooleanField(label="May log in", required=False, initial=True)
    password = forms.CharField(
        label="First password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), required=False,
        strip=False, help_text="At least 12 characters. The person changes it after the first log-in.",
    )  # fmt: skip

    def __init__(self, *args: Any, new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        persons = [(k, f"{n} ({k})") for k, n in Person.objects.order_by("name").values_list("key", "name")]
        units = [(k, n) for k, n in Unit.objects.order_by("name").values_list("key", "name")]
        self.fields["person_key"].choices = [("", "nobody of the organization"), *persons]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", "none"), *units]  # type: ignore[attr-defined]
        if new:
            del self.fields["is_active"]
        else:
            del self.fields["password"]
            self.fields["email"].disabled = True

    def grants(self) -> list[tuple[Role, str]]:
        chosen = [Role(name) for name in self.cleaned_data["roles"]]
        return [(role, self.cleaned_data["unit"] if role is Role.HEAD else "") for role in chosen]

    def refuse(self, problems: list[Problem]) -> None:
        for problem in problems:
            column = problem.column if problem.column in self.fields else None
            self.add_error(column, f"{problem.reason} {problem.remedy}")


def _form(
    request: HttpRequest, form: forms.Form, title: str, save: Callable[[Any], None], done: str, **extra: Any
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            save(form)
            messages.success(request, done)
            return redirect("site:accounts")
        except Refused as error:
            form.refuse(error.problems)  # type: ignore[attr-defined]
    context = {
        "title": title, "form": form, "breadcrumb": [("Accounts", reverse("site:accounts"))],
        "cancel_href": reverse("site:accounts"), **extra,
    }  # fmt: skip
    return render(request, extra.get("template", "ui/form.html"), context, status=422 if form.errors else 200)


@guard("change", "account")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = AccountForm(request.POST or None, new=True)

    def save(given: AccountForm) -> None:
        data = given.cleaned_data
        accounts.add_account(
            request.user, data["email"], data["name"], given.grants(), password=data["password"] or None,  # type: ignore[arg-type]
            person_key=data["person_key"],
        )  # fmt: skip

    return _form(request, form, "Add an account", save, "The account was added.", submit_label="Add the account")


@guard("view", "account")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User.objects.prefetch_related("grants"), pk=pk)
    may = allowed(request.user, "change", "account")
    scope = next((s for s in user.roles.get(Role.HEAD, ())), "")
    initial = {
        "email": user.email, "name": user.name, "person_key": user.person_key, "is_active": user.is_active,
        "roles": [r.value for r in user.roles], "unit": scope,
    }  # fmt: skip
    form = AccountForm(request.POST if request.method == "POST" and may else None, initial=initial, new=False)
    if not may:
        for field in form.fields.values():
            field.disabled = True

    def save(given: AccountForm) -> None:
        data = given.cleaned_data
        accounts.change_account(
            request.user, user, name=data["name"], person_key=data["person_key"],  # type: ignore[arg-type]
            is_active=data["is_active"], grants=given.grants(),
        )  # fmt: skip

    password_href = reverse("site:account_password", args=[pk]) if may else ""
    return _form(
        request, form, user.email, save, "The account was changed.", template="site/account.html", may=may,
        password_href=password_href,
    )  # fmt: skip


class PasswordForm(forms.Form):
    password = forms.CharField(
        label="New password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 12 characters. Hand it over by another way than e-mail.",
    )  # fmt: skip

    def refuse(self, problems: list[Problem]) -> None:
        for problem in problems:
            self.add_error("password", f"{problem.reason} {problem.remedy}")


@guard("change", "account")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest, pk: int) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)

    def save(given: PasswordForm) -> None:
        accounts.set_password(request.user, user, given.cleaned_data["password"])  # type: ignore[arg-type]

    form = PasswordForm(request.POST or None)
    return _form(request, form, f"New password of {user.email}", save, "The password was set.")


@guard("view", "own_account")
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The API tokens of the account itself; a new one is shown once."""
    user: User = request.user  # type: ignore[assignment]
    made, problem = "", ""
    if request.method == "POST":
        try:
            _, made = accounts.add_token(user, request.POST.get("name", ""))
        except Refused as error:
            problem = str(error)
    context = {"title": "API tokens", "tokens": user.tokens.order_by("-created"), "made": made, "problem": problem}
    return render(request, "site/tokens.html", context, status=422 if problem else 200)


@guard("change", "own_account")
@require_POST
def token_remove(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk, user=request.user)
    accounts.remove_token(request.user, token)  # type: ignore[arg-type]
    messages.success(request, "The token was removed; whatever used it is locked out.")
    return redirect("site:tokens")


@guard("view", "setting")
@require_GET
def installation(request: HttpRequest) -> HttpResponse:
    """What this installation is set to; secrets are not shown."""
    rows = []
    for setting in configuration.SETTINGS:
        value = configuration.value(setting.name)
        secret = any(word in setting.name for word in SECRETS)
        rows.append((setting, "set" if value and secret else "" if secret else value))
    return render(request, "site/installation.html", {"title": "Installation", "rows": rows, "version": __version__})
