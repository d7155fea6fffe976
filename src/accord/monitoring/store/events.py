"""An event at rest, with its envelope."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class StoredEvent:
    """One event as it is stored.

    `key` is unique and stays (source, segment and offset of its record in the spool). `source` is a primary key.
    `time` is the event's own moment (UTC), that of receipt where `time_is_told` is false. `host`, `user`, `src` and
    `dst` (addresses) are as the log writes them, None where it tells none; `asset` is the primary key of the asset
    that answered to them when the event was stored. `product`, `category` and `service` are Sigma's log source.
    `data` are the event's fields by their own names; read back from the store, numbers and truth values are the texts
    that `engines.sigma.values.texts` gives. `raw` are the bytes that it was read from; `json` says whether these are
    JSON that holds every value of `data`. `asset_by` says by what the asset was found (`kind:text`, as
    `pumping.assets` writes it); it is not stored.
    """

    key: str
    source: int
    time: datetime
    time_is_told: bool
    received: datetime
    host: str | None = None
    user: str | None = None
    src: str | None = None
    dst: str | None = None
    asset: int | None = None
    product: str | None = None
    category: str | None = None
    service: str | None = None
    format: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    json: bool = False
    asset_by: str = field(default="", compare=False)
