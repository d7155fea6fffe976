"""The ASGI application."""

from __future__ import annotations

import gc
import os
import warnings
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.signals import request_finished

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.site.settings")
application = get_asgi_application()

# Static files are small and read whole; what is long is streamed by `accord.core.streaming`.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


def settle(**_: Any) -> None:
    """Take what is loaded out of the collector's sight, once, after the first answer (the pages are loaded with it).

    Looking through a whole Accord for garbage takes longer than a page, and every twentieth page would wait for it.
    """
    request_finished.disconnect(settle)
    gc.collect()
    gc.freeze()


request_finished.connect(settle)
