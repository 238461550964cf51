"""Pages of inspections within a district."""

from django.urls import include, path

from inspections.views import cards

urlpatterns = [
    path("", include("inspections.draw_urls")),
    path("", include("inspections.visit_urls")),
    path("inspections/month-card/", cards.month_card, name="month-card"),
]
