"""The job kinds of this room (registered when the module that owns them is loaded)."""

from __future__ import annotations

from accord.site import exchange

__all__ = ["exchange"]
