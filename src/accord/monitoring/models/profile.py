"""The catalogue of ATT&CK as it was imported, the organization's own threat profile, and proof that detection works."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from accord.core import fields


class AttackRelease(models.Model):
    """One import of an ATT&CK bundle; the newest one is in force. `version` is ATT&CK's own, "" = not told."""

    name = models.CharField(max_length=200)
    version = fields.text(40)
    modified = models.DateTimeField(null=True)
    origin = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    counts = models.JSONField(default=dict)
    imported = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


class AttackTactic(models.Model):
    """A tactic: why an attacker does something. `place` is its place in the matrix."""

    identifier = models.CharField(max_length=20, unique=True)
    short = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    place = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class AttackTechnique(models.Model):
    """A technique, or with `parent` a sub-technique. `tactics` are short names. `replaced_by`: where it was revoked."""

    identifier = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=300)
    parent = models.CharField(max_length=20, blank=True)
    tactics = models.JSONField(default=list)
    platforms = models.JSONField(default=list)
    url = models.CharField(max_length=500, blank=True)
    retired = models.BooleanField(default=False)
    replaced_by = models.CharField(max_length=20, blank=True)

    def __str__(self) -> str:
        return f"{self.identifier} {self.name}"


class AttackGroup(models.Model):
    """A group of attackers, as ATT&CK tells of it."""

    identifier = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=300)
    aliases = models.JSONField(default=list)
    summary = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    retired = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.identifier} {self.name}"


class GroupTechnique(models.Model):
    """A group uses a technique."""

    group = fields.link("monitoring.AttackGroup", "uses")
    technique = fields.link("monitoring.AttackTechnique", "used_by")

    class Meta:
        constraints: ClassVar = [fields.only_one(["group", "technique"], "monitoring_group_technique")]

    def __str__(self) -> str:
        return f"{self.group_id} uses {self.technique_id}"


class ThreatProfile(models.Model):
    """One line of the threat profile: a technique (T1059.001) or a group (G0007) that the organization reckons with.

    A group stands for the techniques that it uses. `weight` NULL = nobody has weighed it. `left_out`: a technique that
    does not concern the organization, though a chosen group uses it.
    """

    key = fields.key()
    reason = fields.text()
    weight = fields.unknown(fields.number)
    owner = fields.unknown(fields.ref, to="organization.Person")
    left_out = models.BooleanField(null=True, blank=True)
    added = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "threat profile"

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("monitoring:threat_profile_detail", args=[self.key])


class DetectionExercise(models.Model):
    """On a day somebody did what an attacker would do, and a rule fired for it or none did."""

    key = fields.key()
    technique = models.CharField(max_length=20)
    day = models.DateField()
    detected = models.BooleanField()
    rule = fields.text(200)
    source = fields.text()
    note = models.TextField(blank=True)
    owner = fields.unknown(fields.ref, to="organization.Person")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["technique", "day"], name="monitoring_exercise")]

    def __str__(self) -> str:
        return str(self.key)

    def get_absolute_url(self) -> str:
        return reverse("monitoring:detection_exercise_detail", args=[self.key])
