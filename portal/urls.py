"""The portal names the apps by string only."""

from django.urls import include, path

from portal import views

handler400 = "portal.views.bad_request"
handler403 = "portal.views.forbidden"
handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

urlpatterns = [
    path("", views.front, name="front"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("preferences/", views.preferences, name="preferences"),
    path("health/", views.health, name="health"),
    path("design/", include("portal.design_urls")),
    path("api/v1/", include("portal.api_urls")),
    path("public/", include("inspections.public_urls")),
    path("<slug:district>/", include("portal.district_urls")),
    path("<slug:district>/", include("facilities.urls")),
    path("<slug:district>/", include("inspections.urls")),
    path("<slug:district>/", include("targets.urls")),
]
