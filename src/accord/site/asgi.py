"""The ASGI application."""

from __future__ import annotations

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.site.settings")
application = get_asgi_application()

# Static files are small and read whole; what is long is streamed by `accord.core.streaming`.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
