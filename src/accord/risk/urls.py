from __future__ import annotations

from django.urls import path

from accord.risk.screens import SCREENS
from accord.risk.views import appetite, hazard, history, loss, training
from accord.ui.nouns import noun_urls

app_name = "risk"
urlpatterns = [
    path("loss/", loss.loss, name="loss"),
    path("loss/run/", loss.run, name="loss_run"),
    path("hazard/", hazard.overview, name="hazard"),
    path("hazard/run/", hazard.run, name="hazard_run"),
    path("hazard/systems/<path:key>/", hazard.system, name="hazard_system"),
    path("hazard/scenarios/<path:key>/", hazard.scenario, name="hazard_scenario"),
    path("appetite/", appetite.overview, name="appetite"),
    path("appetite/new/", appetite.propose, name="appetite_new"),
    path("appetite/<int:pk>/sign/<slug:role>/", appetite.sign, name="appetite_sign"),
    path("appetite/<int:pk>/dissent/<slug:role>/", appetite.dissent, name="appetite_dissent"),
    path("appetite/<int:pk>/withdraw/", appetite.withdraw, name="appetite_withdraw"),
    path("history/<path:key>/use/", history.use, name="history_use"),
    path("training/", training.overview, name="training"),
    path("training/round/", training.take, name="training_round"),
    path("training/people/", training.people, name="training_people"),
    *(route for screens in SCREENS for route in noun_urls(screens)),
]
