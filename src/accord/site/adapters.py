"""How Accord uses allauth: nobody signs up by themselves; single sign-on finds an account by its e-mail."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accord.core.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Accounts by password, read with their roles."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.with_roles(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """A person who comes from the provider gets the account with the same verified e-mail, or none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        verified = [e.email.lower() for e in sociallogin.email_addresses if e.verified]
        user = User.objects.filter(email__in=verified, is_active=True).first()
        if user is None:
            raise PermissionDenied("No Accord account has this e-mail. Ask an administrator to make one.")
        sociallogin.connect(request, user)
