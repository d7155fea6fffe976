"""The long work and the rounds of monitoring."""

from accord.monitoring.jobs import alerts, blind, daily, events, rules, sources

__all__ = ["alerts", "blind", "daily", "events", "rules", "sources"]
