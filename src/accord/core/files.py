"""The file store: what was handed in is kept by its content, in a folder or any fsspec store."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import IO, Any, cast

from django.conf import settings

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.models import StoredFile, User


def _store() -> tuple[Any, str]:
    import fsspec

    filesystem, root = fsspec.core.url_to_fs(settings.ACCORD_FILES)
    return filesystem, str(root).rstrip("/")


def _path(digest: str) -> str:
    return f"{digest[:2]}/{digest}"


def safe_name(name: str) -> str:
    """The last part of a name that came from outside, without control characters, at most 200 long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return re.sub(r"[\x00-\x1f\x7f]", "", last)[-200:] or "file"


def keep(actor: User, name: str, chunks: Iterable[bytes], limit: int | None = None) -> StoredFile:
    """Store a file once by content; `Refused` if it is larger than `limit` bytes (setting by default)."""
    most = limit or settings.ACCORD_MAX_UPLOAD_BYTES
    hasher, size = hashlib.sha256(), 0
    filesystem, root = _store()
    filesystem.makedirs(root, exist_ok=True)
    coming = f"{root}/{uuid.uuid4().hex}.part"
    try:
        with ThreadPoolExecutor(1) as aside, filesystem.open(coming, "wb") as out:
            hashed: Future[None] | None = None
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise Refused(f"{safe_name(name)} is larger than {most:,} bytes. Split it, or raise the limit.")
                if hashed is not None:
                    hashed.result()
                hashed = aside.submit(hasher.update, chunk)  # on another core while the same is written
                out.write(chunk)
        digest = hasher.hexdigest()
        known = StoredFile.objects.filter(digest=digest).first()
        if known is not None:
            return known
        target = f"{root}/{_path(digest)}"
        filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
        filesystem.mv(coming, target)
    finally:
        if filesystem.exists(coming):
            filesystem.rm(coming)
    with ledger.write(actor) as log:
        stored, made = StoredFile.objects.get_or_create(
            digest=digest, defaults={"name": safe_name(name), "size": size, "by": actor}
        )
        if made:
            log.add("add", "file", digest, None, {"name": stored.name, "size": size})
    return stored


def put(digest: str, stream: Any) -> None:
    """Write the bytes under their digest; a half-written file never has the final name."""
    filesystem, root = _store()
    target = f"{root}/{_path(digest)}"
    filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
    with filesystem.open(f"{target}.part", "wb") as out:
        for block in chunks(stream):
            out.write(block)
    filesystem.mv(f"{target}.part", target)


def open_file(stored: StoredFile) -> IO[bytes]:
    """The bytes of a stored file, for reading."""
    filesystem, root = _store()
    return cast("IO[bytes]", filesystem.open(f"{root}/{_path(stored.digest)}", "rb"))


def exists(stored: StoredFile) -> bool:
    filesystem, root = _store()
    return bool(filesystem.exists(f"{root}/{_path(stored.digest)}"))


def chunks(stream: Any, size: int = 1 << 20) -> Iterable[bytes]:
    while block := stream.read(size):
        yield block
