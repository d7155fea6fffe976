"""The small company that the tests of this room plan for."""

from accord_small_company import browse, cio, ciso, company, frontier

__all__ = ["browse", "cio", "ciso", "company", "frontier"]
