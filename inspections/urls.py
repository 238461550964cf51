"""Pages of inspections within a district."""

from django.urls import include, path

from inspections.views import cards

urlpatterns = [
    path("", include("inspections.plan_urls")),
    path("", include("inspections.draw_urls")),
    path("", include("inspections.grade_urls")),
    path("", include("inspections.joint_urls")),
    path("", include("inspections.campaign_urls")),
    path("", include("inspections.visit_urls")),
    path("", include("inspections.voice_urls")),
    path("", include("inspections.result_urls")),
    path("", include("inspections.recusal_urls")),
    path("", include("inspections.device_urls")),
    path("", include("inspections.field_urls")),
    path("", include("inspections.evaluation_urls")),
    path("inspections/month-card/", cards.month_card, name="month-card"),
]
