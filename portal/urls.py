"""The portal names the apps by string only."""

from django.urls import include, path

from portal.views import errors, session

handler400 = "portal.views.errors.bad_request"
handler403 = "portal.views.errors.forbidden"
handler404 = "portal.views.errors.not_found"
handler500 = "portal.views.errors.server_error"

urlpatterns = [
    path("", session.front, name="front"),
    path("sign-in/", session.sign_in, name="sign-in"),
    path("sign-out/", session.sign_out, name="sign-out"),
    path("password/", session.password, name="password"),
    path("preferences/", session.preferences, name="preferences"),
    path("health/", errors.health, name="health"),
    path("design/", include("portal.design_urls")),
    path("api/v1/", include("portal.api_urls")),
    path("public/", include("facilities.urls.public")),
    path("public/", include("inspections.public_urls")),
    path("public/", include("guidance.public_urls")),
    path("public/", include("targets.public_urls")),
    path("event/", include("guidance.event_urls")),
    path("resource/", include("guidance.resource_urls")),
    path("visit/", include("inspections.door_urls")),
    path("apply/", include("facilities.urls.apply")),
    path("field/", include("inspections.field_door_urls")),
    path("voice/", include("inspections.say_urls")),
    path("notice/", include("targets.notice_urls")),
    path("<slug:district>/", include("portal.district_urls")),
    path("<slug:district>/", include("facilities.urls.main")),
    path("<slug:district>/", include("inspections.urls")),
    path("<slug:district>/", include("guidance.urls")),
    path("<slug:district>/", include("targets.urls")),
]
