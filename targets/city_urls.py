"""The city's pages over all districts; portal.middleware opens the city's scope for what begins with `city/`."""

from django.urls import path

from targets.views import city

urlpatterns = [
    path("", city.comparison_page, name="city-comparison"),
    path("comparison.xlsx", city.comparison_file, name="city-comparison-file"),
    path("glance/", city.glance_card, name="city-glance"),
    path("figures/<slug:key>/", city.figure, name="city-figure"),
    path("targets/", city.target_list, name="city-targets"),
    path("targets/targets.xlsx", city.targets_file, name="city-targets-file"),
    path("targets/<int:pk>/", city.target, name="city-target"),
]
