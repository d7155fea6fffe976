"""The application as a server loads it."""

from __future__ import annotations

import gc

from django.core.signals import request_finished

from accord.site import asgi


def test_what_is_loaded_leaves_the_sight_of_the_collector_once() -> None:
    request_finished.connect(asgi.settle)
    before = gc.get_freeze_count()
    try:
        request_finished.send(sender=object)
        settled = gc.get_freeze_count()
        assert settled > before + 10_000
        things: list[list[int]] = [[] for _ in range(1000)]
        request_finished.send(sender=object)
        assert gc.get_freeze_count() <= settled and len(things) == 1000
    finally:
        gc.unfreeze()
        request_finished.disconnect(asgi.settle)
