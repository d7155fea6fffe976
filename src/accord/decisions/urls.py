from __future__ import annotations

from accord.decisions.screens import SCREENS
from accord.ui.nouns import noun_urls

app_name = "decisions"
urlpatterns = [route for screens in SCREENS for route in noun_urls(screens)]
