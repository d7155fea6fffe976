"""What tests of monitoring share."""

import pytest
from accord_rule_texts import keeper

from accord.monitoring.services.alerts import folding

__all__ = ["keeper"]


@pytest.fixture(autouse=True)
def _other_rules_by_the_same_numbers() -> None:
    """A rolled back test gives its primary keys to the next: what is remembered by them is wrong then."""
    folding.feeds.cache_clear()
