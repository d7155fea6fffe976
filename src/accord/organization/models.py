"""Units, persons, goals, capabilities."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class Unit(models.Model):
    """A department, in a tree."""

    key = fields.key()
    name = models.CharField(max_length=300)
    parent = fields.unknown(fields.ref, to="organization.Unit", related_name="children")

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody who is named as an owner or reader; no more is kept than that needs."""

    key = fields.key()
    name = models.CharField(max_length=300)
    email = fields.text()
    unit = fields.unknown(fields.ref, to="organization.Unit", related_name="persons")
    role_title = fields.text()
    heads_unit = models.BooleanField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Goal(models.Model):
    """What the organization wants. `weight` is relative to the goals beside it; NULL = unknown."""

    key = fields.key()
    name = models.CharField(max_length=300)
    parent = fields.unknown(fields.ref, to="organization.Goal", related_name="children")
    weight = fields.unknown(fields.number)
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="goals")
    measure = fields.text()
    target = fields.text()
    due = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Capability(models.Model):
    """What the organization must be able to do to reach its goals."""

    key = fields.key()
    name = models.CharField(max_length=300)
    description = fields.text()

    class Meta:
        verbose_name_plural = "capabilities"

    def __str__(self) -> str:
        return self.name


class GoalCapability(models.Model):
    """The share of a goal that hangs on a capability."""

    goal = fields.link("organization.Goal", "capability_shares")
    capability = fields.link("organization.Capability", "goal_shares")
    share = fields.share()

    class Meta:
        verbose_name = "goal capability"
        constraints: ClassVar = [
            fields.only_one(["goal", "capability"], "organization_goal_capability_once"),
            fields.share_between("share", "organization_goal_capability_share"),
        ]

    def __str__(self) -> str:
        return f"{self.goal} → {self.capability}"
