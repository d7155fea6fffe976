"""The roles of Accord: the fixed set that the permission table has a column for."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """What somebody is in Accord; an account can hold several."""

    CIO = "cio", "CIO"
    CISO = "ciso", "CISO"
    ANALYST = "analyst", "Security analyst"
    MANAGER = "manager", "IT manager"
    HEAD = "head", "Department head"
    AUDITOR = "auditor", "Auditor"
    BOARD = "board", "Board reader"
    STAFF = "staff", "Staff"
    ADMIN = "admin", "Administrator"


EXECUTIVES = (Role.CIO, Role.CISO)
