"""Long answers, sent piece by piece under ASGI as well as under WSGI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

PIECES = 500
"""Lines that are joined into one piece, so that a change of thread is paid once for many."""


def stream(request: HttpRequest, lines: Iterable[str], content_type: str) -> StreamingHttpResponse:
    """Answer with the lines as they are made; they are never all in memory at once."""
    pieces = _joined(iter(lines))
    body = _threaded(pieces) if isinstance(request, ASGIRequest) else pieces
    return StreamingHttpResponse(body, content_type=content_type)


def _joined(lines: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) >= PIECES:
            yield "".join(held)
            held.clear()
    if held:
        yield "".join(held)


async def _threaded(pieces: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
