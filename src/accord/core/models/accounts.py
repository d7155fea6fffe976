"""Who may come in, and in which roles."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from accord.core.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the service in `accord.core.accounts` is the only caller outside of tests."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def with_roles(self, pk: Any) -> User | None:
        """The account with its roles, by one query where it holds any."""
        grants = list(RoleGrant.objects.select_related("user").filter(user_id=pk))
        if not grants:
            return self.filter(pk=pk).first()
        user = grants[0].user
        user.roles = roles_of(grants)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """One account. `person_key` links it to a person of the organization, where there is one."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    person_key = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def roles(self) -> dict[Role, frozenset[str]]:
        """Role → the scope keys it was granted for (empty = not limited to a scope)."""
        return roles_of(self.grants.all())

    def has_role(self, role: Role) -> bool:
        return role in self.roles


def roles_of(grants: Iterable[RoleGrant]) -> dict[Role, frozenset[str]]:
    """Role → the scope keys it was granted for."""
    granted: dict[Role, set[str]] = {}
    for grant in grants:
        granted.setdefault(Role(grant.role), set()).update({grant.scope} - {""})
    return {role: frozenset(scopes) for role, scopes in granted.items()}


class RoleGrant(models.Model):
    """A role that an account holds; `scope` limits a department head to a unit (its key)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    scope = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role", "scope"], name="core_one_grant_each"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}{' of ' + self.scope if self.scope else ''}"


class ApiToken(models.Model):
    """A bearer token of one account. Only the SHA-256 of the token is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=timezone.now)
    last_used = models.DateField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(token: str) -> str:
        return hashlib.sha256(token.encode()).hexdigest()
