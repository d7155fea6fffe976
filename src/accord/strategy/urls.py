from __future__ import annotations

from accord.strategy.screens import SCREENS
from accord.ui.nouns import noun_urls

app_name = "strategy"
urlpatterns = [route for screens in SCREENS for route in noun_urls(screens)]
