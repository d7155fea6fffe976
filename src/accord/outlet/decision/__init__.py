"""A decision on paper: the same records as slides with native charts and as an accessible PDF."""

from accord.outlet.decision.records import (
    Band,
    Bar,
    Beside,
    Curve,
    DecisionPaper,
    Figure,
    Goal,
    Key,
    Point,
    Resource,
    Step,
    Swing,
)

__all__ = [
    "Band",
    "Bar",
    "Beside",
    "Curve",
    "DecisionPaper",
    "Figure",
    "Goal",
    "Key",
    "Point",
    "Resource",
    "Step",
    "Swing",
]
