"""The rounds of the daily watch: composing it in the morning, and mailing it."""

from __future__ import annotations

from accord.monitoring.services import daily
from accord.monitoring.services.daily import mail as daily_mail

__all__ = ["daily", "daily_mail"]
