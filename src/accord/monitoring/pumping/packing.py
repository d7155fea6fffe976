"""What the pump remembers, as bytes in the database: text of events may hold what a database's own JSON refuses."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import structlog

from accord.monitoring.store.columns import loaded

_log = structlog.get_logger(__name__)


def packed(state: Mapping[str, Any]) -> bytes:
    """Plain data as compressed JSON; b"" for nothing."""
    import orjson

    if not state:
        return b""
    try:
        body = orjson.dumps(state)
    except (TypeError, ValueError):  # half of a surrogate pair, say
        body = json.dumps(state).encode()
    return zlib.compress(body, 1)


def unpacked(state: bytes) -> dict[str, Any]:
    """What `packed` was given; {} and a warning where it cannot be read."""
    if not state:
        return {}
    try:
        found = loaded(zlib.decompress(bytes(state)).decode())
    except (zlib.error, ValueError):
        _log.warning("what the pump remembers cannot be read; it begins anew")
        return {}
    return found if isinstance(found, dict) else {}
