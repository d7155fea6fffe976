"""The application as a server loads it."""

from __future__ import annotations

import gc

from django.core.signals import request_finished

from accord.site import asgi


def test_what_is_loaded_leaves_the_sight_of_the_collector_once() -> None:
    request_finished.connect(asgi.settle)
    before = gc.get_freeze_count()
    try:
        asgi.settle(sender=object)
        assert gc.get_freeze_count() > before + 10_000
        assert not request_finished.disconnect(asgi.settle), "the next answer finds it gone"
    finally:
        gc.unfreeze()
