from __future__ import annotations

from accord.program.screens import SCREENS
from accord.ui.nouns import noun_urls

app_name = "program"
urlpatterns = [route for screens in SCREENS for route in noun_urls(screens)]
