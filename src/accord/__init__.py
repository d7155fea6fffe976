"""Accord: the shared workspace of a company's CIO and CISO."""

__version__ = "0.1.0"
