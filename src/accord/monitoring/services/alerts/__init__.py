"""From hits to alerts: what is excepted, silenced, folded, gathered by entity, and what is a thing for a person.

take(hits, log)     within the pump's transaction; returns the alerts that it opened
"""

from accord.monitoring.services.alerts.scores import refresh_scores
from accord.monitoring.services.alerts.subjects import lengths_of
from accord.monitoring.services.alerts.taking import take

__all__ = ["lengths_of", "refresh_scores", "take"]
