"""What tests of monitoring share."""

from accord_rule_texts import keeper

__all__ = ["keeper"]
