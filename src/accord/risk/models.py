"""Scenarios with their intervals, causes and history, the training of those who state them, loss runs, the appetite."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from accord.core import fields
from accord.core.twokey import TwoKey


class Scenario(models.Model):
    """What could happen to which systems. Frequencies are events a year at 5, 50 and 95 %, without controls."""

    class Threat(models.TextChoices):
        EXTERNAL = "external", "External attacker"
        INSIDER = "insider", "Insider"
        ERROR = "error", "Human error"
        FAILURE = "failure", "Technical failure"
        SUPPLIER = "supplier", "Supplier"
        NATURE = "nature", "Nature"

    class Effect(models.TextChoices):
        OUTAGE = "outage", "Outage"
        DISCLOSURE = "disclosure", "Disclosure"
        FRAUD = "fraud", "Fraud"
        INTEGRITY = "integrity", "Loss of integrity"

    key = fields.key()
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    threat = models.CharField(max_length=10, choices=Threat.choices)
    effect = models.CharField(max_length=10, choices=Effect.choices)
    frequency_low = fields.unknown(fields.number)
    frequency_mid = fields.unknown(fields.number)
    frequency_high = fields.unknown(fields.number)
    owner = fields.unknown(fields.ref, to="organization.Person", related_name="scenarios")
    source = fields.text()

    def __str__(self) -> str:
        return self.name


class ScenarioSystem(models.Model):
    """The share of a scenario's loss that falls on a system."""

    scenario = fields.link("risk.Scenario", "system_shares")
    system = fields.link("estate.System", "scenario_shares")
    share = fields.share()

    class Meta:
        verbose_name = "scenario system"
        constraints: ClassVar = [
            fields.only_one(["scenario", "system"], "risk_scenario_system_once"),
            fields.share_between("share", "risk_scenario_system_share"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} → {self.system}"


class ScenarioLoss(models.Model):
    """Loss per event in one form, at 5, 50 and 95 %, in the organization's currency."""

    class Form(models.TextChoices):
        PRODUCTIVITY = "productivity", "Productivity"
        RESPONSE = "response", "Response"
        REPLACEMENT = "replacement", "Replacement"
        FINES = "fines", "Fines and judgements"
        ADVANTAGE = "competitive_advantage", "Competitive advantage"
        REPUTATION = "reputation", "Reputation"

    scenario = fields.link("risk.Scenario", "losses")
    form = models.CharField(max_length=22, choices=Form.choices)
    low = fields.money()
    mid = fields.money()
    high = fields.money()

    class Meta:
        verbose_name = "scenario loss"
        verbose_name_plural = "scenario losses"
        constraints: ClassVar = [
            fields.only_one(["scenario", "form"], "risk_scenario_loss_once"),
            models.CheckConstraint(
                condition=models.Q(low__gte=0, mid__gte=models.F("low"), high__gte=models.F("mid")),
                name="risk_scenario_loss_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario}: {self.get_form_display()}"


class Reduction(models.Model):
    """Intervals (5, 50, 95 %) of the share by which frequency and magnitude fall; NULL = that side is not touched."""

    frequency_low = fields.unknown(fields.number)
    frequency_mid = fields.unknown(fields.number)
    frequency_high = fields.unknown(fields.number)
    magnitude_low = fields.unknown(fields.number)
    magnitude_mid = fields.unknown(fields.number)
    magnitude_high = fields.unknown(fields.number)

    class Meta:
        abstract = True


class ControlEffect(Reduction):
    """What a control does to a scenario."""

    control = fields.link("program.Control", "effects")
    scenario = fields.link("risk.Scenario", "control_effects")

    class Meta:
        verbose_name = "control effect"
        constraints: ClassVar = [fields.only_one(["control", "scenario"], "risk_control_effect_once")]

    def __str__(self) -> str:
        return f"{self.control} on {self.scenario}"


class InitiativeEffect(Reduction):
    """What an initiative, when done, does to a scenario; negative = it adds risk."""

    initiative = fields.link("strategy.Initiative", "effects")
    scenario = fields.link("risk.Scenario", "initiative_effects")

    class Meta:
        verbose_name = "initiative effect"
        constraints: ClassVar = [fields.only_one(["initiative", "scenario"], "risk_initiative_effect_once")]

    def __str__(self) -> str:
        return f"{self.initiative} on {self.scenario}"


class LossEvent(models.Model):
    """A loss that the organization had."""

    key = fields.key()
    scenario = fields.unknown(fields.ref, to="risk.Scenario", related_name="events")
    date = models.DateField()
    amount = fields.money()
    note = fields.text()

    def __str__(self) -> str:
        return str(self.key)


class ObservedPeriod(models.Model):
    """Since when every event of a scenario would have been written down; without it nothing is known of its history."""

    scenario = models.OneToOneField("risk.Scenario", on_delete=models.CASCADE, related_name="observed")
    since = models.DateField()
    counted_to = models.DateField(null=True, blank=True)
    source = fields.text()

    class Meta:
        verbose_name = "observed period"

    def __str__(self) -> str:
        return f"{self.scenario} since {self.since}"


class BaseRate(models.Model):
    """A published rate of a scenario for organizations like this one, and how many own years it counts for."""

    key = fields.key()
    scenario = fields.link("risk.Scenario", "base_rates")
    rate = fields.number()
    years = fields.number()
    source = models.CharField(max_length=300)

    class Meta:
        verbose_name = "base rate"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(rate__gt=0, years__gt=0), name="risk_base_rate_positive"),
        ]

    def __str__(self) -> str:
        return str(self.key)


class SharedCause(models.Model):
    """What strikes several scenarios at once: times a year at 5, 50 and 95 %; NULL = unknown, the cause is left out."""

    key = fields.key()
    name = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    rate_low = fields.unknown(fields.number)
    rate_mid = fields.unknown(fields.number)
    rate_high = fields.unknown(fields.number)
    source = fields.text()

    class Meta:
        verbose_name = "shared cause"

    def __str__(self) -> str:
        return self.name


class SharedCauseScenario(models.Model):
    """The probability with which a shared cause, when it strikes, sets off a scenario."""

    cause = fields.link("risk.SharedCause", "strikes")
    scenario = fields.link("risk.Scenario", "shared_causes")
    probability = fields.share()

    class Meta:
        verbose_name = "shared cause's scenario"
        constraints: ClassVar = [
            fields.only_one(["cause", "scenario"], "risk_shared_cause_once"),
            fields.share_between("probability", "risk_shared_cause_probability"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} → {self.scenario}"


class TrainingAnswer(models.Model):
    """One answer of a person in the calibration training: a 90 % range, or a probability of yes, beside the truth."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="training_answers")
    at = models.DateTimeField(default=timezone.now)
    question = models.CharField(max_length=100)
    low = fields.unknown(fields.number)
    high = fields.unknown(fields.number)
    probability = fields.unknown(fields.share)
    truth = fields.number()

    class Meta:
        verbose_name = "training answer"
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            fields.only_one(["by", "question"], "risk_training_answer_once"),
            models.CheckConstraint(
                condition=models.Q(probability__isnull=True, low__isnull=False, high__gte=models.F("low"))
                | models.Q(probability__gte=0, probability__lte=1, low__isnull=True, high__isnull=True),
                name="risk_training_answer_is_one_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}: {self.by}"


class LossRun(models.Model):
    """One computation of the annual loss: all that came out, the hash of what went in, the ledger's number then."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    inputs_hash = models.CharField(max_length=64)
    ledger_number = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    result = models.JSONField()

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [models.Index(fields=["-at"], name="risk_loss_run_at")]

    def __str__(self) -> str:
        return f"loss run of {self.at:%Y-%m-%d %H:%M}"


class HazardAssumption(models.Model):
    """One number that the hazard rests on, narrowed by the organization; without a row Accord's own range counts."""

    key = fields.key()
    low = fields.number()
    mid = fields.number()
    high = fields.number()
    source = fields.text()

    def __str__(self) -> str:
        return str(self.key)


class HazardRun(models.Model):
    """One computation from findings to money: all that came out, what went in, the anchors that later runs keep.

    `detail` holds every system; `result` the first of them, so that a page need not read thousands.
    """

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    inputs_hash = models.CharField(max_length=64)
    ledger_number = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    result = models.JSONField()
    detail = models.JSONField(default=dict)
    anchors = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [models.Index(fields=["-at"], name="risk_hazard_run_at")]

    def __str__(self) -> str:
        return f"hazard run of {self.at:%Y-%m-%d %H:%M}"


class Appetite(TwoKey):
    """The risk appetite: a curve of (amount, highest acceptable probability a year), set by both executives."""

    points = models.JSONField()
    created = models.DateTimeField(default=timezone.now)

    class Meta(TwoKey.Meta):
        ordering: ClassVar = ["-created"]

    def __str__(self) -> str:
        return f"risk appetite of {self.created:%Y-%m-%d}"
