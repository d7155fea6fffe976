"""Initiatives of both executives, with what they cost, need, exclude and serve; budgets and capacities."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from accord.core import fields


class Initiative(models.Model):
    """Something that either executive would start: a project with a length, a sponsor and a window."""

    class Sponsor(models.TextChoices):
        CIO = "cio", "CIO"
        CISO = "ciso", "CISO"

    key = fields.key()
    name = models.CharField(max_length=300)
    sponsor = models.CharField(max_length=4, choices=Sponsor.choices)
    description = models.TextField(blank=True)
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="initiatives")
    duration_quarters = models.PositiveSmallIntegerField()
    earliest_start = models.CharField(max_length=7, blank=True)
    latest_start = models.CharField(max_length=7, blank=True)
    mandatory = models.BooleanField(null=True, blank=True)
    size_of = models.CharField(max_length=100, blank=True, help_text="What this is one size of; at most one is chosen.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(duration_quarters__gte=1, duration_quarters__lte=12),
                name="strategy_initiative_duration",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class InitiativeCost(models.Model):
    """Capital and running cost in one year counted from the initiative's own start (1 = first)."""

    initiative = fields.link("strategy.Initiative", "costs")
    year = models.PositiveSmallIntegerField()
    capital = fields.unknown(fields.money)
    running = fields.unknown(fields.money)

    class Meta:
        verbose_name = "initiative cost"
        constraints: ClassVar = [fields.only_one(["initiative", "year"], "strategy_cost_once")]

    def __str__(self) -> str:
        return f"{self.initiative}, year {self.year}"


class InitiativeRange(models.Model):
    """What an initiative may come to, as factors of what is stated: 5 and 95 %; NULL = nobody has said."""

    initiative = models.OneToOneField("strategy.Initiative", on_delete=models.CASCADE, related_name="range")
    cost_low = fields.unknown(fields.number)
    cost_high = fields.unknown(fields.number)
    benefit_low = fields.unknown(fields.number)
    benefit_high = fields.unknown(fields.number)
    source = fields.text()

    class Meta:
        verbose_name = "initiative range"

    def __str__(self) -> str:
        return f"range of {self.initiative}"


class InitiativeRamp(models.Model):
    """The share of its full benefit that an initiative brings in a quarter after its finish (1 = the first)."""

    initiative = fields.link("strategy.Initiative", "ramp")
    quarter = models.PositiveSmallIntegerField()
    share = fields.share()

    class Meta:
        verbose_name = "initiative ramp-up"
        constraints: ClassVar = [
            fields.only_one(["initiative", "quarter"], "strategy_ramp_once"),
            fields.share_between("share", "strategy_ramp_share"),
        ]

    def __str__(self) -> str:
        return f"{self.initiative}, quarter {self.quarter} after its finish"


class InitiativePeople(models.Model):
    """Full-time equivalents of one skill in one quarter from the initiative's own start (1 = first)."""

    initiative = fields.link("strategy.Initiative", "people")
    quarter = models.PositiveSmallIntegerField()
    skill = models.CharField(max_length=100)
    fte = fields.number()

    class Meta:
        verbose_name_plural = "initiative people"
        constraints: ClassVar = [
            fields.only_one(["initiative", "quarter", "skill"], "strategy_people_once"),
            models.CheckConstraint(condition=models.Q(fte__gte=0), name="strategy_people_fte"),
        ]

    def __str__(self) -> str:
        return f"{self.initiative}, quarter {self.quarter}, {self.skill}"


class InitiativeRelation(models.Model):
    """One initiative requires another to be finished before it starts, or cannot be done beside it."""

    class RelationKind(models.TextChoices):
        REQUIRES = "requires", "requires"
        EXCLUDES = "excludes", "excludes"

    initiative = fields.link("strategy.Initiative", "relations")
    kind = models.CharField(max_length=8, choices=RelationKind.choices)
    other = fields.link("strategy.Initiative", "relations_of_others")

    class Meta:
        constraints: ClassVar = [
            fields.only_one(["initiative", "kind", "other"], "strategy_relation_once"),
            models.CheckConstraint(
                condition=~models.Q(initiative=models.F("other")), name="strategy_relation_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.initiative} {self.kind} {self.other}"


class InitiativeGoal(models.Model):
    """The share of a goal's gap that an initiative closes when it is done."""

    initiative = fields.link("strategy.Initiative", "goals")
    goal = fields.link("organization.Goal", "initiatives")
    contribution = fields.share()

    class Meta:
        verbose_name = "initiative goal"
        constraints: ClassVar = [
            fields.only_one(["initiative", "goal"], "strategy_initiative_goal_once"),
            fields.share_between("contribution", "strategy_initiative_goal_share"),
        ]

    def __str__(self) -> str:
        return f"{self.initiative} → {self.goal}"


class InitiativeSystem(models.Model):
    """An initiative works on a system."""

    initiative = fields.link("strategy.Initiative", "systems")
    system = fields.link("estate.System", "initiatives")

    class Meta:
        verbose_name = "initiative system"
        constraints: ClassVar = [fields.only_one(["initiative", "system"], "strategy_initiative_system_once")]

    def __str__(self) -> str:
        return f"{self.initiative} → {self.system}"


class Budget(models.Model):
    """What may be spent on initiatives in one calendar year."""

    year = models.PositiveSmallIntegerField(unique=True)
    capital = fields.money()
    running = fields.money()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(capital__gte=0, running__gte=0), name="strategy_budget_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)


class Capacity(models.Model):
    """Full-time equivalents of one skill that are free for initiatives in one quarter."""

    skill = models.CharField(max_length=100)
    quarter = models.CharField(max_length=7)
    fte = fields.number()

    class Meta:
        verbose_name_plural = "capacities"
        constraints: ClassVar = [
            fields.only_one(["skill", "quarter"], "strategy_capacity_once"),
            models.CheckConstraint(condition=models.Q(fte__gte=0), name="strategy_capacity_fte"),
        ]

    def __str__(self) -> str:
        return f"{self.skill}, {self.quarter}"
