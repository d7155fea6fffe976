"""Which versions a computation rests on."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("accord", "numpy", "scipy", "highspy")
"""What the figures of a plan can depend on."""


@cache
def versions() -> dict[str, str | None]:
    """Name → version of Accord, Python and the libraries that compute; None where one is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
