"""What tests of monitoring share."""

from accord_rules import keeper

__all__ = ["keeper"]
