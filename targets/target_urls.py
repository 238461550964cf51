"""Targets, their figures and the rows behind them."""

from django.urls import path

from targets.views import cards, targets

urlpatterns = [
    path("targets/", targets.target_list, name="targets"),
    path("targets/roll-up/", targets.roll_up_now, name="targets-roll-up"),
    path("targets/glance/", cards.glance_card, name="targets-glance"),
    path("targets/streets/", cards.streets_card, name="targets-streets"),
    path("targets/figures/<slug:key>/", targets.target, name="figure"),
    path("targets/figures/<slug:key>/rows.xlsx", targets.target_rows, name="figure-rows"),
    path("targets/<int:pk>/", targets.target, name="target"),
    path("targets/<int:pk>/rows.xlsx", targets.target_rows, name="target-rows"),
]
