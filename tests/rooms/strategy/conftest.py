"""The small company that plans are made for."""

from accord_small_company import browse, cio, ciso, company

__all__ = ["browse", "cio", "ciso", "company"]
