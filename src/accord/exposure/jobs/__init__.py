"""The long work and the rounds of this room."""

from accord.exposure.jobs import life, priority, remediation, scans, surfaces

__all__ = ["life", "priority", "remediation", "scans", "surfaces"]
